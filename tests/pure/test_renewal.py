"""A new version against a running campaign: only what it changes is a change, and dates wait for a decision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from states.errors import Faulty
from states.plan import plan
from states.reading import load
from states.renewal import Change, Planned, Standing, What, compare, decided, order_faults, questions
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())
NOW = datetime(2026, 3, 16, 9, tzinfo=ZONE).astimezone(UTC)
HEAD = "key: sample\nversion: 1\ntitle: 示例\nladder: main\n"
LADDER = "ladders: {main: {rungs: [{at: -1d, name: 提醒, to: [liaison]}]}}\n"
OLD = """
requirements:
  - {key: report, name: 自查报告, due: 2026年3月12日}
  - {key: list, name: 清单, due: 2026年3月20日}
  - {key: weekly, name: 周报, every: 每周五}
begins: 2026年3月2日
ends: 2026年3月31日
"""


def planned(body: str, ladder: str = LADDER) -> Planned:
    template = load(HEAD + ladder + body)
    return Planned.of(template, plan(template, date(2026, 3, 2), {}, CALENDAR).milestones)


def standing(found: Planned, **differently: dict[str, object]) -> list[Standing]:
    made = []
    for number, one in enumerate(found.milestones.values(), 1):
        opened = one.opens_at is not None and one.opens_at <= NOW
        facts = {"due_at": one.due_at, "opened": opened, "unsettled": 3 if opened else 0}
        facts |= differently.get(one.requirement, {})
        made.append(Standing(number, one.requirement, one.period, one.name, **facts))  # type: ignore[arg-type]
    return made


def changes(body: str, ladder: str = LADDER, **differently: dict[str, object]) -> list[Change]:
    old = planned(OLD)
    return compare(standing(old, **differently), old, planned(body, ladder), NOW)


def brief(found: list[Change]) -> list[tuple[str, str, bool]]:
    return [(one.what.value, one.key, one.asks) for one in found]


def test_the_same_plan_changes_nothing() -> None:
    assert changes(OLD) == []


def test_a_date_that_the_version_changes_is_asked_for() -> None:
    (found,) = changes(OLD.replace("3月20日", "3月25日"))
    assert (found.what, found.key, found.asks, found.opened) == (What.date, "list", True, True)
    assert questions([found], ZONE, {}) == [
        "“清单”的期限由 2026-03-20 18:00 改为 2026-03-25 18:00：照新版请写 --recompute list，不改请写 --keep list"
    ]


def test_what_differs_for_another_reason_is_no_change_of_this_version() -> None:
    moved = {"list": {"due_at": datetime(2026, 3, 18, 10, tzinfo=UTC), "held": True}}
    assert changes(OLD, **moved) == []


def test_what_everybody_has_settled_is_not_asked_for_and_stays() -> None:
    (found,) = changes(OLD.replace("3月20日", "3月25日"), list={"unsettled": 0})
    assert (found.asks, found.keep) == (False, True)


def test_new_milestones_are_asked_for_only_when_they_are_over() -> None:
    more = OLD.replace(
        "begins",
        "  - {key: soon, name: 新报, due: 2026年3月30日}\n  - {key: past, name: 旧报, due: 2026年3月10日}\nbegins",
    )
    assert brief(changes(more)) == [("added", "soon", False), ("added", "past", True)]
    assert questions([one for one in changes(more) if one.asks], ZONE, {}) == [
        "新增的“旧报”期限 2026-03-10 18:00 已过：下达即逾期请写 --recompute past，不下达请写 --keep past"
    ]


def test_what_is_left_out_is_removed_period_by_period() -> None:
    less = OLD.replace("  - {key: weekly, name: 周报, every: 每周五}\n", "")
    assert brief(changes(less)) == [("removed", f"weekly@2026-W{week}", False) for week in (10, 11, 12, 13)]


def test_what_was_skipped_by_decision_stays_skipped() -> None:
    assert changes(OLD, report={"withdrawn": True, "opened": False}) == []
    assert changes(OLD.replace("3月12日", "3月25日"), report={"withdrawn": True}) == []


def test_scope_and_terms_change_without_being_asked_for() -> None:
    scoped = OLD.replace("name: 清单,", "name: 问题清单, review: true, scope: {kinds: [医院]},")
    scope, terms = changes(scoped)
    assert (scope.what, scope.before, scope.after) == (What.scope, {}, {"kinds": ["医院"]})
    assert (terms.before, terms.after) == (
        {"name": "清单", "review": False},
        {"name": "问题清单", "review": True},
    )
    assert not scope.asks
    assert not terms.asks


def test_other_rungs_of_the_same_ladder_are_a_change_of_everything_on_it() -> None:
    other = LADDER.replace("-1d", "-2d")
    assert {one.requirement for one in changes(OLD, other)} == {"report", "list", "weekly"}
    assert all(one.after["rungs"][0]["at"] == "-2d" for one in changes(OLD, other))


MOVED = OLD.replace("3月20日", "3月25日").replace("每周五", "每周四")


def test_one_name_decides_for_all_periods_and_a_period_for_itself() -> None:
    found = changes(MOVED)
    made, waiting = decided(found, ["weekly@2026-W12"], ["weekly", "list"])
    assert waiting == []
    assert {one.key: one.keep for one in made if one.asks} == {
        "list": False,
        "weekly@2026-W10": False,
        "weekly@2026-W11": False,
        "weekly@2026-W12": True,
        "weekly@2026-W13": False,
    }


def test_what_nobody_decided_waits_and_is_one_question_a_requirement() -> None:
    _made, waiting = decided(changes(MOVED), [], [])
    asked = questions(waiting, ZONE, {})
    assert [one.partition("照新版请写 ")[2] for one in asked] == [
        "--recompute list，不改请写 --keep list",
        "--recompute weekly，不改请写 --keep weekly",
    ]
    assert "等 4 期" in asked[1]


@pytest.mark.parametrize(
    ("keep", "recompute", "says"),
    [
        (["report"], [], "report：没有要为它决定的期限；要决定的有 list"),
        ([], ["nothing"], "nothing：没有要为它决定的期限"),
        (["list"], ["list"], "list：既写了 keep 又写了 recompute"),
    ],
)
def test_decisions_that_mean_nothing_are_refused(keep: list[str], recompute: list[str], says: str) -> None:
    with pytest.raises(Faulty, match=says):
        decided(changes(MOVED), keep, recompute)


@pytest.mark.parametrize(
    ("opened", "present", "keys", "says"),
    [
        (["a", "b"], "b", ["a", "b", "c"], None),
        (["a", "b"], "b", ["b", "c"], None),
        (["a"], "a", ["a", "x", "b"], None),
        (["a", "b"], "b", ["a", "x", "b"], "加了“x”"),
        (["a", "b", "c"], "c", ["b", "a", "c"], "次序"),
        (["a", "b"], "b", ["b", "a"], "“a”已经开启过"),
        ([], None, ["x", "a"], None),
    ],
)
def test_the_row_of_phases_goes_on_from_where_the_campaign_is(
    opened: list[str], present: str | None, keys: list[str], says: str | None
) -> None:
    said = order_faults(opened, present, keys)
    assert (said == []) if says is None else (says in said[0])
