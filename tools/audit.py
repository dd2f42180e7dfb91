"""`make audit ADVISORIES=all.zip`: is every pin of the lock files bound to its content, and is none known to be bad?

Advisories are records of OSV (https://ossf.github.io/osv-schema/), as osv.dev exports them for PyPI: a zip, a folder or
one file, brought here by whoever has a network. Nothing is asked of anybody. Ends with 0 when all is well, 1 when
something is wrong, 2 when there are no advisories to compare with: then nothing is known, and it says so.

What it can't see: what nobody has reported yet, and versions that their authors withdrew (yanked) without an advisory;
the installer says that of a version, when it asks the index.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[A-Za-z0-9.!+_-]+)(?:\s*;.*)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ECOSYSTEM = "PyPI"


@dataclass(frozen=True)
class Pin:
    """One version of one package; `faults`: what is wrong with its entry."""

    name: str
    version: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """An advisory that speaks of a pin."""

    pin: Pin
    key: str
    says: str


def pins(text: str) -> Iterator[Pin]:
    """The entries of a lock file, each with what is wrong with it."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        entry = line.partition(" #")[0].strip()
        if not entry or entry.startswith("#"):
            continue
        head, *hashes = re.split(r"\s+(?=--hash=)", entry)
        match = PIN.fullmatch(head.strip())
        if match is None:
            yield Pin(head.strip(), "", ("is not one version of one package",))
            continue
        faults = [] if hashes else ["has no hash"]
        faults += [f"has a hash that is none: {one}" for one in hashes if not HASH.fullmatch(one.strip())]
        yield Pin(canonicalize_name(match["name"]), match["version"], tuple(faults))


def advisories(where: Path) -> Iterator[Mapping[str, Any]]:
    """Records of a zip, a folder or a file. Raises OSError, ValueError for what is none."""
    if where.is_dir():
        for one in sorted(where.rglob("*.json")):
            yield json.loads(one.read_bytes())
    elif zipfile.is_zipfile(where):
        with zipfile.ZipFile(where) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield json.loads(archive.read(name))
    else:
        found = json.loads(where.read_bytes())
        yield from found if isinstance(found, list) else [found]


def speaking(known: Iterable[Mapping[str, Any]], wanted: Iterable[Pin]) -> tuple[list[Found], int, str]:
    """Advisories about these pins; how many were looked at, and of when the newest is."""
    by_name: dict[str, list[Pin]] = {}
    for pin in wanted:
        by_name.setdefault(pin.name, []).append(pin)
    found, count, newest = [], 0, ""
    for record in known:
        count, newest = count + 1, max(newest, str(record.get("modified", "")))
        if not record.get("withdrawn"):
            found += [one for part in record.get("affected", []) for one in _hit(record, part, by_name)]
    return found, count, newest


def _hit(
    record: Mapping[str, Any], part: Mapping[str, Any], pins_of: Mapping[str, list[Pin]]
) -> Iterator[Found]:
    package = part.get("package", {})
    if package.get("ecosystem") != ECOSYSTEM:
        return
    for pin in pins_of.get(canonicalize_name(package.get("name", "")), []):
        ranges = (one for one in part.get("ranges", []) if one.get("type") == "ECOSYSTEM")
        if pin.version in part.get("versions", []) or any(_within(pin.version, one) for one in ranges):
            says = record.get("summary") or str(record.get("details", "")).partition("\n")[0]
            yield Found(pin, str(record.get("id")), says[:200])


def _within(version: str, span: Mapping[str, Any]) -> bool:
    """Whether a version lies in a range of events; what can't be compared counts as inside."""
    inside = False
    try:
        mine = Version(version)
        for event in span.get("events", []):
            ((kind, at),) = event.items()
            if kind == "introduced":
                inside = inside or at == "0" or mine >= Version(at)
            elif kind == "fixed":
                inside = inside and mine < Version(at)
            elif kind == "last_affected":
                inside = inside and mine <= Version(at)
    except InvalidVersion:
        return True
    return inside


def audit(locks: Iterable[Path], where: Path | None, accepted: Iterable[str]) -> int:
    """Say what is found; the code to end with."""
    found = {path.name: list(pins(path.read_text(encoding="utf-8"))) for path in locks}
    wrong = 0
    for name, entries in found.items():
        print(f"{name}: {len(entries)} versions, each with the hash of its content")
        for pin in entries:
            for fault in pin.faults:
                wrong += 1
                print(f"  {pin.name} {pin.version} {fault}")
    if where is None:
        print("no advisories: whether any of these versions is known to be bad has NOT been looked at.")
        print("Give a file with `make audit ADVISORIES=all.zip` (osv.dev exports one for PyPI).")
        return 1 if wrong else 2
    hits, count, newest = speaking(advisories(where), {pin for entries in found.values() for pin in entries})
    print(f"{where}: {count} advisories, the newest of {newest or 'an unknown day'}")
    let = set(accepted)
    for one in hits:
        wrong += one.key not in let
        print(
            f"  {one.pin.name} {one.pin.version} {one.key}{' (accepted)' if one.key in let else ''}: {one.says}"
        )
    print(
        "none of them speaks of a version that is used" if not hits else f"{len(hits)} speak of what is used"
    )
    return 1 if wrong or not count else 0


def main(words: list[str]) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--advisories", type=Path, help="zip, folder or file of OSV records")
    parser.add_argument(
        "--accept", action="append", default=[], metavar="ID", help="an advisory that was judged"
    )
    parser.add_argument("--lock", action="append", type=Path, help="instead of the two of this folder")
    asked = parser.parse_args(words)
    return audit(asked.lock or [Path(one) for one in LOCKS], asked.advisories, asked.accept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
