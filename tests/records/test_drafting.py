"""What a mail about the opening of a phase says: what it brings, apart from what was owed before, with a way to look."""

from __future__ import annotations

from datetime import date

from states.letters import EARLIER, render
from states.records.rounds import Answer

HERE = "示例甲县人民医院"


def opened(stage, code: str = "R1-H1") -> list[tuple[str, str]]:
    """(rung, what) in the liaison's mail of the day on which the second phase opens."""
    (message,) = [
        one
        for when, one in stage.post
        if one.to == stage.address("liaison", code) and stage.local(when) == "2026-03-16 09:00"
    ]
    return [(line.rung, line.what) for line in message.lines]


def lived(stage, **handed_in: str) -> int:
    """Three phases; the first is over on Sunday 15 March, everything in it due some days before."""
    announced = stage.phases.replace("after_previous,", "after_previous, announce: [liaison],")
    key = stage.launch(stage.template(announced, stage.requirements))
    stage.cycle("2026-03-02 09:00")
    for requirement, code in handed_in.items():
        stage.act(key, requirement, code, "submit", "2026-03-10 10:00")
    stage.cycle("2026-03-16 00:00", "2026-03-16 09:00")
    return int(key)


def test_a_phase_that_opens_names_what_it_brings_and_apart_what_is_still_owed(stage) -> None:
    lived(stage)
    assert opened(stage) == [("下发", "整改报告"), (EARLIER, "自查报告"), (EARLIER, "问题清单")]


def test_what_was_handed_in_is_not_owed_from_before(stage) -> None:
    lived(stage, report="R1-H1")
    assert opened(stage) == [("下发", "整改报告"), (EARLIER, "问题清单")]


def test_where_nothing_new_is_owed_the_phase_is_announced_all_the_same(stage) -> None:
    key = lived(stage)
    stage.post.clear()
    for requirement in ("mended", "list"):
        stage.act(key, requirement, "R1-H1", "waive", "2026-03-17 10:00", reason="不适用")
    stage.cycle("2026-03-30 00:00")
    for requirement in ("summary",):
        stage.act(key, requirement, "R1-H1", "waive", "2026-03-30 08:00", reason="不适用")
    stage.cycle("2026-03-30 09:00")
    (message,) = [one for _, one in stage.post if one.to == stage.address("liaison", "R1-H1")]
    assert [(line.rung, line.what) for line in message.lines] == [
        ("下发", "“总结提升”阶段开始"),
        (EARLIER, "自查报告"),
    ]
    assert message.lines[0].reason != message.lines[1].reason


def test_the_line_climbs_with_its_phase_when_the_address_is_dead(stage) -> None:
    def dies(message):
        dead = message.day >= date(2026, 3, 16)
        return Answer("permanent", "550 no such user") if dead else Answer("sent")

    stage.answers[stage.address("liaison", "R2-C1")] = dies
    lived(stage)
    stage.cycle("2026-03-17 09:00")
    climbed = [
        (line.rung, line.what)
        for when, one in stage.post
        if one.to == stage.address("liaison", "R2") and stage.local(when) >= "2026-03-16"
        for line in one.lines
        if line.unit == "示例乙县惠民诊所"
    ]
    assert climbed == [("下发", "整改报告"), (EARLIER, "自查报告"), (EARLIER, "问题清单")]


def test_every_line_leads_to_the_page_of_its_campaign(stage) -> None:
    key = lived(stage)
    lines = [line for _, one in stage.post for line in one.lines]
    assert {line.url for line in lines} == {f"/campaigns/{key}"}
    message = stage.post[0][1]
    letter = render(
        message,
        sender="duban@example.org",
        base_url="https://duban.example.test/",
        now=stage.at("2026-03-02 09:00"),
        zone=stage.hours.zone,
    )
    for body in (letter.text, letter.html):
        assert f"https://duban.example.test/campaigns/{key}" in body


def test_a_phase_that_opens_tells_its_tasks_and_those_of_the_workstreams_in_which_it_asks_something(
    stage,
) -> None:
    announced = stage.phases.replace("after_previous,", "after_previous, announce: [liaison],")
    phases = announced.replace("name: 集中整治,", "name: 集中整治, tasks: [逐项销号, 边查边改],")
    streams = "workstreams:\n  - {key: cure, name: 专项整改, tasks: [建立台账]}\n  - {key: other, name: 宣传, tasks: [张贴标语]}\n"
    asked = stage.requirements.replace("key: mended,", "key: mended, workstream: cure,")
    stage.launch(stage.template(phases, streams, asked))
    stage.cycle("2026-03-02 09:00", "2026-03-16 00:00", "2026-03-16 09:00", "2026-03-17 09:00")
    told = [
        (stage.local(when), one) for when, one in stage.post if one.to == stage.address("liaison", "R1-H1")
    ]
    tasks = {
        when: [(each.of, each.listed) for line in one.lines for each in line.tasks] for when, one in told
    }
    assert tasks["2026-03-16 09:00"] == [
        ("“集中整治”阶段", ("逐项销号", "边查边改")),
        ("“专项整改”", ("建立台账",)),
    ]
    assert sum(map(len, tasks.values())) == 2, "a task is told once, when it begins"


def test_a_mail_says_whom_the_plan_wants_it_handed_to_with_copies(stage) -> None:
    asked = stage.requirements.replace(
        "key: mended,", "key: mended, to: 医政科, copies: [办公室, 监督处], carried_by: 整治周报,"
    )
    key = stage.launch(
        stage.template(stage.phases.replace("after_previous,", "after_previous, announce: [liaison],"), asked)
    )
    assert key
    stage.cycle("2026-03-02 09:00", "2026-03-16 00:00", "2026-03-16 09:00")
    mine = [one for _, one in stage.post if one.to == stage.address("liaison", "R1-H1")]
    message = mine[-1]
    said = {line.what: line.goes_to for line in message.lines}
    assert said == {
        "整改报告": "医政科；抄送办公室、监督处；随整治周报一并报送",
        "自查报告": "",
        "问题清单": "",
    }
    letter = render(
        message,
        sender="duban@example.org",
        base_url="",
        now=stage.at("2026-03-16 09:00"),
        zone=stage.hours.zone,
    )
    for body in (letter.text, letter.html):
        assert body.count("报送：医政科；抄送办公室、监督处；随整治周报一并报送") == 1
