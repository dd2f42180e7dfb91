"""Forms of many units out to a workbook and back in: judged cell by cell, then written in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from states import filled
from states.documents.formsheet import CODE, ID, FormLine, FormRow, form_sheet, plain
from states.errors import Fault, Faulty, NotFound
from states.forms import Form
from states.records import asked, filling, locks, mass, scopes
from states.records.campaigns import Running
from states.records.columns import obligation_id, obligation_span, slices
from states.records.core import obligation, report_figures, unit
from states.records.filling import Writing
from states.records.mass_settling import settle_many
from states.records.reported import ReportFigures
from states.records.settling import AT_ONCE, STATUS_NAMES, check_living
from states.records.tables import Milestone

FAULTS_LISTED = 200
WAIVED = "waived"


@dataclass(frozen=True)
class Looked:
    """What a file would do: units whose form changes, whose stays; `faults` stand against it, each at its cell."""

    writings: tuple[Writing, ...]
    unchanged: int
    empty: int
    faults: tuple[Fault, ...]


def milestone_asked(session: Session, campaign: Running, requirement: str, period: str) -> Milestone:
    """One period of a report by name. Raises NotFound, saying which there are."""
    of_it = asked.opened(session, campaign, requirement)
    found = next((one for one in of_it if one.period == period), None)
    if found is None and not of_it:
        keys = sorted(one.key for one in campaign.template.requirements if one.form is not None)
        raise NotFound(f"没有“{requirement}”这项已下达的要求；有报表的是 {'、'.join(keys) or '（没有）'}")
    if found is None:
        said = "、".join(one.period or "（不分期）" for one in of_it)
        raise NotFound(f"“{requirement}”没有“{period}”这一期；已下达的有 {said}")
    return found


def export(session: Session, campaign: Running, milestone: Milestone, path: str | None = None) -> bytes:
    """A workbook with a row for each unit that owes it. Raises Refused where the plan gives no form."""
    form = filling.form_asked(campaign, milestone)
    rows = [
        FormRow(
            code,
            name,
            STATUS_NAMES[status],
            key,
            no or 0,
            filled.restored(form, values) if values else {},
        )
        for key, code, name, status, no, values in _rows(session, milestone, path)
    ]
    due = f"{milestone.due_at.astimezone(campaign.zone):%Y年%m月%d日}" if milestone.due_at else "未定"
    about = f"{milestone.name}    期限：{due}    共{len(rows)}个单位"
    return form_sheet(form, rows, campaign.row.title, about)


def _rows(
    session: Session, milestone: Milestone, path: str | None
) -> Iterator[tuple[int, str, str, str, int | None, dict[str, object] | None]]:
    mine = report_figures.c.obligation_id == obligation.c.id
    joined = obligation.join(unit, unit.c.id == obligation.c.unit_id).outerjoin(
        report_figures, sa.and_(mine, report_figures.c.current.is_(True))
    )
    columns = (obligation.c.id, unit.c.code, unit.c.name, obligation.c.status)
    statement = sa.select(*columns, report_figures.c.no, report_figures.c["values"]).select_from(joined)
    where = [obligation.c.id.between(*obligation_span(milestone.id)), obligation.c.status != WAIVED]
    if path is not None:
        where.append(scopes.below(path))
    yield from session.execute(statement.where(*where).order_by(unit.c.path)).tuples()


# -- back in ----------------------------------------------------------------------------------------------


def look(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    lines: Sequence[FormLine],
    now: datetime,
    *,
    path: str | None = None,
    submit: bool = False,
) -> Looked:
    """Judge every row and write nothing. Raises Refused where the plan gives no form.

    Each unit may send back the whole sheet: of a unit's rows the one counts that says something new.
    """
    form = filling.form_asked(campaign, milestone)
    known = _known(session, milestone, lines, path)
    today = now.astimezone(campaign.zone).date()
    faults, writings = list[Fault](), dict[str, tuple[FormLine, Writing]]()
    same, empty = set[str](), set[str]()
    for line in lines:
        here = known.get(line.code)
        if here is None:
            faults.append(Fault(line.where(CODE), f"“{line.code}”不是要报“{milestone.name}”的单位"))
            continue
        if line.empty and here.before is None:
            empty.add(line.code)
            continue
        found, wrong = _judged(form, line, here, today, milestone, submit)
        faults += wrong
        if found is None:
            same |= set() if wrong else {line.code}
            continue
        first, kept = writings.setdefault(line.code, (line, found))
        if kept.figures != found.figures:
            faults.append(Fault(line.where(CODE), f"{line.code} 与 {first.where(CODE)} 重复，内容不同"))
    done = tuple(one for _line, one in writings.values())
    apart = same - set(writings)
    return Looked(done, len(apart), len(empty - apart - set(writings)), tuple(faults[:FAULTS_LISTED]))


@dataclass(frozen=True)
class _Here:
    key: int
    unit_id: int
    status: str
    version: int
    before: ReportFigures | None


def _known(
    session: Session, milestone: Milestone, lines: Sequence[FormLine], path: str | None
) -> dict[str, _Here]:
    """What the units of the file owe, by code."""
    codes, found = [line.code for line in lines], dict[str, _Here]()
    for part in slices(codes, AT_ONCE):
        some: list[sa.ColumnElement[bool]] = [unit.c.code.in_(part)]
        some += [scopes.below(path)] if path is not None else []
        ids = dict(session.execute(sa.select(unit.c.id, unit.c.code).where(*some)).tuples().all())
        keys = [obligation_id(milestone.id, one) for one in ids]
        columns = (obligation.c.id, obligation.c.unit_id, obligation.c.status, obligation.c.version)
        rows = sa.select(*columns).where(obligation.c.id.in_(keys), obligation.c.status != WAIVED)
        written = _written(session, keys)
        for key, unit_id, status, version in session.execute(rows):
            found[ids[unit_id]] = _Here(key, unit_id, status, version, written.get(key))
    return found


def _written(session: Session, keys: Sequence[int]) -> dict[int, ReportFigures]:
    where = report_figures.c.obligation_id.in_(keys), report_figures.c.current.is_(True)
    rows = session.execute(sa.select(report_figures).where(*where))
    return {row.obligation_id: ReportFigures(**row._mapping) for row in rows}


def _judged(
    form: Form, line: FormLine, here: _Here, today: date, milestone: Milestone, submit: bool
) -> tuple[Writing | None, list[Fault]]:
    """What is to be written (None: it says what is recorded), and every cell that is wrong."""
    recorded = filled.restored(form, here.before.values) if here.before else {}
    others = {key: one for key, one in filled.stored(recorded).items() if key not in line.cells}
    figures, problems = filled.read(form, {**others, **line.sent}, today)
    if submit and not problems:
        problems = filled.missing(form, figures)
    if problems:
        return None, [Fault(line.where(one.field), one.says) for one in problems]
    if figures == recorded and here.before is not None:
        return None, []
    if said := filling.refusals(milestone, here.status):
        return None, [Fault(line.where(CODE), said[0])]
    if faults := list(_overtaken(form, line, here, recorded, figures)):
        return None, faults
    return Writing(here.key, here.unit_id, here.version, figures, here.before), []


def _overtaken(
    form: Form,
    line: FormLine,
    here: _Here,
    recorded: Mapping[str, filled.Figure],
    figures: Mapping[str, filled.Figure],
) -> Iterator[Fault]:
    """Cells that say something else than what was written after the file went out."""
    if line.key and line.key != str(here.key):
        yield Fault(line.where(ID), "行编号与单位代码、期次不符；请不要移动或改动隐藏的列")
        return
    if not line.stamp or here.before is None or line.stamp == str(here.before.no):
        return
    for field in form.fields:
        now, wanted = recorded.get(field.key), figures.get(field.key)
        if now != wanted and field.key in line.cells:
            said = plain(now.value) if now else "空白"
            says = f"“{field.name}”在导出以后已由他人改为 {said}；请重新导出后再填"
            yield Fault(line.where(field.key), says)


def apply(
    session: Session,
    campaign: Running,
    milestone: Milestone,
    lines: Sequence[FormLine],
    now: datetime,
    actor: str,
    *,
    path: str | None = None,
    submit: bool = False,
) -> tuple[Looked, int]:
    """Write all rows or none; `submit` also hands in what is filled in for the units of the file. How
    many that were. Raises Faulty, Refused."""
    locks.alone(session, campaign.id)
    check_living(campaign)
    looked = look(session, campaign, milestone, lines, now, path=path, submit=submit)
    if looked.faults:
        raise Faulty(looked.faults)
    filling.write(session, campaign, filling.form_asked(campaign, milestone), looked.writings, now, actor)
    if not submit:
        return looked, 0
    handed_in = 0
    codes = [line.code for line in lines if not line.empty]
    for some in slices(codes, AT_ONCE):
        theirs = sa.select(unit.c.id).where(unit.c.code.in_(some))
        mine: list[sa.ColumnElement[bool]] = [obligation.c.unit_id.in_(theirs)]
        handed_in += settle_many(session, campaign, milestone, "submit", mine, now, actor)
    mass.advance_settled(session, campaign, now)
    return looked, handed_in
