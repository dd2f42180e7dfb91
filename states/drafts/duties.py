"""What is owed by when and to whom: a date or a rhythm in a sentence becomes a requirement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from states.drafts.naming import Named, named, rhythm_named
from states.drafts.proposals import Proposal, Stage, Stream, Sure
from states.drafts.sentences import Sentence
from states.drafts.timewords import Span, Time, ends, spans

_TERM_LINE = re.compile(r"(?:\d[、.．]?\s?)?(?:完成|办理|整改)?(?:时限|期限)\s?[:：]")
_CARRIED = re.compile(
    r"(?:将|把)?(?P<what>[^，,。；;将把]{2,40}?)随(?P<by>[^，,。；;随]{0,12}?(?:日|周|旬|月|季|年)报)"
)
_AND = re.compile(r"和|与|及|、")
COPIES = re.compile(r"抄[送报]\s*(?P<who>[^，,。；;）)]{2,20})")
NIL = "零报告"
_PERIOD = re.compile(r"日|天|周|旬|半月|月|季|半年|年")
_REPORTS = re.compile(r"报|总结|小结|通报|调度|进展|进度")
_MEETS = re.compile(r"会议|例会|会商|动员会|调度会")
_GOAL = re.compile(r"消除|实现|达到|完成率|清零|全覆盖")


def dated(said: Sequence[Sentence], stages: Sequence[Stage], streams: Sequence[Stream]) -> Iterator[Proposal]:
    """One requirement for each time that is not the window of a phase nor the term of a workstream."""
    heads = {id(stage.proposal.said) for stage in stages}
    for one in said:
        if id(one) in heads or _TERM_LINE.match(one.text):
            continue
        carried = list(_carried(one))
        yield from (_placed(proposal, stages, streams) for proposal in carried)
        found = _worth(spans(one.text))
        for span in () if carried and not _beyond(one, found) else found:
            if not carried or span in _beyond(one, found):
                yield _placed(_requirement(one, span, found), stages, streams)


def _worth(found: tuple[Span, ...]) -> list[Span]:
    """Without what another span of the sentence says more exactly: 月总结 beside 每月__日前."""
    kept = [span for span in found if span.kind is not Time.WINDOW]
    exact = [span for span in kept if span.kind is Time.CADENCE]
    return [
        span
        for span in kept
        if span.kind is Time.DEADLINE
        or not any(
            other is not span and _period(other) == _period(span) and len(other.words) > len(span.words)
            for other in exact
        )
    ]


def _period(span: Span) -> str:
    found = _PERIOD.search(span.words)
    return found[0] if found else ""


def _beyond(one: Sentence, found: Sequence[Span]) -> list[Span]:
    """The spans outside the words that say what is carried by what."""
    carried = [(hit.start(), hit.end()) for hit in _CARRIED.finditer(one.text)]
    return [span for span in found if not any(a <= span.start < b for a, b in carried)]


def _carried(one: Sentence) -> Iterator[Proposal]:
    """将进展情况和专项整治月报表随扫黑除恶周报上报: each thing with its own rhythm, else with its carrier's."""
    for hit in _CARRIED.finditer(one.text):
        rhythm = hit["by"][-2:]
        for what in _AND.split(hit["what"]):
            own = next((span.words for span in spans(what) if span.kind is Time.SHORT), rhythm)
            fields = {"name": what, "kind": "report", "every": own, "carried_by": hit["by"]}
            yield Proposal(fields, one, Sure.HIGH if own != rhythm else Sure.MIDDLE, "随另一项报告报送")


def _requirement(one: Sentence, span: Span, found: Sequence[Span]) -> Proposal:
    once = span.kind is Time.DEADLINE
    about = named(one.text, span, found) if once else rhythm_named(one.text, span, found)
    fields = _fields(about, {"due" if once else "every": span.words})
    if fields.get("kind") == "report" and NIL in one.text:
        fields["nil"] = True
    if copies := _copies(one.text, span, found):
        fields["copies"] = copies
    return Proposal(fields, one, about.sure, about.why)


def _copies(text: str, span: Span, found: Sequence[Span]) -> list[str]:
    """Who gets a copy by the words between this time and the next."""
    end = min((other.start for other in found if other.start > span.start), default=len(text))
    hits = COPIES.finditer(text, span.end, end)
    return [who for hit in hits for part in _AND.split(hit["who"]) if (who := part.strip())]


def _fields(about: Named, time: dict[str, str]) -> dict[str, Any]:
    kind = kind_of(about.name, rhythm="every" in time)
    return {
        "name": about.name,
        **({"kind": kind} if kind else {}),
        **time,
        **({"to": about.to} if about.to else {}),
    }


def kind_of(name: str, *, rhythm: bool = False) -> str:
    """What sort of thing the name names; empty for a plain deliverable."""
    if _MEETS.search(name):
        return "meeting"
    if name.endswith(("台账", "清单")):
        return "ledger"
    if rhythm:
        return "report" if _REPORTS.search(name) or name.endswith("情况") else "quota"
    return "quota" if _GOAL.search(name) else ""


def _placed(one: Proposal, stages: Sequence[Stage], streams: Sequence[Stream]) -> Proposal:
    """With the phase and the workstream in whose text the sentence stands."""
    return Proposal({**one.fields, **where(one.said, stages, streams)}, one.said, one.sure, one.why)


def where(said: Sentence, stages: Sequence[Stage], streams: Sequence[Stream]) -> dict[str, str]:
    phase = next((stage.key for stage in stages if stage.holds(said)), None)
    stream = next((one.key for one in reversed(streams) if one.holds(said)), None)
    return {**({"phase": phase} if phase else {}), **({"workstream": stream} if stream else {})}


def campaign_window(
    said: Sequence[Sentence], stages: Sequence[Stage]
) -> tuple[Sentence, str | None, str | None, Sure] | None:
    """When the whole campaign runs: the sentence, its beginning and its end in the words of the plan."""
    loose: tuple[Sentence, str | None, str | None, Sure] | None = None
    for one in said:
        if any(stage.holds(one) or stage.proposal.said is one for stage in stages):
            continue
        for span in spans(one.text):
            both = ends(span.words) if span.kind is Time.WINDOW else None
            if both and _of_campaign(one):
                return one, both[0], both[1], Sure.HIGH
            if span.kind is Time.DEADLINE and re.fullmatch(r".{2,6}年", span.words) and "成效" in one.text:
                loose = loose or (one, None, span.words, Sure.LOW)
        if not loose and "即日起" in one.text and _of_campaign(one):
            loose = (one, "即日起", None, Sure.MIDDLE)
    return loose


def _of_campaign(one: Sentence) -> bool:
    heading = one.path[0].title if one.path else ""
    return bool(re.search(r"时间|步骤|安排", heading) or re.search(r"行动|整治|活动|治理|斗争", one.text))
