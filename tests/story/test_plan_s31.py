"""Security around the premises: standards without a phase or a date; a coordinator sets a date for two of seven.

Working days of spring 2019: 劳动节 1–4 May off, Sunday 28 April and Sunday 5 May worked; 端午 7–9 June off.
"""

from __future__ import annotations

import pytest

from states.reading import load, shipped

KEY = "premises-security"
START, LAUNCH = "2019-03-04", "2019-03-04 08:30"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, f"{HELD} coordinator office group_leader"),
    ("H", "示例市第一人民医院", "hospital", "三级", "R", HELD),
    ("M", "示例市妇幼保健院", "mch_hospital", "二级", "R", "department_head principal"),
)
OWING = ("H", "M")
VACANT = {("M", "联络员"): "R"}
OF_UNITS = {
    "组织": "健全组织机构",
    "线索": "强化线索摸排",
    "人防": "加强人防建设",
    "物防": "加强物防建设",
    "技防": "加强技防建设",
    "医警": "完善医警联动",
    "治安": "维护治安秩序",
    "宣传": "专项行动宣传",
    "长效": "长效机制",
}
NAMES = {**OF_UNITS, "余人防": OF_UNITS["人防"], "余技防": OF_UNITS["技防"]}  # 余: what 妇幼 alone still owes
# The text leaves no blank; it has no date either. These two are the coordinator's.
CHOSEN = {"guards.due": "2019-04-30", "technology.due": "2019-06-28"}
DATES = """
组织 未注明日期         # 健全治安防范组织机构,设置安全保卫部门
线索 未注明日期         # 加大…黑恶势力信息的搜集摸排力度
人防 2019-04-30 18:00   # 按需配齐配强安全保卫人员: the coordinator's date
物防 未注明日期         # 为在岗安保人员配备钢叉…
技防 2019-06-28 18:00   # 应设置视频安防监控系统…: the coordinator's date
医警 未注明日期         # 委直属医疗机构须设立警务室
治安 未注明日期         # 加强单位及周边地区巡逻防控
宣传 未注明日期         # 各医疗机构要广泛开展专项行动宣传
长效 未注明日期         # 建立多部门之间…工作机制
"""
THRESHOLDS = {
    "guards-per-bed": "20张病床1名保安",  # 按照“20张病床1名保安”的标准
    "video-coverage": "达到100%",  # 重点部位视频监控覆盖率达到100%
    "recording-days": "不少于30天",  # 录像保存时间不少于30天
    "clock-error": "不得超过30秒",  # 时钟记录的时间与北京时偏差不得超过30秒
    "vehicle-capture": "可设置",  # 可设置车辆抓拍装置
    "face-recognition": "有条件的单位",  # 有条件的单位可…安装人脸识别系统
    "police-room": "委直属医疗机构",  # 委直属医疗机构须设立警务室
}

# Ladder: -3wd 提醒, +1wd 催办 are sent; +5wd 问责 waits (拟). 04-30 is a Tuesday: 29, Sunday 28, 26 | Sunday 5 May, 6 7
# 8 9. 06-28 is a Friday: 27 26 25 | 1 July, 2 3 4 5.
TIMELINE = """
2019-03-04 一 | 下发   | 联络员             | 行动：组织 线索 人防 物防 技防 医警 治安 宣传 长效
2019-04-26 五 | 提醒   | 联络员             | 余人防
2019-05-05 日 | 催办   | 联络员、科室负责人 | 余人防
2019-05-09 四 | 拟问责 | 主要负责人、组长   | 余人防
2019-06-25 二 | 提醒   | 联络员             | 技防
2019-07-01 一 | 催办   | 联络员、科室负责人 | 余技防
2019-07-05 五 | 拟问责 | 主要负责人、组长   | 余技防
"""


@pytest.fixture
def words(plot):
    owes = lambda matter: ("M",) if matter.startswith("余") else OWING  # noqa: E731
    return plot("R", NAMES, owes, VACANT, {"H": "R", "M": "R"})


def test_without_dates_the_standards_are_told_once_and_stay_open(staged, words) -> None:
    order = staged.order(KEY, START)
    drafted = staged.draft(order, LAUNCH)
    assert (drafted.plan.blanks, drafted.refusals) == ((), ())
    staged.launch(order, LAUNCH).live("2020-03-04 18:00")
    first = words.told(next(line for line in staged.lines(TIMELINE)))
    assert staged.told().differs_from(first) == []
    assert staged.dates() == dict.fromkeys(OF_UNITS.values(), "未注明日期")


def test_a_date_of_the_coordinator_brings_the_ladder_with_it(staged, words) -> None:
    staged.launch(staged.order(KEY, START, CHOSEN), LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {OF_UNITS[matter]: when for matter, when in stated.items()}
    acts = [
        ("2019-04-25 10:00", staged.act("H", "guards", "submit")),
        ("2019-06-26 10:00", staged.act("H", "technology", "submit")),
    ]
    staged.live("2019-12-31 18:00", acts)
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.moves() == ["2019-03-04 08:30 | 行动 | draft → run"]
    assert staged.vacancies() == {("M", "liaison")}


def test_the_standards_keep_the_thresholds_of_the_text() -> None:
    items = [item for one in load(shipped()[KEY]).requirements for item in one.checklist]
    assert {item.key: item.threshold for item in items if item.threshold} == THRESHOLDS
