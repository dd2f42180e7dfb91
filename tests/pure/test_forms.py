"""Forms: what is written is judged field by field; blanks stay blank; parts add up to their total."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from states import filled
from states.errors import Faulty
from states.forms import Form
from states.reading import load

TODAY = date(2026, 11, 20)
FIELDS = """
fields:
  - {key: clues, name: 线索总数, unit: 条, minimum: 0}
  - {key: key-few, name: 关键少数, unit: 条, minimum: 0}
  - {key: funds, name: 医保基金, unit: 条, minimum: 0}
  - {key: money, name: 主动缴款, type: decimal, unit: 万元, maximum: 100000, required: true}
  - {key: kind, name: 主要问题, type: choice, choices: [收费, 采购]}
  - {key: met-on, name: 会议日期, type: date}
  - {key: says, name: 情况说明, type: text}
splits: [{total: clues, parts: [key-few, funds]}]
"""
FORM = Form.model_validate(yaml.safe_load(FIELDS))
PLAN = (
    "key: t\nversion: 1\ntitle: 示例\nrequirements:\n  - key: r\n    name: 月报\n    every: 每月\n    form:\n"
)


def problems(**sent: Any) -> list[tuple[str, str]]:
    return [(one.field, one.says) for one in filled.read(FORM, sent, TODAY)[1]]


def written(**sent: Any) -> dict[str, Any]:
    found, wrong = filled.read(FORM, sent, TODAY)
    assert wrong == []
    return filled.stored(found)


def test_figures_are_kept_by_field_and_blanks_are_not_kept_as_noughts() -> None:
    kept = written(clues=" 1,204 ", funds=0, money="12.50", kind="收费", says="  ")
    assert kept == {
        "clues": {"value": 1204},
        "funds": {"value": 0},
        "money": {"value": "12.5"},
        "kind": {"value": "收费"},
    }
    assert written() == written(clues=None, says="", money={"value": None}) == {}


def test_each_problem_is_told_at_its_field_all_at_once() -> None:
    found = problems(
        clues="约20",
        funds=-1,
        money=12.345,
        kind="其他",
        **{"met-on": "2026-02-30", "key-few": True, "odd": 1},
    )
    assert [field for field, _says in found] == [
        "odd",
        "clues",
        "key-few",
        "funds",
        "money",
        "kind",
        "met-on",
    ]
    said = dict(found)
    assert said["clues"] == "“线索总数”应为整数，写的是“约20”；不知道或没有统计的请留空"
    assert said["funds"] == "“医保基金”不能小于 0，写的是 -1"
    assert said["money"] == "“主动缴款”最多 2 位小数，写的是“12.345”"
    assert said["kind"] == "“主要问题”没有“其他”这个选项；可选 收费、采购"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"clues": 10, "key-few": 4, "funds": 5}, "是 10，各分项相加是 9（关键少数 4、医保基金 5）"),
        ({"clues": 10, "key-few": 11}, "是 10，已填的分项相加已是 11（关键少数 11）"),
        ({"clues": 9, "key-few": 4, "funds": 5}, None),
        ({"clues": 10, "key-few": 4}, None),
        ({"key-few": 4, "funds": 5}, None),
        ({"clues": 10}, None),
    ],
)
def test_parts_add_up_where_they_are_known(sent: dict[str, int], says: str | None) -> None:
    found = problems(**sent)
    assert [field for field, _ in found] == (["clues"] if says else [])
    assert says is None or says in found[0][1]


def test_a_figure_may_be_told_as_of_a_day_of_its_own_but_not_of_the_future() -> None:
    kept = written(money={"value": 3, "as_of": "2026-11-18"}, clues={"value": 2})
    assert kept == {"clues": {"value": 2}, "money": {"value": "3", "as_of": "2026-11-18"}}
    assert problems(clues={"value": 2, "as_of": "2026-11-21"}) == [
        ("clues", "“线索总数”截至日期 2026-11-21 还没有到")
    ]
    assert problems(clues={"as_of": "2026-11-18"})[0][0] == "clues"
    apart = {"clues": {"value": 9, "as_of": "2026-11-18"}, "key-few": 4, "funds": 5}
    assert "截至日期不同，不能相加" in problems(**apart)[0][1]


def test_what_is_required_is_asked_for_when_it_is_handed_in() -> None:
    found, wrong = filled.read(FORM, {"clues": 3}, TODAY)
    assert wrong == []
    assert [one.says for one in filled.missing(FORM, found)] == ["“主动缴款”必填，还是空的"]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "money": st.decimals(0, 10**5, places=2),
            "says": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
            "met-on": st.dates().map(str),
            "clues": st.integers(0, 10**14),
        },
    )
)
def test_what_was_written_comes_back_from_json_as_it_was(sent: dict[str, Any]) -> None:
    found, wrong = filled.read(FORM, sent, TODAY)
    assert wrong == []
    assert filled.restored(FORM, filled.stored(found)) == found


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("{key: a, name: 甲, type: choice}", "选项（choice）要写明可选的内容"),
        ("{key: a, name: 甲, choices: [是]}", "“choices”只用于选项"),
        ("{key: a, name: 甲, places: 2}", "“places”只用于小数"),
        ("{key: a, name: 甲, type: text, minimum: 1}", "“minimum”只用于数字"),
        ("{key: a, name: 甲, minimum: 5, maximum: 1}", "什么也填不了"),
        ("{key: a, name: 甲}, {key: a, name: 乙}", "与第1项重复"),
    ],
)
def test_a_form_that_contradicts_itself_does_not_load(field: str, says: str) -> None:
    with pytest.raises(Faulty, match=says.replace("（", ".").replace("）", ".")):
        load(f"{PLAN}      fields: [{field}]\n")


@pytest.mark.parametrize(
    ("split", "says"),
    [
        ("{total: a, parts: [b, x]}", "表中没有“x”这一项"),
        ("{total: a, parts: [b, c]}", "“c”不是数字"),
        ("{total: a, parts: [b, a]}", "有重复"),
        ("{total: a, parts: [b, d]}", "计量单位不同"),
    ],
)
def test_a_split_names_numbers_of_one_unit(split: str, says: str) -> None:
    fields = (
        "{key: a, name: 甲}, {key: b, name: 乙}, {key: c, name: 丙, type: text}, {key: d, name: 丁, unit: 元}"
    )
    with pytest.raises(Faulty, match=says):
        load(f"{PLAN}      fields: [{fields}]\n      splits: [{split}]\n")
