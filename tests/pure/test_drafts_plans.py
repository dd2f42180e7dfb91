"""Seventeen real documents: what the rules find in them, beside the facts worked out by hand.

tests/plans holds the sentences of public notices that carry phases, dates and rhythms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from states.drafts import Draft, Findings, draft, from_text
from states.reading import load

PLANS = Path(__file__).parents[1] / "plans"
BLANK_DAYS = "20__年__月__日至20__年__月__日"
Pairs = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Facts:
    """By hand: phases with their windows, what is due by when, rhythms, the campaign's own ends."""

    phases: Pairs = ()
    dated: Pairs = ()
    rhythms: Pairs = ()
    begins: str | None = None
    ends: str | None = None


FACTS = {
    "s0": Facts(
        phases=(("动员部署", None), ("自查自纠", None), ("总结提升", None)),
        dated=(("消除乡村医疗卫生机构和人员“空白点”", "2019年底前"),),
    ),
    "s1": Facts(rhythms=(("周报送", "周报"), ("月总结", "月总结"))),
    "s2a": Facts(
        phases=(("自查", "2023年XX月15日前"), ("整治", "2023年XX月-XX月"), ("总结", "2023年XX月")),
        dated=(("人员名单", "8月15日前"),),
        begins="2023年XX月",
        ends="XX月",
    ),
    "s2b": Facts(phases=(("动员部署", "2023年XX月中旬一XX月下旬"), ("综合治理", None), ("总结提高", None))),
    "s3.1": Facts(),
    "s3.2": Facts(
        phases=(("精心组织", None), ("营造氛围", None), ("形成合力", None)), rhythms=(("信息月报", "月报"),)
    ),
    "s3.3": Facts(ends="20__年"),
    "s3.4": Facts(dated=(("反馈结果", "按要求及时"),)),
    "s3.5": Facts(
        rhythms=(("集中行动调度", "一周一调度"), ("集中行动通报", "一月一通报")),
        begins="__月__日",
        ends="__月__日",
    ),
    "s3.6": Facts(
        phases=(
            ("动员部署", "20__年__月__日前"),
            ("全面排查", BLANK_DAYS),
            ("集中整治", BLANK_DAYS),
            ("自查整改", BLANK_DAYS),
            ("整章建制", BLANK_DAYS),
        ),
        dated=(("阶段性总结", "在完成阶段工作__日内"),),
        rhythms=(("工作小结", "每月__日前"),),
        begins="即日起",
        ends="20__年__月__日",
    ),
    "s3.7": Facts(
        dated=(
            ("台账1", "立行立改并长期坚持"),
            ("台账2", "立行立改并长期坚持"),
            ("台账3", "20__年__月__日前完成"),
        ),
        rhythms=(("专项督查", "每季度拟对各单位至少开展1次专项督查"),),
    ),
    "s3.8": Facts(),
    "s3.9": Facts(begins="20__年__月__日", ends="20__年__月__日"),
    "s3.10": Facts(
        dated=(
            ("开展医疗乱象专项治理行动", "__月底前"),
            ("开展民营医院专项巡查工作", "__月底前"),
            ("实施医院安防系统建设项目", "__月底前"),
            ("开展血液安全技术核查抽查工作", "__月底前"),
            ("打击非法采供血行为", "长期坚持,__月底前取得明显成效"),
        )
    ),
    "s3.11": Facts(
        phases=(
            ("深入摸排线索", "20__年__月"),
            ("全面开展整治", "20__年__月至__月"),
            ("总结巩固提升", "20__年__月"),
        ),
        dated=(("全市医疗领域扫黑除恶斗争整治实施方案和整治工作开展情况", "__月__日前"),),
        rhythms=(("整治工作开展情况", "每月__日前"),),
        begins="20__年__月",
        ends="为期6个月",
    ),
    "s3.12": Facts(
        phases=(
            ("动员部署", "__月__日前"),
            ("梳理摸排", "__月__日至__日"),
            ("集中整治", "__月至__月"),
            ("总结提升", "__月至__月"),
        ),
        dated=(("专项整治总结", "__月__日前"),),
        rhythms=(("进展情况", "周报"), ("专项整治月报表", "月报")),
        begins="20__年__月",
        ends="__月底",
    ),
    "s4": Facts(
        phases=(("自查自纠", "8月"), ("整改落实", "9月-11月"), ("督导检查", "11月-12月")),
        dated=(
            ("适时组织督查检查", "年底"),
            ("台账1", "8月底前并长期坚持"),
            ("台账4", "8月"),
            ("台账5", "8月"),
            ("台账6", "8月"),
            ("台账13", "长期坚持"),
            ("台账14", "11月"),
            ("台账19", "12月"),
            ("台账28", "8月前并长期坚持"),
            ("台账32", "8月并长期坚持"),
        ),
        begins="2017年8月",
        ends="12月",
    ),
}

# found / missed / wrong, phases and dates and rhythms and ends together
TABLE = {
    "s0": (4, 0, 0),
    "s1": (2, 0, 0),
    "s2a": (6, 0, 0),
    "s2b": (3, 0, 0),
    "s3.1": (0, 0, 0),
    "s3.2": (4, 0, 0),
    "s3.3": (1, 0, 0),
    "s3.4": (1, 0, 0),
    "s3.5": (4, 0, 0),
    "s3.6": (9, 0, 0),
    "s3.7": (4, 0, 0),
    "s3.8": (0, 0, 0),
    "s3.9": (2, 0, 0),
    "s3.10": (5, 0, 0),
    "s3.11": (7, 0, 0),
    "s3.12": (9, 0, 0),
    "s4": (15, 0, 0),
}
TIMES = {"begins", "ends", "window", "from", "until", "due", "every", "first"}


def text_of(name: str) -> str:
    return (PLANS / f"{name}.txt").read_text(encoding="utf-8")


def drafted(name: str) -> Draft:
    return draft(from_text(text_of(name)), name)


def facts_of(found: Findings) -> set[tuple[str, str, str | None]]:
    """A draft in the form of the facts."""
    told: set[tuple[str, str, str | None]] = set()
    for stage in found.stages:
        told.add(("phase", stage.proposal.fields["name"], stage.proposal.fields.get("window")))
    for entry in (*found.owed, *(stream.proposal for stream in found.streams)):
        for field, sort in (("due", "dated"), ("every", "rhythm")):
            if field in entry.fields:
                told.add((sort, entry.fields["name"], entry.fields[field]))
    for row in found.rows:
        if "due" in row.fields:
            told.add(("dated", f"台账{row.fields['no']}", row.fields["due"]))
    title = found.title.fields
    return told | {(side, "", title[side]) for side in ("begins", "ends") if side in title}


def expected(facts: Facts) -> set[tuple[str, str, str | None]]:
    told = {("phase", *one) for one in facts.phases}
    told |= {("dated", *one) for one in facts.dated} | {("rhythm", *one) for one in facts.rhythms}
    sides = (("begins", facts.begins), ("ends", facts.ends))
    return told | {(side, "", words) for side, words in sides if words}


def times(part: Any) -> Iterator[str]:
    """Every date-bearing value, wherever it stands."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in TIMES and isinstance(value, str):
                yield value
            yield from times(value)
    elif isinstance(part, list):
        for one in part:
            yield from times(one)


@pytest.mark.parametrize("name", FACTS)
def test_all_phases_dates_and_rhythms_are_found_and_none_is_made_up(name: str) -> None:
    got, wanted = facts_of(drafted(name).findings), expected(FACTS[name])
    assert (got & wanted, wanted - got, got - wanted) == (wanted, set(), set())
    assert (len(got & wanted), len(wanted - got), len(got - wanted)) == TABLE[name]


def test_every_document_has_its_row() -> None:
    assert set(TABLE) == set(FACTS) == {path.name.removesuffix(".txt") for path in PLANS.glob("*.txt")}


@pytest.mark.parametrize("name", FACTS)
def test_no_date_is_written_that_the_plan_does_not_print(name: str) -> None:
    text = from_text(text_of(name)).text
    data = yaml.safe_load(drafted(name).text)
    assert [words for words in times(data) if words not in text] == []
    for document in data["documents"].values():
        if "issued" in document:
            issued = document["issued"]
            assert f"{issued.year}年{issued.month}月{issued.day}日" in text


@pytest.mark.parametrize("name", FACTS)
def test_every_sentence_quoted_stands_in_the_plan(name: str) -> None:
    text = re.sub(r"\s", "", from_text(text_of(name)).text)
    found = quoted(yaml.safe_load(drafted(name).text))
    assert [one for one in found if re.sub(r"\s", "", one) not in text] == []


def quoted(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("source"), dict):
            yield part["source"]["text"]
        for value in part.values():
            yield from quoted(value)
    elif isinstance(part, list):
        for one in part:
            yield from quoted(one)


@pytest.mark.parametrize("name", FACTS)
def test_a_draft_loads_as_it_stands(name: str) -> None:
    found = drafted(name)
    assert found.faults == ()
    assert load(found.text).key == name


def test_a_report_gets_no_phases_and_says_so() -> None:
    found = drafted("s1")
    assert found.findings.stages == ()
    assert "像是工作汇报" in found.text.split("key:")[0]
    assert "ladder" not in found.text.split("key:")[1]


def test_times_of_a_ladder_are_never_written() -> None:
    for name in FACTS:
        data = yaml.safe_load(drafted(name).text)
        assert "ladders" not in data, name
    assert "{at: , name: 约谈, to: []" in drafted("s3.12").text


def test_the_order_of_the_sanctions_is_the_plans() -> None:
    words = [word for word, _ in drafted("s3.12").findings.rungs]
    assert words[:5] == ["通报", "约谈", "挂牌督办", "重点管理", "一票否决"]
    assert [word for word, _ in drafted("s3.5").findings.rungs][-4:] == ["通报", "约谈", "挂牌督办", "问责"]


def test_what_goes_where_is_told() -> None:
    goes = {
        (name, one.fields["name"]): one.fields.get("to")
        for name in ("s2a", "s3.6", "s3.11", "s3.12")
        for one in drafted(name).findings.owed
    }
    assert goes["s2a", "人员名单"] == "医政医管科"
    assert goes["s2a", "单位专项整治行动总结"] == "卫健局医政医管科"
    assert goes["s3.6", "工作小结"] == goes["s3.6", "阶段性总结"] == "县扫黑办"
    assert goes["s3.11", "全市医疗领域扫黑除恶斗争整治实施方案和整治工作开展情况"] == "委扫黑办"
    assert goes["s3.12", "整治报告"] == "县卫健局"


def test_shares_and_thresholds_are_figures_not_dates() -> None:
    coverage = [
        (one.fields["percent"], one.fields["scope"]["kinds"]) for one in drafted("s2a").findings.coverage
    ]
    assert coverage == [
        (100, ["医院", "中医院", "妇幼保健院"]),
        (50, ["乡镇卫生院", "门诊部", "诊所"]),
    ]
    (sample,) = drafted("s2b").findings.sampling
    assert (sample.fields["percent"], sample.fields["of"]) == (10, "出院病人")
    (asked,) = drafted("s3.1").findings.owed
    assert [item["threshold"] for item in asked.fields["checklist"]] == [
        "20张病床1名保安",
        "达到100%",
        "不少于30天",
        "不得超过30秒",
    ]


def test_departments_lead_or_answer_as_the_plan_has_it() -> None:
    streams = {
        one.proposal.fields["name"]: one.proposal.fields
        for name in ("s0", "s3.10", "s3.11", "s4")
        for one in drafted(name).findings.streams
    }
    assert streams["聚焦贫困人口饮水安全监测"]["lead"] == ["疾控与保健股"]
    assert streams["聚焦贫困人口饮水安全监测"]["responsible"] == ["市疾控中心"]
    assert streams["加强预警防范"]["lead"] == ["信访办", "医政医管股"]
    assert "lead" not in streams["打击非法采供血行为"]
    assert streams["进一步改进医疗服务质量"]["responsible"][0] == "医政医管处"


def test_a_ledger_in_prose_and_one_in_a_table_give_rows_with_their_own_numbers() -> None:
    prose = drafted("s3.7").findings.rows
    assert [len(row.fields["measures"]) for row in prose] == [4, 5, 3]
    assert prose[0].fields["leaders"] == ["党组书记", "党组成员"]
    tabled = {row.fields["no"]: row.fields for row in drafted("s4").findings.rows}
    assert sorted(tabled) == [1, 4, 5, 6, 13, 14, 19, 28, 32]
    assert tabled[5]["departments"] == ["办公室相关处室"], "a name that was broken over two lines"
    assert tabled[6]["departments"] == ["办公室", "机关纪委"]
    assert tabled[5]["project"] == "行政权力运行", "a merged cell holds for the rows below"


def test_a_row_that_contradicts_its_measure_is_named() -> None:
    ((about, says, _),) = drafted("s4").findings.conflicts
    assert about == "ledger-4.due"
    assert "年底前" in says
    assert any("超过4个工作日未处理" in note for note in drafted("s4").findings.notes)


def test_times_that_became_nothing_are_listed_to_be_seen_to() -> None:
    assert any("“月总结”" in one for one in drafted("s3.6").todo)
    undated = next(one for one in drafted("s0").todo if "没有时间的阶段" in one)
    assert "动员部署、自查自纠、总结提升" in undated


def test_each_entry_says_how_sure_it_is() -> None:
    for name in FACTS:
        text = drafted(name).text
        entries = len(re.findall(r"(?m)^\s+- (?:key: [pwr]|no: )", text))
        assert len(re.findall(r"(?m)^\s+- (?:key: [pwr]\d+|no: \d+)  # 把握：[高中低]", text)) == entries
