"""duban report work, ranking, weekly: files written, never over another one, as of a day the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from command_line import begin, duban
from states import clock

UNITS = "单位代码,单位名称,类别,上级代码\nSX,示例县卫生健康局,行政部门,\nSX-H01,示例县人民医院,医院,SX\n"
PLAN = "key: sample\nversion: 1\ntitle: 示例专项行动\nrequirements:\n  - {key: report, name: 报告, due: 启动后10日内}\n"


@pytest.fixture
def folder(at_home: Path) -> Path:
    begin(at_home, UNITS, PLAN, clock.now().date())
    return at_home


def test_the_three_files(folder: Path) -> None:
    for kind, name in (("work", "工作汇报"), ("ranking", "情况通报"), ("weekly", "周调度表")):
        said = duban("report", kind, "1").stdout
        assert name in said
        assert "SHA-256 " in said
        assert "已经存在；要覆盖请加 --force" in duban("report", kind, "1", code=1).stderr
        duban("report", kind, "1", "--force")
    assert sorted(one.suffix for one in folder.glob("示例专项行动*")) == [".docx", ".xlsx", ".xlsx"]


def test_a_day_that_is_not_over_and_one_before_the_start_are_refused(folder: Path) -> None:
    today = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    for day, says in ((today, "须在一小时以前"), (today - timedelta(days=9), "才启动")):
        said = duban("report", "work", "1", "--as-of", day.isoformat(), "-o", "a.docx", code=1)
        assert says in said.stderr
    assert not (folder / "a.docx").exists()
