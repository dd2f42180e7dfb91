"""`python -m bench.soak.page`: the figures of `results.json` into their place in docs/reliability.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
PLACE = re.compile(
    r"(<!-- figures of the soak[^\n]*\n)(.*?)(<!-- end of the figures of the soak -->)", re.DOTALL
)
HEAD = "| act | times | p50 ms | p95 ms | p99 ms | most ms |\n|---|---|---|---|---|---|"


def words(told: dict[str, Any]) -> str:
    """What one run found, database by database."""
    machine = told["machine"]
    measured = (
        f"Measured on {machine['at'][:10]} at commit `{machine['commit']}`: {machine['cores']} cores, "
        f"{machine['memory_mb'] // 1024} GiB, Python {machine['python']}."
    )
    said = [measured]
    for kind, one in told["soak"].items():
        said += [
            _summary(kind, one),
            HEAD + "".join(f"\n{_row(name, each)}" for name, each in one["kinds"].items()),
        ]
    return "\n" + "\n\n".join(said) + "\n\n"


def _summary(kind: str, one: dict[str, Any]) -> str:
    memory, rounds = one["memory_mb"], sum(each["ok"] for each in one["rounds"].values())
    failed = sum(each["failed"] for each in one["rounds"].values())
    return (
        f"**{kind}**, {one['speed']:.0f} times as fast: {one['requests']:,} requests, {len(one['errors'])} errors; "
        f"{rounds:.0f} rounds, {failed:.0f} failed; {one['mails']:,} mails, {one['doubled']} doubled, {one['unsent']} lost. "
        f"Memory {memory['first']:.0f} MB at first, {memory['at_half']:.0f} at half, {memory['last']:.0f} at the end; the later "
        f"half grew by {memory['growth_later_half']:+.1f} MB ({'flat' if one['flat'] else 'not flat'}). "
        f"Load of the machine before and after: {one['load'][0]:.1f}, {one['load'][3]:.1f}."
    )


def _row(name: str, each: dict[str, float]) -> str:
    figures = " | ".join(f"{each[key]:,.0f}" for key in ("count", "p50", "p95", "p99", "most"))
    return f"| {name} | {figures} |"


def main() -> None:
    told = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda found: found[1] + words(told) + found[3], text), encoding="utf-8")


if __name__ == "__main__":
    main()
