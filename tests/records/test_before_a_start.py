"""What somebody looks at before a campaign starts: too much in a week, nobody there, the tree, the mails to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from states.errors import NotAllowed, Refused
from states.records import (
    access,
    busy_weeks,
    core,
    foreseeing_start,
    foretell,
    launch,
    reading_tree,
    unmanned,
)
from states.records.access import EVERYTHING, Scope
from states.records.busy_weeks import MANY
from states.records.fanning import LEFT
from states.records.foreseeing_start import Ahead, Outlook
from states.records.launch import Order
from states.records.scopes import Selection
from states.records.session import Store
from states.records.tables import Campaign
from states.template import Role

NOW = "2026-03-02 08:30"
FIVE = "\n".join(
    f"  - {{key: r{number}, name: 第{number}项, due: 2026年3月{10 + number}日前}}" for number in range(MANY)
)
FEW = """
requirements:
  - {key: one, name: 一项, due: 2026年3月10日前}
  - {key: two, name: 另一项, due: 2026年3月11日前, scope: {kinds: [医院]}}
"""


def drafted(stage: Any, order: Order) -> launch.Draft:
    with stage.store.read() as session:
        return launch.draft(session, order, stage.at(NOW))


def busy(stage: Any, order: Order) -> list[tuple[str, int, int]]:
    found = drafted(stage, order)
    with stage.store.read() as session:
        weeks = busy_weeks.busy_weeks(session, found, order.selection, stage.at(NOW))
    return [(one.monday.isoformat(), one.units, one.most) for one in weeks]


def test_a_week_is_too_much_by_all_campaigns_together(stage: Any) -> None:
    """10 to 14 March are one week. What is handed out and what is still to come count; what is handed in does not."""
    five = stage.order(stage.template(f"requirements:\n{FIVE}"))
    assert busy(stage, five) == [("2026-03-09", 6, 5)]
    assert busy(stage, replace(five, selection=Selection(under=("R1",)))) == [("2026-03-09", 3, 5)]
    few = stage.order(stage.template(FEW, key="few"))
    assert busy(stage, few) == []
    running = stage.launch(stage.template(f"requirements:\n{FIVE}"))
    assert busy(stage, few) == [("2026-03-09", 6, 7)], "hospitals 7, the others 6"
    for number in range(2):
        stage.act(running, f"r{number}", "R1", "submit", NOW)
    assert busy(stage, few) == [("2026-03-09", 5, 7)]
    late = stage.order(stage.template(FEW.replace("3月", "4月"), key="late"))
    assert busy(stage, late) == [], "a week to which it adds nothing is none of its business"


def test_what_another_campaign_has_not_handed_out_yet_counts_too(stage: Any) -> None:
    five = stage.template(f"begins: 2026-03-06\nrequirements:\n{FIVE}")
    stage.launch(five, now=NOW)
    assert stage.milestone("r1").opened_at is None
    assert busy(stage, stage.order(stage.template(FEW, key="few"))) == [("2026-03-09", 6, 7)]


def test_what_is_not_asked_any_more_counts_no_more(stage: Any) -> None:
    """Of a campaign that has handed nothing out: a unit that left it, things withdrawn or of single places, and its end."""
    stage.launch(stage.template(f"begins: 2026-03-06\nrequirements:\n{FIVE}"), now=NOW)
    few = stage.order(stage.template(FEW, key="few"))
    gone = sa.select(core.unit.c.id).where(core.unit.c.code == "R1-H1").scalar_subquery()
    changed(stage, sa.update(core.run).where(core.run.c.unit_id == gone).values(state=LEFT[1]))
    assert busy(stage, few) == [("2026-03-09", 5, 7)]
    first, second = (core.milestone.c.requirement == one for one in ("r0", "r1"))
    changed(stage, sa.update(core.milestone).where(first).values(withdrawn_at=stage.at(NOW)))
    assert busy(stage, few) == [("2026-03-09", 5, 6)]
    changed(stage, sa.update(core.milestone).where(second).values(local=True))
    assert [one[2] for one in busy(stage, few)] == [5]
    changed(stage, sa.update(core.campaign).values(closed_at=stage.at(NOW)))
    assert busy(stage, few) == []


def test_what_a_closed_campaign_handed_out_counts_no_more(stage: Any) -> None:
    stage.launch(stage.template(f"requirements:\n{FIVE}"))
    few = stage.order(stage.template(FEW, key="few"))
    assert busy(stage, few) == [("2026-03-09", 6, 7)]
    changed(stage, sa.update(core.campaign).values(closed_at=stage.at(NOW)))
    assert busy(stage, few) == []


def test_what_is_over_and_a_plan_that_names_units_there_are_not_make_no_week(stage: Any) -> None:
    over = stage.template(f"requirements:\n{FIVE}".replace("年3月", "年2月"))
    assert busy(stage, stage.order(over, start="2026-02-02")) == []
    unknown = FEW.replace("kinds: [医院]", "codes: [没有]")
    assert busy(stage, stage.order(stage.template(unknown + FIVE))) == []


def changed(stage: Any, statement: sa.Update) -> None:
    with stage.store.write() as session:
        session.execute(statement)


def test_roles_that_nobody_holds_are_told_with_the_units(empty_stage: Any) -> None:
    gone = [("R1", "principal"), ("R1-H1", "liaison"), ("R2-C1", "liaison"), ("R", "group_leader")]
    stage = empty_stage.people(gone)
    sent_back = core.contact.c.email == stage.address("principal", "R2")
    stage.put(core.contact, sent_back, bounced_at=stage.at(NOW))
    order = stage.order()
    found = drafted(stage, order)
    with stage.store.read() as session:
        told = {
            one.role: (one.units, set(one.names)) for one in unmanned.unmanned(session, found, Selection())
        }
        only = unmanned.unmanned(session, found, Selection(under=("R2",)))
    bureaus = {
        "示例甲县卫生健康局",
        "示例乙县卫生健康局",
    }  # of one nobody, of one somebody whose address sends back
    hospital, clinic = "示例甲县人民医院", "示例乙县惠民诊所"
    assert told == {
        Role.liaison: (2, {hospital, clinic}),
        Role.principal: (2, bureaus),
        Role.parent_principal: (2, bureaus),
    }, "the leader of the group is asked by no rung here"
    principals = (Role.principal, Role.parent_principal)
    assert [(one.role, one.names) for one in only] == [
        (Role.liaison, (clinic,)),
        *((role, ("示例乙县卫生健康局",)) for role in principals),
    ]


def test_the_tree_is_shown_level_by_level_within_what_one_may_see(stage: Any) -> None:
    with stage.store.read() as session:
        top = reading_tree.below(session, EVERYTHING, "R")
        hospitals = reading_tree.below(session, EVERYTHING, "R", ["医院"])
        county = reading_tree.below(session, EVERYTHING, "R1")
    assert [(one.code, one.units, one.parent) for one in top.branches] == [("R1", 3, True), ("R2", 3, True)]
    assert [(one.code, one.units) for one in hospitals.branches] == [("R1", 1), ("R2", 1)]
    assert sorted((one.code, one.units, one.parent) for one in county.branches) == [
        ("R1-H1", 1, False),
        ("R1-H2", 1, False),
    ]
    with stage.store.write() as session:
        key = access.create(session, "示例", stage.at(NOW), under="R1")
    with stage.store.read() as session:
        scope = access.find(session, key, stage.at(NOW))
        assert scope is not None
        with pytest.raises(NotAllowed):
            reading_tree.below(session, scope, "R")
        assert reading_tree.named(session, scope, ["R2", "R1-H1", "X"]) == {"R1-H1": "示例甲县人民医院"}
    changed(stage, sa.update(core.unit).where(core.unit.c.code.like("R1-%")).values(active=False))
    with stage.store.read() as session:
        top = reading_tree.below(session, EVERYTHING, "R")
    assert (top.branches[0].units, top.branches[0].parent) == (1, False), "nothing to unfold any more"


def test_a_level_with_too_many_units_shows_the_first_and_says_how_many_more(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_tree, "MOST", 1)
    with stage.store.read() as session:
        found = reading_tree.below(session, EVERYTHING, "R")
    assert ([one.code for one in found.branches], found.more) == (["R1"], 1)


def looking(stage: Any, until: datetime, enough: bool = False) -> Ahead:
    return Ahead(stage.at(NOW), until, stage.hours, enough=lambda: enough)


def outlook(store: Store, scope: Scope, order: Order, ahead: Ahead) -> Outlook:
    return foreseeing_start.collected(foreseeing_start.unrolled(store, scope, order, ahead), ahead)


def test_the_mails_before_a_start_are_those_after_it_and_nothing_is_written(stage: Any) -> None:
    until = stage.at("2026-03-13 18:00")
    before = stage.everything()
    seen = outlook(stage.store, EVERYTHING, stage.order(), looking(stage, until))
    assert stage.everything() == before
    assert (seen.whole, seen.until, seen.units) == (True, until, ())
    key = stage.launch()
    after = foretell.foretell(stage.store, stage.at(NOW), until, stage.hours, key)
    assert sorted((one["to"], stage.local(at_of(one))) for one in seen.mails) == sorted(
        (one.to, stage.local(one.at)) for one in after
    )
    assert len(seen.mails) > 20


def test_units_taken_as_an_example_hear_what_they_hear_among_all(stage: Any) -> None:
    """One of each kind and level; what else is going on is left out, and stays as it is."""
    another = sa.update(core.unit).where(core.unit.c.code == "R2").values(level=core.unit.c.level + 1)
    changed(stage, another)
    alone = stepping(stage)
    stage.launch()
    asked = (stage.store, EVERYTHING, stage.order(), looking(stage, stage.at("2026-03-13 18:00")))
    before = stage.everything()
    all_of_it, few = outlook(*asked), foreseeing_start.example(*asked)
    assert stage.everything() == before
    bureaus = {"示例甲县卫生健康局", "示例乙县卫生健康局"}
    assert set(few.units) == {*bureaus, "示例甲县人民医院", "示例甲县中医院", "示例乙县惠民诊所"}
    told = [heard(one, few.units) for one in (all_of_it, few)]
    assert told[0] == told[1]
    assert {unit for _, _, unit, _ in told[1]} == set(few.units)
    assert stepping(stage) <= alone + 1, (
        "nothing of the other campaign is run through but the mail it has written"
    )


def stepping(stage: Any) -> int:
    """How many events an example runs through."""
    events: list[int] = []

    def enough() -> bool:
        events.append(1)
        return False

    ahead = replace(looking(stage, stage.at("2026-03-13 18:00")), enough=enough)
    order = stage.order(
        stage.template("requirements:\n  - {key: one, name: 一项, due: 2026年3月6日前}", key="one")
    )
    foreseeing_start.example(stage.store, EVERYTHING, order, ahead)
    return len(events)


def heard(seen: Outlook, names: tuple[str, ...]) -> list[tuple[str, str, str, str]]:
    """Day, reader, unit and what about, of what the units' own people are told."""
    lines = [(one["at"][:10], one["to"], line) for one in seen.mails for line in one["lines"]]
    return sorted(
        (day, to, line["unit"]["name"], line["name"] + line["about"])
        for day, to, line in lines
        if line["unit"]["name"] in names
    )


def test_a_long_look_stops_when_there_was_enough_and_says_how_far_it_came(stage: Any) -> None:
    asked = (stage.store, EVERYTHING, stage.order(stage.template(FEW, key="few")))
    seen = outlook(*asked, looking(stage, stage.at("2026-03-25 18:00"), enough=True))
    assert (seen.whole, seen.until) == (False, stage.at(NOW))
    far = foreseeing_start.example(*asked, looking(stage, stage.at(NOW) + timedelta(days=400)))
    assert (far.whole, far.until) == (False, stage.at(NOW) + timedelta(days=366))


def test_what_can_not_start_has_no_mails(stage: Any) -> None:
    order = replace(stage.order(), start=date(2025, 3, 3))
    for look in (outlook, foreseeing_start.example):
        with pytest.raises(Refused, match="已过"):
            look(stage.store, EVERYTHING, order, looking(stage, stage.at(NOW)))
    assert stage.rows(Campaign) == []
    assert stage.counted(core.mail.c.state) == {}


def at_of(mail: Any) -> datetime:
    return datetime.fromisoformat(mail["at"])
