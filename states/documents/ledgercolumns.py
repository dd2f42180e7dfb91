"""The columns of a ledger as its plan heads them: which of them duban knows by another name, which are the plan's own.

责任单位 instead of 责任部门 is the same column under another title; 责任领导, 整改成效 or 备注 are texts of their own that are
kept with each item, and go out and come in like the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from states.documents.ledgerfacts import FIELDS, flat
from states.drafts import ledgerheads
from states.template_ledger import LedgerPreset, LedgerRow

NO, CODE, UNIT = "序号", "单位代码", "所属单位"
DUE_ON, LENIENT, WHY = "到期日", "自查从宽", "办理说明"
ID, STAMP = "行编号", "校验"
FIXED = (NO, CODE, UNIT, DUE_ON, LENIENT, WHY, ID, STAMP)
TITLES: Mapping[str, str] = {key: title for key, (title, _width) in FIELDS.items()}
_TAKEN = {*FIXED, *TITLES, *TITLES.values()}
OWN_LONGEST = 2_000


@dataclass(frozen=True)
class Columns:
    """`titles`: each field as this ledger heads it. `own`: columns of the plan's own, in its order; `leaders`: which of
    them says who among the leaders is responsible. `after`: own column → the one (field or own) that stands before it.
    """

    titles: Mapping[str, str] = field(default_factory=lambda: dict(TITLES))
    own: tuple[str, ...] = ()
    leaders: str | None = None
    after: Mapping[str, str] = field(default_factory=dict)

    def title(self, name: str) -> str:
        """How the column of a field, or one of the plan's own, is headed."""
        return self.titles.get(name, name)

    def spellings(self, name: str) -> tuple[str, ...]:
        """Under which titles a column is known when it comes back."""
        return tuple(dict.fromkeys((self.title(name), TITLES.get(name, name))))

    def ordered(self, names: Iterable[str]) -> list[str]:
        """`names` with the plan's own columns where the plan has them; those that begin the table stand last."""
        found = list(names)
        for own in self.own:
            before = self.after.get(own, "")
            found.insert(found.index(before) + 1 if before in found else len(found), own)
        return found


PLAIN = Columns()


def of(ledger: LedgerPreset | None) -> Columns:
    """The columns of a plan's ledger; where it has none those that duban gives it."""
    headed = list(dict.fromkeys(filter(None, map(flat, ledger.columns)))) if ledger is not None else []
    parts = ledgerheads.parts_of(headed)
    titles, own, after = dict(TITLES), list[str](), dict[str, str]()
    leaders, before = None, ""
    for place, name in enumerate(headed):
        key = parts.get(place, "")
        if key in FIELDS and name not in _TAKEN - {TITLES[key]}:
            titles[key], before = name, key
        elif key != "no" and name not in _TAKEN:
            own.append(name)
            after[name], before = before, name
            leaders = name if key == "leaders" else leaders
    return Columns(titles, tuple(own), leaders, after)


def said(ledger: LedgerPreset, row: LedgerRow) -> dict[str, str]:
    """What a row of the plan says in the plan's own columns."""
    columns = of(ledger)
    posts = {columns.leaders: "、".join(row.leaders)} if columns.leaders and row.leaders else {}
    texts = {flat(name): text for name, text in row.more.items()}
    return {**posts, **{name: texts[name] for name in columns.own if texts.get(name)}}


def unknown(columns: Columns, more: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each text in a column that the plan's ledger has not, or that is too long."""
    for name, text in more.items():
        if name not in columns.own:
            yield f"方案的台账没有“{name}”这一栏；另设的栏目有 {'、'.join(columns.own) or '（没有）'}"
        elif len(text) > OWN_LONGEST:
            yield f"“{name}”最多 {OWN_LONGEST} 字，现有 {len(text)} 字"


def kept(columns: Columns, cells: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The own columns of an item with other texts in some of them; an empty text is no text."""
    found = {**before, **{name: text for name, text in cells.items() if name in columns.own}}
    return {name: text for name, text in found.items() if text}


def matching(columns: Columns, headed: Sequence[str]) -> dict[str, int]:
    """Column → its place in a header, for every one that is there under one of its titles."""
    places = {flat(title): place for place, title in reversed(list(enumerate(headed)))}
    found = {}
    for name in (*FIELDS, *columns.own):
        hit = next((places[title] for title in columns.spellings(name) if title in places), None)
        if hit is not None:
            found[name] = hit
    return found
