"""The check of the lock files, and the lock files themselves."""

from __future__ import annotations

import json
import runpy
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "audit.py"))
HASH = "--hash=sha256:" + "0" * 64
LOCK = f"""
# by hand
Example_Thing==1.4.0 ; python_version < '4' \\
    {HASH} \\
    {HASH}
    # via other
other[extra]==2.0 \\
    {HASH}
"""


def advisory(key: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    span = {"type": "ECOSYSTEM", "events": list(events)}
    package = {"ecosystem": "PyPI", "name": "example.thing"}
    affected = [{"package": package, "ranges": [span] if events else [], **more.pop("affected", {})}]
    return {"id": key, "modified": "2026-11-20T00:00:00Z", "summary": "示例", "affected": affected, **more}


KNOWN = [
    advisory("OLD", {"introduced": "0"}, {"fixed": "1.4"}),
    advisory("HIT", {"introduced": "1.0"}, {"fixed": "1.2"}, {"introduced": "1.3"}, {"fixed": "1.5"}),
    advisory("LAST", {"introduced": "0"}, {"last_affected": "1.4.0"}),
    advisory("LISTED", affected={"versions": ["1.4.0"]}),
    advisory("GONE", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"),
    {"id": "ELSE", "affected": [{"package": {"ecosystem": "npm", "name": "other"}, "versions": ["2.0"]}]},
]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    made = tmp_path / "a.lock"
    made.write_text(LOCK, encoding="utf-8")
    return made


def test_every_version_that_is_installed_is_one_and_bound_to_its_content() -> None:
    for name in TOOL["LOCKS"]:
        found = list(TOOL["pins"]((ROOT / name).read_text(encoding="utf-8")))
        assert len(found) > 50
        assert [one for one in found if one.faults] == [], name


def test_what_is_not_one_version_with_its_hash_is_named() -> None:
    text = LOCK + "loose>=1.0\nbare==1.0\nhttps://example.org/x.whl\nodd==1 --hash=md5:00\n"
    wrong = [one.name for one in TOOL["pins"](text) if one.faults]
    assert wrong == ["loose>=1.0", "bare", "https://example.org/x.whl", "odd"]


def test_without_advisories_it_says_that_nothing_is_known(lock: Path, capsys: Any) -> None:
    assert TOOL["main"](["--lock", str(lock)]) == 2
    assert "has NOT been looked at" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["folder", "zip", "file"])
def test_advisories_about_a_version_in_use_are_named(
    lock: Path, tmp_path: Path, capsys: Any, kind: str
) -> None:
    where = tmp_path / "known"
    if kind == "file":
        where.write_text(json.dumps(KNOWN), encoding="utf-8")
    elif kind == "zip":
        with zipfile.ZipFile(where, "w") as archive:
            for number, one in enumerate(KNOWN):
                archive.writestr(f"{number}.json", json.dumps(one))
    else:
        where.mkdir()
        for number, one in enumerate(KNOWN):
            (where / f"{number}.json").write_text(json.dumps(one), encoding="utf-8")
    words = ["--lock", str(lock), "--advisories", str(where)]
    assert TOOL["main"](words) == 1
    said = capsys.readouterr().out
    assert [one for one in ("OLD", "HIT", "LAST", "LISTED", "GONE", "ELSE") if f" {one}:" in said] == [
        *("HIT", "LAST", "LISTED")
    ]
    assert "6 advisories, the newest of 2026-11-20" in said
    accepted = [part for one in ("HIT", "LAST", "LISTED") for part in ("--accept", one)]
    assert TOOL["main"]([*words, *accepted]) == 0


def test_an_empty_set_of_advisories_is_no_all_clear(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert TOOL["main"](["--lock", str(lock), "--advisories", str(tmp_path / "empty")]) == 1
