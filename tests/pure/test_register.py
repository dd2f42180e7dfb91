"""The register of sources: every fact with its sentence, the contradictions, what has no source."""

from __future__ import annotations

import pytest

from states.reading import load, shipped
from states.register import document, register

TEXT = """
key: t
version: 1
title: 示例方案
source: {doc: plan, place: 一, text: 2026年8月至12月。}
begins: 2026年8月
ends: 12月
documents:
  plan: {title: 示例方案原文, number: 示卫发〔2026〕1号}
phases:
  - key: p1
    name: 自查
    window: 8月
    source: {doc: plan, place: 二（一）, text: 自查（8月）。}
  - {key: p2, name: 总结, from: 9月, until: 10月}
requirements:
  - key: r1
    name: 检查
    every: 每月25日前
    checklist:
      - {key: c1, text: 保安, source: {doc: plan, place: 三, text: 20张床1名}}
      - {key: c2, text: 监控}
    source: {doc: plan, place: 三}
  - key: r2
    name: 零报告
    every: {rrule: FREQ=DAILY}
ladders:
  main:
    source: {doc: plan, place: 四}
    rungs:
      - {at: +1d, name: 提醒, to: [liaison]}
ledger:
  columns: [问题]
  rows:
    - {no: 7, project: 医疗, problem: 乱收费, measures: [自查], departments: [财务科], due: 8月, source: {doc: plan, place: 第7项}}
conflicts:
  - about: ledger-7.due
    says: 两处不一致
    sources: [{doc: plan, place: 第7项, text: 8月}]
"""


def test_every_fact_is_listed_with_its_place_and_its_sentence() -> None:
    found = {fact.place: fact for fact in register(load(TEXT)).facts}
    assert list(found) == [
        "template",
        "phases.p1",
        "phases.p2",
        "requirements.r1",
        "requirements.r1.checklist.c1",
        "requirements.r1.checklist.c2",
        "requirements.r2",
        "ladders.main",
        "ladders.main.rungs.1",
        "ledger",
        "ledger.rows.7",
    ]
    first = found["phases.p1"].source
    assert first is not None
    assert (first.place, first.text) == ("二（一）", "自查（8月）。")
    assert found["template"].says == "2026年8月 至 12月"
    assert found["phases.p2"].says == "9月 至 10月"
    assert found["requirements.r2"].says == "FREQ=DAILY"
    assert found["ledger.rows.7"].says == "8月"


def test_a_line_of_a_checklist_stands_in_the_sentence_of_its_requirement_and_a_rung_does_not() -> None:
    found = {fact.place: fact.source for fact in register(load(TEXT)).facts}
    inherited, own = found["requirements.r1.checklist.c2"], found["requirements.r1.checklist.c1"]
    assert inherited is not None
    assert own is not None
    assert (inherited.place, own.text) == ("三", "20张床1名")
    assert found["ladders.main.rungs.1"] is None, "the plan does not say when"


def test_facts_without_a_source_are_counted_by_sort() -> None:
    assert register(load(TEXT)).unsourced == {"阶段": 1, "要求": 1, "梯次一级": 1, "台账": 1}


def test_contradictions_are_listed_with_their_sentences() -> None:
    ((about, says, sources),) = register(load(TEXT)).conflicts
    assert (about, says, [one.text for one in sources]) == ("ledger-7.due", "两处不一致", ["8月"])


def test_a_document_is_named_with_its_number() -> None:
    template = load(TEXT)
    source = template.phases[0].source
    assert source is not None
    assert document(template, source) == "示例方案原文（示卫发〔2026〕1号）"


@pytest.mark.parametrize("key", shipped())
def test_the_register_of_a_shipped_template_holds_every_phase_requirement_and_row(key: str) -> None:
    template = load(shipped()[key])
    places = {fact.place for fact in register(template).facts}
    assert {f"phases.{one.key}" for one in template.phases} <= places
    assert {f"requirements.{one.key}" for one in template.requirements} <= places
    rows = template.ledger.rows if template.ledger else ()
    assert {f"ledger.rows.{one.no}" for one in rows} <= places
