"""Preview: what is foretold over live data is what is then sent, at whatever rhythm the clock ticks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from one_round import cycle
from states.records import (
    accounts,
    calendar,
    core,
    deciding,
    foretell,
    granting,
    outbox,
    rounds,
    schema,
    silences,
)
from states.records.campaigns import running
from states.records.foretell import Foretold
from states.records.rounds import Answer
from states.records.session import Store, connect, memory

NOW = "2026-03-02 08:30"
END = "2026-03-25 18:00"
REQUIREMENTS = """
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内, nil: true}
  - {key: list, name: 问题清单, phase: check, due: 启动后11日内, review: true}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
  - {key: weekly, name: 周报, every: 每周五, nil: true}
"""
UNITS = ("R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1")
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["report", "list"]),
        st.sampled_from(UNITS),
        st.sampled_from([("submit",), ("nil",), ("submit", "return"), ("submit", "accept"), ("waive",)]),
    ),
    max_size=8,
    unique_by=lambda one: one[:2],
)
MOVES = st.lists(
    st.tuples(st.sampled_from(UNITS), st.sampled_from(["suspend", "exempt"])),
    max_size=2,
    unique_by=lambda one: one[0],
)
MINUTES = st.lists(st.integers(0, 24 * 60 - 1), max_size=2)
RHYTHM = st.lists(st.tuples(MINUTES, st.integers(9 * 60, 17 * 60 + 29)), min_size=24, max_size=24)
Sent = tuple[str, str, date, tuple[tuple[str, str, str], ...]]


def sent(found: list[Foretold], stage: Any) -> set[Sent]:
    zone = stage.hours.zone
    rows = [(one.key, one.to, one.at.astimezone(zone).date(), tuple(sorted(one.lines))) for one in found]
    assert len(set(rows)) == len({one.key for one in found}) == len(rows), "no mail is sent twice"
    return set(rows)


def lived(store: Store, moments: list[datetime], stage: Any) -> list[Foretold]:
    """What the rounds send when they tick at `moments`."""
    found: list[Foretold] = []
    for now in moments:

        def send(message, now=now) -> Answer:
            found.append(foretell._foretold(message, now))
            return Answer("sent")

        cycle(store, send, now, stage.hours, f"tick-{uuid4().hex}")
    return found


def ticks(stage: Any, rhythm: list[tuple[list[int], int]]) -> list[datetime]:
    """Random instants of each day, of which one lies in mail hours: a clock that misses no day."""
    first = stage.at("2026-03-02 00:00")
    moments = {
        first + timedelta(days=day, minutes=minute)
        for day, (minutes, sure) in enumerate(rhythm)
        for minute in [*minutes, sure]
    }
    return sorted(one for one in moments if stage.at(NOW) <= one <= stage.at(END))


def live(stage: Any) -> int:
    key = stage.launch(stage.template(stage.phases, REQUIREMENTS, stage.ladders))
    stage.cycle(NOW)
    return key


def shake(stage: Any, key: int, acts: list[Any], moves: list[Any]) -> None:
    """People have acted before the preview is asked for."""
    for requirement, code, steps in acts:
        for step in steps:
            if step == "accept" and stage.owed(requirement, code, campaign=key).status == "accepted":
                continue
            if step == "nil" and requirement == "list":
                continue
            stage.act(key, requirement, code, step, "2026-03-02 08:40", reason="情况属实")
    for code, move in moves:
        stage.move(key, code, move, "2026-03-02 08:45", reason="情况属实")


def more_time_and_peace(stage: Any, key: int) -> None:
    """A unit was granted a later date, another waits for a decision, two are left in peace for a while."""
    now = stage.at("2026-03-02 08:46")
    owed = {code: stage.owed("report", code, campaign=key).id for code in ("R1", "R1-H2")}
    with stage.store.write() as session:
        campaign = running(session, key)
        for code, until in (("R1", "+3wd"), ("R1-H2", "+5wd")):
            granting.ask(session, campaign, granting.Request(owed[code], until, "情况属实"), now, code)
        deciding.decide(session, campaign, 1, deciding.Decision(True), now, "test")
        for code, day in (("R2-H1", 13), ("R1", 6)):
            wanted = silences.Wanted(date(2026, 3, day), "情况属实", unit=code)
            silences.impose(session, campaign, wanted, now, "test")


def test_what_is_foretold_is_what_is_sent_at_any_rhythm(new_stage) -> None:
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        rhythm=RHYTHM,
        acts=ACTS,
        moves=MOVES,
        gone=st.sets(st.sampled_from([(u, "liaison") for u in UNITS]), max_size=2),
    )
    def equal(rhythm, acts, moves, gone) -> None:
        store = memory()
        schema.create(store)
        stage = new_stage(store).people(without=gone)
        key = live(stage)
        shake(stage, key, acts, moves)
        told = foretell.foretell(stage.store, stage.at("2026-03-02 08:50"), stage.at(END), stage.hours)
        moments = [one for one in ticks(stage, rhythm) if one > stage.at("2026-03-02 08:50")]
        done = lived(stage.store, moments, stage)
        assert sent(told, stage) == sent(done, stage)
        assert len(told) > 30
        stage.store.close()

    equal()


@pytest.mark.parametrize("seed", [1])
def test_what_is_foretold_is_what_is_sent_on_each_database(stage, seed: int) -> None:
    from random import Random

    dice = Random(seed)
    key = live(stage)
    shake(
        stage,
        key,
        [("report", "R1-H1", ("submit",)), ("list", "R2", ("submit", "return"))],
        [("R2-C1", "suspend")],
    )
    more_time_and_peace(stage, key)
    told = foretell.foretell(stage.store, stage.at("2026-03-02 08:50"), stage.at(END), stage.hours)
    rhythm = [([dice.randrange(1440)], dice.randrange(540, 1050)) for _ in range(24)]
    done = lived(
        stage.store, [one for one in ticks(stage, rhythm) if one > stage.at("2026-03-02 08:50")], stage
    )
    assert sent(told, stage) == sent(done, stage)
    assert len(told) > 30


def test_a_preview_writes_nothing(stage) -> None:
    live(stage)
    before = stage.everything()
    assert foretell.foretell(stage.store, stage.at(NOW), stage.at(END), stage.hours) != []
    assert stage.everything() == before


def test_a_preview_of_one_campaign_leaves_out_the_mails_that_say_nothing_of_it(stage) -> None:
    from states.records.scopes import Selection

    first = stage.launch(selection=Selection(codes=("R1-H1",)))
    second = stage.launch(selection=Selection(codes=("R2-H1",)))
    stage.cycle(NOW)
    both = foretell.foretell(stage.store, stage.at(NOW), stage.at(END), stage.hours)
    one, other = (
        foretell.foretell(stage.store, stage.at(NOW), stage.at(END), stage.hours, key)
        for key in (first, second)
    )
    assert {mail.key for mail in one} | {mail.key for mail in other} == {mail.key for mail in both}
    about = {unit for mail in one for _, unit, _ in mail.lines}
    assert stage.address("liaison", "R2-H1") not in {mail.to for mail in one}
    assert "示例甲县人民医院" in about


def test_a_mail_that_a_killed_sender_left_behind_is_foretold_too(stage) -> None:
    stage.launch()
    stage.cycle(NOW)
    now = stage.at("2026-03-05 09:00")
    rounds.decide(stage.store, now, stage.hours)
    with stage.store.write() as session:
        claims = outbox.claim(session, now, "killed")
    found = foretell.foretell(stage.store, now + timedelta(minutes=1), now + timedelta(hours=1), stage.hours)
    assert {one.key for one in found} == {one.key for one in claims}
    assert {stage.local(one.at) for one in found} == {"2026-03-05 09:10"}


def test_what_was_sent_today_is_not_foretold_again_and_what_came_after_it_is_for_tomorrow(stage) -> None:
    stage.launch()
    stage.cycle(NOW, "2026-03-05 09:00")
    stage.launch(start="2026-03-05", now="2026-03-05 10:00", title="后来的行动")
    rounds.decide(stage.store, stage.at("2026-03-05 10:00"), stage.hours)
    found = foretell.foretell(
        stage.store, stage.at("2026-03-05 10:01"), stage.at("2026-03-06 18:00"), stage.hours
    )
    mine = [stage.local(one.at) for one in found if one.to == stage.address("liaison", "R1-H1")]
    assert mine == ["2026-03-06 09:00"]


def test_a_preview_knows_the_calendar_that_was_loaded(stage) -> None:
    live(stage)
    days = {date(2026, 3, 11): False}
    with stage.store.write() as session:
        known = {
            row.day: row.working
            for row in session.execute(sa.select(core.calendar_day))
            if row.day.year == 2026
        }
        calendar.load_year(session, 2026, known | days, "示例通知", stage.at(NOW))
    found = foretell.foretell(stage.store, stage.at(NOW), stage.at("2026-03-12 18:00"), stage.hours)
    assert {stage.local(one.at)[:10] for one in found} & {"2026-03-11"} == set()
    assert "2026-03-12" in {stage.local(one.at)[:10] for one in found}


@pytest.mark.parametrize("table", ["timer", "notice", "mail", "milestone"])
def test_a_preview_sees_one_moment_even_while_a_round_is_at_work(stage, shaped_url, table) -> None:
    """The copy is one snapshot: a rung that fires between two tables must not be there twice or not at all."""
    live(stage)
    now = stage.at("2026-03-05 09:00")
    before = foretell.foretell(stage.store, now, stage.at("2026-03-12 18:00"), stage.hours)
    other, done = connect(shaped_url), []

    @sa.event.listens_for(stage.store.engine, "before_cursor_execute")
    def meanwhile(_connection, _cursor, statement, *_more) -> None:
        if f"FROM {table}" in statement and not done:
            done.append(True)
            cycle(other, lambda _message: Answer("sent"), now, stage.hours, "other")

    try:
        found = foretell.foretell(stage.store, now, stage.at("2026-03-12 18:00"), stage.hours)
    finally:
        sa.event.remove(stage.store.engine, "before_cursor_execute", meanwhile)
        other.close()
    assert done == [True]
    assert sent(found, stage) == sent(before, stage)


def test_a_preview_takes_no_copy_of_who_logs_in_or_is_called(stage) -> None:
    with stage.store.write() as session:
        accounts.first(session, stage.at(NOW))
        entry = {"name": "示例", "url": "https://hook.example.org", "secret": "x", "by": "test"}
        session.execute(sa.insert(core.webhook).values(**entry, created_at=stage.at(NOW)))
    with foretell.shadow(stage.store) as copy, copy.read() as session:
        for table in (core.account, core.account_grant, core.webhook):
            assert session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0


def test_the_next_event_is_never_in_the_past_and_none_when_all_is_said(stage) -> None:
    stage.launch()
    now: datetime | None = stage.at(NOW)
    seen = []
    while now is not None and len(seen) < 200:
        seen.append(now)
        rounds.decide(stage.store, now, stage.hours)
        rounds.deliver(stage.store, lambda _message: Answer("sent"), now, "one", stage.hours)
        with stage.store.read() as session:
            now = foretell.next_event(session, now, stage.hours)
    assert seen == sorted(set(seen))
    assert len(seen) < 200
    with stage.store.read() as session:
        left = session.execute(
            sa.select(sa.func.count()).select_from(core.timer).where(core.timer.c.done_at.is_(None))
        )
        assert left.scalar_one() == 0


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-05 08:00", "2026-03-05 09:00"),
        ("2026-03-05 09:00", "2026-03-06 09:00"),
        ("2026-03-06 18:00", "2026-03-09 09:00"),
        ("2026-09-30 09:00", "2026-10-08 09:00"),
        ("2026-10-09 09:00", "2026-10-10 09:00"),
        ("2026-10-10 09:00", "2026-10-12 09:00"),
    ],
)
def test_the_next_hour_of_mail_is_that_of_a_working_day(stage, now, slot) -> None:
    with stage.store.read() as session:
        assert stage.local(foretell.next_mail_slot(session, stage.at(now), stage.hours)) == slot
