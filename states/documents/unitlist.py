"""A unit list as people fill it in: one row a unit, columns for its contacts by role; all its faults at once.

An empty cell leaves what is known as it is; `无` empties it (no unit above, nobody in this role). Units that a
list does not name stay untouched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from states.documents.addresses import Addresses, split
from states.documents.columns import ROLES, TITLES, locate
from states.documents.orgtree import cycles, parents_first
from states.documents.rows import FORMULA_STARTS, INVISIBLE, Row, quoted
from states.documents.unitdiff import ContactChange, FieldChange, UnitChange, UnitDiff, diff
from states.documents.unitfacts import ContactFacts, ContactRow, UnitFacts, UnitList, UnitRow
from states.documents.unitsheet import EXAMPLE_CODE, template_sheet, units_sheet
from states.errors import Fault
from states.kinds import KIND_WORDS, KINDS
from states.ownership import OWNERSHIP_WORDS, OWNERSHIPS
from states.template import Role

__all__ = [
    "KINDS",
    "ContactChange",
    "ContactFacts",
    "ContactRow",
    "FieldChange",
    "UnitChange",
    "UnitDiff",
    "UnitFacts",
    "UnitList",
    "UnitRow",
    "diff",
    "parse_units",
    "person_complaint",
    "template_sheet",
    "units_sheet",
]

NONE_WORDS = ("无", "—", "-", "/")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
NAME_CHARACTERS = 100
LEVEL_CHARACTERS = 40
BEDS = re.compile(r"(\d{1,5})(?:\.0+)?(?:张床?|床)?")
PERSON_CHARACTERS = 60
FAULTS_LISTED = 5_000
CODES_NAMED = 50


def parse_units(rows: Sequence[Row], existing: Mapping[str, UnitFacts]) -> UnitList:
    """Units (parents first), contacts, and everything wrong, by row and column.

    A unit with a fault is left out, so a list with faults is for showing, not for applying.
    """
    header = locate(rows)
    if header.faults:
        return UnitList((), (), header.faults, header.warnings)
    reading = _Reading(existing, list(header.warnings))
    for row in rows[header.below :]:
        reading.take(
            row.line, {key: row.cells[i].strip() for i, key in header.columns.items() if i < len(row.cells)}
        )
    return reading.result()


@dataclass
class _Reading:
    """One list while it is read."""

    existing: Mapping[str, UnitFacts]
    warnings: list[Fault]
    faults: list[Fault] = field(default_factory=list)
    units: dict[str, UnitRow] = field(default_factory=dict)
    contacts: list[ContactRow] = field(default_factory=list)
    cleared: list[tuple[str, Role]] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=Addresses)

    def take(self, line: int, cells: Mapping[str, str]) -> None:
        """One row: its unit and the contacts of every role that the row names."""
        code = cells.get("code", "")
        if code == EXAMPLE_CODE:
            self.warnings.append(Fault(TITLES["code"], "这是模板自带的示例行，未导入；可以删去", line))
            return
        if not any(cells.values()):
            return
        before = len(self.faults)
        if self._text(line, "code", code, _code_complaint):
            self.lines.setdefault(code, []).append(line)
        unit = self._unit(line, code, cells)
        named = unit.parent if unit.parent and not _code_complaint(unit.parent) else None
        self.parents.setdefault(code, named)
        for role in ROLES:
            self._role(line, code, role, cells)
        if len(self.faults) == before and self.lines[code] == [line]:
            self.units[code] = unit

    def _unit(self, line: int, code: str, cells: Mapping[str, str]) -> UnitRow:
        known = self.existing.get(code)
        level, grade = cells.get("level", ""), cells.get("grade", "")
        parent = cells.get("parent", "")
        self._text(line, "name", cells.get("name", ""), _name_complaint)
        for key, word in (("level", level), ("grade", grade)):
            if word:
                self._text(line, key, word, _level_complaint)
        if parent and parent not in NONE_WORDS:
            self._text(line, "parent", parent, _code_complaint)
        return UnitRow(
            code=code,
            name=cells.get("name", ""),
            kind=self._kind(line, cells.get("kind", ""), known),
            level=_stated(level, known.level if known else ""),
            parent=_stated(parent, known.parent or "" if known else "") or None,
            line=line,
            grade=_stated(grade, known.grade if known else ""),
            beds=self._beds(line, cells.get("beds", ""), known),
            ownership=self._ownership(line, cells.get("ownership", ""), known),
        )

    def _beds(self, line: int, cell: str, known: UnitFacts | None) -> int | None:
        if not cell:
            return known.beds if known else None
        found = BEDS.fullmatch(unicodedata.normalize("NFKC", cell).replace(",", ""))
        if found is None and cell not in NONE_WORDS:
            self._fault(line, "beds", f"{quoted(cell)}不是床位数；请填整数，如 120，不知道的留空")
        return int(found[1]) if found else None

    def _ownership(self, line: int, cell: str, known: UnitFacts | None) -> str:
        if not cell:
            return known.ownership if known else ""
        if cell not in OWNERSHIP_WORDS and cell not in NONE_WORDS:
            words = "、".join(OWNERSHIPS)
            self._fault(line, "ownership", f"不认识举办性质{quoted(cell)}；可用的有 {words}，不知道的留空")
        return OWNERSHIP_WORDS.get(cell, "")

    def _kind(self, line: int, word: str, known: UnitFacts | None) -> str:
        if word in KIND_WORDS:
            return KIND_WORDS[word]
        if word:
            self._fault(line, "kind", f"不认识类别{quoted(word)}；可用的有 {'、'.join(KINDS.values())}")
        elif not known:
            self.warnings.append(Fault(TITLES["kind"], f"没有填写，按“{KINDS['other']}”登记", line))
        return known.kind if known else "other"

    def _role(self, line: int, code: str, role: Role, cells: Mapping[str, str]) -> None:
        names_cell, emails_cell = cells.get(f"{role}.name", ""), cells.get(f"{role}.email", "")
        if not names_cell and not emails_cell:
            return
        if emails_cell in NONE_WORDS or (not emails_cell and names_cell in NONE_WORDS):
            self.cleared.append((code, role))
            return
        names, pieces = split(names_cell), split(emails_cell)
        for name in names:
            self._text(line, f"{role}.name", name, person_complaint)
        if not pieces:
            self.warnings.append(
                Fault(TITLES[f"{role}.email"], f"{quoted(names_cell)}没有邮箱，无法通知，未导入", line)
            )
        elif len(names) > 1 and len(names) != len(pieces):
            says = f"有{len(names)}个姓名、{len(pieces)}个邮箱，对不上；请用“；”分隔，一一对应"
            self._fault(line, f"{role}.name", says)
        else:
            emails = self._emails(line, f"{role}.email", pieces)
            self._hold(line, code, role, names or [""], emails)

    def _hold(self, line: int, code: str, role: Role, names: list[str], emails: list[str]) -> None:
        """One name for all addresses, or a name for each; an address given twice counts once."""
        named = names * len(emails) if len(names) == 1 else names
        holders = {email.lower(): (name, email) for name, email in zip(named, emails, strict=False)}
        self.contacts.extend(ContactRow(code, role, name, email, line) for name, email in holders.values())

    def _emails(self, line: int, key: str, pieces: list[str]) -> list[str]:
        good = []
        for piece in pieces:
            address, complaint = self.addresses.judge(piece)
            if complaint:
                self._fault(line, key, complaint)
            else:
                good.append(address)
        return good

    def _text(self, line: int, key: str, text: str, complain: Callable[[str], str | None]) -> bool:
        complaint = complain(text)
        if complaint:
            self._fault(line, key, complaint)
        return not complaint

    def _fault(self, line: int, key: str, says: str) -> None:
        self.faults.append(Fault(TITLES[key], says, line))

    def result(self) -> UnitList:
        """The whole list is read: what only shows across rows, then everything in order."""
        self._doubled()
        self._parents()
        faults = sorted(self.faults, key=lambda fault: fault.line or 0)
        if len(faults) > FAULTS_LISTED:
            rest = Fault("", f"另有{len(faults) - FAULTS_LISTED}处问题未列出；请先改正以上各处")
            faults = [*faults[:FAULTS_LISTED], rest]
        units = self._ordered()
        contacts = tuple(contact for contact in self.contacts if contact.code in self.units)
        cleared = tuple(pair for pair in self.cleared if pair[0] in self.units)
        return UnitList(units, contacts, tuple(faults), tuple(self.warnings), cleared)

    def _doubled(self) -> None:
        for code, lines in self.lines.items():
            if len(lines) > 1:
                where = "、".join(f"第{line}行" for line in lines[:CODES_NAMED])
                self._fault(lines[1], "code", f"单位代码 {code} 重复，见{where}；请只留一行")

    def _parents(self) -> None:
        for code, lines in self.lines.items():
            parent = self.parents[code]
            if parent and parent not in self.lines and parent not in self.existing:
                says = f"上级代码{quoted(parent)}既不在表中也不在系统中；请先登记上级单位或改正代码"
                self._fault(lines[0], "parent", says)
        for ring in cycles(self._tree()):
            self._ring(ring)

    def _tree(self) -> dict[str, str | None]:
        tree = {code: facts.parent for code, facts in self.existing.items()}
        return tree | {code: self.parents[code] for code in self.lines}

    def _ring(self, ring: tuple[str, ...]) -> None:
        here = [self.lines[code][0] for code in ring if code in self.lines]
        if len(ring) == 1:
            says = f"单位 {ring[0]} 的上级是它自己；请改正上级代码"
        elif len(ring) > CODES_NAMED:
            named = " → ".join(ring[:CODES_NAMED])
            says = f"{len(ring)}个单位互为上级，连成一圈：{named} → …… → {ring[0]}；请改正其中一个上级代码"
        else:
            says = f"互为上级，连成一圈：{' → '.join((*ring, ring[0]))}；请改正其中一个上级代码"
        self.faults.append(Fault(TITLES["parent"], says, min(here, default=None)))

    def _ordered(self) -> tuple[UnitRow, ...]:
        if self.faults:
            return tuple(self.units.values())
        order = parents_first({code: unit.parent for code, unit in self.units.items()})
        return tuple(self.units[code] for code in order)


def _stated(cell: str, known: str) -> str:
    return "" if cell in NONE_WORDS else cell or known


def _code_complaint(text: str) -> str | None:
    if not text:
        return "没有填写；每个单位须有唯一的代码"
    if CODE.fullmatch(text):
        return None
    return f"代码{quoted(text)}不合规；只能用英文字母、数字和 . _ -，以字母或数字开头，最多40个字符"


def _name_complaint(text: str) -> str | None:
    return _words_complaint(text, NAME_CHARACTERS) if text else "没有填写；请填写单位全称"


def _level_complaint(text: str) -> str | None:
    return None if text in NONE_WORDS else _words_complaint(text, LEVEL_CHARACTERS)


def person_complaint(text: str) -> str | None:
    """What is wrong with the name of a person, if anything."""
    return _words_complaint(text, PERSON_CHARACTERS)


def _words_complaint(text: str, most: int) -> str | None:
    """What must never reach a mail header or a spreadsheet from a name."""
    if INVISIBLE.search(text):
        return f"{quoted(text)}含有换行或不可见字符；请删去后重新填写"
    if text[0] in FORMULA_STARTS:
        return f"{quoted(text)}以“{text[0]}”开头，会被表格软件当作公式；请改为普通文字"
    if len(text) > most:
        return f"{quoted(text)}过长（{len(text)}字）；最多{most}字"
    return None
