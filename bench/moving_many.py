"""A move of very many units at once, beside one plain UPDATE with a journal row each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import sqlalchemy as sa

from bench import world
from bench.alternation import alternate, beside, seconds
from bench.databases import KINDS, Bench, tidy
from bench.report import Row, Target
from bench.twins import twin
from bench.world import NOW
from states.records import mass
from states.records.campaigns import running
from states.records.core import journal, run
from states.records.session import Store

TURNS = (("suspend", "one", "one.suspended"), ("resume", "one.suspended", "one"))


def rows(bench: Bench) -> Iterator[Row]:
    """Suspend and resume in turn, ours and raw, on both databases."""
    for kind in KINDS:
        with bench.store(kind) as store:
            yield _measured(store, kind, bench)


def _measured(store: Store, kind: str, bench: Bench) -> Row:
    units = bench.scale.mass
    world.populate(store, units)
    campaign = world.launched(store, world.text())
    raw = Raw(store, campaign)
    turns, raw_turns = cycle(TURNS), cycle(TURNS)

    def ours() -> float:
        tidy(store, "unit_run", "journal")
        move, _before, _after = next(turns)
        return units / seconds(lambda: _move(store, campaign, move, units))

    def limit() -> float:
        tidy(store, "twin_unit_run", "twin_journal")
        _move_name, before, after = next(raw_turns)
        return units / seconds(lambda: raw.move(before, after))

    made, raws = alternate(bench.scale.repeats + 1, ours, limit)
    label = "set-based UPDATE with a journal row each"
    return beside(f"mass move of {units:,} units", kind, "units/s", made, label, raws, Target(0.5))


def _move(store: Store, campaign: int, name: str, units: int) -> None:
    with store.write() as session:
        done = mass.mass_move(session, running(session, campaign), name, [], NOW, "bench")
    if done.moved != units:
        raise RuntimeError(f"{name} moved {done.moved} of {units} units")


class Raw:
    """The same rows changed in twin tables: in one statement on PostgreSQL, in two on SQLite."""

    def __init__(self, store: Store, campaign: int) -> None:
        self.store = store
        runs, _facts = twin(store, run), twin(store, journal)
        with store.write() as session:
            whole = sa.select(run).where(run.c.campaign_id == campaign).order_by(run.c.unit_id)
            session.execute(sa.insert(runs).from_select([column.name for column in run.c], whole))
        self.values = {"campaign": campaign, "at": f"{NOW:%F %T}.000000" if store.sqlite else NOW}

    def move(self, before: str, after: str) -> None:
        values = self.values | {"before": before, "after": after}
        with self.store.write() as session:
            for statement in _ON_SQLITE if self.store.sqlite else _ON_POSTGRESQL:
                session.execute(statement, values)


_CHANGE = (
    "UPDATE twin_unit_run SET state = :after, ord = 1, since = :at, version = version + 1, outcome = NULL"
    " WHERE campaign_id = :campaign AND state = :before"
)
_NOTE = "INSERT INTO twin_journal (at, campaign_id, unit_id, kind, actor, before, after)"
_FACT = "SELECT {at}, :campaign, unit_id, 'unit.moved', 'raw', {before}, {after} FROM"
_ON_SQLITE = (
    sa.text(
        f"{_NOTE} {_FACT.format(at=':at', before=':before', after=':after')} twin_unit_run"
        " WHERE campaign_id = :campaign AND state = :before"
    ),
    sa.text(_CHANGE),
)
_ON_POSTGRESQL = (
    sa.text(
        f"WITH moved AS ({_CHANGE} RETURNING unit_id) {_NOTE} "
        + _FACT.format(
            at="CAST(:at AS timestamptz)", before="CAST(:before AS varchar)", after="CAST(:after AS varchar)"
        )
        + " moved"
    ),
)
