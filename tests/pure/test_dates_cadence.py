"""Recurrences in words and as rules: what they are taken for, how they print back, and what is refused."""

import pytest

from states.dates import DatesError, cadence, parse_cadence


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        ("每周五", "每周五前"),
        ("每星期五前", "每周五前"),
        ("每周五12:00前报送", "每周五12:00前"),
        ("每周天", "每周日前"),
        ("每周", "每周"),
        ("每周一次", "每周不少于1次"),
        ("一周一调度", "每周"),
        ("一月一通报", "每月"),
        ("周报", "每周"),
        ("信息月报", "每月"),
        ("半年总结", "每半年"),
        ("每月25日前", "每月25日前"),
        ("每月25日前报送", "每月25日前"),
        ("每月__日前", "每月__日前"),
        ("每月XX日前", "每月__日前"),
        ("每月", "每月"),
        ("每个月底前", "每月底前"),
        ("每季度", "每季度"),
        ("每季度末", "每季度底前"),
        ("每季度末月25日前", "每季度第3个月25日前"),
        ("每半年", "每半年"),
        ("每年", "每年"),
        ("每年6月30日前", "每年6月30日前"),
        ("每年底前", "每年底前"),
        ("每天16:00前", "每天16:00前"),
        ("每日下午4时前", "每天16:00前"),
        ("每天下班前", "每天下班前"),
        ("每个工作日", "每个工作日"),
        ("每半月", "每半月"),
        ("每半个月", "每半月"),
        ("每旬", "每旬"),
        ("每月不少于1次", "每月不少于1次"),
        ("每季度至少开展1次", "每季度不少于1次"),
        ("每季度拟对各单位至少开展1次专项督查", "每季度不少于1次"),
        ("每月25日前不少于两次", "每月25日前不少于2次"),
        ("每季度至少3项", "每季度不少于3项"),
        ("每半年至少培训2场", "每半年不少于2场"),
        ("每周五前，遇节假日顺延", "每周五前，遇非工作日顺延"),
        ("每月底前，如遇节假日提前", "每月底前，遇非工作日提前"),
        ("3月15日前、6月15日前、9月15日前", "3月15日前、6月15日前、9月15日前"),
        ("2026年3月15日前、6月15日前", "2026年3月15日前、2026年6月15日前"),
        ("按规则FREQ=WEEKLY;BYDAY=MO", "按规则 FREQ=WEEKLY;BYDAY=MO"),
        ("按规则 FREQ=WEEKLY;BYDAY=MO,TH 16:00前，遇非工作日顺延",) * 2,
    ],
)
def test_words_print_back_in_canonical_chinese(words: str, canonical: str) -> None:
    every = parse_cadence(words)
    assert every.words() == canonical
    assert parse_cadence(canonical) == every


def test_the_minimum_per_period_is_carried() -> None:
    assert parse_cadence("每季度至少开展2次").minimum == 2
    assert parse_cadence("每季度").minimum is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("常常", "看不懂频次“常常”。可以这样写：每周五、每月25日前"),
        ("", "看不懂频次“”"),
        ("8月15日前", "看不懂频次“8月15日前”"),
        ("每周八", "看不懂频次“每周八”"),
        ("每两周", "看不懂频次“每两周”"),
        ("一周一调度，一月一通报", "看不懂频次“一周一调度，一月一通报”"),
        ("每月32日前", "“32日”不存在，日只能写1至31"),
        ("每年2月30日前", "“30日”不存在，日只能写1至29"),
        ("每年25日前", "“每年25日前”没有写明月份"),
        ("每季度25日前", "“每季度25日前”没有写明是季度的哪个月"),
        ("每季度第4个月25日前", "“4个月”不存在，个月只能写1至3"),
        ("每天25:00前", "“25:00”不是一天里的时刻"),
        ("每月0次", "“每月0次”的次数须写明，至少为1"),
        ("每月__次", "的次数须写明"),
        ("按规则 freq", "看不懂频次“按规则 freq”"),
    ],
)
def test_words_not_understood_are_named_in_one_sentence(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse_cadence(words)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=SECONDLY", "rrule的FREQ不能写“SECONDLY”"),
        ("FREQ=MINUTELY", "rrule的FREQ不能写“MINUTELY”"),
        ("FREQ=HOURLY", "rrule的FREQ不能写“HOURLY”"),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9", "rrule里不能用BYHOUR"),
        ("DTSTART=20260101;FREQ=DAILY", "rrule里不能用DTSTART"),
        ("BYDAY=MO", "rrule没有写FREQ"),
        ("FREQ=MONTHLY", "rrule没有写明哪一天：FREQ=MONTHLY须有BYMONTHDAY或BYDAY"),
        ("FREQ=WEEKLY", "rrule没有写明哪一天：FREQ=WEEKLY须有BYDAY"),
        ("FREQ=WEEKLY;BYDAY=2MO", "FREQ=WEEKLY的BYDAY只写星期"),
        ("FREQ=WEEKLY;BYDAY=XX", "rrule的BYDAY不能写“XX”"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "rrule的BYMONTHDAY不能写“0”"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231T000000Z", "rrule的UNTIL不能写"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261341", "看不懂rrule"),
        ("FREQ=DAILY;COUNT=99999", "rrule的COUNT不能写“99999”"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "排不出任何日期"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "排不出任何日期"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,2;BYDAY=2MO", "排不出任何日期"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "rrule的INTERVAL不能与BYDAY同用"),
        ("FREQ=WEEKLY;BYDAY=MO\nDTSTART:20200101", "rrule的BYDAY不能写"),
        ("每周五", "看不懂rrule“每周五”"),
        ("FREQ=DAILY;" * 40, "rrule太长"),
    ],
)
def test_a_rule_out_of_bounds_is_refused(rule: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        cadence(rule, None, "none")
    assert says in str(refused.value)


def test_a_bad_time_or_shift_of_a_rule_is_refused() -> None:
    with pytest.raises(DatesError, match="看不懂时刻“四点钟左右”"):
        cadence("FREQ=DAILY", "四点钟左右", "none")
    with pytest.raises(DatesError, match="shift“later”不存在"):
        cadence("FREQ=DAILY", None, "later")
