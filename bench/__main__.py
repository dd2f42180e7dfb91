"""`python -m bench`: every group of rows in a process of its own, a table as it goes, JSON at the end."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import facts
from bench.databases import Bench, postgresql
from bench.groups import GROUPS, Done, measure
from bench.report import missing, show, write
from bench.scale import FULL, QUICK

PAPER = 150  # columns where nobody watches
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    options = _options()
    scale = QUICK if options.quick else FULL
    width = options.width or (None if sys.stdout.isatty() else PAPER)
    console = Console(width=width)
    _say_load(console)
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, postgresql(Path(folder) / "pg") as server:
        known = facts.machine(server.url) | {"scale": "quick" if options.quick else "full"}
        for name in options.only or GROUPS:
            place = Path(folder) / name
            place.mkdir()
            done = _apart(name, Bench(scale, server, place))
            show(console, _title(name, done), done.rows)
            found[name] = {
                "seconds": done.seconds,
                "peak_mb": done.peak_mb,
                "rows": [row.plain() for row in done.rows],
            }
    write(options.json, known, found)
    console.print(_summary([row for one in found.values() for row in one["rows"]], options.json))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes, a minute or two instead of ten or more"
    )
    parser.add_argument(
        "--only", action="append", choices=list(GROUPS), metavar="NAME", help=", ".join(GROUPS)
    )
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go (%(default)s)")
    parser.add_argument("--width", type=int, default=None, help="columns of the table")
    return parser.parse_args()


def _apart(name: str, bench: Bench) -> Done:
    """Run a group in a fresh process, so that its memory is its own."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        try:
            return pool.submit(measure, name, bench).result()
        except BrokenProcessPool as problem:
            return Done([missing(name, "", f"its process ended: {problem}")], 0.0, 0.0)


def _title(name: str, done: Done) -> str:
    return f"{GROUPS[name][1]} ({name}; {done.seconds:.0f} s, peak {done.peak_mb:.0f} MB)"


def _say_load(console: Console) -> None:
    busy = os.getloadavg()[0]
    if busy > 0.5:
        console.print(
            f"[yellow]The machine is busy (load {busy:.1f}): take the ratios, and run again in quiet.[/]"
        )


def _summary(rows: list[dict[str, Any]], path: Path) -> str:
    judged = [row["met"] for row in rows if row["met"] is not None]
    return f"{sum(judged)} of {len(judged)} targets met; figures in {path}"


if __name__ == "__main__":
    sys.exit(main())
