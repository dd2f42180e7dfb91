"""duban clue: the informant is asked for apart and stands on no command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import begin, data, duban
from states import clock

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
"""
PLAN = "key: sample\nversion: 1\ntitle: 示例专项行动\nrequirements:\n  - {key: report, name: 报告, due: 启动后10日内}\n"
ADD = ("clue", "add", "1", "--channel", "信", "--class", "重大", "--about", "SX-H01", "--text", "收费不公示")
PERSON = {"name": "赵举报", "contact": "139-0000-1234"}


@pytest.fixture(autouse=True)
def _started(at_home: Path) -> None:
    begin(at_home, UNITS, PLAN, clock.now().date())


def test_from_a_letter_to_the_result() -> None:
    said = duban(*ADD, "--informant", typed=json.dumps(PERSON)).stdout
    assert "1号（编号 1） 已登记" in said
    assert "举报人：有，加密保存" in said
    assert not [value for value in PERSON.values() if value in said]
    duban("clue", "move", "1", "1", "take", "--handler", "SX")
    refused = duban("clue", "move", "1", "1", "close", code=1)
    assert "“办结”须写明办理结果" in refused.stderr
    leaking = duban("clue", "move", "1", "1", "close", "--text", "已回访赵举报", code=1)
    assert "写有举报人的姓名" in leaking.stderr
    assert "结果：已责令公示" in duban("clue", "move", "1", "1", "close", "--text", "已责令公示").stdout
    looked = duban("clue", "informant", "1", "1", "--reason", "回访")
    assert looked.stdout == "举报人姓名：赵举报\n联系方式：139-0000-1234\n"
    assert "查看举报人" in duban("clue", "show", "1", "1").stdout
    assert "线索 1 条，办结 1 条，逾期未结 0 条" in duban("clue", "figures", "1").stdout
    assert [one["number"][-2:] for one in data("clue", "list", "1")] == ["1号"]


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        ((*ADD[:4], "风", *ADD[5:]), None, "没有“风”；可用的有 信、网、电、访、转办"),
        ((*ADD, "--informant"), "赵举报", "不是合法的 JSON"),
        ((*ADD, "--informant"), '{"phone": "1"}', "只有 name、contact、address 几项"),
        ((*ADD[:-1], "赵举报来信"), None, None),
        (("clue", "show", "1", "7"), None, "没有编号为 7 的线索"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    words: tuple[str, ...], typed: str | None, says: str | None
) -> None:
    done = duban(*words, code=1 if says else 0, typed=typed)
    assert (says or "") in done.stderr
    assert len(data("clue", "list", "1")) == (0 if says else 1)
