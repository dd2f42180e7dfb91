"""Two coordinators decide at once; and whatever happens in whatever order, nobody hears a thing twice."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from states.errors import Conflict, DubanError
from states.records import core, deciding, foretell, granting, schema, silences
from states.records.campaigns import running
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.respite import Extended, Extension
from states.records.session import connect, memory
from states.records.silences import Wanted

WHY = "洪涝灾害"


def ask(stage: Any, code: str, until: str, now: str) -> int:
    key = stage.owed("report", code).id
    with stage.store.write() as session:
        return granting.ask(session, running(session, 1), Request(key, until, WHY), stage.at(now), code).id


def decide(stage: Any, number: int, now: str, store: Any = None, **more: Any) -> None:
    with (store or stage.store).write() as session:
        deciding.decide(session, running(session, 1), number, Decision(**more), stage.at(now), "王示例")


def test_of_two_who_decide_at_once_one_hears_what_the_other_decided(stage, shaped_url) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    number = ask(stage, "R1-H1", "2026-03-20", "2026-03-03 10:00")
    both, said = threading.Barrier(2), []

    def one(whom: str) -> None:
        store = connect(shaped_url)
        both.wait()
        try:
            decide(stage, number, "2026-03-03 11:00", store, grant=True, whom=whom)
            said.append("granted")
        except Conflict as conflict:
            said.append(conflict.detail)
        finally:
            store.close()

    threads = [threading.Thread(target=one, args=(whom,)) for whom in ("unit", "all")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=len) == [
        "granted",
        "第 1 号延期申请已由 王示例 于2026-03-03 11:00决定：已准予，延至2026-03-20 18:00",
    ]
    (row,) = stage.rows(Extension)
    assert (row.state, row.version) == ("granted", 2)
    assert len(stage.rows(Extended)) == row.units


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(["+3wd", "+8d"])),
        st.tuples(st.just("decide"), st.sampled_from(["grant", "all", "refuse"])),
        st.tuples(st.just("act"), st.sampled_from(["submit", "return", "accept"])),
        st.tuples(st.just("silence"), st.integers(1, 6)),
        st.tuples(st.just("wait"), st.integers(1, 6)),
    ),
    min_size=4,
    max_size=14,
)


class Play:
    """One unit through any order of requests, decisions, acts, silences and days."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.day = 3
        self.mails: list[Any] = []

    @property
    def now(self) -> str:
        return f"2026-03-{self.day:02} 10:00"

    def do(self, what: str, how: Any) -> None:
        try:
            getattr(self, what)(how)
        except DubanError:
            return  # refused with a sentence: nothing has happened

    def ask(self, until: str) -> None:
        ask(self.stage, "R1-H1", until, self.now)

    def decide(self, how: str) -> None:
        number = len(self.stage.rows(Extension))
        whom = "all" if how == "all" else "unit"
        decide(self.stage, number, self.now, grant=how != "refuse", whom=whom, reason=WHY)

    def act(self, name: str) -> None:
        self.stage.act(1, "report", "R1-H1", name, self.now, reason="缺附件")

    def silence(self, days: int) -> None:
        until = self.stage.at(f"2026-03-{min(self.day + days, 31):02} 10:00").date()
        with self.stage.store.write() as session:
            wanted = Wanted(until, WHY, unit="R1-H1")
            silences.impose(session, running(session, 1), wanted, self.stage.at(self.now), "x")

    def wait(self, days: int) -> None:
        last = min(self.day + days, 31)
        begin, end = self.stage.at(f"2026-03-{self.day:02} 10:01"), self.stage.at(f"2026-03-{last:02} 10:00")
        owed = self.stage.owed("report", "R1-H1").status in ("open", "returned")
        found = foretell.run_through(self.stage.store, begin, end, self.stage.hours)
        said = [
            (one.to, rung)
            for one in found
            for rung, unit, what in one.lines
            if (unit, what) == ("示例甲县人民医院", "自查报告") and rung not in ("延期", "下发")
        ]
        assert owed or said == [], "nothing is told of what is settled"
        self.mails += found
        self.day = last


def test_in_any_order_each_notice_is_told_at_most_once_and_none_after_settlement(new_stage) -> None:
    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=STEPS)
    def calm(steps: Any) -> None:
        store = memory()
        schema.create(store)
        stage = new_stage(store).people()
        stage.launch()
        stage.cycle("2026-03-02 09:00")
        play = Play(stage)
        for what, how in [*steps, ("wait", 31)]:
            play.do(what, how)
        keys = Counter(one.key for one in play.mails)
        assert set(keys.values()) <= {1}
        days = Counter((one.to, one.at.astimezone(stage.hours.zone).date()) for one in play.mails)
        assert set(days.values()) <= {1}, "one digest a day"
        told = stage.counted(core.notice.c.key, core.notice.c.state == "mailed")
        assert set(told.values()) <= {1}
        dates = {one.obligation_id: one.before for one in stage.rows(Extended)}
        firsts = stage.milestone("report").original_due_at
        assert not dates or min(dates.values()) >= firsts
        store.close()

    calm()
