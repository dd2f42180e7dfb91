"""From a missed date to a letter: decided once by a named person, numbered without gaps, mailed, received, answered."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest

from states.documents import letterdocx, letterpaper, worddoc
from states.errors import Conflict, Faulty, NotAllowed, NotFound, Refused
from states.records import (
    access,
    confirming,
    confirming_many,
    core,
    foretell,
    letter_acting,
    reading_decisions,
    reading_letters,
    renewed,
    replying,
)
from states.records.asker import EVERYTHING
from states.records.dispatch import Mail, Notice, Proposal
from states.records.papers import LetterCounter, LetterPaper, LetterRow, PutOff
from states.records.reading_decisions import Meant
from states.records.renewing import Version
from states.records.rounds import Answer
from states.records.tables import Journal, Milestone, Obligation

PLAN = """
documents:
  plan: {title: 示例专项整治方案, number: 示卫发〔2026〕2号}
letters:
  - {name: 约谈通知书, number: "示卫约〔{year}〕{n}号"}
  - {key: blue, name: 督办单, colour: blue}
  - {key: yellow, name: 督办单, colour: yellow}
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
# Due Thursday 12 March 18:00; 约谈 is proposed on Thursday 19 March.
DAYS = ("02", "05", "11", "13", "17", "19")
CONFIRMED = "2026-03-19 14:00"
LEADER, WHY = "王示例", "三次催办没有回音"


@pytest.fixture
def campaign(stage) -> int:
    ladders = stage.ladders.replace("letter: 约谈通知书}", "letter: 约谈通知书, reply: +3wd}")
    return stage.launch(stage.template(PLAN, ladders))


@pytest.fixture
def proposed(stage, campaign) -> int:
    """约谈 is proposed for all six units."""
    stage.cycle(*(f"2026-03-{day} 09:00" for day in DAYS))
    assert stage.counted(Proposal.state) == {"proposed": 6}
    return campaign


def proposal(stage, code: str) -> Proposal:
    return stage.one(Proposal, Proposal.unit_id == stage.ids[code], Proposal.name == "约谈")


def confirm(stage, campaign: int, code: str, now: str = CONFIRMED, person: str = LEADER, reason: str = WHY):
    with stage.store.write() as session:
        running = stage.campaign(session, campaign)
        key = proposal(stage, code).id
        return confirming.confirm(session, running, key, person, reason, stage.at(now), "test")


def dismiss(stage, campaign: int, code: str, now: str = CONFIRMED, person: str = LEADER, reason: str = WHY):
    with stage.store.write() as session:
        running = stage.campaign(session, campaign)
        confirming.dismiss(session, running, proposal(stage, code).id, person, reason, stage.at(now), "test")


def receive(stage, campaign: int, letter: int, now: str, at: str | None = None, person: str = "李示例"):
    with stage.store.write() as session:
        running = stage.campaign(session, campaign)
        received = stage.at(at) if at else None
        return replying.receive(session, running, letter, person, received, stage.at(now), "test")


def paper(stage, letter: int) -> bytes:
    return stage.one(LetterPaper, LetterPaper.letter_id == letter).content


def carried(stage, to: str) -> list:
    return [one for _, one in stage.post if one.to == to and one.attachments and one.kind == "urgent"]


def test_a_draft_is_the_letter_before_anybody_has_decided(stage, proposed) -> None:
    key, now = proposal(stage, "R1-H1").id, stage.at(CONFIRMED)
    with stage.store.read() as session:
        running = stage.campaign(session, proposed)
        meant = Meant(None, LEADER, WHY)
        drafted = reading_decisions.draft(session, EVERYTHING, proposed, key, meant, now)
        other = reading_decisions.draft(session, EVERYTHING, proposed, key, Meant("blue"), now)
        assert reading_decisions.refusals(session, EVERYTHING, running, key) == []
        waiting = reading_decisions.waiting(session, EVERYTHING, running, now)
        with pytest.raises(Faulty, match="没有“表扬信”这种文书"):
            reading_decisions.draft(session, EVERYTHING, proposed, key, Meant("表扬信"), now)
    assert (waiting.proposed, waiting.asked, waiting.submitted) == (6, 0, 0)
    assert (drafted.number, other.name, other.number) == ("示卫约〔2026〕1号", "督办单", "〔2026〕1号")
    assert stage.rows(LetterCounter) == []
    made = confirm(stage, proposed, "R1-H1")
    assert (made.number, paper(stage, made.id)) == (drafted.number, drafted.content)
    with stage.store.read() as session:
        running = stage.campaign(session, proposed)
        (says,) = reading_decisions.refusals(session, EVERYTHING, running, key)
        assert f"已由{LEADER}于" in says
        following = proposal(stage, "R1-H2").id
        again = reading_decisions.draft(session, EVERYTHING, proposed, following, meant, now)
    assert again.number == "示卫约〔2026〕2号"


def test_a_confirmed_rung_becomes_letter_no_1_is_mailed_received_and_answered(stage, proposed) -> None:
    made = confirm(stage, proposed, "R1-H1")
    assert (made.name, made.number, made.signer) == ("约谈通知书", "示卫约〔2026〕1号", LEADER)
    text = worddoc.read(paper(stage, made.id), "x.docx").text
    assert "示例甲县人民医院：" in text
    assert "“自查报告”应于2026年3月12日18:00前办结，截至2026年3月19日已逾期5个工作日" in text
    assert "根据《示例专项整治方案》（示卫发〔2026〕2号），决定对你单位主要负责人进行约谈" in text
    assert "请于收到之日起3个工作日内将整改情况书面回复我单位。" in text
    # Its own mail, at once, though the digest of the day has gone out and office hours are over.
    stage.cycle("2026-03-19 20:00")
    (mail,) = carried(stage, stage.address("principal", "R1-H1"))
    assert mail.attachments[0].filename == "约谈通知书示卫约〔2026〕1号.docx"
    assert hashlib.sha256(mail.attachments[0].content).hexdigest() == made.sha256
    assert [(line.rung, line.what) for line in mail.lines] == [("约谈", "约谈通知书示卫约〔2026〕1号")]
    row = stage.one(LetterRow)
    assert stage.local(row.handed_at) == "2026-03-19 20:00"
    reply = stage.milestone(f"letter-{row.id}")
    assert (reply.name, reply.kind, reply.expected) == ("对约谈通知书示卫约〔2026〕1号的回复", "reply", 1)
    assert stage.local(reply.due_at) == "2026-03-24 18:00", "three working days after it was handed over"
    # Received the next day: the three days count from then.
    receive(stage, proposed, row.id, "2026-03-20 10:00")
    assert stage.local(stage.milestone(f"letter-{row.id}").due_at) == "2026-03-25 18:00"
    stage.cycle("2026-03-24 09:00")
    said = [line for line in stage.lines(stage.address("liaison", "R1-H1")) if line[2] == reply.name]
    assert said == [("再提醒", "示例甲县人民医院", reply.name)], "reminded the working day before"
    stage.act(proposed, f"letter-{row.id}", "R1-H1", "submit", "2026-03-25 16:00")
    assert stage.owed(f"letter-{row.id}", "R1-H1").status == "submitted"
    assert not stage.owed(f"letter-{row.id}", "R1-H1").late
    stage.act(proposed, f"letter-{row.id}", "R1-H1", "accept", "2026-03-26 09:00")
    facts = [one.kind for one in stage.rows(Journal) if one.kind.startswith(("letter.", "proposal."))]
    assert facts == ["proposal.confirmed", "letter.made", "letter.handed", "letter.received"]


def test_an_answer_that_comes_too_late_is_demanded_like_anything_owed(stage, proposed) -> None:
    letter = confirm(stage, proposed, "R1-H1").id
    stage.cycle("2026-03-19 14:05", "2026-03-24 09:00", "2026-03-25 09:00")
    rungs = {line[0] for line in stage.lines(stage.address("liaison", "R1-H1")) if "的回复" in line[2]}
    assert rungs == {"再提醒", "催办"}, "due on the 24th at six"
    assert {
        one.unit_id
        for one in stage.notices(
            Notice.milestone_id == stage.milestone(f"letter-{letter}").id, Notice.unit_id != stage.ids["R"]
        )
    } == {stage.ids["R1-H1"]}


def test_decisions_need_a_name_and_a_reason_and_the_unit_still_owing(stage, proposed) -> None:
    before = stage.everything()
    with pytest.raises(Faulty) as caught:
        confirm(stage, proposed, "R1-H1", person=" ", reason=" ")
    assert [one.place for one in caught.value.faults] == ["person", "reason"]
    with stage.store.write() as session, pytest.raises(NotFound):
        confirming.dismiss(
            session, stage.campaign(session, proposed), 999, LEADER, WHY, stage.at(CONFIRMED), "t"
        )
    assert stage.everything() == before
    stage.act(proposed, "report", "R1-H1", "submit", "2026-03-19 10:00")
    with pytest.raises(Conflict, match="针对示例甲县人民医院的约谈已撤回：单位已经办结或期限已改"):
        confirm(stage, proposed, "R1-H1")


def test_a_second_decision_is_told_who_decided_what_and_when(stage, proposed) -> None:
    dismiss(stage, proposed, "R1-H1", reason="已当面说明")
    said = "针对示例甲县人民医院的约谈已由王示例于2026年3月19日14:00驳回（理由：已当面说明）"
    with pytest.raises(Conflict) as caught:
        confirm(stage, proposed, "R1-H1", "2026-03-19 15:00", person="赵示例")
    assert caught.value.detail == said
    assert stage.rows(LetterRow) == []
    (fact,) = stage.journal("proposal.dismissed")
    assert (fact.reason, fact.payload["person"]) == ("已当面说明", LEADER)


def test_what_was_dismissed_takes_no_number(stage, proposed) -> None:
    assert confirm(stage, proposed, "R1-H1").number == "示卫约〔2026〕1号"
    dismiss(stage, proposed, "R1-H2")
    assert confirm(stage, proposed, "R2-H1").number == "示卫约〔2026〕2号"


def test_two_leaders_who_decide_at_once_leave_one_decision(stage, proposed) -> None:
    ready = Barrier(2)

    def decide(way) -> str:
        ready.wait()
        try:
            way(stage, proposed, "R1-H1")
        except Conflict as error:
            return error.detail
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(decide, (confirm, dismiss)))
    assert said[0] == "done"
    assert said[1].startswith("针对示例甲县人民医院的约谈已由王示例于2026年3月19日14:00")
    assert len(stage.rows(LetterRow)) == stage.counted(Proposal.state).get("confirmed", 0)


def test_numbers_are_without_gap_or_double_from_eight_threads(stage, proposed) -> None:
    codes = (*stage.participants, "R1-H1", "R2-H1")  # two of them are asked for twice
    ready = Barrier(len(codes))

    def one(code: str) -> None:
        ready.wait()
        try:
            confirm(stage, proposed, code)
        except Conflict:
            return

    with ThreadPoolExecutor(len(codes)) as pool:
        list(pool.map(one, codes))
    assert sorted(row.seq for row in stage.rows(LetterRow)) == [1, 2, 3, 4, 5, 6]
    assert stage.one(LetterCounter).last == 6


def test_a_letter_that_cannot_be_made_leaves_no_number_behind(stage, proposed, monkeypatch) -> None:
    monkeypatch.setattr(letterpaper, "MOST_BYTES", 10)
    with pytest.raises(Faulty, match="做成的文书过大"):
        confirm(stage, proposed, "R1-H1")
    monkeypatch.undo()
    assert proposal(stage, "R1-H1").state == "proposed"
    assert confirm(stage, proposed, "R1-H1").number == "示卫约〔2026〕1号"


def test_who_may_decide_is_who_runs_the_campaign_and_never_the_unit(stage, proposed) -> None:
    key = proposal(stage, "R1-H1").id

    def decide(under: str | None) -> None:
        path = f"/{stage.ids['R']}/" if under == "R" else None
        if under in ("R1", "R1-H1"):
            path = f"/{stage.ids['R']}/{stage.ids['R1']}/" + (
                f"{stage.ids['R1-H1']}/" if under == "R1-H1" else ""
            )
        scope = access.Scope(1, "test", True, path, None)
        with stage.store.write() as session:
            decision = confirming_many.Decision(True, LEADER, WHY)
            letter_acting.decide(session, scope, proposed, key, decision, stage.at(CONFIRMED))

    for under in ("R1", "R1-H1"):
        with pytest.raises(NotAllowed, match="由组织这次行动的示例市卫生健康委员会或其上级确认或驳回"):
            decide(under)
    decide("R")
    assert stage.one(LetterRow).signer == LEADER
    owner = access.Scope(1, "test", True, f"/{stage.ids['R']}/", None)
    with stage.store.read() as session, pytest.raises(NotAllowed, match="不能决定针对自己的措施"):
        confirming.check_may_decide(session, owner, stage.campaign(session, proposed), stage.ids["R"])


def test_a_letter_is_mailed_once_though_the_unit_answers_or_the_campaign_rests(stage, proposed) -> None:
    confirm(stage, proposed, "R1-H1")
    stage.act(proposed, "report", "R1-H1", "submit", "2026-03-19 14:01")
    stage.cycle("2026-03-19 14:05", "2026-03-19 14:10", "2026-03-20 09:00")
    assert len(carried(stage, stage.address("principal", "R1-H1"))) == 1


def test_a_bounced_letter_climbs_with_its_paper(stage, proposed) -> None:
    gone = stage.address("principal", "R1-H1")
    stage.answers[gone] = lambda _: Answer("permanent", "550 no such user")
    confirm(stage, proposed, "R1-H1")
    stage.cycle("2026-03-19 14:05", "2026-03-19 14:10")
    (mail,) = carried(stage, stage.address("principal", "R1"))
    assert mail.attachments[0].filename.startswith("约谈通知书")
    assert stage.local(stage.one(LetterRow).handed_at) == "2026-03-19 14:10"


def test_what_dies_between_confirming_and_mailing_is_mailed_by_the_next_round_under_the_same_id(
    stage, proposed
) -> None:
    confirm(stage, proposed, "R1-H1")
    to = stage.address("principal", "R1-H1")

    def dying(_message) -> Answer:
        raise KeyboardInterrupt

    stage.answers[to] = dying
    with pytest.raises(KeyboardInterrupt):
        stage.cycle("2026-03-19 14:05")
    (mail,) = stage.rows(Mail, Mail.key == f"u:l:{stage.one(LetterRow).id}:{to}")
    assert mail.state == "queued"
    assert stage.one(LetterRow).handed_at is None
    assert stage.one(LetterRow).reply_id is None, "nobody owes an answer to what has not gone out"
    del stage.answers[to]
    stage.cycle("2026-03-19 14:06", "2026-03-19 14:16")  # the lease of the dead one runs ten minutes
    assert [one.key for one in carried(stage, to)] == [mail.key]


def test_a_letter_that_lies_with_a_stopped_server_holds_back_the_next_rung(stage, proposed) -> None:
    confirm(stage, proposed, "R1-H1")
    to = stage.address("principal", "R1-H1")
    stage.answers[to] = lambda _: Answer("temporary", "连不上", ours=True)
    stage.cycle("2026-03-19 14:05", "2026-03-20 09:00", "2026-03-23 09:00")
    held = {one.obligation_id for one in stage.rows(PutOff)}
    assert held == {stage.owed("report", "R1-H1").id}, "通报 of the others is proposed on the 23rd"
    del stage.answers[to]
    stage.cycle("2026-03-23 13:30", "2026-03-23 15:00", "2026-03-24 09:00", "2026-03-25 09:00")
    one = stage.one(Proposal, Proposal.name == "通报", Proposal.unit_id == stage.ids["R1-H1"])
    assert stage.local(one.at) == "2026-03-25 09:00", "23 March and the two working days since the 19th"


def test_a_receipt_is_recorded_once_and_not_before_the_letter_or_in_the_future(stage, proposed) -> None:
    letter = confirm(stage, proposed, "R1-H1").id
    with pytest.raises(Faulty, match="不能早于文书作出的时间"):
        receive(stage, proposed, letter, "2026-03-19 15:00", at="2026-03-19 13:00")
    with pytest.raises(Faulty, match="不能在将来"):
        receive(stage, proposed, letter, "2026-03-19 15:00", at="2026-03-19 16:00")
    receive(stage, proposed, letter, "2026-03-19 15:00")
    with pytest.raises(Conflict, match="约谈通知书示卫约〔2026〕1号已由李示例于2026年3月19日15:00签收"):
        receive(stage, proposed, letter, "2026-03-19 16:00", person="赵示例")
    reply = stage.milestone(f"letter-{letter}")
    assert stage.local(reply.due_at) == "2026-03-24 18:00", "handed over by hand before the mail went"
    stage.cycle("2026-03-19 16:05")
    assert len(stage.rows(Milestone, Milestone.kind == "reply")) == 1


def test_a_receipt_after_the_reply_was_due_gives_no_new_time(stage, proposed) -> None:
    letter = confirm(stage, proposed, "R1-H1").id
    stage.cycle("2026-03-19 14:05")
    receive(stage, proposed, letter, "2026-03-26 09:00")
    assert stage.local(stage.milestone(f"letter-{letter}").due_at) == "2026-03-24 18:00"


def test_the_same_facts_make_the_same_bytes_and_the_list_tells_them(stage, proposed) -> None:
    made = confirm(stage, proposed, "R1-H1")
    assert hashlib.sha256(paper(stage, made.id)).hexdigest() == made.sha256
    with stage.store.read() as session:
        page = reading_letters.letters(session, access.EVERYTHING, proposed, "R1-H1", 0, 10)
        name, content = reading_letters.paper(session, access.EVERYTHING, proposed, made.id)
    (told,) = page["items"]
    assert (told["number"], told["signer"], told["handed_at"], told["reply"]) == (
        "示卫约〔2026〕1号",
        LEADER,
        None,
        None,
    )
    assert (name, content) == ("约谈通知书示卫约〔2026〕1号.docx", paper(stage, made.id))
    again = letter_again(stage, made)
    assert again == content
    assert BytesIO(content).read(4) == b"PK\x03\x04"


def letter_again(stage, made: LetterRow) -> bytes:
    day = made.made_at.astimezone(stage.hours.zone)
    return letterpaper.made(letterdocx.default(made.name, made.colour), made.facts, day)


def test_a_preview_shows_the_letter_that_was_confirmed_and_the_reminders_of_its_reply(
    stage, proposed
) -> None:
    confirm(stage, proposed, "R1-H1")
    found = foretell.foretell(
        stage.store, stage.at("2026-03-19 14:01"), stage.at("2026-03-25 12:00"), stage.hours
    )
    mine = [one for one in found if one.to == stage.address("principal", "R1-H1") and one.kind == "urgent"]
    assert [one.lines for one in mine] == [(("约谈", "示例甲县人民医院", "约谈通知书示卫约〔2026〕1号"),)]
    assert any("的回复" in line[2] for one in found for line in one.lines)
    assert stage.one(LetterRow).handed_at is None


def test_a_reply_is_asked_of_nobody_else_and_outlives_a_new_version_of_the_plan(stage, proposed) -> None:
    letter = confirm(stage, proposed, "R1-H1").id
    stage.cycle("2026-03-19 14:05")
    with stage.store.write() as session:
        campaign = stage.campaign(session, proposed)
        text = campaign.row.template_text.replace("version: 1", "version: 2")
        renewed.renew(session, proposed, Version(text), stage.at("2026-03-19 15:00"), "test")
    reply = stage.milestone(f"letter-{letter}")
    assert reply.withdrawn_at is None
    rows = stage.rows(Obligation)
    assert {one.unit_id for one in rows if one.milestone_id == reply.id} == {stage.ids["R1-H1"]}


def test_confirming_is_refused_while_the_campaign_rests(stage, proposed) -> None:
    stage.put(core.campaign, core.campaign.c.id == proposed, state="check.suspended")
    with pytest.raises(Refused, match="已暂停"):
        confirm(stage, proposed, "R1-H1")


def test_of_kinds_of_one_name_the_one_that_is_chosen_by_its_key_is_made(stage, proposed) -> None:
    made = []
    for code, letter in (("R1-H1", "yellow"), ("R1-H2", "blue"), ("R1", "督办单")):
        with stage.store.write() as session:
            key, running = proposal(stage, code).id, stage.campaign(session, proposed)
            at = stage.at(CONFIRMED)
            made.append(confirming.confirm(session, running, key, LEADER, WHY, at, "test", letter=letter))
    assert [(one.name, one.number, one.colour) for one in made] == [
        ("督办单", "〔2026〕1号", "yellow"),
        ("督办单", "〔2026〕2号", "blue"),
        ("督办单", "〔2026〕3号", "blue"),
    ]
