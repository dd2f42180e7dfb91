"""Launch: campaign, milestones, a run per unit and four obligations each, beside a set-based INSERT … SELECT."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from statistics import median

import sqlalchemy as sa
from sqlmodel import Session

from bench import world
from bench.alternation import alternate, beside, seconds
from bench.databases import KINDS, POSTGRESQL, Bench, rest
from bench.report import Row, Target
from bench.twins import twin
from bench.world import MILESTONES, NOW
from states.records.core import obligation, run, unit
from states.records.session import Store
from states.records.tables import Obligation, UnitRun

ROWS_EACH = 1 + MILESTONES
RAW = "INSERT … SELECT of the same rows"
IDIOM = "Session.add_all of the same rows"
MANY = 100_000  # with fewer, what a launch costs once (plan, milestones, timers) is most of it
AT_LEAST_HALF = Target(0.5)
UNITS_A_SECOND = Target(40_000, of="value")


def rows(bench: Bench) -> Iterator[Row]:
    """Both databases, every size; the ORM idiom beside the smallest."""
    for kind in KINDS:
        for units in bench.scale.launches:
            with bench.store(kind) as store:
                world.populate(store, units)
                yield from _beside_raw(store, kind, units, bench.scale.repeats)
        with bench.store(kind) as store:
            world.populate(store, bench.scale.orm_units)
            yield _beside_orm(store, kind, bench.scale.orm_units, bench.scale.repeats)


def _beside_raw(store: Store, kind: str, units: int, repeats: int) -> Iterator[Row]:
    raw = Raw(store)
    world.launched(store, world.text())  # the first one also reads the template and compiles its machine

    def ours() -> float:
        rest(store)
        return units / seconds(lambda: world.launched(store, world.text()))

    def limit() -> float:
        rest(store)
        return units / seconds(raw.launch)

    made, raws = alternate(repeats, ours, limit)
    name = f"launch of {units:,} units"
    wanted = UNITS_A_SECOND if kind == POSTGRESQL and units >= MANY else None
    yield beside(name, kind, "units/s", made, RAW, raws, wanted)
    note = f"{1000 * units / median(made):.0f} ms in all"
    in_rows = ([figure * ROWS_EACH for figure in figures] for figures in (made, raws))
    half = AT_LEAST_HALF if units >= MANY else None
    yield beside(f"{name}, rows", kind, "rows/s", next(in_rows), RAW, next(in_rows), half, note)


def _beside_orm(store: Store, kind: str, units: int, repeats: int) -> Row:
    world.launched(store, world.text())
    numbers = count(1)

    def ours() -> float:
        return units / seconds(lambda: world.launched(store, world.text()))

    def idiom() -> float:
        number = next(numbers)
        return units / seconds(lambda: _add_all(store, 100_000 + number, units))

    made, idioms = alternate(repeats, ours, idiom)
    return beside(f"launch of {units:,} units", kind, "units/s", made, IDIOM, idioms)


class Raw:
    """The rows of a launch by plain statements into twin tables, one transaction each time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runs, self.obligations = twin(store, run), twin(store, obligation)
        self.numbers = count(1)

    def launch(self) -> None:
        number = next(self.numbers)
        with self.store.write() as session:
            session.execute(self._runs(number))
            for place in range(MILESTONES):
                session.execute(self._obligations(number, number * MILESTONES + place))

    def _runs(self, campaign: int) -> sa.Insert:
        rows = sa.select(
            sa.literal(campaign),
            unit.c.id,
            sa.literal("one"),
            sa.literal(1),
            sa.literal(NOW, run.c.since.type),
            sa.literal(1),
        )
        columns = ["campaign_id", "unit_id", "state", "ord", "since", "version"]
        return sa.insert(self.runs).from_select(columns, rows.where(unit.c.id > 1).order_by(unit.c.id))

    def _obligations(self, campaign: int, milestone: int) -> sa.Insert:
        rows = sa.select(
            sa.literal(milestone << 24, sa.BigInteger) + unit.c.id,
            sa.literal(campaign),
            sa.literal(milestone),
            unit.c.id,
            sa.literal("open"),
            sa.literal(False),
            sa.literal(1),
        )
        columns = ["id", "campaign_id", "milestone_id", "unit_id", "status", "late", "version"]
        return sa.insert(self.obligations).from_select(columns, rows.where(unit.c.id > 1).order_by(unit.c.id))


def _add_all(store: Store, campaign: int, units: int) -> None:
    """What one would write first: an object a row."""
    with Session(store.engine) as session:
        keys = range(2, units + 2)
        session.add_all(
            UnitRun(campaign_id=campaign, unit_id=key, state="one", ord=1, since=NOW) for key in keys
        )
        session.add_all(
            Obligation(
                id=((campaign * MILESTONES + place) << 24) + key,
                campaign_id=campaign,
                milestone_id=campaign * MILESTONES + place,
                unit_id=key,
                status="open",
            )
            for place in range(MILESTONES)
            for key in keys
        )
        session.commit()
