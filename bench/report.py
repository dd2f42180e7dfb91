"""Rows of figures: what was measured, beside which limit, against which target; as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

Of = Literal["ratio", "value"]


@dataclass(frozen=True)
class Target:
    """A bound for a row's ratio or for its value; `at_least` False makes it an upper bound."""

    bound: float
    of: Of = "ratio"
    at_least: bool = True

    @property
    def words(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {shown(self.bound)}{' ×' if self.of == 'ratio' else ''}"

    def met_by(self, figure: float) -> bool:
        return figure >= self.bound if self.at_least else figure <= self.bound


@dataclass(frozen=True)
class Row:
    """One figure. `value` None: not measured here, and `note` says why. `runs`: the single runs behind it."""

    name: str
    database: str
    value: float | None
    unit: str
    limit_name: str = ""
    limit: float | None = None
    ratio: float | None = None
    target: Target | None = None
    note: str = ""
    runs: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None where there is none or nothing was measured."""
        figure = self.ratio if self.target and self.target.of == "ratio" else self.value
        return None if self.target is None or figure is None else self.target.met_by(figure)

    def plain(self) -> dict[str, Any]:
        """As JSON sees it."""
        return asdict(self) | {"target": self.target.words if self.target else None, "met": self.met}


def missing(name: str, database: str, why: str, target: Target | None = None) -> Row:
    """A row that could not be measured here."""
    return Row(name, database, None, "", target=target, note=why)


def shown(figure: float | None) -> str:
    """A figure with three digits that count."""
    if figure is None:
        return "–"
    if abs(figure) >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.3g}"


def table(title: str, rows: Sequence[Row]) -> Table:
    """The rows of one group for the terminal."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for head in ("what", "database"):
        made.add_column(head)
    made.add_column("value", justify="right", no_wrap=True)
    made.add_column("beside", overflow="fold")
    made.add_column("limit", justify="right")
    made.add_column("ratio", justify="right")
    made.add_column("target", no_wrap=True)
    made.add_column("met")
    for row in rows:
        made.add_row(*_cells(row))
    return made


def _cells(row: Row) -> list[str]:
    value = f"{shown(row.value)} {row.unit}" if row.value is not None else "–"
    name = f"{row.name}\n[dim]{row.note}[/dim]" if row.note else row.name
    met = {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[row.met]
    wanted = row.target.words if row.target else ""
    return [
        name,
        row.database,
        value,
        row.limit_name,
        shown(row.limit) if row.limit_name else "",
        shown(row.ratio) if row.ratio is not None else "",
        wanted,
        met,
    ]


def show(console: Console, title: str, rows: Sequence[Row]) -> None:
    """Print one group."""
    console.print(table(title, rows))


def write(path: Path, facts: dict[str, Any], groups: dict[str, dict[str, Any]]) -> None:
    """The whole run as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"facts": facts, "groups": groups}, ensure_ascii=False, indent=1) + "\n")
