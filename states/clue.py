"""The life of a clue (线索): registered, taken up, handed to an authority or closed with a result. Pure.

registered → handling → closed; beside it declined and handed (fed back when the authority answers); again by reopen.
Channels and classes are those of 市卫健委's report: 信、网、电、访、转办 and 重大、普通、行风.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from unicodedata import normalize

from states.errors import Fault, Faulty, Refused
from states.machine import Moved, fire
from states.moves import Edge, StateName, Table

REGISTERED, HANDLING, HANDED, CLOSED, DECLINED = "registered", "handling", "handed", "closed", "declined"
STATES: Mapping[str, str] = {
    REGISTERED: "已登记",
    HANDLING: "办理中",
    HANDED: "已移交",
    CLOSED: "已办结",
    DECLINED: "不予受理",
}
ENDED = (CLOSED, DECLINED)
MOVES: Mapping[str, str] = {
    "take": "受理",
    "assign": "转交办理",
    "hand": "移交",
    "feed_back": "反馈",
    "close": "办结",
    "decline": "不予受理",
    "reopen": "重新办理",
}
CHANNELS: Mapping[str, str] = {
    "letter": "信",
    "web": "网",
    "phone": "电",
    "visit": "访",
    "referred": "转办",
}
CLASSES: Mapping[str, str] = {"major": "重大", "ordinary": "普通", "conduct": "行风"}
REASONED = frozenset({"decline", "reopen"})
RESULT = frozenset({"feed_back", "close"})  # say what came of it
WITH_HANDLER = frozenset({"take", "assign"})
_EDGES = (
    ("take", REGISTERED, HANDLING),
    ("assign", HANDLING, HANDLING),
    ("hand", REGISTERED, HANDED),
    ("hand", HANDLING, HANDED),
    ("feed_back", HANDED, CLOSED),
    ("close", HANDLING, CLOSED),
    ("decline", REGISTERED, DECLINED),
    ("reopen", CLOSED, HANDLING),
    ("reopen", DECLINED, HANDLING),
)
SHORTEST_NAME, SHORTEST_NUMBER = 2, 6
HANDLE = re.compile(r"(?=[0-9_.@+-]*[a-z])[a-z0-9_.@+-]{5,}")  # an account or address among other words
WRITTEN_IN = "写有举报人的{what}，请删去；举报人信息只在登记时单独填写，加密保存"


@lru_cache(maxsize=1)
def table() -> Table:
    """The moves of a clue."""
    names = {key: StateName(key, name, None, ord_, name) for ord_, (key, name) in enumerate(STATES.items())}
    edges = tuple(
        Edge(move, source, dest, needs_reason=move in REASONED | RESULT) for move, source, dest in _EDGES
    )
    return Table("item", REGISTERED, ENDED, names, edges)


def open_moves(state: str) -> list[str]:
    """The moves that a clue in this state can make, in the order of `MOVES`."""
    return [move for move in MOVES if table().edge(state, move) is not None]


def decide(state: str, move: str, said: str | None, *, handed_to: str | None, handler: str | None) -> Moved:
    """Make one move; raises Refused with every sentence, Faulty for an unknown move.

    `said`: the reason, or the result where the move ends the matter.
    """
    if move not in MOVES:
        raise Faulty([Fault("move", f"没有“{move}”这个动作；可用的有 {'、'.join(MOVES)}")])
    name, refusals = MOVES[move], []
    if table().edge(state, move) is None:
        could = "、".join(MOVES[one] for one in open_moves(state)) or "无"
        refusals.append(f"这条线索{STATES[state]}，不能{name}；现在可以：{could}")
    if move in REASONED and not (said or "").strip():
        refusals.append(f"“{name}”须写明理由")
    if move in RESULT and not (said or "").strip():
        refusals.append(f"“{name}”须写明办理结果")
    if move == "hand" and not (handed_to or "").strip():
        refusals.append("“移交”须写明移交给哪个机关")
    if move == "assign" and not handler:
        refusals.append("“转交办理”须写明由哪个单位办理")
    refusals += _out_of_place(move, handed_to, handler)
    if refusals:
        raise Refused(*refusals)
    after = fire(table(), state, move)
    return Moved(state, after, table().states[after].ord, move)


def _out_of_place(move: str, handed_to: str | None, handler: str | None) -> list[str]:
    said = []
    if handed_to and move != "hand":
        said.append("只有“移交”才写明移交给哪个机关")
    if handler and move not in WITH_HANDLER:
        said.append("只有“受理”和“转交办理”才写明办理单位")
    return said


def written_in(texts: Mapping[str, str | None], informant: Mapping[str, str]) -> list[Fault]:
    """Faults for every text (place → text) in which the informant's name or contact stands in clear.

    Compared without spaces and in one width, numbers without what people put between the digits, so `赵 举报` and
    `１３８ 0000-0000` are found too.
    """
    return [
        Fault(place, WRITTEN_IN.format(what=WHAT.get(part, "信息")))
        for place, text in texts.items()
        for part, value in informant.items()
        if text and _holds(text, value)
    ]


WHAT = {"name": "姓名", "contact": "联系方式", "address": "住址"}


def _holds(text: str, value: str) -> bool:
    wanted = _plain(value)
    if len(wanted) >= SHORTEST_NAME and wanted in _plain(text):
        return True
    if any(handle in _plain(text) for handle in HANDLE.findall(normalize("NFKC", value).casefold())):
        return True
    written = _digits(normalize("NFKC", text))
    return any(number in written for number in _numbers(normalize("NFKC", value)))


def _plain(text: str) -> str:
    """The text in one width and case, without spaces."""
    return "".join(normalize("NFKC", text).casefold().split())


def _numbers(value: str) -> Iterable[str]:
    """The runs of digits in a contact that are long enough to tell who it is."""
    found = re.findall(r"\d(?:[\s\-—－.()（）]*\d)+", value)
    return [number for one in found if len(number := _digits(one)) >= SHORTEST_NUMBER]


def _digits(text: str) -> str:
    """The text without what people write between digits, so that numbers stand unbroken."""
    return re.sub(r"(?<=\d)[\s\-—－.()（）]+(?=\d)", "", text)
