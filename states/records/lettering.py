"""A letter: numbered, filled, kept with its bytes, and told to those whom the plan names; all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from states.documents.columns import ROLES
from states.documents.letterfields import COLOURS, reply_words
from states.letters import plain
from states.records import letter_forms
from states.records.campaigns import Running
from states.records.columns import insert_new
from states.records.core import letter_counter
from states.records.dispatch import Proposal
from states.records.journal import note
from states.records.notifying import Owing, tell
from states.records.papers import LetterCounter, LetterPaper, LetterRow
from states.records.tables import Milestone, Obligation, Unit
from states.template import LetterType, Role

SYSTEM = "system"
ROLE_NAMES = {role.value: words[0] for role, words in ROLES.items()} | {"parent_principal": "上级主要负责人"}
LONGEST = 500


def make(session: Session, campaign: Running, one: Proposal, now: datetime) -> LetterRow:
    """The letter of a proposal that was just confirmed. Raises Faulty where its form can't be filled."""
    from states.documents import letterpaper  # Word: a service starts without it

    kind = campaign.template.letter(one.letter or one.name)
    row = _row(session, campaign, one, kind, now)
    content = letterpaper.made(
        letter_forms.form(session, row.issuer_id, kind), row.facts, now.astimezone(campaign.zone)
    )
    row.sha256, row.size = hashlib.sha256(content).hexdigest(), len(content)
    session.add(row)
    session.flush()
    session.add(LetterPaper(letter_id=row.id, content=content))
    _tell(session, campaign, one, row, now)
    note(
        session,
        now,
        "letter.made",
        one.decided_with or SYSTEM,
        campaign_id=campaign.id,
        unit_id=row.unit_id,
        after=f"{row.name}{row.number}",
        letter=row.id,
        proposal=one.id,
        obligation=one.obligation_id,
        sha256=row.sha256,
        person=row.signer,
    )
    return row


@dataclass(frozen=True)
class Draft:
    """A letter that nobody has decided yet: `number` is the one it would take now."""

    name: str
    number: str
    content: bytes


def draft(
    session: Session,
    campaign: Running,
    one: Proposal,
    named: str | None,
    said: Mapping[str, str],
    now: datetime,
) -> Draft:
    """What a letter would say if it were confirmed now; takes no number, keeps nothing.

    `named`: another kind, by key or name; `said`: fields that only a decision fills. Raises Faulty where its form can't be
    filled.
    """
    from states.documents import letterpaper  # Word: a service starts without it

    kind = campaign.template.letter(named or one.letter or one.name)
    issuer, year = campaign.row.owner_id, now.astimezone(campaign.zone).year
    taken = session.get(LetterCounter, {"issuer_id": issuer, "name": kind.name, "year": year})
    number = _number(kind, year, (taken.last if taken else 0) + 1)
    facts = _facts(session, campaign, one, kind, number, _rung_reply(campaign, session, one), now)
    facts |= {name: plain(words, LONGEST) for name, words in said.items()}
    form = letter_forms.form(session, issuer, kind)
    return Draft(kind.name, number, letterpaper.made(form, facts, now.astimezone(campaign.zone)))


def _number(kind: LetterType, year: int, seq: int) -> str:
    return kind.number.replace("{year}", str(year)).replace("{n}", str(seq))


def _row(session: Session, campaign: Running, one: Proposal, kind: LetterType, now: datetime) -> LetterRow:
    issuer = campaign.row.owner_id
    year = now.astimezone(campaign.zone).year
    seq = _next(session, issuer, kind.name, year)
    number = _number(kind, year, seq)
    rung = _rung_reply(campaign, session, one)
    return LetterRow(
        campaign_id=campaign.id,
        proposal_id=one.id,
        obligation_id=one.obligation_id,
        milestone_id=one.milestone_id,
        unit_id=one.unit_id,
        issuer_id=issuer,
        name=kind.name,
        rung=one.name,
        year=year,
        seq=seq,
        number=number,
        colour=kind.colour,
        facts=_facts(session, campaign, one, kind, number, rung, now),
        sha256="",
        size=0,
        signer=one.decided_by or "",
        made_at=now,
        reply=rung,
    )


def _next(session: Session, issuer: int, name: str, year: int) -> int:
    """The next number; its row stays locked until the transaction ends, so that none is given twice or lost."""
    key = {"issuer_id": issuer, "name": name, "year": year}
    session.execute(insert_new(session, LetterCounter).values(**key, last=0))
    mine = [letter_counter.c[column] == value for column, value in key.items()]
    raised = sa.update(letter_counter).where(*mine).values(last=letter_counter.c.last + 1)
    return int(session.execute(raised.returning(letter_counter.c.last)).scalar_one())


def _rung_reply(campaign: Running, session: Session, one: Proposal) -> str | None:
    """Within which time the plan asks for a reply to this rung."""
    steps = campaign.ladder(session.get_one(Milestone, one.milestone_id))
    if steps is None or one.rung > len(steps.rungs):
        return None
    return steps.rungs[one.rung - 1].reply


def _facts(
    session: Session,
    campaign: Running,
    one: Proposal,
    kind: LetterType,
    number: str,
    reply: str | None,
    now: datetime,
) -> dict[str, str]:
    """What the fields say, each on one line; kept with the letter."""
    about = session.get_one(Milestone, one.milestone_id)
    due = session.get_one(Obligation, one.obligation_id).due_at or about.due_at
    to, copies = _audience(campaign, session, one)
    said = {
        "文书": kind.name,
        "文号": number,
        "发文单位": session.get_one(Unit, campaign.row.owner_id).name,
        "主送": session.get_one(Unit, one.unit_id).name,
        "抄送": copies,
        "专项行动": campaign.row.title,
        "依据": _basis(campaign),
        "事项": about.name,
        "期限": _moment(due, campaign) if due else (about.filled or about.words),
        "逾期": _overdue(campaign, due, now),
        "情况": _situation(campaign, about, due, now),
        "措施": one.name,
        "对象": to,
        "回复": f"收到之日起{reply_words(reply)}内" if reply else "",
        "理由": one.answer or "",
        "决定人": one.decided_by or "",
        "日期": _day(now, campaign),
        "颜色": COLOURS[kind.colour][0] if kind.colour else "",
    }
    return {name: plain(words, LONGEST) for name, words in said.items()}


def _audience(campaign: Running, session: Session, one: Proposal) -> tuple[str, str]:
    steps = campaign.ladder(session.get_one(Milestone, one.milestone_id))
    rung = steps.rungs[one.rung - 1] if steps and one.rung <= len(steps.rungs) else None
    to = [role.value for role in rung.to] if rung else one.audience
    return _names(to), _names([role for role in one.audience if role not in to])


def _names(roles: list[str]) -> str:
    return "、".join(ROLE_NAMES.get(role, role) for role in roles)


def _basis(campaign: Running) -> str:
    """The plan by its title and number; the campaign's own title where it names no document."""
    first = next(iter(campaign.template.documents.values()), None)
    if first is None:
        return f"“{campaign.row.title}”工作要求"
    return f"《{first.title.strip('《》')}》" + (f"（{first.number}）" if first.number else "")


def _situation(campaign: Running, about: Milestone, due: datetime | None, now: datetime) -> str:
    what = about.name
    if due is None:
        return f"“{what}”至今尚未办结"
    if due >= now:
        return f"“{what}”应于{_moment(due, campaign)}前办结"
    late = _overdue(campaign, due, now)
    return f"“{what}”应于{_moment(due, campaign)}前办结，截至{_day(now, campaign)}已逾期{late}"


def _overdue(campaign: Running, due: datetime | None, now: datetime) -> str:
    if due is None or due >= now:
        return ""
    first, last = (at.astimezone(campaign.zone).date() for at in (due, now))
    return f"{campaign.calendar.between(first, last)}个工作日"


def _day(at: datetime, campaign: Running) -> str:
    local = at.astimezone(campaign.zone)
    return f"{local.year}年{local.month}月{local.day}日"


def _moment(at: datetime, campaign: Running) -> str:
    return f"{_day(at, campaign)}{at.astimezone(campaign.zone):%H:%M}"


def _tell(session: Session, campaign: Running, one: Proposal, row: LetterRow, now: datetime) -> None:
    """A mail of its own to everybody whom the rung names, at any hour; the answer of a unit takes it back no more."""
    asks = f"；请于{row.facts['回复']}书面回复" if row.reply else ""
    fact = {
        "kind": "letter",
        "milestone_id": one.milestone_id,
        "rung": one.rung,
        "name": one.name,
        "urgent": True,
        "reason": f"{row.facts['情况']}{asks}",
        "letter_id": row.id,
    }
    roles = [Role(role) for role in one.audience]
    key = f"l:{row.id}"
    tell(session, campaign, [Owing(0, one.unit_id)], roles, lambda _, email: f"{key}:{email}", fact, now)
