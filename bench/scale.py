"""How much is measured: the whole, a glance of a minute or two, or just enough to see that every row can be made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes and lengths. `repeats`: alternating runs of each side; `seconds`: length of one run
    over HTTP; `additions`: of working days; `prefect`: whether its server is started, which takes minutes."""

    repeats: int
    http_repeats: int
    seconds: float
    launches: tuple[int, ...]
    orm_units: int
    mass: int
    callers_units: int
    round_units: int
    due: int
    open_obligations: tuple[int, ...]
    status_units: int
    sim_units: int
    sim_days: int
    idle_seconds: float
    flow_ticks: int
    ledger_rows: int
    page_units: int
    clients: int
    additions: int
    prefect: bool


FULL = Scale(
    repeats=5,
    http_repeats=3,
    seconds=5,
    launches=(1_000, 10_000, 100_000),
    orm_units=1_000,
    mass=100_000,
    callers_units=4_000,
    round_units=10_000,
    due=1_000,
    open_obligations=(10_000, 100_000, 1_000_000),
    status_units=300,
    sim_units=300,
    sim_days=150,
    idle_seconds=60,
    flow_ticks=12,
    ledger_rows=50_000,
    page_units=3_000,
    clients=200,
    additions=100_000,
    prefect=True,
)
QUICK = Scale(
    repeats=3,
    http_repeats=2,
    seconds=1,
    launches=(1_000, 10_000),
    orm_units=300,
    mass=20_000,
    callers_units=1_600,
    round_units=10_000,
    due=1_000,
    open_obligations=(10_000, 100_000),
    status_units=300,
    sim_units=100,
    sim_days=30,
    idle_seconds=5,
    flow_ticks=3,
    ledger_rows=5_000,
    page_units=3_000,
    clients=200,
    additions=100_000,
    prefect=False,
)
LEAST = Scale(
    repeats=1,
    http_repeats=1,
    seconds=0.1,
    launches=(20,),
    orm_units=20,
    mass=20,
    callers_units=80,
    round_units=100,
    due=20,
    open_obligations=(100, 200),
    status_units=30,
    sim_units=10,
    sim_days=10,
    idle_seconds=0.1,
    flow_ticks=1,
    ledger_rows=50,
    page_units=30,
    clients=3,
    additions=1_000,
    prefect=False,
)
