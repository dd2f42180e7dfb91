"""A template with faults: every one is named at once, with its place, its line and what to do."""

from __future__ import annotations

import pytest

from states.dates import parse_cadence, parse_window
from states.errors import Fault, Faulty
from states.machine import compile as compile_machines
from states.reading import load

BROKEN = """\
key: example-plan
version: "1"
title: 示例专项行动
timezone: Asia/Chengdu
documents:
  notice:
    title: 示例通知
    issued: 2026年3月1日
ladder: heavy
phases:
  - key: check
    name: 自查自纠
    windw: 为期2周
    opens: after_previous
  - key: check
    name: 集中整治
    window: 9月-11月
    until: 11月底前
  - key: closed
    name: 总结提升
    opens: on_time
requirements:
  - key: report
    name: 自查报告
    phase: chek
    due: 8月32日前
  - key: weekly
    name: 周报
    every: 每周五
    due: 8月15日前
  - key: form
    # 名称
    every: 7
  - key: ledger-1
    name: 动员会
    first: 8月15日前
    source:
      doc: notise
      place: 一
ladders:
  main:
    rungs:
      - at: +3wd
        name: 督促
        to: []
      - at: +1wd
        name: 催办
        to: [liaison]
        letter: 催办单
      - at: 5天
        name: 通报
        to: [principal]
      - at: +7wd
        name: 约谈
        to: [principal]
        confirm: true
coverage:
  - name: 医院
    percent: 120
title: 另一个名字
"""

# line, place, sentence; and the change that mends just this
FAULTS = [
    (2, "version", "应为整数", '"1"', "1"),
    (4, "timezone", "没有“Asia/Chengdu”这个时区，如 Asia/Shanghai", "Asia/Chengdu", "Asia/Shanghai"),
    (8, "documents.notice.issued", "印发日期应写作 2017-08-22", "2026年3月1日", "2026-03-01"),
    (9, "ladder", "没有“heavy”这个梯次；已有的有 main", "heavy", "main"),
    (13, "phases[0].windw", "没有“windw”这个字段；是不是“window”", "windw", "window"),
    (
        *(14, "phases[0].opens", "第一个阶段前面没有阶段，请写 on_date 或 by_hand"),
        *("after_previous", "by_hand"),
    ),
    (
        15,
        "phases[1].key",
        "“check”与第1项重复，请换一个",
        "key: check\n    name: 集",
        "key: act\n    name: 集",
    ),
    (17, "phases[1].window", "“window”与“from”、“until”只能写一种", "    window: 9月-11月", "#"),
    (19, "phases[2].key", "“closed”是系统自用的状态名，请换一个", "closed", "summarise"),
    (21, "phases[2].opens", "只能是 on_date、after_previous、by_hand 之一", "on_time", "on_date"),
    (
        *(25, "requirements[0].phase", "没有“chek”这个阶段；已有的有 check、check、closed"),
        *("chek", "check"),
    ),
    (26, "requirements[0].due", "“32日”不存在，日只能写1至31", "8月32日", "8月31日"),
    (
        *(30, "requirements[1].due", "“due”与“every”只能写一种；首次不同的写“first”"),
        *("    due: 8月15日前", "#"),
    ),
    (31, "requirements[2].name", "必须填写", "# 名称", "name: 月报表"),
    (33, "requirements[2].every", "应为文字（如 每周五）或写有“rrule”的若干字段", "7", "每月"),
    (34, "requirements[3].key", "“ledger-1”是台账行自用的代号，请换一个", "ledger-1", "meeting"),
    (36, "requirements[3].first", "“first”只与“every”同用；只报一次的写“due”", "first", "due"),
    (38, "requirements[3].source.doc", "“documents”里没有“notise”", "notise", "notice"),
    (45, "ladders.main.rungs[0].to", "至少要有 1 项", "[]", "[office]"),
    (
        *(46, "ladders.main.rungs[1].at", "“+1wd”早于上一级的“+3wd”，各级请按时间先后排列"),
        *("+1wd", "+5wd"),
    ),
    (
        *(49, "ladders.main.rungs[1].letter", "“letter”只用于须经确认（confirm: true）的一级"),
        *("        letter: 催办单", "#"),
    ),
    (
        *(50, "ladders.main.rungs[2].at", "应写作 -7d、+3wd（d 日、wd 工作日、w 周、m 月、h 小时）"),
        *("5天", "+6wd"),
    ),
    (
        *(53, "ladders.main.rungs[3]", "须经确认的一级要写“letter”（文书名称）"),
        *("confirm: true", "confirm: false"),
    ),
    (59, "coverage[0].percent", "不能大于 100", "120", "100"),
    (60, "title", "与第3行重复，请删去一处", "title: 另一个名字", "#"),
]
KNOWN_AFTER_MENDING = {"phases[1].key": "check、act、closed", "phases[2].key": "check、check、summarise"}


def faults_of(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(Faulty) as faulty:
        load(text)
    return [(fault.line, fault.place, fault.says) for fault in faulty.value.faults]


def test_all_faults_are_told_at_once_each_with_its_line() -> None:
    assert faults_of(BROKEN) == [fault[:3] for fault in FAULTS]


@pytest.mark.parametrize("mended", FAULTS, ids=lambda fault: str(fault[1]))
def test_mending_one_fault_takes_away_its_line_alone(mended: tuple[int, str, str, str, str]) -> None:
    wrong, right = mended[3:]
    phases = KNOWN_AFTER_MENDING.get(mended[1], "check、check、closed")
    rest = [
        (line, place, says.replace("check、check、closed", phases))
        for line, place, says, *_ in FAULTS
        if place != mended[1]
    ]
    assert faults_of(BROKEN.replace(wrong, right, 1)) == rest


def test_when_all_are_mended_it_loads() -> None:
    text = BROKEN
    for *_, wrong, right in FAULTS:
        text = text.replace(wrong, right, 1)
    template = load(text)
    assert [phase.key for phase in template.phases] == ["check", "act", "summarise"]
    assert template.requirements[2].every == "每月"


def plan(more: str) -> str:
    return f"key: example\nversion: 1\ntitle: 示例\n{more}\n"


REQUIREMENT = "requirements:\n  - key: a\n    name: 甲\n    "
RUNG = "requirements: [{key: a, name: 甲}]\nladders:\n  main:\n    rungs:\n      - {at: +1wd, name: 催办, to: [liaison]}\n"
ROW = "{no: 1, project: 甲, problem: 乙, measures: [丙], departments: [丁], due: 8月}"


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            "summary: 空的",
            "文件：方案没有内容：“phases”、“requirements”、“ledger”、“workstreams”至少要写一样",
        ),
        ("phases: 自查", "第4行 phases：应为列表（每项一行，以“- ”开头）"),
        ("phases: [自查]", "第4行 phases[0]：应为若干“字段: 值”"),
        ("phases: [{key: Check, name: 查}]", "第4行 phases[0].key：只能用小写字母、数字和连字符，以字母开头"),
        ("phases: [{key: check, name: }]", "第4行 phases[0].name：不能为空"),
        ("phases: [{key: check, name: ''}]", "第4行 phases[0].name：不能为空"),
        (f"phases: [{{key: check, name: {'长' * 201}}}]", "第4行 phases[0].name：最多 200 个字"),
        ("phases: [{key: check, name: 2026}]", "第4行 phases[0].name：应为文字；是数字的请加引号"),
        (
            'phases: [{key: check, name: "查\\r\\nBcc: x@example.org"}]',
            "第4行 phases[0].name：只能写在一行内",
        ),
        ("phases: [{key: check, name: 查, review: 是}]", "第4行 phases[0].review：应为 true 或 false"),
        (
            "phases: [{key: check, name: 查, source: {doc: a, place: 一, page: 3}}]\ndocuments: {a: {title: 甲}}",
            "第4行 phases[0].source.page：没有“page”这个字段；是不是“place”",
        ),
        (f"{REQUIREMENT}zzz: 1", "第7行 requirements[0].zzz：没有“zzz”这个字段；可写的有 key、name、kind、"),
        (f"{REQUIREMENT}minimum: 1.5", "第7行 requirements[0].minimum：应为整数"),
        (f"{REQUIREMENT}minimum: 0", "第7行 requirements[0].minimum：不能小于 1"),
        (
            f"{REQUIREMENT}workstream: b",
            "第7行 requirements[0].workstream：没有“b”这个工作线；方案没有写工作线",
        ),
        (f"{REQUIREMENT}ladder: b", "第7行 requirements[0].ladder：没有“b”这个梯次；方案没有写梯次"),
        (f"{REQUIREMENT}every: {{time: 16:00}}", "第7行 requirements[0].every.rrule：必须填写"),
        (
            f"{REQUIREMENT}every: {{rrule: FREQ=DAILY, time: 下午}}",
            "第7行 requirements[0].every.time：应写作 16:00",
        ),
        (
            f"{REQUIREMENT}every: {{rrule: FREQ=DAILY, shift: later}}",
            "第7行 requirements[0].every.shift：只能是 none、previous、next 之一",
        ),
        (f"{REQUIREMENT}every: ''", "第7行 requirements[0].every：不能为空"),
        (
            f"{REQUIREMENT}checklist: [{{key: x, text: 一}}, {{key: x, text: 二}}]",
            "第7行 requirements[0].checklist[1].key：“x”与第1项重复，请换一个",
        ),
        (
            "workstreams: [{key: w, name: 甲}, {key: w, name: 乙}]",
            "第4行 workstreams[1].key：“w”与第1项重复，请换一个",
        ),
        (
            "workstreams: [{key: w, name: 甲, ladder: heavy}]\nladders: {main: {rungs: []}}",
            "第4行 workstreams[0].ladder：没有“heavy”这个梯次；已有的有 main",
        ),
        (
            "requirements: [{key: a, name: 甲}, {key: a, name: 乙}]",
            "第4行 requirements[1].key：“a”与第1项重复，请换一个",
        ),
        (
            "phases: [{key: p, name: 甲, window: 8月, from: 8月1日}]",
            "第4行 phases[0].window：“window”与“from”、“until”只能写一种",
        ),
        (f"{REQUIREMENT}due: {'长' * 201}", "第7行 requirements[0].due：最多 200 个字"),
        (
            f"{REQUIREMENT}every: {{rrule: FREQ=DAILY, time: 25:00}}",
            "第7行 requirements[0].every：",
        ),
        (
            "ledger:\n  columns: [问题]\n  ladder: main\n  rows: []",
            "第6行 ledger.ladder：没有“main”这个梯次；方案没有写梯次",
        ),
        (
            f"ledger:\n  columns: [问题]\n  rows:\n    - {ROW}\n    - {ROW}",
            "第8行 ledger.rows[1].no：“1”与第1项重复，请换一个",
        ),
        (
            "ladders: {Main: {rungs: []}}\nphases: [{key: a, name: 甲}]",
            "第4行 ladders.Main：只能用小写字母、数字和连字符，以字母开头",
        ),
        (
            f"{RUNG}      - {{at: +1wd, name: 催办, to: [liaison]}}",
            "第9行 ladders.main.rungs[1].at：与上一级同在“+1wd”，请错开",
        ),
        (
            f"{RUNG}      - {{at: +3wd, name: 督促, to: [boss]}}",
            "第9行 ladders.main.rungs[1].to[0]：只能是 liaison、",
        ),
        (
            f"{RUNG}      - {{at: +3wd, name: 约谈, to: [principal], reply: +3wd}}",
            "第9行 ladders.main.rungs[1].reply：“reply”只用于须经确认（confirm: true）的一级",
        ),
        (
            f"{RUNG}      - {{at: +3wd, name: 约谈, to: [principal], confirm: true, letter: 函, reply: -3wd}}",
            "第9行 ladders.main.rungs[1].reply：回复期限应在文书发出之后，如 +3wd",
        ),
    ],
)
def test_a_fault_says_where_and_what_to_do(more: str, fault: str) -> None:
    with pytest.raises(Faulty) as faulty:
        load(plan(more))
    (only,) = faulty.value.faults
    assert str(only).startswith(fault)


PLACES_OF_DATES = [
    ("begins: {}", "begins"),
    ("ends: {}", "ends"),
    ("phases: [{{key: p, name: 甲, window: {}}}]", "phases[0].window"),
    ("phases: [{{key: p, name: 甲, from: {}}}]", "phases[0].from"),
    ("phases: [{{key: p, name: 甲, until: {}}}]", "phases[0].until"),
    ("workstreams: [{{key: w, name: 甲, lead: [乙], due: {}}}]", "workstreams[0].due"),
    ("requirements: [{{key: a, name: 甲, opens: {}}}]", "requirements[0].opens"),
    ("requirements: [{{key: a, name: 甲, due: {}}}]", "requirements[0].due"),
    ("requirements: [{{key: a, name: 甲, every: {}}}]", "requirements[0].every"),
    ("requirements: [{{key: a, name: 甲, every: 每周五, first: {}}}]", "requirements[0].first"),
    ("requirements: [{{key: a, name: 甲, every: {{rrule: {}}}}}]", "requirements[0].every"),
    (
        "ledger: {{columns: [], rows: [{{no: 1, project: 甲, problem: 乙, measures: [], departments: [], due: {}}}]}}",
        "ledger.rows[0].due",
    ),
]


@pytest.mark.parametrize(("more", "place"), PLACES_OF_DATES)
def test_words_of_time_that_cannot_be_read_are_named_wherever_they_stand(more: str, place: str) -> None:
    text = plan("requirements: [{key: a, name: 甲}]" if more[0] in "be" else "summary: 无")
    faults = faults_of(text + more.format("某个好日子") + "\n")
    assert [(line, at) for line, at, _ in faults] == [(5, place)]


@pytest.mark.parametrize(
    ("field", "words"),
    [("due", "__月__日前"), ("due", "20__年__月"), ("every", "每月__日前"), ("first", "__月__日前")],
)
def test_a_blank_is_no_fault(field: str, words: str) -> None:
    every = "every: 每周, " if field == "first" else ""
    template = load(plan(f"requirements: [{{key: a, name: 甲, {every}{field}: {words}}}]"))
    assert getattr(template.requirements[0], field) == words


def test_the_words_of_time_are_kept_as_written() -> None:
    template = load(plan("phases: [{key: p, name: 甲, window: 9月-11月}]"))
    assert template.phases[0].window == "9月-11月"
    assert parse_window(template.phases[0].window)[0] is not None
    assert parse_cadence("每周五").blank is False


def test_a_scope_of_an_unknown_kind_would_be_owed_by_nobody_and_is_refused() -> None:
    load(plan("requirements: [{key: a, name: 甲, scope: {kinds: [医院, clinic]}}]"))
    with pytest.raises(Faulty, match=r"requirements\[0\].scope.kinds\[1\]：没有“示例站”这种单位类别"):
        load(plan("requirements: [{key: a, name: 甲, scope: {kinds: [医院, 示例站]}}]"))


def test_rungs_of_different_units_may_stand_side_by_side() -> None:
    rungs = "".join(
        f"      - {{at: {at}, name: 催办, to: [liaison]}}\n"
        for at in ("-7d", "-1wd", "-2h", "+1wd", "+1w", "+7wd", "+1m")
    )
    template = load(plan(f"requirements: [{{key: a, name: 甲}}]\nladders:\n  main:\n    rungs:\n{rungs}"))
    assert len(template.ladders["main"].rungs) == 7


def test_what_loads_has_sound_machines_already() -> None:
    template = load(plan("phases: [{key: only-once, name: 甲}]"))
    hits = compile_machines.cache_info().hits
    compile_machines(template)
    assert compile_machines.cache_info().hits == hits + 1


def test_a_fault_prints_as_one_line() -> None:
    assert str(Fault("phases[0].key", "必须填写", 7)) == "第7行 phases[0].key：必须填写"
