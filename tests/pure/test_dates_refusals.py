"""Words of time that are refused, each with one sentence that says why; and words of real plans, which are not."""

from collections.abc import Callable

import pytest

from states.dates import DatesError, parse, parse_cadence, parse_window


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("8月32日前", "“32日”不存在，日只能写1至31"),
        ("2月18日25:00前", "“25:00”不是一天里的时刻"),
        ("下班前", "没有写明哪一天"),
        ("16:00前", "没有写明哪一天"),
        ("13月底前", "“13月”不存在"),
        ("13月", "“13月”不存在"),
        ("7月下、上旬", "结束早于开始"),
        ("4起", "看不懂期限“4起”"),
        ("8月1日起用0年", "“0年”超出范围"),
        ("8月1日起用3小时", "看不懂期限“8月1日起用3小时”"),
        ("8月1日前起用1年", "看不懂期限“8月1日前起用1年”"),
        ("为期0天", "“0天”超出范围"),
        ("为期2个工作小时", "看不懂期限“为期2个工作小时”"),
        ("不超过5个工作日", "是数量要求，不是期限"),
        ("新年前", "看不懂期限“新年前”"),
        ("左右", "看不懂期限“左右”"),
        ("第二年10月上旬前", "看不懂期限“第二年10月上旬前”"),
        ("考核期第2年2027年10月前", "看不懂期限“考核期第2年2027年10月前”"),
        ("考核期第2年13月前", "“13月”不存在"),
        ("考核期第0年10月上旬前", "“考核期第0年”不存在，从第1年算起"),
        ("完成阶段工作前后", "看不懂期限“完成阶段工作前后”"),
        ("0个工作日内", "“0个工作日”超出范围"),
        ("届满后前20个工作日", "看不懂期限“届满后前20个工作日”"),
        ("本月25日前", "要看是哪一天说的，请写明日期"),
        ("当日下班前", "要看是哪一天说的，请写明日期"),
        ("次年10月上旬前", "“次年”之前没有写年份"),
        ("0小时内", "“0小时”超出范围"),
        ("0个工作小时内", "“0个工作小时”超出范围"),
        ("立改", "看不懂期限“立改”"),
        ("不及时", "看不懂期限“不及时”"),
        ("适时前", "看不懂期限“适时前”"),
        ("坚持", "看不懂期限“坚持”"),
        ("8月底前并坚持", "看不懂期限“8月底前并坚持”"),
        ("13月底前并长期坚持", "“13月”不存在"),
        ("13月底前取得明显成效并长期坚持", "“13月”不存在"),
        ("春节后", "没有写明在那以后几天"),
        ("节前", "没有写明是哪个节日"),
        ("两节期间", "没有写明是哪个节日"),
        ("除夕前", "看不懂期限“除夕前”"),
        ("端午、中秋、国庆", "写了不止一个日期，请写在频次（every）里"),
        ("暑", "看不懂期限“暑”"),
        ("放", "看不懂期限“放”"),
        ("原则上", "后面没有写期限"),
        ("今年以来", "说的是过去，不是期限"),
        ("不少于30天", "是数量要求，不是期限"),
        ("每周五", "是频次，请写在频次（every）里"),
        ("9月-11月", "是起止时间，请写在起止（window）里"),
        ("随示例专项周报", "说的是随另一项工作"),
        ("815日前", "看不懂期限“815日前”"),
    ],
)
def test_a_deadline_that_cannot_be_read_is_refused_with_one_sentence(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse(words)
    assert says in str(refused.value)
    assert len(refused.value.faults) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("2019年9月—3月", "结束早于开始"),
        ("2017年7月起至2015年底", "结束早于开始"),
        ("即日起至", "没有写明到什么时候为止"),
        ("6月至次年3月", "“次年”之前没有写年份"),
        ("端午、中秋", "写了不止一个日期"),
        ("每月", "是频次"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused_with_one_sentence(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse_window(words)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("每天25:00前", "“25:00”不是一天里的时刻"),
        ("每月32日前", "“32日”不存在"),
        ("每月15日、30日前", "里的日子只能写1日至28日，月末请写底"),
        ("每月不少于0次", "次数须写明，至少为1"),
        ("每月不少于__次", "次数须写明，至少为1"),
        ("每周八", "看不懂频次“每周八”"),
        ("每季度第4个月25日前", "“4个月”不存在"),
        ("每年2月30日前", "“30日”不存在"),
        ("每周一调度", "可以是每逢周一，也可以是每周一次"),
        ("周一调度", "看不懂频次“周一调度”"),
        ("每两周", "请用 rrule 的 INTERVAL 书写"),
        ("每半", "看不懂频次“每半”"),
        ("8月15日前", "只有一次，请写在期限（due）里"),
        ("国庆前", "只有一次，请写在期限（due）里"),
        ("每年2026年6月、7月", "看不懂频次"),
        ("3月15日、晚些时候", "看不懂频次"),
        ("7月上、中旬、9月", "看不懂频次"),
        ("不定期", "没有规律，请写在期限（due）里"),
        ("重大节假日", "没有写明是哪个节日"),
        ("一周一调度，一月一通报", "写了不止一个频次，请分成几项要求"),
        ("随示例专项周报", "说的是随另一项工作"),
    ],
)
def test_a_recurrence_that_cannot_be_read_is_refused_with_one_sentence(words: str, says: str) -> None:
    with pytest.raises(DatesError) as refused:
        parse_cadence(words)
    assert says in str(refused.value)


# how the plans at hand speak of time, cut to the words of time
FOUND = {
    parse: [
        "力争到2019年底前",
        "即知即改",
        "及时上报",
        "请于8月15日前上报",
        "于__月__日前",
        "20__年__月__日前完成",
        "__月底前",
        "长期坚持，__月底前取得明显成效",
        "立行立改并长期坚持",
        "在完成阶段工作__日内上报",
        "到20__年",
        "20__年度",
        "按要求及时反馈",
        "第一时间",
        "限期整改",
        "不定期",
        "年底适时",
        "年底前",
        "在公文制作完成后3个工作日内",
        "超过4个工作日未处理",
        "8月前并长期坚持",
        "9月底",
        "适时反馈",
    ],
    parse_window: [
        "主题教育期间",
        "自查自纠期间",
        "集中行动期间",
        "2023年XX月-XX月",
        "2023年XX月中旬一XX月下旬",
        "自__月__日至__月__日",
        "从即日起至20__年__月__日止",
        "自20__年__月开始，为期6个月",
        "从20__年__月开始，__月底结束",
        "20__年__月至__月",
        "__月__日至__日",
        "（9月-11月）",
        "2017年8月至12月",
        "（2017-2019年）",
    ],
    parse_cadence: [
        "信息月报制度",
        "月总结",
        "每月__日前",
        "以后每月__日前报送",
        "每季度拟对各单位至少开展1次专项督查",
        "一周一调度",
        "每月通报",
        "定期召开例会",
        "定期通报制度",
        "专项整治月报表",
        "周报送",
    ],
}


@pytest.mark.parametrize(("read", "words"), [(read, one) for read, each in FOUND.items() for one in each])
def test_words_of_time_as_real_plans_have_them_are_read(read: Callable[[str], object], words: str) -> None:
    found = read(words)
    for part in found if isinstance(found, tuple) else (found,):
        again = parse if read is parse_window else read
        assert part is None or again(part.words()) == part
