"""The top of a plan: its title, number, issuer and date of issue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from states.drafts.proposals import Proposal, Sure
from states.drafts.sentences import Sentence

_TITLE = re.compile(r".{4,60}(?:方案|通知|意见|办法|计划|汇报|总结|报告|情况)(?:\s?篇\d+)?")
_INNER = re.compile(r"关于印发《(?P<title>[^》]+)》的通知")
_REPORT = re.compile(r"(?:汇报|总结|报告|情况)(?:\s?篇\d+)?$")
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,10}〔\d{4}〕\d{1,4}号")
_ISSUED = re.compile(r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日")
_ISSUER = re.compile(r"[\u4e00-\u9fff]{2,30}(?:委员会|健康委|卫健委|局|厅|部|医院|政府|小组|办公室)")
LONGEST = 100


def masthead(said: Sequence[Sentence]) -> Proposal:
    """Title, and what is known of the document; the title is a guess when no line looks like one."""
    before = [one for one in said if not one.path]
    first = before[0] if before else Sentence("", (), 0)
    titled = next((one for one in before if _TITLE.fullmatch(one.text)), None)
    text = titled.text if titled else ""
    inner = _INNER.search(text)
    document: dict[str, Any] = {}
    if number := next((one.text for one in before if _NUMBER.fullmatch(one.text)), None):
        document["number"] = number
    document |= _issue(before)
    title = inner["title"] if inner else text or re.split(r"[。，,]", first.text)[0]
    sure = Sure.HIGH if titled else Sure.LOW
    return Proposal({"title": title[:LONGEST], "document": document}, titled or first, sure)


def _issue(before: Sequence[Sentence]) -> dict[str, str]:
    """The signature: issuer on the line before a line that is nothing but a date."""
    for one, after in pairwise(before):
        if (found := _ISSUED.fullmatch(after.text)) and _ISSUER.fullmatch(one.text):
            return {
                "issuer": one.text,
                "issued": f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}",
            }
    return {}


def is_report(title: Proposal) -> bool:
    return bool(_REPORT.search(title.fields["title"]))


def plans_in(said: Sequence[Sentence]) -> int:
    """How often the numbering 一、 begins anew."""
    return sum(one.opens and len(one.path) == 1 and one.path[0].mark == "一、" for one in said)
