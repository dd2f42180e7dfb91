"""Which units: a scope of a template or a choice of a coordinator as SQL conditions over `unit`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import Fault, Faulty
from states.kinds import DEPARTMENT, KIND_WORDS, KINDS
from states.ownership import OWNERSHIP_WORDS
from states.records.core import unit
from states.records.department_names import names_of
from states.records.tables import Unit


@dataclass(frozen=True)
class Selection:
    """Units a coordinator chose; empty fields do not restrict."""

    codes: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


def below(path: str) -> sa.ColumnElement[bool]:
    """Units at or below the unit whose path this is, as a range over the index."""
    return sa.and_(unit.c.path >= path, unit.c.path < path[:-1] + "0")


def paths_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Code → path; raises Faulty naming every unknown code."""
    wanted = list(dict.fromkeys(codes))
    statement = sa.select(unit.c.code, unit.c.path).where(unit.c.code.in_(wanted))
    rows: dict[str, str] = dict(session.execute(statement).tuples().all())
    missing = [code for code in wanted if code not in rows]
    if missing:
        raise Faulty([Fault(code, "单位表中没有这个代码") for code in missing])
    return rows


def participating(owner_id: Any) -> sa.ColumnElement[bool]:
    """Over `unit`: whether a unit of a campaign is one of those it was started for.

    The unit that runs it and departments are in it for what is theirs, such as rows of the ledger. What they owe is
    counted with what everybody owes; where units are counted (how many, in which state, behind) they are left out.
    """
    return sa.and_(unit.c.id != owner_id, unit.c.kind != DEPARTMENT)


def chosen(session: Session, selection: Selection, owner: Unit) -> list[sa.ColumnElement[bool]]:
    """Conditions for the participants of a campaign: below its owner, without departments."""
    conditions = [unit.c.active, below(owner.path), participating(owner.id)]
    if selection.codes:
        paths_of(session, selection.codes)
        conditions.append(unit.c.code.in_(selection.codes))
    if selection.under:
        paths = paths_of(session, selection.under)
        conditions.append(sa.or_(*(below(path) for path in paths.values())))
    if selection.kinds:
        conditions.append(unit.c.kind.in_(kind_keys(selection.kinds)))
    if selection.levels:
        conditions.append(unit.c.level.in_(selection.levels))
    return conditions


def left_out(session: Session, selection: Selection, owner: Unit) -> list[str]:
    """Codes that were chosen by name and yet don't take part: not below the owner, not active, a department."""
    taking_part = sa.select(unit.c.code).where(*chosen(session, Selection(selection.codes), owner))
    found = set(session.execute(taking_part).scalars()) if selection.codes else set()
    return [code for code in selection.codes if code not in found]


def owing(session: Session, scope: Mapping[str, Any], owner: Unit) -> list[sa.ColumnElement[bool]]:
    """Conditions for the units that owe a requirement of this scope; departments only where named."""
    if scope.get("departments"):
        return [unit.c.id.in_(department_ids(session, scope["departments"], owner))]
    conditions: list[sa.ColumnElement[bool]] = [unit.c.id != owner.id]
    kinds = scope.get("kinds") or []
    conditions.append(unit.c.kind.in_(kind_keys(kinds)) if kinds else unit.c.kind != DEPARTMENT)
    if scope.get("levels"):
        conditions.append(unit.c.level.in_(scope["levels"]))
    conditions += sized(scope)
    if scope.get("direct"):
        conditions.append(unit.c.parent_id == owner.id)
    if scope.get("codes"):
        conditions.append(unit.c.code.in_(scope["codes"]))
    if scope.get("under"):
        conditions.append(sa.or_(*(below(p) for p in paths_of(session, scope["under"]).values())))
    if scope.get("within"):
        conditions += owing(session, scope["within"], owner)
    return conditions


def sized(scope: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Conditions by grade, number of beds and ownership; a unit of which nobody has told it is in none of them."""
    conditions: list[sa.ColumnElement[bool]] = []
    if scope.get("grades"):
        conditions.append(unit.c.grade.in_(scope["grades"]))
    if scope.get("beds_from") is not None:
        conditions.append(unit.c.beds >= scope["beds_from"])
    if scope.get("beds_to") is not None:
        conditions.append(unit.c.beds <= scope["beds_to"])
    if scope.get("ownership"):
        wanted = {OWNERSHIP_WORDS.get(word, word) for word in scope["ownership"]}
        conditions.append(unit.c.ownership.in_(sorted(wanted)))
    return conditions


def by_beds(scope: Mapping[str, Any]) -> bool:
    """Whether the scope asks for numbers of beds, and for units rather than named departments."""
    asks = scope.get("beds_from") is not None or scope.get("beds_to") is not None
    return asks and not scope.get("departments")


def kind_keys(kinds: Iterable[str]) -> list[str]:
    """Kinds as stored, from keys or Chinese words; raises Faulty for one that is not known."""
    unknown = [kind for kind in kinds if kind not in KIND_WORDS]
    if unknown:
        raise Faulty(
            [Fault(kind, f"没有这种单位类别；可用的有 {'、'.join(KINDS.values())}") for kind in unknown]
        )
    return sorted({KIND_WORDS[kind] for kind in kinds})


class Recognised(NamedTuple):
    """A department that a plan names: the name it has where units are listed, and whether it is the owner's own."""

    id: int
    name: str
    own: bool


def departments(session: Session, names: Iterable[str], owner: Unit) -> dict[str, int]:
    """Department name → unit id; of several with one name below the owner, the one nearest to it."""
    return {name: found.id for name, found in recognised(session, names, owner).items()}


def recognised(session: Session, names: Iterable[str], owner: Unit) -> dict[str, Recognised]:
    """The same with what each was recognised as: 局医政科 may be listed as 医政科, where that is the owner's own."""
    called = {name: list(names_of(name, owner.name)) for name in names}
    if not called:
        return {}
    wanted = {one for ways in called.values() for one in ways}
    statement = (
        sa.select(unit.c.id, unit.c.name, unit.c.parent_id == owner.id)
        .where(unit.c.kind == DEPARTMENT, unit.c.name.in_(wanted), below(owner.path), unit.c.active)
        .order_by(_depth().desc(), unit.c.id.desc())
    )
    found = {row[1]: Recognised(*row) for row in session.execute(statement).tuples()}
    made = {}
    for name, ways in called.items():
        fitting = (found[one] for one in ways if one in found and (one == name or found[one].own))
        made[name] = next(fitting, None)
    return {name: one for name, one in made.items() if one is not None}


def _depth() -> sa.ColumnElement[int]:
    return sa.func.length(unit.c.path) - sa.func.length(sa.func.replace(unit.c.path, "/", ""))


def department_ids(session: Session, names: Iterable[str], owner: Unit) -> list[int]:
    """Ids of the named departments; the owner stands in for those that do not exist."""
    found = departments(session, names, owner)
    ids = [found.get(name, owner.id) for name in names]
    return sorted({one for one in ids if one is not None})


def owner_of(session: Session, code: str | None) -> Unit:
    """The unit that runs a campaign: named, or the only root of the tree."""
    if code is not None:
        row = session.exec(select(Unit).where(Unit.code == code)).first()
        if row is None:
            raise Faulty([Fault(code, "单位表中没有这个代码")])
        return row
    roots = session.exec(select(Unit).where(Unit.parent_id == None).limit(2)).all()  # noqa: E711
    if len(roots) != 1:
        raise Faulty(
            [
                Fault(
                    "牵头单位",
                    "单位表是空的，请先导入单位" if not roots else "有几个顶级单位，请指定牵头单位代码",
                )
            ]
        )
    return roots[0]
