"""`python -m bench.page`: the last results as the table of docs/bench.md, in place of the one before."""

from __future__ import annotations

import argparse
import json
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
    kept, _, _ = PAGE.read_text(encoding="utf-8").partition(FIGURES)
    PAGE.write_text(kept + FIGURES + "\n" + "\n".join(_section(found)) + "\n", encoding="utf-8")


def _section(found: Mapping[str, Any]) -> Iterator[str]:
    known = found["facts"]
    yield (
        f"From one run of `make bench` on {known['at'][:10]} at commit `{known['commit']}`: {known['cores']} cores"
        f" ({known['processor']}), {known['memory_mb'] / 1024:.0f} GiB, Python {known['python']}, SQLite"
        f" {known['sqlite']}, PostgreSQL {known['postgresql']['server_version']}; load when it began"
        f" {known['load'][0]:.2f}. Written into this page by `.venv/bin/python -m bench.page`."
    )
    for name, group in found["groups"].items():
        yield f"\n**{GROUPS[name][1]}** (`{name}`; {group['seconds']:.0f} s, peak {group['peak_mb']:.0f} MB)\n"
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
