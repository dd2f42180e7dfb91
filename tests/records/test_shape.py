"""Two versions of the code on one database: what only adds is no hindrance, and what takes away is told before it harms."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import rounds
from in_china import at
from states import settings as settings_of
from states.records import core, schema
from states.records.journal import note
from states.records.schema import NoDatabase
from states.records.session import Store, connect

NOW = at("2026-03-09 10:00")
ROOT = Path(__file__).parents[2]
HEAD = "from alembic import op\nimport sqlalchemy as sa\nfrom states.records import migrating\n"
ADDS = """revision = "0002"
down_revision = "0001"
oldest = "0001"
def upgrade():
    op.add_column("journal", sa.Column("weight", sa.Integer(), nullable=True))
"""
FILLS = """revision = "0003"
down_revision = "0002"
oldest = "0001"
def upgrade():
    migrating.filled(op.get_bind(), "journal", "weight", "id * 2")
"""
INDEXES = """revision = "0004"
down_revision = "0003"
oldest = "0001"
def upgrade():
    migrating.indexed(op.get_bind(), "ix_journal_weight", "journal", ["weight"])
"""
TAKES = """revision = "0005"
down_revision = "0004"
oldest = "0002"
def upgrade():
    with op.batch_alter_table("health") as table:
        table.drop_column("figures")
"""
OLD_CODE = """
import sys
from datetime import UTC, datetime
from states.records import schema
from states.records.journal import note
from states.records.session import connect
store = connect(sys.argv[1])
assert schema.behind(store) is None
for number in range(100_000):
    with store.write() as session:
        note(session, datetime.now(UTC), "old", "test", number=number)
    print(number, flush=True)
"""


class Newer:
    """The migrations of a newer version, in a folder of their own; the code of this process is the newer one or the older."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.old, self._patch = folder, schema.FOLDER, monkeypatch
        for one in schema.FOLDER.glob("0*.py"):
            (folder / one.name).write_bytes(one.read_bytes())

    def has(self, *texts: str) -> None:
        for text in texts:
            number = text.split('"')[1]
            (self.folder / f"{number}_made_up.py").write_text(HEAD + text, encoding="utf-8")

    def upgrade(self, store: Store) -> None:
        self.now()
        schema.upgrade(store)
        self._patch.setattr(schema, "FOLDER", self.old)

    def now(self) -> None:
        self._patch.setattr(schema, "FOLDER", self.folder)


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newer:
    folder = tmp_path / "versions"
    folder.mkdir()
    return Newer(folder, monkeypatch)


def url_of(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def many_facts(store: Store, number: int) -> None:
    row = {"at": NOW, "kind": "sample", "actor": "test"}
    with store.write() as session:
        session.execute(sa.insert(core.journal), [row] * number)


def test_old_code_writes_on_while_the_shape_grows(store: Store, newer: Newer) -> None:
    """A table that is written to all the time takes a column, a value in each of its rows, and an index."""
    many_facts(store, 60_000)
    newer.has(ADDS, FILLS, INDEXES)
    command = [sys.executable, "-c", OLD_CODE, url_of(store)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as old:
        assert old.stdout is not None
        written = _Written(old.stdout)
        written.wait_for(20)
        newer.upgrade(connect(url_of(store)))
        during = written.count
        written.wait_for(during + 50)
        assert old.poll() is None, "it goes on"
        old.kill()
    assert written.longest < 5, "nobody waited long"
    with store.read() as session:
        told = session.execute(sa.text("SELECT count(*), count(weight) FROM journal")).one()
        kept = session.execute(sa.select(sa.func.count()).where(core.journal.c.kind == "old")).scalar_one()
    assert kept >= written.count, "nothing that was committed is lost"
    assert told[1] >= 60_000
    assert schema.behind(store) is None
    with store.write() as session:
        note(session, NOW, "old", "test")


class _Written:
    """What the old code says it has committed, and the longest time between two of them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.count, self.longest, self._lines = 0, 0.0, lines
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        last = time.monotonic()
        for _ in self._lines:
            now = time.monotonic()
            self.longest = max(self.longest, now - last) if self.count else 0.0
            last, self.count = now, self.count + 1

    def wait_for(self, count: int) -> None:
        began = time.monotonic()
        while self.count < count:
            assert time.monotonic() - began < 60, f"{self.count} of {count}"
            time.sleep(0.01)


def test_a_shape_that_took_something_away_shuts_older_code_out(
    store: Store, newer: Newer, tmp_path: Path
) -> None:
    environ = {"DUBAN_DATABASE_URL": url_of(store), "DUBAN_HOME": str(tmp_path), "DUBAN_SMTP_URL": "memory:"}
    settings = settings_of.read(environ)
    rounds.run("watchdog", settings, NOW)
    newer.has(ADDS, FILLS, INDEXES, TAKES)
    newer.upgrade(store)
    said = schema.behind(store)
    assert said is not None
    assert all(
        words in said
        for words in ("结构 0005", "至少要为结构 0002 写的程序", "只认得 0001", "请升级这台机器上的 duban")
    )
    with pytest.raises(NoDatabase, match="请升级这台机器上的 duban"):
        schema.upgrade(store)
    with pytest.raises(NoDatabase, match="请升级这台机器上的 duban"):
        rounds.run("watchdog", settings, NOW)
    rounds.store_of.cache_clear()
    started = subprocess.run(
        [sys.executable, "-c", "from flows.cli import app; app()", "up", "--lite", "--port", "0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, env=_environ(environ),
    )  # fmt: skip
    assert started.returncode == 1
    assert "请升级这台机器上的 duban" in started.stderr
    assert "Traceback" not in started.stderr


def _environ(more: dict[str, str]) -> dict[str, str]:
    import os

    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("DUBAN_")},
        **more,
        "PYTHONPATH": str(ROOT),
    }


def test_newer_code_does_not_begin_on_an_older_shape(store: Store, newer: Newer) -> None:
    newer.has(ADDS)
    newer.now()
    said = schema.behind(store)
    assert said == "数据库还不是这个版本的结构（0001，应为 0002），请先运行 duban upgrade"
    schema.upgrade(store)
    assert schema.behind(store) is None


def test_the_marks_of_all_migrations_count(newer: Newer) -> None:
    newer.has(ADDS, FILLS, INDEXES, TAKES)
    newer.has('revision = "0006"\ndown_revision = "0005"\noldest = "0001"\n')
    newer.now()
    assert schema.migrations() == (("0001", "0002", "0003", "0004", "0005", "0006"), "0002")
    newer.has('revision = "0007"\ndown_revision = "0006"\n')
    assert schema.migrations().oldest == "0007", "one that says nothing shuts out all before it"


def test_a_change_that_waits_for_a_lock_lets_the_others_pass(
    copied_url: str, newer: Newer, monkeypatch
) -> None:
    """Somebody reads for long; a change of the shape queues behind him, and everybody else would behind it."""
    monkeypatch.setattr(schema, "LOCK_SECONDS", 0.3)
    monkeypatch.setattr(schema, "PAUSE", 0.1)
    monkeypatch.setattr(schema, "TRIES", 1_000)
    newer.has(ADDS)
    impatient = {"options": "-c lock_timeout=30s"}
    store, other = connect(copied_url, connect_args=impatient), connect(copied_url)
    failed: list[BaseException] = []

    def upgrade() -> None:
        try:
            newer.upgrade(other)
        except NoDatabase as error:
            failed.append(error)

    with store.read() as reading:
        reading.execute(sa.select(core.journal.c.id)).all()
        thread = threading.Thread(target=upgrade)
        thread.start()
        began = time.monotonic()
        while time.monotonic() - began < 3:
            many_facts(store, 1)
        assert thread.is_alive(), "it comes again and again"
    thread.join(60)
    assert failed == []
    with store.read() as session:
        session.execute(sa.text("SELECT weight FROM journal"))
    monkeypatch.setattr(schema, "TRIES", 2)
    newer.has(
        'revision = "0003"\ndown_revision = "0002"\ndef upgrade():\n    op.add_column("journal", sa.Column("a", sa.Integer()))\n'
    )
    with store.read() as reading:
        reading.execute(sa.select(core.journal.c.id)).all()
        with pytest.raises(NoDatabase, match="试了 2 次都没有等到"):
            newer.upgrade(other)
