"""A contact changes hands: the new person hears in one mail what is open, the old one no more."""

from __future__ import annotations

from typing import Any

import pytest

from states.documents.unitlist import ContactRow, UnitList
from states.errors import Faulty, NotFound, Refused
from states.records import handing, outbox, roster, rounds
from states.records.dispatch import Mail, Notice
from states.records.handing import Person
from states.records.rounds import Answer
from states.records.tables import Contact
from states.template import Role

NEW = Person("李示例", "li.new@example.org")
MINE = "liaison.r1-h1@example.org"


@pytest.fixture
def started(stage: Any) -> Any:
    stage.launch()
    return stage.cycle("2026-03-02 09:00")


def hand(stage: Any, old: str = MINE, new: Person = NEW, now: str = "2026-03-05 09:05", **more: Any) -> Any:
    with stage.store.write() as session:
        return handing.hand_over(session, old, new, stage.at(now), "王示例", **more)


def test_what_is_decided_and_not_sent_goes_to_the_new_person_with_all_that_is_open(started) -> None:
    rounds.fire(started.store, started.at("2026-03-05 09:00"), after_due=False)
    made = hand(started)
    assert (made.rerouted, made.told) == (1, 1)
    started.cycle("2026-03-05 10:00")
    today = [
        (to, len(one.lines))
        for when, one in started.post
        if started.local(when)[:10] == "2026-03-05"
        for to in [one.to]
    ]
    assert (NEW.email, 2) in today
    assert MINE not in {to for to, _ in today}
    assert started.lines(NEW.email) == [
        ("提醒", "示例甲县人民医院", "自查报告"),
        ("交接", "示例甲县人民医院", "问题清单"),
    ]
    started.cycle("2026-03-06 10:00", "2026-03-11 10:00")
    assert [when for when, to in started.mails() if to == MINE and when > "2026-03-05"] == []
    assert started.lines(NEW.email).count(("再提醒", "示例甲县人民医院", "自查报告")) == 1
    (line,) = started.journal("contact.handed_over")
    assert (line.before, line.after, line.actor) == (MINE, NEW.email, "王示例")


def test_a_mail_that_waits_is_taken_back(started) -> None:
    started.answers[MINE] = lambda _: Answer("temporary", "busy")
    started.cycle("2026-03-05 09:00")
    hand(started, now="2026-03-05 09:02")
    started.cycle("2026-03-05 12:00")
    (waited,) = started.rows(Mail, Mail.email == MINE, Mail.state == "withdrawn")
    assert waited.sent_at is None
    assert ("提醒", "示例甲县人民医院", "自查报告") in started.lines(NEW.email)
    assert len([one for _, one in started.post if one.to == NEW.email]) == 1


def test_what_a_sender_holds_is_left_to_him(started) -> None:
    now = started.at("2026-03-05 09:00")
    rounds.decide(started.store, now, started.hours)
    with started.store.write() as session:
        outbox.claim(session, now, "another")
    assert hand(started, now="2026-03-05 09:02").rerouted == 0
    assert [one.state for one in started.rows(Mail, Mail.email == MINE, Mail.sent_at == None)] == ["queued"]  # noqa: E711


def test_who_takes_over_everything_settled_hears_that_nothing_is_open(started) -> None:
    for what, step in (("report", "submit"), ("list", "submit"), ("list", "accept")):
        started.act(1, what, "R1-H1", step, "2026-03-03 10:00")
    hand(started, now="2026-03-03 11:00")
    started.cycle("2026-03-03 12:00")
    assert started.lines(NEW.email) == [
        ("交接", "示例甲县人民医院", "接任王示例（示例甲县人民医院），目前没有未办结事项")
    ]


def test_a_coordinator_who_takes_over_hears_the_figures_and_a_leader_only_what_was_on_its_way(
    started,
) -> None:
    hand(started, "coordinator.r@example.org", Person("钱示例", "qian@example.org"), now="2026-03-03 11:00")
    hand(started, "principal.r1@example.org", Person("孙示例", "sun@example.org"), now="2026-03-03 11:00")
    started.cycle("2026-03-03 12:00")
    (mail,) = [one for _, one in started.post if one.to == "qian@example.org"]
    assert len(mail.figures) == 1
    assert "sun@example.org" not in {one.to for _, one in started.post}


def test_some_roles_and_units_only(started) -> None:
    with started.store.write() as session:
        for code in ("R1-H1", "R1-H2"):
            session.add(
                Contact(unit_id=started.ids[code], role="principal", name="周示例", email="zhou@example.org")
            )  # type: ignore[call-arg]
    made = hand(started, "zhou@example.org", codes=["R1-H2"], roles=[Role.principal])
    assert [one.unit for one in made.posts] == ["R1-H2"]
    held = {one.unit_id for one in started.rows(Contact, Contact.email == "zhou@example.org")}
    assert held == {started.ids["R1-H1"]}


def test_a_new_unit_list_hands_over_where_one_person_replaces_another(started) -> None:
    rounds.fire(started.store, started.at("2026-03-05 09:00"), after_due=False)
    with started.store.write() as session:
        existing = roster.recorded(session)
        unit = next(one for one in unit_rows_of(existing) if one.code == "R1-H1")
        listed = UnitList((unit,), (ContactRow("R1-H1", Role.liaison, NEW.name, NEW.email, 1),), ())
        roster.apply(session, listed, existing, started.at("2026-03-05 09:05"), "王示例")
    started.cycle("2026-03-05 10:00")
    assert ("提醒", "示例甲县人民医院", "自查报告") in started.lines(NEW.email)
    assert ("交接", "示例甲县人民医院", "问题清单") in started.lines(NEW.email)
    assert [when for when, to in started.mails() if to == MINE and when > "2026-03-05"] == []
    assert {one.state for one in started.notices(Notice.email == MINE, Notice.kind == "rung")} == {
        "withdrawn"
    }


def unit_rows_of(existing: Any) -> list[Any]:
    from states.documents.unitlist import UnitRow

    return [
        UnitRow(code, one.name, one.kind, one.level, one.parent, 1, one.grade, one.beds)
        for code, one in existing.items()
    ]


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("nobody@example.org", NEW, NotFound, "没有单位以 nobody@example.org 为联系人"),
        (MINE, Person("李示例", "li"), Faulty, "缺少 @"),
        (MINE, Person(" ", "li@example.org"), Faulty, "接任人的姓名"),
        (MINE, Person("李示例", MINE), Refused, "同一个邮箱"),
    ],
)
def test_a_hand_over_that_can_not_be_is_refused_with_a_sentence(started, old, new, error, says) -> None:
    with pytest.raises(error, match=says):
        hand(started, old, new)
