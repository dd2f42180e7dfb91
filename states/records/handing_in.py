"""Handing in: what comes with it is judged, the obligation moves, then text and files are kept, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.documents.filekinds import KINDS
from states.documents.sniffing import Sniffed, named, sniff
from states.errors import Fault, Faulty, Refused
from states.evidence import NOT_KEPT, ONLY_CONFIRMED, Shown
from states.records import discretion, locks, moving, settling, submissions
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.columns import insert_new, milestone_of, unit_of
from states.records.core import handed_file, submission
from states.records.filed import HandedFile, StoredFile, Submission
from states.records.journal import note
from states.records.submissions import HANDED, Paper
from states.records.tables import Milestone, Obligation
from states.records.vault import Incoming

CONFIRM = "confirm"
HANDING_IN = {"submit": "submit", "nil": "nil", CONFIRM: "submit"}  # act → what becomes of the obligation
MOST_FILES = 20


@dataclass(frozen=True)
class Whole:
    """A file that has come in whole; it lies beside until it is kept."""

    name: str
    content: Incoming


@dataclass(frozen=True)
class Arrived(Whole):
    """One that was looked at too, and may be handed in."""

    sniffed: Sniffed


@dataclass(frozen=True)
class Content:
    """What is handed in. `earlier`: files handed in before, by hash or as OBLIGATION/VERSION."""

    text: str | None = None
    signer: str | None = None
    seal: str | None = None
    arrived: tuple[Arrived, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def bare(self) -> bool:
        """Nothing but the word that it is done."""
        return not (self.text or self.signer or self.seal or self.arrived or self.earlier)


BARE = Content()


def whole(content: Incoming, written_name: str) -> Whole:
    """A file whose last byte has come. Raises NoRoom."""
    content.complete()
    return Whole(named(written_name), content)


def looked_at(content: Incoming, written_name: str) -> Arrived:
    """The same, looked at. Raises Faulty when it is not taken, NoRoom."""
    name = whole(content, written_name).name
    with content.path.open("rb") as file:
        return Arrived(name, content, sniff(file, name))


def hand_in(
    session: Session,
    scope: Scope,
    campaign: Running,
    key: int,
    act: str,
    content: Content,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
    version: int | None = None,
) -> None:
    """Hand in (`act` submit, nil or confirm) for one obligation. The same content sent twice is kept once.

    `scope`: whose files may be handed in once more. Raises NotFound, Faulty, Refused, Conflict.
    """
    locks.beside_others(session, campaign.id)
    moving.hold(session, campaign, unit_of(key))
    papers = brought(session, scope, content)
    compare(session, campaign, {**vars(content), "reason": reason}, papers, now, actor)
    milestone = session.get(Milestone, milestone_of(key))
    if milestone is not None:
        _check(campaign, milestone, act, papers)
    if not content.bare and _doubled(session, key, act, content, papers):
        return
    row = moving.act(
        session,
        campaign,
        key,
        HANDING_IN[act],
        now,
        actor,
        reason=reason,
        version=version,
        shown=_shown(content, papers),
    )
    if act == CONFIRM or not content.bare:
        _keep(session, campaign, row, act, content, papers, now, actor)


def brought(session: Session, scope: Scope, content: Content) -> list[Paper]:
    """The files that come with it, new ones and earlier ones that the key may see. Raises NotFound, Faulty."""
    papers = [*map(_paper, content.arrived), *submissions.earlier(session, scope, content.earlier)]
    if len(papers) > MOST_FILES:
        raise Faulty(
            [Fault("file", f"一次最多交 {MOST_FILES} 个文件，现有 {len(papers)} 个；请打包后再报送")]
        )
    return papers


def compare(
    session: Session,
    campaign: Running,
    sent: Mapping[str, object],
    papers: Sequence[Paper],
    now: datetime,
    actor: str,
) -> None:
    """What is sent, and the names of its files, against who gave a clue. Raises Disclosing."""
    said = {name: str(sent[name]) for name in ("text", "seal", "reason", "evidence") if sent.get(name)}
    names = {discretion.FILES: "\n".join(one.name for one in papers)}
    discretion.check(session, campaign.id, said | names, actor, now)


def _paper(one: Arrived) -> Paper:
    kind = one.sniffed.kind.key
    return Paper(one.content.sha256, one.name, kind, one.content.size, one.sniffed.caution, one.content)


def _check(campaign: Running, milestone: Milestone, act: str, papers: Sequence[Paper]) -> None:
    if said := refusals(campaign, milestone, act):
        raise Refused(*said)
    if papers and act != "submit":
        raise Faulty([Fault("file", "确认和零报告不附文件；有材料要交的请用报送")])


def refusals(campaign: Running, milestone: Milestone, act: str) -> list[str]:
    """Whether the plan wants the thing itself or only the word that the unit keeps it."""
    wanted = campaign.requirement(milestone)
    kept = wanted is not None and wanted.keep_at_unit
    if act == "submit" and kept:
        return [ONLY_CONFIRMED.format(name=milestone.name)]
    if act == CONFIRM and not kept:
        return [NOT_KEPT.format(name=milestone.name)]
    return []


def _shown(content: Content, papers: Sequence[Paper]) -> Shown:
    different = {one.sha256: (one.name, KINDS[one.kind].family) for one in papers}
    return Shown(list(different.values()), bool(content.text), bool(content.signer), bool(content.seal))


def _doubled(session: Session, key: int, act: str, content: Content, papers: Sequence[Paper]) -> bool:
    """Whether the very same was handed in last, and still stands."""
    row = session.get(Obligation, key, populate_existing=True)
    last = submissions.last(session, key)
    if row is None or row.status in settling.OPEN or last is None:
        return False
    asked = (act, content.text, content.signer, content.seal)
    if asked != (last.act, last.text, last.signer, last.seal):
        return False
    files = session.execute(
        sa.select(handed_file.c.sha256, handed_file.c.name)
        .where(handed_file.c.submission_id == last.id)
        .order_by(handed_file.c.number)
    )
    return [tuple(one) for one in files] == [(one.sha256, one.name) for one in papers]


def _keep(
    session: Session,
    campaign: Running,
    row: Obligation,
    act: str,
    content: Content,
    papers: Sequence[Paper],
    now: datetime,
    actor: str,
) -> None:
    milestone = session.get_one(Milestone, row.milestone_id)
    made = _submission(session, campaign, row, milestone, act, content, now, actor)
    store(session, papers, now, actor)
    for number, one in enumerate(papers, 1):
        session.add(HandedFile(submission_id=made.id, number=number, sha256=one.sha256, name=one.name))
    session.flush()
    note(
        session,
        now,
        HANDED,
        actor,
        campaign_id=campaign.id,
        unit_id=row.unit_id,
        after=act,
        obligation=row.id,
        version=made.version,
        text=content.text,
        signer=content.signer,
        seal=content.seal,
        files=[{"sha256": one.sha256, "name": one.name, "size": one.size} for one in papers],
    )


def _submission(
    session: Session,
    campaign: Running,
    row: Obligation,
    milestone: Milestone,
    act: str,
    content: Content,
    now: datetime,
    actor: str,
) -> Submission:
    """One version more; the row of the obligation is locked, so that nobody takes the same number."""
    due, wanted = row.due_at or milestone.due_at, campaign.requirement(milestone)
    count = sa.select(sa.func.coalesce(sa.func.max(submission.c.version), 0))
    before = session.execute(count.where(submission.c.obligation_id == row.id)).scalar_one()
    made = Submission(
        obligation_id=row.id,
        version=before + 1,
        act=act,
        text=content.text,
        signer=content.signer,
        seal=content.seal,
        addressee=wanted.to if wanted else None,
        copies=list(wanted.copies) if wanted else [],
        late=due is not None and now > due,
        by=actor,
        at=now,
    )
    session.add(made)
    session.flush()
    return made


def store(session: Session, papers: Sequence[Paper], now: datetime, actor: str) -> None:
    """New contents go into their place; a crash before the commit leaves one that nobody names, swept later."""
    fresh = {one.sha256: one for one in papers if one.content is not None}
    if not fresh:
        return
    locks.files_kept(session)
    for one in sorted(fresh.values(), key=lambda one: one.sha256):
        row = StoredFile(
            sha256=one.sha256, size=one.size, kind=one.kind, caution=one.caution, by=actor, at=now
        )
        session.execute(insert_new(session, StoredFile), [row.model_dump()])
        if one.content is not None:
            one.content.settle()
