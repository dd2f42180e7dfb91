"""What a key does with the forms of letters: those of a unit of its own, or, seeing everything, those for all."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from states.documents.letterfields import FIELDS, WORDINGS
from states.errors import NotAllowed
from states.records import letter_forms, reading_scope
from states.records.access import Scope
from states.records.letter_forms import Form
from states.records.scopes import paths_of
from states.records.told import instant_or_none
from states.records.told.letters import LetterFormChecked, LetterFormsTold, LetterFormTold

FOR_ALL = "换用于全部单位的文书格式，须有不限单位、不限专项行动的授权；只用于一个单位的，请写明单位（unit）"
SOME_CAMPAIGNS = "文书格式用于一个单位的各次专项行动；授权只管其中几次的，不能换"


def listed(session: Session, scope: Scope, zone: ZoneInfo) -> LetterFormsTold:
    """Those for all, and those of units that the key sees."""
    found = letter_forms.forms(session, WORDINGS)
    paths = paths_of(session, sorted({one.unit for one in found if one.unit}))
    seen = [
        one for one in found if not one.unit or scope.path is None or paths[one.unit].startswith(scope.path)
    ]
    return {"items": [_told(one, zone) for one in seen], "fields": dict(FIELDS)}


def _told(one: Form, zone: ZoneInfo) -> LetterFormTold:
    return {
        "name": one.name,
        "unit": one.unit or None,
        "own": one.own,
        "sha256": one.sha256,
        "by": one.by or None,
        "at": instant_or_none(one.at, zone),
    }


def exported(session: Session, scope: Scope, name: str, unit: str | None) -> bytes:
    """The form in force. Raises NotAllowed, NotFound."""
    if unit is not None:
        reading_scope.unit_seen(session, scope, unit)
    return letter_forms.exported(session, name, unit)


def put(
    session: Session,
    scope: Scope,
    name: str,
    unit: str | None,
    content: bytes,
    filename: str,
    now: datetime,
    *,
    dry_run: bool,
) -> LetterFormChecked:
    """Use this form from now on, or only see whether it can be used. Raises NotAllowed, NotFound, Faulty with all faults."""
    _check(session, scope, unit)
    if dry_run:
        found = letter_forms.try_out(content, filename, name)
    else:
        found = letter_forms.put(session, name, content, filename, now, scope.actor, unit)
    return {
        "name": name,
        "unit": unit,
        "applied": not dry_run,
        "fields": sorted(found.fields),
        "mended": [{"place": one.place, "says": one.says} for one in found.mended],
    }


def reset(session: Session, scope: Scope, name: str, unit: str | None, now: datetime) -> None:
    """Back to duban's own form. Raises NotAllowed, NotFound."""
    _check(session, scope, unit)
    letter_forms.reset(session, name, now, scope.actor, unit)


def _check(session: Session, scope: Scope, unit: str | None) -> None:
    """Raises NotAllowed where the form is used beyond what the key is trusted with."""
    if unit is None and (scope.path is not None or scope.campaigns is not None):
        raise NotAllowed(FOR_ALL)
    if scope.campaigns is not None:
        raise NotAllowed(SOME_CAMPAIGNS)
    if unit is not None:
        reading_scope.unit_seen(session, scope, unit)
