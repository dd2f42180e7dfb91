"""What a mail says beyond dates: what the problem is, how many roles are vacant."""

from __future__ import annotations

from states.records.tables import Vacancy

LEDGER = """
ladder: main
ladders: {main: {rungs: [{at: -1wd, name: 提醒, to: [liaison]}]}}
ledger:
  columns: [问题]
  rows:
    - no: 1
      project: 甲
      problem: 进销存不符；账目不清。
      measures: [逐笔核对库存。差额说明原因, 建账]
      departments: [办公室]
      due: 4月
"""


def test_a_line_about_an_item_of_the_ledger_quotes_the_problem_and_the_first_measure(stage) -> None:
    stage.launch(stage.template(LEDGER))
    stage.cycle("2026-03-02 09:00", "2026-04-29 09:00", "2026-04-30 09:00")
    lines = [line for _, one in stage.post for line in one.lines if line.what.startswith("台账")]
    assert {(line.what, line.problem, line.measure) for line in lines} == {
        ("台账第1项（甲）", "进销存不符", "逐笔核对库存")
    }


def test_a_line_about_anything_else_quotes_no_problem(stage) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    assert {(line.problem, line.measure) for _, one in stage.post for line in one.lines} == {("", "")}


def test_a_role_that_is_vacant_in_two_campaigns_is_one_vacancy(empty_stage) -> None:
    stage = empty_stage.people([("R2-C1", "liaison"), ("R1-H1", "liaison")])
    stage.launch()
    stage.launch(stage.template(key="other", title="另一专项行动"))
    stage.cycle("2026-03-02 09:00", "2026-03-03 09:00")
    message = next(one for _, one in stage.post if len(one.figures) == 2)
    figures = message.figures
    vacant = len(stage.rows(Vacancy))
    assert vacant == 2
    assert [one.vacancies for one in figures] == [vacant, vacant]
    assert message.vacancies == vacant
