"""duban report …, quota …, coverage …, draw on the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from command_line import begin, data, duban
from states import clock

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
SX-H02,示例县中医院,中医院,SX
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - key: census
    name: 摸底表
    kind: report
    due: 启动后10日内
    form:
      fields:
        - {key: beds, name: 床位, unit: 张, minimum: 0}
        - {key: kind, name: 主要问题, type: choice, choices: [收费, 采购]}
  - {key: talks, name: 警示教育, kind: quota, due: 启动后10日内, minimum: 2}
coverage: [{name: 医院, percent: 100, scope: {kinds: [医院, 中医院]}}]
sampling: [{name: 随访, of: 出院病人, percent: 10, listed: true}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'duban.db'}")
    begin(tmp_path, UNITS, PLAN, clock.now().date())
    duban("tick")
    return tmp_path


def test_forms_are_filled_by_command_and_by_workbook_and_added_up(folder: Path) -> None:
    wrong = duban("report", "fill", "1", "SX-H01", "census", "beds=很多", code=1)
    assert "figures.beds：“床位”应为整数，写的是“很多”；不知道或没有统计的请留空" in wrong.stderr
    shown = duban("report", "fill", "1", "SX-H01", "census", "beds=300", "--submit").stdout
    assert "已办结" in shown
    assert "（空白）" in shown
    out = folder / "摸底表.xlsx"
    duban("report", "form", "1", "census", "-o", str(out))
    assert "已经存在" in duban("report", "form", "1", "census", "-o", str(out), code=1).stderr
    book = load_workbook(out)
    page = book.worksheets[0]
    line = next(row for row in range(4, page.max_row + 1) if page.cell(row, 1).value == "SX-H02")
    page.cell(line, 5).value = "别的"
    book.save(out)
    tried = duban("report", "import", "1", "census", str(out), code=1)
    assert f"摸底表.xlsx E{line}：“主要问题”没有“别的”这个选项；可选 收费、采购" in tried.stderr
    page.cell(line, 5).value = "收费"
    book.save(out)
    assert "试算：改动 1 个单位" in duban("report", "import", "1", "census", str(out)).stdout
    done = duban("report", "import", "1", "census", str(out), "--apply", "--submit").stdout
    assert "已写入：改动 1 个单位，不变 1 个，空行 0 个，报送 1 个" in done
    beds, kind = data("report", "sums", "1")["items"][0]["fields"]
    assert (beds["total"], beds["given"], beds["blank"]) == ("300", 1, 1)
    assert kind["choices"] == [{"choice": "收费", "units": 1}]
    assert "报送率" in duban("report", "rates", "1").stdout
    rates = data("report", "rates", "1", "census")
    assert rates["whole"]["rate"] == 1.0
    assert rates["whole"]["on_time"] == sum(one["reporting"]["on_time"] for one in rates["regions"]) == 2
    assert "有报表的是 census" in duban("report", "form", "1", "nothing", "-o", "x.xlsx", code=1).stderr


def test_what_was_done_is_counted_one_by_one_or_from_a_list(folder: Path) -> None:
    today = clock.now().date().isoformat()
    duban("quota", "add", "1", "SX-H01", "talks", "--says", "观看警示片", "--place", "礼堂")
    listed = folder / "次数.csv"
    listed.write_text(
        f"单位代码,事项,日期,内容\nSX-H01,talks,{today},座谈\nSX-H02,talks,下周,座谈\n", "utf-8"
    )
    assert "次数.csv C3：应为日期" in duban("quota", "import", "1", str(listed), code=1).stderr
    listed.write_text(f"单位代码,事项,日期,内容\nSX-H01,talks,{today},座谈\n", "utf-8")
    assert "试算：可登记 1 次" in duban("quota", "import", "1", str(listed)).stdout
    assert data("quota", "list", "1")["items"][0]["events"] == 1
    duban("quota", "import", "1", str(listed), "--apply")
    quota = data("quota", "list", "1")["items"][0]
    assert (quota["units"], quota["met"], quota["pending"], quota["events"]) == (2, 1, 1, 2)
    assert "已办结；已登记 2次，不少于 2次" in duban("quota", "list", "1", "talks", "--unit", "SX-H01").stdout
    duban("quota", "withdraw", "1", "1", "--reason", "登记错了")
    assert data("quota", "list", "1", "talks", "--unit", "SX-H01")["status"]["key"] == "returned"


def test_units_reached_are_held_against_the_target(folder: Path) -> None:
    today = clock.now().date()
    assert "新登记 1 个单位" in duban("coverage", "add", "1", "SX-H01").stdout
    listed = folder / "检查.csv"
    listed.write_text(f"单位代码,日期\nSX-H02,{today + timedelta(days=3)}\n", encoding="utf-8")
    assert "检查.csv 第2行" in duban("coverage", "import", "1", str(listed), code=1).stderr
    shown = duban("coverage", "list", "1").stdout
    assert "50.0%" in shown
    assert "未达到" in shown
    listed.write_text(f"单位代码,日期\nSX-H02,{today}\n", encoding="utf-8")
    assert "试算：会新登记 1 条" in duban("coverage", "import", "1", str(listed)).stdout
    duban("coverage", "import", "1", str(listed), "--apply")
    assert data("coverage", "list", "1")["items"][0]["met"] is True
    assert "还没有" not in duban("coverage", "list", "1", "--target", "医院").stdout
    duban("coverage", "remove", "1", "SX-H02", "--day", str(today), "--reason", "没有去")
    assert data("campaign", "status", "1")["coverage"][0]["reached"] == 1


def test_a_draw_from_a_list_is_tried_then_kept(folder: Path) -> None:
    listed = folder / "出院.csv"
    listed.write_text("编号\n" + "".join(f"ZY-{number:03d}\n" for number in range(1, 21)), encoding="utf-8")
    tried = duban("draw", "1", "随访", "--list", str(listed), "--seed", "摇号 0731").stdout
    assert "从 20 个出院病人中抽 2 个（10%" in tried
    assert "试算，没有抽取" in tried
    made = data("draw", "1", "1", "--list", str(listed), "--seed", "摇号 0731", "--apply")
    assert [one in tried for one in made["drawn"]] == [True, True]
    again = duban("draw", "1", "随访", "--list", str(listed), "--apply", code=1)
    assert "重抽须写明理由" in again.stderr
    assert "第几次" in duban("draw", "1").stdout
    names = folder / "名单.csv"
    names.write_text("编号,姓名\nZY-001,王示例\n", encoding="utf-8")
    refused = duban("draw", "1", "随访", "--list", str(names), "--apply", "--reason", "重抽", code=1)
    assert "清单只能有一列编号" in refused.stderr
