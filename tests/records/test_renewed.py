"""A running campaign takes a new version: what is finished stays finished, the rest follows what was decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from states.errors import Faulty, Refused
from states.records import campaigning, figures, foretell, opening, past, renewed, renewing
from states.records.access import EVERYTHING
from states.records.dispatch import Notice, Proposal, Timer
from states.records.renewing import Renewal, Version
from states.records.tables import Campaign, LedgerItem, Milestone, PhaseRow, UnitRun

MORNING = "2026-03-10 08:30"


def newer(text: str, *changes: tuple[str, str], version: int = 2) -> str:
    for before, after in (("version: 1", f"version: {version}"), *changes):
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def draft(stage: Any, key: int, text: str, now: str = MORNING, **more: Any) -> Renewal:
    with stage.store.read() as session:
        return renewing.draft(session, key, Version(text, **more), stage.at(now))


def renew(stage: Any, key: int, text: str, now: str = MORNING, **more: Any) -> Renewal:
    with stage.store.write() as session:
        return renewed.renew(session, key, Version(text, **more), stage.at(now), "test")


@pytest.fixture
def running(stage: Any) -> int:
    """Started on Monday 2 March: 自查报告 due Thu 12, 问题清单 due Fri 13; the second phase begins on Mon 16."""
    key = stage.launch()
    stage.cycle("2026-03-02 09:00", "2026-03-05 09:00", "2026-03-06 09:00")
    return int(key)


LATER = ("due: 启动后10日内", "due: 启动后15日内")


def test_a_draft_writes_nothing_and_asks_for_every_changed_date(stage: Any, running: int) -> None:
    before = stage.everything()
    found = draft(stage, running, newer(stage.template(), LATER))
    assert found.refusals == (
        "“自查报告”的期限由 2026-03-12 18:00 改为 2026-03-17 18:00：照新版请写 --recompute report，不改请写 --keep report",
    )
    assert stage.everything() == before


def test_what_is_refused_leaves_no_trace(stage: Any, running: int) -> None:
    before = stage.everything()
    with pytest.raises(Refused):
        renew(stage, running, newer(stage.template(), LATER))
    assert stage.everything() == before


def test_a_recomputed_date_moves_with_its_rungs_and_the_original_stays(stage: Any, running: int) -> None:
    renew(stage, running, newer(stage.template(), LATER), recompute=("report",))
    row = stage.milestone("report")
    assert (stage.local(row.due_at), stage.local(row.original_due_at)) == (
        "2026-03-17 18:00",
        "2026-03-12 18:00",
    )
    coming = [one for one in stage.timers(Timer.milestone_id == row.id) if one.done_at is None]
    assert [(one.rung, stage.local(one.fire_at)) for one in coming] == [
        (2, "2026-03-16 09:00"),
        (3, "2026-03-18 09:00"),
        (4, "2026-03-20 09:00"),
        (5, "2026-03-24 09:00"),
        (6, "2026-03-26 09:00"),
    ]  # the first reminder was sent on 5 March and is not sent again
    stage.cycle("2026-03-11 09:00", "2026-03-16 09:00")
    rungs = [one.rung for one in stage.notices(Notice.milestone_id == row.id, Notice.rung > 0)]
    assert set(rungs) == {1, 2}


def test_a_kept_date_stays_whatever_the_plan_says_later(stage: Any, running: int) -> None:
    text = newer(stage.template(), LATER)
    renew(stage, running, text, keep=("report",))
    row = stage.milestone("report")
    assert (stage.local(row.due_at), row.held) == ("2026-03-12 18:00", True)
    (told,) = stage.journal("milestone.held")
    assert (told.before, told.after) == (row.due_at.isoformat(), row.due_at.isoformat())
    again = draft(stage, running, text.replace("version: 2", "version: 3"))
    assert (again.changes, again.refusals) == ((), ())


def test_a_kept_date_that_is_not_open_yet_survives_an_early_opening(stage: Any, running: int) -> None:
    text = newer(
        stage.template(),
        (
            "mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日",
            "mended, name: 整改报告, phase: mend, due: 阶段结束前5个工作日",
        ),
    )
    before = stage.milestone("mended").due_at
    renew(stage, running, text, keep=("mended",))
    with stage.store.write() as session:
        campaigning.move(session, running, "advance", stage.at("2026-03-11 09:00"), "test")
    assert stage.milestone("mended").due_at == before
    assert stage.milestone("summary").due_at != stage.milestone("summary").original_due_at


def test_who_has_finished_is_left_alone(stage: Any, running: int) -> None:
    stage.act(running, "report", "R1-H1", "submit", "2026-03-09 09:00")
    stage.act(running, "report", "R1-H2", "nil", "2026-03-09 09:00")
    before = [stage.owed("report", code) for code in ("R1-H1", "R1-H2")]
    renew(stage, running, newer(stage.template(), LATER), recompute=("report",))
    assert [stage.owed("report", code) for code in ("R1-H1", "R1-H2")] == before
    stage.cycle("2026-03-16 09:00", "2026-03-18 09:00")
    heard = {
        one.unit_id
        for one in stage.notices(
            Notice.kind == "rung",
            Notice.milestone_id == stage.milestone("report").id,
            Notice.at > stage.at("2026-03-10 00:00"),
        )
    }
    assert heard == {stage.ids[code] for code in ("R1", "R2", "R2-H1", "R2-C1")}


def test_what_everybody_has_finished_is_not_asked_for(stage: Any, running: int) -> None:
    for code in stage.participants:
        stage.act(running, "report", code, "submit", "2026-03-09 09:00")
    renew(stage, running, newer(stage.template(), LATER))
    row = stage.milestone("report")
    assert (stage.local(row.due_at), row.held) == ("2026-03-12 18:00", True)


def test_who_has_a_date_of_its_own_keeps_it(stage: Any, running: int) -> None:
    stage.act(running, "report", "R1-H1", "submit", "2026-03-09 09:00")
    stage.act(running, "report", "R1-H1", "return", "2026-03-10 08:00", reason="缺附件")
    before = stage.owed("report", "R1-H1").due_at
    renew(
        stage,
        running,
        newer(stage.template(), ("due: 启动后10日内", "due: 启动后30日内")),
        recompute=("report",),
    )
    assert stage.owed("report", "R1-H1").due_at == before
    own = stage.timers(Timer.obligation_id == stage.owed("report", "R1-H1").id, Timer.done_at == None)  # noqa: E711
    assert own


LESS = ("  - {key: list, name: 问题清单, phase: check, due: 启动后11日内, review: true}\n", "")


def test_what_the_version_lacks_is_withdrawn_with_its_history(stage: Any, running: int) -> None:
    stage.act(running, "list", "R1-H1", "submit", "2026-03-09 09:00")
    stage.act(running, "list", "R1-H1", "accept", "2026-03-09 10:00")
    key = stage.milestone("list").id
    renew(stage, running, newer(stage.template(), LESS), reason="上级取消")
    row = stage.one(Milestone, Milestone.id == key)
    assert row.withdrawn_at == stage.at(MORNING)
    assert stage.owed("list", "R1-H1").status == "accepted"
    assert stage.owed("list", "R1").status == "waived"
    waived = stage.journal("obligation.waive")
    assert len(waived) == len(stage.participants) - 1
    assert {(one.before, one.reason, one.actor) for one in waived} == {("open", "新版方案不再要求", "test")}
    assert [one.done_at for one in stage.timers(Timer.milestone_id == key) if one.done_at is None] == []
    stage.cycle("2026-03-12 09:00", "2026-03-16 09:00")
    assert stage.notices(Notice.milestone_id == key, Notice.at > stage.at(MORNING)) == []
    with pytest.raises(Refused, match="已撤销"):
        stage.act(running, "list", "R1-H1", "return", "2026-03-17 09:00", reason="再看")


def test_a_unit_held_up_only_by_what_was_withdrawn_goes_on(stage: Any, running: int) -> None:
    for code in stage.participants:
        stage.act(running, "report", code, "submit", "2026-03-09 09:00")
    assert stage.run("R1-H1").state == "check"
    renew(stage, running, newer(stage.template(), LESS))
    assert stage.run("R1-H1").state == "check.review"


def test_what_comes_back_after_it_was_withdrawn_needs_another_key(stage: Any, running: int) -> None:
    renew(stage, running, newer(stage.template(), LESS))
    found = draft(stage, running, newer(stage.template(), version=3))
    assert found.refusals == ("“问题清单”（list）曾经下达又已撤销；新版要再提，请换一个 key",)


MORE = ("ladder: main\n", "  - {key: extra, name: 补充材料, phase: check, due: 启动后14日内}\nladder: main\n")


def test_what_is_new_in_an_open_phase_is_handed_out_at_once(stage: Any, running: int) -> None:
    renew(stage, running, newer(stage.template(), MORE))
    row = stage.milestone("extra")
    assert (row.opened_at, row.expected) == (stage.at(MORNING), len(stage.participants))
    assert stage.owed("extra", "R2-C1").status == "open"


def test_what_is_new_and_over_waits_for_a_decision(stage: Any, running: int) -> None:
    text = newer(stage.template(), (MORE[0], MORE[1].replace("14日", "3日")))
    found = draft(stage, running, text)
    assert found.refusals == (
        "新增的“补充材料”期限 2026-03-05 18:00 已过：另定日期请写 --set extra.due=日期，下达即逾期请写 --recompute extra，不下达请写 --keep extra",
    )
    assert found.places == ("extra.due",)
    with pytest.raises(Refused) as refused:
        renew(stage, running, text)
    assert refused.value.places == ["extra.due"]
    assert draft(stage, running, text, fills={"extra.due": "2026-03-20"}).refusals == ()
    renew(stage, running, text, keep=("extra",))
    row = stage.milestone("extra")
    assert (row.opened_at, row.withdrawn_at) == (None, stage.at(MORNING))
    stage.cycle("2026-03-10 09:00")
    assert stage.milestone("extra").opened_at is None


def test_a_date_that_moves_into_the_past_or_cannot_be_meant_names_its_place(stage: Any, running: int) -> None:
    found = draft(stage, running, newer(stage.template(), (LATER[0], "due: 启动后5日内")))
    assert (
        "改为 2026-03-07 18:00（已过）：另定日期请写 --set report.due=日期，照新版请写" in found.refusals[0]
    )
    assert found.places == ("report.due",)
    text = newer(stage.template())
    found = draft(stage, running, text, fills={"report.due": "2026-02-20"}, recompute=("report",))
    assert found.refusals == (
        "“自查报告”的期限（2026-02-20）早于行动开始（2026-03-02），请改 --set report.due=日期",
    )
    assert found.places == ("report.due",)
    odd = draft(stage, running, text, fills={"report.due": "2026-03-20"}, recompute=("report",))
    assert (odd.refusals, odd.places) == ((), ())
    assert any("晚于“自查自纠”阶段结束" in one for one in odd.warnings)


def test_what_is_new_and_over_may_be_handed_out_as_overdue(stage: Any, running: int) -> None:
    text = newer(stage.template(), (MORE[0], MORE[1].replace("14日", "3日")))
    renew(stage, running, text, recompute=("extra",))
    stage.cycle("2026-03-10 08:40")
    told = stage.notices(Notice.milestone_id == stage.milestone("extra").id, Notice.kind == "rung")
    assert {one.rung for one in told} == {3}


HOSPITALS = ("key: list, name: 问题清单,", "key: list, name: 问题清单, scope: {kinds: [医院]},")


def test_who_falls_out_of_scope_is_waived_and_who_comes_in_owes(stage: Any, running: int) -> None:
    narrow = newer(stage.template(), HOSPITALS)
    renew(stage, running, narrow)
    owed = {code: stage.owed("list", code).status for code in stage.participants}
    assert owed == {code: "open" if code in ("R1-H1", "R2-H1") else "waived" for code in stage.participants}
    wide = narrow.replace("version: 2", "version: 3").replace("kinds: [医院]", "kinds: [医院, 中医院, 诊所]")
    stage.act(running, "list", "R1-H1", "submit", "2026-03-10 09:00")
    renew(stage, running, wide, now="2026-03-10 10:00")
    assert stage.owed("list", "R1-H2").status == "waived"  # what was waived stays waived
    assert stage.owed("list", "R1-H1").status == "submitted"


def test_units_new_in_scope_owe_it_from_now_on(stage: Any) -> None:
    narrow = newer(stage.template(), HOSPITALS).replace("version: 2", "version: 1")
    key = stage.launch(narrow)
    renew(stage, key, newer(narrow, ("kinds: [医院]", "kinds: [医院, 诊所]")))
    assert stage.owed("list", "R2-C1").status == "open"
    assert stage.milestone("list").expected == 3


def test_units_in_a_step_the_version_lacks_stop_it(stage: Any, running: int) -> None:
    for code in ("R1-H1", "R1-H2"):
        for name in ("report", "list"):
            stage.act(running, name, code, "submit", "2026-03-09 09:00")
    text = newer(stage.template(), ("review: true, announce", "announce"))
    found = draft(stage, running, text)
    assert found.refusals[0].startswith("有 2 个单位处在“自查自纠·审核”，新版没有这一步；请先让它们离开")
    with pytest.raises(Refused, match="有 2 个单位"):
        renew(stage, running, text)
    assert stage.one(Campaign).template_version == 1


def test_the_phase_the_campaign_is_in_must_stay(stage: Any, running: int) -> None:
    text = newer(
        stage.template(),
        ("key: check", "key: look"),
        ("phase: check", "phase: look"),
        ("phase: check", "phase: look"),
    )
    said = draft(stage, running, text).refusals
    assert said[0].startswith("专项行动正处在“自查自纠”，新版没有这个阶段")
    assert said[1].startswith("有 6 个单位处在“自查自纠”")


def test_a_phase_before_the_present_one_would_hold_everybody_up(stage: Any, running: int) -> None:
    text = newer(stage.template(), ("phases:\n", "phases:\n  - {key: first, name: 动员, window: 为期1周}\n"))
    assert "它再也不会开启" in draft(stage, running, text).refusals[0]


def test_a_phase_in_between_moves_the_places_of_those_behind_it(stage: Any, running: int) -> None:
    text = newer(
        stage.template(),
        (
            "  - {key: mend",
            "  - {key: check2, name: 复查, opens: after_previous, window: 为期1周}\n  - {key: mend",
        ),
    )
    renew(stage, running, text, recompute=("mended", "summary"))
    rows = {one.key: one.ord for one in stage.rows(PhaseRow)}
    assert rows == {"check": 1, "check2": 2, "mend": 3, "sum": 4}
    stage.cycle("2026-03-16 00:00")
    assert (stage.one(Campaign).state, stage.one(Campaign).ord) == ("check2", 2)


def test_a_phase_that_goes_leaves_the_row_and_its_history_stays(stage: Any, running: int) -> None:
    text = newer(
        stage.template(),
        ("  - {key: sum, name: 总结提升, opens: after_previous, window: 为期2周}\n", ""),
        ("  - {key: summary, name: 工作总结, phase: sum, due: 阶段结束前3个工作日}\n", ""),
    )
    renew(stage, running, text)
    gone = stage.one(PhaseRow, PhaseRow.key == "sum")
    assert (gone.ord, gone.withdrawn_at) == (None, stage.at(MORNING))
    stage.cycle("2026-04-20 09:00")
    assert stage.one(PhaseRow, PhaseRow.key == "sum").opened_at is None
    assert stage.milestone("summary").opened_at is None


def test_another_ladder_cannot_be_put_under_what_is_being_climbed(stage: Any, running: int) -> None:
    text = newer(stage.template(), ("at: -1wd", "at: -2wd"))
    said = draft(stage, running, text).refusals
    assert said[0].startswith("“自查报告”已按原梯次发过提醒，不能中途换梯次")


def test_before_any_rung_has_spoken_the_ladder_can_change(stage: Any) -> None:
    key = stage.launch()
    stage.act(key, "report", "R1-H1", "submit", "2026-03-02 09:00")
    stage.act(key, "report", "R1-H1", "return", "2026-03-02 09:30", reason="缺附件")
    renew(stage, key, newer(stage.template(), ("at: -1wd", "at: -2wd")), now="2026-03-03 08:30")
    row, own = stage.milestone("report"), stage.owed("report", "R1-H1").id
    coming = [
        one for one in stage.timers(Timer.milestone_id == row.id, Timer.rung == 2) if one.done_at is None
    ]
    assert {(one.obligation_id, stage.local(one.fire_at)) for one in coming} == {
        (0, "2026-03-10 09:00"),
        (own, "2026-03-10 09:00"),
    }


def test_steps_only_proposed_for_the_old_date_are_withdrawn_and_come_again(stage: Any, running: int) -> None:
    days = ("2026-03-11", "2026-03-13", "2026-03-17", "2026-03-19")
    stage.cycle(*(f"{day} 09:00" for day in days))
    row = stage.milestone("report")
    assert {one.state for one in stage.rows(Proposal, Proposal.milestone_id == row.id)} == {"proposed"}
    text = newer(stage.template(), ("due: 启动后10日内", "due: 启动后25日内"))
    renew(stage, running, text, now="2026-03-19 10:00", recompute=("report",))
    assert {one.state for one in stage.rows(Proposal, Proposal.milestone_id == row.id)} == {"withdrawn"}
    coming = [one.rung for one in stage.timers(Timer.milestone_id == row.id) if one.done_at is None]
    assert coming == [1, 2, 3, 4, 5, 6], "all of them fall after the old date"


def test_fills_stay_where_the_version_says_the_same(stage: Any) -> None:
    blank = ("due: 启动后10日内", "due: __月__日前"), ("due: 启动后11日内", "due: __月__日前")
    text = newer(stage.template(), *blank).replace("version: 2", "version: 1")
    key = stage.launch(text, fills={"report.due": "2026-03-12", "list.due": "2026-03-13"})
    filled = newer(
        text,
        ("name: 自查报告, phase: check, due: __月__日前", "name: 自查报告, phase: check, due: 2026年3月18日"),
    )
    found = draft(stage, key, filled, recompute=("report",))
    assert found.refusals == ()
    assert dict(found.fills) == {"list.due": "2026-03-13"}
    assert any("report.due 不再适用" in one for one in found.warnings)


def test_a_new_blank_is_named(stage: Any, running: int) -> None:
    text = newer(stage.template(), (MORE[0], MORE[1].replace("启动后14日内", "__月__日前")))
    assert "“补充材料”在新版中为空" in draft(stage, running, text).refusals[0]
    assert draft(stage, running, text, fills={"extra.due": "2026-03-14"}).refusals == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("key: sample", "key: other"), "另一个方案"),
        (("version: 2", "version: 1"), "新版的 version 应大于它"),
        (("title: 示例专项行动", "title: 示例专项行动\ntimezone: UTC"), "改了时区"),
    ],
)
def test_what_is_no_next_version_is_refused(
    stage: Any, running: int, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        draft(stage, running, newer(stage.template()).replace(*change))


def test_what_is_over_takes_no_version(stage: Any, running: int) -> None:
    stage.put(Campaign.__table__, Campaign.__table__.c.id == running, closed_at=stage.at(MORNING))
    with pytest.raises(Refused, match="已经结束"):
        draft(stage, running, newer(stage.template()))


def test_a_decision_about_nothing_is_refused(stage: Any, running: int) -> None:
    with pytest.raises(Faulty, match="没有要为它决定的期限"):
        draft(stage, running, newer(stage.template(), LATER), keep=("summary",))


def test_it_is_one_fact_with_both_versions_and_every_run_must_be_judged_anew(
    stage: Any, running: int
) -> None:
    versions = {one.unit_id: one.version for one in stage.rows(UnitRun)}
    renew(stage, running, newer(stage.template(), LATER, MORE), recompute=("report",), reason="上级来文")
    (told,) = stage.journal("campaign.renewed")
    assert (told.before, told.after, told.reason) == ("1", "2", "上级来文")
    assert told.payload["changes"] == {"date": 1, "added": 1}
    assert told.payload["text"] == stage.template()
    assert {one.unit_id: one.version for one in stage.rows(UnitRun)} == {
        key: n + 1 for key, n in versions.items()
    }
    (moved,) = stage.journal("milestone.redated")
    assert [stage.local(datetime.fromisoformat(at)) for at in (moved.before, moved.after)] == [
        "2026-03-12 18:00",
        "2026-03-17 18:00",
    ]


def test_the_ledger_says_what_the_version_says(stage: Any) -> None:
    ledger = "ledger:\n  columns: [问题]\n  rows:\n    - {no: 1, project: 示例, problem: 不公示, measures: [公示], departments: [办公室], due: 4月}\n    - {no: 2, project: 示例, problem: 无台账, measures: [建账], departments: [办公室], due: 5月}\n"
    text = stage.template(stage.phases, stage.requirements, stage.ladders, ledger)
    key = stage.launch(text)
    other = newer(
        text,
        ("problem: 不公示", "problem: 公示不全"),
        (
            "    - {no: 2, project: 示例, problem: 无台账, measures: [建账], departments: [办公室], due: 5月}\n",
            "    - {no: 3, project: 示例, problem: 超期, measures: [清理], departments: [监督处], due: 5月}\n",
        ),
    )
    renew(stage, key, other)
    assert [(one.no, one.problem) for one in stage.rows(LedgerItem)] == [
        (1, "公示不全"),
        (2, "无台账"),
        (3, "超期"),
    ]
    assert stage.milestone("ledger-2").withdrawn_at is not None
    assert stage.owed("ledger-3", "R-D2").status == "open"  # the department was not in the campaign before


def test_what_preview_foretells_after_a_renewal_is_what_is_sent(stage: Any, running: int) -> None:
    renew(
        stage,
        running,
        newer(stage.template(), LATER, LESS, MORE, ("due: 阶段结束前3个工作日", "due: 阶段结束前5个工作日")),
        recompute=("report", "mended"),
    )
    first, last = stage.at(MORNING), stage.at("2026-04-10 00:00")
    foretold = foretell.foretell(stage.store, first, last, stage.hours)
    stage.post.clear()
    hours = (first + timedelta(minutes=30 + 60 * hour) for hour in range(31 * 24))
    office = ("00", *(f"{hour:02}" for hour in range(9, 18)))  # phases open at midnight, mails go out by day
    stage.cycle(*(when for when in map(stage.local, hours) if when[11:13] in office and when <= "2026-04-10"))
    sent = {(stage.local(at), one.to, line.what) for at, one in stage.post for line in one.lines}
    assert sent == {(stage.local(one.at), one.to, what) for one in foretold for _, _, what in one.lines}
    assert len(sent) > 20


def test_the_past_is_told_in_the_words_of_its_own_version(stage: Any, running: int) -> None:
    renew(
        stage, running, newer(stage.template(), ("name: 自查自纠", "name: 自查自评")), now="2026-03-10 08:30"
    )
    with stage.store.read() as session:
        now = stage.at("2026-03-20 09:00")
        before, after = (
            past.summary(session, EVERYTHING, running, f"2026-03-{day}", now)["states"][0]["name"]
            for day in ("09", "11")
        )
    assert (before, after) == ("自查自纠", "自查自评")


def test_what_nobody_is_asked_for_is_waited_for_by_nobody(stage: Any, running: int) -> None:
    text = newer(stage.template(), (MORE[0], MORE[1].replace("14日", "3日")))
    renew(stage, running, text, keep=("extra",))
    with stage.store.read() as session:
        assert opening.due_campaigns(session, stage.at("2026-03-10 12:00")) == []
    for code in ("report", "list"):
        stage.act(running, code, "R1-H1", "submit", "2026-03-10 12:00")
    assert stage.run("R1-H1").state == "check.review"  # the skipped one is required and holds nobody up


def test_figures_leave_out_what_was_withdrawn(stage: Any) -> None:
    row = (
        "    - {no: %d, project: 示例, problem: 无台账, measures: [建账], departments: [办公室], due: 5月}\n"
    )
    ledger = "ledger:\n  columns: [问题]\n  rows:\n" + row % 1 + row % 2
    text = stage.template(stage.phases, stage.requirements, stage.ladders, ledger)
    key = stage.launch(text)
    renew(stage, key, newer(text, LESS, (row % 2, "")))
    with stage.store.read() as session:
        found = figures.tally(session, stage.campaign(session, key), stage.at(MORNING))
    assert (found.ledger_total, found.open, found.settled) == (1, len(stage.participants) + 1, 0)
