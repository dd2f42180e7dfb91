"""What a date belongs to: the name of the thing and whom it goes to, from the words around the date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from states.drafts.proposals import Sure
from states.drafts.timewords import Span, Time

_STOPS = "，,。；;：:！？（）()"
_ASIDE = re.compile(r"（[^（）]*）|\([^()]*\)")
_HANDS = r"(?:上报|报送|呈报|报(?![送告表])|送|提交|反馈|送交|寄送)"
_OFFICE = r"(?:办公室|扫黑办|专班|领导小组|工作组|委员会|中心|部门|医院|党组|机关|[\u4e00-\u9fff]办|科|处|股|局|厅|委|组|室)"
_TO = re.compile(
    rf"(?<!抄){_HANDS}(?:至|到|给|送)?(?P<to>(?![前后])[\u4e00-\u9fff]{{0,18}}?{_OFFICE})(?=备案|汇总|审核|审定|邮箱|[，,。；;、）)（(]|$)"
)
_THING = re.compile(rf"(?:将|把)(?P<what>[^，,。；;]{{2,50}}?)(?:盖章后?|汇总后?|书面)?{_HANDS}")
_HANDED = re.compile(rf"^(?:前)?{_HANDS}(?:至|到|给)?(?P<what>[^，,。；;（(]+)")
_LEAD_OUT = re.compile(r"(?:请|须|应|要|务必|必须|最迟|力争|原则上|以后|此后|并)*(?:于|在|到|至)?$")
_SUBJECT = re.compile(
    r"^(?:各地各单位|各县[（(]?市?、?区[）)]?[^，,]{0,8}?|各(?:级|有关)?(?:单位|医院|地|医疗(?:卫生)?机构)|全县|全市)(?:要|应|须|请)?"
)
_MODALS = re.compile(
    r"^(?:[一1]次|将|把|要|应|须|请|并|及时|拟|认真|进行|开展|实行|完成|全面|每月|每周|每季度)+"
)
_ABOUT = re.compile(r"对(?P<what>[^，,。；;]{2,20}?)(?:实行|进行|开展)")
_FORMED = re.compile(r"(?:形成|编制|撰写|填写|汇总)(?P<what>[^，,。；;：:]{2,20})$")
_BY_WAY = re.compile(rf"^(?:前)?(?:经[^，,。；;]{{2,20}}?(?:后|，)?)?(?:统一|汇总)?{_HANDS}")
_REACHED = re.compile(r"取得(?:明显|阶段性)?(?:成效|实效)")
_DONE_SO_OFTEN = re.compile(
    r"^(?:组织|开展|召开|进行)?(?P<what>调度|通报|研判|会商|督查|检查|例会|会议|督导|排查|分析)(?=[一1]次)"
)
_COUNTED = re.compile(r"次(?P<what>[\u4e00-\u9fff]{2,12})$")
_ACT = re.compile(r"(?:调度|通报|报告|报送|上报|小结|总结|研判|汇总|分析|会商|督查|检查|督导|例会|会议)$")
_TAIL = re.compile(r"^(?:表|告|送|制度)?")
LONGEST = 40


@dataclass(frozen=True)
class Named:
    """A name for what is owed, where it goes, and how sure both are."""

    name: str
    to: str | None
    sure: Sure
    why: str = ""


def named(text: str, span: Span, every: Sequence[Span]) -> Named:
    """`人员名单请于8月15日前上报医政医管科` -> 人员名单, to 医政医管科."""
    before, after = _clause(text, span, every)
    to = found["to"] if (found := _TO.search(text, span.end)) else None
    before = _trimmed(before)
    if not before and _BY_WAY.match(after) and (formed := _formed(text, span)):
        return Named(_cut(formed), to, Sure.HIGH if to else Sure.MIDDLE, "" if to else "事项名称请核对")
    if thing := _THING.search(after):
        return Named(_cut(thing["what"]), to, Sure.HIGH)
    handed = _HANDED.match(after)
    if handed and not (to and before):
        return Named(_cut(_MODALS.sub("", handed["what"])), to, Sure.HIGH)
    if len(before) > 1:
        return Named(_cut(before), to, Sure.HIGH if to else Sure.MIDDLE, "" if to else "事项名称请核对")
    if reached := _REACHED.search(span.words):
        return Named(reached[0], to, Sure.MIDDLE, "事项名称请核对")
    following = after.strip(_STOPS) or re.split(rf"[{_STOPS}]", text[span.end :].lstrip(_STOPS))[0]
    name = _cut(_MODALS.sub("", following) or following) or _cut(re.split(rf"[{_STOPS}]", text)[0])
    return Named(name, to, Sure.MIDDLE, "事项名称请核对")


def rhythm_named(text: str, span: Span, every: Sequence[Span]) -> Named:
    """`一周一调度` -> 调度; `信息月报制度` -> 信息月报; `每月__日前报送每月整治工作开展情况` -> 整治工作开展情况."""
    if span.kind is Time.SHORT:
        return _short(text, span)
    if counted := _COUNTED.search(span.words):
        return Named(counted["what"], None, Sure.HIGH)
    act = _ACT.search(span.words)
    if act and span.words.startswith("一"):
        about = [hit["what"] for hit in _ABOUT.finditer(text[: span.start])]
        return Named(_cut((about[-1] if about else "") + act[0]), None, Sure.HIGH)
    before, after = _clause(text, span, every)
    if often := _DONE_SO_OFTEN.match(after):
        return Named(_cut(_trimmed(before) + often["what"]), None, Sure.MIDDLE, "事项名称请核对")
    return named(text, span, every)


def _formed(text: str, span: Span) -> str:
    """What the clause before says is drawn up: 形成自查报告，于…前报…."""
    clauses = [one for one in re.split(rf"[{_STOPS}]", text[: span.start]) if _LEAD_OUT.sub("", one)]
    found = _FORMED.search(clauses[-1]) if clauses else None
    return found["what"] if found else ""


def _short(text: str, span: Span) -> Named:
    """The name that holds the rhythm: what stands before it in the same word, and 表, 送, 告 behind it."""
    lead = re.split(rf"[{_STOPS}、和与及将随成行把]", text[: span.start])[-1][-8:]
    tail = "" if _ACT.search(span.words) else (_TAIL.match(text[span.end :]) or [""])[0]
    to = found["to"] if (found := _TO.search(text, span.end)) else None
    return Named(_cut(lead + span.words + tail.removesuffix("制度")), to, Sure.MIDDLE, "只有名称里写了间隔")


def _clause(text: str, span: Span, every: Sequence[Span]) -> tuple[str, str]:
    """The words before and after the span up to the next stop or the next span."""
    left = max(
        [text.rfind(stop, 0, span.start) for stop in _STOPS]
        + [one.end for one in every if one.end < span.start]
    )
    end = min((one.start for one in every if one.start > span.end), default=len(text))
    after = re.split(rf"[{_STOPS}]", _ASIDE.sub("", text[span.end : end]))[0]
    return text[left + 1 : span.start], "" if after.startswith("、") else after


def _trimmed(before: str) -> str:
    return _SUBJECT.sub("", _LEAD_OUT.sub("", before.strip("、 "))).strip("、 ")


def _cut(name: str) -> str:
    """At most LONGEST characters, without quotes round the whole or left open at an end."""
    name = name.strip("、 ")[:LONGEST]
    if name.count("“") != name.count("”") or (name.startswith("“") and name.endswith("”")):
        name = name.strip("“”")
    return name
