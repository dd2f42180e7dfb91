"""The machines of a template: which moves there are, what they refuse, and that nothing leaves the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states import machine
from states.errors import Faulty, Refused
from states.machine import Machines, Standing
from states.moves import Edge, Of, StateName, Table, table_faults
from states.template import Phase, Template

TWO = Template(
    key="two",
    version=1,
    title="两个阶段",
    phases=(Phase(key="check", name="自查自纠", review=True), Phase(key="sum", name="总结提升")),
)


def edges(template: Template, of: Of = "unit") -> list[str]:
    """The table in short: `move source>dest`, with ! where guarded, ? where a reason is needed, + where filed."""
    marks = [("guarded", "!"), ("needs_reason", "?"), ("filed", "+")]
    return [
        f"{edge.move} {edge.source}>{edge.dest}"
        + "".join(mark for name, mark in marks if getattr(edge, name))
        for edge in machine.table(machine.compile(template), of)
    ]


def test_the_units_of_two_phases_have_this_table() -> None:
    assert edges(TWO) == [
        "start waiting>check",
        "submit check>check.review+",
        "approve check.review>sum!",
        "return check.review>check?",
        "override check>sum?",
        "override check.review>sum?",
        "close sum>closed!",
        "override sum>closed?",
        "suspend waiting>waiting.suspended",
        "resume waiting.suspended>waiting",
        "suspend check>check.suspended",
        "resume check.suspended>check",
        "suspend check.review>check.review.suspended",
        "resume check.review.suspended>check.review",
        "suspend sum>sum.suspended",
        "resume sum.suspended>sum",
        "exempt waiting>exempt?",
        "exempt check>exempt?",
        "exempt check.review>exempt?",
        "exempt sum>exempt?",
        "reopen closed>sum?",
    ]


def test_a_campaign_of_two_phases_has_this_table() -> None:
    assert edges(TWO, "campaign") == [
        "advance draft>check",
        "advance check>sum",
        "close sum>closed",
        "suspend check>check.suspended",
        "resume check.suspended>check",
        "suspend sum>sum.suspended",
        "resume sum.suspended>sum",
        "cancel draft>cancelled?",
        "cancel check>cancelled?",
        "cancel sum>cancelled?",
        "cancel check.suspended>cancelled?",
        "cancel sum.suspended>cancelled?",
        "reopen closed>sum?",
    ]


def test_a_template_without_phases_runs_in_one() -> None:
    bare = Template(key="bare", version=1, title="无阶段")
    assert edges(bare)[:3] == ["start waiting>run", "close run>closed!", "override run>closed?"]
    assert machine.state_name(machine.compile(bare), "run").name == "进行"


def test_a_last_phase_with_review_is_closed_by_approval() -> None:
    template = Template(key="one", version=1, title="一", phases=(Phase(key="a", name="甲", review=True),))
    assert "approve a.review>closed!" in edges(template)
    assert not any(line.startswith("close ") for line in edges(template))
    (close,) = [
        choice
        for choice in machine.choices(machine.compile(template), Standing("a"))
        if choice.move == "close"
    ]
    assert close.refusals == ("本方案不设“办结”这一步",)


def test_a_submit_between_plain_phases_is_guarded_by_what_is_settled() -> None:
    plain = tuple(Phase(key=key, name=key) for key in ("a", "b"))
    assert "submit a>b!" in edges(Template(key="plain", version=1, title="平", phases=plain))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("waiting", StateName("waiting", "待启动", None, 0, "待启动")),
        ("check", StateName("check", "自查自纠", None, 1, "自查自纠")),
        ("check.review", StateName("check", "自查自纠", "review", 1, "自查自纠·审核")),
        (
            "check.review.suspended",
            StateName("check", "自查自纠", "suspended", 1, "自查自纠·审核（暂停）"),
        ),
        ("waiting.suspended", StateName("waiting", "待启动", "suspended", 0, "待启动（暂停）")),
        ("sum", StateName("sum", "总结提升", None, 2, "总结提升")),
        ("closed", StateName("closed", "办结", None, 3, "办结")),
        ("exempt", StateName("exempt", "免办", None, 3, "免办")),
        ("draft", StateName("draft", "待启动", None, 0, "待启动")),
        ("cancelled", StateName("cancelled", "已取消", None, 3, "已取消")),
    ],
)
def test_every_state_has_a_name_a_stage_and_a_number(state: str, shown: StateName) -> None:
    assert machine.state_name(machine.compile(TWO), state) == shown
    assert machine.ord_of(machine.compile(TWO), state) == shown.ord


REFUSED = [
    (
        Standing("check.review", unsettled=("自查报告", "问题整改台账")),
        "approve",
        ["还有2项未办结：自查报告、问题整改台账"],
    ),
    (Standing("sum", unsettled=("工作总结",)), "close", ["还有1项未办结：工作总结"]),
    (Standing("check", unfiled=("自查报告",)), "submit", ["还有1项未报送：自查报告"]),
    (
        Standing("check.review", opened=1, unsettled=("自查报告",)),
        "approve",
        ["还有1项未办结：自查报告"],
    ),
    (
        Standing("check", opened=0, unfiled=("自查报告",)),
        "submit",
        ["“自查自纠”阶段尚未开始", "还有1项未报送：自查报告"],
    ),
    (Standing("sum"), "submit", ["现为“总结提升”，不能提交；只有“自查自纠”可以"]),
    (
        Standing("closed"),
        "exempt",
        ["现为“办结”，不能免办；只有“待启动”、“自查自纠”、“自查自纠·审核”等可以"],
    ),
    (Standing("check", campaign="check.suspended"), "submit", ["专项行动已暂停，恢复后再办理"]),
    (Standing("check.suspended", campaign="cancelled"), "resume", ["专项行动已取消，不再办理"]),
    (Standing("check", ord=2), "submit", ["记录的阶段序号2与“自查自纠”不符，请先核对记录"]),
    (
        Standing("draft", of="campaign"),
        "close",
        ["现为“待启动”，不能办结；只有“总结提升”可以"],
    ),
]


@pytest.mark.parametrize(("standing", "move", "refusals"), REFUSED)
def test_a_refusal_says_why(standing: Standing, move: str, refusals: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        machine.move(machine.compile(TWO), standing, move, "理由")
    assert refused.value.refusals == refusals


ALLOWED = [
    (Standing("check", ord=1, unsettled=("自查报告",), opened=1), "submit", "check.review", 1),
    (Standing("check.review", opened=2), "approve", "sum", 2),
    (Standing("check.review", opened=1), "approve", "sum", 2),
    (Standing("check", unsettled=("自查报告",), opened=0), "override", "sum", 2),
    (Standing("sum", unsettled=("工作总结",)), "override", "closed", 3),
    (Standing("check", unsettled=("自查报告",)), "suspend", "check.suspended", 1),
    (Standing("closed", unsettled=("工作总结",)), "reopen", "sum", 2),
    (Standing("sum", opened=2), "close", "closed", 3),
    (Standing("check.suspended", campaign="check.suspended"), "resume", "check", 1),
]


@pytest.mark.parametrize(("standing", "move", "after", "number"), ALLOWED)
def test_a_move_says_where_it_led(standing: Standing, move: str, after: str, number: int) -> None:
    moved = machine.move(machine.compile(TWO), standing, move, "理由")
    assert (moved.before, moved.after, moved.ord, moved.move) == (standing.state, after, number, move)


@pytest.mark.parametrize("reason", [None, "", "　 \n"])
@pytest.mark.parametrize(
    ("state", "move", "sentence"),
    [
        ("check.review", "return", "“退回”须写明理由"),
        ("check", "override", "“强制推进”须写明理由"),
        ("waiting", "exempt", "“免办”须写明理由"),
        ("closed", "reopen", "“回头看”须写明理由"),
    ],
)
def test_the_four_grave_moves_need_a_reason(state: str, move: str, sentence: str, reason: str | None) -> None:
    with pytest.raises(Refused) as refused:
        machine.move(machine.compile(TWO), Standing(state), move, reason)
    assert refused.value.refusals == [sentence]


def test_other_moves_need_no_reason() -> None:
    assert machine.move(machine.compile(TWO), Standing("waiting"), "start").after == "check"


@pytest.mark.parametrize(
    ("standing", "move", "sentence"),
    [
        (
            Standing("check"),
            "jump",
            "move：没有“jump”这一操作；可用的有 start、submit、approve、return、override、close、reopen、suspend、resume、exempt",
        ),
        (Standing("nowhere"), "submit", "state：方案中没有“nowhere”这个状态"),
        (Standing("draft"), "submit", "state：方案中没有“draft”这个状态"),
    ],
)
def test_an_unknown_move_or_state_is_a_fault(standing: Standing, move: str, sentence: str) -> None:
    with pytest.raises(Faulty) as faulty:
        machine.move(machine.compile(TWO), standing, move)
    assert str(faulty.value) == sentence


def test_one_version_is_compiled_once() -> None:
    again = TWO.model_copy()
    assert machine.compile(TWO) is machine.compile(again)
    assert machine.compile(TWO) is not machine.compile(TWO.model_copy(update={"version": 2}))
    assert machine.compile(TWO) is not machine.compile(TWO.model_copy(update={"phases": ()}))


def test_keys_that_are_taken_or_doubled_do_not_compile() -> None:
    keys = ("a", "closed", "a", "draft")
    phases = tuple(Phase(key=key, name=key) for key in keys)
    with pytest.raises(Faulty) as faulty:
        machine.compile(Template(key="bad", version=1, title="坏", phases=phases))
    assert [str(fault) for fault in faulty.value.faults] == [
        "phases[1].key：“closed”是系统自用的状态名，请换一个",
        "phases[2].key：“a”与前面的阶段重复，请换一个",
        "phases[3].key：“draft”是系统自用的状态名，请换一个",
    ]


def handmade(*edges: tuple[str, str, str], states: str = "s a e") -> Table:
    names = {state: StateName(state, state, None, 0, state) for state in states.split()}
    return Table("unit", "s", ("e",), names, tuple(Edge(*edge) for edge in edges))


@pytest.mark.parametrize(
    ("table", "sentences"),
    [
        (handmade(("go", "s", "a"), ("end", "a", "e")), []),
        (handmade(("go", "s", "a"), ("end", "a", "elsewhere")), ["unit：没有“elsewhere”这个状态"]),
        (handmade(("go", "s", "e"), ("end", "a", "e")), ["unit：从“s”到不了“a”"]),
        (handmade(("go", "s", "a"), ("end", "s", "e")), ["unit：从“a”走不到结束"]),
        (
            handmade(("go", "s", "a"), ("go", "s", "e"), ("end", "a", "e")),
            ["unit：“s”的“go”有两个去处"],
        ),
    ],
)
def test_an_unsound_table_is_named(table: Table, sentences: list[str]) -> None:
    assert [str(fault) for fault in table_faults(table)] == sentences


def test_an_unsound_table_makes_no_machine() -> None:
    sound, broken = handmade(("go", "s", "a"), ("end", "a", "e")), handmade(("go", "s", "e"))
    assert machine.assemble(sound, sound)
    with pytest.raises(Faulty, match="从“s”到不了“a”"):
        machine.assemble(sound, broken)
    with pytest.raises(Faulty, match="从“s”到不了“a”"):
        machine.assemble(broken, sound)


DIAGRAM = """\
stateDiagram-v2
    state "专项行动" as campaign {
        state "待启动" as campaign_0
        state "甲 #quot;乙#quot; 丙" as campaign_1
        state "办结" as campaign_2
        state "已取消" as campaign_3
        state "暂停" as campaign_paused
        [*] --> campaign_0
        campaign_0 --> campaign_1 : 进入下一阶段
        campaign_1 --> campaign_2 : 办结
        campaign_1 --> campaign_paused : 暂停
        campaign_paused --> campaign_1 : 恢复
        campaign_0 --> campaign_3 : 取消
        campaign_1 --> campaign_3 : 取消
        campaign_paused --> campaign_3 : 取消
        campaign_2 --> campaign_1 : 回头看
        campaign_2 --> [*]
        campaign_3 --> [*]
    }
    state "单位进度" as unit {
        state "待启动" as unit_0
        state "甲 #quot;乙#quot; 丙" as unit_1
        state "甲 #quot;乙#quot; 丙·审核" as unit_2
        state "办结" as unit_3
        state "免办" as unit_4
        state "暂停" as unit_paused
        [*] --> unit_0
        unit_0 --> unit_1 : 启动
        unit_1 --> unit_2 : 提交
        unit_2 --> unit_3 : 通过
        unit_2 --> unit_1 : 退回
        unit_1 --> unit_3 : 强制推进
        unit_2 --> unit_3 : 强制推进
        unit_0 --> unit_paused : 暂停
        unit_paused --> unit_0 : 恢复
        unit_1 --> unit_paused : 暂停
        unit_paused --> unit_1 : 恢复
        unit_2 --> unit_paused : 暂停
        unit_paused --> unit_2 : 恢复
        unit_0 --> unit_4 : 免办
        unit_1 --> unit_4 : 免办
        unit_2 --> unit_4 : 免办
        unit_3 --> unit_1 : 回头看
        unit_3 --> [*]
        unit_4 --> [*]
    }
"""


def test_the_diagram_is_drawn_from_the_table() -> None:
    one = Template(key="one", version=1, title="一", phases=(Phase(key="a", name='甲 "乙" 丙', review=True),))
    assert machine.diagram(one) == DIAGRAM


TEMPLATES = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "run", "review", "suspended"]), st.booleans()),
    max_size=4,
    unique_by=lambda phase: phase[0],
).map(
    lambda phases: Template(
        key="any",
        version=1,
        title="任意",
        phases=tuple(Phase(key=key, name=f"阶段{key}", review=review) for key, review in phases),
    )
)
CAMPAIGNS = ("", "a.suspended", "cancelled")
WALKS = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.booleans(), st.integers(0, 6), st.sampled_from(CAMPAIGNS)),
    max_size=25,
)


def answer(machines: Machines, standing: Standing, index: int) -> machine.Moved | None:
    """Try one move, hold the answer against what `choices` said, and give what happened."""
    offered = machine.choices(machines, standing)
    choice = offered[index % len(offered)]
    if not choice.open:
        with pytest.raises(Refused) as refused:
            machine.move(machines, standing, choice.move, "理由")
        assert tuple(refused.value.refusals) == choice.refusals != ()
        return None
    moved = machine.move(machines, standing, choice.move, "理由")
    assert (choice.to, choice.refusals) == (moved.after, ())
    return moved


@given(TEMPLATES, st.sampled_from(["unit", "campaign"]), WALKS)
def test_no_walk_leaves_the_table_and_choices_foretell_every_answer(
    template: Template, of: Of, walk: list[tuple[int, bool, bool, int, str]]
) -> None:
    machines = machine.compile(template)
    table = {(edge.move, edge.source, edge.dest) for edge in machine.table(machines, of)}
    state = machines.table(of).start
    for index, unsettled, unfiled, opened, campaign in walk:
        standing = Standing(
            state,
            machine.ord_of(machines, state),
            ("甲",) * unsettled,
            ("乙",) * unfiled,
            opened,
            campaign if of == "unit" else "",
            of,
        )
        moved = answer(machines, standing, index)
        if moved is not None:
            assert (moved.move, moved.before, moved.after) in table
            assert moved.ord == machine.ord_of(machines, moved.after)
            state = moved.after


@given(TEMPLATES)
def test_every_line_of_the_table_can_be_walked(template: Template) -> None:
    machines = machine.compile(template)
    for of in ("unit", "campaign"):
        for edge in machine.table(machines, of):
            moved = machine.move(machines, Standing(edge.source, of=of), edge.move, "理由")
            assert moved.after == edge.dest
