"""A window, an event, a new version, a calendar and a return, two by two in either order: dates and rungs agree."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from states import ladder
from states.records import calendar, laying, local_events, redating, renewed, renewing
from states.records.dispatch import Timer
from states.records.renewing import Version
from states.records.session import connect
from states.records.tables import Milestone, Obligation
from states.workdays import Workdays, published

PLAN = """
phases:
  - {key: check, name: 自查自纠, window: 3月2日-3月31日}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前3个工作日, review: true}
  - {key: end, name: 自查台账, phase: check, due: 3月31日前}
  - {key: answer, name: 转办答复, due: 收到转办之日起5个工作日内, review: true}
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
      - {at: +2wd, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书}
"""
NEWER = PLAN.replace("前3个工作日", "前2个工作日").replace("起5个工作日", "起6个工作日")
OFF = (date(2026, 3, 11), date(2026, 3, 30), date(2026, 4, 14))
INSIDE = ("R1", "R1-H1", "R1-H2")
CHINA = ZoneInfo("Asia/Shanghai")
EVENT, END, LONGER = date(2026, 3, 6), date(2026, 3, 31), date(2026, 4, 15)


# -- what is done --------------------------------------------------------------------------------------


def window(stage: Any, session: Any, now: datetime) -> None:
    laying.lay(session, 1, "check", "R1", f"{LONGER}", now, "t", "示例")


def event(stage: Any, session: Any, now: datetime) -> None:
    at = stage.at(f"{EVENT} 10:00")
    local_events.record(session, stage.campaign(session, 1), "收到转办", "R1", at, now, "t")


def version(stage: Any, session: Any, now: datetime) -> None:
    text = stage.template(NEWER).replace("version: 1", "version: 2")
    found = renewing.draft(session, 1, Version(text), now)
    asked = tuple({one.requirement for one in found.changes if one.asks})
    renewed.renew(session, 1, Version(text, recompute=asked), now, "t")


def days(stage: Any, session: Any, now: datetime) -> None:
    known = {day: works for day, works in published()[0].items() if day.year == 2026}
    calendar.load_year(session, 2026, known | dict.fromkeys(OFF, False), "示例", now)
    redating.apply(session, now, "t")


def returned(stage: Any, session: Any, now: datetime) -> None:
    from states.records import moving

    for requirement in ("report", "answer"):
        key = stage.owed(requirement, "R1-H1").id
        for act in ("submit", "return"):
            moving.act(session, stage.campaign(session, 1), key, act, now, "t", reason="缺附件")


ACTS: dict[str, Callable[[Any, Any, datetime], None]] = {
    "window": window,
    "event": event,
    "version": version,
    "days": days,
    "returned": returned,
}
MOMENTS = ("2026-03-09 10:00", "2026-03-09 15:00")


# -- what is to be -------------------------------------------------------------------------------------


def evening(day: date) -> datetime:
    return datetime.combine(day, time(18), CHINA)


def counted(done: tuple[str, ...], day: date, n: int) -> date:
    """Working days counted one by one."""
    known = Workdays.of(*published())
    step = timedelta(days=1 if n > 0 else -1)
    while n:
        day += step
        if known.is_workday(day) and not ("days" in done and day in OFF):
            n -= 1 if n > 0 else -1
    return day


def expected(done: tuple[str, ...], requirement: str, code: str) -> datetime | None:
    """The date in force by the acts that are done, whatever came first."""
    inside, newer = code in INSIDE, "version" in done
    if requirement == "end":
        return evening(LONGER if inside and "window" in done else END)
    if requirement == "report":
        ends = LONGER if inside and "window" in done else END
        return evening(counted(done, ends, -2 if newer else -3))
    if not (inside and "event" in done):
        return None
    return evening(counted(done, EVENT, 6 if newer else 5))


def in_force(stage: Any) -> dict[tuple[str, str], datetime | None]:
    codes = {key: code for code, key in stage.ids.items()}
    about = {one.id: one for one in stage.rows(Milestone)}
    return {
        (about[one.milestone_id].requirement, codes[one.unit_id]): one.due_at
        or about[one.milestone_id].due_at
        for one in stage.rows(Obligation)
    }


def faulty(stage: Any, now: datetime) -> Iterator[str]:
    """Where the rungs to come of somebody who still owes are not exactly those of the date in force."""
    about = {one.id: one for one in stage.rows(Milestone)}
    timers = stage.timers(Timer.milestone_id > 0)
    for one in stage.rows(Obligation):
        due = one.due_at or about[one.milestone_id].due_at
        mine = [each for each in timers if each.milestone_id == one.milestone_id and serves(each, one)]
        live = sorted((each.rung, each.fire_at) for each in mine if each.done_at is None)
        with stage.store.read() as session:
            campaign = stage.campaign(session, 1)
        steps = campaign.ladder(about[one.milestone_id])
        times = ladder.timetable(steps, due, now, campaign.calendar, campaign.zone) if due else []
        wanted = sorted((each.rung, each.fire_at) for each in times if each.fire_at > now)
        if [each for each in live if each[1] > now] != wanted:
            yield f"{about[one.milestone_id].requirement} of {one.unit_id}: {live} instead of {wanted}"


def serves(timer: Timer, one: Obligation) -> bool:
    if timer.obligation_id or timer.local_id:
        return timer.obligation_id == one.id or (timer.local_id != 0 and timer.local_id == one.local_id)
    return one.due_at is None


def lived(stage: Any, acts: tuple[str, ...]) -> Any:
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-02 09:00")
    for name, moment in zip(acts, MOMENTS, strict=True):
        with stage.store.write() as session:
            ACTS[name](stage, session, stage.at(moment))
    return stage


def seen(stage: Any, acts: tuple[str, ...]) -> None:
    for (requirement, code), due in in_force(stage).items():
        if code != "R1-H1" or "returned" not in acts or requirement == "end":
            assert due == expected(acts, requirement, code), (acts, requirement, code)
    assert list(faulty(stage, stage.at(MOMENTS[1]))) == []


@pytest.fixture
def fresh(new_stage: Any, upgraded_file: Path, tmp_path: Path) -> Iterator[Any]:
    """A stage of its own on SQLite; what is asked of both databases is asked below."""
    shutil.copy(upgraded_file, tmp_path / "duban.db")
    stage = new_stage(connect(f"sqlite:///{tmp_path / 'duban.db'}"))
    yield stage.people()
    stage.store.close()


@pytest.mark.parametrize("acts", list(permutations(ACTS, 2)), ids="-".join)
def test_two_acts_give_the_dates_and_rungs_of_both(fresh: Any, acts: tuple[str, ...]) -> None:
    seen(lived(fresh, acts), acts)


REDO = "2026-03-12 10:00"  # three working days after a return on Monday morning


@pytest.mark.parametrize(
    ("acts", "report", "answer"),
    [
        (("returned", "window"), "2026-04-10 18:00", None),
        (("window", "returned"), "2026-04-10 18:00", None),
        (("returned", "event"), "2026-03-26 18:00", "2026-03-13 18:00"),
        (("event", "returned"), "2026-03-26 18:00", "2026-03-13 18:00"),
        (("returned", "days"), "2026-03-26 18:00", None),  # given to it alone: a calendar leaves it
        (("days", "returned"), "2026-03-25 18:00", None),
        (("returned", "version"), "2026-03-26 18:00", None),  # a new version too
        (("version", "returned"), "2026-03-27 18:00", None),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, tuple) else "",
)
def test_what_was_returned_has_its_own_date_until_a_window_puts_it_off(
    fresh: Any, acts: tuple[str, ...], report: str, answer: str | None
) -> None:
    stage = lived(fresh, acts)
    found = in_force(stage)
    assert stage.local(found["report", "R1-H1"]) == report
    own = found["answer", "R1-H1"]
    assert (stage.local(own) if own else None) == answer


@pytest.mark.parametrize("acts", [("window", "event"), ("event", "days")], ids="-".join)
def test_the_same_on_both_databases(stage: Any, acts: tuple[str, ...]) -> None:
    seen(lived(stage, acts), acts)


def test_a_return_after_everybodys_date_moved_is_told_again(stage: Any) -> None:
    """The rung of the new date and the rung of the return are two facts."""
    stage.launch(stage.template(PLAN))
    stage.cycle("2026-03-02 09:00")
    with stage.store.write() as session:
        days(stage, session, stage.at("2026-03-03 10:00"))  # everybody's report: 25 March
    stage.cycle("2026-03-24 09:00")
    stage.act(1, "report", "R1-H1", "submit", "2026-03-24 10:00")
    stage.act(1, "report", "R1-H1", "return", "2026-03-24 11:00", reason="缺附件")
    stage.cycle("2026-03-26 09:00", "2026-03-27 09:00", "2026-03-31 09:00")
    told = [
        (stage.local(one.at), one.name)
        for one in stage.notices()
        if one.kind == "rung"
        and one.unit_id == stage.ids["R1-H1"]
        and one.milestone_id == stage.milestone("report").id
    ]
    assert told == [("2026-03-24 09:00", "提醒"), ("2026-03-26 09:00", "提醒"), ("2026-03-31 09:00", "催办")]
