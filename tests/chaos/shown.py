"""The tables at the end: what was struck and how often, what was lost, what was doubled."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tests.chaos.verdict import Verdict

MOST = 20  # lines of what is wrong


def show(console: Console, found: Sequence[Verdict], seed: int, seconds: float) -> None:
    drawn = Table(box=box.SIMPLE_HEAD, title=f"chaos, seed {seed}, {seconds:.0f} s", title_justify="left")
    drawn.add_column("")
    for one in found:
        drawn.add_column(one.kind, justify="right")
    for name, numbers in rows(found):
        drawn.add_row(name, *map(str, numbers))
    console.print(drawn)
    for one in found:
        for line in one.wrong[:MOST]:
            console.print(f"WRONG ({one.kind}): {line}", style="bold red", markup=False)


def rows(found: Sequence[Verdict]) -> list[tuple[str, list[int]]]:
    """Each blow, then what came of all of them."""
    blows = sorted({name for one in found for name in one.blows})
    causes = sorted({name for one in found for name in one.excused})
    return [
        *((name, [one.blows[name] for one in found]) for name in blows),
        ("mails foretold", [one.foretold for one in found]),
        ("mails handed in", [one.handed for one in found]),
        *((f"  again, since {name}", [one.excused[name] for one in found]) for name in causes),
        ("LOST", [len(one.lost) for one in found]),
        ("DOUBLED outside of the window", [len(one.doubled) for one in found]),
        ("otherwise than foretold", [len(one.differs) for one in found]),
    ]
