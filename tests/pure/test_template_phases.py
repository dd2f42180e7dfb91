"""Phases as they can be written: every fault of form is one sentence at its line."""

from __future__ import annotations

import pytest

from states import machine
from states.errors import Faulty
from states.reading import load

HEAD = "key: sample\nversion: 1\ntitle: 示例\n"
ROW = "  - {key: check, name: 自查, window: 3月2日-3月20日, scope: {kinds: [医院]}}\n"

FAULTS = [
    (
        "  - {key: a, name: 甲, opens: after_previous, window: 为期2周}\n",
        "",
        "phases[0].opens",
        "第一个阶段前面没有阶段",
    ),
    (
        (
            "  - {key: t, name: 督导, parallel: true, opens: by_hand}\n"
            "  - {key: a, name: 甲, opens: after_previous, window: 为期2周}\n"
        ),
        *("", "phases[1].opens", "第一个阶段前面没有阶段"),
    ),
    (
        ROW + "  - {key: t, name: 督导, parallel: true, opens: after_previous, window: 4月}\n",
        "",
        "phases[1].opens",
        "并行阶段不排先后",
    ),
    (ROW + "  - {key: t, name: 督导, parallel: true}\n", "", "phases[1].opens", "并行阶段没有写时间"),
    (
        ROW + "  - {key: t, name: 督导, parallel: true, window: 4月, review: true}\n",
        "",
        "phases[1].review",
        "不能整体审核",
    ),
    (ROW + "  - {key: t, name: 督导, every: 每季度}\n", "", "phases[1].every", "请同时写 parallel: true"),
    (
        ROW + "  - {key: t, name: 督导, parallel: true, every: 每季度, opens: by_hand}\n",
        "",
        "phases[1].opens",
        "不能写 by_hand",
    ),
    (ROW + "  - {key: t, name: 督导, parallel: true, every: 天天看}\n", "", "phases[1].every", "天天看"),
    (
        ROW + "  - {key: t, name: 督导, parallel: true, every: 每季度}\n"
        "  - {key: t-2026, name: 督导二, parallel: true, window: 4月}\n",
        *("", "phases[2].key", "某一期重名"),
    ),
    ("  - {key: run, name: 督导, parallel: true, window: 4月}\n", "", "phases[0].key", "留给专项行动自身"),
    (
        ROW + "  - {key: t, name: 督导, parallel: true, every: 每季度}\n",
        *("  - {key: r, name: 材料, phase: t, due: 4月10日前}\n", "requirements[0].due", "期限要从阶段算起"),
    ),
    (
        ROW,
        "  - {key: r, name: 材料, phase: check, scope: {kinds: [诊所]}}\n",
        "requirements[0].scope.kinds",
        "没有人办理",
    ),
    (
        "  - {key: d, name: 汇总, window: 4月, scope: {departments: [办公室]}}\n",
        *(
            "  - {key: r, name: 材料, phase: d, scope: {kinds: [医院]}}\n",
            "requirements[0].scope",
            "只由点名的部门办理",
        ),
    ),
]


@pytest.mark.parametrize(("phases", "requirements", "place", "says"), FAULTS)
def test_a_phase_that_cannot_be_is_named_with_its_line(
    phases: str, requirements: str, place: str, says: str
) -> None:
    text = HEAD + "phases:\n" + phases + (f"requirements:\n{requirements}" if requirements else "")
    with pytest.raises(Faulty) as found:
        load(text)
    (fault,) = found.value.faults
    assert fault.place == place
    assert says in fault.says
    assert fault.line is not None


@pytest.mark.parametrize(
    ("outcomes", "place", "says"),
    [
        ("[]", "outcomes", "至少写一种办结结果"),
        ("[保留, 整改, 保留]", "outcomes[2]", "“保留”重复"),
        ("[办结, ' ']", "outcomes[1]", "不能为空"),
    ],
)
def test_outcomes_are_some_and_each_once(outcomes: str, place: str, says: str) -> None:
    with pytest.raises(Faulty) as found:
        load(f"{HEAD}requirements: [{{key: a, name: 甲}}]\noutcomes: {outcomes}\n")
    assert [(one.place, says in one.says) for one in found.value.faults] == [(place, True)]


def test_what_stands_beside_the_row_is_no_state() -> None:
    text = HEAD + "phases:\n" + ROW + "  - {key: t, name: 督导, parallel: true, every: 每季度}\n"
    machines = machine.compile(load(text))
    assert set(machines.unit.states) == {
        "waiting",
        "check",
        "closed",
        "exempt",
        "waiting.suspended",
        "check.suspended",
    }
    assert "t" not in machines.campaign.states


def test_where_all_stand_beside_the_campaign_itself_is_the_row() -> None:
    text = HEAD + "phases:\n  - {key: t, name: 督导, parallel: true, window: 4月}\n"
    assert "run" in machine.compile(load(text)).unit.states


@pytest.mark.parametrize(
    "phases",
    [
        "  - {key: t, name: 督导, parallel: true, opens: by_hand}\n",
        "  - {key: t, name: 督导, parallel: true, from: 4月1日}\n",
        "  - {key: t, name: 督导, parallel: true, every: 每月25日前, window: 4月-9月, scope: {levels: [省]}}\n",
    ],
)
def test_what_can_be_is_read(phases: str) -> None:
    load(
        HEAD
        + "phases:\n"
        + ROW
        + phases
        + "requirements:\n  - {key: r, name: 材料, phase: t, due: 阶段结束前3日}\n"
    )
