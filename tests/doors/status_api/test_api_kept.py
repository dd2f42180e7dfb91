"""What the status route keeps between two requests is never older than what the database would say."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from states.records.core import run, unit
from states.records.kept import Kept
from states.records.session import connect


def told(world: Any, code: str = "A-H1") -> tuple[str, int]:
    answer = world.get(f"/units/{code}/status").json()
    return answer["unit"]["name"], answer["campaigns"][0]["version"]


def renamed(code: str, name: str) -> sa.Update:
    return sa.update(unit).where(unit.c.code == code).values(name=name)


def test_what_another_process_writes_is_told_at_the_next_request(world: Any) -> None:
    world.at("2026-11-03 10:00")
    other = connect(world.url)
    for name in ("示例甲院", "示例乙院", "示例丙院"):
        before = told(world)
        assert told(world) == before
        with other.write() as session:
            session.execute(renamed("A-H1", name))
        assert told(world)[0] == name
    other.close()


def test_what_is_written_and_not_yet_committed_is_told_once_it_is(world: Any) -> None:
    """The stamp of before and the stamp of during are both gone by then."""
    world.at("2026-11-03 10:00")
    before, other = told(world), connect(world.url)
    with other.write() as session:
        session.execute(renamed("A-H1", "示例甲院"))
        assert told(world) == before
        assert told(world) == before
    assert told(world)[0] == "示例甲院"
    assert told(world)[0] == "示例甲院"
    other.close()


def test_two_writers_who_commit_in_the_other_order_are_both_told(world: Any) -> None:
    """On a server the second begins later and ends sooner; on a file they queue."""
    world.at("2026-11-03 10:00")
    told(world)
    if world.store.sqlite:
        with world.store.write() as session:
            session.execute(renamed("A-H1", "示例甲院"))
    else:
        slow, fast = connect(world.url), connect(world.url)
        with slow.write() as session:
            session.execute(renamed("A-H1", "示例甲院"))
            told(world)
            with fast.write() as other:
                other.execute(sa.update(run).where(run.c.unit_id == world.id_of("A-H1")).values(version=9))
            assert told(world)[1] == 9
        slow.close()
        fast.close()
    assert told(world)[0] == "示例甲院"


def test_a_move_over_http_is_told_by_the_next_status(world: Any) -> None:
    world.at("2026-11-03 10:00")
    assert told(world)[1] == told(world)[1]
    moved = world.post("/campaigns/1/units/A-H1/moves", {"move": "suspend", "reason": "示例停业"})
    assert told(world)[1] == moved.json()["version"]


def test_time_passes_though_nothing_is_written(world: Any) -> None:
    """Rows are kept, not what follows from them."""
    world.at("2026-11-24 10:00")
    before = world.get("/units/A-H1/status").json()["campaigns"][0]["overdue"]
    world.hands.at = world.hands.at.replace(month=12, day=1)
    assert world.get("/units/A-H1/status").json()["campaigns"][0]["overdue"] > before


def test_only_rows_of_the_same_stamp_are_given_and_only_so_many_kept() -> None:
    kept = Kept(at_most=2)
    for code in ("A", "B", "C"):
        kept.put("one", code, [(code,)])
    assert [kept.get("one", code) for code in ("A", "B", "C")] == [None, [("B",)], [("C",)]]
    assert kept.get("two", "C") is None
    kept.put("two", "A", [("new",)])
    assert kept.get("two", "B") is None
    assert kept.get("one", "C") is None
