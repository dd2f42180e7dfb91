"""The rows of the board: whatever place or filter is looked at, they add up to what the summary says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from states.progress import Tally
from states.records import board_rows, board_sums, figures, loads, reading_units
from states.records.access import EVERYTHING, Scope
from states.records.board_rows import Board
from states.records.board_sums import Sums
from states.records.campaigns import running
from states.records.core import campaign as campaigns
from states.records.core import milestone, obligation, run, timer, unit
from states.records.matters import due_in_force
from states.records.reading_units import Wanted
from states.records.reads import unit_in

LATE = "2026-03-20 09:00"


@pytest.fixture
def lived(stage: Any) -> int:
    return int(stage.one_ahead())


def as_the_tally_says(sums: Sums, tally: Tally) -> None:
    assert sums["units"] == tally.units == sums["at"]
    assert (sums["behind"], sums["overdue"], sums["open"]) == (tally.behind, tally.overdue, tally.open)
    assert sums["asked"] == sums["open"] + sums["handed_in"]
    assert sums.reporting == tally.reporting


def adds_up(found: Board) -> None:
    assert found.rest.plus(one.sums for one in found.rows) == found.whole


def test_the_rows_of_every_place_add_up_to_the_summary(stage: Any, lived: int) -> None:
    now = stage.at(LATE)
    with stage.store.read() as session:
        campaign = running(session, lived)
        top = board_rows.tree(session, EVERYTHING, campaign, None, now, 1)
        as_the_tally_says(top.whole, figures.tally(session, campaign, now))
        assert top.whole["overdue"] > 0
        assert top.whole["escalated"] > 0
        adds_up(top)
        groups = [one for one in top.rows if one.standing is None and not one.own]
        assert groups, "something lies below"
        for one in groups:
            below = board_rows.tree(session, EVERYTHING, campaign, one.code, now, 1)
            assert below.whole == one.sums
            assert [place.code for place in below.way][-1] == one.code
            adds_up(below)


def test_however_few_are_shown_nothing_is_lost(
    stage: Any, lived: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = stage.at(LATE)
    monkeypatch.setattr(board_rows, "A_PAGE", 2)
    with stage.store.read() as session:
        campaign = running(session, lived)
        first = board_rows.single(session, EVERYTHING, campaign, Wanted(), now, 1)
        pages = range(1, first.found // 2 + 2)
        shown = [one for page in pages for one in _page(session, campaign, now, page)]
        assert len(first.rows) == 2
        assert first.left == first.found - 2 > 0
        assert first.rest["all"] == first.left
        adds_up(first)
        assert len({one.code for one in shown}) == len(shown) == first.found
        assert Sums().plus(one.sums for one in shown) == first.whole
        as_the_tally_says(first.whole, figures.tally(session, campaign, now))


def _page(session: Any, campaign: Any, now: Any, number: int) -> tuple[board_rows.Row, ...]:
    found = board_rows.single(session, EVERYTHING, campaign, Wanted(), now, number)
    adds_up(found)
    return found.rows


def test_each_unit_is_told_as_its_status_tells_it(stage: Any, lived: int) -> None:
    now = stage.at(LATE)
    with stage.store.read() as session:
        campaign = running(session, lived)
        rows = board_rows.single(session, EVERYTHING, campaign, Wanted(), now, 1).rows
        for one in rows:
            _unit, told = unit_in(session, campaign, one.code, now)
            assert one.standing is not None
            assert (one.sums["overdue"], one.sums["open"]) == (told["overdue"], told["open"]), one.code
            assert bool(one.sums["behind"]) == told["behind"], one.code
            assert bool(one.sums["escalated"]) == (told["escalation"] is not None), one.code
            assert (one.sums["late"] > 0) == (told["overdue"] > 0), one.code
        heard = {one.code for one in rows if one.sums["escalated"]}
        assert heard
        assert "R1-H1" not in heard, "it has answered"
        found = board_rows.single(session, EVERYTHING, campaign, Wanted(escalated=True), now, 1)
        others = reading_units.page(session, EVERYTHING, lived, Wanted(escalated=False), now, 0, 100)
    assert {one.code for one in found.rows} == heard
    assert heard.isdisjoint(one["unit"]["code"] for one in others["items"])
    assert len(heard) + len(others["items"]) == len(rows)


def test_what_waits_for_a_person_has_reached_nobody(stage: Any, lived: int) -> None:
    """Only the rungs that need a person's word are left of what has fired."""
    now = stage.at(LATE)
    with stage.store.write() as session:
        ladders = running(session, lived).template.ladders.values()
        (rungs,) = ([no for no, one in enumerate(each.rungs, 1) if one.confirm] for each in ladders)
        session.execute(sa.delete(timer).where(timer.c.rung.not_in(rungs)))
    with stage.store.read() as session:
        campaign = running(session, lived)
        rows = board_rows.single(session, EVERYTHING, campaign, Wanted(), now, 1).rows
        fired = session.execute(sa.select(sa.func.count()).where(timer.c.done_at.is_not(None))).scalar_one()
        told = [unit_in(session, campaign, one.code, now)[1]["escalation"] for one in rows]
    assert fired > 0
    assert any(one.sums["overdue"] for one in rows)
    assert (
        [one.sums["escalated"] for one in rows] == [0] * len(rows) == [int(one is not None) for one in told]
    )


def test_what_found_a_unit_suspended_has_not_reached_it(stage: Any, lived: int) -> None:
    """A rung that fired while the unit was suspended counts for nothing."""
    now = stage.at(LATE)
    with stage.store.write() as session:
        mine = sa.select(unit.c.id).where(unit.c.code == "R1-H2").scalar_subquery()
        state = session.execute(sa.select(run.c.state).where(run.c.unit_id == mine)).scalars().first()
        session.execute(
            sa.update(run)
            .where(run.c.unit_id == mine)
            .values(state=f"{state}.suspended", since=stage.at("2026-03-02 10:00"))
        )
    with stage.store.read() as session:
        campaign = running(session, lived)
        found = board_rows.single(session, EVERYTHING, campaign, Wanted(codes=("R1-H2",)), now, 1)
        _unit, told = unit_in(session, campaign, "R1-H2", now)
    assert told["escalation"] is None
    assert found.whole["escalated"] == found.rows[0].sums["escalated"] == 0
    assert found.whole["overdue"] > 0


def test_what_is_overdue_by_week_and_the_load_of_units_add_up(stage: Any, lived: int) -> None:
    now = stage.at(LATE)
    with stage.store.read() as session:
        campaign = running(session, lived)
        weeks = loads.overdue(session, campaign, now)
        heavy = loads.heaviest(session, EVERYTHING, campaign, now)
        total = figures.tally(session, campaign, now).overdue
        mondays = loads.span(now, campaign)
        joined = obligation.join(milestone, milestone.c.id == obligation.c.milestone_id)
        rows = session.execute(sa.select(obligation.c.unit_id, due_in_force()).select_from(joined)).all()
    assert sum(one.number for one in weeks) == total > 0
    assert all(one.monday.weekday() == 0 for one in weeks)
    days = [at.astimezone(campaign.zone).date() for _unit, at in rows if at is not None]
    expected = sum(mondays[0] <= day < mondays[-1] + loads.WEEK for day in days)
    assert sum(one.total for one in heavy) == expected > 0
    assert [one.most for one in heavy] == sorted((one.most for one in heavy), reverse=True)


def test_what_is_waived_and_what_has_closed_long_ago_weighs_on_nobody(stage: Any, lived: int) -> None:
    now = stage.at(LATE)

    def weighs() -> int:
        with stage.store.read() as session:
            heavy = loads.heaviest(session, EVERYTHING, running(session, lived), now)
        return sum(one.total for one in heavy)

    before = weighs()
    with stage.store.write() as session:
        some = sa.select(sa.func.min(obligation.c.id)).where(obligation.c.status == "open").scalar_subquery()
        session.execute(sa.update(obligation).where(obligation.c.id == some).values(status="waived"))
    assert weighs() == before - 1
    with stage.store.write() as session:
        some = sa.select(sa.func.max(obligation.c.id)).where(obligation.c.status == "open").scalar_subquery()
        away = stage.at("2027-03-01 09:00")
        session.execute(sa.update(obligation).where(obligation.c.id == some).values(due_at=away))
    assert weighs() == before - 2, "a date of its own, beyond these weeks"
    with stage.store.write() as session:
        session.execute(sa.update(campaigns).values(closed_at=stage.at("2026-01-05 09:00")))
    assert weighs() == 0


def test_whoever_sees_some_campaigns_sees_the_load_of_these_alone(stage: Any, lived: int) -> None:
    now, some = stage.at(LATE), replace(EVERYTHING, campaigns=frozenset({lived}))

    def weighs(scope: Scope) -> int:
        with stage.store.read() as session:
            return sum(one.total for one in loads.heaviest(session, scope, running(session, lived), now))

    before = weighs(some)
    assert before == weighs(EVERYTHING) > 0
    stage.launch()
    assert weighs(some) == before < weighs(EVERYTHING)


def test_sums_can_be_added() -> None:
    one, other = Sums(), Sums()
    one.add("overdue", 2, 1)
    one.add("overdue", 1, 2)
    other.add("overdue", 2, 1)
    assert (one["overdue"], one["overdue", 2], one["nothing"]) == (3, 1, 0)
    assert other.plus([one])["overdue", 1] == 4
    assert board_sums.WAITING == board_sums.BESIDE == 0
