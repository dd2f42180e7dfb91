"""Clocks that are set back or jump, other zones when summer time begins and ends, a stop over a deadline.

Told through the clock of one machine with its real rounds and a real mailbox; only what time it is comes from the test.
"""

from __future__ import annotations

import mailbox
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows import rounds as doors
from flows.local import LocalClock
from states import settings as settings_of
from states.ladder import MUTED_BY_HIGHER
from states.records import health
from states.records.dispatch import Mail, Notice, Proposal, Timer
from states.records.papers import Credit

SQLITE = pytest.mark.parametrize("shaped_url", ["sqlite"], indirect=True)
JOBS = ("open_due", "remind", "escalate", "deliver")
LADDER = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -7d, name: 提醒, to: [liaison]}
      - {at: -1wd, name: 再提醒, to: [liaison]}
      - {at: -2h, name: 急办, to: [principal], urgent: true}
      - {at: +1wd, name: 催办, to: [liaison, department_head]}
      - {at: +3wd, name: 督促, to: [deputy_leader]}
      - {at: +5wd, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书}
"""


class Machine:
    """The clock of one machine over a stage, whatever the time is said to be."""

    def __init__(self, stage: Any, url: str, home: Path, zone: str = "Asia/Shanghai") -> None:
        self.stage, self.zone, self.home = stage, ZoneInfo(zone), home
        given = {"DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": url, "DUBAN_TIMEZONE": zone}
        given |= {"DUBAN_SMTP_URL": f"maildir:{home / 'mail'}", "DUBAN_MAIL_FROM": "duban@example.org"}
        self.settings = settings_of.read(given)
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.ran: list[datetime] = []
        self.clock = LocalClock(JOBS, self._run, self._claim, lambda *_: None, now=lambda: self.now)

    def _run(self, job: str, now: datetime) -> Any:
        if job == JOBS[0]:
            self.ran.append(now)
        return doors.run(job, self.settings, now)

    def _claim(self, job: str, slot: datetime) -> bool:
        return health.claim_tick(doors.store_of(self.settings), job, slot, self.now)

    def at(self, words: str) -> datetime:
        return datetime.fromisoformat(words).replace(tzinfo=self.zone).astimezone(UTC)

    def local(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%m-%d %H:%M}"

    def ticks(self, *moments: str) -> Machine:
        for moment in moments:
            self.now = self.at(moment)
            for job in JOBS:
                self.clock.tick(job)
        return self

    def lives(self, first: str, last: str) -> Machine:
        """A tick every ten minutes, from local time to local time."""
        now, end = self.at(first), self.at(last)
        while now <= end:
            self.ticks(f"{now.astimezone(self.zone):%Y-%m-%d %H:%M}")
            now += timedelta(minutes=10)
        return self

    def box(self) -> Counter[str]:
        """How often each mail lies in the box, by Message-ID."""
        folder = self.home / "mail"
        mails = mailbox.Maildir(folder, create=False) if folder.is_dir() else []
        return Counter(one["Message-ID"] for one in mails)

    def once(self) -> None:
        """Each mail arrived once, none waits, each fact was decided once."""
        sent = self.stage.rows(Mail)
        assert {one.state for one in sent} == {"sent"}
        assert self.box() == Counter(one.message_id for one in sent)
        assert set(self.box().values()) == {1}
        facts = Counter((one.obligation_id, one.rung, one.email) for one in self.rungs())
        assert set(facts.values()) == {1}

    def rungs(self, *where: Any) -> list[Notice]:
        return self.stage.notices(Notice.kind == "rung", *where)

    def said(self, code: str = "R1-H1") -> list[str]:
        """`day hour rung` of what was decided for one unit, each rung once."""
        mine = self.rungs(Notice.unit_id == self.stage.ids[code])
        return list(dict.fromkeys(f"{self.local(one.at)} {one.name}" for one in mine))


@pytest.fixture
def machine(stage: Any, shaped_url: str, tmp_path: Path) -> Iterator[Machine]:
    """Due on Thursday 12 March at 18:00: the first reminder on the 5th, 催办 on the 13th, 督促 the 17th, 约谈 the 19th."""
    stage.launch(stage.template(stage.one_report, LADDER))
    made = Machine(stage, shaped_url, tmp_path).ticks("2026-03-02 09:00")
    yield made
    doors.store_of(made.settings).close()


def test_an_hour_that_comes_twice_says_nothing_twice_and_holds_nothing_up(machine) -> None:
    """At 9:20 the clock is set to 8:30, and after half an hour it is nine again."""
    machine.lives("2026-03-05 08:50", "2026-03-05 09:20")
    before = machine.box()
    machine.lives("2026-03-05 08:30", "2026-03-05 09:20")
    assert before
    assert machine.box() == before
    assert machine.said() == ["03-05 09:00 提醒"]
    assert len(machine.ran) == 1 + 4 + 6, "no slot of the old time keeps a round away"
    machine.once()


@SQLITE
def test_what_falls_into_the_hour_that_comes_again_is_neither_lost_nor_early(machine) -> None:
    """Two minutes before the rung the clock is set back an hour: it falls when it is nine."""
    machine.ticks("2026-03-05 08:58", "2026-03-05 07:58", "2026-03-05 08:59")
    assert machine.rungs() == []
    machine.ticks("2026-03-05 09:00")
    assert machine.said() == ["03-05 09:00 提醒"]
    machine.ticks("2026-03-11 09:00", "2026-03-12 16:01", "2026-03-12 15:01", "2026-03-12 16:02")
    assert machine.said()[1:] == ["03-11 09:00 再提醒", "03-12 16:01 急办"]
    machine.once()


@SQLITE
def test_a_mail_is_not_left_lying_for_the_ten_days_by_which_a_clock_was_ahead(machine) -> None:
    """It can't be handed over while the clock is ahead, so its next try is set to a day that is far away."""
    box = machine.home / "mail"
    box.write_text("no folder")
    machine.ticks("2026-03-16 09:00")
    assert {one.state for one in machine.stage.rows(Mail)} == {"queued"}
    box.unlink()
    machine.ticks("2026-03-06 09:00")
    machine.once()


@SQLITE
def test_a_clock_that_jumps_ten_days_says_the_highest_alone_and_gives_the_day_back(machine) -> None:
    machine.ticks("2026-03-06 09:00", "2026-03-16 09:00", "2026-03-16 09:01")
    assert machine.said() == ["03-06 09:00 提醒", "03-16 09:00 催办"]
    outcomes = machine.stage.outcomes()
    assert {outcomes[2], outcomes[3]} == {MUTED_BY_HIGHER}
    assert {one.days for one in machine.stage.rows(Credit)} == {1}, (
        "from Friday, when it was to come, to Monday"
    )
    machine.once()


def test_a_clock_that_jumped_ten_days_and_is_put_right_repeats_nothing_and_goes_on(machine) -> None:
    machine.ticks("2026-03-06 09:00", "2026-03-16 09:00", "2026-03-16 09:01")
    before = machine.box()
    machine.ticks("2026-03-06 09:02", "2026-03-06 09:12", *(f"2026-03-{day:02} 09:00" for day in (9, 12, 16)))
    assert len(machine.ran) == 1 + 3 + 5, "no slot of the days to come keeps a round away"
    assert machine.box() == before
    machine.ticks(*(f"2026-03-{day} 09:00" for day in (17, 18)))
    assert machine.said()[-1] == "03-18 09:00 督促", "the working day that was given back"
    machine.once()


def test_after_a_week_without_rounds_over_the_date_one_demand_goes_out_and_the_lost_day_is_given_back(
    machine,
) -> None:
    """Nothing runs from Wednesday the 11th to Wednesday the 18th."""
    machine.ticks("2026-03-05 09:00", "2026-03-11 09:00", "2026-03-18 14:00", "2026-03-18 14:01")
    assert machine.said()[2:] == ["03-18 14:00 督促"]
    assert {machine.stage.outcomes()[rung] for rung in (3, 4)} == {MUTED_BY_HIGHER}
    assert {one.days for one in machine.stage.rows(Credit)} == {1}
    machine.ticks("2026-03-19 09:00")
    assert machine.stage.rows(Proposal) == []
    machine.ticks("2026-03-20 09:00")
    assert {machine.local(one.at) for one in machine.stage.rows(Proposal)} == {"03-20 09:00"}
    machine.once()


# -- summer time -----------------------------------------------------------------------------------------

OVER_THE_CHANGE = """
timezone: {zone}
phases:
  - {{key: check, name: 自查自纠, window: 为期4周}}
requirements:
  - {{key: report, name: 自查报告, phase: check, due: {due}}}
"""
BEGINS, ENDS = "17:00", "19:00"  # the local hour that is 24 hours before 18:00 of the Sunday
CHANGES = [
    ("sqlite", "Europe/Berlin", "2026-03-29", BEGINS),
    ("postgresql", "Europe/Berlin", "2026-10-25", ENDS),
    ("postgresql", "America/New_York", "2026-03-08", BEGINS),
    ("sqlite", "America/New_York", "2026-11-01", ENDS),
]


def around(sunday: datetime) -> Iterator[str]:
    """Moments from Thursday before a Sunday to the Wednesday after it; the night of the change by the half hour."""
    for days in (-3, -2, 1, 2, 3):
        yield from (
            f"{sunday + timedelta(days=days):%Y-%m-%d} {hour}" for hour in ("08:59", "09:00", "09:01")
        )
        if days == -2:
            yield from (f"{sunday - timedelta(days=1):%Y-%m-%d} {hour}:00" for hour in (16, 17, 18, 19))
            yield from (f"{sunday:%Y-%m-%d} {hour}" for hour in ("00:30", "01:30", "02:30", "03:30", "18:00"))


@pytest.mark.parametrize(("shaped_url", "zone", "sunday", "hour"), CHANGES, indirect=["shaped_url"])
def test_where_summer_time_begins_or_ends_rungs_and_mails_keep_their_local_hour(
    stage, shaped_url, tmp_path, zone, sunday, hour
) -> None:
    """Due on the Sunday on which the clocks change, at 18:00 there; a rung in hours is counted on the clock."""
    day = datetime.fromisoformat(sunday)
    text = OVER_THE_CHANGE.format(zone=zone, due=f"{day.year}年{day.month}月{day.day}日")
    machine = Machine(stage, shaped_url, tmp_path, zone)
    began = machine.at(f"{day - timedelta(days=3):%Y-%m-%d} 08:30")
    start, now = f"{day - timedelta(days=3):%Y-%m-%d}", stage.local(began)
    stage.launch(stage.template(text, LADDER.replace("-2h", "-24h")), start=start, now=now)
    machine.ticks(*around(day))
    days = [f"{day + timedelta(days=number):%m-%d}" for number in (-2, -1, 1, 3)]
    said = [
        f"{days[0]} 09:00 再提醒",
        f"{days[1]} {hour} 急办",
        f"{days[2]} 09:00 催办",
        f"{days[3]} 09:00 督促",
    ]
    assert machine.said() == said
    due = machine.at(f"{sunday} 18:00")
    assert stage.milestone("report").due_at == due
    assert {one.fire_at for one in stage.timers(Timer.rung == 3)} == {due - timedelta(hours=24)}
    mailed = [one.sent_at.astimezone(machine.zone) for one in stage.rows(Mail, Mail.kind != "urgent")]
    assert {(one.hour, one.minute) for one in mailed} <= {(9, 0), (9, 1)}
    assert Counter(f"{one:%m-%d}" for one in mailed).keys() == {days[0], days[2], days[3]}
    machine.once()
    doors.store_of(machine.settings).close()
