"""Words of deadlines: what they are taken for, how they print back, and what is said of those not understood."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from states.dates import Anchor, DatesError, Deadline, Event, Festival, Holiday, Unit, parse
from states.dates.forms import month_length
from states.dates.plain import BLANK
from states.dates.points import (
    At,
    Clock,
    Day,
    Edge,
    Feast,
    Lasting,
    Nth,
    Period,
    Relative,
    Stretch,
    TenDays,
    Term,
    TermYear,
    Unclear,
    Undated,
    Vague,
)


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        # as written
        ("8月15日前", "8月15日前"),
        ("2026年3月5日前", "2026年3月5日前"),
        ("2月18日12:00前", "2月18日12:00前"),
        ("2月10日下班前", "2月10日下班前"),
        ("4月底前", "4月底前"),
        ("8月", "8月"),
        ("8月前并长期坚持", "8月前并长期坚持"),
        ("8月底前并长期坚持", "8月底前并长期坚持"),
        ("年底前", "年底前"),
        ("长期坚持", "长期坚持"),
        ("7月上、中旬", "7月上、中旬"),
        ("启动后10个工作日内", "启动后10个工作日内"),
        ("阶段结束前3个工作日", "阶段结束前3个工作日"),
        ("届满前20个工作日", "届满前20个工作日"),
        ("2小时内", "2小时内"),
        ("即日起", "即日起"),
        ("立行立改并长期坚持", "立行立改并长期坚持"),
        ("原则上8月15日前", "原则上8月15日前"),
        ("8月15日左右", "8月15日左右"),
        ("启动后3个月左右", "启动后3个月左右"),
        ("7月10前", "7月10前"),
        ("20__年__月__日前", "20__年__月__日前"),
        ("启动后第3周", "启动后第3周"),
        ("4月起", "4月起"),
        # other ways of writing the same
        ("8月15号之前", "8月15日前"),
        ("２０２６年３月５日前", "2026年3月5日前"),
        ("2026-08-15前", "2026年8月15日前"),
        ("请于8月15日前上报", "8月15日前"),
        ("八月十五日前", "8月15日前"),
        ("二〇二六年三月二十五日前", "2026年3月25日前"),
        ("2月18日 下午3点半前", "2月18日15:30前"),
        ("2月18日24时前", "2月18日24:00前"),
        ("到2019年底前", "2019年底前"),
        ("今年年底前", "年底前"),
        ("三季度末前", "第3季度底前"),
        ("自印发之日起15日内", "印发后15日内"),
        ("本通知印发后3个工作日内", "印发后3个工作日内"),
        ("收到通知起三日内", "收到通知后3日内"),
        ("启动后两周内", "启动后2周内"),
        ("启动后半年内", "启动后6个月内"),
        ("在完成阶段工作__日内", "阶段结束后__日内"),
        ("3个月左右", "为期3个月左右"),
        ("20__年__月__日前完成。", "20__年__月__日前"),
        ("20XX年XX月", "20__年__月"),
        ("2023年XX月15日前", "2023年__月15日前"),
        ("××月底前", "__月底前"),
        ("长期坚持，__月底前取得明显成效", "__月底前取得明显成效并长期坚持"),
        ("12月底前取得明显成效并长期坚持", "12月底前取得明显成效并长期坚持"),
        ("力争到2019年底前", "力争2019年底前"),
        ("自8月1日起", "8月1日起"),
        ("20__年__月开始", "20__年__月起"),
    ],
)
def test_words_print_back_in_canonical_chinese(words: str, canonical: str) -> None:
    deadline = parse(words)
    assert deadline.words() == canonical
    assert parse(canonical) == deadline


@pytest.mark.parametrize(
    ("words", "deadline"),
    [
        ("8月15日前", Deadline(Day(8, 15))),
        ("8月15日", Deadline(Day(8, 15, before=False))),
        ("2月10日下班前", Deadline(Day(2, 10, clock=Clock(leaving=True)))),
        ("8月前", Deadline(Period(Stretch.MONTH, 8, Edge.BEFORE))),
        ("8月底前并长期坚持", Deadline(Period(Stretch.MONTH, 8, Edge.BY_END), standing=True)),
        ("上半年", Deadline(Period(Stretch.HALF, 1))),
        ("2026年", Deadline(Period(Stretch.YEAR, 1, Edge.WHOLE, 2026))),
        ("7月中、下旬", Deadline(TenDays(7, 2, 3))),
        ("7月下旬前", Deadline(TenDays(7, 3, 3, before=True))),
        ("制作完成后3个工作日内", Deadline(Relative(Event("制作完成"), 3, Unit.WORKDAY))),
        ("会议召开前3日", Deadline(Relative(Event("会议召开"), 3, Unit.DAY, backwards=True))),
        ("2小时内", Deadline(Relative(Event(), 2, Unit.HOUR))),
        ("为期100天", Deadline(Lasting(100, Unit.DAY))),
        ("及时", Deadline(Undated("及时"))),
        ("7月10前", Deadline(Unclear("7月10前"))),
        ("长期坚持", Deadline(standing=True)),
        ("行动结束前", Deadline(At(Anchor.ENDS))),
        ("原则上3个月左右", Deadline(Lasting(3, Unit.MONTH), hedge="原则上", about=True)),
        ("4月起", Deadline(Period(Stretch.MONTH, 4), since=True)),
    ],
)
def test_words_are_taken_for_what_they_say(words: str, deadline: Deadline) -> None:
    assert parse(words) == deadline


@pytest.mark.parametrize(
    ("words", "blank", "standing", "soft"),
    [
        ("8月15日前", False, False, False),
        ("__月__日前", True, False, False),
        ("20__年3月5日前", True, False, False),
        ("7月10前", True, False, False),
        ("启动后__个工作日内", True, False, False),
        ("__月底前并长期坚持", True, True, False),
        ("长期坚持", False, True, False),
        ("立行立改并长期坚持", False, True, False),
        ("原则上8月底前", False, False, True),
        ("8月15日左右", False, False, True),
    ],
)
def test_blank_standing_and_soft_are_seen(words: str, blank: bool, standing: bool, soft: bool) -> None:
    deadline = parse(words)
    assert (deadline.blank, deadline.standing, deadline.soft) == (blank, standing, soft)


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        ("启动后10个工作日内", Anchor.LAUNCH),
        ("发文后3日内", Anchor.ISSUED),
        ("阶段开始后5个工作日内", Anchor.PHASE_START),
        ("阶段完成后5日内", Anchor.PHASE_END),
        ("专项行动结束前5个工作日", Anchor.ENDS),
        ("期限届满前20个工作日", Anchor.EXPIRY),
        ("收到通知后3个工作日内", Event("收到通知")),
        ("3个工作日内", Event()),
        ("8月15日前", None),
        ("为期6个月", None),
    ],
)
def test_the_anchor_of_an_offset_is_named(words: str, anchor: Anchor | Event | None) -> None:
    assert parse(words).anchor == anchor


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("晚些时候", "看不懂期限“晚些时候”。可以这样写：8月15日前"),
        ("", "看不懂期限“”"),
        ("月底后3日内", "看不懂期限“月底后3日内”"),
        ("阶段结束前3个工作日内", "看不懂期限“阶段结束前3个工作日内”"),
        ("15日", "看不懂期限“15日”"),
        ("26年", "看不懂期限“26年”"),
        ("为期2小时", "看不懂期限“为期2小时”"),
        ("10半年", "看不懂期限“10半年”"),
        ("下班后3小时内", "看不懂期限“下班后3小时内”"),
        ("不少于会议后3日内", "看不懂期限“不少于会议后3日内”"),
        ("__日前", "看不懂期限“__日前”"),
        ("9月-11月", "看不懂期限“9月-11月”"),
        ("每周五", "看不懂期限“每周五”"),
        ("节前", "看不懂期限“节前”：没有写明是哪个节日"),
        ("13月底前", "“13月”不存在，月只能写1至12"),
        ("2月30日前", "“30日”不存在，日只能写1至29"),
        ("4月31日前", "“31日”不存在，日只能写1至30"),
        ("2026-13-01", "“13月”不存在"),
        ("第五季度", "“五季度”不存在，季度只能写1至4"),
        ("1026年3月5日前", "“1026年”超出范围，只能写1990年至2099年"),
        ("8月15日25:00前", "“25:00”不是一天里的时刻"),
        ("8月15日12:60前", "“12:60”不是一天里的时刻"),
        ("8月15日24:01前", "“24:01”不是一天里的时刻"),
        ("启动后0个工作日内", "“0个工作日”超出范围，只能写1至9999"),
        ("启动后100年内", "“100年”超出范围，只能写1至99"),
        ("7月下、上旬", "“7月下、上旬”结束早于开始"),
        ("八" * 201, "时间写法太长（201字），最多200字"),
    ],
)
def test_words_not_understood_are_named_in_one_sentence(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse(words)
    assert says in str(refused.value)
    assert len(refused.value.faults) == 1


def numbers(least: int, most: int) -> st.SearchStrategy:
    return st.one_of(st.just(BLANK), st.integers(least, most))


years = st.one_of(st.none(), numbers(1990, 2099))
months = numbers(1, 12)
clocks = st.one_of(st.just(Clock(leaving=True)), st.builds(Clock, st.integers(0, 24 * 60)))
events = st.sampled_from(["收到通知", "制作完成", "受理", "上一阶段结束", "集中整治阶段结束"]).map(Event)
lasting_units = st.sampled_from([unit for unit in Unit if unit not in {Unit.HOUR, Unit.OFFICE_HOUR}])
holidays = st.builds(Holiday, st.sampled_from(Festival), years)
names = st.sampled_from(["暑期", "考核期", "评价周期", "主题教育", "集中整治阶段"])
origins = st.one_of(st.sampled_from(Anchor), events, holidays)


@st.composite
def days(draw: st.DrawFn) -> Day:
    month = draw(months)
    clock = draw(st.one_of(st.none(), clocks))
    before = True if clock else draw(st.booleans())
    return Day(month, draw(numbers(1, month_length(month))), draw(years), clock, before)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    stretch, year, edge = draw(st.sampled_from(Stretch)), draw(years), draw(st.sampled_from(Edge))
    if stretch is Stretch.YEAR and year is None:
        edge = draw(st.sampled_from([Edge.END, Edge.BY_END]))
    index = {
        Stretch.MONTH: months,
        Stretch.QUARTER: numbers(1, 4),
        Stretch.HALF: st.integers(1, 2),
        Stretch.YEAR: st.just(1),
    }
    return Period(stretch, draw(index[stretch]), edge, year)


@st.composite
def tens(draw: st.DrawFn) -> TenDays:
    first = draw(st.integers(1, 3))
    return TenDays(draw(months), first, draw(st.integers(first, 3)), draw(years), draw(st.booleans()))


calendar_points = st.one_of(days(), periods(), tens())
starts = st.one_of(
    calendar_points.filter(
        lambda point: not getattr(point, "before", False) and getattr(point, "edge", Edge.WHOLE) is Edge.WHOLE
    ),
    st.sampled_from([Anchor.LAUNCH, Anchor.ISSUED, Anchor.BEGINS, Anchor.PHASE_START]).map(At),
)
inside = calendar_points.filter(lambda point: point.year is None)
points = st.one_of(
    calendar_points,
    st.builds(At, st.sampled_from(Anchor)),
    st.builds(Relative, origins, numbers(1, 99), st.sampled_from(Unit), st.booleans()),
    st.builds(Relative, st.just(Event()), numbers(1, 99), st.sampled_from(Unit)),
    st.builds(Nth, origins, numbers(1, 99), st.sampled_from([Unit.WEEK, Unit.MONTH])),
    st.builds(Lasting, numbers(1, 99), lasting_units, st.one_of(st.none(), starts)),
    st.builds(Feast, holidays, st.booleans()),
    st.builds(Term, names, st.booleans()),
    st.builds(Term, st.sampled_from(["放假", "开学"]), st.just(True)),
    st.builds(TermYear, st.sampled_from(["考核期", "建设周期"]), numbers(1, 9), st.one_of(st.none(), inside)),
    st.sampled_from(["考核期满", "集中整治阶段结束", "暑期结束"]).map(Event).map(At),
    st.sampled_from(["限期", "近期", "10月初", "2026年3月初"]).map(Vague),
    st.sampled_from(["立行立改", "及时", "适时", "不定期", "另行通知"]).map(Undated),
    st.tuples(st.integers(1, 12), st.integers(1, 31)).map(lambda md: Unclear(f"{md[0]}月{md[1]}前")),
)


@st.composite
def deadlines(draw: st.DrawFn) -> Deadline:
    point = draw(points)
    whole = getattr(point, "before", False) is False and getattr(point, "edge", Edge.WHOLE) is Edge.WHOLE
    since = isinstance(point, Day | Period | TenDays) and whole and draw(st.booleans())
    return Deadline(
        point,
        standing=draw(st.booleans()),
        hedge=draw(st.sampled_from(["", "原则上", "力争"])),
        about=draw(st.booleans()),
        goal=draw(st.sampled_from(["", "取得明显成效", "取得阶段性成效", "基本完成", "全面完成"])),
        since=since,
        fitting=draw(st.booleans()),
    )


@settings(max_examples=400, deadline=None)
@given(deadlines())
def test_any_deadline_prints_words_that_parse_back_to_it(deadline: Deadline) -> None:
    assert parse(deadline.words()) == deadline


@settings(deadline=None)
@given(st.text(alphabet="8月15日前底年上中旬启动后个工作内每周五__X—至，。:并长期坚持", max_size=14))
def test_any_other_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        deadline = parse(text)
    except DatesError as refused:
        said = str(refused)
    else:
        said = f"“{text}”" if parse(deadline.words()) == deadline else ""
    assert "“" in said
