"""The annex of the provincial plan comes in as a Word file: 33 rows, merged cells, the header on every page.

It is imported into a campaign without a preset ledger, put right, checked on two levels, closed; two are looked at again.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest
import yaml
from sqlmodel import select

from annexed import Layout, annex
from states.documents import ledgerfile
from states.errors import Faulty
from states.reading import load, shipped
from states.records import figures, ledger_import, ledger_mass, ledger_moving
from states.records.campaigns import running
from states.records.ledger_import import Terms
from states.records.tables import Journal, LedgerItem, Milestone

KEY = "sichuan-2017-122"
ROWS = load(shipped()[KEY]).ledger.rows  # type: ignore[union-attr]
# As the annex prints them: which rows begin a page, which say their project again, names and a measure broken over lines.
LAYOUT = Layout(
    pages=frozenset({1, 4, 8, 11, 17, 23, 29}),
    said=frozenset({1, 4, 8, 10, 11, 14, 17, 21, 23, 27, 29, 30}),
    apart=17,
    departments={5: "办公室相关\n处室", 6: "办公室\n机关\n纪委", 29: "医政医管处、机关纪委"},
    measures={10: "\n".join(ROWS[9].measures).replace("细则》，", "细则》，\n")},
    numbered=frozenset({22}),
)
STANDING = {1, 2, 3, 13, 27, 28, 30, 32}


def plan() -> str:
    """The plan without its preset rows, checked on two levels."""
    found: dict[str, Any] = yaml.safe_load(shipped()[KEY])
    found["ledger"] |= {"rows": [], "checks": 2, "self_check": "self-check"}
    found["conflicts"] = []
    return yaml.safe_dump(found, allow_unicode=True)


NAMES = sorted({name for row in ROWS for name in row.departments})


class Province:
    """The commission with every department that the annex names, on 25 August 2017."""

    def __init__(self, story: Any) -> None:
        units = [
            ("R", "示例省卫生和计划生育委员会", "authority", "省", None, "coordinator office group_leader")
        ]
        units += [(f"D{n}", name, "department", "", "R", "liaison") for n, name in enumerate(NAMES, 1)]
        units.append(("B", "示例市卫生和计划生育委员会", "authority", "市", "R", "liaison principal"))
        self.story = story.people(units)
        order = dataclasses.replace(story.order(KEY, "2017-08-22"), text=plan())
        self.story.launch(order, "2017-08-22 10:00")

    def look(self, content: bytes, when: str, **terms: Any) -> Any:
        file = ledgerfile.read(content, "附表 工作台账.docx")
        with self.story.store.read() as session:
            return ledger_import.look(session, running(session, 1), file, Terms(**terms), self.story.at(when))

    def take(self, content: bytes, when: str, **terms: Any) -> list[int]:
        file = ledgerfile.read(content, "附表 工作台账.docx")
        with self.story.store.write() as session:
            return ledger_import.apply(
                session, running(session, 1), file, Terms(**terms), self.story.at(when), "test"
            )[1]

    def many(self, name: str, when: str, *where: Any) -> Any:
        with self.story.store.write() as session:
            return ledger_mass.move_many(
                session, running(session, 1), name, where, self.story.at(when), "test"
            )

    def one(self, no: int, name: str, when: str, **more: Any) -> LedgerItem:
        with self.story.store.write() as session:
            return ledger_moving.move(
                session, running(session, 1), no, name, self.story.at(when), "test", **more
            )

    def rows(self, table: Any, *where: Any) -> list[Any]:
        with self.story.store.read() as session:
            return list(session.exec(select(table).where(*where).order_by(table.id)))

    def states(self) -> Counter[str]:
        return Counter(one.state for one in self.rows(LedgerItem))

    def due(self) -> dict[int, Any]:
        return {
            int(one.requirement.removeprefix("found-")): one.due_at
            for one in self.rows(Milestone)
            if one.requirement.startswith("found-")
        }

    def rate(self, when: str) -> tuple[int, int, int, int]:
        """Closed, of how many that can be; reviewed, of how many that stand."""
        with self.story.store.read() as session:
            found = figures.tally(session, running(session, 1), self.story.at(when))
        to_close = found.ledger_total - found.ledger_standing
        return found.ledger_closed, to_close, found.ledger_reviewed, found.ledger_standing


@pytest.fixture
def province(story: Any) -> Province:
    return Province(story)


def test_thirty_three_rows_from_the_annex_to_all_closed_with_two_looked_at_again(province: Province) -> None:
    what_cannot_be_read_keeps_all_out(province)
    all_rows_come_in_as_they_are_printed(province)
    all_are_closed_but_those_that_stand(province)
    two_are_looked_at_again_and_closed(province)


def what_cannot_be_read_keeps_all_out(province: Province) -> None:
    looked = province.look(annex(ROWS, LAYOUT, {13: "长期抓下去"}), "2017-08-25 10:00")
    assert (len(looked.added), looked.cells) == (33, 0)
    # What can't be read is listed with its row and cell, and nothing is written.
    assert [(one.place, one.says.partition("。")[0]) for one in looked.faults] == [
        ("附表 工作台账.docx 第1个表格第17行“完成时限”", "看不懂期限“长期抓下去”")
    ]
    with pytest.raises(Faulty, match="第17行"):
        province.take(annex(ROWS, LAYOUT, {13: "长期抓下去"}), "2017-08-25 10:00")
    assert province.rows(LedgerItem) == []


def all_rows_come_in_as_they_are_printed(province: Province) -> None:
    assert province.take(annex(ROWS, LAYOUT), "2017-08-25 10:00", found_by="self") == list(range(1, 34))
    items = province.rows(LedgerItem)
    assert {one.no for one in items if one.standing} == STANDING
    assert [(one.project, one.problem, tuple(one.measures), one.departments) for one in items] == [
        (row.project, row.problem, row.measures, list(row.departments)) for row in ROWS
    ]
    due = province.due()
    local = {no: province.story.local(at) for no, at in due.items() if at is not None}
    assert Counter(local.values())["2017-08-31 18:00"] == 15
    assert local[28] == "2017-07-31 18:00", "8月前 was over when the notice was issued"
    assert [no for no, at in due.items() if at is None] == [13], "only 长期坚持, without a date"
    assert {one.lenient for one in items} == {True}
    again = province.look(annex(ROWS, LAYOUT), "2017-08-26 10:00")
    assert (len(again.added), again.cells, again.diff.unchanged) == (0, 0, 33)


def all_are_closed_but_those_that_stand(province: Province) -> None:
    assert province.many("claim", "2017-08-30 10:00").moved == 33
    assert province.many("check", "2017-11-20 10:00").moved == 33
    ordinary = province.many("close", "2017-12-04 10:00")
    assert (ordinary.moved, ordinary.refused) == (25, 8)
    assert ordinary.why == {"这一项须长期坚持，只复查，不销号": 8}
    assert province.many("review", "2017-12-04 10:30").moved == 8
    assert province.states() == {"closed": 25, "checked": 8}
    assert province.rate("2017-12-05 10:00") == (25, 25, 8, 8), "standing rows are reviewed, beside the rate"


def two_are_looked_at_again_and_closed(province: Province) -> None:
    for no, why in ((7, "专家库没有动态管理"), (20, "发现新的套保线索")):
        province.one(no, "reopen", "2017-12-12 10:00", reason=why)
    assert province.rate("2017-12-12 11:00") == (23, 25, 8, 8)
    for no in (7, 20):
        province.one(no, "claim", "2017-12-18 10:00")
        province.one(no, "check", "2017-12-19 10:00")
        province.one(no, "close", "2017-12-20 10:00")
    assert province.rate("2017-12-21 10:00") == (25, 25, 8, 8)
    assert {one.no for one in province.rows(LedgerItem) if one.reopened} == {7, 20}
    told = [
        one.kind for one in province.rows(Journal, Journal.kind.like("ledger.%")) if one.payload["no"] == 7
    ]
    assert [one.removeprefix("ledger.") for one in told] == [
        *("added", "claim", "check", "close", "reopen", "claim", "check", "close")
    ]
