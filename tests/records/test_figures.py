"""Figures: whatever the record holds, the sub-totals add up and agree with counting by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from states import machine
from states.records import core, figures, scopes, settling
from states.records.dispatch import Proposal
from states.records.tables import Vacancy

NOW = "2026-03-31 10:00"
STATUSES = ("open", "returned", "submitted", "accepted", "nil", "waived")
STATES = (
    "check",
    "check.review",
    "mend",
    "sum",
    "closed",
    "exempt",
    "waiting",
    "check.suspended",
    "mend.suspended",
)
OVERLAPPING = """
phases:
  - {key: check, name: 自查自纠, window: 3月}
  - {key: mend, name: 整改落实, window: 3月15日至4月30日}
  - {key: inspect, name: 督导检查, window: 4月20日至5月31日}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 3月20日前}
"""
COVERAGE = """
coverage:
  - {name: 医院, percent: 100, by: closed, scope: {kinds: [医院, 中医院]}}
  - {name: 其他, percent: 50, by: closed, scope: {kinds: [诊所, 行政部门]}}
"""
LEDGER = """
requirements:
  - {key: plan, name: 实施方案, due: 启动后10日内}
ledger:
  columns: [项目, 问题, 措施, 部门, 期限]
  rows:
    - {no: 1, project: 甲, problem: 问题一, measures: [措施], departments: [监督处, 办公室], due: 3月底前}
    - {no: 2, project: 乙, problem: 问题二, measures: [措施], departments: [监督处], due: 3月底前}
"""


@pytest.fixture
def campaign(stage) -> int:
    key = stage.launch(stage.template(stage.phases, stage.requirements, stage.ladders, COVERAGE))
    stage.cycle("2026-03-16 00:00", "2026-03-30 00:00")
    return key


def tally(stage, session, key: int, now: str = NOW, **more: Any):
    return figures.tally(session, stage.campaign(session, key), stage.at(now), **more)


def dress(stage, session, key: int, drawn: dict[str, Any]) -> list[Any]:
    """Random standings and statuses; returns the obligations as they are then, with their due dates."""
    campaign = stage.campaign(session, key)
    for code, state in zip(stage.participants, drawn["states"], strict=True):
        mine = (core.run.c.campaign_id == key, core.run.c.unit_id == stage.ids[code])
        values = {"state": state, "ord": machine.ord_of(campaign.machines, state)}
        session.execute(sa.update(core.run).where(*mine).values(values))
    joined = core.obligation.join(core.milestone, core.milestone.c.id == core.obligation.c.milestone_id)
    statement = sa.select(core.obligation, core.milestone.c.due_at.label("first")).select_from(joined)
    rows = session.execute(statement.where(core.obligation.c.campaign_id == key)).all()
    for row, (status, late, own) in zip(rows, drawn["owed"], strict=True):
        due = {None: None, "past": stage.at("2026-03-30 18:00"), "future": stage.at("2026-06-01 18:00")}[own]
        due = max(due, row.first) if due else None  # a date of its own is never before the common one
        values = {"status": status, "late": late and status not in ("open", "waived"), "due_at": due}
        session.execute(sa.update(core.obligation).where(core.obligation.c.id == row.id).values(values))
    due = sa.func.coalesce(
        core.obligation.c.due_at, core.milestone.c.due_at, type_=core.milestone.c.due_at.type
    )
    statement = sa.select(core.obligation, due.label("effective")).select_from(joined)
    return list(session.execute(statement.where(core.obligation.c.campaign_id == key)))


DRAWN = st.fixed_dictionaries(
    {
        "states": st.lists(st.sampled_from(STATES), min_size=6, max_size=6),
        "owed": st.lists(
            st.tuples(
                st.sampled_from(STATUSES), st.booleans(), st.sampled_from([None, None, "past", "future"])
            ),
            min_size=24,
            max_size=24,
        ),
    }
)


def test_sub_totals_add_up_and_agree_with_counting_by_hand(stage, campaign) -> None:
    @settings(
        max_examples=60 if stage.store.sqlite else 20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(drawn=DRAWN)
    def agree(drawn) -> None:
        with stage.store.trial() as session:  # nothing of it is committed
            rows = dress(stage, session, campaign, drawn)
            found = tally(stage, session, campaign, worst=6)
            paths = scopes.paths_of(session, ["R1", "R2"])
            parts = [tally(stage, session, campaign, path=path) for path in paths.values()]
        now = stage.at(NOW)
        status = Counter(row.status for row in rows)
        assert found.units == sum(number for _, number in found.by_state) == 6
        assert dict(found.by_state) == Counter(drawn["states"])
        assert found.open + found.submitted + found.settled == len(rows) == 24
        assert found.open == status["open"] + status["returned"]
        assert found.submitted == status["submitted"]
        overdue = [row for row in rows if row.effective < now and row.status in settling.OPEN]
        assert found.overdue == len(overdue)
        reporting = found.reporting
        handed_in = reporting.on_time + reporting.late + reporting.nil - reporting.late_nil
        assert reporting.due == handed_in + reporting.missing
        assert reporting.missing == len(overdue)
        assert reporting.due - reporting.missing == sum(
            status[one] for one in ("submitted", "accepted", "nil")
        )
        assert sum(number for _, number in found.worst) == found.overdue
        for name in ("units", "behind", "overdue", "open", "submitted", "settled"):
            assert sum(getattr(part, name) for part in parts) == getattr(found, name), name

    agree()


@pytest.mark.parametrize(
    ("due", "status", "late", "expected"),
    [
        ("past", "open", False, "missing"),
        ("past", "returned", True, "missing"),
        ("past", "submitted", False, "on_time"),
        ("past", "accepted", True, "late"),
        ("past", "nil", False, "nil"),
        ("past", "nil", True, "late nil late_nil"),
        ("past", "waived", False, None),
        ("future", "open", False, None),
        ("future", "submitted", False, "on_time"),
    ],
)
def test_a_report_counts_as_one_thing_only_but_a_late_nil_as_both(
    stage, campaign, due, status, late, expected
) -> None:
    with stage.store.trial() as session:
        dress(stage, session, campaign, {"states": ["check"] * 6, "owed": [(status, late, due)] * 24})
        found = tally(stage, session, campaign, "2026-04-20 10:00").reporting
    parts = {name: getattr(found, name) for name in ("on_time", "late", "nil", "missing", "late_nil")}
    assert parts == {name: 24 if name in (expected or "").split() else 0 for name in parts}
    assert found.due == (24 if expected else 0)
    assert found.rate == (None if expected is None else 0 if expected == "missing" else 1)


# -- behind -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "behind"),
    [
        ("waiting", True),
        ("check", True),
        ("check.review", True),
        ("mend", True),
        ("sum", False),
        ("closed", False),
        ("exempt", False),
        ("check.suspended", False),
    ],
)
def test_a_unit_is_behind_when_its_phase_is_over_and_left(stage, campaign, state, behind) -> None:
    with stage.store.trial() as session:
        dress(stage, session, campaign, {"states": [state] * 6, "owed": [("open", False, None)] * 24})
        assert tally(stage, session, campaign).behind == (6 if behind else 0)


def test_where_windows_overlap_nobody_is_behind_until_the_earlier_one_is_over(stage) -> None:
    key = stage.launch(stage.template(OVERLAPPING, stage.ladders))
    stage.cycle("2026-03-15 00:00")
    assert stage.states(key)["R1"] == "check"
    with stage.store.trial() as session:
        assert tally(stage, session, key, "2026-03-31 17:59").behind == 0
        assert tally(stage, session, key, "2026-03-31 18:01").behind == 6
    for code in stage.participants:
        stage.act(key, "report", code, "submit", "2026-04-01 10:00")
    stage.cycle("2026-04-20 00:00")
    assert set(stage.states(key).values()) == {"inspect"}
    with stage.store.trial() as session:
        assert tally(stage, session, key, "2026-05-31 18:01").behind == 0


def test_before_the_first_phase_opens_nobody_is_behind(stage) -> None:
    key = stage.launch(start="2026-03-09", now="2026-03-02 08:30")
    with stage.store.trial() as session:
        assert tally(stage, session, key, "2026-03-08 10:00").behind == 0


# -- coverage, ledger, vacancies, proposals --------------------------------------------------------------------------


def test_coverage_counts_closed_units_of_the_kinds_without_the_exempt(stage, campaign) -> None:
    states = dict.fromkeys(stage.participants, "sum") | {
        "R1-H1": "closed",
        "R1-H2": "closed",
        "R2-H1": "sum",
        "R2-C1": "exempt",
        "R1": "closed",
    }
    with stage.store.trial() as session:
        drawn = {
            "states": [states[code] for code in stage.participants],
            "owed": [("open", False, None)] * 24,
        }
        dress(stage, session, campaign, drawn)
        hospitals, others = tally(stage, session, campaign).coverage
    assert (hospitals.reached, hospitals.total, hospitals.percent, hospitals.met) == (2, 3, 66.6, False)
    assert (others.reached, others.total, others.percent, others.met) == (1, 2, 50.0, True)


def test_a_ledger_item_is_closed_when_every_department_has_settled_it(stage) -> None:
    key = stage.launch(stage.template(LEDGER, stage.ladders))

    def closed() -> tuple[int, int]:
        with stage.store.read() as session:
            found = tally(stage, session, key)
        return found.ledger_closed, found.ledger_total

    assert closed() == (0, 2)
    for code in ("R-D1", "R-D2"):
        stage.act(key, "ledger-1", code, "submit", "2026-03-09 10:00")
    stage.act(key, "ledger-1", "R-D1", "accept", "2026-03-10 10:00")
    assert closed() == (0, 2)
    stage.act(key, "ledger-1", "R-D2", "accept", "2026-03-10 10:00")
    assert closed() == (1, 2)
    stage.act(key, "ledger-1", "R-D2", "return", "2026-03-11 10:00", reason="整改不到位")
    assert closed() == (0, 2)


def test_vacancies_count_those_of_the_participants_and_of_the_unit_that_runs_the_campaign(stage) -> None:
    key = stage.launch(owner="R1")
    with stage.store.write() as session:
        for code, role in (("R1-H1", "liaison"), ("R1", "coordinator"), ("R2-H1", "liaison")):
            session.add(Vacancy(unit_id=stage.ids[code], role=role, reason="", since=stage.at(NOW)))
    with stage.store.read() as session:
        assert tally(stage, session, key).vacancies == 2


def test_proposals_count_while_they_wait(stage, campaign) -> None:
    with stage.store.read() as session:
        before = tally(stage, session, campaign).proposals
    with stage.store.write() as session:
        for number, state in enumerate(("proposed", "proposed", "superseded", "withdrawn")):
            common = {
                "milestone_id": 1,
                "unit_id": stage.ids["R1"],
                "rung": number,
                "name": "约谈",
                "reason": "",
            }
            session.add(
                Proposal(campaign_id=campaign, obligation_id=1, at=stage.at(NOW), state=state, **common)
            )
    with stage.store.read() as session:
        assert tally(stage, session, campaign).proposals == before + 2


def test_the_worst_come_first_and_only_so_many(stage, campaign) -> None:
    for code in ("R1-H2", "R2", "R2-C1"):
        stage.act(campaign, "report", code, "submit", NOW)
    stage.act(campaign, "list", "R2-C1", "submit", NOW)
    stage.act(campaign, "list", "R2-C1", "accept", NOW)
    with stage.store.read() as session:
        found = tally(stage, session, campaign, worst=4).worst
    assert [number for _, number in found] == [3, 3, 3, 2]
    assert {name for name, _ in found[:3]} == {"示例甲县卫生健康局", "示例甲县人民医院", "示例乙县人民医院"}
