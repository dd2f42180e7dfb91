"""Whatever the journal of a campaign holds is told in words: no key of ours is ever shown to a person."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.pages import plain_words, telling
from states import actorwords, closing, clue
from states.records.published import SUBJECTS
from states.records.settling import ACTS

RECORDS = Path(plain_words.__file__).parents[2] / "states" / "records"
WRITTEN = re.compile(rf'"((?:{"|".join(SUBJECTS)})\.[a-z_]+)"')
COLUMNS = {"campaign.id", "milestone.id", "unit.id", "phase.id", "obligation.id", "clue.key"}
"""Not of the journal: columns, and the file of a key."""


def kinds() -> set[str]:
    found = {kind for path in RECORDS.glob("*.py") for kind in WRITTEN.findall(path.read_text("utf-8"))}
    acted = {f"obligation.{one}" for one in ACTS} | {"rung.done", *telling.SAID}
    moved = {f"ledger.{one}" for one in closing.MOVES} | {f"clue.{one}" for one in clue.MOVES}
    return (found | moved) - COLUMNS - acted


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_each_kind_has_its_words(kind: str) -> None:
    said = plain_words.kind(kind)
    assert not re.search("[a-z]", said)
    assert said != SUBJECTS[kind.partition(".")[0]].partition("：")[0], "its own, not those of its subject"


def test_what_nobody_thought_of_is_called_after_its_subject() -> None:
    assert plain_words.kind("letter.burnt") == "文书"
    assert plain_words.kind("ledger.burnt") == "问题台账"
    assert plain_words.kind("new.thing") == "其他"


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("system", "系统"),
        ("cli:wang", "命令行 wang"),
        ("key:数据中台", "接口 数据中台"),
        ("user:王示例（wanglan）", "王示例（wanglan）"),
        ("user:王示例（wanglan） key:数据中台", "王示例（wanglan），接口 数据中台"),
        ("link:李联络员（示例）", "李联络员（示例）（邮件里的链接）"),
        ("王示例", "王示例"),
    ],
)
def test_who_did_something_is_told_by_name(mark: str, said: str) -> None:
    assert actorwords.actor(mark) == said
