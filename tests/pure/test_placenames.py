"""Places of a template by names that people know; sentences without the options of the command."""

from __future__ import annotations

import re
from datetime import date

import pytest

from states import placenames
from states.errors import Refused
from states.fills import places
from states.plan import plan
from states.reading import load, shipped
from states.sanity import doubts
from states.workdays import Workdays, published

CALENDAR = Workdays.of(*published())
OPTION = re.compile(r"--[a-z]|=日期|=间隔")


@pytest.mark.parametrize("key", shipped())
def test_every_place_of_a_plan_has_a_name_and_no_sentence_names_an_option(key: str) -> None:
    template = load(shipped()[key])
    called = placenames.names(template)
    assert list(called) == list(dict.fromkeys(places(template)))
    assert [place for place, name in called.items() if name == place] == []
    planned = plan(template, date(2026, 3, 2), {}, CALENDAR)
    said = [blank.says("方案") for blank in planned.blanks]
    said += [*planned.warnings, *(one.says for one in doubts(template, {}, planned))]
    plain = [placenames.plainly(one, called) for one in said]
    assert [one for one in plain if OPTION.search(one)] == []


def test_sentences_lead_to_the_field_by_its_name() -> None:
    text = "key: a\nversion: 1\ntitle: 示例\nrequirements: [{key: plan, name: 实施方案, due: __月__日前}]"
    template = load(text)
    called = placenames.names(template)
    (blank,) = plan(template, date(2026, 3, 2), {}, CALENDAR).blanks
    assert "请在“实施方案的期限”一栏填写" in placenames.plainly(blank.says("方案"), called)
    past = "“实施方案”的期限 2月底前 已过。请改期（--set plan.due=日期），或确认照旧下达（--past keep）"
    assert placenames.plainly(past, called).endswith("请改期（“实施方案的期限”一栏），或勾选“照旧下达”")
    odd = "“实施方案”的期限（2026-12-01）晚于行动结束（2026-11-01），请核对 plan.due"
    assert placenames.plainly(odd, called).endswith("，请核对“实施方案的期限”一栏")
    notes = "须填写（--set plan.due=4月底前；不设的写 不定期），还要用 --set begins、--set ends 给出起止"
    fields = "须填写（“实施方案的期限”一栏填 4月底前；不设的写 不定期），还要用“行动开始”一栏、“行动结束”一栏 给出起止"
    assert placenames.plainly(notes, called) == fields
    assert placenames.plainly("与 --set 的写法相同", called) == "与 --set 的写法相同", "no place, no field"
    assert placenames.plainly("别的话", called) == str(Refused("别的话"))
