"""What is said when words of time are not understood: which words, and what can be written instead."""

from __future__ import annotations

import unicodedata

from states.dates.refusals import why
from states.errors import Faulty

DEADLINES = (
    "8月15日前、4月底前、启动后10个工作日内、阶段结束前3个工作日、8月底前并长期坚持，留空写“__月__日前”"
)
WINDOWS = "9月-11月、8月、自8月1日至9月30日、启动后2周内、为期6周，留空写“__月__日至__月__日”"
CADENCES = "每周五、每月25日前、每月底前、每季度、每天16:00前，其他用 rrule 书写"


class DatesError(Faulty):
    """时间写法有误"""

    def __init__(self, says: str) -> None:
        super().__init__([says])


def unread(what: str, words: str, examples: str) -> DatesError:
    """The words are not understood: why, where that can be said, and what can be written."""
    reason = why(what, unicodedata.normalize("NFKC", words).strip())
    return DatesError(f"看不懂{what}“{words}”{'：' if reason else ''}{reason}。可以这样写：{examples}")
