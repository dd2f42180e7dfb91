"""Figures added up over units: how many gave one, how many left it blank, how many have nothing to report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states import filled
from states.filled import Figure
from states.forms import FieldType, Form, FormField
from states.progress import HANDED_IN
from states.records import asked, scopes
from states.records.campaigns import Running
from states.records.core import obligation, report_figures, unit
from states.records.matters import spans
from states.records.tables import Milestone

NIL, WAIVED = "nil", "waived"


@dataclass(frozen=True)
class FieldSum:
    """One field over all units: `given` wrote something, `blank` handed in without it. No figure given: no total.

    `choices`: how often each was chosen. `earliest`, `latest`: the days as of which figures were told, where they were.
    """

    field: FormField
    given: int
    blank: int
    total: Decimal | None = None
    choices: tuple[tuple[str, int], ...] = ()
    earliest: date | None = None
    latest: date | None = None


@dataclass(frozen=True)
class FormSum:
    """One period of a report. `units` = `handed_in` + `nil` + `absent`; those that need not report are left out."""

    milestone: Milestone
    units: int
    handed_in: int
    nil: int
    absent: int
    fields: tuple[FieldSum, ...]


@dataclass
class _Adding:
    given: int = 0
    total: Decimal = Decimal(0)
    choices: Counter[str] = field(default_factory=Counter)
    days: list[date] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        self.given += 1
        if isinstance(figure.value, int | Decimal):
            self.total += Decimal(figure.value)
        if isinstance(figure.value, str):
            self.choices[figure.value] += 1
        if figure.as_of is not None:
            self.days = [min([figure.as_of, *self.days]), max([figure.as_of, *self.days])]


def sums(
    session: Session,
    campaign: Running,
    requirement: str | None = None,
    period: str | None = None,
    path: str | None = None,
) -> list[FormSum]:
    """Every period of every report that has a form; `path`: only of units at or below the unit of that path."""
    found = []
    for milestone in asked.opened(session, campaign, requirement):
        form = asked.form_of(campaign, milestone)
        if form is not None and period in (None, milestone.period):
            found.append(_sum(session, milestone, form, path))
    return found


def _sum(session: Session, milestone: Milestone, form: Form, path: str | None) -> FormSum:
    statuses: Counter[str] = Counter()
    adding = {one.key: _Adding() for one in form.fields}
    for status, values in _rows(session, milestone, path):
        statuses[status] += 1
        if status in HANDED_IN and status != NIL and values:
            for key, figure in filled.restored(form, values).items():
                adding[key].add(figure)
    units = sum(number for status, number in statuses.items() if status != WAIVED)
    handed_in = sum(statuses[one] for one in HANDED_IN if one != NIL)
    return FormSum(
        milestone,
        units,
        handed_in,
        statuses[NIL],
        units - handed_in - statuses[NIL],
        tuple(_field_sum(one, adding[one.key], handed_in) for one in form.fields),
    )


def _rows(session: Session, milestone: Milestone, path: str | None) -> Iterable[tuple[str, Any]]:
    mine = report_figures.c.obligation_id == obligation.c.id
    joined = obligation.outerjoin(report_figures, sa.and_(mine, report_figures.c.current.is_(True)))
    statement = sa.select(obligation.c.status, report_figures.c["values"]).select_from(joined)
    if path is not None:
        statement = statement.where(obligation.c.unit_id.in_(sa.select(unit.c.id).where(scopes.below(path))))
    return session.execute(statement.where(spans([milestone.id]))).tuples()


def _field_sum(field: FormField, adding: _Adding, handed_in: int) -> FieldSum:
    days = adding.days
    counted = adding.choices if field.type is FieldType.choice else Counter[str]()
    return FieldSum(
        field,
        adding.given,
        handed_in - adding.given,
        adding.total if field.number and adding.given else None,
        tuple((name, counted[name]) for name in field.choices if counted[name]),
        days[0] if days else None,
        days[-1] if days else None,
    )
