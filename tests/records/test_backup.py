"""A record in a file and back: every row as it was, on the same kind of database or from SQLite to PostgreSQL; and what
is refused before anything is written.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from in_china import at
from sealed_journal import Sealed
from states import settings as settings_of
from states.chain.check import check
from states.errors import DubanError, Refused
from states.records import accounts, commit_order, feed, sample, schema
from states.records.access import EVERYTHING
from states.records.backup import archive, encoded, restoring, writing
from states.records.chain import reading_out, sealer
from states.records.core import account_session, journal, stored_file
from states.records.journal import note
from states.records.session import Store, connect
from states.records.vault import Vault
from states.settings import Settings

NOW = at("2026-03-09 10:00")
LATER = NOW + timedelta(days=3)
CHANGED = {*writing.LEFT_OUT, "restored", "journal", "journal_head", "journal_span"}
CONTENTS = (b"%PDF-1.7\n1", b"%PDF-1.7\n2")


def quiet(_done: float, _total: float) -> None:
    """Nobody looks."""


def full(url: str, home: Path) -> tuple[Store, Settings]:
    """A store with a sealed journal, people, files and everything that is written strangely."""
    store = connect(url)
    schema.upgrade(store)
    sealed = Sealed(store, home)
    with store.write() as session:
        sample.build(session, 40, NOW)
        for content in CONTENTS:
            with Vault(home / "files").receive(1000) as file:
                file.write(content)
                about = {"size": len(content), "kind": "pdf", "by": "test", "at": NOW}
                session.execute(sa.insert(stored_file).values(sha256=file.complete(), **about))
                file.settle()
        accounts.first(session, NOW)
        opened = {"account_id": 1, "sha256": "s", "way": "password", "address": "127.0.0.1"}
        session.execute(sa.insert(account_session).values(**opened, opened_at=NOW, seen_at=NOW))
        note(
            session,
            NOW,
            "sample",
            "test",
            reason='引号"，换行\n，反斜杠\\，表情😀',
            none=None,
            deep=[1.5, {"a": True}],
        )
    return store, sealed.settings


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row, as code reads it; JSON letter by letter."""
    with store.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(encoded.rows(table))]
            for table in SQLModel.metadata.sorted_tables
            if table.name not in CHANGED
        }


def backed_up(store: Store, settings: Settings, path: Path, **more: Any) -> Path:
    writing.take(store, settings, path, NOW, "test", "0.1", with_keys=True, told=quiet, **more)
    return path


def put_back(
    store: Store, settings: Settings, path: Path, *, without_keys: bool = False, told: archive.Told = quiet
) -> None:
    with archive.opened(path) as reader:
        plan = restoring.plan(store, settings, reader, quiet, without_keys=without_keys)
        restoring.restore(store, settings, reader, plan, LATER, "test", told)


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str, str], tuple[str, Path]]:
    """An empty database of a kind, and a folder for what belongs to it."""

    def made(kind: str, name: str) -> tuple[str, Path]:
        home = tmp_path / name
        home.mkdir()
        if kind == "sqlite":
            return f"sqlite:///{home / 'duban.db'}", home
        return request.getfixturevalue("empty_databases")(), home

    return made


@pytest.fixture
def empty_databases(databases: Any) -> Iterator[Callable[[], str]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(databases.one())


@pytest.mark.parametrize(
    ("source", "target"), [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("sqlite", "postgresql")]
)
def test_every_row_comes_back_and_the_journal_goes_on(source: str, target: str, make, tmp_path: Path) -> None:
    store, settings = full(*make(source, "old"))
    before, facts = everything(store), _facts(store)
    path = backed_up(store, settings, tmp_path / "a.backup")
    assert path.stat().st_mode & 0o077 == 0, "it holds what others must not read"
    assert [one.kind for one in _facts(store)[len(facts) :]] == ["store.backed_up"]
    store.close()
    url, home = make(target, "new")
    fresh, there = connect(url), settings_of.read({"DUBAN_HOME": str(home)})
    put_back(fresh, there, path)
    assert everything(fresh) == before
    *same, told = _facts(fresh)
    assert same == facts
    assert (told.kind, told.id) == ("store.restored", restoring.LEAP)
    with fresh.read() as session:
        assert session.execute(sa.select(account_session)).all() == [], "who was logged in logs in again"
    assert sorted(one.read_bytes() for one in (home / "files").rglob("*") if one.is_file()) == sorted(
        CONTENTS
    )
    assert (home / "journal.key").read_text() == (settings.home / "journal.key").read_text()
    _goes_on(fresh, len(facts))
    fresh.close()


def _facts(store: Store) -> list[Any]:
    with store.read() as session:
        columns = [one for one in journal.c if one.name != "payload"]
        return session.execute(
            sa.select(*columns, sa.cast(journal.c.payload, sa.Text)).order_by(journal.c.id)
        ).all()


def _goes_on(store: Store, old: int) -> None:
    """Facts are sealed and told on behind the leap, and a follower from before the loss gets them."""
    with store.write() as session:
        note(session, LATER, "units.imported", "test")
    sealer.seal(store, LATER)
    found = check(reading_out.lines(store, LATER))
    assert found.broken is None, found.broken
    assert (found.rows, found.unsealed) == (old + 2, 0)
    commit_order.advance(store)
    with store.read() as session:
        for heard in (0, old, old + 500):
            page = feed.page(session, EVERYTHING, heard, 100, "test")
            assert page.events[-1]["type"] == "duban.units.imported"
            assert page.next == restoring.LEAP + 1
        assert feed.page(session, EVERYTHING, restoring.LEAP + 1, 100, "test").next == restoring.LEAP + 1


def test_a_restore_that_breaks_off_leaves_nothing_and_is_called_again(make, tmp_path: Path) -> None:
    for kind in ("sqlite", "postgresql"):
        store, settings = full(*make(kind, f"{kind}-old"))
        path = backed_up(store, settings, tmp_path / f"{kind}.backup")
        url, home = make(kind, f"{kind}-new")
        fresh, there = connect(url), settings_of.read({"DUBAN_HOME": str(home)})

        def breaks(done: float, total: float) -> None:
            if done > total / 2 > 10:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            put_back(fresh, there, path, told=breaks)
        assert not any(rows for name, rows in everything(fresh).items() if not name.startswith("calendar"))
        put_back(fresh, there, path)
        assert everything(fresh) == everything(store)
        store.close()
        fresh.close()


def test_what_would_harm_is_refused_before_anything_is_written(make, tmp_path: Path) -> None:
    store, settings = full(*make("sqlite", "old"))
    path = backed_up(store, settings, tmp_path / "a.backup")
    with pytest.raises(Refused, match="已经存在"):
        backed_up(store, settings, path)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    url, home = make("sqlite", "new")
    fresh, there = connect(url), settings_of.read({"DUBAN_HOME": str(home)})
    with pytest.raises(Refused, match=r"不是空的（account、"):
        put_back(store, settings, path)
    (home / "journal.key").write_text("A" * 43 + "=\n")
    with pytest.raises(Refused, match=r"journal.key（DUBAN_JOURNAL_KEY）不是备份所用的"):
        put_back(fresh, there, path)
    (home / "journal.key").unlink()
    bare = tmp_path / "bare.backup"
    writing.take(store, settings, bare, NOW, "test", "0.1", with_keys=False, told=quiet)
    with pytest.raises(Refused, match=r"备份里没有 journal\.key"):
        put_back(fresh, there, bare)
    for harmed, says in _harmed(path, tmp_path):
        with pytest.raises(DubanError, match=says):
            put_back(fresh, there, harmed)
    assert not [one for one in home.iterdir() if not one.name.startswith("duban.db")]
    assert sa.inspect(fresh.engine).get_table_names() == []
    put_back(fresh, there, bare, without_keys=True)
    store.close()
    fresh.close()


def _harmed(path: Path, folder: Path) -> Iterator[tuple[Path, str]]:
    """A byte that turned over in a table and in a content, a file that was cut off, one of a newer version, none at all."""
    with tarfile.open(path) as tar:
        places = {one.name: one.offset_data for one in tar}
    for name in ("tables/unit.jsonl.gz", next(one for one in places if one.startswith("files/"))):
        data = bytearray(path.read_bytes())
        data[places[name] + 5] ^= 1
        (folder / "turned").write_bytes(data)
        yield folder / "turned", f"损坏（{name}）"
    (folder / "cut").write_bytes(path.read_bytes()[: places["manifest.json"] - 512])
    yield folder / "cut", "不完整"
    (folder / "none").write_bytes(b"no backup")
    yield folder / "none", "不是 duban backup 写出的备份"
    manifest = {"duban": "9.9", "database": "sqlite", "revision": "9999", "taken_at": NOW.isoformat()}
    with archive.written(folder / "newer", archive.Manifest(**manifest)):
        pass
    yield folder / "newer", "出自更新的 duban 9.9（结构 9999）"
    with archive.written(
        folder / "big", archive.Manifest(**manifest | {"database": "postgresql", "revision": "0001"})
    ):
        pass
    yield folder / "big", "只能恢复到 PostgreSQL"


def test_a_content_that_is_lost_is_named_and_the_rest_is_kept(make, tmp_path: Path) -> None:
    store, settings = full(*make("sqlite", "old"))
    with store.read() as session:
        lost, kept = session.execute(sa.select(stored_file.c.sha256).order_by(stored_file.c.size)).scalars()
    Vault(settings.files).place(lost).write_bytes(b"other")
    made = writing.take(store, settings, tmp_path / "a", NOW, "test", "0.1", with_keys=True, told=quiet)
    assert (made.manifest.lost, made.manifest.files) == ([lost], [kept])
    store.close()
