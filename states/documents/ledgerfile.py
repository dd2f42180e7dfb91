"""A ledger that comes in: a workbook of ours, somebody else's table in a workbook, or tables in a Word file.

Whatever it is, reading costs bounded time and memory; macros and links to other files are refused in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from zipfile import ZipFile

from states.documents import sheet, worddoc
from states.documents.ledgercolumns import CODE, FIXED, ID, NO, PLAIN, STAMP, WHY, Columns, matching
from states.documents.ledgerfacts import FIELDS, flat
from states.documents.rows import Row, column_letters, shown
from states.documents.zipping import BROKEN
from states.drafts import ledgers
from states.errors import Fault, Faulty

MOST_TABLES = 100
HEADER_SEARCH = 10
NO_DIGITS = 9
PRINTED = {
    "project": "项目",
    "problem": "问题",
    "measures": "措施",
    "departments": "责任部门",
    "lead": "牵头部门",
    "due": "完成时限",
}
OUTSIDE = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/")
LINKS = "链接了别的文件或数据源，为安全起见不能导入；请断开链接（数据—编辑链接—断开），或只粘贴数值后再试"
WORD_MACROS = "含有宏，为安全起见不能导入；请另存为不含宏的 .docx"
NO_LEDGER = "没有找到台账：表头至少要有“问题”和“措施”两列"
WORD = ("docx", "docm", "doc")


@dataclass(frozen=True)
class Line:
    """One row: `cells` by field (or by the title of a column of the plan's own) as written, `where` names the place of
    each. `key`, `stamp`: of a copy of ours.
    """

    line: int
    cells: Mapping[str, str]
    where: Mapping[str, str]
    no: int | None = None
    code: str = ""
    why: str = ""
    key: str = ""
    stamp: str = ""

    @property
    def mark(self) -> str:
        """By which a new row is chosen: + and its printed number, or where there is none its row in the sheet."""
        return f"+{self.no or self.line}"


@dataclass(frozen=True)
class LedgerFile:
    """What was read. `ours`: a copy that went out from here, so its texts are taken as they stand. `passed`: titles of
    columns that this ledger has not, so that nothing of them is taken. `totals`: rows that only add up, and are none of it.
    """

    name: str
    lines: tuple[Line, ...]
    ours: bool
    fields: frozenset[str] = field(default_factory=frozenset)
    passed: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()


def read(content: bytes, filename: str, columns: Columns = PLAIN) -> LedgerFile:
    """The rows of a ledger; raises Faulty with one sentence for any other file. `columns`: as the plan heads them."""
    name = shown(filename)
    if name.rsplit(".", 1)[-1].lower() in WORD:
        return _from_word(content, name, columns)
    check_links(content, name)
    rows = sheet.read(content, filename, spread=True)
    header = _own_header(rows, columns)
    return _ours(rows, header, name, columns) if header is not None else _from_rows(rows, name, columns)


def check_links(content: bytes, name: str) -> None:
    """Raises Faulty for a workbook that reads other files."""
    parts = _parts(content)
    if any(part.startswith(OUTSIDE) for part in parts):
        raise Faulty([Fault(name, LINKS)])


def _parts(content: bytes) -> list[str]:
    """Names of the parts of a zip; what is none is judged by whoever reads it."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            return [part.lower() for part in archive.namelist()]
    except BROKEN:
        return []


def _from_word(content: bytes, name: str, columns: Columns) -> LedgerFile:
    if any(part.endswith("vbaproject.bin") for part in _parts(content)):
        raise Faulty([Fault(name, WORD_MACROS)])
    tables = worddoc.read(content, name).tables
    if len(tables) > MOST_TABLES:
        says = f"有{len(tables)}个表格，超过上限{MOST_TABLES}个；请只保留台账所在的表格"
        raise Faulty([Fault(name, says)])
    found, added_up = ledgers.printed(tables)
    totals = tuple(f"第{one.table}个表格第{one.line}行“{one.words}”" for one in added_up)

    def where(one: ledgers.Printed, part: str) -> str:
        return f"{name} 第{one.table}个表格第{one.line}行“{PRINTED.get(part, part)}”"

    return replace(_printed(found, name, where, columns.own), totals=totals)


def _from_rows(rows: Sequence[Row], name: str, columns: Columns) -> LedgerFile:
    found, added_up = ledgers.printed([tuple(row.cells for row in rows)])
    totals = tuple(f"第{rows[one.line - 1].line}行“{one.words}”" for one in added_up)

    def where(one: ledgers.Printed, part: str) -> str:
        line = rows[one.line - 1].line
        column = one.columns.get(part)
        return f"{name} {column_letters(column + 1)}{line}" if column is not None else f"{name} 第{line}行"

    return replace(_printed(found, name, where, columns.own), totals=totals)


def _printed(
    found: Sequence[ledgers.Printed],
    name: str,
    where: Callable[[ledgers.Printed, str], str],
    own: Sequence[str],
) -> LedgerFile:
    if not found:
        raise Faulty([Fault(name, NO_LEDGER)])
    lines = []
    for one in found:
        fields = one.fields
        cells = {
            "project": fields["project"],
            "problem": fields["problem"],
            "measures": "\n".join(fields["measures"]),
            "departments": "、".join(fields["departments"]),
            "due": fields.get("due", ""),
            **({"lead": one.lead} if one.lead else {}),
            **{title: one.more.get(title, "") for title in own if title in one.columns},
        }
        places = {part: where(one, part) for part in (*PRINTED, *own)}
        lines.append(Line(one.line, cells, places, fields["no"]))
    present = frozenset(key for one in found for key in one.columns) & {*PRINTED, *own}
    more = dict.fromkeys(title for one in found for title in one.more if title not in own)
    return LedgerFile(name, tuple(lines), ours=False, fields=frozenset(present), passed=tuple(more))


def _own_header(rows: Sequence[Row], columns: Columns) -> int | None:
    """Where the header of a copy of ours stands; None for any other sheet."""
    for place, row in enumerate(rows[:HEADER_SEARCH]):
        if ID in {flat(cell) for cell in row.cells} and set(FIELDS) <= matching(columns, row.cells).keys():
            return place
    return None


def _ours(rows: Sequence[Row], header: int, name: str, columns: Columns) -> LedgerFile:
    titles = [flat(cell) for cell in rows[header].cells]
    ours = {*FIXED, *(title for key in (*FIELDS, *columns.own) for title in columns.spellings(key))}
    doubled = [title for title in titles if title in ours and titles.count(title) > 1]
    if doubled:
        raise Faulty([Fault(name, f"“{doubled[0]}”列出现了两次；请只留一列")])
    places = {**{title: place for place, title in enumerate(titles)}, **matching(columns, titles)}
    present = frozenset(matching(columns, titles))
    lines = tuple(_own_lines(rows[header + 1 :], places, present, name))
    passed = tuple(title for title in titles if title and title not in ours)
    return LedgerFile(name, lines, ours=True, fields=present, passed=passed)


def _own_lines(
    rows: Sequence[Row], places: Mapping[str, int], present: frozenset[str], name: str
) -> Iterator[Line]:
    """`places`: of the columns by field or title; `present`: those that a person may have changed."""
    letters = {key: column_letters(places[key] + 1) for key in present}
    for row in rows:

        def cell(title: str, row: Row = row) -> str:
            place = places.get(title, len(row.cells))
            return row.cells[place].strip() if place < len(row.cells) else ""

        cells = {key: cell(key) for key in present}
        if not any(cells.values()) and not cell(ID):
            continue
        where = {key: f"{name} {letter}{row.line}" for key, letter in letters.items()}
        number = cell(NO)
        no = int(number) if number.isascii() and number.isdecimal() and len(number) < NO_DIGITS else None
        yield Line(row.line, cells, where, no, cell(CODE), cell(WHY), cell(ID), cell(STAMP))
