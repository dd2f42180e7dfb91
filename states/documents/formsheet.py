"""The form of a report as a workbook: a row for each unit, drop-downs and notes, out and back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from states.documents import sheet
from states.documents.ledgerfacts import flat
from states.documents.ledgerfile import check_links
from states.documents.papersheet import Paper, write_paper
from states.documents.rows import Row, column_letters, quoted, shown
from states.documents.writing import Sheet, Value
from states.errors import Fault, Faulty
from states.filled import DIGITS, TEXT_LONGEST, Figure
from states.forms import FieldType, Form, FormField

CODE, UNIT, STATUS = "单位代码", "单位名称", "状态"
AS_OF, ID, STAMP = "截至日期", "行编号", "校验"
FIXED = (CODE, UNIT, STATUS, AS_OF, ID, STAMP)
HIDDEN = 2
HEADER_SEARCH = 10
FAULTS_SHOWN = 200
WIDTHS = {CODE: 14, UNIT: 24, STATUS: 12, AS_OF: 12, ID: 10, STAMP: 8}
NO_HEADER = "没有找到表头：要有“单位代码”和至少一项报表内容；可用 duban report form 导出一份"
KINDS_SAID: Mapping[FieldType, str] = {
    FieldType.integer: "整数",
    FieldType.decimal: "数字",
    FieldType.text: "文字",
    FieldType.choice: "从列表中选",
    FieldType.date: "日期，如 2026-12-05",
}


@dataclass(frozen=True)
class FormRow:
    """What one unit has written so far. `no`: how many times (0: nothing yet)."""

    code: str
    name: str
    status: str
    key: int
    no: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class FormLine:
    """One row of a file that came back: cells by field as written; `where` names the place of a field."""

    file: str
    line: int
    code: str
    cells: Mapping[str, str]
    as_of: Mapping[str, str]
    columns: Mapping[str, str]
    key: str = ""
    stamp: str = ""

    def where(self, field: str) -> str:
        letter = self.columns.get(field)
        return f"{self.file} {letter}{self.line}" if letter else f"{self.file} 第{self.line}行"

    @property
    def empty(self) -> bool:
        return not any(self.cells.values())

    @property
    def sent(self) -> dict[str, Any]:
        """As a form is sent: what is there, with its day."""
        return {
            key: {"value": text, "as_of": self.as_of.get(key) or None} if text else None
            for key, text in self.cells.items()
        }


def _as_of_title(field: FormField) -> str:
    return f"{AS_OF}（{field.name}）"


# -- out --------------------------------------------------------------------------------------------------


def form_sheet(form: Form, rows: Sequence[FormRow], title: str, about: str) -> bytes:
    """The workbook; fields with days of their own have a column for them."""
    dated = {
        one.key
        for one in form.fields
        if one.as_of or any(row.figures.get(one.key, Figure("")).as_of is not None for row in rows)
    }
    columns = list(_columns(form, dated))
    places = {heading: place for place, (heading, _width) in enumerate(columns)}
    paper = Paper(
        title,
        f"{about}    {form.note}" if form.note else about,
        choices={
            places[one.title]: (list(one.choices), True)
            for one in form.fields
            if one.type is FieldType.choice
        },
        hidden=HIDDEN,
        notes=dict(_notes(form, places)),
        rules=dict(_rules(form, places)),
        blanks=dict(_blanks(form, places)),
    )
    lines = [list(_cells(form, dated, row)) for row in rows]
    headed = [
        (heading.replace("（", "\n（"), width) for heading, width in columns
    ]  # no line ends in a bracket
    return write_paper(Sheet("报表", headed, lines), paper)


def _columns(form: Form, dated: set[str]) -> Iterator[tuple[str, float]]:
    for fixed in (CODE, UNIT, STATUS):
        yield fixed, WIDTHS[fixed]
    for one in form.fields:
        yield one.title, _width(one)
        if one.key in dated:
            yield _as_of_title(one), WIDTHS[AS_OF]
    for fixed in (AS_OF, ID, STAMP):
        yield fixed, WIDTHS[fixed]


def _width(field: FormField) -> float:
    """Numbers need little room, and a wide table is printed small: their headers go over several lines."""
    match field.type:
        case FieldType.text:
            return 30
        case FieldType.integer | FieldType.decimal:
            return 9
        case _:
            return max(12, min(20, 2 * len(field.title)))


def _cells(form: Form, dated: set[str], row: FormRow) -> Iterator[Value]:
    yield from (row.code, row.name, row.status)
    for one in form.fields:
        figure = row.figures.get(one.key)
        yield figure.value if figure else None
        if one.key in dated:
            yield figure.as_of if figure else None
    yield from (None, str(row.key), str(row.no))


def _notes(form: Form, places: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    for one in form.fields:
        parts = [KINDS_SAID[one.type] + (f"（{one.unit}）" if one.unit else "")]
        if one.minimum is not None:
            parts.append(f"不小于 {one.minimum:g}")
        if one.maximum is not None:
            parts.append(f"不大于 {one.maximum:g}")
        parts.append("必填" if one.required else "不知道的留空，不要填 0")
        parts += [
            f"等于 {'、'.join(_name(form, key) for key in split.parts)} 之和"
            for split in form.splits
            if split.total == one.key
        ]
        yield places[one.title], "；".join([*parts, *([one.note] if one.note else [])])
    yield places[AS_OF], "这一行的数字截至哪一天，如 2026-12-05；不写为报送时"


def _name(form: Form, key: str) -> str:
    field = form.field(key)
    return field.name if field else key


def _rules(form: Form, places: Mapping[str, int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for one in form.fields:
        if one.number:
            least = one.minimum if one.minimum is not None else -float(DIGITS)
            most = one.maximum if one.maximum is not None else float(DIGITS)
            yield (
                places[one.title],
                {
                    "validate": one.type.value,
                    "criteria": "between",
                    "minimum": int(least) if one.type is FieldType.integer else least,
                    "maximum": int(most) if one.type is FieldType.integer else most,
                    "error_title": one.name[:32],
                    "error_message": f"应为{KINDS_SAID[one.type]}；不知道的留空",
                },
            )
        if one.type is FieldType.text:
            yield (
                places[one.title],
                {"validate": "length", "criteria": "<=", "value": TEXT_LONGEST, "error_title": "太长"},
            )


def _blanks(form: Form, places: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    for one in form.fields:
        if one.number:
            yield places[one.title], "number"
        if one.type is FieldType.date:
            yield places[one.title], "date"
        if _as_of_title(one) in places:
            yield places[_as_of_title(one)], "date"
    yield places[AS_OF], "date"


def plain(value: int | Decimal | str | date) -> str:
    """A figure as a sheet gives it back."""
    return value.isoformat() if isinstance(value, date) else str(value)


# -- and back in ------------------------------------------------------------------------------------------


def read(content: bytes, filename: str, form: Form) -> list[FormLine]:
    """The rows of a form that was filled in. Raises Faulty, for its header with every column that is not known."""
    name = shown(filename)
    check_links(content, name)
    rows = sheet.read(content, filename)
    header = _header(rows, form)
    if header is None:
        raise Faulty([Fault(name, NO_HEADER)])
    places = _places(rows[header], form, name)
    return list(_lines(rows[header + 1 :], places, form, name))


def _header(rows: Sequence[Row], form: Form) -> int | None:
    titles = {flat(word) for one in form.fields for word in _spellings(one)}
    for place, row in enumerate(rows[:HEADER_SEARCH]):
        found = {flat(cell) for cell in row.cells}
        if CODE in found and found & titles:
            return place
    return None


def _spellings(field: FormField) -> tuple[str, str, str]:
    return field.title, field.name, field.key


def _places(row: Row, form: Form, name: str) -> dict[str, int]:
    """Column of each field by key, of each day as `key@`, of the fixed ones by their titles."""
    known = {flat(word): one.key for one in form.fields for word in _spellings(one)}
    known |= {flat(_as_of_title(one)): f"{one.key}@" for one in form.fields} | {one: one for one in FIXED}
    faults, found = [], dict[str, int]()
    for place, cell in enumerate(row.cells):
        title = flat(cell)
        where = f"{name} {column_letters(place + 1)}{row.line}"
        if not title:
            continue
        if title not in known:
            faults.append(Fault(where, f"报表没有{quoted(title)}这一列；请删去，或改为表中的名称"))
        elif known[title] in found:
            faults.append(Fault(where, f"{quoted(title)}列出现了两次；请只留一列"))
        else:
            found[known[title]] = place
    if faults:
        raise Faulty(faults[:FAULTS_SHOWN])
    return found


def _lines(rows: Sequence[Row], places: Mapping[str, int], form: Form, name: str) -> Iterator[FormLine]:
    letters = {key: column_letters(place + 1) for key, place in places.items()}
    for row in rows:

        def cell(key: str, row: Row = row) -> str:
            place = places.get(key, len(row.cells))
            return row.cells[place].strip() if place < len(row.cells) else ""

        cells = {one.key: cell(one.key) for one in form.fields if one.key in places}
        if not cell(CODE) and not any(cells.values()):
            continue
        days = {
            one.key: cell(f"{one.key}@") or (cell(AS_OF) if one.number else "")
            for one in form.fields
            if one.key in places
        }
        yield FormLine(name, row.line, cell(CODE), cells, days, letters, cell(ID), cell(STAMP))
