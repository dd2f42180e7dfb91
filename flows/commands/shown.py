"""What a command prints: sentences, calm tables, JSON; bars on stderr while something long goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import typer

WEEKDAYS = "一二三四五六日"
WIDE = 160  # columns when nobody looks: a file or a pipe keeps its lines whole
PROVISIONAL = "暂定"
Item = TypeVar("Item")


def say(*lines: str) -> None:
    """Sentences on stdout."""
    for line in lines:
        typer.echo(line)


def hint(*lines: str) -> None:
    """Sentences beside the result, on stderr."""
    for line in lines:
        typer.echo(line, err=True)


def tried(then: str) -> None:
    """That nothing has happened yet, and what to do so that it does."""
    say(f"试算完毕，什么都没有写入；{then}")


def as_json(value: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table without a grid; nothing at all when it has no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = [[Text(str(cell)) for cell in row] for row in rows]
    if not found:
        return
    drawn = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold")
    for header in headers:
        drawn.add_column(Text(header), overflow="fold")
    for cells in found:
        drawn.add_row(*cells)
    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(drawn)


def listing(
    found: Sequence[Item],
    headers: Sequence[str],
    row: Callable[[Item], Sequence[object]],
    nothing: str,
    *,
    raw: bool,
) -> None:
    """A list that was asked for: `raw` as JSON, else a table with a row an item, or `nothing` where it is empty."""
    if raw:
        as_json(found)
        return
    table(headers, [row(one) for one in found])
    if not found:
        say(nothing)


def day_words(at: datetime | date | None, zone: ZoneInfo | None = None) -> str:
    """`2026-12-05（六）`, with the time of day for an instant that is not a midnight; `—` for none."""
    if at is None:
        return "—"
    local = at.astimezone(zone) if isinstance(at, datetime) and zone else at
    words = f"{local:%Y-%m-%d}（{WEEKDAYS[local.weekday()]}）"
    timed = isinstance(local, datetime) and (local.hour, local.minute) != (0, 0)
    return f"{words}{local:%H:%M}" if timed else words


def minute(told: str | None, none: str = "—") -> str:
    """`2026-12-05 18:00` of an instant that an answer tells with its offset: the campaign's own time."""
    return told[:16].replace("T", " ") if told else none


def iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    """ISO 8601 with the offset of `zone`, to the second."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def roles(found: Iterable[str]) -> str:
    """Roles by their names."""
    from states.records.board import ROLE_NAMES

    return "、".join(ROLE_NAMES.get(role, role) for role in found)


def late_nil(number: int) -> str:
    """Beside the number of nil reports: how many of them came late, and are counted as late too."""
    return f"（其中逾期 {number}）" if number else ""


def percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


@contextmanager
def bar(title: str) -> Iterator[Callable[[float, float], None]]:
    """A bar for long work: call what you get with (done, total). Silent unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
