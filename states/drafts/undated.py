"""What is asked for without a date: plans to draw up, ledgers, meetings, papers that go to somebody.

All of it is unsure: such verbs also stand in general exhortations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from states.drafts.duties import kind_of, where
from states.drafts.proposals import Proposal, Stage, Stream, Sure
from states.drafts.sentences import Sentence
from states.drafts.timewords import spans

_TO = r"(?P<to>(?:(?![并或依向与])[\u4e00-\u9fff]){2,18}?(?:办公室|扫黑办|小组|局|委|科|股|处|室|办|部门|中心))(?:备案)?(?=[，,。；;]|$)"
_PAPER = r"(?:《[^》]{2,30}》(?:及[^，,。；;、]{2,12}台账)?|[^，,。；;]{0,12}?(?:总结|整治|分析)?报告)"
_FORMS: tuple[tuple[re.Pattern[str], Sure], ...] = tuple(
    (re.compile(pattern), sure)
    for pattern, sure in (
        (rf"(?P<what>[^，,。；;、]{{2,24}}?)(?:的?要)?(?:及时)?(?:报送|上报|(?<!举)报){_TO}", Sure.MIDDLE),
        (
            r"(?:制定|制订)(?!了)(?P<what>[^，,。；;、]{0,24}?(?:方案|计划|细则)(?:[、和][^，,。；;、和]{2,24}?(?:方案|计划|细则))*)",
            Sure.LOW,
        ),
        (
            rf"形成(?P<what>{_PAPER})(?:[，,]并?(?:统一)?(?:报送|上报|报){_TO})?",
            Sure.LOW,
        ),
        (r"(?:建立|逐项建立)(?P<what>[^，,。；;、]{0,10}?台账)", Sure.LOW),
        (r"(?:签订|签署)(?P<what>[^，,。；;]{0,24}?(?:承诺书|责任书))", Sure.LOW),
        (
            r"(?<!定期)(?:组织)?召开(?P<what>[^，,。；;、]{0,14}?(?:动员会议?|工作会议|专题会议|专门会议|现场会|部署会议?))",
            Sure.LOW,
        ),
        (r"对(?P<what>[^，,。；;]{2,24}?进行(?:全面)?总结)", Sure.LOW),
        (r"(?:把|将)(?P<what>所有[^，,。；;]{2,24}清零)", Sure.LOW),
        (r"(?:开展|组织开展)一次(?P<what>[^，,。；;]{2,24})", Sure.LOW),
    )
)
_NOW_AND_THEN = re.compile(
    r"定期(?:组织)?(?P<act>召开|开展|报告|通报|汇总|研究|组织|循环)(?P<what>[^，,。；;]{1,16})"
)
_ON_REQUEST = re.compile(r"(?P<time>按要求及时)(?P<what>(?:反馈|上报|报送|报告)[^，,。；;]{1,12})")
_GENERAL = re.compile(r"指导思想|总体要求|总体目标|工作目标|目标任务|基本原则")
_THIS = re.compile(r"(?:本|如下|此|以下|该)(?:实施|整改|工作|整治|行动)*(?:方案|计划)|.*如下.*")
_ITSELF = re.compile(rf"{_THIS.pattern}|(?:实施|整改|工作|整治|行动)*(?:方案|计划)")
_LISTED = re.compile(r"(?<=方案)[、和]|(?<=计划)[、和]|(?<=细则)[、和]")
LONGEST = 60
SHORTEST = 3


def undated(
    said: Sequence[Sentence], stages: Sequence[Stage], streams: Sequence[Stream], known: set[str]
) -> Iterator[Proposal]:
    """Requirements that somebody opens by hand; none whose name is `known` already."""
    for one in said:
        if one.path and _GENERAL.search(one.path[0].title):
            continue
        for fields, sure, why in _asked(one):
            name = fields["name"]
            if _is_no_name(name, one) or name in known:
                continue
            known.add(name)
            yield Proposal({**fields, **where(one, stages, streams)}, one, sure, why)


def _is_no_name(name: str, one: Sentence) -> bool:
    """A remnant, or the plan itself in its opening words: 特制定本实施方案."""
    if len(name) < SHORTEST and not name.endswith("会"):
        return True
    return bool((_THIS if one.path else _ITSELF).fullmatch(name))


def _asked(one: Sentence) -> Iterator[tuple[dict[str, Any], Sure, str]]:
    dated = [(span.start, span.end) for span in spans(one.text)]
    for pattern, sure in _FORMS:
        for hit in pattern.finditer(one.text):
            if not any(hit.start() - 2 < end and start < hit.end() for start, end in dated):
                for fields in _several(hit):
                    yield fields, sure, "原文没有写期限"
    for hit in _NOW_AND_THEN.finditer(one.text):
        name = hit["what"].strip() if hit["act"] in ("召开", "开展", "组织") else hit["act"] + hit["what"]
        yield _kinded(name, {"required": False}), Sure.LOW, "原文只写“定期”，没有间隔"
    for hit in _ON_REQUEST.finditer(one.text):
        yield {"name": hit["what"], "due": hit["time"]}, Sure.LOW, "由事件引起，没有日期"


def _several(hit: re.Match[str]) -> Iterator[dict[str, Any]]:
    """制定三年行动方案、宣传工作方案和年度工作计划 is three things."""
    fields = _fields(hit)
    parts = _LISTED.split(fields["name"]) if hit[0].startswith("制") else [fields["name"]]
    yield from ({**fields, "name": part} for part in parts)


def _fields(hit: re.Match[str]) -> dict[str, Any]:
    to = hit.groupdict().get("to")
    name = re.sub(
        r"^(?:要|并|和|与|以及|及时|统一|认真|各单位|各医院|各地|一整套|全面、系统的|结合实际|精心)+",
        "",
        hit["what"],
    )
    return _kinded(name.strip("“” "), {"to": to} if to else {})


def _kinded(name: str, rest: dict[str, Any]) -> dict[str, Any]:
    kind = kind_of(name)
    return {"name": name[:LONGEST], **({"kind": kind} if kind else {}), **rest}
