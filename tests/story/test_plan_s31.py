"""Security around the premises: standards without a phase or a date; a coordinator sets a date for two of them.

Working days of spring 2019: 劳动节 1–4 May off, Sunday 28 April and Sunday 5 May worked; 端午 7–9 June off.
"""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.reading import load, shipped

KEY = "premises-security"
START, LAUNCH = "2019-03-04", "2019-03-04 08:30"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, f"{HELD} coordinator office group_leader"),
    ("H", "示例市第一人民医院", "hospital", "三级", "R", HELD),
    ("M", "示例市妇幼保健院", "mch_hospital", "二级", "R", "department_head principal"),
    ("S", "示例社区卫生服务中心", "community_centre", "", "M", HELD),  # not 委直属, and no hospital
    ("C", "示例市疾控中心", "cdc", "市", "R", HELD),  # 委直属, but no 医疗机构
)
VACANT = {("M", "联络员"): "R"}
# matter: its name, who owes it
MATTERS = {
    "组织": ("健全组织机构", "H M S C"),
    "线索": ("强化线索摸排", "H M S C"),
    "人防": ("加强人防建设", "H M S C"),
    "物防": ("加强物防建设", "H M S C"),
    "技防": ("加强技防建设", "H M"),
    "人脸": ("人脸识别系统", "H M S C"),
    "警务室": ("警务室", "H M"),
    "医警": ("完善医警联动", "H M S C"),
    "治安": ("维护治安秩序", "H M S C"),
    "责任": ("落实责任和问责机制", "H M S C"),
    "宣传": ("专项行动宣传", "H M S"),
    "长效": ("长效机制", "R"),
    **{f"维护{month}": (f"安全防护设施设备维护、保养（2019年{month}月）", "H M S C") for month in (3, 4, 5)},
    "余人防": ("加强人防建设", "M"),
    "余技防": ("加强技防建设", "M"),
}
BLANKS = (
    "maintenance.every 每月   # 定期对各类安全防护设施设备进行维护、保养: how often the text does not say"
)
# The text has no date. These two are the coordinator's.
CHOSEN = {"guards.due": "2019-04-30", "technology.due": "2019-06-28"}
DATES = """
组织   未注明日期         # 健全治安防范组织机构,设置安全保卫部门
线索   第一时间           # 确保第一时间掌握涉黑涉恶的情报线索
人防   2019-04-30 18:00   # 按需配齐配强安全保卫人员: the coordinator's date
物防   未注明日期         # 为在岗安保人员配备钢叉…
维护   不定期             # 并定期…进行维护、保养: the coordinator's word
技防   2019-06-28 18:00   # 医院…应设置视频安防监控系统…: the coordinator's date
人脸   未注明日期         # 有条件的单位可…安装人脸识别系统
警务室 未注明日期         # 委直属医疗机构须设立警务室
医警   未注明日期         # 门卫室、急诊科…安装一键式报警装置
治安   未注明日期         # 加强单位及周边地区巡逻防控
责任   未注明日期         # 各单位要层层落实责任,切实落实问责机制
宣传   未注明日期         # 各医疗机构要广泛开展专项行动宣传
长效   未注明日期         # 强化行政部门监管责任,建立多部门之间…工作机制
"""
THRESHOLDS = {
    "guards-per-bed": "20张病床1名保安",  # 按照“20张病床1名保安”的标准
    "video-coverage": "达到100%",  # 重点部位视频监控覆盖率达到100%
    "recording-days": "不少于30天",  # 录像保存时间不少于30天
    "clock-error": "不得超过30秒",  # 时钟记录的时间与北京时偏差不得超过30秒
    "vehicle-capture": "可设置",  # 可设置车辆抓拍装置
}

# Ladder: -3wd 提醒, +1wd 催办 are sent; +5wd 问责 waits (拟). 04-30 is a Tuesday: 29, Sunday 28, 26 | Sunday 5 May, 6 7
# 8 9. 06-28 is a Friday: 27 26 25 | 1 July, 2 3 4 5.
TIMELINE = """
2019-03-04 一 | 下发   | 联络员             | 行动：组织 线索 人防 物防 维护 技防 人脸 警务室 医警 治安 责任 宣传 长效
2019-04-26 五 | 提醒   | 联络员             | 余人防
2019-05-05 日 | 催办   | 联络员、科室负责人 | 余人防
2019-05-09 四 | 拟问责 | 主要负责人、组长   | 余人防
2019-06-25 二 | 提醒   | 联络员             | 技防
2019-07-01 一 | 催办   | 联络员、科室负责人 | 余技防
2019-07-05 五 | 拟问责 | 主要负责人、组长   | 余技防
"""
MAINTAINED = """
2019-03-27 三 | 提醒 | 联络员             | 维护3   # 31 March is a Sunday: 29 28 27
2019-04-01 一 | 催办 | 联络员、科室负责人 | 维护3
2019-04-08 一 | 拟问责 | 主要负责人、组长 | 维护3   # 1 2 3 4, 清明 on the 5th: 8
2019-04-26 五 | 提醒 | 联络员             | 维护4   # 30 29, Sunday 28, 26: three before the 30th
2019-05-05 日 | 催办 | 联络员、科室负责人 | 维护4
2019-05-09 四 | 拟问责 | 主要负责人、组长 | 维护4
2019-05-28 二 | 提醒 | 联络员             | 维护5
2019-06-03 一 | 催办 | 联络员、科室负责人 | 维护5
2019-06-10 一 | 拟问责 | 主要负责人、组长 | 维护5   # 3 4 5 6, 端午 on the 7th: 10
"""
GUARDED = [
    *(("2019-04-25 10:00", unit, "guards") for unit in "HSC"),
    ("2019-06-26 10:00", "H", "technology"),
]


@pytest.fixture
def words(plot):
    names = {matter: name for matter, (name, _) in MATTERS.items()}
    names["维护"] = "安全防护设施设备维护、保养"
    owes = {matter: tuple(who.split()) for matter, (_, who) in MATTERS.items()} | {"维护": tuple("HMSC")}
    return plot("R", names, owes.__getitem__, VACANT, {"H": "R", "M": "R", "S": "M", "C": "R"})


def test_how_often_the_equipment_is_maintained_is_asked_for(staged) -> None:
    order = staged.order(KEY, START)
    drafted = staged.draft(order, LAUNCH)
    assert [(one.place, one.words) for one in drafted.plan.blanks] == [("maintenance.every", "定期")]
    with pytest.raises(Refused, match=r"--set maintenance\.every="):
        staged.launch(order, LAUNCH)
    assert staged.everything_launched() == 0


def test_without_dates_the_standards_are_told_once_and_stay_open(staged, words) -> None:
    staged.launch(staged.order(KEY, START, {"maintenance.every": "不定期"}), LAUNCH)
    staged.live("2020-03-04 18:00")
    first = words.told(next(line for line in staged.lines(TIMELINE)))
    assert staged.told().differs_from(first) == []
    assert set(staged.dates().values()) == {"未注明日期", "第一时间", "不定期"}


def test_a_date_of_the_coordinator_brings_the_ladder_with_it(staged, words) -> None:
    staged.launch(staged.order(KEY, START, {"maintenance.every": "不定期", **CHOSEN}), LAUNCH)
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {words.names[matter]: when for matter, when in stated.items()}
    staged.live(
        "2019-12-31 18:00", [(when, staged.act(unit, matter, "submit")) for when, unit, matter in GUARDED]
    )
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.moves() == ["2019-03-04 08:30 | 行动 | draft → run"]
    assert staged.vacancies() == {("M", "liaison")}


def test_maintenance_comes_round_until_the_end_that_was_filled_in(staged, fills, words) -> None:
    staged.launch(staged.order(KEY, START, {**fills, "ends": "2019-05-31"}), LAUNCH)
    staged.live("2019-07-31 18:00")
    begun = next(line for line in staged.lines(TIMELINE)).replace("维护", "维护3")
    assert staged.told().differs_from(words.told(begun + MAINTAINED)) == []


def test_the_standards_keep_the_thresholds_of_the_text() -> None:
    items = [item for one in load(shipped()[KEY]).requirements for item in one.checklist]
    assert {item.key: item.threshold for item in items if item.threshold} == THRESHOLDS
