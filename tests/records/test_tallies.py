"""Departments and persons below a unit: numbers, not rows; handed in when nobody is missing, or with a reason."""

from __future__ import annotations

from datetime import date

import pytest

from states.errors import Conflict, Faulty, NotFound, Refused
from states.progress import Counted
from states.records import acting, counting, figures, mass_settling, moving
from states.records.access import Scope
from states.records.core import obligation
from states.records.counting import Numbers
from states.records.tables import Milestone, TallyRow

ALL = Scope(1, "test", True, None, None)
TEXT = """
requirements:
  - {key: pledge, name: 承诺书, due: 启动后10日内, per: persons, scope: {kinds: [医院, 中医院]}}
  - {key: sheet, name: 科室自查表, due: 启动后10日内, per: departments, scope: {codes: [R1-H1]}, nil: true}
  - {key: plain, name: 报告, due: 启动后10日内}
"""
NOW = "2026-03-05 10:00"


@pytest.fixture
def counted(stage):
    stage.launch(stage.template(TEXT))
    return stage


def count(stage, requirement: str, code: str, expected: int, done: int, now: str = NOW, **more):
    key = stage.owed(requirement, code).id
    numbers = Numbers(expected, done, more.pop("as_of", None))
    with stage.store.write() as session:
        campaign = stage.campaign(session, 1)
        return counting.count(session, campaign, key, numbers, stage.at(now), "test", **more)


def told(stage, requirement: str, code: str):
    with stage.store.read() as session:
        from states.records import reading_obligations

        return reading_obligations.in_full(session, ALL, stage.owed(requirement, code).id, stage.at(NOW))


def test_while_somebody_is_missing_it_is_not_handed_in_without_a_reason(counted) -> None:
    with pytest.raises(Refused, match="“承诺书”尚未报数（应办、已办各几人）；请先报数，或写明理由"):
        counted.act(1, "pledge", "R1-H1", "submit", NOW)
    count(counted, "pledge", "R1-H1", 10, 7)
    with pytest.raises(Refused, match="“承诺书”应办 10 人，已办 7，还差 3；请办齐后报送，或写明理由"):
        counted.act(1, "pledge", "R1-H1", "submit", NOW, reason="  ")
    assert counted.owed("pledge", "R1-H1").status == "open"
    assert counted.act(1, "pledge", "R1-H1", "submit", NOW, reason="三人援外").status == "accepted"
    count(counted, "pledge", "R1-H2", 10, 10)
    assert counted.act(1, "pledge", "R1-H2", "submit", NOW).status == "accepted"
    count(counted, "pledge", "R2-H1", 0, 0)
    assert counted.act(1, "pledge", "R2-H1", "submit", NOW).status == "accepted"


def test_what_a_unit_owes_itself_asks_for_no_numbers(counted) -> None:
    assert counted.act(1, "plain", "R1-H1", "submit", NOW).status == "accepted"
    assert counted.act(1, "sheet", "R1-H1", "nil", NOW).status == "nil"
    with pytest.raises(Refused, match="“报告”由单位办理，不按科室或个人报数"):
        count(counted, "plain", "R1-H2", 1, 1)


def test_numbers_are_kept_once_told_with_who_and_when_and_journalled(counted) -> None:
    count(counted, "pledge", "R1-H1", 10, 3, as_of=date(2026, 3, 4))
    count(counted, "pledge", "R1-H1", 11, 8)
    (row,) = counted.rows(TallyRow)
    assert (row.expected, row.done, row.as_of, row.by) == (11, 8, date(2026, 3, 5), "test")
    facts = [(one.before, one.after, one.payload["as_of"]) for one in counted.journal("obligation.counted")]
    assert facts == [(None, "3/10", "2026-03-04"), ("3/10", "8/11", "2026-03-05")]
    shown = told(counted, "pledge", "R1-H1")
    assert (shown["per"], shown["version"]) == ("persons", 3)
    assert shown["tally"] == {"expected": 11, "done": 8, "as_of": "2026-03-05", "by": "test"}


def test_an_obligation_tells_that_it_can_be_counted_and_when_a_reason_is_needed(counted) -> None:
    def offered(code: str) -> dict[str, tuple[bool, bool]]:
        return {
            one["act"]: (one["open"], one["needs_reason"]) for one in told(counted, "pledge", code)["acts"]
        }

    assert offered("R1-H1")["submit"] == (True, True)
    assert offered("R1-H1")["count"] == (True, False)
    count(counted, "pledge", "R1-H1", 2, 2)
    assert offered("R1-H1")["submit"] == (True, False)
    counted.act(1, "pledge", "R1-H1", "submit", NOW)
    assert offered("R1-H1")["count"] == (False, False)
    with pytest.raises(Refused, match="“承诺书”已办结，不能再报数"):
        count(counted, "pledge", "R1-H1", 3, 3)
    assert told(counted, "plain", "R1-H1")["tally"] is None
    assert "count" not in {one["act"] for one in told(counted, "plain", "R1-H1")["acts"]}


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        (Numbers(3, 4), "done：已办 4 多于应办 3"),
        (Numbers(-1, -1), "expected：应在 0 到 9999999 之间"),
        (Numbers(10_000_000, 0), "expected：应在 0 到 9999999 之间"),
        (Numbers(3, 3, date(2026, 3, 6)), "as_of：2026-03-06 还没有到，数字只能截至今天或以前"),
    ],
)
def test_numbers_that_cannot_be_are_refused(counted, numbers: Numbers, says: str) -> None:
    with pytest.raises(Faulty, match=says):
        count(counted, "pledge", "R1-H1", numbers.expected, numbers.done, as_of=numbers.as_of)
    assert counted.rows(TallyRow) == []


def test_who_saw_an_older_version_does_not_overwrite_newer_numbers(counted) -> None:
    count(counted, "pledge", "R1-H1", 10, 7, version=1)
    with pytest.raises(Conflict):
        count(counted, "pledge", "R1-H1", 10, 2, version=1)
    assert counted.one(TallyRow).done == 7


def test_handed_in_together_or_not_at_all(counted) -> None:
    key = counted.owed("pledge", "R1-H1").id

    def act(name: str, numbers: Numbers | None, **more):
        with counted.store.write() as session:
            deed = acting.Deed(name, numbers=numbers, **more)
            return acting.settle(session, ALL, 1, key, deed, counted.at(NOW))

    with pytest.raises(Refused):
        act("submit", Numbers(10, 9), version=1)
    assert counted.rows(TallyRow) == []
    with pytest.raises(Faulty, match="tally：只有报数和报送可以附应办数和已办数"):
        act("accept", Numbers(10, 9))
    with pytest.raises(Faulty, match="tally：请写应办数"):
        act("count", None)
    assert act("count", Numbers(10, 9), version=1)["status"]["key"] == "open"
    assert act("submit", Numbers(10, 10), version=2)["status"]["key"] == "accepted"


def test_in_masses_only_those_are_handed_in_of_whom_nobody_is_missing(counted) -> None:
    count(counted, "pledge", "R1-H1", 10, 10)
    count(counted, "pledge", "R1-H2", 10, 9)

    def submit(reason: str | None = None) -> int:
        with counted.store.write() as session:
            campaign = counted.campaign(session, 1)
            about = session.get_one(Milestone, counted.milestone("pledge").id)
            at = counted.at(NOW)
            return mass_settling.settle_many(session, campaign, about, "submit", [], at, "test", reason)

    assert submit() == 1
    assert counted.counted(
        obligation.c.status, obligation.c.milestone_id == counted.milestone("pledge").id
    ) == {
        "accepted": 1,
        "open": 2,
    }
    assert submit("全院另行组织") == 2


def test_the_campaign_sums_what_is_told_without_what_is_waived(counted) -> None:
    count(counted, "pledge", "R1-H1", 10, 7)
    count(counted, "pledge", "R1-H2", 100, 80)
    count(counted, "sheet", "R1-H1", 12, 12)
    count(counted, "pledge", "R2-H1", 1000, 1)
    counted.act(1, "pledge", "R2-H1", "waive", NOW, reason="停业")
    with counted.store.read() as session:
        campaign, now = counted.campaign(session, 1), counted.at(NOW)
        assert figures.tally(session, campaign, now).counted == (
            Counted("pledge", "", "承诺书", "persons", 2, 2, 110, 87),
            Counted("sheet", "", "科室自查表", "departments", 1, 1, 12, 12),
        )
        path = session.execute(
            figures.sa.select(figures.unit.c.path).where(figures.unit.c.code == "R2")
        ).scalar_one()
        assert figures.tally(session, campaign, now, path=path).counted == ()


def test_a_unit_or_a_requirement_that_is_not_there_is_named(counted) -> None:
    with counted.store.read() as session:
        campaign = counted.campaign(session, 1)
        assert counting.owed_key(session, campaign, "R1-H1", "pledge") == counted.owed("pledge", "R1-H1").id
        with pytest.raises(NotFound, match="没有“pleged”这一事项；按科室或个人报数的有 pledge、sheet"):
            counting.owed_key(session, campaign, "R1-H1", "pleged")
        with pytest.raises(NotFound, match="没有代码 R9"):
            counting.owed_key(session, campaign, "R9", "pledge")
    with pytest.raises(NotFound), counted.store.write() as session:
        moving.act(session, counted.campaign(session, 1), 99, "submit", counted.at(NOW), "test")


def test_numbers_for_many_at_once_leave_those_alone_that_are_told(counted) -> None:
    count(counted, "pledge", "R1-H1", 10, 7)
    counted.act(1, "pledge", "R2-H1", "waive", NOW, reason="停业")

    def everybody(requirement: str = "pledge") -> int:
        with counted.store.write() as session:
            campaign = counted.campaign(session, 1)
            about = session.get_one(Milestone, counted.milestone(requirement).id)
            return counting.count_many(session, campaign, about, Numbers(5, 5), [], counted.at(NOW), "test")

    assert everybody() == 1
    assert sorted((row.expected, row.done, row.by) for row in counted.rows(TallyRow)) == [
        (5, 5, "test"),
        (10, 7, "test"),
    ]
    last = counted.journal("obligation.counted")[-1]
    key = counted.owed("pledge", "R1-H2").id
    assert (last.after, last.unit_id) == ("5/5", counted.ids["R1-H2"])
    assert last.payload == {"obligation": key, "as_of": "2026-03-05"}
    assert counted.owed("pledge", "R1-H2").version == 2
    assert everybody() == 0
    with pytest.raises(Refused, match="不按科室或个人报数"):
        everybody("plain")
