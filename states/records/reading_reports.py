"""What is told of forms and reports: what was filled in, 报送率, figures added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from states import filled
from states.errors import NotFound
from states.forms import Form
from states.records import (
    asked,
    filling,
    form_sums,
    reading_obligations,
    reading_scope,
    reporting_rates,
)
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.filling import differences
from states.records.form_sums import FieldSum, FormSum
from states.records.reading_campaigns import reporting
from states.records.reported import ReportFigures
from states.records.settling import STATUS_NAMES
from states.records.tables import Milestone, Obligation, Unit
from states.records.told import Place, instant, instant_or_none
from states.records.told.reports import (
    FieldSumTold,
    FiguresTold,
    FormSums,
    FormSumTold,
    FormTold,
    PeriodTold,
    RatesTold,
    WrittenTold,
)


def figures(session: Session, scope: Scope, campaign_id: int, key: int) -> FiguresTold:
    """What is in a form. Raises NotAllowed, NotFound."""
    return told(session, reading_obligations.campaign_with(session, scope, campaign_id, key), key)


def told(session: Session, campaign: Running, key: int) -> FiguresTold:
    """The same for an obligation that is known to be seen."""
    row = session.get_one(Obligation, key, populate_existing=True)
    milestone = session.get_one(Milestone, row.milestone_id)
    form = asked.form_of(campaign, milestone)
    written = filling.versions(session, key)
    kept = filled.restored(form, written[-1].values) if form and written else {}
    plain = filled.stored(kept)
    return {
        "obligation": key,
        "unit": place(session, row.unit_id),
        "requirement": milestone.requirement,
        "period": milestone.period,
        "name": milestone.name,
        "status": {"key": row.status, "name": STATUS_NAMES[row.status]},
        "version": row.version,
        "form": form_told(form) if form else None,
        "figures": {
            one.key: {"value": plain[one.key]["value"], "as_of": plain[one.key].get("as_of")}
            if one.key in plain
            else None
            for one in (form.fields if form else ())
        },
        "missing": [one.says for one in filled.missing(form, kept)] if form else [],
        "no": written[-1].no if written else 0,
        "history": _history(form, written, campaign.zone) if form else [],
    }


def place(session: Session, unit_id: int) -> Place:
    """A unit in short."""
    unit = session.get_one(Unit, unit_id)
    return {"code": unit.code, "name": unit.name}


def _history(form: Form, written: Sequence[ReportFigures], zone: ZoneInfo) -> list[WrittenTold]:
    found: list[WrittenTold] = []
    before: Mapping[str, Any] = {}
    for one in written:
        changes = list(differences(form, before, one.values))
        found.append({"no": one.no, "at": instant(one.at, zone), "by": one.by, "changes": changes})
        before = one.values
    return found


def form_told(form: Form) -> FormTold:
    """A form as a reader is told it."""
    return {
        "fields": [
            {
                "key": one.key,
                "name": one.name,
                "type": one.type.value,
                "unit": one.unit,
                "required": one.required,
                "minimum": one.minimum,
                "maximum": one.maximum,
                "places": one.places,
                "choices": list(one.choices),
                "note": one.note,
            }
            for one in form.fields
        ],
        "splits": [{"total": one.total, "parts": list(one.parts)} for one in form.splits],
        "note": form.note,
    }


def form_of(session: Session, scope: Scope, campaign_id: int, requirement: str) -> Form:
    """The form of a report, to read a file by. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    found = next((one for one in campaign.template.requirements if one.key == requirement), None)
    if found is None or found.form is None:
        keys = [one.key for one in campaign.template.requirements if one.form is not None]
        raise NotFound(f"“{requirement}”没有规定报表；有报表的是 {'、'.join(keys) or '（没有）'}")
    return found.form


def rates(
    session: Session,
    scope: Scope,
    campaign_id: int,
    now: datetime,
    requirement: str | None = None,
    period: str | None = None,
) -> RatesTold:
    """报送率 within the key's subtree. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    found = reporting_rates.rates(
        session, campaign, now, requirement=requirement, period=period, path=scope.path
    )
    return {
        "as_of": instant(now, campaign.zone),
        "whole": reporting(found.whole),
        "periods": [
            {**period_told(one.milestone, campaign.zone), "reporting": reporting(one.reporting)}
            for one in found.periods
        ],
        "regions": [
            {"code": one.code, "name": one.name, "reporting": reporting(one.reporting)}
            for one in found.regions
        ],
    }


def period_told(milestone: Milestone, zone: ZoneInfo) -> PeriodTold:
    """One period of a requirement."""
    return {
        "requirement": milestone.requirement,
        "period": milestone.period,
        "name": milestone.name,
        "due": instant_or_none(milestone.due_at, zone),
    }


def sums(
    session: Session,
    scope: Scope,
    campaign_id: int,
    requirement: str | None = None,
    period: str | None = None,
) -> FormSums:
    """Figures added up within the key's subtree. Raises NotAllowed, NotFound."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    if requirement is not None and not asked.opened(session, campaign, requirement):
        form_of(session, scope, campaign_id, requirement)
    found = form_sums.sums(session, campaign, requirement, period, scope.path)
    return {"items": [_sum_told(one, campaign.zone) for one in found]}


def _sum_told(one: FormSum, zone: ZoneInfo) -> FormSumTold:
    return {
        **period_told(one.milestone, zone),
        "units": one.units,
        "handed_in": one.handed_in,
        "nil": one.nil,
        "absent": one.absent,
        "fields": [_field_told(each) for each in one.fields],
    }


def _field_told(one: FieldSum) -> FieldSumTold:
    return {
        "key": one.field.key,
        "name": one.field.name,
        "unit": one.field.unit,
        "given": one.given,
        "blank": one.blank,
        "total": plain(one.total),
        "choices": [{"choice": name, "units": number} for name, number in one.choices],
        "earliest": one.earliest.isoformat() if one.earliest else None,
        "latest": one.latest.isoformat() if one.latest else None,
    }


def plain(total: Decimal | None) -> str | None:
    """A sum without an exponent."""
    return None if total is None else f"{total:f}"
