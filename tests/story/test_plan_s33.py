"""Publicity over three years: `到20__年` is the only date of the plan; a coordinator sets one for two of four plans.

Working days of May and June 2018: Monday to Friday until 端午, 16–18 June.
"""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.reading import load, shipped

KEY = "anti-gang-publicity"
START, LAUNCH = "2018-05-07", "2018-05-04 15:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, "coordinator office group_leader principal"),
    ("B", "示例县卫生健康局", "authority", "县", "R", HELD),
    ("H", "示例市人民医院", "hospital", "三级", "R", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "B", "principal liaison"),
)
OWING = ("B", "H", "T")
VACANT = {("T", "科室负责人"): "B"}
OF_UNITS = {
    "三年": "扫黑除恶专项斗争三年行动方案",
    "宣传方案": "扫黑除恶专项斗争宣传工作方案",
    "整治方案": "扫黑除恶专项整治行动方案",
    "年度": "年度工作计划",
    "重点": "宣传重点（十项）",
    "摸排": "全面摸排",
    "场所": "宣传活动（醒目场所）",
    "日常": "日常宣传",
    "机构": "相应的工作机构",
    "第一责任人": "主要负责人第一责任人",
    "检查": "专项检查",
    "典型": "典型做法和成功经验",
    "素材": "宣传报道素材",
    "经费": "宣传工作经费纳入预算",
    "机制": "深挖细查、倒排倒查的长效工作机制",
    "纪律": "宣传纪律",
    "追责制度": "责任追究制度",
}
NAMES = {
    **OF_UNITS,
    "镇三年": OF_UNITS["三年"],
    "镇宣传方案": OF_UNITS["宣传方案"],
}  # 镇: the township's alone
# 到20__年,…取得显著成效: the one blank. The two dates below are not in the text, they are the coordinator's.
BLANK = {"ends": "2020年"}
CHOSEN = {"three-year-plan.due": "2018-05-31", "publicity-plan.due": "2018-05-31"}
DATES = """
三年     2018-05-31 18:00   # 分别制定…三年行动方案、…宣传工作方案、…整治行动方案和年度工作计划: no date in the text
宣传方案 2018-05-31 18:00
整治方案 未注明日期
年度     未注明日期
重点     未注明日期         # 二、宣传重点: ten subjects
追责制度 未注明日期         # 要建立健全…责任追究制度
第一责任人 未注明日期       # 主要负责人作为专项斗争工作第一责任人
摸排     未注明日期         # 进行详实大摸排
场所     未注明日期         # 要在本通知下发后,广泛开展形式多样的宣传活动
日常     未注明日期         # 集中宣传与日常宣传相结合
机构     未注明日期         # 也要建立相应的工作机构
检查     适时               # 要适时组织开展专项检查
典型     及时               # 及时汇总提炼典型做法和成功经验
素材     未注明日期         # 广泛收集整理…宣传报道素材
经费     未注明日期         # 将宣传工作经费纳入预算
机制     未注明日期         # 建立深挖细查、倒排倒查的长效工作机制
纪律     未注明日期         # 严肃宣传纪律
"""

# Ladder: -5wd 提醒, +1wd 催办 are sent; +5wd 责任追究, +10wd 责任倒查 wait (拟). 05-31 is a Thursday: 30 29 28 25 24 |
# 1 June · 4 5 6 7 · 8 11 12 13 14.
TIMELINE = """
2018-05-07 一 | 下发       | 联络员                     | 行动：三年 宣传方案 整治方案 年度 重点 摸排 场所 日常 机构 第一责任人 检查 典型 素材 经费 机制 纪律 追责制度
2018-05-24 四 | 提醒       | 联络员                     | 镇三年 镇宣传方案
2018-06-01 五 | 催办       | 联络员、科室负责人         | 镇三年 镇宣传方案
2018-06-07 四 | 拟责任追究 | 主要负责人、上级主要负责人 | 镇三年 镇宣传方案
2018-06-14 四 | 拟责任倒查 | 主要负责人、组长           | 镇三年 镇宣传方案
"""


def test_the_year_until_which_it_lasts_is_asked_for(staged) -> None:
    order = staged.order(KEY, START)
    assert [(one.place, one.words) for one in staged.draft(order, LAUNCH).plan.blanks] == [("ends", "20__年")]
    with pytest.raises(Refused, match="--set ends="):
        staged.launch(order, LAUNCH)
    assert staged.everything_launched() == 0


def test_it_lasts_until_the_end_of_the_year_that_was_filled_in(staged) -> None:
    staged.launch(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)
    assert staged.windows() == ["run 2018-05-07 00:00 — 2020-12-31 18:00"]
    stated = dict(line.split(" ", 1) for line in staged.lines(DATES))
    assert staged.dates() == {OF_UNITS[matter]: when.strip() for matter, when in stated.items()}


def test_the_ten_subjects_and_the_places_are_there_to_be_ticked() -> None:
    asked = {one.key: len(one.checklist) for one in load(shipped()[KEY]).requirements if one.checklist}
    # 二、宣传重点 1–10; 在医院门口…电子屏等醒目场所; 将宣传工作纳入所有方案和工作计划之中
    assert (asked["emphasis"], asked["places"], asked["discipline"]) == (10, 8, 4)
    assert {"three-year-plan", "rectification-plan", "annual-plan"} <= set(asked)


def test_publicity_over_three_years_tells_once_and_reminds_where_a_date_was_set(staged, plot) -> None:
    staged.launch(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)
    acts = [
        (f"2018-05-22 1{n}:0{m}", staged.act(unit, matter, "submit"))
        for n, unit in enumerate(("B", "H"))
        for m, matter in enumerate(("three-year-plan", "publicity-plan"))
    ]
    staged.live("2021-01-31 18:00", acts)
    owes = lambda matter: ("T",) if matter.startswith("镇") else OWING  # noqa: E731
    words = plot("R", NAMES, owes, VACANT, {"B": "R", "H": "R", "T": "B"})
    assert staged.told().differs_from(words.told(TIMELINE)) == []
    assert staged.vacancies() == {("T", "department_head")}
