"""A later date granted to everybody who owes the same: every obligation is noted and everybody is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bench import world
from bench.alternation import alone, seconds
from bench.databases import KINDS, Bench
from bench.report import Row
from bench.world import NOW
from states.records import deciding, granting, rounds
from states.records.campaigns import running
from states.records.columns import obligation_id
from states.records.deciding import Decision
from states.records.granting import Request
from states.records.session import Store

LATER = NOW + timedelta(hours=1)
UNTIL, WHY = "+10wd", "bench"


def rows(bench: Bench) -> Iterator[Row]:
    """To all units of a campaign at once, on both databases."""
    for kind in KINDS:
        with bench.store(kind) as store:
            yield _measured(store, kind, bench.scale.mass)


def _measured(store: Store, kind: str, units: int) -> Row:
    world.populate(store, units, contacts=True)
    campaign = world.launched(store, world.text(milestones=1))
    rounds.open_due(store, NOW)
    with store.write() as session:
        wanted = Request(obligation_id(1, 2), UNTIL, WHY)
        number = granting.ask(session, running(session, campaign), wanted, LATER, "bench").id

    def grant() -> None:
        with store.write() as session:
            decision = Decision(True, whom="all")
            made = deciding.decide(session, running(session, campaign), number, decision, LATER, "bench")
        if made.obligations != units:
            raise RuntimeError(f"granted to {made.obligations} of {units} units")

    return alone(f"a later date for {units:,} units", kind, "s", [seconds(grant)])
