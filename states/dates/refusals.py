"""Why some words can't be read as what they are put for, each in one clause. First match wins."""

from __future__ import annotations

import re
from typing import Final

_CADENCE_WORDS = (
    r"每.*|[一两二三四半\d].{0,2}[日天周旬月季度年]一.*|(?:信息|工作)?[日周旬月季年]报.*|按[日周旬月季年].*"
)
_READERS_DAY = r"(?:[本当上下次这同]个?|今|明|昨|翌)[日天周月旬季年].*"
_REASONS: Final = (
    (r".*以来", "说的是过去，不是期限"),
    (r"(?:不少于|至少|不低于|不超过|≥|>).*[天日张名次].*", "是数量要求，不是期限，请写进检查清单的标准"),
    (r"(?:原则上|力争)", "后面没有写期限"),
    (r"(?:节|节日|两节|节假日|重大节假日)(?:期间|之?前|之?后)?", "没有写明是哪个节日"),
    (r".*(?:次|翌)年.*", "“次年”之前没有写年份，请写明年份"),
    (_READERS_DAY, "要看是哪一天说的，请写明日期"),
    (r"(?:\d{1,2}|__)[日号](?:之前|以前|前)?", "没有写明月份"),
    (r"(?:下班|[上下中]午|\d{1,2}(?::\d\d|[时点])).{0,5}", "没有写明哪一天"),
    (r".*(?:至|到|[-—–~])", "没有写明到什么时候为止"),
    (r".+后", "没有写明在那以后几天"),
    (r"随.+", "说的是随另一项工作，请写明随哪一项，期限按那一项"),
)
_ONCE: Final = "只有一次，请写在期限（due）里；年年都有的，前面请写“每年”"
_POINT: Final = (
    (_CADENCE_WORDS, "是频次，请写在频次（every）里"),
    (r".+[年月日旬底末起].?(?:至|到|[-—–~]).+", "是起止时间，请写在起止（window）里，或只写到哪一天为止"),
    (r".+、.+", "写了不止一个日期，请写在频次（every）里，或分成几项"),
)
_CADENCE: Final = (
    (r"不定期.*", "没有规律，请写在期限（due）里，由人工开启"),
    (r"每周[一].+", "可以是每逢周一，也可以是每周一次，请写“每周一前”或“每周”"),
    (
        r"每隔?(?:\d+|[两二双三四五六七八九十]|__)个?[日天周月季年].*|[两二三四五\d]年一次",
        "间隔几期一次，要写明从哪一天数起，如两周一次、逢周五，写“按规则 FREQ=WEEKLY;INTERVAL=2;BYDAY=FR”，从开始的那一周数起",
    ),
    (
        r"每(?:周|星期)的?最后[一1][日天].*",
        "可以是周日，也可以是周五，请写“每周日前”“每周五前”或“每周最后一个工作日前”",
    ),
    (r".+[、,;].+", "写了不止一个频次，请分成几项要求"),
    (r"(?!.*(?:随|以来|节日|节假日|节点)).*(?:月|前|底|元旦|春节|清明|五一|端午|中秋|国庆).*", _ONCE),
)


def why(what: str, text: str) -> str:
    """The reason, or nothing where all that can be said is that the words are not understood."""
    own = {"期限": _POINT, "起止时间": _POINT[:1] + _POINT[2:], "频次": _CADENCE}[what]
    for pattern, reason in (*own, *_REASONS):
        if re.fullmatch(pattern, text):
            return reason
    return ""
