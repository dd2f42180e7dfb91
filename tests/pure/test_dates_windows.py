"""Windows as plans print them: both ends, what the second takes over from the first, and what is refused."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from states.dates import Anchors, DatesError, parse_window, resolve, start_of
from states.workdays import Workdays, published

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Workdays.of(*published())
ANCHORS = Anchors(datetime(2017, 8, 22, 9, tzinfo=ZONE), date(2017, 8, 22), 2017)


def printed(words: str) -> tuple[str | None, str | None]:
    start, end = parse_window(words)
    return start.words() if start else None, end.words() if end else None


@pytest.mark.parametrize("dash", ["-", "－", "—", "–", "~", "～", "——", "至", "到"])
def test_every_kind_of_dash_stands_between_two_months(dash: str) -> None:
    assert printed(f"9月{dash}11月") == ("9月", "11月")


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("8月", "8月", "8月"),
        ("2026年", "2026年", "2026年"),
        ("8月15日", "8月15日", "8月15日"),
        ("7月上、中旬", "7月上、中旬", "7月上、中旬"),
        ("2017年8月至12月", "2017年8月", "2017年12月"),
        ("2019年3月—9月", "2019年3月", "2019年9月"),
        ("9-11月", "9月", "11月"),
        ("8月1-15日", "8月1日", "8月15日"),
        ("8月1日至15日", "8月1日", "8月15日"),
        ("7月上旬至中旬", "7月上旬", "7月中旬"),
        ("7月至年底", "7月", "年底"),
        ("2026-08-01至2026-09-30", "2026年8月1日", "2026年9月30日"),
        ("2026年11月至2027年2月", "2026年11月", "2027年2月"),
        ("自8月1日起至9月30日止", "8月1日起", "9月30日"),
        ("2015年7月起至2017年底", "2015年7月起", "2017年底"),
        ("__月__日至__日", "__月__日", "__月__日"),
        ("__月至__月", "__月", "__月"),
        ("自__月__日至__月__日", "__月__日", "__月__日"),
        ("20__年__月__日至20__年__月__日", "20__年__月__日", "20__年__月__日"),
        ("2023年XX月-XX月", "2023年__月", "2023年__月"),
        ("2023年XX月中旬—XX月下旬", "2023年__月中旬", "2023年__月下旬"),
        ("2023年XX月中旬一XX月下旬", "2023年__月中旬", "2023年__月下旬"),
        ("从即日起至20__年__月__日止", "即日起", "20__年__月__日"),
        ("即日起至12月31日", "即日起", "12月31日"),
        ("20__年__月开始，为期6个月", "20__年__月起", "为期6个月"),
        ("20__年__月开始，__月底结束", "20__年__月起", "20__年__月底"),
        ("自8月1日起用1年", "8月1日起", "为期1年"),
        ("启动后第3周至第8周", "启动后第3周", "启动后第8周"),
        ("启动后2周内", "即日起", "启动后2周内"),
        ("印发后10日内", "印发之日起", "印发后10日内"),
        # one end only
        ("8月15日前", None, "8月15日前"),
        ("__月__日前", None, "__月__日前"),
        ("8月底前", None, "8月底前"),
        ("为期6周", None, "为期6周"),
        ("收到通知后3日内", None, "收到通知后3日内"),
        ("长期坚持", None, "长期坚持"),
        ("4月起", "4月起", None),
        ("即日起", "即日起", None),
    ],
)
def test_a_window_has_the_ends_it_names(words: str, start: str | None, end: str | None) -> None:
    assert printed(words) == (start, end)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("11月-3月", "起止时间“11月-3月”结束早于开始；跨年的请写明两端的年份"),
        ("2026年11月-2月", "结束早于开始；跨年的请写明两端的年份"),
        ("8月31日至8月1日", "结束早于开始；跨年的请写明两端的年份"),
        ("2027年1月至2026年3月", "结束早于开始；请核对年份"),
        ("主题教育", "看不懂起止时间“主题教育”。可以这样写：9月-11月"),
        ("3个月至6个月", "看不懂起止时间“3个月至6个月”"),
        ("9月-13月", "“13月”不存在，月只能写1至12"),
        ("", "看不懂起止时间“”"),
    ],
)
def test_a_window_that_cannot_stand_is_refused(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse_window(words)
    assert says in str(refused.value)


@pytest.mark.parametrize("words", ["8月至8月15日", "8月15日至8月", "8月1日至8月1日", "8月底至9月"])
def test_a_day_inside_the_month_of_the_other_end_is_in_order(words: str) -> None:
    assert None not in parse_window(words)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("8月", "2017-08-01 00:00", "2017-08-31 18:00"),
        ("9月-11月", "2017-09-01 00:00", "2017-11-30 18:00"),
        ("11月-12月", "2017-11-01 00:00", "2017-12-31 18:00"),
        ("启动后2周内", "2017-08-22 09:00", "2017-09-05 18:00"),
        ("启动后第1周至第2周", "2017-08-22 00:00", "2017-09-04 18:00"),
        ("启动后第3周至第8周", "2017-09-05 00:00", "2017-10-16 18:00"),
        ("8月1日至15日", "2017-08-01 00:00", "2017-08-15 18:00"),
    ],
)
def test_a_window_runs_from_its_first_to_its_last_instant(words: str, first: str, last: str) -> None:
    start, end = parse_window(words)
    assert start is not None
    assert end is not None
    opens = start_of(start, ANCHORS, CALENDAR, ZONE).at
    closes = resolve(end, ANCHORS, CALENDAR, ZONE).at
    assert opens is not None
    assert closes is not None
    assert opens.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") == first
    assert closes.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") == last


def test_phases_of_so_many_weeks_follow_each_other_without_gap_or_overlap() -> None:
    """Two, six, twelve and four weeks from Monday 2 November 2026, each phase starting the day after the one before."""
    start, ends = datetime(2026, 11, 2, tzinfo=ZONE), []
    for weeks in (2, 6, 12, 4):
        anchors = Anchors(ANCHORS.launch, None, 2026, phase=(start, None))
        end = resolve(parse_window(f"为期{weeks}周")[1], anchors, CALENDAR, ZONE).at.astimezone(ZONE)
        ends.append(end.strftime("%Y-%m-%d %a %H:%M"))
        start = end.replace(hour=0) + timedelta(days=1)
    assert ends == [
        "2026-11-15 Sun 18:00",
        "2026-12-27 Sun 18:00",
        "2027-03-21 Sun 18:00",
        "2027-04-18 Sun 18:00",
    ]
