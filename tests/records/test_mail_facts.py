"""What a mail says beyond dates: what the problem is, how many roles are vacant."""

from __future__ import annotations

from states.documents.sheet import read
from states.records import dating
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


CLIMBING = ["R2-C1", "R2-H1", "R2", "R1", "R1-H1", "R1-H2"]


def test_what_a_mail_takes_together_is_listed_one_by_one_in_its_sheet(empty_stage) -> None:
    gone = [(code, role) for code in CLIMBING for role in ("liaison", "department_head")]
    stage = empty_stage.people([*gone, ("R", "liaison"), ("R", "department_head")])
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    (message,) = [one for _, one in stage.post if one.to == stage.address("coordinator", "R")]
    (sheet,) = [one for one in message.attachments if "逐项" in one.filename]
    rows = [row.cells for row in read(sheet.content, sheet.filename)]
    assert rows[0] == ("单位", "事项", "期限", "督办", "缘由", "专项行动")
    assert len(rows) == len(message.lines) + 1 > 12
    assert {(row[0], row[1], row[3]) for row in rows[1:]} == {
        (line.unit, line.what, line.rung) for line in message.lines
    }
    clinic = next(row for row in rows if (row[0], row[1]) == ("示例乙县惠民诊所", "自查报告"))
    assert clinic[2] == "2026-03-12 18:00"
    assert clinic[4].endswith("示例乙县惠民诊所的接收人空缺，逐级转送")


def test_a_mail_that_lists_everything_has_no_such_sheet(stage) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    assert [
        file.filename for _, one in stage.post for file in one.attachments if "逐项" in file.filename
    ] == []


def test_a_proposal_is_said_to_wait_until_it_is_decided(stage) -> None:
    stage.launch()
    stage.cycle(*(f"2026-03-{day} 09:00" for day in (13, 16, 17, 18, 19)))
    stage.post.clear()
    stage.cycle("2026-03-20 09:00")
    lines = [line for _, one in stage.post for line in one.lines]
    assert {line.rung for line in lines if line.waiting} == {"约谈"}
    assert not [line for line in lines if line.rung == "约谈" and not line.waiting]


def test_a_mail_tells_the_words_of_the_plan_from_a_date_that_was_filled_in(stage) -> None:
    key = stage.launch(fills={"report.due": "2026-03-13"})
    stage.cycle("2026-03-02 09:00")
    lines = [line for _, one in stage.post for line in one.lines if line.what == "自查报告"]
    assert {(line.due_words, line.filled) for line in lines} == {("启动后10日内", "2026年3月13日前")}
    with stage.store.write() as session:
        dating.give(
            session,
            stage.campaign(session, key),
            {"mended.due": "2026-03-25"},
            stage.at("2026-03-03 10:00"),
            "t",
            "x",
        )
    assert (stage.milestone("mended").words, stage.milestone("mended").filled) == (
        "阶段结束前3个工作日",
        "2026年3月25日前",
    )
