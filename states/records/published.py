"""What of a fact in the journal other systems are told, as a CloudEvent. Closed unless it is named here.

Numbers, codes, states and dates go out; sentences, names of people and addresses stay in the record, where the routes
tell them to those who may read them. Mails, keys, contacts and webhooks are matters of the service and no events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from states import closing, clue
from states.errors import Fault, Faulty
from states.records.told.changes import EventTold

PREFIX = "duban."
SUBJECTS: Mapping[str, str] = {
    "campaign": "专项行动：启动、推进、暂停、延期、换版",
    "phase": "阶段：开启、起止改变",
    "milestone": "一项要求的一期：下发、改期、撤销",
    "event": "方案中的事项发生了，有些期限由此起算",
    "rung": "一级梯次走完",
    "unit": "单位进度：移动、被检查覆盖",
    "obligation": "应办事项：报送、零报告、认可、退回、免办、改期、报数",
    "extension": "延期：申请、决定",
    "proposal": "须人确认的升级：确认、不办",
    "letter": "文书：制成、送出、签收",
    "ledger": "问题台账：列入、整改、销号、退回、回头看",
    "quota": "次数：登记、撤回",
    "sampling": "抽查：抽取",
    "silence": "静默：开始、结束",
    "clock": "因本系统中断而记入的时间",
    "clue": "线索：登记、办理（不涉及举报人）",
    "level": "上级方案的改动：提出、接受、不接受",
    "units": "单位表导入",
}
KEPT = frozenset({"clue.informant_seen", "clue.named", "clue.key", "letter.form"})
WHOLE = ("campaign", "phase", "milestone", "event", "rung")  # of a whole campaign, for whoever takes part
_STATES = frozenset(
    {
        "campaign.moved",
        "campaign.launched",
        "campaign.extended",
        "phase.window",
        "milestone.redated",
        "event.recorded",
        "unit.moved",
        "silence.imposed",
        "silence.ended",
        "letter.made",
        "letter.handed",
        "letter.received",
        "clue.registered",
        *(f"ledger.{move}" for move in closing.MOVES),
        *(f"clue.{move}" for move in clue.MOVES),
    }
)
_STATED = (
    "obligation",
    "proposal",
    "extension",
)  # `before` and `after` of all their facts are states or dates
_ABOUT = frozenset(
    [
        "obligation",
        "milestone",
        "phase",
        "move",
        "letter",
        "proposal",
        "extension",
        "item",
        "no",
        "version",
        "event",
        "rung",
        "clue",
        "draw",
        "silence",
        "child",
    ]
)
_LONGEST = 200
_TYPE = re.compile(r"duban\.(\*|[a-z_]+\.(\*|[a-z_]+))")


class Fact(NamedTuple):
    """What is read of a journal row; `code` of the unit it is about."""

    id: int
    at: datetime
    kind: str
    campaign_id: int | None
    before: str | None
    after: str | None
    payload: dict[str, Any] | None
    code: str | None


def is_told(kind: str) -> bool:
    """Whether a fact of this kind is an event."""
    return kind.partition(".")[0] in SUBJECTS and kind not in KEPT


def wanted(kind: str, types: Sequence[str] | None) -> bool:
    """Whether it is one of these types (None: all), such as `duban.unit.moved` or `duban.obligation.*`."""
    name = PREFIX + kind
    return types is None or any(
        name == one or (one[-1] == "*" and name.startswith(one[:-1])) for one in types
    )


def checked(types: Iterable[str] | None, place: str = "types") -> list[str] | None:
    """Types as somebody wrote them; none mean all. Raises Faulty with each one that can't be."""
    found = list(dict.fromkeys(types or ()))
    wrong = [one for one in found if not _TYPE.fullmatch(one) or not _known(one)]
    if wrong:
        says = f"没有这类变化；应写作 duban.unit.moved 或 duban.unit.*，第二段可用 {'、'.join(SUBJECTS)}"
        raise Faulty([Fault(place, f"“{one[:60]}”：{says}") for one in wrong])
    return found or None


def _known(name: str) -> bool:
    subject = name.split(".")[1]
    return subject == "*" or subject in SUBJECTS


def event(fact: Fact, seq: int, source: str) -> EventTold:
    """The fact as a CloudEvent 1.0; its id is its number in the feed."""
    data: dict[str, Any] = {"campaign": fact.campaign_id, "unit": fact.code}
    if fact.kind in _STATES or fact.kind.partition(".")[0] in _STATED:
        data |= {"before": fact.before, "after": fact.after}
    told: EventTold = {
        "specversion": "1.0",
        "id": str(seq),
        "source": source,
        "type": PREFIX + fact.kind,
        "time": fact.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": f"{seq:020}",
        "data": data | _about(fact.payload or {}),
    }
    return told | _subject(fact)  # type: ignore[return-value]


def trial(name: str, at: datetime, source: str) -> EventTold:
    """What a webhook is sent when somebody tries it."""
    fact = Fact(0, at, "webhook.test", None, None, None, None, None)
    return {**event(fact, 0, source), "id": f"test-{name}", "data": {"test": True}}


def _subject(fact: Fact) -> dict[str, str]:
    parts = [f"campaigns/{fact.campaign_id}"] if fact.campaign_id is not None else []
    parts += [f"units/{fact.code}"] if fact.code is not None else []
    return {"subject": "/".join(parts)} if parts else {}


def _about(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key in _ABOUT and _short(value)}


def _short(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= _LONGEST)
