"""What people write comes out as what they wrote: no formula, no header, no path, and no way to make us work for long."""

from __future__ import annotations

import email
import email.policy
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from flows import rounds
from states.records.core import contact, unit

STARTS = ("=", "+", "-", "@", "\t=", "\r=", "＝")
FORMULAS = [f"{one}HYPERLINK(\"http://evil.example\",1)|'/C calc'!A0" for one in STARTS]
BREAK = "示例\r\nBcc: evil@evil.example\r\n\r\n<script>alert(1)</script>"
PATHS = (
    "../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "..%5c..%5cboot.ini",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "....//....//etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "journal.key",
    "..%2fjournal.key",
    "con%00.txt",
    "file:%2f%2f%2fetc%2fpasswd",
)
PLACES = (
    *("/static/{}", "/static-offline-docs/{}", "/dev/mail/{}", "/dev/mail/{}/1", "/docs/{}"),
    *("/api/v1/templates/{}", "/api/v1/units/{}/status", "/api/v1/campaigns/1/papers/{}"),
    *("/api/v1/campaigns/1/units/{}", "/api/v1/campaigns/1/ledger/{}", "/api/v1/campaigns/{}"),
    "/api/v1/obligations/{}/submissions/1/files/1",
)


@pytest.fixture(params=["sqlite"])
def world(request: pytest.FixtureRequest, world_of: Any, tmp_path: Path) -> Iterator[Any]:
    with world_of(request, tmp_path) as made:
        yield made


def cells(content: bytes) -> dict[str, str]:
    """What stands in the cells of a workbook, each with its kind."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = (cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None)
    return {str(cell.value): cell.data_type for cell in found}


def test_no_text_is_a_formula_in_any_workbook(world: Any) -> None:
    item = {
        "unit": "A-H1",
        "project": "示例",
        "due": "2026年12月10日",
        "measures": FORMULAS[:3],
        "found_by": "self",
    }
    sent = {"items": [{**item, "problem": one} for one in FORMULAS if one.isprintable()]}
    added = world.post("/campaigns/1/ledger", sent)
    assert added.status_code == 201, added.text
    with world.store.write() as session:
        session.execute(sa.update(unit).where(unit.c.code == "A-H1").values(name=FORMULAS[0]))
        session.execute(sa.update(contact).values(name=FORMULAS[1]))
    asked = [("/campaigns/1/ledger/export", {}), ("/campaigns/1/forms/export", {"requirement": "report"})]
    asked += [(f"/campaigns/1/papers/{kind}", {}) for kind in ("ranking", "weekly")]
    seen: set[str] = set()
    for path, params in asked:
        answer = world.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found = cells(answer.content)
        assert "f" not in found.values(), path
        seen |= set(found)
        for name in (names := zipfile.ZipFile(io.BytesIO(answer.content))).namelist():
            assert "externalLink" not in name
            assert b"<f>" not in names.read(name), (path, name)
    assert FORMULAS[0] in seen
    assert any(FORMULAS[3] in one for one in seen)


def test_no_text_is_a_header_or_markup_of_a_mail(world: Any) -> None:
    with world.store.write() as session:
        session.execute(sa.update(unit).where(unit.c.code == "A-H1").values(name=BREAK))
        session.execute(
            sa.update(contact).where(contact.c.email == "liaison.a-h1@example.org").values(name=BREAK)
        )
    world.at("2026-11-19 08:00")
    for job in ("open_due", "remind", "deliver"):
        rounds.run(job, world.settings, world.hands.at.replace(hour=2))
    boxes = [one for one in (world.settings.home / "mail").rglob("*") if one.is_file()]
    mails = [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in boxes]
    mine = [one for one in mails if "liaison.a-h1@example.org" in str(one["To"])]
    assert mine, "one was sent"
    for one in mails:
        assert one["Bcc"] is None
        assert len(one.get_all("To")) == len(one.get_all("Subject")) == 1
        html = one.get_body(("html",)).get_content()
        assert "<script>alert" not in html


def test_a_name_of_a_file_is_no_header_and_no_path(world: Any) -> None:
    name = 'a"\r\nSet-Cookie: x=1\r\n\r\n../../../示例;filename=evil.exe.txt'
    world.at("2026-11-06 10:00")
    key = world.owes("A-H1", "report")
    address = f"/api/v1/campaigns/1/obligations/{key}/submissions"
    page = {"file": ("plain.txt", b"<html><script>alert(1)</script>", "text/plain")}
    assert world.client.post(address, files=page, headers=world.all).status_code == 422, (
        "by what it is, not says"
    )
    done = world.client.post(address, files={"file": (name, b"text", "text/html")}, headers=world.all)
    assert done.status_code in (200, 201), done.text
    answer = world.get(f"/obligations/{key}/submissions/1/files/1")
    assert answer.status_code == 200, answer.text
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "/" not in answer.headers["content-disposition"].partition("''")[2]
    assert answer.headers["content-type"].partition(";")[0] == "text/plain"
    assert answer.headers["x-content-type-options"] == "nosniff"
    kept = [one for one in world.settings.files.rglob("*") if one.is_file()]
    assert kept
    assert all(len(one.name) == 64 for one in kept), "on the disk they have no name but their hash"


@pytest.mark.parametrize("place", PLACES)
def test_no_address_leads_out_of_what_it_names(world: Any, place: str) -> None:
    secret = world.settings.home / "journal.key"
    secret.write_text("the-key-of-the-journal", encoding="utf-8")
    for path in PATHS:
        answer = world.client.get(place.format(path), headers=world.all, follow_redirects=False)
        to_log_in = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        assert to_log_in or answer.status_code in (401, 403, 404, 405, 422), (path, answer.status_code)
        assert "root:" not in answer.text
        assert "the-key-of-the-journal" not in answer.text


DEEP = '{"move":' + "[" * 100_000 + "]" * 100_000 + "}"
BODIES = {
    "deep": DEEP.encode(),
    "a number of many digits": b'{"move": "suspend", "version": ' + b"9" * 100_000 + b"}",
    "infinite": b'{"move": "suspend", "version": 1e999}',
    "no number": b'{"move": "suspend", "version": NaN}',
    "half a character": b'{"move": "\\ud800"}',
    "other bytes": b'\xff\xfe{"move"',
    "a list": b"[]",
    "nothing": b"",
    "many names": json.dumps({f"x{number}": 1 for number in range(50_000)}).encode(),
    "the same name": b'{"move": "a", ' + b'"move": "b",' * 10_000 + b'"move": "c"}',
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_made_to_break_readers_is_refused_at_once(world: Any, what: str) -> None:
    headers = {**world.all, "Content-Type": "application/json"}
    began = time.process_time()
    for path in ("/campaigns/1/units/A-H1/moves", "/campaigns/1/moves", "/campaigns"):
        answer = world.client.post(f"/api/v1{path}", content=BODIES[what], headers=headers)
        assert answer.status_code in (400, 404, 409, 422), (path, answer.status_code, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 20_000, "what was sent is not sent back"
    assert time.process_time() - began < 3


LONG = "%_\\" * 66
FILTERS = {
    "/campaigns/1/units": {"q": LONG, "state": ["a" * 200] * 20, "kind": [LONG] * 20},
    "/campaigns/1/obligations": {"q": LONG},
    "/campaigns/1/ledger": {"q": LONG},
    "/changes": {"type": ["duban." + "*" * 90] * 50},
}


@pytest.mark.parametrize("path", FILTERS)
def test_filters_made_to_take_long_do_not(world: Any, path: str) -> None:
    began = time.process_time()
    answer = world.get(path, params=FILTERS[path])
    assert answer.status_code in (200, 422), answer.text
    assert time.process_time() - began < 1


PAGED = (
    "",
    "/1/changes-above",
    "/1/proposals",
    "/1/letters",
    "/1/extensions",
    "/1/units",
    "/1/obligations",
    "/1/children",
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_number_that_no_row_can_have_is_no_trouble(
    request: Any, world_of: Any, tmp_path: Path, kind: str
) -> None:
    """PostgreSQL takes it for more than a number of rows may be."""
    request.param = kind
    with world_of(request, tmp_path) as world:
        for path in [*(f"/campaigns{one}" for one in PAGED), "/webhooks/1/deliveries"]:
            for cursor in ("947123001540", "9" * 18):
                answer = world.get(path, params={"cursor": cursor})
                assert answer.status_code in (200, 404, 422), (path, answer.text)
