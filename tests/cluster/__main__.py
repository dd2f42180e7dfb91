"""`python -m tests.cluster`: the long form. Ends with 1 when anything was lost, doubled outside of the window, or stuck."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import FrameType

from rich.console import Console

from tests.cluster import plots, shown
from tests.cluster.machines import ROOT, Late
from tests.cluster.story import run


def main() -> int:
    given = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    given.add_argument("--units", type=int, default=10_000)
    given.add_argument("--short", action="store_true", help="the form of the suite")
    given.add_argument(
        "--without", action="append", default=[], choices=["heartbeat", "again"], help="take a guard out"
    )
    given.add_argument("--keep", action="store_true", help="leave the logs in the temporary folder")
    given.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    asked = given.parse_args()
    signal.signal(signal.SIGTERM, _end)
    began, console = time.monotonic(), Console(width=110, highlight=False)

    def say(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {line}", markup=False)

    without = frozenset(asked.without)
    made = plots.short(without, by_prefect=True) if asked.short else plots.long(asked.units, without)
    try:
        outcome = run(made, say, kept=asked.keep)
    except Late as late:
        console.print(f"WRONG: {late}", style="bold red", markup=False)
        return 1
    shown.show(outcome)
    if asked.write:
        command = " ".join(["python -m tests.cluster", *(one for one in sys.argv[1:] if one != "--write")])
        shown.written(ROOT / "docs" / "reliability.md", outcome, command)
    return 1 if outcome.verdict.wrong else 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
