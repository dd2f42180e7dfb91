"""What follows when nothing is done: the plan's words for it in their order, and the papers it names.

Never a time: the plans don't give one, and a rung without a time is for a person to complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from states.drafts.proposals import Proposal, Sure
from states.drafts.sentences import Sentence

_STEP = re.compile(
    r"提醒谈话|约谈提醒|早提醒|(?:电话|书面)提醒|(?<=次)提醒|书面督办|早约谈|约谈|通报批评|“点对点”通报|通报(?!表扬|表彰)|挂牌督办|挂牌整治|重点督办|督办(?!交办)|"
    r"重点管理|一票否决|考核扣分|扣分|责令整改|限期整改|倒查问责|责任倒查|责任追究|追责问责|问责|追责|从严处理|严肃处理|"
    r"罚款|暂停执业|延迟晋升|行政处分|党纪政务处分|吊销[\u4e00-\u9fff]{0,10}许可证|取消[\u4e00-\u9fff]{2,14}资格|黑名单|移送|追究[\u4e00-\u9fff]{0,12}责任"
)
_PAPER = re.compile(
    r"通报表扬|(?:纪律检查|纪检检查|纪检监察|监察|司法|检察)建议书|(?:公安)?提示函|提醒函|督办单|整改通知书"
)
_WITH = re.compile(
    r"(?:与|和)(?P<name>[\u4e00-\u9fff“”]{3,36}?)(?P<how>同步(?:开展|推进|进行|部署))"
    r"|随(?P<carrier>[\u4e00-\u9fff]{2,14}?)(?P<reports>[周月]报)"
)
_ABOUT = re.compile(r"问责|追责|追究|考核|考评|奖惩")
_ASKED = re.compile(r"期?限?届满前\d{1,3}个?(?:工作日|日|天)")
_HOW_OFTEN = re.compile(
    r"延[期长][^，,。；;]{0,6}?(?:不超过|不得超过|最多|只能|限)(?P<n>[1-9一二三四五六七八九])次"
)
LEAST = 2


def steps(said: Sequence[Sentence]) -> tuple[tuple[str, Sentence], ...]:
    """The words of escalation, each once, in the order of the text; from sentences that name at least two.

    Under a heading about 问责 or 考核 one is enough.
    """
    found: dict[str, Sentence] = {}
    for one in said:
        if one.path and one.opens and one.body.rstrip("。") == one.path[-1].title:
            continue  # the heading itself: 严格责任追究
        words = [hit[0] for hit in _STEP.finditer(one.text)]
        if len(words) >= (1 if any(_ABOUT.search(head.title) for head in one.path) else LEAST):
            for word in words:
                found.setdefault(word, one)
    return tuple(found.items())


def letters(said: Sequence[Sentence]) -> Iterator[Proposal]:
    known: set[str] = set()
    for one in said:
        for hit in _PAPER.finditer(one.text):
            if hit[0] not in known:
                known.add(hit[0])
                yield Proposal({"name": hit[0]}, one, Sure.MIDDLE, "何时使用（use）请照原文补写")


def links(said: Sequence[Sentence]) -> Iterator[Proposal]:
    """Other campaigns that this one goes with."""
    for one in said:
        for hit in _WITH.finditer(one.text):
            if hit["name"]:
                yield Proposal({"name": hit["name"], "how": hit["how"]}, one, Sure.MIDDLE)
            else:
                how = f"随{hit['carrier']}{hit['reports']}上报" if "上报" in one.text else "随报"
                yield Proposal({"name": hit["carrier"], "how": how}, one, Sure.MIDDLE)


def extensions(said: Sequence[Sentence]) -> Proposal | None:
    """Until when more time may be asked for, and how often, from the sentence that speaks of it."""
    for one in said:
        asked = _ASKED.search(one.text) if "延期" in one.text or "延长" in one.text else None
        often = _HOW_OFTEN.search(one.text)
        if asked or often:
            limit = "一二三四五六七八九".find(often["n"]) + 1 or int(often["n"]) if often else None
            fields = {"before": asked[0] if asked else None, "limit": limit}
            told = {name: value for name, value in fields.items() if value is not None}
            return Proposal(told, one, Sure.MIDDLE, "延期规定")
    return None
