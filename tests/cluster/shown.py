"""The table at the end: what was killed, how often, what was lost, what was doubled, how late it became."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.cluster.story import Outcome


def table(outcome: Outcome) -> Table:
    """One line a blow."""
    made = Table(title="Blows in the middle of a deadline round")
    for heading in ("blow", "what it hit", "over after", "bound"):
        made.add_column(heading)
    for blow in outcome.blows:
        made.add_row(blow.name, blow.what or "-", f"{blow.lasted:.1f} s", f"{blow.bound:.0f} s")
    return made


def figures(outcome: Outcome) -> list[tuple[str, str]]:
    """What the round came to."""
    found = outcome.verdict
    restarts = sum(outcome.restarts.values())
    return [
        ("notices, each once", f"{found.notices:,}"),
        ("different mails accepted", f"{found.mails:,}"),
        ("lost", str(sum("lost" in one or "no mail" in one for one in found.wrong))),
        ("accepted again under the same Message-ID, in the window", str(found.repeated - found.stray)),
        ("accepted again outside of it", str(found.stray)),
        ("late: median, 99 of 100, last", ", ".join(f"{one:.0f} s" for one in found.late)),
        ("questions to the one address", f"{found.asked:,}"),
        ("of these failed, PostgreSQL being there", str(found.failed)),
        ("of these answered 503, PostgreSQL being away", str(found.failed_without_database)),
        ("answered by another API process than the first asked", str(outcome.retried)),
        ("processes started again", str(restarts)),
        ("the whole took", f"{outcome.seconds / 60:.1f} min"),
    ]


BEGINS, ENDS = (
    "<!-- figures of the cluster: python -m tests.cluster --write -->",
    "<!-- end of the figures -->",
)


def written(page: Path, outcome: Outcome, command: str) -> None:
    """Put the figures into the page, with the command that made them; raises when it has no place for them."""
    text = page.read_text(encoding="utf-8")
    lines = [
        f"`{command}`, {os.cpu_count()} cores, load {os.getloadavg()[1]:.0f} meanwhile:",
        "",
        "| blow | what it hit | over after | foretold |",
        "|---|---|---|---|",
        *(f"| {one.name} | {one.what} | {one.lasted:.1f} s | ≤ {one.bound:.0f} s |" for one in outcome.blows),
        "",
        "| | |",
        "|---|---|",
        *(f"| {label} | {value} |" for label, value in figures(outcome)),
        *(f"| **wrong** | {one} |" for one in outcome.verdict.wrong),
    ]
    whole = re.compile(f"{re.escape(BEGINS)}.*{re.escape(ENDS)}", re.DOTALL)
    if not whole.search(text):
        raise ValueError(f"{page} has no place for figures")
    filled = "\n".join([BEGINS, "", *lines, "", ENDS])
    page.write_text(whole.sub(lambda _: filled, text), encoding="utf-8")


def show(outcome: Outcome) -> None:
    """Everything, and what is wrong at the end."""
    console = Console(width=110)
    console.print(table(outcome))
    for label, value in figures(outcome):
        console.print(f"{label:<62}{value}", highlight=False)
    for one in outcome.verdict.wrong:
        console.print(f"WRONG: {one}", style="bold red", highlight=False)
    if not outcome.verdict.wrong:
        console.print("nothing lost, nothing doubled outside of the window, nothing stuck", style="bold")
