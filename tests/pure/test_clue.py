"""The life of a clue, and the words that must not be written into it."""

from __future__ import annotations

import pytest

from states.clue import (
    CLOSED,
    DECLINED,
    HANDED,
    HANDLING,
    MOVES,
    REGISTERED,
    STATES,
    decide,
    open_moves,
    written_in,
)
from states.errors import Faulty, Refused

GIVEN = {"said": "经查属实，已处理", "handed_to": None, "handler": None}


def test_the_moves_of_each_state() -> None:
    assert {state: open_moves(state) for state in STATES} == {
        REGISTERED: ["take", "hand", "decline"],
        HANDLING: ["assign", "hand", "close"],
        HANDED: ["feed_back"],
        CLOSED: ["reopen"],
        DECLINED: ["reopen"],
    }


@pytest.mark.parametrize(
    ("state", "move", "given", "says"),
    [
        (REGISTERED, "decline", {"said": " "}, "“不予受理”须写明理由"),
        (HANDLING, "close", {"said": None}, "“办结”须写明办理结果"),
        (HANDED, "feed_back", {"said": ""}, "“反馈”须写明办理结果"),
        (REGISTERED, "hand", {}, "“移交”须写明移交给哪个机关"),
        (HANDLING, "assign", {}, "“转交办理”须写明由哪个单位办理"),
        (CLOSED, "reopen", {"said": None}, "“重新办理”须写明理由"),
        (HANDLING, "close", {"handed_to": "示例公安局"}, "只有“移交”才写明移交给哪个机关"),
        (HANDLING, "close", {"handler": "A"}, "只有“受理”和“转交办理”才写明办理单位"),
        (CLOSED, "close", {}, "这条线索已办结，不能办结；现在可以：重新办理"),
    ],
)
def test_a_refused_move_says_why(state: str, move: str, given: dict[str, str | None], says: str) -> None:
    with pytest.raises(Refused) as refused:
        decide(state, move, **{**GIVEN, **given})  # type: ignore[arg-type]
    assert refused.value.refusals == [says]


def test_an_unknown_move_is_told_the_known_ones() -> None:
    with pytest.raises(Faulty, match="take"):
        decide(REGISTERED, "solve", **GIVEN)  # type: ignore[arg-type]
    assert set(MOVES) == {one for state in STATES for one in open_moves(state)}


INFORMANT = {"name": "赵示例", "contact": "电话 138-0000-0001，微信 shili_zhao", "address": "示例路1号"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("据赵示例反映，药房收费不公示", ["姓名"]),
        ("请回电13800000001", ["联系方式"]),
        ("请回电 138 0000 0001", ["联系方式"]),
        ("住在示例路1号的群众", ["住址"]),
        ("据赵 示例反映", ["姓名"]),
        ("请回电１３８－００００－０００１", ["联系方式"]),
        ("可加微信Shili_Zhao联系", ["联系方式"]),
        ("住在示例路 １ 号", ["住址"]),
        ("药房收费不公示，2026年11月2日起，共38000元", []),
        ("", []),
    ],
)
def test_the_informant_is_found_in_a_text(text: str, found: list[str]) -> None:
    says = [fault.says for fault in written_in({"text": text}, INFORMANT)]
    assert [one.split("举报人的")[1].split("，")[0] for one in says] == found
