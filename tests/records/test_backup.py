"""A record in a file and back: every row as it was, on the same kind of database or from SQLite to PostgreSQL; and what
is refused before anything is written.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
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
from states.records.backup import archive, encoded, keys, restoring, writing
from states.records.chain import reading_out, sealer
from states.records.core import account_session, journal, oidc_attempt, stored_file, unit
from states.records.journal import note
from states.records.session import Store, connect
from states.records.vault import Vault
from states.settings import Settings

NOW = at("2026-03-09 10:00")
LATER = NOW + timedelta(days=3)
BEHIND = int(LATER.timestamp()) * restoring.LEAP
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
        highest = sa.select(sa.func.max(unit.c.id)).scalar_subquery()
        session.execute(sa.update(unit).where(unit.c.id == 2).values(parent_id=highest))
        for content in CONTENTS:
            with Vault(home / "files").receive(1000) as file:
                file.write(content)
                about = {"size": len(content), "kind": "pdf", "by": "test", "at": NOW}
                session.execute(sa.insert(stored_file).values(sha256=file.complete(), **about))
                file.settle()
        accounts.first(session, NOW)
        opened = {"account_id": 1, "sha256": "s", "way": "password", "address": "127.0.0.1"}
        session.execute(sa.insert(account_session).values(**opened, opened_at=NOW, seen_at=NOW))
        asked = {"state": "s", "browser": "b", "nonce": "n", "verifier": "v"}
        session.execute(sa.insert(oidc_attempt).values(**asked, at=NOW))
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


def opened_anew(url: str, home: Path) -> tuple[Store, Settings]:
    """A store for what comes back, with nothing in it."""
    return connect(url), settings_of.read({"DUBAN_HOME": str(home)})


def put_back(
    store: Store,
    settings: Settings,
    path: Path,
    *,
    without_keys: bool = False,
    told: archive.Told = quiet,
    now: datetime = LATER,
) -> None:
    with archive.opened(path) as reader:
        plan = restoring.plan(store, settings, reader, quiet, without_keys=without_keys)
        restoring.restore(store, settings, reader, plan, now, "test", told)


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
def backup(make: Callable[[str, str], tuple[str, Path]], tmp_path: Path) -> Path:
    """A backup of a full store that is gone."""
    store, settings = full(*make("sqlite", "old"))
    made = backed_up(store, settings, tmp_path / "a.backup")
    store.close()
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
    fresh, there = opened_anew(*make(target, "new"))
    home = there.home
    put_back(fresh, there, path)
    assert everything(fresh) == before
    *same, told = _facts(fresh)
    assert same == facts
    assert (told.kind, told.id) == ("store.restored", BEHIND)
    with fresh.read() as session:
        for one in (account_session, oidc_attempt):
            assert session.execute(sa.select(one)).all() == [], "who was logged in logs in again"
    assert sorted(one.read_bytes() for one in (home / "files").rglob("*") if one.is_file()) == sorted(
        CONTENTS
    )
    assert (home / "journal.key").read_text() == (settings.home / "journal.key").read_text()
    assert (home / "journal.key").stat().st_mode & 0o077 == 0, "its owner alone"
    _goes_on(fresh, len(facts))
    fresh.close()


def test_an_old_backup_that_is_put_back_again_gives_out_no_number_twice(make, backup: Path) -> None:
    """Who followed the first of them must miss nothing of the second."""
    heads = [0]
    for name in ("first", "second"):
        fresh, there = opened_anew(*make("sqlite", name))
        now = LATER + timedelta(seconds=len(heads))
        schema.upgrade(fresh)  # it may be empty, or just set up
        put_back(fresh, there, backup, now=now)
        number = _facts(fresh)[-1].id
        assert heads[-1] < number < 2**53, "and any program can count so far"
        with fresh.write() as session:
            for _ in range(5):
                note(session, now, "sample", "test")
        heads.append(_facts(fresh)[-1].id)
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
        accounts.create(session, "li", "李示例", LATER, "test")  # numbers of other tables are free too
        note(session, LATER, "units.imported", "test")
    sealer.seal(store, LATER)
    found = check(reading_out.lines(store, LATER))
    assert found.broken is None, found.broken
    assert (found.rows, found.unsealed) == (old + 3, 0)
    commit_order.advance(store)
    with store.read() as session:
        for heard in (0, old, old + 500):
            page = feed.page(session, EVERYTHING, heard, 100, "test")
            assert page.events[-1]["type"] == "duban.units.imported"
            assert page.next == BEHIND + 2
        assert feed.page(session, EVERYTHING, BEHIND + 2, 100, "test").next == BEHIND + 2


def test_a_restore_that_breaks_off_leaves_nothing_and_is_called_again(make, tmp_path: Path) -> None:
    for kind in ("sqlite", "postgresql"):
        store, settings = full(*make(kind, f"{kind}-old"))
        path = backed_up(store, settings, tmp_path / f"{kind}.backup")
        fresh, there = opened_anew(*make(kind, f"{kind}-new"))

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
    fresh, there = opened_anew(*make("sqlite", "new"))
    home = there.home
    with archive.opened(path) as reader, pytest.raises(Refused, match=r"不是空的（account、"):
        restoring.plan(store, settings, reader, quiet, without_keys=False)
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
    assert not list(tmp_path.rglob("stray.key"))
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
    words = path.read_bytes().replace(b'"duban": "0.1"', b'"duban": "0.2"')
    (folder / "other words").write_bytes(words)
    yield folder / "other words", "损坏（manifest.json）"
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
    with archive.written(folder / "later", archive.Manifest(**manifest, format=2)):
        pass
    yield folder / "later", "的格式是 2"
    for name in _misled(folder, manifest | {"revision": "0001"}):
        yield folder / name, "损坏（manifest.json）"


def _misled(folder: Path, fits: dict[str, str]) -> Iterator[str]:
    """Names in it that lead elsewhere, or to nothing."""
    stray = {"../stray.key": ["0"]}
    with archive.written(folder / "leads elsewhere", archive.Manifest(**fits, keys=stray)) as writer:
        writer.text("keys/../stray.key", "x")
    yield "leads elsewhere"
    with archive.written(folder / "astray", archive.Manifest(**fits)) as writer:
        writer.text("files/../../stray.key", "x")
    yield "astray"
    with archive.written(folder / "strange key", archive.Manifest(**fits, keys=stray)):
        pass
    yield "strange key"
    with archive.written(folder / "lacking", archive.Manifest(**fits, tables={"unit": {"rows": 0}})):
        pass
    yield "lacking"


def test_a_content_that_is_lost_is_named_and_the_rest_is_kept(make, tmp_path: Path) -> None:
    store, settings = full(*make("sqlite", "old"))
    with store.read() as session:
        lost, kept = session.execute(sa.select(stored_file.c.sha256).order_by(stored_file.c.size)).scalars()
    Vault(settings.files).place(lost).write_bytes(b"other")
    made = writing.take(store, settings, tmp_path / "a", NOW, "test", "0.1", with_keys=True, told=quiet)
    assert (made.manifest.lost, made.manifest.files) == ([lost], [kept])
    store.close()


def test_a_file_that_appears_meanwhile_is_not_written_over(make, tmp_path: Path) -> None:
    path = tmp_path / "a"
    about = archive.Manifest("0.1", "sqlite", "0001", NOW.isoformat())
    with pytest.raises(Refused, match="已经存在"), archive.written(path, about):
        path.write_text("of somebody else")
    with pytest.raises(Refused, match="已经存在"), archive.written(path, about):
        pytest.fail("it is said before anything is written")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a", "of somebody else")]


def test_what_is_written_while_a_backup_is_taken_is_not_in_it_by_half(make, tmp_path: Path) -> None:
    store, settings = full(*make("postgresql", "old"))
    before = [one.id for one in _facts(store)]

    def writes(done: float, _total: float) -> None:
        if done == 0 or len(_facts(store)) == len(before):
            with store.write() as session:
                note(session, NOW, "sample", "test")

    path = tmp_path / "a"
    writing.take(store, settings, path, NOW, "test", "0.1", with_keys=True, told=writes)
    assert len(_facts(store)) == len(before) + 2
    with archive.opened(path) as reader:
        assert reader.manifest.tables["journal"]["rows"] == len(before)
    store.close()


def test_who_comes_between_the_look_and_the_restore_loses_nothing(make, backup: Path, tmp_path: Path) -> None:
    """Nor is a table taken that has fewer rows than the backup says."""
    fresh, there = opened_anew(*make("sqlite", "new"))
    short = tmp_path / "short"
    with archive.opened(backup) as reader:
        columns = reader.manifest.tables["unit"]["columns"]
    about = archive.Manifest("0.1", "sqlite", schema.migrations().newest, NOW.isoformat())
    about.tables["unit"] = {"columns": columns, "rows": 1}
    with archive.written(short, about) as writer:
        writer.table("unit", iter(()))
    with pytest.raises(DubanError, match="损坏（unit）"):
        put_back(fresh, there, short)
    other = archive.Manifest("0.1", "sqlite", schema.migrations().newest, NOW.isoformat())
    with archive.written(tmp_path / "other", other) as writer:
        writer.text(f"files/{'a' * 64}", "x")
    with pytest.raises(DubanError, match="损坏（aaaa"):
        put_back(fresh, there, tmp_path / "other")
    assert list(Vault(there.files).kept()) == [], "nor a content under a hash that is another's"
    with archive.opened(backup) as reader:
        plan = restoring.plan(fresh, there, reader, quiet, without_keys=False)
        with fresh.write() as session:
            note(session, NOW, "sample", "somebody")
        with pytest.raises(Refused, match="不是空的（journal 等"):
            restoring.restore(fresh, there, reader, plan, LATER, "test", quiet)
    assert [one.actor for one in _facts(fresh)] == ["somebody"]
    fresh.close()


def test_an_empty_database_of_another_shape_is_not_filled(make, backup: Path) -> None:
    fresh, there = opened_anew(*make("sqlite", "new"))
    schema.upgrade(fresh)
    with fresh.write() as session:
        session.execute(sa.update(schema.VERSION).values(version_num="0000"))
    with pytest.raises(Refused, match="目标数据库已是结构 0000"):
        put_back(fresh, there, backup)
    fresh.close()


def _key(letter: str) -> str:
    return letter * 43 + "="


OLD, NEW = _key("A"), _key("B")


@pytest.mark.parametrize(
    ("backup", "inside", "here", "placed"),
    [
        (OLD, True, "", {"clue.key": OLD}),
        (OLD, True, OLD, {}),
        (OLD, False, OLD, {}),
        (OLD, False, f"{NEW},{OLD}", {}),
        (f"{NEW},{OLD}", False, NEW, {}),
        (f"{NEW},{OLD}", False, OLD, "不是备份所用的那一把"),
        (f"{NEW},{OLD}", True, "", "有几把密钥"),
        (OLD, True, NEW, "不是备份所用的那一把"),
        (OLD, False, "", "备份里没有 clue.key"),
    ],
)
def test_the_keys_of_a_backup_go_where_none_is_and_never_over_another(
    tmp_path: Path, backup: str, inside: bool, here: str, placed: dict[str, str] | str
) -> None:
    """`here` is what the setting says; a file beside it is not looked at."""
    set_to = {"DUBAN_HOME": str(tmp_path)}
    if here:
        (tmp_path / "clue.key").write_text(_key("C"))
        set_to["DUBAN_CLUE_KEY"] = here
    there = settings_of.read(set_to)
    told, content = keys.told_by({"clue.key": backup}), {"clue.key": backup} if inside else {}
    if isinstance(placed, dict):
        assert keys.to_place(told, content, there, without=False) == placed
        return
    with pytest.raises(Refused, match=placed):
        keys.to_place(told, content, there, without=False)
    assert keys.to_place(told, content, there, without=True) == {}


def test_a_key_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    there = settings_of.read({"DUBAN_HOME": str(tmp_path)})
    (tmp_path / "clue.key").write_text(OLD)
    with pytest.raises(FileExistsError):
        keys.place(there, {"clue.key": NEW})
    assert (tmp_path / "clue.key").read_text() == OLD


def test_nobody_upgrades_a_database_while_it_is_filled(make, backup: Path) -> None:
    (fresh, there), free = opened_anew(*make("postgresql", "new")), []

    def looks(_done: float, _total: float) -> None:
        with fresh.engine.connect() as other:
            asked = sa.text("SELECT pg_try_advisory_xact_lock(:key)")
            free.append(other.execute(asked, {"key": schema.UPGRADE_LOCK}).scalar())

    put_back(fresh, there, backup, told=looks)
    assert not free[-1]
    fresh.close()
