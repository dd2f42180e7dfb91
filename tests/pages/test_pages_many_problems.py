"""A page costs what it shows: however many problems a ledger has, so many statements are asked and so many rows read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from page_site import COUNTY, ELSEWHERE, Site, problems
from states.records import board
from states.records.campaigns import running
from states.records.core import milestone
from states.template import Kind

BOARD = "/campaigns/1"
PAGES = (BOARD, f"{BOARD}?each=units", f"{BOARD}/figures", "/")
DUES = ("发现后5个工作日内", "2026年3月10日", "2026年5月20日")
FEW, MANY = 240, 300  # with few the journal is longer than a page looks back

pytestmark = pytest.mark.xdist_group("pages")


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """What the database is asked, and the rows that it gives."""
    seen: Counter[str] = Counter()

    def given(_cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        seen["rows"] += 1
        return row

    def asked(_connection: Any, cursor: Any, *_: Any) -> None:
        seen["statements"] += 1
        cursor.row_factory = given

    sa.event.listen(sa.Engine, "before_cursor_execute", asked)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", asked)


def find(site: Site, number: int, code: str = ELSEWHERE) -> None:
    """So many problems more, of a few dates."""
    one = {"problem": "收费项目没有公示", "measures": ("上墙公示",)}
    problems(site, code, [{**one, "due": DUES[no % len(DUES)]} for no in range(number)])


def cost(site: Site) -> dict[str, Counter[str]]:
    found = {}
    with site.browsing("coordinator") as client:
        for path in PAGES:
            client.get(path)
            with counting() as seen:
                assert client.get(path).status_code == 200
            found[path] = seen
    return found


def test_no_page_of_a_campaign_asks_more_for_more_problems(own: Site) -> None:
    find(own, FEW)
    few = cost(own)
    assert all(one["statements"] and one["rows"] for one in few.values())
    find(own, MANY)
    for path, many in cost(own).items():
        assert many <= few[path], path


def test_problems_of_one_date_are_one_mark_and_none_is_lost(own: Site) -> None:
    find(own, FEW)
    find(own, 3, COUNTY)
    mine = milestone.c.campaign_id == 1, milestone.c.kind == Kind.ledger, milestone.c.due_at.is_not(None)
    with own.store.read() as session:
        nodes = board.nodes(session, running(session, 1))
        dated = session.execute(sa.select(sa.func.count()).select_from(milestone).where(*mine)).scalar_one()
    theirs = [one for one in nodes if one.kind == Kind.ledger]
    assert sum(one.number for one in theirs) == dated > FEW
    assert len(theirs) <= len(DUES) + 2
    with own.browsing("coordinator") as client, own.browsing("liaison") as other:
        whole, part = client.get(BOARD).text, other.get(BOARD).text
    assert all(f"{one.name}：" in whole for one in theirs)
    assert "<title>台账第" in part, "one of the county's own"
    assert re.search(r"台账 \d\d+ 项", part) is None, "those of others are not among them"
