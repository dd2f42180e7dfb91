"""How a text is taken apart: paragraphs, headings, times, tables; and that nothing becomes a date by accident."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.drafts import draft, find, from_text
from states.drafts.manuscript import Manuscript
from states.drafts.sentences import sentences
from states.drafts.timewords import Time, spans
from states.drafts.yamlwriting import Commented, lines, scalar
from states.reading import load
from states.yamltext import read

HEADER = ("序号", "问题清单", "整改措施", "责任单位", "责任人", "完成时限")


def places(text: str) -> list[str]:
    return [one.place for one in sentences(from_text(text).paragraphs) if one.opens]


def test_headings_are_found_in_every_way_of_numbering() -> None:
    text = "一、实施步骤\n（一）自查阶段（8月）。\n1.制定方案。\n(2)开会。\n二、工作要求\n一加强领导。\n二加强宣传。"
    assert places(text) == [
        "一、实施步骤",
        "一、实施步骤 （一）自查阶段",
        "一、实施步骤 （一）自查阶段 1.制定方案",
        "一、实施步骤 （一）自查阶段 1.制定方案 (2)开会",
        "二、工作要求",
        "二、工作要求 一加强领导",
        "二、工作要求 二加强宣传",
    ]


@pytest.mark.parametrize("line", ["一是加强领导。", "一要加强宣传。", "一方面加强宣传。", "一把手负责。"])
def test_a_numeral_that_begins_a_sentence_is_no_heading(line: str) -> None:
    assert places(f"一、工作要求\n{line}") == ["一、工作要求"]


def test_headings_in_the_middle_of_a_line_are_found() -> None:
    text = "某县方案一、目标整治问题。二、实施步骤专项整治分2个阶段:(-)自查阶段(8月)。查。(二)总结阶段(9月)。报。"
    found = find(from_text(text))
    assert [(one.proposal.fields["name"], one.proposal.fields["window"]) for one in found.stages] == [
        ("自查", "8月"),
        ("总结", "9月"),
    ]


def test_pages_that_a_reader_numbered_in_mid_sentence_are_joined_and_lists_are_not() -> None:
    cut = [f"{n}、{'整治工作' * 40}第{n}段没有说完" for n in range(1, 5)]
    (joined,) = from_text("\n".join(cut)).paragraphs
    assert "2、" not in joined
    assert joined.count("没有说完") == 4
    listed = [f"{n}、{'整治工作' * 40}。" for n in range(1, 5)]
    assert len(from_text("\n".join(listed)).paragraphs) == 4


@pytest.mark.parametrize(
    "text",
    [
        "录像保存时间不少于30天，时钟偏差不得超过30秒。",
        "落实《医德医风建设三年行动计划（2017-2019年）》。",
        "转发《关于2024年8月底前完成整改的通知》。",
        "根据〔2023〕12号文件和2023年度工作要点。",
        "紧扣三年为期总目标，三大攻坚战。",
        "作为年底绩效考核重要依据，纳入年终考核。",
        "打击12类行为，电话8月班。",
        "全面梳理2016年以来的问题。",
    ],
)
def test_no_time_is_seen_where_the_plan_sets_none(text: str) -> None:
    assert spans(text) == ()


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("名单请于8月15日前报送。", Time.DEADLINE, "8月15日前"),
        ("2月18日12:00前上报。", Time.DEADLINE, "2月18日12:00前"),
        ("于2024年3月底前完成。", Time.DEADLINE, "2024年3月底前"),
        ("于__月__日前报送。", Time.DEADLINE, "__月__日前"),
        ("收到，转办函后5个工作日内反馈。", Time.DEADLINE, "转办函后5个工作日内"),
        ("自2024年8月1日至2025年1月31日开展。", Time.WINDOW, "自2024年8月1日至2025年1月31日"),
        ("（9月-11月）", Time.WINDOW, "9月-11月"),
        ("每月25日前报送。", Time.CADENCE, "每月25日前"),
        ("每周五下班前报送。", Time.CADENCE, "每周五下班前"),
        ("每季度至少开展1次专项督查。", Time.CADENCE, "每季度至少开展1次专项督查"),
        ("实行一周一调度。", Time.CADENCE, "一周一调度"),
        ("形成周报送机制。", Time.SHORT, "周报"),
    ],
)
def test_times_are_seen_as_printed(text: str, kind: Time, words: str) -> None:
    assert [(one.kind, one.words) for one in spans(text)] == [(kind, words)]


def test_a_phase_table_of_ordinals_is_read() -> None:
    text = "方案\n一、方法步骤\n第一阶段：宣传发动（3月1日至3月15日）。开会。\n第二阶段：集中整治（3月16日至6月底）。"
    assert [
        (one.proposal.fields["name"], one.proposal.fields["window"]) for one in find(from_text(text)).stages
    ] == [
        ("宣传发动", "3月1日至3月15日"),
        ("集中整治", "3月16日至6月底"),
    ]


def test_a_heading_that_only_sounds_like_steps_makes_no_phase() -> None:
    assert (
        find(from_text("方案\n一、工作安排\n（一）加强领导。要重视。\n（二）加强宣传。要宣传。")).stages == ()
    )


def test_a_report_about_phases_that_are_over_gets_none() -> None:
    body = "一、实施步骤\n（一）自查阶段（8月）。已完成自查。\n（二）整改阶段（9月）。已完成整改。"
    assert find(from_text(f"示例市专项整治工作汇报\n{body}")).stages == ()
    assert len(find(from_text(f"示例市专项整治工作方案\n{body}")).stages) == 2


def test_a_ledger_table_has_its_header_repeated_and_its_cells_merged() -> None:
    row = ("1", "收费不规范", "1.自查\n2.退费", "财务科、医务科", "局长：王示例", "8月底前")
    more = ("", "", "3.公示", "", "", "")
    second = ("2", "宣传不到位", "一是开会二是张贴", "办公室", "", "长期坚持")
    found = find(Manuscript(("方案",), ((HEADER, row, more, HEADER, second),)))
    assert found.columns == HEADER
    first, last = (one.fields for one in found.rows)
    assert (first["no"], first["measures"], first["departments"]) == (
        1,
        ["1.自查", "2.退费", "3.公示"],
        ["财务科", "医务科"],
    )
    assert first["leaders"] == ["局长"], "the post, never the name"
    assert (last["measures"], last["due"]) == (["一是开会", "二是张贴"], "长期坚持")


def test_a_problem_in_few_words_is_no_header_and_one_that_was_forgotten_is_not_the_row_above() -> None:
    short = ("1", "作风问题", "完善措施", "办公室", "", "8月底前")
    unsaid = ("2", "", "约谈", "办公室", "", "8月底前")
    found = find(Manuscript(("方案",), ((HEADER, short, unsaid, HEADER, ("3", "", "", "", "", "")),)))
    assert [(one.fields["problem"], one.fields["measures"]) for one in found.rows] == [
        ("作风问题", ["完善措施"]),
        ("（原文没有写问题）", ["约谈"]),
    ]
    plain = HEADER[1:]
    (row,) = find(Manuscript(("方案",), ((plain, short[1:], plain),))).rows
    assert row.fields["problem"] == "作风问题", "without a number too"


def test_a_table_that_is_no_ledger_gives_no_rows() -> None:
    table = (("姓名", "单位", "电话"), ("王示例", "示例县卫健局", "—"))
    assert find(Manuscript(("方案",), (table,))).rows == ()


def test_two_plans_in_one_file_are_told() -> None:
    text = "甲方案\n一、目标\n二、步骤\n乙方案\n一、目标\n二、步骤"
    assert any("2 份方案" in one for one in draft(from_text(text)).todo)


def test_faults_are_listed_at_the_top_with_the_lines_of_the_file() -> None:
    text = "某县方案\n一、实施步骤\n（一）自查阶段（12月至3月）。自查。\n（二）总结阶段（4月）。总结。"
    found = draft(from_text(text))
    (fault,) = found.faults
    lines_of = found.text.splitlines()
    assert fault.line is not None
    assert lines_of[fault.line - 1].strip() == "window: 12月至3月"
    assert f"第{fault.line}行" in found.text.split("key:")[0]


@given(st.text(min_size=1, max_size=60))
def test_a_word_that_is_written_reads_back_as_the_same_word(text: str) -> None:
    text = "".join(one for one in text if one == " " or one.isprintable()).strip()
    for written in (f"a: {scalar(text)}", f"a: [{scalar(text, flow=True)}]", f"a:\n  - {scalar(text)}"):
        value = read(written).data["a"]
        assert (value if isinstance(value, str) else value[0]) == text


def test_numbers_and_truth_are_written_as_what_they_are() -> None:
    written = "\n".join(lines({"a": 5, "b": False, "c": "5", "d": Commented("8月", "看"), "e": []}))
    assert read(written).data == {"a": 5, "b": False, "c": "5", "d": "8月", "e": []}
    assert "d: 8月  # 看" in written


@given(st.text(alphabet="一二三四、（）()。，:：8月日前每周报__XX至 \n\t1.第阶段自查", max_size=120))
def test_any_text_gives_a_draft(text: str) -> None:
    found = draft(from_text(text))
    read(found.text)
    for words in (one.proposal.fields.get("window") for one in found.findings.stages):
        assert words is None or words in from_text(text).text


NOTICE = """示例市医疗美容专项整治工作方案
二、实施步骤
（一）集中整治阶段（2027年2月—4月）。立行立改；一时难以整改的，30个工作日内整改到位。每周五前报送工作进展，实行零报告。
（二）巩固提升阶段（2027年5月）。5月20日前上报工作总结，抄送市市场监管局。11月底前取得明显成效并长期坚持。
三、工作要求
需要延期的，应在届满前10个工作日提出申请。突发情况2小时内报告。
"""


def test_what_keeps_time_and_became_no_date_is_listed_for_a_person() -> None:
    found = draft(from_text(NOTICE))
    listed = "\n".join(found.todo)
    for words in ("立行立改", "30个工作日内", "2小时内"):
        assert f"没有列入：“{words}”" in listed, words
    assert "零报告" not in listed
    assert "抄送" not in listed
    lonely = draft(from_text(NOTICE.replace("5月20日前上报工作总结", "上报工作总结")))
    assert "抄送没有列入：“抄送市市场监管局”" in "\n".join(lonely.todo)


def test_who_gets_a_copy_is_not_who_it_is_for_and_progress_is_a_report() -> None:
    owed = {one.fields["name"]: one.fields for one in find(from_text(NOTICE)).owed}
    assert "to" not in owed["工作总结"]
    assert owed["工作总结"]["copies"] == ["市市场监管局"]
    assert (owed["工作进展"]["kind"], owed["工作进展"]["nil"]) == ("report", True)


def test_a_goal_with_a_date_that_goes_on_is_one_date_and_no_quota() -> None:
    (goal,) = [one.fields for one in find(from_text(NOTICE)).owed if "长期" in one.fields.get("due", "")]
    assert goal["due"] == "11月底前取得明显成效并长期坚持"
    assert "kind" not in goal


def test_the_rule_for_more_time_is_a_rule_and_no_line_of_a_checklist() -> None:
    text = "方案\n一、要求\n确需延期的，应于届满前5个工作日提出书面申请，延期不超过1次。保存时间不少于30天。"
    made = load(draft(from_text(text)).text)
    assert made.extensions is not None
    assert (made.extensions.before, made.extensions.limit) == ("届满前5个工作日", 1)
    assert [item.threshold for one in made.requirements for item in one.checklist] == ["不少于30天"]
    assert "届满前" not in "\n".join(draft(from_text(text)).todo)


AWKWARD = """示例市耗材专项整治方案
二、时间步骤
（一）自查自纠（11月26日－12月15日）。二级以上医院形成自查报告，于12月16日12:00前经县级卫生健康局初审后报市卫健委。
（二）集中整改（12月中旬至次年1月上旬）。立行立改。
（三）抽查复核（2027年春节前）。随机抽取20%的医疗机构开展现场复核，其中三级医院全覆盖、二级医院覆盖率不低于50%。
三、工作要求
（一）加强领导。专班每旬调度一次，每月通报1次。
（二）严格责任追究。对未按时报送的，第一次提醒，第二次书面督办，第三次约谈。
"""


def test_awkward_phrases_of_a_notice_come_out_whole() -> None:
    made = draft(from_text(AWKWARD))
    found = made.findings
    owed = {one.fields["name"]: one.fields for one in found.owed}
    assert made.faults == ()
    assert (owed["自查报告"]["due"], owed["自查报告"]["to"]) == ("12月16日12:00前", "市卫健委")
    assert owed["专班调度"]["every"] == "每旬"
    assert [(one.fields["percent"], one.fields["scope"]["levels"]) for one in found.coverage] == [
        (100, ["三级"]),
        (50, ["二级"]),
    ]
    assert [(one.fields["of"], one.fields["percent"]) for one in found.sampling] == [("医疗机构", 20)]
    assert [word for word, _ in found.rungs] == ["提醒", "书面督办", "约谈"]
    assert "name: 提醒, to: []}" in made.text
    assert "name: 约谈, to: [], confirm: true" in made.text


CHECKS = """示例县药品管理专项检查方案
二、时间安排
自2026年10月12日起，利用3个月左右时间，分阶段实施：
第一阶段：自查（10月12日—10月31日）。自查率100%，10月底前将自查报告及问题台账（加盖公章）报县卫健局药政股邮箱。
第二阶段：检查（11月上、中旬）。对村卫生室按不低于30%的比例抽查。
第三阶段：整改（11月20日至12月20日）。一般问题在收到整改通知书后5个工作日内整改到位；整改报告须于整改完成后3日内报送。
三、工作要求
每半月报送一次进展；12月起改为每月25日前报送。于10月15目前报送名单，7月10前报送方案。端午、中秋、国庆等节日前开展检查，春节前报送小结。
"""


def test_dates_of_a_notice_that_are_hidden_in_a_clause_are_found_with_what_they_are_for() -> None:
    made = draft(from_text(CHECKS))
    found = made.findings
    assert made.faults == ()
    assert (found.title.fields["begins"], found.title.fields["ends"]) == (
        "2026年10月12日",
        "利用3个月左右时间",
    )
    owed = [(one.fields["name"], one.fields.get("due") or one.fields.get("every")) for one in found.owed]
    assert owed[:-1] == [
        ("自查报告及问题台账", "10月底前"),
        ("一般问题", "收到整改通知书后5个工作日内"),
        ("整改报告", "整改完成后3日内"),
        ("进展", "每半月"),
        ("12月起改为", "每月25日前"),
        ("方案", "7月10前"),
        ("检查", "端午、中秋、国庆等节日前"),
        ("小结", "春节前"),
    ]
    assert next(one.fields["to"] for one in found.owed) == "县卫健局药政股"
    assert [(one.fields["of"], one.fields["percent"]) for one in found.sampling] == [("村卫生室", 30)]
    (checks,) = [one.fields["checklist"] for one in found.owed if "checklist" in one.fields]
    assert [item["threshold"] for item in checks] == ["100%"]
    listed = "\n".join(made.todo)
    for words in ("10月15目前", "12月起"):
        assert f"没有列入：“{words}”" in listed, words


def test_a_gap_left_for_a_date_is_a_blank_and_a_day_may_have_its_weekday() -> None:
    text = "方案\n一、要求\n于    月    日前报送总结。名单于11月27日（周五）下班前报送。"
    owed = [one.fields["due"] for one in find(from_text(text)).owed]
    assert owed == ["__月__日前", "11月27日（周五）下班前"]
