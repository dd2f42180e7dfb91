"""`python -m bench.page`: the last results as the tables of docs/bench.md, in place of those before.

Results of some groups alone take the place of these groups, and say by themselves where they are from.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.groups import GROUPS
from bench.report import shown

PAGE = Path(__file__).parents[1] / "docs" / "bench.md"
RESULTS = Path(__file__).with_name("results.json")
FIGURES = "## Figures\n"
HEAD = "| what | database | value | beside | ratio | target | met |\n|---|---|---:|---|---:|---|---|"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=RESULTS)
    found = json.loads(parser.parse_args().results.read_text(encoding="utf-8"))
    kept, _, before = PAGE.read_text(encoding="utf-8").partition(FIGURES)
    PAGE.write_text(kept + FIGURES + "\n" + written(found, before), encoding="utf-8")


def written(found: Mapping[str, Any], before: str) -> str:
    """What stands below the heading; `before`: what stood there."""
    tables = {name: "\n".join(_table(name, group)) for name, group in found["groups"].items()}
    facts = _facts(found["facts"])
    if tables.keys() < GROUPS.keys():
        head, older = _parted(before)
        newer = {name: f"{table}\n\n{facts}" for name, table in tables.items()}
        facts, tables = head, older | newer
    return "\n\n".join([facts, *(tables[name] for name in GROUPS if name in tables)]) + "\n"


def _parted(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first table, and the tables by group."""
    starts = [*re.finditer(r"^\*\*.*?\*\* \(`(\w+)`;", text, re.MULTILINE)]
    ends = [one.start() for one in starts[1:]] + [len(text)]
    tables = {one[1]: text[one.start() : end].strip() for one, end in zip(starts, ends, strict=True)}
    return text[: starts[0].start() if starts else len(text)].strip(), tables


def _facts(known: Mapping[str, Any]) -> str:
    return (
        f"From one run of `make bench` on {known['at'][:10]} at commit `{known['commit']}`: {known['cores']} cores"
        f" ({known['processor']}), {known['memory_mb'] / 1024:.0f} GiB, Python {known['python']}, SQLite"
        f" {known['sqlite']}, PostgreSQL {known['postgresql']['server_version']}; load when it began"
        f" {known['load'][0]:.2f}. Written into this page by `.venv/bin/python -m bench.page`."
    )


def _table(name: str, group: Mapping[str, Any]) -> Iterator[str]:
    yield f"**{GROUPS[name][1]}** (`{name}`; {group['seconds']:.0f} s, peak {group['peak_mb']:.0f} MB)\n"
    yield HEAD
    yield from (_line(row) for row in group["rows"])


def _line(row: Mapping[str, Any]) -> str:
    beside = f"{row['limit_name']}: {shown(row['limit'])}" if row["limit"] is not None else ""
    met = {True: "yes", False: "**no**", None: ""}[row["met"]]
    note = f" ({row['note']})" if row["note"] else ""
    ratio = "" if row["ratio"] is None else shown(row["ratio"])
    value = f"{shown(row['value'])} {row['unit']}"
    cells = (row["name"] + note, row["database"], value, beside, ratio, row["target"] or "", met)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
