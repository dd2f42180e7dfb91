"""Files as evidence of a request for a later date: kept like all that is handed in, seen by who sees the request."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api.watch import LARGEST
from states.clock import now
from states.records.core import extension, extension_file, journal
from states.records.sweeping import check
from states.records.vault import Vault

PDF = b"%PDF-1.7\n" + "防汛指令".encode() + b"\n%%EOF\n"
NAME = "县防办〔2026〕3号.pdf"
REQUESTS = "/campaigns/1/extensions"


def ask(world: Any, *files: tuple[str, bytes], by: Any = None, code: str = "A-H1", **fields: str) -> Any:
    said = {"until": "2026-12-04", "reason": "洪涝灾害", **fields}
    again = {"Idempotency-Key": said.pop("again")} if "again" in said else {}
    parts: list[Any] = [("file", one) for one in files]
    parts += [(name, (None, value)) for name, value in said.items()]
    address = f"/api/v1/campaigns/1/obligations/{world.owes(code, 'report')}/extensions"
    return world._checked(world.client.post(address, files=parts, headers={**(by or world.all), **again}))


def lying(world: Any) -> list[str]:
    folder: Path = world.settings.files
    return sorted(one.name for one in folder.rglob("*") if one.is_file())


def test_evidence_is_kept_listed_and_fetched_by_who_sees_the_request(world: Any) -> None:
    own, county, other = (
        world.key(name, write=True, under=code)
        for name, code in (("own", "A-H1"), ("county", "A"), ("west", "B"))
    )
    assert ask(world, (NAME, PDF), by=other).status_code == 403
    made = ask(world, (NAME, PDF), ("照片.txt", b"a"), by=own, evidence="防汛指令", again="once")
    assert made.status_code == 201, made.text
    digest = hashlib.sha256(PDF).hexdigest()
    first, second = made.json()["files"]
    assert (first["name"], first["sha256"], first["kind"]["key"]) == (NAME, digest, "pdf")
    assert (second["number"], made.json()["evidence"]) == (2, "防汛指令")
    assert (
        ask(world, (NAME, PDF), ("照片.txt", b"a"), by=own, evidence="防汛指令", again="once").json()
        == made.json()
    )
    listed = world.get(REQUESTS, county).json()["items"][0]
    assert listed["files"] == made.json()["files"]
    for key in (own, county):
        got = world.client.get(first["address"], headers={**key, "Range": "bytes=0-3"})
        assert (got.status_code, got.content) == (206, b"%PDF")
        assert got.headers["content-disposition"].startswith("attachment;")
    assert world.client.get(first["address"], headers=other).status_code == 404
    assert world.get(f"{REQUESTS}/1/files/3").status_code == 404
    again = ask(world, code="A-C1", by=county, earlier=digest)
    assert again.status_code == 404, "only what was handed in is named once more"
    with world.store.read() as session:
        (noted,) = session.execute(
            sa.select(journal.c.payload).where(journal.c.kind == "extension.asked")
        ).scalars()
    assert [one["sha256"] for one in noted["files"]] == [digest, second["sha256"]]
    found = check(world.store, Vault(world.settings.files), now())
    assert (found.contents, found.references, found.troubles, found.orphaned) == (2, 2, (), ())
    Vault(world.settings.files).place(digest).unlink()
    (lost,) = check(world.store, Vault(world.settings.files), now()).troubles
    assert [(one.code, one.version, one.name) for one in lost.named] == [("A-H1", 0, NAME)]


def test_what_was_handed_in_is_evidence_too_and_what_is_refused_leaves_nothing(world: Any) -> None:
    address = f"/api/v1/campaigns/1/obligations/{world.owes('A-H1', 'list')}/submissions"
    world.client.post(address, files=[("file", (NAME, PDF))], headers=world.all)
    before = lying(world)
    for bad in (
        ask(world, ("a.exe", b"MZ" + bytes(200))),
        ask(world, ("a.txt", b"new"), until="2026-11-01"),
        ask(world, ("a.txt", b"new"), until="哪天都行"),
        ask(world, *((f"{n}.txt", bytes([65 + n])) for n in range(21))),
    ):
        assert bad.status_code in (409, 422), bad.text
    assert lying(world) == before
    with world.store.read() as session:
        for table in (extension, extension_file):
            assert session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
    large = ("照片.txt", b"a" * (LARGEST + 1))
    made = ask(world, large, earlier=hashlib.sha256(PDF).hexdigest())
    assert [one["name"] for one in made.json()["files"]] == ["照片.txt", NAME]
    assert len(lying(world)) == len(before) + 1
