"""A mail is judged again before it goes; nothing is lost, and no fault of one stops the others."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from states.records import core, drafting, rounds
from states.records.dispatch import Mail, Notice
from states.records.rounds import Answer
from states.records.tables import Journal

DECIDED = "2026-03-05 09:00"
ENDED = {"mailed", "withdrawn", "vacant"}


def no(kind: str, detail: str = "550 no such user"):
    return lambda _message: Answer(kind, detail)


def chosen(*codes: str):
    from states.records.scopes import Selection

    return Selection(codes=codes)


def test_what_was_settled_between_composing_and_sending_is_left_out(stage, campaign) -> None:
    stage.launch(stage.template(stage.one_report.replace("自查报告", "另一报告"), stage.ladders))
    stage.decide(DECIDED)
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-05 09:01")
    stage.deliver("2026-03-05 09:02")
    assert stage.lines(stage.address("liaison", "R1-H1")) == [("提醒", "示例甲县人民医院", "另一报告")]
    mine = stage.notices(Notice.unit_id == stage.ids["R1-H1"], Notice.kind == "rung")
    assert sorted(one.state for one in mine) == ["mailed", "withdrawn"]


def test_a_mail_with_nothing_left_to_say_is_withdrawn(stage, campaign) -> None:
    stage.decide(DECIDED)
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-05 09:01")
    stage.deliver("2026-03-05 09:02")
    to = stage.address("liaison", "R1-H1")
    assert stage.mail_to(to).state == "withdrawn"
    assert stage.lines(to) == []
    assert len(stage.journal("mail.withdrawn")) == 1


@pytest.mark.parametrize("move", ["suspend", "exempt"])
def test_a_unit_that_was_suspended_or_exempted_meanwhile_is_left_in_peace(stage, campaign, move) -> None:
    stage.decide(DECIDED)
    stage.move(campaign, "R1-H1", move, "2026-03-05 09:01", reason="已停业")
    stage.deliver("2026-03-05 09:02")
    assert stage.lines(stage.address("liaison", "R1-H1")) == []


@pytest.mark.parametrize("state", ["check.suspended", "cancelled"])
def test_a_campaign_that_was_suspended_or_cancelled_meanwhile_says_nothing(stage, campaign, state) -> None:
    stage.decide(DECIDED)
    stage.put(core.campaign, core.campaign.c.id == campaign, state=state)
    stage.deliver("2026-03-05 09:02")
    assert stage.post == []
    assert stage.counted(Mail.state) == {"withdrawn": 7}


def test_the_announcement_of_a_phase_says_what_is_owed_except_what_a_rung_says_already(stage) -> None:
    stage.launch(start="2026-03-05", fills={"report.due": "2026-03-12"})
    stage.cycle("2026-03-05 09:00")
    assert stage.lines(stage.address("liaison", "R1-H1")) == [
        ("下发", "示例甲县人民医院", "问题清单"),
        ("提醒", "示例甲县人民医院", "自查报告"),
    ]


def test_the_coordinator_gets_figures_and_a_sheet_in_one_mail(stage) -> None:
    stage.launch()
    stage.cycle("2026-03-05 09:00")
    (message,) = [one for _, one in stage.post if one.to == stage.address("coordinator", "R")]
    assert message.kind == "figures"
    assert [one.units for one in message.figures] == [6]
    assert [one.filename.rsplit(".", 1)[1] for one in message.attachments] == ["xlsx"]


def test_over_a_whole_campaign_every_notice_comes_to_an_end(empty_stage) -> None:
    stage = empty_stage.people(without=[("R1-H1", "liaison"), ("R2-C1", "principal"), ("R", "office")])
    stage.launch(past="keep")
    stage.answers[stage.address("liaison", "R2")] = no("permanent")
    stage.answers[stage.address("deputy_leader", "R1")] = no("permanent")
    days = [
        f"2026-{month:02}-{day:02} {hour}"
        for month in (3, 4)
        for day in range(1, 31)
        for hour in ("00:00", "09:00", "09:30")
    ]
    stage.cycle(*[one for one in days if one >= "2026-03-02 08:30"])
    assert {one.state for one in stage.notices()} <= ENDED
    assert set(stage.counted(Mail.state)) <= {"sent", "refused", "withdrawn"}
    bound = {one.mail_id for one in stage.notices(Notice.state == "mailed")}
    assert bound <= {one.id for one in stage.rows(Mail)}
    told = Counter((one.key, one.email) for one in stage.notices())
    assert set(told.values()) == {1}


def test_a_mail_that_cannot_be_written_does_not_stop_the_others_and_is_tried_again(stage, campaign) -> None:
    def explode(_message):
        raise ValueError("no such glyph")

    to = stage.address("liaison", "R1")
    stage.answers[to] = explode
    stage.decide(DECIDED)
    done = stage.deliver(DECIDED)
    assert (done.sent, done.deferred) == (6, 1)
    assert "no such glyph" in stage.mail_to(to).error
    del stage.answers[to]
    assert stage.deliver("2026-03-05 09:01").sent == 1


def test_mails_of_a_campaign_whose_template_no_longer_loads_do_not_stop_the_others(stage, campaign) -> None:
    sound = stage.launch(stage.template(stage.one_report, stage.ladders), selection=chosen("R1-H1"))
    stage.decide(DECIDED)
    stage.spoil(campaign)
    stage.put(core.notice, core.notice.c.campaign_id == sound, email="only@example.org")
    stage.put(
        core.notice,
        sa.and_(core.notice.c.campaign_id == sound, core.notice.c.kind == "rung"),
        mail_id=None,
        state="pending",
    )
    rounds.compose(stage.store, stage.at("2026-03-05 09:01"), stage.hours)
    done = stage.deliver("2026-03-05 09:01")
    assert stage.lines("only@example.org") == [("提醒", "示例甲县人民医院", "自查报告")]
    assert done.deferred == 7
    waiting = stage.rows(Mail, Mail.state == "queued")
    assert len(waiting) == 7
    assert all(one.error for one in waiting)


def test_composing_by_several_at_once_binds_every_notice_to_one_mail(stage) -> None:
    for _ in range(3):
        stage.launch()
    now = stage.at(DECIDED)
    for after in (False, True):
        rounds.fire(stage.store, now, after_due=after)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: rounds.compose(stage.store, now, stage.hours), range(8)))
    assert sum(made) >= len(stage.rows(Mail)) == 7
    assert {one.state for one in stage.notices()} == {"mailed"}
    with stage.store.read() as session:
        keys = [one.id for one in stage.rows(Mail)]
        drafted = drafting.drafts(session, keys, now)
    assert all(one.message is not None for one in drafted.values())


def test_every_mail_that_ended_has_its_fact(stage, campaign) -> None:
    stage.answers[stage.address("liaison", "R1")] = no("permanent")
    stage.answers[stage.address("liaison", "R2")] = no("temporary")
    stage.cycle(DECIDED)
    facts = stage.counted(Journal.kind, Journal.kind.like("mail.%"))  # type: ignore[attr-defined]
    assert facts == {"mail.sent": 5, "mail.refused": 1, "mail.deferred": 1}
