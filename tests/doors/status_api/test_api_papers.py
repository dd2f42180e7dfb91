"""Reports over the API: files with their names, for keys that hold the whole campaign, as of a day for ever."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from states.records.core import journal, report_paper

PAPERS = "/campaigns/1/papers"


@pytest.mark.parametrize(
    ("kind", "name"), [("work", "工作汇报"), ("ranking", "情况通报"), ("weekly", "周调度表")]
)
def test_a_report_is_a_file_with_its_name(world: Any, kind: str, name: str) -> None:
    world.at("2026-11-23 10:00")
    answer = world.get(f"{PAPERS}/{kind}")
    assert answer.content.startswith(b"PK")
    assert name in unquote(answer.headers["content-disposition"])
    again = world.get(f"{PAPERS}/{kind}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_four_at_once_and_later_get_the_same_bytes_as_of_a_day(world: Any) -> None:
    world.at("2026-11-27 10:00")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: world.get(f"{PAPERS}/work?as_of=2026-11-26"), range(4)))
    world.hand_in("A-H1", "report", "list")
    world.at("2026-12-10 10:00")
    found.append(world.get(f"{PAPERS}/work?as_of=2026-11-26"))
    assert {one.status_code for one in found} == {200}
    (digest,) = {hashlib.sha256(one.content).hexdigest() for one in found}
    with world.store.read() as session:
        (kept,) = session.execute(
            sa.select(journal.c.payload).where(journal.c.kind == "report.kept")
        ).scalars()
    assert kept == {"report": "work", "as_of": "2026-11-26", "sha256": digest}


def test_a_key_that_only_reads_gets_the_kept_paper_and_keeps_none(world: Any) -> None:
    world.at("2026-11-27 10:00")
    reader, address = world.key("reader"), f"{PAPERS}/ranking?as_of=2026-11-26"

    def kept() -> int:
        with world.store.read() as session:
            return session.execute(sa.select(sa.func.count()).select_from(report_paper)).scalar_one()

    computed = world.get(address, reader)
    assert (computed.status_code, kept()) == (200, 0)
    stored = world.get(address)
    assert kept() == 1
    assert world.get(address, reader).content == stored.content == computed.content


def test_who_may_not_and_what_cannot_be_had(world: Any) -> None:
    east = world.key("east", write=True, under="A")
    assert world.get(f"{PAPERS}/work", east).status_code == 403
    assert world.get(f"{PAPERS}/work?as_of=2026-11-01", east).status_code == 403
    assert world.get(f"{PAPERS}/yearly").status_code == 422
    for day in ("2026-11-02", "2026-10-01", "soon"):
        assert world.get(f"{PAPERS}/work?as_of={day}").status_code == 422
