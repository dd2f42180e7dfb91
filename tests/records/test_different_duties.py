"""One campaign in which hospitals, clinics, bureaus and departments each owe other things by other dates."""

from __future__ import annotations

from states.records import counting, figures, happening
from states.records.core import unit
from states.records.counting import Numbers
from states.records.dispatch import Notice
from states.records.tables import Milestone, Obligation

TEXT = """
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}, {at: +1wd, name: 催办, to: [liaison]}]}}
workstreams:
  - {key: chaos, name: 医疗乱象整治, lead: [监督处], due: 4月底前}
ledger:
  columns: [问题]
  types:
    - key: major
      name: 重大问题
      steps:
        - {key: measure, name: 制定措施, due: 启动后10日内}
        - {key: cure, name: 整改到位, due: 启动后60日内}
  rows:
    - {no: 1, project: 行风, problem: 示例问题, measures: [整改], departments: [办公室], type: major}
requirements:
  - {key: check, name: 自查报告, due: 启动后10日内, scope: {kinds: [医院, 中医院]}}
  - {key: guard, name: 配备保安, due: 3月底前, scope: {kinds: [医院], beds_from: 500}}
  - {key: top, name: 三甲互认, due: 4月10日前, scope: {grades: [三级甲等]}}
  - {key: pledge, name: 承诺书, due: 启动后5日内, per: persons, scope: {kinds: [诊所]}}
  - {key: sum, name: 辖区汇总, due: 4月15日前, scope: {kinds: [行政部门]}}
  - {key: answer, name: 转办答复, due: 收到转办之日起3个工作日内, scope: {kinds: [行政部门]}}
  - {key: plan, name: 科室方案, due: 3月13日前, scope: {departments: [办公室]}}
  - {key: rooms, name: 科室自查, due: 3月20日前, scope: {kinds: [科室]}}
  - {key: final, name: 工作总结, due: 5月底前}
"""
EVERYBODY = ("工作总结", "05-31 18:00")
HOSPITAL, BUREAU = ("自查报告", "03-12 18:00"), ("辖区汇总", "04-15 18:00")
ROOMS = ("科室自查", "03-20 18:00")
OWED = {
    "R1": [BUREAU, ("转办答复", None), EVERYBODY],
    "R2": [BUREAU, ("转办答复", None), EVERYBODY],
    "R1-H1": [HOSPITAL, ("配备保安", "03-31 18:00"), EVERYBODY],
    "R1-H2": [HOSPITAL, ("三甲互认", "04-10 18:00"), EVERYBODY],
    "R2-H1": [HOSPITAL, EVERYBODY],
    "R2-C1": [("承诺书", "03-07 18:00"), EVERYBODY],
    "R-D1": [
        ("台账第1项·制定措施", "03-12 18:00"),
        ("科室方案", "03-13 18:00"),
        ROOMS,
        ("台账第1项·整改到位", "05-01 18:00"),
    ],
    "R-D2": [ROOMS, ("医疗乱象整治", "04-30 18:00")],
    "R1-D1": [ROOMS],
}


def owed(stage) -> dict[str, list[tuple[str, str | None]]]:
    names = {row.id: row for row in stage.rows(Milestone)}
    codes = {key: code for code, key in stage.ids.items()}
    found: dict[str, list[tuple[str, str | None]]] = {}
    for row in stage.rows(Obligation):
        about = names[row.milestone_id]
        due = stage.local(about.due_at)[5:] if about.due_at else None
        found.setdefault(codes[row.unit_id], []).append((about.name, due))
    return {code: sorted(rows, key=lambda one: one[1] or "04-16") for code, rows in found.items()}


def launched(stage) -> None:
    for code, grade, beds in (("R1-H1", "二级甲等", 600), ("R1-H2", "三级甲等", 450), ("R2-H1", "", None)):
        stage.put(unit, unit.c.code == code, grade=grade, beds=beds)
    stage.launch(stage.template(TEXT))


def test_each_kind_of_unit_owes_its_own_things_by_its_own_dates(stage) -> None:
    launched(stage)
    assert owed(stage) == OWED


def test_each_hears_of_what_it_owes_and_of_nothing_else(stage) -> None:
    launched(stage)
    stage.cycle("2026-03-06 09:00", "2026-03-09 09:00", "2026-03-11 09:00", "2026-03-12 09:00")
    with stage.store.write() as session:
        happening.record(
            session, stage.campaign(session, 1), "收到转办", stage.at("2026-03-12 10:00"), stage.at("2026-03-12 10:00"), "test"
        )  # fmt: skip
    stage.cycle("2026-03-13 09:00", "2026-03-16 09:00", "2026-03-18 09:00")
    codes = {key: code for code, key in stage.ids.items()}
    names = {row.id: row.name for row in stage.rows(Milestone)}
    told = {
        (stage.local(one.at)[5:10], codes[one.unit_id], one.name, names[one.milestone_id])
        for one in stage.notices(Notice.kind == "rung")
    }
    assert told == {
        ("03-06", "R2-C1", "提醒", "承诺书"),
        ("03-09", "R2-C1", "催办", "承诺书"),
        *(("03-11", code, "提醒", "自查报告") for code in ("R1-H1", "R1-H2", "R2-H1")),
        ("03-11", "R-D1", "提醒", "台账第1项·制定措施"),
        ("03-12", "R-D1", "提醒", "科室方案"),
        *(("03-13", code, "催办", "自查报告") for code in ("R1-H1", "R1-H2", "R2-H1")),
        ("03-13", "R-D1", "催办", "台账第1项·制定措施"),
        ("03-16", "R-D1", "催办", "科室方案"),
        *(("03-16", code, "提醒", "转办答复") for code in ("R1", "R2")),
        *(("03-18", code, "催办", "转办答复") for code in ("R1", "R2")),
    }


def test_figures_count_units_and_persons_each_for_themselves(stage) -> None:
    launched(stage)
    now = stage.at("2026-03-05 10:00")
    with stage.store.write() as session:
        campaign = stage.campaign(session, 1)
        key = counting.owed_key(session, campaign, "R2-C1", "pledge")
        counting.count(session, campaign, key, Numbers(8, 6), now, "test")
        found = figures.tally(session, campaign, now)
    assert found.units == len(stage.participants)
    assert [(one.name, one.units, one.expected, one.done) for one in found.counted] == [("承诺书", 1, 8, 6)]
    assert found.open == sum(len(rows) for rows in OWED.values())
