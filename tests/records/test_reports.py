"""Reports in forms: filled, handed in, added up, rated; out to a workbook and back in. On both databases."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from states.documents import formsheet
from states.errors import Conflict, Faulty, Refused
from states.records import (
    asked,
    core,
    figures,
    filling,
    form_sheets,
    form_sums,
    moving,
    reading_obligations,
    reading_reports,
    reporting_rates,
    scopes,
)
from states.records.access import EVERYTHING
from states.records.mass_settling import settle_many
from states.records.reported import ReportFigures

PLAN = """
key: reports
version: 1
title: 示例专项行动
begins: 2026年3月2日
ends: 2026年5月31日
requirements:
  - key: monthly
    name: 月报表
    kind: report
    every: 每月25日前，遇非工作日顺延
    nil: true
    form:
      fields:
        - {key: clues, name: 线索总数, unit: 条, minimum: 0}
        - {key: own, name: 自查, unit: 条, minimum: 0}
        - {key: given, name: 转办, unit: 条, minimum: 0}
        - {key: money, name: 缴款, type: decimal, unit: 万元, as_of: true}
        - {key: kind, name: 主要问题, type: choice, choices: [收费, 采购]}
        - {key: head, name: 填表科室, type: text, required: true}
      splits: [{total: clues, parts: [own, given]}]
ladder: main
ladders: {main: {rungs: [{at: +1wd, name: 催办, to: [liaison]}]}}
"""
NOW = "2026-03-24 10:00"
GOOD = {"clues": 3, "own": 1, "given": 2, "head": "监督科"}


class Reports:
    """The campaign, and what units do in it."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.key = stage.launch(PLAN)
        stage.cycle("2026-03-02 09:00")

    def owed(self, code: str, period: str = "2026-03") -> Any:
        return self.stage.owed("monthly", code, period)

    def write(self, work: Any) -> Any:
        with self.stage.store.write() as session:
            return work(session, self.stage.campaign(session, self.key))

    def fill(
        self, code: str, sent: dict[str, Any], now: str = NOW, period: str = "2026-03", **more: Any
    ) -> Any:
        key, at = self.owed(code, period).id, self.stage.at(now)
        return self.write(lambda s, c: filling.fill(s, c, key, sent, at, f"unit:{code}", **more))

    def act(self, code: str, name: str, now: str = NOW, period: str = "2026-03", **more: Any) -> Any:
        key, at = self.owed(code, period).id, self.stage.at(now)
        return self.write(lambda s, c: moving.act(s, c, key, name, at, "test", **more))

    def rates(self, now: str, **more: Any) -> Any:
        with self.stage.store.read() as session:
            campaign = self.stage.campaign(session, self.key)
            return reporting_rates.rates(session, campaign, self.stage.at(now), **more)

    def sheet(self, period: str = "2026-03") -> bytes:
        with self.stage.store.read() as session:
            campaign = self.stage.campaign(session, self.key)
            milestone = form_sheets.milestone_asked(session, campaign, "monthly", period)
            return form_sheets.export(session, campaign, milestone)

    def bring(self, *books: bytes, submit: bool = False, now: str = NOW) -> Any:
        def work(session: Any, campaign: Any) -> Any:
            milestone = form_sheets.milestone_asked(session, campaign, "monthly", "2026-03")
            form = asked.form_of(campaign, milestone)
            lines = [one for at, book in enumerate(books) for one in formsheet.read(book, f"{at}.xlsx", form)]
            return form_sheets.apply(
                session, campaign, milestone, lines, self.stage.at(now), "test", submit=submit
            )

        return self.write(work)


@pytest.fixture
def reports(stage: Any) -> Reports:
    return Reports(stage)


def edited(content: bytes, cells: dict[tuple[str, str], Any]) -> bytes:
    """The workbook with other cells: (unit code, column title) → what stands there."""
    book = load_workbook(BytesIO(content))
    page = book.worksheets[0]
    columns = {"".join(str(cell.value).split()): cell.column for cell in page[3]}
    lines = {page.cell(line, 1).value: line for line in range(4, page.max_row + 1)}
    for (code, title), value in cells.items():
        page.cell(lines[code], columns[title]).value = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


# -- filled -----------------------------------------------------------------------------------------------


def test_a_form_is_written_in_again_and_again_and_every_time_is_kept(reports) -> None:
    reports.fill("R1-H1", GOOD)
    reports.fill("R1-H1", {"money": {"value": "1.5", "as_of": "2026-03-20"}, "clues": None}, merge=True)
    reports.fill("R1-H1", {"head": "监督科"}, merge=True)
    with reports.stage.store.read() as session:
        told = reading_reports.figures(session, EVERYTHING, reports.key, reports.owed("R1-H1").id)
    assert told["figures"] == {
        "clues": None,
        "own": {"value": 1, "as_of": None},
        "given": {"value": 2, "as_of": None},
        "money": {"value": "1.5", "as_of": "2026-03-20"},
        "kind": None,
        "head": {"value": "监督科", "as_of": None},
    }
    assert (told["no"], told["version"]) == (2, 3), "the same again writes nothing"
    assert told["history"][1]["changes"] == [
        "“线索总数”由 3 改为 空白",
        "“缴款”由 空白 改为 1.5（截至 2026-03-20）",
    ]
    noted = [one.payload["fields"] for one in reports.stage.journal(filling.FILLED)]
    assert noted == [["clues", "own", "given", "head"], ["clues", "money"]]
    with pytest.raises(Faulty) as faulty:
        reports.fill("R1-H1", {"clues": 9, "own": 1, "given": 2, "head": "监督科", "kind": "无"})
    assert [one.place for one in faulty.value.faults] == ["figures.kind", "figures.clues"]


def test_who_was_overtaken_is_told_what_others_wrote(reports) -> None:
    seen = reports.fill("R1-H1", GOOD).version
    reports.fill("R1-H1", {**GOOD, "clues": 5, "own": 3})
    with pytest.raises(Conflict) as conflict:
        reports.fill("R1-H1", {"head": "医政科"}, merge=True, version=seen)
    assert conflict.value.refusals[1:] == ["“线索总数”由 3 改为 5", "“自查”由 1 改为 3"]


def test_what_is_required_keeps_a_report_back_one_by_one_and_in_masses(reports) -> None:
    reports.fill("R1-H1", {"clues": 3})
    with pytest.raises(Refused, match="“填表科室”必填，还是空的"):
        reports.act("R1-H1", "submit", reason="来不及")
    key = reports.owed("R1-H1").id
    with reports.stage.store.read() as session:
        told = reading_obligations.in_full(session, EVERYTHING, key, reports.stage.at(NOW))
    assert told["acts"][0]["refusals"] == ["“填表科室”必填，还是空的"]
    reports.fill("R2-H1", GOOD)
    milestone = reports.stage.milestone("monthly", "2026-03")
    at = reports.stage.at(NOW)
    assert reports.write(lambda s, c: settle_many(s, c, milestone, "submit", [], at, "test")) == 1
    assert (reports.owed("R2-H1").status, reports.owed("R1-H1").status) == ("accepted", "open")
    with pytest.raises(Refused, match="已办结，要改报表请先退回"):
        reports.fill("R2-H1", {"clues": 4})
    reports.act("R2-H1", "return", reason="数字不符")
    reports.fill("R2-H1", {**GOOD, "clues": 4, "own": 2})
    assert reports.act("R2-H1", "submit").status == "accepted"


# -- added up ---------------------------------------------------------------------------------------------


def test_sums_say_how_many_gave_a_figure_and_how_many_left_it_blank(reports) -> None:
    reports.fill("R1-H1", {**GOOD, "money": {"value": 0.1, "as_of": "2026-03-01"}, "kind": "收费"})
    reports.fill("R1-H2", {"own": 4, "money": {"value": "0.2", "as_of": "2026-03-20"}, "head": "办公室"})
    reports.fill("R2-H1", {"own": 100, "head": "没有报送的不算"})
    for code in ("R1-H1", "R1-H2"):
        reports.act(code, "submit")
    reports.act("R2-C1", "nil")
    reports.act("R2", "waive", reason="不涉及")
    with reports.stage.store.read() as session:
        campaign = reports.stage.campaign(session, reports.key)
        found = form_sums.sums(session, campaign, "monthly", "2026-03")[0]
        paths = scopes.paths_of(session, ["R1", "R2"]).values()
        parts = [form_sums.sums(session, campaign, "monthly", "2026-03", path)[0] for path in paths]
    assert (found.units, found.handed_in, found.nil, found.absent) == (5, 2, 1, 2)
    by = {one.field.key: one for one in found.fields}
    assert {key: (one.given, one.blank, str(one.total)) for key, one in by.items()} == {
        "clues": (1, 1, "3"),
        "own": (2, 0, "5"),
        "given": (1, 1, "2"),
        "money": (2, 0, "0.3"),
        "kind": (1, 1, "None"),
        "head": (2, 0, "None"),
    }
    assert (str(by["money"].earliest), str(by["money"].latest)) == ("2026-03-01", "2026-03-20")
    assert by["kind"].choices == (("收费", 1),)
    assert sum(one.units for one in parts) == found.units
    assert sum(one.fields[1].total or 0 for one in parts) == by["own"].total
    assert parts[1].fields[0].total is None, "a figure that nobody gave has no sum, not nought"


def test_rates_by_period_and_region_add_up_to_the_one_tally(reports) -> None:
    for code in ("R1-H1", "R1-H2"):
        reports.fill(code, GOOD)
        reports.act(code, "submit")
    reports.stage.cycle("2026-03-26 09:00")
    reports.act("R2-C1", "nil", "2026-03-27 10:00")
    reports.stage.cycle("2026-04-01 09:00")
    reports.act("R2-H1", "nil", "2026-04-02 10:00", "2026-04")
    now = "2026-04-28 10:00"
    found = reports.rates(now)
    with reports.stage.store.read() as session:
        campaign = reports.stage.campaign(session, reports.key)
        whole = figures.tally(session, campaign, reports.stage.at(now)).reporting
    assert found.whole == whole
    march, april, *_ = found.periods
    assert vars(march.reporting) == {
        "due": 6,
        "on_time": 2,
        "late": 1,
        "nil": 1,
        "missing": 3,
        "late_nil": 1,
    }
    assert (april.reporting.due, april.reporting.nil, april.reporting.missing) == (6, 1, 5)
    regions = {one.code: one.reporting for one in found.regions}
    assert {code: (one.due, one.missing) for code, one in regions.items()} == {"R1": (6, 4), "R2": (6, 4)}
    for name in vars(whole):
        for parts in (found.periods, found.regions):
            assert sum(getattr(one.reporting, name) for one in parts) == getattr(whole, name), name
    only = reports.rates(now, requirement="monthly", period="2026-03")
    assert only.whole == march.reporting
    with reports.stage.store.read() as session:
        path = scopes.paths_of(session, ["R1"])["R1"]
    own = reports.rates(now, path=path)
    assert own.whole == regions["R1"]
    assert {one.code for one in own.regions} == {None, "R1-H1", "R1-H2"}


# -- out and in -------------------------------------------------------------------------------------------


def test_forms_of_many_units_go_out_and_come_back_from_several_files(reports) -> None:
    reports.fill("R1-H1", {**GOOD, "money": {"value": "1.5", "as_of": "2026-03-20"}})
    out = reports.sheet()
    book = load_workbook(BytesIO(out))
    page = book.worksheets[0]
    assert page["A2"].value.startswith("月报表（2026年3月）    期限：2026年03月25日")
    written = [cell.value for cell in page[3]]
    assert not any(line.endswith("（") for title in written for line in title.split("\n"))
    assert "线索总数\n（条）" in written, "a bracket begins a line, it never ends one"
    titles = [title.replace("\n", "") for title in written]
    assert titles[:8] == [
        *("单位代码", "单位名称", "状态", "线索总数（条）", "自查（条）", "转办（条）"),
        *("缴款（万元）", "截至日期（缴款）"),
    ]
    assert "等于 自查、转办 之和" in page.cell(3, 4).comment.text
    assert "不知道的留空" in page.cell(3, 4).comment.text
    lists = [one for one in page.data_validations.dataValidation if one.type == "list"]
    assert len(lists) == 1
    assert page.column_dimensions["M"].hidden
    unchanged, _ = reports.bring(out)
    assert (unchanged.writings, unchanged.unchanged, unchanged.empty) == ((), 1, 5)
    east = edited(out, {("R1-H1", "线索总数（条）"): 4, ("R1-H1", "自查（条）"): 2})
    west = edited(
        out,
        {
            ("R2-H1", "缴款（万元）"): 2.25,
            ("R2-H1", "截至日期"): "2026-03-22",
            ("R2-H1", "填表科室"): "办公室",
        },
    )
    looked, handed_in = reports.bring(east, west, submit=True)
    assert (len(looked.writings), looked.empty, handed_in) == (2, 4, 2)
    other = edited(out, {("R2-C1", "填表科室"): "甲"}), edited(out, {("R2-C1", "填表科室"): "乙"})
    with pytest.raises(Faulty, match=r"R2-C1 与 0\.xlsx A.* 重复，内容不同"):
        reports.bring(*other)
    with reports.stage.store.read() as session:
        kept = asked.current(session, reports.owed("R2-H1").id)
    assert kept is not None
    assert kept.values == {"money": {"value": "2.25", "as_of": "2026-03-22"}, "head": {"value": "办公室"}}


def test_formulas_are_text_on_the_way_out_and_nothing_on_the_way_in(reports) -> None:
    reports.fill("R1-H1", {**GOOD, "head": "=1+1"})
    out = reports.sheet()
    page = load_workbook(BytesIO(out)).worksheets[0]
    (cell,) = [one for row in page.iter_rows() for one in row if one.value == "=1+1"]
    assert cell.data_type == "s"
    with pytest.raises(Faulty, match="公式没有计算结果"):
        reports.bring(edited(out, {("R2-H1", "填表科室"): "=HYPERLINK(1)"}))


def test_every_wrong_cell_is_named_and_then_nothing_is_written(reports) -> None:
    out = reports.sheet()
    wrong = edited(
        out,
        {
            ("R1-H1", "线索总数（条）"): "约20",
            ("R1-H2", "主要问题"): "其他",
            ("R2-H1", "线索总数（条）"): 9,
            ("R2-H1", "自查（条）"): 1,
            ("R2-H1", "转办（条）"): 2,
            ("R2-C1", "填表科室"): "好的一行",
            ("R2", "单位代码"): "X-9",
            ("R2", "自查（条）"): 1,
        },
    )
    with pytest.raises(Faulty) as faulty:
        reports.bring(wrong)
    found = {one.place: one.says for one in faulty.value.faults}
    lines = {cell.value: cell.row for cell in load_workbook(BytesIO(wrong)).worksheets[0]["A"]}
    assert {place: says[:12] for place, says in found.items()} == {
        f"0.xlsx D{lines['R1-H1']}": "“线索总数”应为整数，写",
        f"0.xlsx I{lines['R1-H2']}": "“主要问题”没有“其他”",
        f"0.xlsx D{lines['R2-H1']}": "“线索总数”是 9，各分",
        f"0.xlsx A{lines['X-9']}": "“X-9”不是要报“月报",
    }
    assert reports.stage.rows(ReportFigures) == []


def test_a_cell_that_others_changed_after_the_file_went_out_is_named(reports) -> None:
    reports.fill("R1-H1", GOOD)
    out = reports.sheet()
    reports.fill("R1-H1", {**GOOD, "clues": 5, "own": 3})
    with pytest.raises(Faulty, match="“线索总数”在导出以后已由他人改为 5；请重新导出后再填"):
        reports.bring(edited(out, {("R1-H1", "填表科室"): "医政科"}))


def test_a_table_of_their_own_is_read_by_its_titles_and_strange_columns_are_named(reports) -> None:
    with reports.stage.store.read() as session:
        form = reports.stage.campaign(session, reports.key).template.requirements[0].form
    content = "单位代码,线索总数,自查,转办,填表科室\nR1-H1,3,1,2,监督科\n".encode()
    (line,) = formsheet.read(content, "x.csv", form)
    assert (line.code, line.sent["clues"], line.where("own")) == (
        "R1-H1",
        {"value": "3", "as_of": None},
        "x.csv C2",
    )
    with pytest.raises(Faulty, match=r"x\.csv B1：报表没有“线索”这一列"):
        formsheet.read("单位代码,线索,自查\nR1-H1,3,1\n".encode(), "x.csv", form)
    with pytest.raises(Faulty, match="没有找到表头"):
        formsheet.read("名称,线索\nR1-H1,3\n".encode(), "x.csv", form)


def test_other_periods_stand_apart(reports) -> None:
    reports.fill("R1-H1", GOOD)
    reports.stage.cycle("2026-04-01 09:00")
    with reports.stage.store.read() as session:
        counted = sa.select(sa.func.count()).select_from(core.report_figures)
        assert session.execute(counted).scalar() == 1
        assert asked.current(session, reports.owed("R1-H1", "2026-04").id) is None
