"""What the scopes of a template mean for the units that are there: names nobody bears, beds nobody has told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import Session

from states.kinds import DEPARTMENT, KIND_WORDS
from states.records import scopes
from states.records.core import unit
from states.records.tables import Unit
from states.template import Scope, Template, answering


def department_names(template: Template) -> list[str]:
    """Departments that the template names for something, each once."""
    rows = template.ledger.rows if template.ledger else ()
    names = [name for row in rows for name in row.departments]
    names += [name for one in template.workstreams if one.charged for name in answering(one)]
    names += [name for _, scope in _scopes(template) for name in scope.departments]
    return list(dict.fromkeys(names))


def by_kind(
    session: Session, template: Template, owner: Unit, participants: sa.ColumnElement[bool]
) -> list[sa.ColumnElement[bool]]:
    """Conditions for the departments that owe something because departments of every unit do (`kinds: [科室]`).

    Those of the owner and of the units that take part.
    """
    wanted = [one.scope for one in template.requirements if _of_departments(one.scope)]
    if not wanted:
        return []
    above = sa.select(unit.c.id).where(participants).correlate(None)
    return [
        sa.and_(
            unit.c.active,
            unit.c.kind == DEPARTMENT,
            sa.or_(unit.c.parent_id == owner.id, unit.c.parent_id.in_(above)),
            *scopes.owing(session, scope.model_dump(), owner),
        )
        for scope in wanted
    ]


def departments_alone(
    session: Session, template: Template, owner: Unit, participants: sa.ColumnElement[bool]
) -> bool:
    """Whether a plan asks departments and finds some (the owner stands in for named ones): no unit need take part."""
    asked = [one.scope for one in template.requirements]
    streams = [one for one in template.workstreams if one.charged]
    if not asked or not all(one.departments or _of_departments(one) for one in asked):
        return False
    if not all(answering(one) for one in streams):
        return False
    found = by_kind(session, template, owner, participants)
    if not found:
        return True
    return session.execute(sa.select(unit.c.id).where(sa.or_(*found)).limit(1)).first() is not None


def _of_departments(scope: Scope) -> bool:
    return not scope.departments and DEPARTMENT in {KIND_WORDS.get(kind) for kind in scope.kinds}


def unmatched(session: Session, template: Template, owner: Unit) -> list[str]:
    """Which named departments are no units, so that the owner stands in; which go by another name, or are of another
    unit."""
    names = department_names(template)
    found = scopes.recognised(session, names, owner)
    missing = [f"“{name}”" for name in names if name not in found]
    other = [f"“{name}”（{one.name}）" for name, one in found.items() if one.name != name]
    number = f"等 {len(missing)} 个" if len(missing) > 1 else ""
    said = [f"责任部门{'、'.join(missing)}{number}不在单位表中，由{owner.name}代收"] if missing else []
    said += [f"责任部门{'、'.join(other)}按括号里的单位表名称下达"] if other else []
    return [*said, *_elsewhere(session, found)]


def _elsewhere(session: Session, found: Mapping[str, scopes.Recognised]) -> Iterator[str]:
    """A sentence for every department that is not one of the owner's own."""
    away = {one.id: name for name, one in found.items() if not one.own}
    above = unit.alias()
    whose = sa.select(unit.c.id, above.c.name).join(above, above.c.id == unit.c.parent_id)
    for key, name in session.execute(whose.where(unit.c.id.in_(away)).order_by(unit.c.id)).tuples():
        yield f"责任部门“{away[key]}”是{name}的科室，不是牵头单位自己的，请核对"


def unknown_codes(session: Session, template: Template) -> list[str]:
    """Scopes that name units which don't exist: better known now than on the day a phase opens."""
    named = list(_scopes(template))
    wanted = {code for _, scope in named for code in (*scope.codes, *scope.under)}
    known = set(session.execute(sa.select(unit.c.code).where(unit.c.code.in_(wanted))).scalars())
    return [
        f"“{name}”的范围写了单位 {code}，单位表中没有这个代码"
        for name, scope in named
        for code in (*scope.codes, *scope.under)
        if code not in known
    ]


def without_beds(
    session: Session, template: Template, owner: Unit, participants: Sequence[sa.ColumnElement[bool]]
) -> list[str]:
    """A sentence for every scope by beds that passes units over because nobody has told their beds.

    For scopes whose units all exist; `participants` are conditions over `unit`.
    """
    said = []
    for name, scope in _scopes(template):
        asked = scope.model_dump()
        if not scopes.by_beds(asked):
            continue
        others = scopes.owing(session, {**asked, "beds_from": None, "beds_to": None}, owner)
        counted = sa.select(sa.func.count()).where(unit.c.beds.is_(None), *participants, *others)
        if number := session.execute(counted).scalar_one():
            said.append(f"“{name}”按床位数定范围，{number} 个单位没有登记床位数，不在其中")
    return said


def without_ownership(
    session: Session, template: Template, owner: Unit, participants: Sequence[sa.ColumnElement[bool]]
) -> list[str]:
    """The same for every scope by ownership, of units of which nobody has told it."""
    said = []
    for name, scope in _scopes(template):
        if not scope.ownership:
            continue
        others = scopes.owing(session, {**scope.model_dump(), "ownership": ()}, owner)
        counted = sa.select(sa.func.count()).where(unit.c.ownership == "", *participants, *others)
        if number := session.execute(counted).scalar_one():
            said.append(f"“{name}”按举办性质定范围，{number} 个单位没有登记举办性质，不在其中")
    return said


def _scopes(template: Template) -> Iterator[tuple[str, Scope]]:
    """Everything that has a scope, with its name."""
    for part in (
        template.phases,
        template.workstreams,
        template.requirements,
        template.coverage,
        template.sampling,
    ):
        for one in part:
            yield one.name, one.scope
