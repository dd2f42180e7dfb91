"""What the preview foretells is what is sent, at whatever rhythm the rounds come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from flows import rounds as doors
from flows.mailer import Maildir
from one_round import cycle
from states import settings as settings_of
from states.letters import Message, message_id
from states.records import core, foretell
from states.records.rounds import Answer
from states.settings import Settings

SENDER = "duban@example.org"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal"),
    ("G", "示例县医疗集团", "other", "县", "R", HELD),
    ("H1", "示例县人民医院", "hospital", "二级", "G", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "G", "department_head deputy_leader principal"),
)
FILLS = {
    "begins": "2026年9月",
    "ends": "2026年11月底",
    "mobilise.until": "2026-09-10",
    "investigate.from": "2026-09-11",
    "investigate.until": "2026-09-30",
    "rectify.from": "2026年10月",
    "rectify.until": "2026年10月",
    "summarise.from": "2026年11月",
    "summarise.until": "2026年11月",
    "summary.due": "2026-11-25",
    "dispatch-meeting.every": "不定期",
    "joint-consultation.every": "不定期",
}
# A part has been lived through; then no round came from Tuesday noon to Wednesday evening.
BEFORE = ("2026-09-01 09:00", "2026-09-07 09:00", "2026-09-09 09:10", "2026-09-11 09:00", "2026-09-14 16:00")
LAST_ROUND = "2026-09-15 12:00"
ASKED = "2026-09-16 20:00"  # the rungs of that morning wait still, and mail has to wait for the next
UNTIL = "2026-10-12 23:59"  # across 中秋, a worked Sunday, 国庆, a worked Saturday and a new phase

Sent = tuple[str, str, str, tuple[tuple[str, str, str], ...]]  # day, address, key, lines


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of.read(
        {
            "DUBAN_HOME": str(tmp_path),
            "DUBAN_MAIL_FROM": SENDER,
            "DUBAN_SMTP_URL": f"maildir:{tmp_path / 'mail'}",
            "DUBAN_DATABASE_URL": f"sqlite:///{tmp_path / 'unused.db'}",
        }
    )


def one_round(story, settings: Settings, now: datetime, sent: list[Sent]) -> None:
    """As a tick does it, into a real maildir."""
    post = Maildir(settings.home / "mail", settings.mail_from)
    send = doors.sender(post, settings, now)

    def noted(message: Message) -> Answer:
        answer = send(message)
        assert answer.kind == "sent"
        said = tuple(sorted((line.rung, line.unit, line.what) for line in message.lines))
        sent.append((story.local(now)[:10], message.to, message.key, said))
        return answer

    cycle(story.store, noted, now, doors.mail_hours(settings), doors.worker_name())


def irregular(story, start: str, end: str) -> Iterator[datetime]:
    """One to three rounds a day at odd moments, at least one of them in mail hours."""
    dice, day = Random(20260917), story.at(start).astimezone(story.hours.zone).date()
    first, last = story.at(start), story.at(end)
    yield first + timedelta(minutes=7)
    while True:
        midnight = datetime.combine(day, time(0), story.hours.zone)
        minutes = [
            dice.randrange(9 * 60, 17 * 60 + 30),
            *(dice.randrange(24 * 60) for _ in range(dice.randrange(3))),
        ]
        for minute in sorted(minutes):
            moment = (midnight + timedelta(minutes=minute, seconds=dice.randrange(60))).astimezone(UTC)
            if moment > last:
                return
            if moment > first + timedelta(minutes=7):
                yield moment
        day += timedelta(days=1)


def counted(story) -> dict[str, int]:
    with story.store.read() as session:
        tables = (core.mail, core.notice, core.journal, core.timer, core.obligation, core.proposal)
        return {
            one.name: session.execute(sa.select(sa.func.count()).select_from(one)).scalar_one()
            for one in tables
        }


def read(folder: Path) -> list[EmailMessage]:
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(file.read_bytes()) for file in (folder / "new").iterdir()]  # type: ignore[misc]


def test_what_the_preview_foretells_is_exactly_what_is_then_sent(filed_story, settings) -> None:
    story = filed_story.people(UNITS)
    story.launch(story.order("county-outstanding-issues", "2026-09-01", FILLS), "2026-08-28 15:00")
    for moment in (*BEFORE, LAST_ROUND):
        one_round(story, settings, story.at(moment), [])
    story.act("H1", "hospital-plan", "submit")(story.at("2026-09-15 12:10"))
    story.act("H1", "weekly-progress 2026-W37", "submit")(story.at("2026-09-15 12:20"))
    story.act("H1", "hospital-plan", "return", reason="缺责任人")(story.at("2026-09-16 15:00"))
    already = {mail["Message-ID"] for mail in read(settings.home / "mail")}
    before = counted(story)

    preview = foretell.foretell(story.store, story.at(ASKED), story.at(UNTIL), story.hours, story.campaign)

    assert counted(story) == before, "a preview writes nothing"
    sent: list[Sent] = []
    for moment in irregular(story, ASKED, UNTIL):
        one_round(story, settings, moment, sent)
    foretold = [(story.local(one.at)[:10], one.to, one.key, tuple(sorted(one.lines))) for one in preview]
    assert {"2026-09-20", "2026-10-08", "2026-10-10"} <= {day for day, *_rest in foretold}
    assert "2026-09-25" not in {day for day, *_rest in foretold}
    assert sorted(sent) == sorted(foretold)

    # what lies in the maildir is the same again
    mails = {mail["Message-ID"]: mail for mail in read(settings.home / "mail")}
    assert set(mails) - already == {message_id(one.key, SENDER) for one in preview}
    for one in preview:
        mail = mails[message_id(one.key, SENDER)]
        assert parseaddr(mail["To"])[1] == one.to
        assert (
            mail["Date"].datetime.astimezone(story.hours.zone).date().isoformat() == story.local(one.at)[:10]
        )
        text = mail.get_body(("plain",)).get_content()
        assert [what for _rung, _unit, what in one.lines if what not in text] == []
