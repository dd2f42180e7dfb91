"""`python -m bench.soak`: thirty simulated minutes of mixed traffic on SQLite and on PostgreSQL, a table, JSON.

It ends with 1 where something was refused, lost or doubled, a round failed, or memory grew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import facts
from bench.databases import KINDS, Bench, postgresql
from bench.scale import FULL
from bench.soak.course import Figures, Size, Soak

RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    options = _options()
    console, found = Console(width=120), {}
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, postgresql(Path(folder) / "pg") as server:
        known = facts.machine(server.url)
        for kind in options.only or KINDS:
            found[kind] = Soak(Bench(FULL, server, Path(folder)), kind, Size(seconds=options.seconds)).run()
            console.print(table(found[kind]))
    write(options.json, known, found)
    faults = {kind: [*one.faults, *([] if one.flat else ["memory grew"])] for kind, one in found.items()}
    console.print_json(json.dumps(faults))
    return int(any(faults.values()))


def write(path: Path, known: dict[str, Any], found: dict[str, Figures]) -> None:
    told = {kind: {**one.plain(), "flat": one.flat} for kind, one in found.items()}
    path.write_text(json.dumps({"machine": known, "soak": told}, ensure_ascii=False, indent=1) + "\n")


def table(one: Figures) -> Table:
    memory = one.memory_mb
    title = (
        f"{one.database}: {one.requests} requests, {len(one.errors)} errors, {one.mails} mails, {one.doubled} doubled; "
        f"memory {memory['first']:.0f} → {memory['at_half']:.0f} → {memory['last']:.0f} MB, "
        f"later half {memory['growth_later_half']:+.1f} MB; load {one.load[0]:.1f}–{one.load[3]:.1f}"
    )
    made = Table(title=title)
    for name in ("act", "times", "p50 ms", "p95 ms", "p99 ms", "most ms"):
        made.add_column(name, justify="left" if name == "act" else "right")
    for kind, each in one.kinds.items():
        made.add_row(
            kind, f"{each['count']:.0f}", *(f"{each[name]:.0f}" for name in ("p50", "p95", "p99", "most"))
        )
    return made


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=300.0, help="real time of the thirty minutes (%(default)s)"
    )
    parser.add_argument("--only", action="append", choices=KINDS)
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
