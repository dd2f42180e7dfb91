"""A row corrected against what was seen of it, a claim found in the queue: the same on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from openpyxl import load_workbook

from states.documents import ledgerfacts, ledgerfile
from states.errors import Conflict, Faulty, Refused
from states.records import (
    campaigning,
    clues,
    ledger_acting,
    ledger_correcting,
    ledger_following,
    ledger_queue,
    reading_ledger,
)
from states.records.access import Scope
from states.records.asker import EVERYTHING
from states.records.campaigns import running
from states.records.clues import Tip
from states.records.core import journal
from states.records.discretion import NAMED, Disclosing
from states.records.ledger_import import Terms
from states.records.ledger_items import Which
from states.records.sealing import Seal
from states.records.tables import Unit

TEXT = """
ledger:
  columns: [项目, 问题, 整改措施, 责任单位, 完成时限, 备注]
  checks: 2
  rows:
    - {no: 1, project: 甲, problem: 一, measures: [改, 查], departments: [办公室], due: 3月20日}
    - {no: 2, project: 乙, problem: 二, measures: [改], departments: [监督处], due: 3月底前并长期坚持}
    - {no: 3, project: 丙, problem: 三, measures: [改], departments: [监督处], due: 4月}
"""
HEADER = 3
SEAL = Seal([Fernet.generate_key().decode()])
NAMING = "向赵举报核实"


@pytest.fixture
def ledger(stage):
    stage.launch(stage.template(TEXT))
    stage.store.box = lambda: SEAL
    return stage


def seen(stage, no: int, scope: Scope = EVERYTHING) -> tuple[dict[str, str], str]:
    """The cells of an item and what was seen of it."""
    with stage.store.read() as session:
        campaign = running(session, 1)
        own = ledger_following.columns(campaign).own
        one = ledger_correcting.item(session, scope, campaign, no)
        return ledgerfacts.texts(one, own), ledgerfacts.stamp(one, own)


def correct(
    stage, no: int, cells: Mapping[str, str], stamp: str, scope: Scope = EVERYTHING
) -> tuple[str, ...]:
    with stage.store.write() as session:
        return ledger_correcting.correct(session, scope, 1, no, cells, stamp, stage.at("2026-03-10 10:00"))


def told(stage, no: int) -> Any:
    with stage.store.read() as session:
        return reading_ledger.one(session, EVERYTHING, 1, no)


def under(stage, code: str) -> Scope:
    return Scope(2, code, True, stage.one(Unit, Unit.code == code).path, None)


def test_a_correction_is_one_row_of_the_journal_and_never_over_what_was_not_seen(ledger) -> None:
    cells, stamp = seen(ledger, 1)
    assert correct(ledger, 1, {**cells, "problem": "一甲", "备注": "已约谈"}, stamp) == ("问题", "备注")
    found = told(ledger, 1)
    assert (found["problem"], found["more"], found["version"]) == ("一甲", {"备注": "已约谈"}, 2)
    assert [one["what"]["key"] for one in found["history"]] == ["amended"]
    assert found["history"][0]["more"]["changes"] == {"problem": ["一", "一甲"], "备注": ["", "已约谈"]}

    with pytest.raises(Conflict):
        correct(ledger, 1, {**cells, "project": "另改"}, stamp)
    with ledger.store.read() as session:
        campaign = running(session, 1)
        headed = ledger_following.columns(campaign)
        one = ledger_correcting.item(session, EVERYTHING, campaign, 1)
    assert ledger_correcting.since(stamp, one, headed) == {"problem": "一甲", "备注": "已约谈"}
    assert set(ledger_correcting.since("nonsense", one, headed)) >= {"project", "problem", "备注"}
    with pytest.raises(Faulty, match="不完整"):
        correct(ledger, 1, cells, "nonsense")
    cells, stamp = seen(ledger, 1)
    assert correct(ledger, 1, cells, stamp) == ()
    assert told(ledger, 1)["version"] == 2, "nothing else, nothing written"


def test_who_answers_for_an_item_but_is_not_above_it_corrects_nothing(ledger) -> None:
    mine = under(ledger, "R-D2")
    cells, stamp = seen(ledger, 3, mine)
    with pytest.raises(Refused, match="须由上级办理"):
        correct(ledger, 3, {**cells, "problem": "改"}, stamp, mine)
    with ledger.store.read() as session:
        campaign = running(session, 1)
        items = ledger_correcting.items(session, mine, campaign, [1, 2, 3])
        assert [one.no for one in items] == [2, 3], "of others it sees none"
        assert set(ledger_correcting.shut(session, mine, campaign, items)) == {2, 3}
        assert ledger_correcting.shut(session, EVERYTHING, campaign, items) == {}
        reader = Scope(3, "reader", False, None, None)
        assert set(ledger_correcting.shut(session, reader, campaign, items)) == {2, 3}


def test_what_was_withdrawn_or_is_at_rest_is_not_corrected(ledger) -> None:
    at = ledger.at("2026-03-10 09:00")

    def shut() -> dict[int, str]:
        with ledger.store.read() as session:
            campaign = running(session, 1)
            items = ledger_correcting.items(session, EVERYTHING, campaign, [1, 2])
            return ledger_correcting.shut(session, EVERYTHING, campaign, items)

    assert shut() == {}
    with ledger.store.write() as session:
        ledger_acting.move(session, EVERYTHING, 1, 1, "withdraw", at, reason="登记有误")
    assert list(shut()) == [1]
    with ledger.store.write() as session:
        campaigning.move(session, 1, "suspend", at, "test", reason="示例")
    assert set(shut()) == {1, 2}
    cells, stamp = seen(ledger, 2)
    with pytest.raises(Refused, match="已暂停"):
        correct(ledger, 2, {**cells, "problem": "改"}, stamp)


def test_what_waits_is_in_the_queue_until_it_is_closed_or_looked_at(ledger) -> None:
    def waiting(*states: str) -> dict[int, list[str]]:
        with ledger.store.read() as session:
            at = ledger.at("2026-03-11 10:00")
            found = ledger_queue.queue(session, EVERYTHING, 1, states, at, 0, 10)
        return {one.item["no"]: [way["move"] for way in one.moves if way["open"]] for one in found.waiting}

    def offered() -> dict[int, list[str]]:
        with ledger.store.read() as session:
            found = ledger_queue.queue(session, EVERYTHING, 1, (), ledger.at("2026-03-11 10:00"), 0, 10)
        return {one.item["no"]: [way["move"] for way in one.moves] for one in found.waiting}

    def go(no: int, move: str, **more: Any) -> None:
        with ledger.store.write() as session:
            ledger_acting.move(session, EVERYTHING, 1, no, move, ledger.at("2026-03-11 10:00"), **more)

    assert waiting() == {}
    for no in (1, 2, 3):
        go(no, "claim")
    go(3, "return", reason="材料不全")
    assert set(waiting()) == {1, 2}
    assert set(waiting()[1]) == {"check", "return"}, "two checks: not closed before the first"
    assert offered() == {1: ["check", "return"], 2: ["check", "return"]}, "what leads nowhere is not offered"
    go(1, "check")
    assert (set(waiting("claimed")), set(waiting("checked"))) == ({2}, {1})
    go(2, "check")
    assert offered() == {1: ["close", "return"], 2: ["review", "return"]}
    go(1, "close")
    go(2, "review")
    assert waiting() == {}, "what stands for good was looked at"


def test_a_date_in_the_past_is_late_for_one_that_is_told_as_it_is_for_the_list(ledger) -> None:
    for when in ("2026-03-20 17:00", "2026-03-20 19:00", "2026-05-06 09:00"):
        now = ledger.at(when)
        with ledger.store.read() as session:
            every = reading_ledger.ledger(session, EVERYTHING, 1, Which(), now, 0, 10)["items"]
            late = reading_ledger.ledger(session, EVERYTHING, 1, Which(overdue=True), now, 0, 10)["items"]
        assert [one["no"] for one in every if reading_ledger.late(one, now)] == [one["no"] for one in late]
    assert [one["no"] for one in late] == [1, 2, 3]
    with ledger.store.write() as session:
        ledger_acting.move(session, EVERYTHING, 1, 1, "claim", now)
    assert not reading_ledger.late(told(ledger, 1), now), "claimed: it waits for others"


def test_a_cell_that_names_who_gave_a_clue_is_refused_at_its_place_and_leaves_a_trace(ledger) -> None:
    with ledger.store.write() as session:
        tip = Tip("phone", "major", "收费不公示", "R1", date(2026, 3, 3), informant={"name": "赵举报"})
        campaign = running(session, 1)
        clues.register(
            session, campaign, EVERYTHING, tip, ledger.at("2026-03-04 10:00"), ledger.store.box(), "test"
        )
    cells, stamp = seen(ledger, 1)
    with pytest.raises(Disclosing) as typed:
        correct(ledger, 1, {**cells, "备注": NAMING}, stamp)
    assert [one.place for one in typed.value.faults] == ["备注"]
    with pytest.raises(Disclosing) as filed:
        take(ledger, {"问题": NAMING})
    assert [one.place for one in filed.value.faults] == ["台账.xlsx D4"]
    assert "台账.xlsx D4" in filed.value.detail
    with ledger.store.read() as session:
        traces = session.execute(sa.select(journal.c.payload).where(journal.c.kind == NAMED)).scalars().all()
    assert [one["places"] for one in traces] == [["备注"], ["problem"]]
    assert NAMING not in str(told(ledger, 1))


def take(stage, cells: Mapping[str, str]) -> None:
    """The ledger as it is given out comes back with other words in its first row."""
    at = stage.at("2026-03-11 10:00")
    with stage.store.read() as session:
        book = load_workbook(BytesIO(ledger_acting.export(session, EVERYTHING, 1, Which(), at)))
        headed = ledger_following.columns(running(session, 1))
    page, content = book.worksheets[0], BytesIO()
    for title, value in cells.items():
        (column,) = [one.column for one in page[HEADER] if one.value == title]
        page.cell(HEADER + 1, column).value = value
    book.save(content)
    file = ledgerfile.read(content.getvalue(), "台账.xlsx", headed)
    with stage.store.write() as session:
        ledger_acting.take(session, EVERYTHING, 1, file, Terms(), at)
