"""Any plan, read a second time by counting days on fingers: dates, who owes what, who hears; at any rhythm of rounds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from fingers import BELOW, DAY, FIRST, HAND, LAST, SCOPES, Asked, Beyond, Fingers, Stretch, at
from states.plan import plan
from states.reading import load
from states.records import calendar, campaigning, foretell, happening, laying, local_events, rounds
from states.records.dispatch import Notice
from states.records.session import memory
from states.records.tables import Campaign, Milestone, Obligation, PhaseRow, UnitRun
from states.workdays import Workdays, published

LADDERS = """
ladders:
  before: {rungs: [{at: -3d, name: 提醒, to: [liaison]}]}
  after: {rungs: [{at: +1wd, name: 催办, to: [liaison]}]}
"""


# -- drawing plans -----------------------------------------------------------------------------------


FORMS = ("day", "month", "launch", "launch-wd", "event", "weekly", "sundays", "list", "undated")
IN_A_PHASE = (*FORMS, "start", "start-wd", "end", "end-wd")
IN_A_TURN = ("start", "start-wd", "end", "end-wd", "undated")
scopes = st.sampled_from([one for one in SCOPES if "departments" not in one])


@st.composite
def stretches(draw: Any) -> list[Stretch]:
    made: list[Stretch] = []
    for number in range(draw(st.integers(0, 3))):
        how = draw(st.sampled_from(["dated", "dated", "after", "hand", "undated"]))
        if number == 0 and how == "after":
            how = "dated"
        made.append(_stretch(draw, how, False, f"p{number}"))
    for number in range(draw(st.integers(0, 2))):
        how = draw(st.sampled_from(["dated", "hand", "undated", "again"]))
        made.append(_stretch(draw, how, True, f"s{number}"))
    return made


def _stretch(draw: Any, how: str, beside: bool, key: str) -> Stretch:
    hand = draw(st.one_of(st.none(), st.integers(0, 40))) if how in ("hand", "undated") else None
    begins, lasts = draw(st.integers(0, 30)), draw(st.integers(3, 30))
    return Stretch(how, beside, begins, lasts, hand, draw(scopes), key)


@st.composite
def plans(draw: Any) -> tuple[list[Stretch], list[Asked]]:
    phases = draw(stretches())
    asked = []
    for number in range(draw(st.integers(1, 4))):
        phase = draw(st.one_of(st.none(), st.integers(0, len(phases) - 1))) if phases else None
        again = phase is not None and phases[phase].how == "again"
        forms = IN_A_TURN if again else IN_A_PHASE if phase is not None else FORMS[:5]
        whole = phases[phase].scope if phase is not None else ""
        apart = (
            {"医院", "行政部门"} if "kinds" in whole else set()
        )  # nobody in common is refused when it is read
        allowed = [one for one in SCOPES if not any(kind in one and kind not in whole for kind in apart)]
        n, ladder = draw(st.integers(0, 40)), draw(st.sampled_from(["before", "after"]))
        form, scope = draw(st.sampled_from(forms)), draw(st.sampled_from(allowed))
        asked.append(Asked(phase, form, n, scope, ladder, f"r{number}"))
    return phases, asked


@st.composite
def beyonds(draw: Any, phases: list[Stretch]) -> Beyond:
    """A local window of a dated phase, events, a ledger."""
    dated = [number for number, one in enumerate(phases) if one.how == "dated"]
    window = None
    if dated and draw(st.booleans()):
        window = draw(st.tuples(st.sampled_from(dated), st.sampled_from(list(BELOW)), st.integers(1, 20)))
    events = draw(st.lists(st.sampled_from([None, *BELOW]), max_size=3, unique=True))
    ledger = draw(st.one_of(st.none(), st.tuples(st.integers(1, 40), st.integers(1, 25))))
    return Beyond(window, tuple(events), ledger)


LEDGER = """
ledger:
  columns: [问题, 措施, 部门, 时限]
  ladder: after
  types:
    - {{key: heavy, name: 重大, steps: [{{key: plan, name: 拟定措施, due: 启动后{}日内}}, {{key: cure, name: 整改到位, due: 启动后{}个工作日内}}]}}
  rows:
    - {{no: 1, project: 甲, problem: 乙, measures: [丙], departments: [办公室], type: heavy}}
"""


def text_of(phases: list[Stretch], asked: list[Asked], beyond: Beyond | None = None) -> str:
    lines = ["key: any\nversion: 1\ntitle: 示例专项行动", LADDERS]
    if phases:
        lines.append("phases:")
    for one in phases:
        more = ", parallel: true" * one.beside + (f", scope: {one.scope}" if one.scope else "")
        lines.append(f"  - {{key: {one.key}, name: 阶段{one.key}, {one.words()}, announce: [liaison]{more}}}")
    lines.append("requirements:")
    for ask in asked:
        more = f", scope: {ask.scope}" if ask.scope else ""
        more += f", phase: {phases[ask.phase].key}" if ask.phase is not None else ""
        lines.append(
            f"  - {{key: {ask.key}, name: 材料{ask.key}, {ask.words()}, ladder: {ask.ladder}{more}}}"
        )
    if beyond and beyond.ledger:
        lines.append(LEDGER.format(*beyond.ledger))
    return "\n".join(lines)


# -- living through them -----------------------------------------------------------------------------


Rhythm = Callable[[Any], Iterable[datetime]]


@cache
def organised(new_stage: Any) -> tuple[bytes, dict[str, int]]:
    """A database with tables, calendar and people as bytes, and the units' ids: made once, every life begins in a copy."""
    stage = new_stage(memory())
    SQLModel.metadata.create_all(stage.store.engine)
    with stage.store.write() as session:
        calendar.seed(session)
    stage.people()
    kept = driver(stage).serialize()
    stage.store.close()
    return kept, stage.ids


def driver(stage: Any) -> Any:
    return stage.store.engine.raw_connection().driver_connection


def each_event(stage: Any) -> Iterator[datetime]:
    """The instants at which there is something to do, with the minutes around them."""
    now = at(FIRST, time(8, 30))
    while now <= at(LAST, HAND):
        yield from (now, now + timedelta(minutes=1))
        with stage.store.read() as session:
            following = foretell.next_event(session, now + timedelta(minutes=1), stage.hours)
        if following is None:
            return
        now = following


def every(hours: int, first: int = 0) -> Rhythm:
    def moments(_stage: Any) -> Iterator[datetime]:
        now = at(FIRST, time(8, 30)) + timedelta(hours=first)
        while now <= at(LAST, HAND):
            yield now
            now += timedelta(hours=hours)

    return moments


class Life:
    """One campaign in a store of its own, lived through at one rhythm, with the same hands at the same instants."""

    def __init__(
        self,
        new_stage: Any,
        phases: list[Stretch],
        asked: list[Asked],
        rhythm: Rhythm,
        beyond: Beyond | None = None,
    ) -> None:
        kept, ids = organised(new_stage)
        self.stage = new_stage(memory())
        driver(self.stage).deserialize(kept)
        self.stage.ids = dict(ids)
        self.phases, self.asked = phases, asked
        self.stage.launch(text_of(phases, asked, beyond), start=FIRST.isoformat(), past="keep")
        self._beyond(beyond or Beyond())
        self._live(rhythm)

    def _beyond(self, beyond: Beyond) -> None:
        """Before the first round, in the order that is hardest: the whole campaign's event first."""
        now = at(FIRST, time(8, 29))
        with self.stage.store.write() as session:
            if beyond.window:
                number, code, longer = beyond.window
                one = self.phases[number]
                until = FIRST + (one.begins + one.lasts + longer) * DAY
                laying.lay(session, 1, one.key, code, until.isoformat(), now, "test", "示例")
            if any(one.form == "event" for one in self.asked):
                for code in beyond.events:
                    about = (session, self.stage.campaign(session, 1), "收到转办")
                    if code is None:
                        happening.record(*about, now, now, "test")
                    else:
                        local_events.record(*about, code, now, now, "test")

    def _live(self, rhythm: Rhythm) -> None:
        days = {one.hand for one in self.phases if one.hand is not None}
        hands = [at(FIRST + day * DAY, HAND) for day in sorted(days)]
        for moment in rhythm(self.stage):
            while hands and hands[0] <= moment:
                self._by_hand(hands.pop(0))
            self._round(moment)
        for left in hands:
            self._by_hand(left)
        self._round(at(LAST, HAND))

    def _round(self, moment: datetime) -> None:
        rounds.open_due(self.stage.store, moment)
        rounds.fire(self.stage.store, moment, after_due=False)
        rounds.fire(self.stage.store, moment, after_due=True)

    def _by_hand(self, moment: datetime) -> None:
        self._round(moment)
        row = [one for one in self.phases if not one.beside]
        begun = 0
        with self.stage.store.write() as session:
            ord_ = self.stage.campaign(session, 1).row.ord
            while ord_ + begun < len(row) and self._says_so(row[ord_ + begun], moment):
                campaigning.move(session, 1, "advance", moment, "test")
                begun = self.stage.campaign(session, 1).row.ord - ord_
            if self.stage.campaign(session, 1).row.ord:
                for one in self.phases:
                    if one.beside and self._says_so(one, moment):
                        campaigning.open_beside(session, 1, one.key, moment, "test")

    def _says_so(self, one: Stretch, moment: datetime) -> bool:
        return one.hand is not None and moment == at(FIRST + one.hand * DAY, HAND)

    def owed(self) -> dict[tuple[str, str], dict[str, datetime | None]]:
        codes = {key: code for code, key in self.stage.ids.items()}
        about = {one.id: one for one in self.stage.rows(Milestone)}
        owing: dict[tuple[str, str], dict[str, datetime | None]] = {}
        for one in self.stage.rows(Obligation):
            of = about[one.milestone_id]
            owing.setdefault((of.requirement, of.period), {})[codes[one.unit_id]] = one.due_at or of.due_at
        return owing

    def windows(self) -> dict[str, tuple[datetime | None, datetime | None]]:
        return {one.key: (one.opens_at, one.closes_at) for one in self.stage.rows(PhaseRow) if one.opened_at}

    def told(self, kind: str) -> set[tuple[str, str, str]]:
        """Unit, what, period or rung."""
        codes = {key: code for code, key in self.stage.ids.items()}
        about = {one.id: one for one in self.stage.rows(Milestone)}
        found = self.stage.rows(Notice, Notice.kind == kind)
        if kind == "phase":
            return {(codes[one.unit_id], one.reason, one.email) for one in found}
        named = [(one, about[one.milestone_id]) for one in found]
        return {(codes[one.unit_id], what.requirement, what.period) for one, what in named}

    def ends(self) -> tuple[Any, ...]:
        states = {one.unit_id: one.state for one in self.stage.rows(UnitRun)}
        campaign = self.stage.one(Campaign)
        return campaign.state, campaign.ord, states

    def close(self) -> None:
        self.stage.store.close()


MONTH = Stretch("dated", False, 0, 30, None, "", "p0")
OF_ANOTHER_PHASE = (  # what a department owes in one phase opens in the round that announces others
    [
        Stretch("hand", False, 8, 21, 20, "{kinds: [行政部门]}", "p0"),
        Stretch("after", False, 8, 26, None, "{under: [R1]}", "p1"),
        Stretch("hand", True, 0, 22, 28, "{kinds: [行政部门]}", "s0"),
    ],
    [Asked(1, "end", 4, "{departments: [监督处]}", "after", "r1")],
)
OF_NO_PHASE = (  # what departments owe in no phase, beside phases that a late round opens together with it
    [
        Stretch("dated", False, 13, 23, None, "", "p0"),
        Stretch("dated", True, 27, 16, None, "", "s0"),
        Stretch("again", True, 0, 22, None, "", "s1"),
    ],
    [
        Asked(1, "end", 32, "{departments: [监督处]}", "before", "r0"),
        Asked(None, "event", 13, "{under: [R1], kinds: [医院]}", "before", "r1"),
        Asked(None, "day", 3, "{departments: [监督处]}", "after", "r2"),
        Asked(1, "start-wd", 20, "{under: [R1], kinds: [医院]}", "before", "r3"),
    ],
)
RARE = (
    "sundays",
    "sundays",
    "sundays",
    "list",
    "weekly",
    "event",
)  # each way of shifting is looked at every time


def drawn(number: int) -> Callable[..., Any]:
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    wanted = os.environ.get(
        "PLAN_EXAMPLES"
    )  # drawn anew each time; without it the same ones, so that a red run is a change
    return settings(
        max_examples=int(wanted or number), derandomize=not wanted, deadline=None, suppress_health_check=quiet
    )


@drawn(200)
@given(plans())
@example(([MONTH], [Asked(0, form, n, "", "after", f"r{n}") for n, form in enumerate(RARE)]))
def test_the_printed_plan_has_the_dates_that_counting_days_gives(
    one: tuple[list[Stretch], list[Asked]],
) -> None:
    phases, asked = [Stretch(**{**vars(each), "hand": None}) for each in one[0]], one[1]
    read = Fingers(phases, asked).read()
    made = plan(load(text_of(phases, asked)), FIRST, {}, Workdays.of(*published()))
    printed = {(each.requirement, each.period): each.due_at for each in made.milestones}
    for key, who in read.owed.items():
        assert {printed[key]} == set(who.values()), key
    windows = {each.key: (each.opens_at, each.closes_at) for each in made.phases}
    for phase, window in read.phases.items():
        assert windows[phase] == window or phase == "run"


@pytest.mark.slow
@drawn(12)
@example(one=(OF_ANOTHER_PHASE, Beyond()))
@example(one=(OF_NO_PHASE, Beyond(window=None, events=(), ledger=(25, 4))))
@given(one=plans().flatmap(lambda found: st.tuples(st.just(found), beyonds(found[0]))))
def test_at_any_rhythm_the_same_is_owed_and_the_same_people_hear_of_it(new_stage: Any, one: Any) -> None:
    (phases, asked), beyond = one
    fingers = Fingers(phases, asked, beyond)
    read = fingers.read()
    lives = [
        Life(new_stage, phases, asked, rhythm, beyond) for rhythm in (each_event, every(24 * 7), every(31, 5))
    ]
    try:
        for life in lives:
            assert life.owed() == read.owed
            windows = {key: found for key, found in life.windows().items() if key != "run"}
            assert windows == {key: found for key, found in read.phases.items() if key != "run"}
            pressed = {each for each in life.told("rung") if _ladder(asked, each[1]) == "after"}
            assert pressed == fingers.told(read)
        assert len({frozenset(life.told("rung")) for life in lives}) == 1
        assert len({frozenset(life.told("phase")) for life in lives}) == 1
        assert lives[0].ends() == lives[1].ends() == lives[2].ends()
    finally:
        for life in lives:
            life.close()


def _ladder(asked: list[Asked], key: str) -> str:
    return next((one.ladder for one in asked if one.key == key), "after")


@pytest.mark.slow
def test_every_minute_of_a_day_is_as_good_as_one_round(new_stage: Any) -> None:
    phases = [
        Stretch("dated", False, 0, 9, None, "", "p0"),
        Stretch("dated", True, 0, 9, None, "{under: [R1]}", "s0"),
    ]
    asked = [
        Asked(0, "start", 2, "", "before", "r0"),
        Asked(1, "launch-wd", 1, "{kinds: [医院]}", "before", "r1"),
    ]

    def minutes(_stage: Any) -> Iterator[datetime]:
        begins = at(FIRST, time(8, 30))
        yield from (begins + timedelta(minutes=n) for n in range(26 * 60))

    lives = [Life(new_stage, phases, asked, rhythm) for rhythm in (minutes, every(24 * 7))]
    try:
        assert lives[0].told("rung") == lives[1].told("rung")
        assert lives[0].told("phase") == lives[1].told("phase") != set()
        assert lives[0].owed() == lives[1].owed() == Fingers(phases, asked).read().owed
    finally:
        for life in lives:
            life.close()
