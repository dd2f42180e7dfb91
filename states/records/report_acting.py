"""What a key does with forms: each within its scope, told as it stands afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from states.documents.formsheet import FormLine
from states.records import (
    filling,
    form_sheets,
    reading_obligations,
    reading_reports,
    reading_scope,
)
from states.records.access import Scope
from states.records.form_sheets import Looked
from states.records.told.reports import (
    FiguresTold,
    FormImport,
)


def fill(
    session: Session,
    scope: Scope,
    campaign_id: int,
    key: int,
    sent: Mapping[str, Any],
    now: datetime,
    *,
    version: int | None = None,
    merge: bool = False,
) -> FiguresTold:
    """Write in a form. Raises NotAllowed, NotFound, Faulty, Refused, Conflict."""
    campaign = reading_obligations.campaign_with(session, scope, campaign_id, key)
    filling.fill(session, campaign, key, sent, now, scope.actor, version=version, merge=merge)
    return reading_reports.told(session, campaign, key)


def export(session: Session, scope: Scope, campaign_id: int, requirement: str, period: str) -> bytes:
    """A workbook with a row for each unit of the key's subtree. Raises NotAllowed, NotFound, Refused."""
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    milestone = form_sheets.milestone_asked(session, campaign, requirement, period)
    return form_sheets.export(session, campaign, milestone, scope.path)


@dataclass(frozen=True)
class Sheets:
    """Filled sheets that come back: for which report, what they say, whether what they fill is handed in."""

    requirement: str
    period: str
    lines: Sequence[FormLine]
    submit: bool = False


def take(
    session: Session, scope: Scope, campaign_id: int, sheets: Sheets, now: datetime, *, dry_run: bool = False
) -> FormImport:
    """Write what the sheets say, or only see what it would do.

    Raises NotAllowed, NotFound, Refused, and Faulty with every cell that is wrong; then nothing is written.
    """
    campaign = reading_scope.campaign_seen(session, scope, campaign_id)
    milestone = form_sheets.milestone_asked(session, campaign, sheets.requirement, sheets.period)
    what = session, campaign, milestone, sheets.lines, now
    if dry_run:
        return _imported(form_sheets.look(*what, path=scope.path, submit=sheets.submit))
    return _imported(*form_sheets.apply(*what, scope.actor, path=scope.path, submit=sheets.submit))


def _imported(looked: Looked, handed_in: int | None = None) -> FormImport:
    """As it is told; `handed_in` None: nothing was written."""
    return {
        "applied": handed_in is not None,
        "changed": len(looked.writings),
        "unchanged": looked.unchanged,
        "empty": looked.empty,
        "handed_in": handed_in or 0,
        "faults": [{"place": one.place, "says": one.says} for one in looked.faults],
    }
