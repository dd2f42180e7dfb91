"""Shares and numbers: coverage by kind of unit, samples, thresholds for a checklist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from states.drafts.proposals import Proposal, Sure
from states.drafts.sentences import Sentence
from states.drafts.timewords import Time, spans
from states.kinds import KIND_WORDS

_COVERED = re.compile(
    r"(?P<who>[^，,；;。“”]{2,60}?)(?:覆盖率?(?:达到|不低于|达)?(?P<percent>\d{1,3})[%％](?:以上)?|(?P<all>全覆盖)(?![、”]))"
)
_DRAWN = re.compile(
    r"(?:随机)?抽[取查检](?P<number>\d{1,4})(?P<unit>[%％]|[名份例家个件])的?(?P<of>[\u4e00-\u9fff]{2,20}?)(?=开展|进行|实施|组织|[^\u4e00-\u9fff]|$)"
)
_LEVEL = re.compile(r"([一二三])级(?:(及?以上))?(?=[\u4e00-\u9fff]*$|医|综)")
_EACH = re.compile(r"(?<=全覆盖)、")
_BY_SHARE = re.compile(
    r"对(?P<of>[\u4e00-\u9fff、]{2,20}?)按(?:照)?(?:不低于|不少于)?(?P<number>\d{1,3})[%％]的?比例(?:进行|开展)?(?:随机)?(?:抽[取查检]|核查|检查)"
)
_THRESHOLD = re.compile(
    r"(?:不得?少于|不低于|不得?超过|达到|≥|≤|至少)\s?\d+(?:\.\d+)?\s?(?:%|％|个?工作日|个?月|天|日|秒|分钟|小时|名|人|台|张|个|次|件|平方米)?"
    r"|(?<=率)\s?\d{1,3}\s?[%％]|\d+张[^，,。；;“”]{0,6}\d+名[\u4e00-\u9fff]{0,4}"
)
_VAGUE = ("其他", "其它")
_WORDS = sorted(
    (word for word in KIND_WORDS if not word.isascii() and word not in _VAGUE), key=len, reverse=True
)
_STOPS = "，,。；;"
LONGEST = 200


def coverage(said: Sequence[Sentence]) -> Iterator[Proposal]:
    """Shares of kinds of units; 全覆盖 is 100 percent. What names no kind is a slogan."""
    for one in said:
        for hit in _COVERED.finditer(_EACH.sub("，", one.text)):
            kinds, levels = kinds_in(hit["who"]), _levels_in(hit["who"])
            percent = int(hit["percent"]) if hit["percent"] else 100
            if kinds and 1 <= percent <= 100:
                fields = {
                    "name": f"{'、'.join(levels + kinds)}覆盖面",
                    "percent": percent,
                    "scope": {"kinds": kinds, **({"levels": levels} if levels else {})},
                }
                yield Proposal(fields, one, Sure.HIGH if hit["percent"] else Sure.MIDDLE, "类别请核对")


def _levels_in(text: str) -> list[str]:
    """三级, or 二级 and 三级 for 二级及以上."""
    found: list[str] = []
    for level, up in _LEVEL.findall(text):
        first = "一二三".index(level)
        found += [f"{one}级" for one in ("一二三"[first:] if up else level)]
    return list(dict.fromkeys(found))


def kinds_in(text: str) -> list[str]:
    """Kinds of unit named in the text, each once, the longest reading first."""
    found: list[tuple[int, str]] = []
    for word in _WORDS:
        while (place := text.find(word)) >= 0:
            found.append((place, word))
            text = text[:place] + "□" * len(word) + text[place + len(word) :]
    return list(dict.fromkeys(word for _, word in sorted(found)))


def sampling(said: Sequence[Sentence]) -> Iterator[Proposal]:
    for one in said:
        for hit in _DRAWN.finditer(one.text):
            number = int(hit["number"])
            share = "percent" if hit["unit"] in "%％" else "count"
            if number and not (share == "percent" and number > 100):
                fields = {"name": f"抽查{hit['of']}", "of": hit["of"], share: number}
                yield Proposal(fields, one, Sure.HIGH if share == "percent" else Sure.MIDDLE)
        for hit in _BY_SHARE.finditer(one.text):
            if 1 <= int(hit["number"]) <= 100:
                fields = {"name": f"抽查{hit['of']}", "of": hit["of"], "percent": int(hit["number"])}
                yield Proposal(fields, one, Sure.MIDDLE, "至少这个比例")


def checklist(said: Sequence[Sentence]) -> Iterator[tuple[Sentence, dict[str, Any]]]:
    """Clauses with a threshold that is no deadline and no rhythm: 录像保存时间不少于30天."""
    for one in said:
        if _COVERED.search(one.text) and kinds_in(one.text) and not _THRESHOLD.search(one.text):
            continue
        rhythms = [span for span in spans(one.text) if span.kind is Time.CADENCE]
        for hit in _THRESHOLD.finditer(one.text):
            clause = _clause(one.text, hit)
            if (
                "延期" not in clause
                and not _BY_SHARE.search(clause)
                and not any(span.start <= hit.start() < span.end for span in rhythms)
            ):
                yield one, {"text": clause, "threshold": hit[0]}


def _clause(text: str, hit: re.Match[str]) -> str:
    left = max(text.rfind(stop, 0, hit.start()) for stop in _STOPS) + 1
    right = min([place for stop in _STOPS if (place := text.find(stop, hit.end())) >= 0] + [len(text)])
    return text[left:right].strip()[:LONGEST]
