"""`python -m tests.chaos`: SQLite, then PostgreSQL. Ends with 1 when anything was lost, doubled outside of the window, or
differs from what was foretold. The dice are printed; `--seed` throws them again.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from types import FrameType

from rich.console import Console

from tests.chaos import shown
from tests.chaos.story import LONG, SHORT, run


def main() -> int:
    given = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    given.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    given.add_argument("--short", action="store_true", help="the form of the suite")
    given.add_argument("--only", choices=["sqlite", "postgresql"])
    asked = given.parse_args()
    signal.signal(signal.SIGTERM, _end)
    began, console = time.monotonic(), Console(width=110, highlight=False)

    def say(line: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {line}", markup=False)

    say(f"seed {asked.seed}")
    kinds = [asked.only] if asked.only else ["sqlite", "postgresql"]
    found = []
    for kind in kinds:
        found.append(run(kind, SHORT if asked.short else LONG, asked.seed, say))
        say(f"{kind}: {len(found[-1].wrong)} things wrong")
    shown.show(console, found, asked.seed, time.monotonic() - began)
    return 1 if any(one.wrong for one in found) else 0


def _end(_number: int, _frame: FrameType | None) -> None:
    """What was started is put away first."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
