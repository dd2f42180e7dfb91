"""The database's shape: made once whoever comes first, and when it can't be used, one sentence that says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from states.errors import BadSetting
from states.records import core, schema, session
from states.records.schema import NoDatabase
from states.records.session import connect

ROOT = Path(__file__).parents[2]
UPGRADE = """
import sys
from states.records import schema, session
print("ready", flush=True)
sys.stdin.readline()
schema.upgrade(session.connect(sys.argv[1]))
"""


def tables(url: str) -> set[str]:
    store = connect(url)
    try:
        return set(sa.inspect(store.engine).get_table_names())
    finally:
        store.close()


def test_the_newest_migration_is_the_one_that_alembic_finds() -> None:
    from alembic.script import ScriptDirectory

    found = ScriptDirectory(str(schema.FOLDER.parent))
    assert [schema.migrations().newest] == found.get_heads()
    assert list(schema.migrations().line) == [one.revision for one in found.walk_revisions()][::-1]


def test_a_tick_starts_without_what_only_upgrades_and_sheets_need() -> None:
    code = "import flows.rounds, states.records.schema, sys; print(*sys.modules)"
    seen = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert {"alembic", "openpyxl", "xlsxwriter", "prefect"} & set(seen.stdout.split()) == set()


def test_a_service_starts_without_what_only_sheets_papers_and_clues_need() -> None:
    """Each of them costs 2 to 10 of the 150 MB that a whole service may have."""
    code = "import api.app, flows.local, flows.rounds, states.records.schema, sys; print(*sys.modules)"
    seen = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    costly = {"alembic", "openpyxl", "xlsxwriter", "docx", "docxtpl", "lxml", "resvg_py", "pypinyin"}
    costly |= {"authlib", "joserfc", "httpx", "pwdlib", "argon2"}  # only for those who log in
    assert (costly | {"cryptography", "prefect"}) & set(seen.stdout.split()) == set()


def test_an_upgrade_makes_every_table_and_the_calendar(database_url) -> None:
    store = connect(database_url)
    schema.upgrade(store)
    assert tables(database_url) >= set(SQLModel.metadata.tables)
    with store.read() as reading:
        years = reading.execute(
            sa.select(sa.func.min(core.calendar_year.c.year), sa.func.max(core.calendar_year.c.year))
        )
        assert tuple(years.one()) == (2004, 2026)
    assert schema.behind(store) is None
    store.close()


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(store) -> None:
    def all_rows() -> dict[str, list[str]]:
        with store.read() as reading:
            return {
                table.name: sorted(map(repr, reading.execute(sa.select(table))))
                for table in SQLModel.metadata.sorted_tables
            }

    before = all_rows()
    schema.upgrade(store)
    assert all_rows() == before


def test_an_upgrade_of_what_is_up_to_date_loads_no_alembic(store) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    code = "import sys; from states.records import schema, session; schema.upgrade(session.connect(sys.argv[1])); print(*sys.modules)"
    seen = subprocess.run(
        [sys.executable, "-c", code, url], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert "alembic" not in seen.stdout.split()


def test_the_migrations_and_the_tables_say_the_same(store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_four_processes_may_upgrade_at_once(database_url) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, database_url],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    complaints = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], "\n".join(complaints)
    store = connect(database_url)
    assert schema.behind(store) is None
    store.close()


def test_an_empty_database_is_said_to_need_an_upgrade(database_url) -> None:
    store = connect(database_url)
    assert schema.behind(store) == "数据库还不是这个版本的结构，请先运行 duban upgrade"
    store.close()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path) -> None:
    path = tmp_path / "duban.db"
    path.write_bytes(b"PK\x03\x04 this is a spreadsheet" * 100)
    store = connect(f"sqlite:///{path}")
    with pytest.raises(NoDatabase, match="duban") as caught:
        schema.upgrade(store)
    assert "\n" not in caught.value.detail
    assert (schema.behind(store) or "").startswith("连不上数据库：")
    assert path.read_bytes().startswith(b"PK")


def test_a_folder_in_the_place_of_the_file_is_one_sentence(tmp_path) -> None:
    store = connect(f"sqlite:///{tmp_path}")
    with pytest.raises(NoDatabase) as caught:
        schema.upgrade(store)
    assert "\n" not in caught.value.detail
    assert (schema.behind(store) or "").startswith("连不上数据库：")


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="DUBAN_DATABASE_URL"):
        connect(f"sqlite:///{tmp_path / 'file' / 'duban.db'}")


def test_a_database_that_another_holds_is_one_sentence(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(session, "BUSY_SECONDS", 0.1)
    url = f"sqlite:///{tmp_path / 'duban.db'}"
    holder, store = connect(url), connect(url)
    with holder.engine.connect() as connection:
        connection.execution_options(duban_begin="EXCLUSIVE").exec_driver_sql("CREATE TABLE mine (x)")
        with pytest.raises(NoDatabase, match="locked") as caught:
            schema.upgrade(store)
    assert "\n" not in caught.value.detail
    schema.upgrade(store)
    assert schema.behind(store) is None


def test_a_server_that_is_not_there_is_one_sentence_without_the_password() -> None:
    store = connect("postgresql+psycopg://duban:s3cret@127.0.0.1:1/duban")
    with pytest.raises(NoDatabase) as caught:
        schema.upgrade(store)
    assert "\n" not in caught.value.detail
    assert "s3cret" not in caught.value.detail
    assert (schema.behind(store) or "").startswith("连不上数据库：")
    assert "s3cret" not in (schema.behind(store) or "")


def test_an_address_that_is_none_names_the_setting() -> None:
    with pytest.raises(BadSetting, match="DUBAN_DATABASE_URL"):
        connect("no address at all")


def test_a_write_that_fails_leaves_nothing_and_the_next_one_goes_through(store) -> None:
    def fail() -> None:
        with store.write() as writing:
            writing.execute(sa.insert(core.calendar_year).values(year=2099, source="x"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.write() as writing:
        writing.execute(sa.insert(core.calendar_year).values(year=2098, source="x"))
    with store.read() as reading:
        late = sa.select(core.calendar_year.c.year).where(core.calendar_year.c.year > 2090)
        assert list(reading.execute(late).scalars()) == [2098]


def test_a_read_writes_nothing(store) -> None:
    with store.read() as reading, pytest.raises(sa.exc.DBAPIError):
        reading.execute(sa.insert(core.calendar_year).values(year=2099, source="x"))
    with store.read() as reading:
        assert (
            reading.execute(sa.select(core.calendar_year).where(core.calendar_year.c.year == 2099)).all()
            == []
        )
