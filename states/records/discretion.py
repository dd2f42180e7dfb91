"""What people write is compared with who gave a clue, here and nowhere else; a text that names one is refused.

Whatever is noted in the journal comes by (`journal`); what is written in masses or not noted is brought here by its
writer. Names of those who sign, decide or receive are not texts: who gives a clue may do all that in his own name.

A refusal tells something to whoever guesses, so it leaves a trace: `Store` writes down who wrote what where, and never the
text, after the transaction is gone (`traced`). To whoever may not see clues it says nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.clue import written_in
from states.errors import Fault, Faulty
from states.records.core import clue, journal
from states.records.sealing import BOX, Seal, Unreadable

NAMED = "clue.named"
KNOWN = "informants"  # what a session carries
SAYS = (
    "写有不能公开的个人信息（姓名、联系方式或住址），请删去或改用“有关人员”等说法；这次没有收下，并已记录在案"
)
TEXTS = ("text", "seal", "files", "changes", "evidence", "says", "place", "handed_to", "handed_no")
FILES = "file"


class Nobody(dict[int, Mapping[int, Mapping[str, str]]]):
    """Of a store that can't open anything: in every campaign nobody."""

    def __missing__(self, _campaign_id: int) -> Mapping[int, Mapping[str, str]]:
        return {}

    def __contains__(self, _campaign_id: object) -> bool:
        return True


class Disclosing(Faulty):
    """内容有误"""

    def __init__(
        self,
        faults: Iterable[Fault],
        campaign_id: int,
        clues: Mapping[int, list[str]],
        actor: str,
        at: datetime,
    ) -> None:
        """`clues`: which of them, and at which places."""
        super().__init__(faults)
        self.campaign_id, self.clues, self.actor, self.at = campaign_id, dict(clues), actor, at


def check(
    session: Session, campaign_id: int | None, texts: Mapping[str, str | None], actor: str, now: datetime
) -> None:
    """Raises Disclosing where a text (place → text) names somebody who gave a clue of the campaign."""
    said = {place: text for place, text in texts.items() if text}
    if campaign_id is None or not said:
        return
    found = {
        key: list(dict.fromkeys(one.place for one in faults))
        for key, informant in _sealed(session, campaign_id).items()
        if (faults := written_in(said, informant))
    }
    if found:
        places = dict.fromkeys(place for each in found.values() for place in each)
        raise Disclosing([Fault(place, SAYS) for place in places], campaign_id, found, actor, now)


def texts_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """The texts among what a fact carries; of files their names, of changes each by its own name."""
    found: dict[str, str] = {}
    for name in TEXTS:
        value = payload.get(name)
        if name == "files":
            found[FILES] = "\n".join(str(one["name"]) for one in value or ())
        elif name == "changes":
            found |= {key: "\n".join(_strings(one)) for key, one in (value or {}).items()}
        elif value:
            found[name] = "\n".join(_strings(value))
    return {place: text for place, text in found.items() if text}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for one in value.values() for text in _strings(one))
    elif isinstance(value, list | tuple):
        yield from (text for one in value for text in _strings(one))


def _sealed(session: Session, campaign_id: int) -> Mapping[int, Mapping[str, str]]:
    """Clue → who gave it, read once in a transaction. What another key sealed nobody can read, nor compare."""
    known = session.info.setdefault(KNOWN, {})
    if campaign_id not in known:
        mine = clue.c.campaign_id == campaign_id, clue.c.sealed.is_not(None)
        rows = session.execute(sa.select(clue.c.id, clue.c.year, clue.c.no, clue.c.sealed).where(*mine)).all()
        known[campaign_id] = dict(_opened(session, campaign_id, rows)) if rows else {}
    found: Mapping[int, Mapping[str, str]] = known[campaign_id]
    return found


def _opened(session: Session, campaign_id: int, rows: Iterable[Any]) -> Iterator[tuple[int, dict[str, str]]]:
    box: Seal = session.info[BOX]()
    for key, year, no, sealed in rows:
        try:
            yield key, box.open(f"{campaign_id}/{year}/{no}", sealed)
        except Unreadable:
            continue


def forget(session: Session) -> None:
    """A clue was registered: what was read of them is read anew."""
    session.info.pop(KNOWN, None)


def traced(session: Session, error: Disclosing) -> None:
    """Who wrote it, of which clue, at which place: for whoever audits."""
    fixed = {"at": error.at, "kind": NAMED, "actor": error.actor, "campaign_id": error.campaign_id}
    rows = [{**fixed, "payload": {"clue": key, "places": places}} for key, places in error.clues.items()]
    session.execute(sa.insert(journal), rows)
