"""Support of an inspection: duties of two sections, no date; one counts its days from what the inspectors hand over."""

from __future__ import annotations

import pytest

from states.records import happening
from states.records.campaigns import running

KEY = "central-inspection-support"
START, LAUNCH = "2019-04-01", "2019-04-01 08:30"
HEAD = "liaison department_head"
UNITS = (
    ("R", "示例区医疗保障局", "authority", "区", None, "liaison principal coordinator office group_leader"),
    ("O", "办公室", "department", "", "R", HEAD),
    ("Y", "医疗保障、医药服务管理股", "department", "", "R", HEAD),
)
# matter: its name, who owes it
MATTERS = {
    "汇报": ("工作汇报、材料起草、印发通知", "O"),
    "调阅": ("收集、整理、报送督导组调阅的相关资料", "O"),
    "报道": ("宣传报道和简报编发", "O"),
    "资料": ("打击欺诈骗保专项治理工作相关资料", "Y"),
    "线索": ("中央督导组交办问题线索的办理结果", "Y"),
    "边改": ("边督导边改工作", "Y"),
    "股调阅": ("提供中央督导组调阅的相关资料", "Y"),
    "分工": ("任务分工（细化到人）", "O Y"),
    "自查": ("自查自纠", "O Y"),
    "整改": ("问题整改", "O Y"),
    "节点": ("打击欺诈骗保专项检查、完成处理等节点任务", "Y"),
    "配合": ("配合中央督导各项工作", "R"),  # there is no 局扫黑除恶办公室: the bureau stands in
}
DATES = """
汇报   未注明日期   # 负责我局工作汇报、材料起草、印发通知等工作
调阅   未注明日期   # 收集、整理、报送督导组调阅的相关资料
报道   未注明日期   # 负责宣传报道和简报编发等工作
资料   未注明日期   # 负责整理打击欺诈骗保专项治理工作相关资料
线索   按要求及时   # 并按要求及时反馈结果
边改   未注明日期   # 配合督导组做好边督导边改工作
股调阅 未注明日期   # 负责提供中央督导组调阅的相关资料
分工   未注明日期   # 细化任务分工到人
自查   未注明日期   # 认真开展自查自纠
整改   未注明日期   # 扎实抓好问题整改
节点   未注明日期   # 认真组织专项检查、完成处理等节点任务: the text has no date for them
配合   未注明日期   # 负责配合中央督导各项工作
"""
# The inspectors ask for an answer within five working days: the coordinator's words, not the plan's.
CHOSEN = {"assigned-clues.due": "督导组交办后5个工作日内"}

# They hand over on Wednesday 10 April: 11 12 15 16 17. Ladder: -1d 提醒, +1d 催办 are sent; +3wd 追究责任 waits (拟).
TIMELINE = """
2019-04-01 一 | 下发       | 联络员             | 行动：汇报 调阅 报道 资料 线索 边改 股调阅 分工 自查 整改 节点 配合
2019-04-16 二 | 提醒       | 联络员             | 线索
2019-04-18 四 | 催办       | 联络员、科室负责人 | 线索
2019-04-22 一 | 拟追究责任 | 科室负责人、组长   | 线索
"""


@pytest.fixture
def words(plot):
    names = {matter: name for matter, (name, _) in MATTERS.items()}
    return plot("R", names, lambda matter: tuple(MATTERS[matter][1].split()), {}, {"O": "R", "Y": "R"})


def test_duties_without_a_date_are_told_to_their_sections_once(staged, words) -> None:
    order = staged.order(KEY, START)
    drafted = staged.draft(order, LAUNCH)
    assert (drafted.plan.blanks, drafted.refusals, drafted.participants) == ((), (), 0)
    staged.launch(order, LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {words.names[matter]: when.strip() for matter, when in stated.items()}
    staged.live("2019-12-31 18:00")
    assert staged.told().differs_from(words.told(staged.lines(TIMELINE)[0])) == []


def test_clues_are_due_from_the_day_on_which_the_inspectors_hand_them_over(staged, words) -> None:
    staged.launch(staged.order(KEY, START, CHOSEN), LAUNCH)
    clues = MATTERS["线索"][0]
    assert staged.dates()[clues] == "督导组交办后5个工作日内"
    acts = [
        ("2019-04-10 15:00", lambda now: hand_over(staged, now)),
        ("2019-04-11 10:00", staged.look(lambda _: staged.dates()[clues])),
        ("2019-04-23 10:00", staged.act("Y", "assigned-clues", "submit")),
    ]
    staged.live("2019-12-31 18:00", acts)
    assert staged.seen == {"2019-04-11 10:00": "2019-04-17 18:00"}
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert (staged.late("Y"), staged.late("O")) == ({clues}, set())


def test_what_a_section_that_is_not_there_owes_falls_to_the_bureau(story) -> None:
    story.people(UNITS[:2])
    drafted = story.draft(story.order(KEY, START), LAUNCH)
    absent = "“医疗保障、医药服务管理股”、“局扫黑除恶办公室”"
    assert f"责任部门{absent}等 2 个不在单位表中，由示例区医疗保障局代收" in drafted.warnings
    story.launch(story.order(KEY, START), LAUNCH)
    assert story.owed("R", "assigned-clues").status == "open"


def hand_over(told, now) -> None:
    with told.store.write() as session:
        happening.record(session, running(session, told.campaign), "督导组交办", now, now, "test")
