"""Scopes of a template that nobody is in are refused with their line; sound ones are kept whole."""

from __future__ import annotations

from datetime import date

import pytest

from states.errors import Faulty
from states.plan import plan
from states.reading import load
from states.workdays import Workdays

NEVER_OFF = Workdays.of({}, [2026])
HEAD = "key: example\nversion: 1\ntitle: 示例\n"


def told(more: str) -> list[str]:
    with pytest.raises(Faulty) as faulty:
        load(f"{HEAD}{more}\n")
    return [str(fault) for fault in faulty.value.faults]


@pytest.mark.parametrize("part", ["requirements", "workstreams", "phases", "coverage", "sampling"])
@pytest.mark.parametrize(
    ("scope", "place", "says"),
    [
        ("{beds_from: 100, beds_to: 99}", "beds_from", "床位数不少于 100 又不多于 99，没有单位在其中"),
        ("{beds_from: -1}", "beds_from", "不能小于 0"),
        ("{beds_to: 很多}", "beds_to", "应为整数"),
        ("{grades: ['']}", "grades[0]", "等级不能为空；没有等级的单位用 kinds 或 codes 指明"),
        (
            *("{departments: [办公室], beds_to: 99}", "beds_to"),
            "写了 departments 就只由这些部门办理，部门没有床位，请删去一种",
        ),
        (
            *("{departments: [办公室], grades: [三级甲等]}", "grades"),
            "写了 departments 就只由这些部门办理，部门没有等级，请删去一种",
        ),
        (
            *("{departments: [办公室], direct: true}", "direct"),
            "写了 departments 就只由这些部门办理，部门不是直属单位，请删去一种",
        ),
        ("{kinds: [示例站]}", "kinds[0]", "没有“示例站”这种单位类别；可用的有 医院"),
    ],
)
def test_a_scope_that_nobody_is_in_is_a_fault(part: str, scope: str, place: str, says: str) -> None:
    more = {"coverage": ", percent: 50", "sampling": ", of: 病历"}.get(part, ", key: b")
    (fault,) = told(f"phases: [{{key: a, name: 甲}}]\n{part}: [{{name: 乙{more}, scope: {scope}}}]".replace(
        "phases: [{key: a, name: 甲}]\nphases", "phases"
    ))  # fmt: skip
    assert fault.split("：", 1)[0].endswith(f"{part}[0].scope.{place}")
    assert fault.split("：", 1)[1].startswith(says)


def test_a_scope_by_size_is_kept_with_its_milestone() -> None:
    text = f"{HEAD}requirements: [{{key: a, name: 甲, scope: {{grades: [三级甲等], beds_from: 0, beds_to: 99}}}}]\n"
    made = plan(load(text), date(2026, 3, 2), {}, NEVER_OFF)
    assert made.milestones[0].scope == {"grades": ["三级甲等"], "beds_from": 0, "beds_to": 99}
