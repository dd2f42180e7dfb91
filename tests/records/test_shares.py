"""Quotas, coverage and draws over an invented organisation. On both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from states.errors import Faulty, Refused
from states.records import actors, core, drawing, figures, moving, quota_standings, quotas, reaching
from states.records.drawing import Wish
from states.records.mass_settling import settle_many
from states.records.quotas import Done
from states.records.reaching import Reach
from states.records.reported import DrawRow, QuotaEvent, Reached

PLAN = """
key: shares
version: 1
title: 示例专项行动
begins: 2026年3月2日
ends: 2026年6月30日
requirements:
  - {key: talks, name: 警示教育, kind: quota, every: 每月不少于2场}
  - {key: checks, name: 专项督查, kind: quota, every: 每季度, minimum: 1, scope: {kinds: [行政部门]}}
ladder: main
ladders:
  main:
    rungs:
      - {at: -3d, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
coverage:
  - {name: 医院, percent: 100, scope: {kinds: [医院, 中医院]}}
  - {name: 其他, percent: 50, scope: {kinds: [诊所, 行政部门]}}
  - {name: 每季度督查, percent: 100, every: 每季度}
sampling:
  - {name: 随访, of: 出院病人, percent: 10, listed: true}
  - {name: 复核, of: 单位, percent: 50, scope: {kinds: [医院, 中医院, 诊所]}}
  - {name: 抽查, of: 单位}
"""


class Shares:
    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.key = stage.launch(PLAN)
        stage.cycle("2026-03-02 09:00")

    def write(self, work: Any) -> Any:
        with self.stage.store.write() as session:
            return work(session, self.stage.campaign(session, self.key))

    def read(self, work: Any) -> Any:
        with self.stage.store.read() as session:
            return work(session, self.stage.campaign(session, self.key))

    def did(self, now: str, *rows: tuple[str, str], what: str = "talks") -> list[int]:
        found = [Done(code, what, date.fromisoformat(day), "观看警示片", "会议室") for code, day in rows]
        at = self.stage.at(now)
        return self.write(lambda s, c: quotas.record(s, c, found, at, "test"))

    def status(self, code: str, period: str = "2026-03", what: str = "talks") -> str:
        return str(self.stage.owed(what, code, period).status)

    def standing(self, now: str, period: str = "2026-03") -> tuple[int, ...]:
        at = self.stage.at(now)
        rows = self.read(lambda s, c: quota_standings.standings(s, c, at, "talks"))
        (one,) = [row for row in rows if row.milestone.period == period]
        assert one.units == one.met + one.unmet + one.pending
        return one.met, one.unmet, one.pending, one.events

    def reach(self, now: str, *rows: tuple[str, str], target: str = "") -> int:
        found = [Reach(code, date.fromisoformat(day), target) for code, day in rows]
        at = self.stage.at(now)
        return int(self.write(lambda s, c: reaching.record(s, c, found, at, "test")))

    def covered(self, now: str) -> dict[str, tuple[Any, ...]]:
        rows = self.read(lambda s, c: figures.tally(s, c, self.stage.at(now)).coverage)
        return {one.name: (one.reached, one.total, one.percent, one.met, one.period) for one in rows}

    def draw(self, wish: Wish, seed: str = "s", now: str = "2026-03-10 10:00", **more: Any) -> DrawRow:
        at = self.stage.at(now)
        return self.write(lambda s, c: drawing.make(s, c, wish, seed, at, "test", **more))


@pytest.fixture
def shares(stage: Any) -> Shares:
    return Shares(stage)


# -- quotas -----------------------------------------------------------------------------------------------


def test_a_quota_is_met_by_what_was_done_in_its_period_and_then_handed_in_by_itself(shares) -> None:
    shares.did("2026-03-10 10:00", ("R1-H1", "2026-03-04"), ("R2-H1", "2026-03-09"))
    assert (shares.status("R1-H1"), shares.standing("2026-03-10 10:00")) == ("open", (0, 0, 6, 2))
    shares.did("2026-03-20 10:00", ("R1-H1", "2026-03-18"), ("R1-H1", "2026-03-19"))
    assert shares.status("R1-H1") == "accepted"
    shares.stage.cycle("2026-03-28 09:30", "2026-03-30 09:30", "2026-04-01 09:30")
    reminded = {unit for unit, rung in _heard(shares.stage) if rung == "提醒"}
    assert "示例甲县人民医院" not in reminded
    assert "示例乙县人民医院" in reminded, (
        "the ladder goes on before the period's end for those that lack one"
    )
    assert shares.standing("2026-04-01 10:00") == (1, 5, 0, 4)
    shares.did("2026-04-02 10:00", ("R2-H1", "2026-03-31"))
    assert shares.standing("2026-04-02 10:00") == (2, 4, 0, 5), "what counts is the day it was done"
    late = shares.stage.owed("talks", "R2-H1", "2026-03")
    assert (late.status, late.late) == ("accepted", True), "that it was told late is kept"


def _heard(stage: Any) -> set[tuple[str, str]]:
    return {(line.unit, line.rung) for _, one in stage.post for line in one.lines}


def test_one_taken_back_makes_it_owed_again(shares) -> None:
    first, _ = shares.did("2026-03-10 10:00", ("R1-H1", "2026-03-04"), ("R1-H1", "2026-03-05"))
    assert shares.status("R1-H1") == "accepted"
    at = shares.stage.at("2026-03-11 10:00")
    with pytest.raises(Faulty, match="撤回登记须写明理由"):
        shares.write(lambda s, c: quotas.withdraw(s, c, first, " ", at, "test"))
    shares.write(lambda s, c: quotas.withdraw(s, c, first, "登记错了单位", at, "test"))
    assert shares.status("R1-H1") == "returned"
    assert shares.standing("2026-03-11 10:00") == (0, 0, 6, 1)
    with pytest.raises(Refused, match="已经撤回"):
        shares.write(lambda s, c: quotas.withdraw(s, c, first, "再来", at, "test"))


def test_without_enough_it_is_handed_in_only_with_a_reason(shares) -> None:
    with pytest.raises(Refused, match="不少于2场，已登记 0场；请先逐场登记，或写明理由"):
        _submit(shares, "R1-H1")
    milestone = shares.stage.milestone("talks", "2026-03")
    at = shares.stage.at("2026-03-10 10:00")
    assert shares.write(lambda s, c: settle_many(s, c, milestone, "submit", [], at, "test")) == 0
    shares.did("2026-03-10 10:00", ("R2-C1", "2026-03-04"))
    assert _submit(shares, "R1-H1", reason="疫情停办").status == "accepted"
    assert shares.standing("2026-04-02 10:00") == (0, 6, 0, 1), "with a reason it is settled, not met"


def _submit(shares: Shares, code: str, **more: Any) -> Any:
    key, at = shares.stage.owed("talks", code, "2026-03").id, shares.stage.at("2026-03-10 10:00")
    return shares.write(lambda s, c: moving.act(s, c, key, "submit", at, "test", **more))


def test_a_batch_is_written_down_whole_or_not_at_all(shares) -> None:
    with pytest.raises(Faulty) as faulty:
        shares.did(
            "2026-03-10 10:00",
            *(("R1-H1", "2026-03-04"), ("R1-H1", "2026-03-11"), ("X-1", "2026-03-04")),
            *(("R1-H1", "2026-02-20"), ("R-D1", "2026-03-05")),
        )
    assert [(one.place, one.says.split("；")[0][:16]) for one in faulty.value.faults] == [
        ("items[1]", "2026-03-11 还没有到"[:16]),
        ("items[2]", "单位表中没有“X-1”，或不在授"[:16]),
        ("items[3]", "2026-02-20 不在任何一"[:16]),
        ("items[4]", "“R-D1”没有“警示教育（2026年3月）"[:16]),
    ]
    with pytest.raises(Faulty, match=r"有 talks、checks"):
        shares.did("2026-03-10 10:00", ("R1", "2026-03-04"), what="weekly")
    assert shares.stage.rows(QuotaEvent) == []


def test_many_are_written_down_in_as_many_statements_as_a_few(shares) -> None:
    def statements(*rows: tuple[str, str]) -> int:
        said: list[str] = []

        def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            said.append(statement)

        engine = shares.stage.store.engine
        sa.event.listen(engine, "before_cursor_execute", hear)
        shares.did("2026-03-20 10:00", *rows)
        sa.event.remove(engine, "before_cursor_execute", hear)
        return len(said)

    few = statements(("R1-H1", "2026-03-02"), ("R1-H1", "2026-03-03"))
    many = statements(*(("R1-H2", f"2026-03-{day:02}") for day in range(2, 20)))
    assert many <= few + 1


def test_the_same_twice_is_not_two_of_them(shares) -> None:
    """A request that was sent again, or a row that stands in the file twice, meets no quota."""
    once = "2026-03-10 10:00", ("R1-H1", "2026-03-04")
    (number,) = shares.did(*once)
    with pytest.raises(Faulty, match=rf"items\[0\]：与第 {number} 号登记完全相同"):
        shares.did(*once)
    with pytest.raises(Faulty, match=r"items\[1\]：与items\[0\]完全相同"):
        shares.did("2026-03-10 10:00", ("R2-H1", "2026-03-04"), ("R2-H1", "2026-03-04"))
    assert (shares.status("R1-H1"), len(shares.stage.rows(QuotaEvent))) == ("open", 1)
    shares.write(lambda s, c: quotas.withdraw(s, c, number, "登记错了", shares.stage.at(once[0]), "test"))
    assert len(shares.did(*once)) == 1, "what was taken back may be written down again"


def test_people_of_a_simulation_do_what_a_quota_asks(shares) -> None:
    with shares.stage.store.write() as session:
        campaign = shares.stage.campaign(session, shares.key)
        played = actors.Actors(shares.stage.store, shares.key)
        milestone = shares.stage.milestone("talks", "2026-03")
        units = [core.obligation.c.unit_id == shares.stage.ids["R1-H1"]]
        at = shares.stage.at("2026-03-20 10:00")
        played._count(session, campaign, milestone, units, at)
        assert settle_many(session, campaign, milestone, "submit", units, at, "test") == 1


# -- coverage ---------------------------------------------------------------------------------------------


def test_coverage_counts_units_that_were_reached_and_rounds_down(shares) -> None:
    assert shares.reach("2026-03-12 10:00", ("R1-H1", "2026-03-10"), ("R2-C1", "2026-03-11")) == 2
    assert shares.reach("2026-03-12 11:00", ("R1-H1", "2026-03-10"), ("R1-H1", "2026-03-12")) == 1
    assert shares.reach("2026-03-12 12:00", ("R1-H2", "2026-03-12"), target="每季度督查") == 1
    assert shares.covered("2026-03-13 10:00") == {
        "医院": (1, 3, 33.3, False, ""),
        "其他": (1, 3, 33.3, False, ""),
        "每季度督查": (3, 6, 50.0, False, "2026-Q1"),
    }
    assert shares.covered("2026-04-01 10:00")["每季度督查"] == (0, 6, 0.0, False, "2026-Q2")
    shares.reach("2026-03-13 10:00", ("R1", "2026-03-13"))
    assert shares.covered("2026-03-13 11:00")["其他"] == (2, 3, 66.6, True, "")
    rows = shares.read(lambda s, c: reaching.standing(s, c, "医院", shares.stage.at("2026-03-13 10:00")))
    assert {code: str(day) for code, _name, day in rows} == {
        "R1-H1": "2026-03-12",
        "R1-H2": "None",
        "R2-H1": "None",
    }
    at = shares.stage.at("2026-03-14 10:00")
    gone = Reach("R1", date(2026, 3, 13))
    assert shares.write(lambda s, c: reaching.remove(s, c, gone, "登记错了", at, "test")) == 1
    assert shares.covered("2026-03-14 11:00")["其他"][0] == 1


def test_who_takes_no_part_or_a_day_to_come_is_not_reached(shares) -> None:
    with pytest.raises(Faulty) as faulty:
        shares.reach("2026-03-12 10:00", ("R1-H1", "2026-03-13"), ("X-1", "2026-03-10"))
    assert [one.says for one in faulty.value.faults] == [
        "2026-03-13 还没有到",
        "“X-1”不是参加这次行动的单位",
    ]
    with pytest.raises(Faulty, match="没有“全部”这项覆盖面"):
        shares.reach("2026-03-12 10:00", ("R1-H1", "2026-03-10"), target="全部")
    assert shares.stage.rows(Reached) == []


# -- draws ------------------------------------------------------------------------------------------------


def test_a_draw_is_tried_made_once_and_made_again_only_with_a_reason(shares) -> None:
    ids = tuple(f"ZY-{number:03d}" for number in range(1, 41))
    wish = Wish("随访", ids)
    tried = shares.read(lambda s, c: drawing.look(s, c, wish))
    assert (len(tried.population), tried.number, shares.stage.rows(DrawRow)) == (40, 4, [])
    made = shares.draw(wish, "摇号 0731")
    assert (made.no, len(made.drawn), made.digest, made.population) == (1, 4, tried.digest, list(ids))
    assert drawing.again(made)
    with pytest.raises(
        Refused, match="随访”已于 2026-03-10 抽过（种子 摇号 0731，抽中 4 个）；重抽须写明理由"
    ):
        shares.draw(wish, "别的种子")
    again = shares.draw(wish, "别的种子", reason="清单漏了两个科室")
    assert (again.no, again.reason) == (2, "清单漏了两个科室")
    kept = [(one.payload["seed"], one.reason) for one in shares.stage.journal(drawing.DRAWN)]
    assert kept == [("摇号 0731", None), ("别的种子", "清单漏了两个科室")]
    with shares.stage.store.write() as session:
        session.execute(sa.update(core.draw).where(core.draw.c.no == 1).values(drawn=["ZY-001"] * 4))
    assert not drawing.again(shares.stage.rows(DrawRow)[0]), "what was tampered with does not repeat"


def test_units_are_drawn_by_the_share_of_the_plan_or_one_that_is_given_where_it_has_none(shares) -> None:
    made = shares.draw(Wish("2"))
    assert (made.sampling, len(made.population), len(made.drawn)) == ("复核", 4, 2)
    for wish, says in (
        (Wish("复核", percent=10), "抽多少由方案规定（50%），不能另写"),
        (Wish("抽查"), "方案没有写抽多少"),
        (Wish("抽查", count=99), "清单共 6 个，抽不出 99 个"),
        (Wish("随访"), "抽查对象是“出院病人”，请提供编号清单"),
    ):
        with pytest.raises(Faulty, match=says):
            shares.draw(wish)
    assert len(shares.draw(Wish("抽查", count=3)).drawn) == 3
