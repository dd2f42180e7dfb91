"""What the first page reads: the same figures as everywhere else, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from api.pages import telling
from states.records import board, columns, core, figures, health, journal, lately
from states.records.campaigns import running
from states.records.scopes import Selection
from states.records.tables import Unit

LATE = "2026-03-20 09:00"


def test_units_that_lag_add_up_to_the_tally(stage: Any) -> None:
    campaign_id, now = stage.one_ahead(), stage.at(LATE)
    with stage.store.read() as session:
        campaign = running(session, campaign_id)
        tally = figures.tally(session, campaign, now)
        found = board.lagging(session, campaign, now)
        (worst,) = board.lagging(session, campaign, now, limit=1)
    assert tally.overdue > 0
    assert tally.behind > 0
    assert sum(one.overdue for one in found) == tally.overdue
    assert sum(one.behind for one in found) == tally.behind
    assert {one.code: one.overdue for one in found}["R1-H1"] == 0, "handed in, and waiting for our review"
    assert worst == found[0]
    assert all(
        one.since is not None and one.since.tzinfo is not None and one.since < now
        for one in found
        if one.overdue
    )


def test_a_milestone_counts_what_was_handed_in_and_what_is_missing(stage: Any) -> None:
    campaign_id = stage.one_ahead()
    with stage.store.read() as session:
        nodes = {one.name: one for one in board.nodes(session, running(session, campaign_id))}
    assert (nodes["自查报告"].expected, nodes["自查报告"].handed_in, nodes["自查报告"].missing) == (6, 1, 5)
    assert not nodes["工作总结"].opened
    assert (nodes["工作总结"].expected, nodes["工作总结"].missing) == (0, 0)


def test_who_is_asked_for_nothing_sees_only_what_is_still_to_be_opened(stage: Any) -> None:
    campaign_id = stage.one_ahead()
    path = stage.one(Unit, Unit.code == "R-D2").path
    with stage.store.read() as session:
        campaign = running(session, campaign_id)
        every = board.nodes(session, campaign, path=path)
        mine = board.nodes(session, campaign, path=path, whole=False)
    assert {one.opened for one in every} == {True, False}
    assert mine == [one for one in every if not one.opened]


def test_the_same_fact_of_many_units_is_one_line(stage: Any) -> None:
    campaign_id = stage.one_ahead()
    with stage.store.read() as session:
        found = lately.happened(session, running(session, campaign_id), 50)
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    single = next(one for one in found if one.kind == "obligation.accept")
    assert (single.unit, single.units) == ("示例甲县人民医院", 1)
    launched = next(one for one in found if one.kind == "campaign.launched")
    assert launched.payload["units"] == 6
    with stage.store.read() as session:
        assert lately.happened(session, running(session, campaign_id), 2) == found[:2]


def test_where_no_further_rows_were_looked_at_it_is_so_many_units_or_more(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = int(stage.launch())
    with stage.store.write() as session:
        units = session.execute(sa.select(core.unit.c.id).limit(3)).scalars().all()
        for hour, name in ((9, "甲"), (10, "乙")):
            for one in units:
                at = stage.at(f"2026-03-20 {hour:02}:00")
                journal.note(
                    session, at, "phase.window", "test", campaign_id=campaign_id, unit_id=one, name=name
                )
    monkeypatch.setattr(lately, "JOURNAL_READ", 5)
    with stage.store.read() as session:
        campaign = running(session, campaign_id)
        found = lately.happened(session, campaign, 9)
    assert [(one.payload["name"], one.units, one.more) for one in found] == [
        ("乙", 3, False),
        ("甲", 2, True),
    ]
    assert telling.sentence(found[1], campaign, {}).startswith("至少 2 个单位")


def test_what_is_alike_is_one_line_even_where_something_else_stands_between(stage: Any) -> None:
    campaign_id, now = int(stage.launch()), stage.at(LATE)
    with stage.store.write() as session:
        plan, summary = (one.key for one in board.nodes(session, running(session, campaign_id))[:2])
        units = session.execute(sa.select(core.unit.c.id).order_by(core.unit.c.id).limit(2)).scalars().all()
        for one in units:
            said = [
                ("obligation.submit", {"obligation": columns.obligation_id(key, one)})
                for key in (plan, summary)
            ]
            said += [("phase.window", {"name": name}) for name in ("甲", "乙")]
            for kind, payload in said:
                journal.note(session, now, kind, "test", campaign_id=campaign_id, unit_id=one, **payload)
    with stage.store.read() as session:
        found = lately.happened(session, running(session, campaign_id), 4)
    about = [(one.kind, one.payload.get("name"), one.unit, one.units) for one in found]
    assert about == [
        ("phase.window", "乙", "", 2),
        ("phase.window", "甲", "", 2),
        ("obligation.submit", None, "", 2),
        ("obligation.submit", None, "", 2),
    ]
    assert [columns.milestone_of(one.payload["obligation"]) for one in found[2:]] == [summary, plan]


def test_mails_proposals_and_vacancies_are_of_this_campaign(stage: Any) -> None:
    stage.vacate("R2-C1", "liaison")
    first, now = stage.one_ahead(), stage.at(LATE)
    other = stage.launch(start="2026-04-01", now="2026-03-20 09:30", title="另一个")
    with stage.store.read() as session:
        campaign = running(session, first)
        mails = lately.mails(session, campaign, 1_000)
        told = lately.rungs_of(session, [one.id for one in mails])
        proposed = lately.proposals(session, campaign, 1_000)
        empty = [
            lately.mails(session, running(session, other), 9),
            lately.proposals(session, running(session, other), 9),
        ]
        vacant = lately.vacancies(session, campaign, 9)
        tally = figures.tally(session, campaign, now)
    assert len(mails) == len(stage.post)
    assert all(told[one.id] for one in mails)
    assert {name for counts in told.values() for name in counts} >= {"下发", "催办", "督促"}
    assert len(proposed) == tally.proposals > 0
    assert empty == [[], []]
    assert [(name, role) for name, role, _ in vacant] == [("示例乙县惠民诊所", "liaison")]


def test_running_campaigns_come_first_and_can_be_restricted(stage: Any) -> None:
    first = stage.launch()
    second = stage.launch(title="第二个")
    with stage.store.write() as session:
        running(session, second).row.closed_at = stage.at(LATE)
    with stage.store.read() as session:
        assert [(one.id, one.closed) for one in board.listed(session)] == [(first, False), (second, True)]
        assert [one.title for one in board.listed(session, [second])] == ["第二个"]
        assert board.listed(session, []) == []
        assert board.listed(session)[0].units == 6


def test_participants_are_counted_by_kind(stage: Any) -> None:
    with stage.store.read() as session:
        owner = session.get_one(Unit, stage.ids["R"])
        assert board.participants(session, Selection(), owner) == {
            "authority": 2,
            "clinic": 1,
            "hospital": 2,
            "tcm_hospital": 1,
        }
        assert board.participants(session, Selection(under=("R2",), kinds=("clinic",)), owner) == {
            "clinic": 1
        }


def test_only_a_demonstration_has_a_time_of_its_own(stage: Any) -> None:
    real, shown = datetime(2026, 5, 1, tzinfo=UTC), datetime(2027, 1, 4, 1, tzinfo=UTC)
    with stage.store.read() as session:
        assert (board.is_demo(session), board.present(session, real)) == (False, real)
    health.beat(stage.store, board.DEMO_CLOCK, True, shown.isoformat(), real + timedelta(seconds=1))
    with stage.store.read() as session:
        assert (board.is_demo(session), board.present(session, real)) == (True, shown)
