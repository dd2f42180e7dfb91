"""One rung for every unit of one place: found, judged, addressed, written down as notices, by slices.

The place is the whole tree: a window laid at its root gives everybody the date of that place, with one timer a rung.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from bench import world
from bench.alternation import alternate, beside, seconds
from bench.databases import KINDS, Bench, tidy
from bench.report import Row
from states.records import laying, rounds
from states.records.session import Store

MOMENT = datetime(2026, 12, 17, 1, 30, tzinfo=UTC)  # half past nine of the working day before
UNTIL = "2026-12-18"
WRITTEN = ("notice", "timer", "journal")


def rows(bench: Bench) -> Iterator[Row]:
    """One row a database, beside plain SQL of the same notices."""
    for kind in KINDS:
        with bench.store(kind) as store:
            place = Place(store, bench.scale.mass)
            ours, raw = alternate(bench.scale.repeats, place.fire, place.raw)
            name = f"a rung for {bench.scale.mass:,} units of one place"
            yield beside(name, kind, "s", ours, "INSERT … SELECT of the same notices", raw)


class Place:
    """A database with so many units that owe one thing by a date of their place."""

    def __init__(self, store: Store, units: int) -> None:
        self.store, self.units = store, units
        world.populate(store, units, contacts=True)
        with store.write() as session:
            session.execute(_LEADERS)
        campaign = world.launched(store, world.text(1))
        with store.write() as session:
            laying.lay(session, campaign, "one", "R", UNTIL, world.NOW, "bench", "示例")
        self._clear()

    def fire(self) -> float:
        """Seconds until every unit has its notice."""
        took = seconds(lambda: rounds.fire(self.store, MOMENT, after_due=False))
        self._check()
        self._clear()
        return took

    def raw(self) -> float:
        """Seconds of writing the same notices by one statement."""

        def work() -> None:
            with self.store.write() as session:
                session.execute(_RAW)

        took = seconds(work)
        self._check()
        self._clear()
        return took

    def _check(self) -> None:
        with self.store.read() as session:
            made = session.execute(_MADE).scalar()
        if made != self.units:
            raise RuntimeError(f"{made} notices, not {self.units}")

    def _clear(self) -> None:
        with self.store.write() as session:
            for statement in _UNDO:
                session.execute(statement)
        tidy(self.store, *WRITTEN, "contact", "unit", "obligation", "unit_run")


_LEADERS = sa.text(
    "INSERT INTO contact (unit_id, role, name, email)"
    " SELECT id, role, '示例' || role || id, role || id || '@example.org' FROM unit"
    " CROSS JOIN (SELECT 'department_head' AS role UNION ALL SELECT 'deputy_leader' UNION ALL SELECT 'principal') roles"
)
_MADE = sa.text("SELECT count(*) FROM notice WHERE kind = 'rung'")
_UNDO = (
    sa.text("DELETE FROM notice"),
    sa.text(
        "UPDATE timer SET done_at = NULL, outcome = NULL, cursor = 0, served = 0"
        " WHERE done_at IS NOT NULL AND outcome = 'fired'"
    ),
)
_RAW = sa.text(
    "INSERT INTO notice (key, campaign_id, kind, unit_id, phase_id, obligation_id, milestone_id, rung, name, role,"
    " email, person, urgent, reason, at, state)"
    " SELECT 'r:' || o.id || ':1:1:' || c.email, o.campaign_id, 'rung', o.unit_id, 0, o.id, o.milestone_id, 1,"
    " '提醒', c.role, c.email, c.name, false, '“材料0”应于12月18日18:00前办结', '2026-12-17 01:30:00.000000', 'pending'"
    " FROM obligation o"
    " JOIN unit_run r ON r.campaign_id = o.campaign_id AND r.unit_id = o.unit_id"
    " JOIN contact c ON c.unit_id = o.unit_id AND c.role = 'liaison' AND c.bounced_at IS NULL"
    " WHERE o.local_id IS NOT NULL AND o.status IN ('open', 'returned') AND r.state NOT LIKE '%.suspended'"
)
