"""What becomes of a letter: handed to the mail server, received (签收), and its reply owed.

The reply is due so long after the letter was handed over; a receipt recorded before that date lets it count from the
receipt instead. It is an obligation like any other, of that unit alone, with the ladder of the matter it is about.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from states.dates import OFFICE_END, parse_offset, shift_instant
from states.documents.letterfields import reply_words
from states.errors import Conflict, Fault, Faulty, NotFound
from states.records.campaigns import Running, running
from states.records.columns import obligation_id
from states.records.core import letter, notice
from states.records.journal import iso, note, note_milestone
from states.records.papers import LetterRow
from states.records.rearming import rearm
from states.records.tables import Milestone, Obligation, Unit
from states.records.timers import timers
from states.template import Scope

MAILED = "u:l:"  # how the keys of mails with letters begin
PREFIX = "letter-"  # the requirement of a reply is this and the letter's id
REPLY = "reply"
SYSTEM = "system"


def handed_over(session: Session, mail_id: int, now: datetime) -> None:
    """The mail server took a mail with a letter: from the first of them the reply is owed."""
    statement = (
        select(LetterRow)
        .join(notice, notice.c.letter_id == letter.c.id)
        .where(notice.c.mail_id == mail_id, letter.c.handed_at.is_(None))
        .with_for_update(of=letter)
    )
    for row in session.exec(statement.execution_options(populate_existing=True)).all():
        campaign = running(session, row.campaign_id)
        row.handed_at = now
        session.add(row)
        _note(session, campaign, row, "letter.handed", SYSTEM, now)
        _owe(session, campaign, row, now, now)


def receive(
    session: Session, campaign: Running, key: int, person: str, at: datetime | None, now: datetime, actor: str
) -> LetterRow:
    """签收, once: who has received it, and when (now unless said). Raises NotFound, Faulty, Conflict."""
    row = locked(session, campaign, key)
    received = at or now
    _check(campaign, row, person.strip(), received, now)
    if row.received_at is not None:
        said = _moment(campaign, row.received_at)
        raise Conflict(f"{row.name}{row.number}已由{row.received_by}于{said}签收")
    row.received_at, row.received_by = received, person.strip()
    session.add(row)
    session.flush()
    _note(
        session,
        campaign,
        row,
        "letter.received",
        actor,
        now,
        person=row.received_by,
        received=received.isoformat(),
    )
    owed_already = row.reply_id is not None
    _owe(session, campaign, row, received, now)
    if owed_already:
        _count_from_receipt(session, campaign, row, received, now, actor)
    return row


def locked(session: Session, campaign: Running, key: int) -> LetterRow:
    """One letter of the campaign, kept from others until the transaction ends. Raises NotFound."""
    statement = select(LetterRow).where(LetterRow.id == key).with_for_update()
    row = session.exec(statement.execution_options(populate_existing=True)).first()
    if row is None or row.campaign_id != campaign.id:
        raise NotFound(f"这次专项行动中没有编号为 {key} 的文书")
    return row


def due_of(campaign: Running, reply: str, at: datetime) -> datetime:
    """When a reply is due that is counted from `at`: the end of office hours of its day; hours are counted by the clock."""
    offset = parse_offset(reply)
    due = shift_instant(at, offset, campaign.calendar, campaign.zone)
    if offset.unit == "h":
        return due
    day = due.astimezone(campaign.zone).date()
    return datetime.combine(day, OFFICE_END, campaign.zone).astimezone(due.tzinfo)


def _owe(session: Session, campaign: Running, row: LetterRow, at: datetime, now: datetime) -> None:
    """The reply is owed from now on, by this unit alone."""
    if row.reply is None or row.reply_id is not None:
        return
    due = due_of(campaign, row.reply, at)
    about = session.get_one(Milestone, row.milestone_id)
    owed = Milestone(
        campaign_id=campaign.id,
        requirement=f"{PREFIX}{row.id}",
        period="",
        name=f"对{row.name}{row.number}的回复",
        kind=REPLY,
        ladder=about.ladder,
        words=f"收到之日起{reply_words(row.reply)}内",
        opens_at=at,
        opened_at=now,
        due_at=due,
        original_due_at=due,
        provisional=campaign.calendar.spans_provisional(at.date(), due.date()),
        required=False,
        review=True,
        expected=1,
        scope=Scope(codes=(session.get_one(Unit, row.unit_id).code,)).model_dump(mode="json"),
    )
    session.add(owed)
    session.flush()
    key = obligation_id(owed.id, row.unit_id)
    session.add(
        Obligation(id=key, campaign_id=campaign.id, milestone_id=owed.id, unit_id=row.unit_id, status="open")
    )
    session.add_all(timers(campaign, owed, due, now, could_open=now))
    row.reply_id = owed.id
    session.add(row)
    session.flush()
    said = {"after": owed.name, "units": 1, "letter": row.id}
    note_milestone(session, now, "milestone.opened", SYSTEM, owed, unit_id=row.unit_id, **said)


def _count_from_receipt(
    session: Session, campaign: Running, row: LetterRow, at: datetime, now: datetime, actor: str
) -> None:
    """A receipt before the reply was due moves its date on; one that comes later changes nothing."""
    owed = session.get_one(Milestone, row.reply_id, populate_existing=True)
    due = due_of(campaign, row.reply or "", at)
    if owed.due_at is None or now > owed.due_at or due <= owed.due_at or owed.held:
        return
    before, owed.due_at = owed.due_at, due
    session.add(owed)
    session.flush()
    rearm(session, campaign, owed, now, "签收后重新计算", before)
    says = f"{row.name}{row.number}签收，回复期限从签收之日起算"
    said = {"before": iso(before), "after": iso(due), "reason": says, "provisional": owed.provisional}
    note_milestone(session, now, "milestone.redated", actor, owed, unit_id=row.unit_id, **said)


def _check(campaign: Running, row: LetterRow, person: str, at: datetime, now: datetime) -> None:
    faults = []
    if not 0 < len(person) <= 50 or "\n" in person:
        faults.append(Fault("person", "请写明签收人姓名，一行，不超过 50 字"))
    if at > now:
        faults.append(Fault("at", "签收时间不能在将来"))
    if at < row.made_at:
        faults.append(Fault("at", f"签收时间不能早于文书作出的时间（{_moment(campaign, row.made_at)}）"))
    if faults:
        raise Faulty(faults)


def _moment(campaign: Running, at: datetime) -> str:
    local = at.astimezone(campaign.zone)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def _note(
    session: Session, campaign: Running, row: LetterRow, kind: str, actor: str, now: datetime, **more: str
) -> None:
    about = f"{row.name}{row.number}"
    note(
        session,
        now,
        kind,
        actor,
        campaign_id=campaign.id,
        unit_id=row.unit_id,
        after=about,
        letter=row.id,
        **more,
    )
