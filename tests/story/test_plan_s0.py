"""The city's plan against neglect: three steps without dates begun by hand, a target by the end of 2019, water tests.

Working days: Sunday 29 September worked, 1–7 October off, Saturday 12 October worked; 1 January 2020 off.
"""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.records.tables import PhaseRow

KEY = "public-interest-neglect"
START, LAUNCH = "2019-09-16", "2019-09-16 09:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", "市", None, f"{HELD} coordinator office group_leader"),
    (
        "D",
        "办公室",
        "department",
        "",
        "R",
        "liaison department_head",
    ),  # there is no 医政中医股 and none of the other sections that lead: the city stands in
    ("J", "委纪检组", "department", "", "R", "liaison department_head"),
    ("H", "示例市人民医院", "hospital", "二级", "R", HELD),
    ("T", "示例镇卫生院", "township_centre", "一级", "R", HELD),
    ("C", "示例市疾控中心", "cdc", "市", "R", HELD),
)
OF_ALL = {
    "方案": "专项整治实施方案",
    "动员会": "动员会议",
    "意见": "群众意见和建议（梳理汇总）",
    "分析": "专项整治查摆问题分析报告",
    "台账": "问题整改台账",
    "整改方案": "专项整改方案",
    "制度": "相关制度",
    "整改": "整改落实",
    "承诺": "整改承诺",
    "公布": "公布整改情况",
    "回头看": "“回头看”",
    "回头看整改": "“回头看”发现问题的整改",
    "总结": "总结报告",
    "一岗双责": "一把手“一岗双责”",
    "收费": "收费、回扣、商品推销整治（委直各单位、各级医疗机构）",
    "作风": "“不作为”作风和生、冷、硬、顶、推整治（委直各单位、各级医疗机构）",
    "纪律": "工作期间纪律整治（委直各单位、各级医疗机构）",
}
OF_INSTITUTIONS = {
    "扶贫": "健康扶贫领域腐败和作风问题整治（各级医疗机构）",
    "医德": "医德医风行为规范和法律法规教育",
    "纠风": "纠风专项治理（各级医疗机构）",
    "骗保": "欺诈骗取医疗保障基金整治",
    "摸底": "儿童血液病和儿童恶性肿瘤摸底和宣传",
    "儿童": "儿童血液病和儿童恶性肿瘤信息台账",
    "定点": "定点医疗机构集中救治",
    "机构空白点": "消除“空白点”（各级医疗机构）",
}
OF_SECTIONS = {
    "股室纠风": "纠风专项治理（委机关各股室）",
    "股室作风": "“不作为”作风和生、冷、硬、顶、推整治（委机关各股室）",
    "股室纪律": "工作期间纪律整治（委机关各股室）",
}
LED = {  # 牵头科室: the subject, and who answers for it
    "牵头一": ("健康扶贫领域腐败和作风问题", "R"),
    "牵头三": ("聚焦医疗购销和医疗服务中的不正之风和“微腐败”问题", "R"),
    "牵头四1": ("聚焦医疗环境和行业不正之风问题（1.收费、回扣、商品推销）", "R"),
    "牵头四2": ("聚焦医疗环境和行业不正之风问题（2.“不作为”的懒政作风）", "J"),
    "牵头四3": ("聚焦医疗环境和行业不正之风问题（3.工作期间的纪律）", "J"),
    "牵头四4": ("聚焦医疗环境和行业不正之风问题（4.解决欺诈骗取医疗保障基金）", "R"),
    "牵头五": ("聚焦贫困人口饮水安全监测", "R"),
    "牵头六": ("聚焦发病率高的儿童血液病和儿童恶性肿瘤救治经济负担较重问题", "R"),
}
OF_THE_CENTRE = {
    "采样": "采样检测工作计划",
    "饮水宣传": "饮水安全宣传教育、发放宣传单",
    "水质": "分散式贫困户饮水水质检测",
    "汇总": "饮水监测情况汇总反馈",
    **{f"监测{month}": f"集中式供水循环监测（2019年{month}月）" for month in range(9, 13)},
}
BLANK_SPOTS = "贫困乡村缺卫生医疗机构、缺合格医生的问题"
NAMES = {
    **OF_ALL,
    **OF_INSTITUTIONS,
    **OF_SECTIONS,
    **OF_THE_CENTRE,
    **{matter: name for matter, (name, _) in LED.items()},
    "随访": "随访排查和整改服务",
    "空白点": BLANK_SPOTS,
}
OWING = {
    **dict.fromkeys(OF_ALL, "HTC"),
    **dict.fromkeys(OF_INSTITUTIONS, "HT"),
    **dict.fromkeys(OF_SECTIONS, "DJ"),
    **dict.fromkeys(OF_THE_CENTRE, "C"),
    **{matter: who for matter, (_, who) in LED.items()},
    "随访": "T",  # 各基层医疗机构
    "空白点": "DR",
}

BLANK = {"water-monitoring.every": "每月"}  # 定期循环监测: how often the text does not say
CHOSEN = {"ends": "2019-12-31"}  # nor until when
DATES = """
方案     未注明日期        # (一)动员部署 has no date
动员会   未注明日期
意见     未注明日期        # (二)自查自纠 neither
分析     未注明日期
台账     未注明日期
整改方案 未注明日期
整改     即知即改          # 整改落实要坚持即知即改
承诺     及时              # 并及时向群众做出整改承诺,公布整改情况
公布     及时
回头看   未注明日期        # nor (三)总结提升
总结     未注明日期
一岗双责 未注明日期        # 各卫生医疗单位一把手要认真履行“一岗双责”
收费     未注明日期        # 责任单位:委直各单位、各级医疗机构
作风     未注明日期        # 责任单位:委机关各股室、委直各单位、各级医疗机构
股室作风 未注明日期
纪律     未注明日期
股室纪律 未注明日期
随访     未注明日期        # 各基层医疗机构…全面开展随访排查和整改服务
扶贫     未注明日期        # 责任单位:全市各级医疗机构
医德     未注明日期        # 要加强医德医风行为规范…教育
纠风     未注明日期        # 责任单位:委机构各股室、全市各级医疗机构
股室纠风 未注明日期
骗保     未注明日期        # 责任单位:综合监督执法局、各级医疗机构
摸底     未注明日期        # 全面开展各乡镇…摸底和广泛宣传工作
定点     未注明日期        # 开展定点医疗机构集中救治一批工作
机构空白点 2019-12-31 18:00 # 责任单位:全市各级医疗机构
饮水宣传 未注明日期        # 发放饮水安全宣传单
制度     未注明日期        # 建立完善相关制度
回头看整改 立即            # 发现问题,立即整改
牵头一   未注明日期        # 牵头科室: eight of the nine subjects have no date
牵头三   未注明日期
牵头四1  未注明日期
牵头四2  未注明日期
牵头四3  未注明日期
牵头四4  未注明日期
牵头五   未注明日期
牵头六   未注明日期
儿童     未注明日期        # 建立信息台账和信息录入工作
采样     未注明日期        # 制订采样检测工作计划
水质     未注明日期        # 对全市15个乡镇分散式所有贫困户饮水进行水质检测
汇总     未注明日期        # 并将形成情况汇总反馈
监测9    2019-09-30 18:00  # 对6个集中式供水的乡镇采取定期循环监测
监测10   2019-10-31 18:00
监测11   2019-11-30 18:00
监测12   2019-12-31 18:00
空白点   2019-12-31 18:00  # 力争到2019年底前,全面消除…“空白点”(牵头科室:办公室、医政中医股
"""

# The hospital does all it is asked, the township nothing. The centre forgets October's tests; the office reports on
# the target, the city for 医政中医股 does not.
DONE = """
2019-09-23 10:00 | C | water-monitoring 2019-09
2019-09-25 10:00 | H | implementation-plan
2019-09-25 10:01 | H | kick-off-meeting
2019-09-26 10:00 | C | implementation-plan
2019-09-26 10:01 | C | kick-off-meeting
2019-10-10 10:00 | C | water-sampling-plan
2019-11-15 10:00 | H | opinions
2019-11-15 10:01 | H | analysis-report
2019-11-15 10:02 | H | problem-ledger
2019-11-15 10:03 | H | rectification-plan
2019-11-15 10:04 | H | rectification
2019-11-15 10:05 | H | public-promise
2019-11-15 10:06 | H | results-published
2019-11-15 10:07 | H | rules
2019-11-19 10:00 | C | water-monitoring 2019-11
2019-12-10 10:00 | H | look-back
2019-12-10 10:01 | H | summary-report
2019-12-12 10:00 | H | villages-units
2019-12-20 10:00 | C | water-monitoring 2019-12
2019-12-26 10:00 | D | workstream-villages-without-doctors
"""
# Ladder: -5wd 提醒, +1wd 催办 are sent; +5wd 问责追责 waits (拟). 10-31 is a Thursday: 30 29 28 25 24 | 1 · 4 5 6 7.
# 12-31 is a Tuesday: 30 27 26 25 24 | 2 January · 3 6 7 8. A letter before a matter: what that unit alone is told.
TIMELINE = """
2019-09-18 三 | 下发       | 联络员             | 动员部署：方案 动员会 采样 饮水宣传 水质 汇总 监测9 D空白点
2019-09-18 三 | 下发       | 联络员             | 动员部署：一岗双责 收费 作风 纪律 随访
2019-09-18 三 | 下发       | 联络员             | 动员部署：扶贫 医德 纠风 骗保 摸底 儿童 定点 机构空白点
2019-09-18 三 | 下发       | 联络员             | 动员部署：股室纠风 股室作风 股室纪律   # 委机关各股室
2019-09-18 三 | 下发       | 联络员             | 动员部署：牵头四2 牵头四3              # 牵头科室:委纪检组
2019-09-18 三 | 下发       | 联络员             | 动员部署：牵头一 牵头三 牵头四1 牵头四4 牵头五 牵头六 R空白点
2019-10-15 二 | 下发       | 联络员             | 自查自纠：意见 分析 台账 整改方案 制度 整改 承诺 公布
2019-10-15 二 | 未办结     | 联络员             | T方案 T动员会 饮水宣传 水质 汇总 监测10
2019-10-15 二 | 未办结     | 联络员             | 一岗双责 收费 作风 纪律 随访 扶贫 医德 纠风 骗保 摸底 儿童 定点 机构空白点
2019-10-24 四 | 提醒       | 联络员             | 监测10
2019-11-01 五 | 催办       | 联络员、科室负责人 | 监测10
2019-11-07 四 | 拟问责追责 | 主要负责人、组长   | 监测10
2019-11-20 三 | 下发       | 联络员             | 总结提升：回头看 回头看整改 总结
2019-11-20 三 | 未办结     | 联络员             | T方案 T动员会 饮水宣传 水质 汇总 监测10
2019-11-20 三 | 未办结     | 联络员             | 一岗双责 收费 作风 纪律 随访 扶贫 医德 纠风 骗保 摸底 儿童 定点 机构空白点
2019-11-20 三 | 未办结     | 联络员             | T意见 T分析 T台账 T整改方案 T制度 T整改 T承诺 T公布
2019-11-20 三 | 未办结     | 联络员             | C意见 C分析 C台账 C整改方案 C制度 C整改 C承诺 C公布
2019-12-24 二 | 提醒       | 联络员             | 空白点 T机构空白点
2020-01-02 四 | 催办       | 联络员、科室负责人 | R空白点 T机构空白点
2020-01-08 三 | 拟问责追责 | 主要负责人、组长   | R空白点 T机构空白点
"""
# 对专项整治工作进行一次“回头看”…发现问题,立即整改: the hospital is closed and opened again.
MOVES = """
2019-09-18 10:00 | 行动 | draft → mobilise
2019-09-18 10:00 | H | waiting → mobilise
2019-09-18 10:00 | T | waiting → mobilise
2019-09-18 10:00 | C | waiting → mobilise
2019-10-15 10:00 | 行动 | mobilise → self-check
2019-10-15 10:00 | H | mobilise → self-check
2019-10-15 10:00 | C | mobilise → self-check
2019-11-20 10:00 | 行动 | self-check → summarise
2019-11-20 10:00 | H | self-check → summarise
2019-12-16 10:00 | H | summarise → closed
2019-12-23 10:00 | H | closed → summarise
"""


@pytest.fixture
def launched(staged):
    return staged.launch(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)


@pytest.fixture
def words(plot):
    names = NAMES | {f"{unit}{matter}": name for unit in "DRTC" for matter, name in NAMES.items()}

    def owes(matter: str) -> tuple[str, ...]:
        return tuple(OWING[matter]) if matter in OWING else (matter[0],)

    return plot("R", names, owes, {}, dict.fromkeys("DJHTC", "R"))


def test_how_often_the_water_is_tested_is_asked_for(staged) -> None:
    order = staged.order(KEY, START, CHOSEN)
    drafted = staged.draft(order, LAUNCH)
    assert [(one.place, one.words) for one in drafted.plan.blanks] == [("water-monitoring.every", "定期")]
    with pytest.raises(Refused, match=r"--set water-monitoring\.every="):
        staged.launch(order, LAUNCH)
    assert staged.everything_launched() == 0


def test_that_the_fourth_subject_has_two_names_is_told(staged) -> None:
    drafted = staged.draft(staged.order(KEY, START, {**BLANK, **CHOSEN}), LAUNCH)
    (said,) = (one for one in drafted.warnings if "两处不一致" in one)
    assert "目标任务里写“聚焦医疗环境和骗取医疗保障基金问题”" in said
    assert "标题写“聚焦医疗环境和行业不正之风问题”" in said


def test_only_the_target_and_the_water_tests_have_dates(launched, words) -> None:
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}
    assert {one.opens_at for one in launched.rows(PhaseRow)} == {None}


def test_nothing_begins_before_a_coordinator_begins_it(launched) -> None:
    launched.live("2019-12-30 18:00")
    assert (launched.mails, launched.moves()) == ([], [])


def test_three_steps_without_dates_are_begun_by_hand_and_looked_back_on(launched, words) -> None:
    acts = [
        (when, launched.act(unit, matter, "submit"))
        for when, unit, matter in (line.split(" | ") for line in launched.lines(DONE))
    ]
    acts += [(f"{day} 10:00", launched.advance) for day in ("2019-09-18", "2019-10-15", "2019-11-20")]
    acts.append(("2019-12-16 10:00", launched.move("H", "close")))
    acts.append(("2019-12-23 10:00", launched.move("H", "reopen", reason="“回头看”发现收费问题")))
    launched.live("2020-01-31 18:00", acts)
    assert launched.told().differs_from(words.told(TIMELINE)) == []
    assert launched.moves("HTC") == launched.lines(MOVES)
