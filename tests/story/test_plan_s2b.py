"""One hospital against kickbacks in 2023: one phase in tens of days, two without dates; promises counted below the unit.

Working days of autumn 2023: 29 September–6 October off; Saturday 7 and Sunday 8 October worked.
"""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.reading import load, shipped
from states.records import counting, figures
from states.records.campaigns import running
from states.records.tables import PhaseRow

KEY = "hospital-kickbacks-2023"
START, LAUNCH = "2023-09-11", "2023-09-08 15:00"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal"),
    ("H", "示例县人民医院", "hospital", "二级", "R", "liaison department_head deputy_leader principal"),
)
NAMES = {
    "动员": "动员部署和法规政策学习",
    "科室": "科室不开大处方、不收回扣和红包承诺书",
    "个人": "个人不开大处方、不收回扣和红包承诺书",
    "公示": "承诺书公示",
    "自查": "自查自纠",
    "谈话": "重点岗位、重点人员谈心谈话活动",
    "梳理": "供应商（经销商）梳理",
    "约谈": "供应商（经销商）集体约谈",
    "廉洁": "廉洁供销承诺书",
    "黑名单": "不良记录登记和供应商黑名单",
    "随访": "第三方随访调查",
    "制度": "规章制度",
    "监督": "监督制约机制",
    "激励": "医德考评与医师定期考核结果直接挂钩",
    "领导小组": "专项整治活动领导小组",
    "方案": "具体实施方案",
    "一把手": "一把手亲自抓，班子成员抓好分管科室",
    "学习": "学习贯彻落实有关规范和规定",
}
# The two months of 动员部署; the other phases have no date to fill.
BLANKS = """
mobilise.from  2023年9月中旬   # 动员部署阶段(2023年XX月中旬一XX月下旬)
mobilise.until 2023年9月下旬
"""
DATES = """
动员   2023-09-30 18:00   # 全院…深入开展动员部署,认真组织学习有关法规政策
科室   2023-09-30 18:00   # 动员部署阶段…我院将与科室…签订…承诺书: the end of the phase, a day off
个人   2023-09-30 18:00   # 科室将与每位医务工作人员层层签订
公示   2023-09-30 18:00   # 并以适当形式公示
自查   未注明日期         # 综合治理阶段。一要做好自查自纠
谈话   未注明日期         # 要开展一次…谈心谈话活动
梳理   未注明日期         # 对…供应商(经销商)进行一次梳理
约谈   未注明日期         # 对各供应商(经销商)进行集体约谈
廉洁   未注明日期         # 签订廉洁供销承诺书
黑名单 未注明日期         # 建立黑名单,取消其供货资格
随访   未注明日期         # 我院将随机抽取10%的出院病人
制度   未注明日期         # 总结提高阶段。…制定出台…规章制度
监督   未注明日期         # 要建立监督制约机制
激励   未注明日期         # 三是完善激励体制
领导小组 未注明日期       # 成立专项整治活动领导小组
一把手 未注明日期         # 一把手要亲自抓,班子成员要抓好分管科室
学习   未注明日期         # 要以学习贯彻落实…为抓 (the text ends there)
方案   未注明日期         # 成立…领导小组,制定具体实施方案
"""

# The personal promises are signed a week late, their display later still. 综合治理 is begun by hand on 16 October,
# 总结提高 on 20 November, when the blacklist is still open.
SUBMITTED = """
2023-09-20 12:00 | mobilisation
2023-09-25 10:00 | department-promise
2023-10-08 10:00 | personal-promise
2023-10-12 10:00 | promises-published
2023-11-10 10:00 | self-check
2023-11-10 10:01 | talks
2023-11-10 10:02 | supplier-review
2023-11-10 10:03 | supplier-talk
2023-11-10 10:04 | supplier-promise
2023-11-10 10:05 | patient-survey
2023-11-21 10:00 | bad-records
"""
COUNTED = """
2023-09-20 10:00 | personal-promise   | 420 400
2023-09-25 09:00 | department-promise | 30 30
2023-10-08 09:30 | personal-promise   | 420 420
"""
# Ladder: -3wd 提醒, +1wd 催办, +3wd 督促, +5wd 督促, all sent. Before 30 September: 28 27 26 | Saturday 7, 8, 9, 10, 11.
TIMELINE = """
2023-09-11 一 | 下发   | 联络员             | 动员部署：动员 科室 个人 公示 领导小组 方案 一把手 学习
2023-09-26 二 | 提醒   | 联络员             | 个人 公示
2023-10-07 六 | 催办   | 联络员、科室负责人 | 个人 公示
2023-10-09 一 | 督促   | 分管领导           | 公示   # 班子成员要抓好分管科室专项整治活动的落实
2023-10-11 三 | 督促   | 主要负责人         | 公示   # 一把手要亲自抓
2023-10-16 一 | 下发   | 联络员             | 综合治理：自查 谈话 梳理 约谈 廉洁 黑名单 随访
2023-10-16 一 | 未办结 | 联络员             | 领导小组 方案 一把手 学习
2023-11-20 一 | 下发   | 联络员             | 总结提高：制度 监督 激励
2023-11-20 一 | 未办结 | 联络员             | 领导小组 方案 一把手 学习 黑名单
"""
MOVES = """
2023-09-11 00:00 | 行动 | draft → mobilise
2023-09-11 00:00 | H | waiting → mobilise
2023-10-16 10:00 | 行动 | mobilise → treat
2023-10-16 10:00 | H | mobilise → treat
2023-11-20 10:00 | 行动 | treat → summarise
2023-11-21 10:00 | H | treat → summarise
"""


@pytest.fixture
def launched(staged, fills):
    return staged.launch(staged.order(KEY, START, fills), LAUNCH)


def count(told, matter: str, expected: int, done: int):
    def do(now) -> None:
        with told.store.write() as session:
            campaign = running(session, told.campaign)
            key = counting.owed_key(session, campaign, "H", matter)
            counting.count(session, campaign, key, counting.Numbers(expected, done), now, "test")

    return do


def test_the_months_of_its_first_phase_are_asked_for(staged, fills) -> None:
    staged.start_waits_for(fills, KEY, START, LAUNCH)


def test_its_first_phase_runs_from_the_middle_to_the_end_of_the_month(launched) -> None:
    phases = {one.key: (one.opens_at, one.closes_at) for one in launched.rows(PhaseRow)}
    assert phases == {
        "mobilise": (launched.at("2023-09-11 00:00"), launched.at("2023-09-30 18:00")),
        "treat": (None, None),
        "summarise": (None, None),
    }
    stated = dict(line.split(" ", 1) for line in launched.lines(DATES))
    assert launched.dates() == {NAMES[matter]: when.strip() for matter, when in stated.items()}


def test_a_tenth_of_the_discharged_is_asked_by_a_third_party() -> None:
    assert [(one.name, one.of, one.percent) for one in load(shipped()[KEY]).sampling] == [
        ("第三方随访调查", "出院病人", 10)
    ]


def test_promises_are_counted_to_the_last_person_before_they_are_handed_in(launched, plot) -> None:
    acts = [
        (when, launched.act("H", matter, "submit"))
        for when, matter in (line.split(" | ") for line in launched.lines(SUBMITTED))
    ]
    acts += [
        (when, count(launched, matter, *map(int, numbers.split())))
        for when, matter, numbers in (line.split(" | ") for line in launched.lines(COUNTED))
    ]
    acts += [(f"{day} 10:00", launched.advance) for day in ("2023-10-16", "2023-11-20")]
    acts += [
        ("2023-09-20 11:00", launched.look(lambda now: refused(launched, now))),
        ("2023-10-09 11:00", launched.look(lambda now: counted(launched, now))),
    ]
    launched.live("2023-12-31 18:00", acts)
    words = plot("R", NAMES, lambda _: ("H",), {}, {"H": "R"})
    assert launched.told().differs_from(words.told(TIMELINE)) == []
    assert launched.moves() == launched.lines(MOVES)
    assert launched.late("H") == {NAMES["个人"], NAMES["公示"]}
    assert launched.seen == {
        "2023-09-20 11:00": f"“{NAMES['个人']}”应办 420 人，已办 400，还差 20；请办齐后报送，或写明理由",
        "2023-10-09 11:00": [(NAMES["科室"], 1, 30, 30), (NAMES["个人"], 1, 420, 420)],
    }


def refused(told, now) -> str:
    with pytest.raises(Refused) as found:
        told.act("H", "personal-promise", "submit")(now)
    return "".join(found.value.refusals)


def counted(told, now) -> list[tuple[str, int, int, int]]:
    with told.store.read() as session:
        found = figures.tally(session, running(session, told.campaign), now).counted
    return [(one.name, one.units, one.expected, one.done) for one in found]
