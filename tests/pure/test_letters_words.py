"""What a mail says: subject, groups, order, dates, reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from states.letters import (
    EARLIER,
    Attachment,
    Figures,
    Letter,
    Line,
    Message,
    Tasks,
    first_sentence,
    is_shortened,
    render,
)

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 12, 3, 9, tzinfo=ZONE)
CAMPAIGN = "示例县作风建设专项行动"


def at(year: int, month: int, day: int, hour: int = 18) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZONE).astimezone(UTC)


LATE = Line(
    CAMPAIGN, "示例县医院", "自查报告", at(2026, 12, 1), "12月1日前", "催办", "逾期一个工作日", overdue_days=2
)
TOMORROW = Line(
    CAMPAIGN, "示例县医院", "周报", at(2026, 12, 4), "", "提醒", "到期前一个工作日", url="/obligations/7"
)
SATURDAY = Line(CAMPAIGN, "示例县医院", "整改台账", at(2026, 12, 5), "", "提醒", "到期前七日")
WEEK = Line(CAMPAIGN, "示例县医院", "会议记录", at(2026, 12, 10), "", "提醒", "到期前七日")
ISSUED = Line(CAMPAIGN, "示例县医院", "工作总结", at(2027, 1, 8), "", "下发", "节点开启", provisional=True)
UNDATED = Line(CAMPAIGN, "示例县医院", "公开承诺", None, "主题教育期间", "下发", "节点开启")
RETURNED = Line(CAMPAIGN, "示例县医院", "名单", at(2026, 12, 20), "", "退回", "缺少签章")


def written(
    *lines: Line,
    kind: str = "digest",
    name: str = "王示例",
    now: datetime = NOW,
    base_url: str = "http://duban.example.test/",
    **more: object,
) -> Letter:
    message = Message("k", kind, "wang@example.org", name, date(2026, 12, 3), lines, **more)
    return render(message, sender="duban@example.org", base_url=base_url, now=now, zone=ZONE)


def order(text: str, *words: str) -> list[int]:
    return [text.index(word) for word in words]


@pytest.mark.parametrize(
    ("lines", "subject"),
    [
        ((LATE, TOMORROW, SATURDAY), "督办提醒：逾期 1 项，3 日内到期 2 项（12月3日）"),
        ((LATE,), "督办提醒：逾期 1 项（12月3日）"),
        ((WEEK,), "督办提醒：即将到期 1 项（12月3日）"),
        ((TOMORROW, WEEK), "督办提醒：3 日内到期 1 项，即将到期 1 项（12月3日）"),
        ((ISSUED, UNDATED, RETURNED), "督办提醒：新下发 2 项，其他 1 项（12月3日）"),
        ((replace(ISSUED, due=at(2026, 12, 6)),), "督办提醒：3 日内到期 1 项（12月3日）"),
        ((replace(ISSUED, due=at(2026, 12, 7)),), "督办提醒：新下发 1 项（12月3日）"),
        ((replace(TOMORROW, due=at(2026, 12, 3, 8)),), "督办提醒：逾期 1 项（12月3日）"),
        ((replace(TOMORROW, due=at(2026, 12, 3, 10)),), "督办提醒：3 日内到期 1 项（12月3日）"),
    ],
)
def test_the_subject_of_a_digest_counts_every_line_once(lines: tuple[Line, ...], subject: str) -> None:
    assert written(*lines).subject == subject


def test_an_urgent_mail_about_one_thing_names_it() -> None:
    assert written(LATE, kind="urgent").subject == "督办急件（催办）：自查报告，已逾期 2 个工作日（12月3日）"
    assert written(UNDATED, kind="urgent").subject == "督办急件（下发）：公开承诺（12月3日）"
    assert written(LATE, TOMORROW, kind="urgent").subject == "督办急件：逾期 1 项，3 日内到期 1 项（12月3日）"


@pytest.mark.parametrize("kind", ["digest", "urgent"])
@pytest.mark.parametrize("body", ["text", "html"])
def test_groups_stand_in_order_and_lines_by_due_date(kind: str, body: str) -> None:
    letter = written(RETURNED, UNDATED, ISSUED, WEEK, SATURDAY, TOMORROW, LATE, kind=kind)
    places = order(
        getattr(letter, body),
        "一、已逾期（1 项）",
        "自查报告",
        "二、即将到期（3 项）",
        "周报",
        "整改台账",
        "会议记录",
        "三、新下发（2 项）",
        "工作总结",
        "公开承诺",
        "四、其他事项（1 项）",
        "名单",
    )
    assert places == sorted(places)


def test_numbered_items_stand_in_the_order_of_their_numbers() -> None:
    whats = [f"台账第{number}项" for number in (10, 2, 1, 12, 9)]
    text = written(*(replace(TOMORROW, what=what) for what in whats)).text
    places = order(text, *(f"台账第{number}项" for number in (1, 2, 9, 10, 12)))
    assert places == sorted(places)


@pytest.mark.parametrize("body", ["text", "html"])
def test_what_was_owed_before_a_phase_stands_apart_from_what_it_brings(body: str) -> None:
    before = replace(WEEK, what="宣传发动", due=at(2027, 1, 9), rung=EARLIER, reason="此前下发，尚未办结")
    letter = written(
        RETURNED, before, replace(before, what="旧报告", due=at(2026, 12, 1)), ISSUED, WEEK, LATE
    )
    places = order(
        getattr(letter, body),
        "一、已逾期（2 项）",
        "旧报告",
        "三、新下发（1 项）",
        "工作总结",
        "四、此前下发、尚未办结（1 项）",
        "宣传发动",
        "五、其他事项（1 项）",
    )
    assert places == sorted(places)
    assert letter.subject.endswith("新下发 1 项，此前未办结 1 项，其他 1 项（12月3日）")


@pytest.mark.parametrize("body", ["text", "html"])
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            LATE,
            [
                "12月1日（周二）18:00 前",
                "已逾期 2 个工作日",
                "方案原文：12月1日前",
                "逾期一个工作日",
                CAMPAIGN,
                "【催办】",
            ],
        ),
        (replace(LATE, filled="12月1日前", due_words="8月前"), ["方案原文：8月前", "协调员填写：12月1日前"]),
        (replace(LATE, overdue_days=0), ["已逾期，不足 1 个工作日"]),
        (TOMORROW, ["12月4日（周五）18:00 前", "明日到期", "http://duban.example.test/obligations/7"]),
        (SATURDAY, ["12月5日（周六）18:00 前", "还有 2 天"]),
        (replace(SATURDAY, due=at(2026, 12, 3, 12)), ["今日到期"]),
        (replace(SATURDAY, due=at(2026, 12, 6, 0)), ["12月5日（周六）24:00 前", "还有 2 天"]),
        (ISSUED, ["2027年1月8日（周五）18:00 前", "（暂定）", "放假安排尚未公布"]),
        (UNDATED, ["主题教育期间"]),
        (replace(WEEK, via="示例镇卫生院"), ["示例镇卫生院的接收人空缺，逐级转送至您处"]),
        (replace(WEEK, nil=True), ["可作零报告"]),
        (replace(WEEK, url="https://other.example.test/x"), ["https://other.example.test/x"]),
        (replace(WEEK, url="javascript:alert(1)"), ["http://duban.example.test/javascript:alert(1)"]),
    ],
)
def test_a_line_says_what_when_and_why(line: Line, words: list[str], body: str) -> None:
    letter = getattr(written(line), body)
    assert [word for word in words if word not in letter] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("进销存不符。账目不清。", "进销存不符"),
        ("收受红包；收受礼金。", "收受红包"),
        ("\n 有令不行\n有禁不止", "有令不行"),
        ("长" * 90, "长" * 59 + "…"),
        ("", ""),
    ],
)
def test_a_problem_is_quoted_by_its_first_sentence(text: str, said: str) -> None:
    assert first_sentence(text) == said


@pytest.mark.parametrize("body", ["text", "html"])
def test_nothing_is_said_that_does_not_hold(body: str) -> None:
    letter = getattr(written(replace(WEEK, due_words="12月10日（周四）18:00 前", reason="")), body)
    untrue = [
        "暂定",
        "零报告",
        "转送",
        "逾期",
        "方案原文",
        "附件",
        "缘由",
        "查看进展",
        "None",
        "问题",
        "措施",
    ]
    assert [word for word in untrue if word in letter] == []


@pytest.mark.parametrize("body", ["text", "html"])
def test_mere_news_is_said_once_and_without_a_deadline(body: str) -> None:
    news = Line(
        CAMPAIGN, "示例县卫健局", "“周报”催办，涉及 12 个单位", None, "", "催办", "“周报”催办，涉及 12 个单位"
    )
    letter = getattr(written(news), body)
    assert letter.count("涉及 12 个单位") == 1
    assert "时限" not in letter
    assert "缘由" not in letter


@pytest.mark.parametrize("body", ["text", "html"])
def test_the_unit_stands_at_each_line_only_when_there_are_several(body: str) -> None:
    alone = getattr(written(LATE, WEEK), body)
    assert alone.count("示例县医院") == 1
    several = getattr(written(LATE, replace(WEEK, unit="示例镇卫生院")), body)
    assert "涉及 2 家单位" in several
    assert several.count("示例县医院") == several.count("示例镇卫生院") == 1


@pytest.mark.parametrize("body", ["text", "html"])
def test_the_hour_of_a_deadline_is_that_of_the_zone(body: str) -> None:
    line = replace(WEEK, due=datetime(2026, 12, 9, 16, 30, tzinfo=UTC))
    assert "12月10日（周四）00:30 前" in getattr(written(line), body)


@pytest.mark.parametrize("body", ["text", "html"])
def test_a_hundred_lines_are_listed_and_the_rest_is_in_the_sheet(body: str) -> None:
    late = [replace(LATE, what=f"逾期事项{n:03}") for n in range(60)]
    soon = [replace(WEEK, what=f"临期事项{n:03}") for n in range(60)]
    letter = getattr(written(*late, *soon, ISSUED), body)
    assert letter.count("逾期事项") == 60
    assert letter.count("临期事项") == 40
    assert "即将到期（60 项）" in letter
    assert "另有 20 项未在此列出，见附件“逐项”表" in letter
    assert "新下发（1 项）" in letter
    assert "本组 1 项未在此列出，见附件“逐项”表" in letter


@pytest.mark.parametrize("body", ["text", "html"])
def test_what_waits_for_a_decision_comes_first_and_is_never_cut(body: str) -> None:
    late = [replace(LATE, what=f"逾期事项{n:03}") for n in range(150)]
    waiting = [replace(UNDATED, what=f"约谈{n:03}", rung="约谈", waiting=True) for n in range(120)]
    letter = getattr(written(*late, *waiting), body)
    assert letter.count("【约谈】") == 120
    assert letter.count("逾期事项") == 100
    assert letter.index("一、等待决定（120 项）") < letter.index("二、已逾期（150 项）")
    assert "另有 50 项未在此列出" in letter
    assert written(*late, *waiting).subject == "督办提醒：等待决定 120 项，逾期 150 项（12月3日）"


@pytest.mark.parametrize("body", ["text", "html"])
def test_many_units_that_hear_the_same_are_one_item(body: str) -> None:
    many = [replace(LATE, unit=f"示例{n:03}诊所", via=f"示例{n:03}诊所") for n in range(300)]
    letter = getattr(written(*many, replace(WEEK, unit="示例县医院")), body)
    assert letter.count("自查报告") == 1
    assert "示例000诊所、示例001诊所、示例002诊所等 300 家（逐家见附件）" in letter
    assert "其中 300 家的接收人空缺" in letter
    assert "已逾期（300 项）" in letter
    assert "示例003诊所" not in letter
    assert "未在此列出" not in letter
    assert len(letter.splitlines()) < 120


@pytest.mark.parametrize("body", ["text", "html"])
def test_a_mail_about_few_units_has_a_line_for_each(body: str) -> None:
    few = [replace(LATE, unit=f"示例{n}诊所") for n in range(5)]
    letter = getattr(written(*few), body)
    assert letter.count("自查报告") == 5
    assert not is_shortened(few)
    assert is_shortened([*few, replace(LATE, unit="示例县医院")])


def test_the_figures_mail_sums_up_in_its_subject() -> None:
    one = Figures(CAMPAIGN, "集中整治", 60, 9, 12, 88, 140, proposals=2, vacancies=3)
    two = replace(one, campaign="示例市专项行动", behind=1, overdue=0, proposals=0, vacancies=0)
    calm = replace(one, behind=0, overdue=0, proposals=0, vacancies=0)

    def subject(*figures: Figures) -> str:
        counted = max(each.vacancies for each in figures)
        return written(kind="figures", figures=figures, vacancies=counted).subject

    assert subject(one) == "督办日报：逾期 12 项，滞后 9 家，待确认 2 项，岗位空缺 3 个（12月3日）"
    assert subject(one, two) == "督办日报：逾期 12 项，滞后 10 家次，待确认 2 项，岗位空缺 3 个（12月3日）"
    assert subject(calm) == "督办日报：无逾期、无滞后（12月3日）"


@pytest.mark.parametrize("body", ["text", "html"])
def test_the_figures_mail_shows_each_campaign_and_ten_units_at_most(body: str) -> None:
    worst = tuple((f"示例第{n:02}卫生院", 40 - n) for n in range(1, 13))
    figures = Figures(
        CAMPAIGN, "集中整治", 60, 9, 12, 88, 140, (("自查自纠", 11), ("集中整治", 49)), 2, 3, worst
    )
    sheet = Attachment("督办情况.xlsx", b"x", "application/octet-stream")
    letter = getattr(written(LATE, kind="figures", figures=(figures,), attachments=(sheet,)), body)
    expected = [
        CAMPAIGN,
        "当前阶段：集中整治",
        "自查自纠 11 家，集中整治 49 家",
        "示例第10卫生院",
        "附件：督办情况.xlsx",
    ]
    assert [
        word for word in [*expected, "需要您关注的事项（共 1 项）", "自查报告"] if word not in letter
    ] == []
    assert "示例第11卫生院" not in letter
    for number in (60, 9, 12, 88, 140, 2, 3):
        assert f">{number}<" in letter or f" {number} " in letter


@pytest.mark.parametrize("kind", ["digest", "urgent", "figures"])
@pytest.mark.parametrize("body", ["text", "html"])
def test_the_foot_says_whom_to_answer_and_where_to_look(kind: str, body: str) -> None:
    one = Figures(CAMPAIGN, "集中整治", 60, 9, 12, 88, 140)
    more = {"figures": (one,)} if kind == "figures" else {}
    letter = getattr(written(TOMORROW, kind=kind, **more), body)
    assert "报送、答复请联系方案写明的办公室或协调员" in letter
    assert "查看进度：" in letter
    assert "http://duban.example.test/obligations/7" in letter
    assert "登录" not in letter
    nowhere = getattr(written(TOMORROW, kind=kind, base_url="", **more), body)
    assert "报送、答复请联系方案写明的办公室或协调员" in nowhere
    assert [word for word in ("查看", "://", "href", "obligations/7") if word in nowhere] == []


def test_markup_in_a_name_is_shown_not_obeyed() -> None:
    line = replace(LATE, what="<img src=x onerror=alert(1)>", campaign='"><script>')
    letter = written(line, name="<b>王</b>")
    assert "<img" not in letter.html
    assert "<script" not in letter.html
    assert "&lt;b&gt;王&lt;/b&gt;，您好！" in letter.html
    assert "<img src=x onerror=alert(1)>" in letter.text


def test_the_page_needs_nothing_from_outside() -> None:
    html = written(LATE, TOMORROW).html
    assert '<html lang="zh-CN">' in html
    assert [
        tag for tag in ("<img", "<link", "<script", "<style", "url(", "@import", "src=") if tag in html
    ] == []


def test_a_person_without_a_name_is_greeted_all_the_same() -> None:
    letter = written(LATE, name="")
    assert letter.text.startswith("您好！\n")
    assert ">您好！<" in letter.html


def test_a_letter_is_dated_in_its_zone_and_signed_by_its_key() -> None:
    letter = written(LATE, now=NOW.astimezone(UTC))
    assert letter.date.isoformat() == "2026-12-03T09:00:00+08:00"
    assert letter == written(LATE)
    assert "截至12月3日（周四）09:00" in letter.text


def test_a_mail_with_nothing_to_say_or_no_clear_time_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="nothing in it"):
        written()
    with pytest.raises(ValueError, match="nothing in it"):
        written(LATE, kind="figures")
    with pytest.raises(ValueError, match="aware"):
        written(LATE, now=datetime(2026, 12, 3, 9))  # noqa: DTZ001


@pytest.mark.parametrize("kind", ["digest", "figures"])
def test_tasks_of_what_has_begun_stand_once_below_the_items(kind: str) -> None:
    tasks = (Tasks("“自查自纠”阶段", ("逐项查摆", "<边查>\n边改")),)
    figures = (Figures(CAMPAIGN, "自查自纠", 3, 0, 0, 1, 0),) if kind == "figures" else ()
    lines = replace(ISSUED, tasks=tasks), replace(ISSUED, unit="示例乙县医院", tasks=tasks), LATE
    letter = written(*lines, kind=kind, figures=figures)
    assert letter.text.count("“自查自纠”阶段要做的事（方案原文）：\n   · 逐项查摆\n   · <边查> 边改\n") == 1
    assert letter.text.index("要做的事") > letter.text.index("工作总结")
    assert (
        letter.html.count("“自查自纠”阶段要做的事（方案原文）") == letter.html.count("&lt;边查&gt; 边改") == 1
    )


def test_tasks_name_their_campaign_in_a_mail_about_several() -> None:
    tasks = (Tasks("“自查”阶段", ("逐项查摆",)),)
    other = replace(ISSUED, campaign="示例市专项行动", tasks=(Tasks("“自查”阶段", ("另一件",)),))
    text = written(replace(ISSUED, tasks=tasks), other).text
    assert f"“自查”阶段要做的事（方案原文，{CAMPAIGN}）：\n   · 逐项查摆\n" in text
    assert "“自查”阶段要做的事（方案原文，示例市专项行动）：\n   · 另一件\n" in text
