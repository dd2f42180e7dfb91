"""What `duban up` says on the terminal and in its log: who can reach it, and that its database is away."""

from __future__ import annotations

import http.client
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa

from flows import outage
from flows.outage import away
from states.records import schema
from states.records.session import connect

DUBAN = (sys.executable, "-c", "from flows.cli import app; app()")
AWAY, BACK = "数据库用不了：", "数据库恢复了，中断约"


class Service:
    """`duban up` in a process of its own; `said` is what it printed and logged."""

    def __init__(self, home: Path, *words: str, url: str = "") -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DUBAN_", "PREFECT_"))}
        clean |= {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
        clean |= {"DUBAN_HOME": str(home / "data"), **({"DUBAN_DATABASE_URL": url} if url else {})}
        self._log = home / "said.txt"
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(
                [*DUBAN, "up", "--port", "0", *words],
                cwd=home,
                env=clean,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.wait(lambda: "Ctrl-C" in self.said)

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait(self, look: Callable[[], bool], patience: float = 60) -> None:
        until = time.monotonic() + patience
        while not look():
            assert time.monotonic() < until, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.1)

    def get(self, path: str) -> int:
        found = re.search(r"页面\s+(http://\S+?)/$", self.said, re.MULTILINE)
        parts = urlsplit(found[1] if found else "")
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def up(home: Path, *words: str, url: str = "") -> Iterator[Service]:
    service = Service(home, *words, url=url)
    try:
        yield service
    finally:
        service.process.send_signal(signal.SIGTERM)
        try:
            service.process.wait(30)
        finally:
            service.process.kill()


@pytest.mark.slow
def test_who_listens_beyond_this_machine_gets_one_first_password(tmp_path: Path) -> None:
    with up(tmp_path, "--no-clock", "--host", "0.0.0.0") as service:
        assert service.get("/healthz") == 200
        assert service.said.count("初始密码") == 1


@contextmanager
def gone(url: str, admin: sa.Engine) -> Iterator[None]:
    """Nobody gets into this database, and who is in it is thrown out."""
    name = sa.make_url(url).database
    with admin.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        out = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(out, {"name": name})
    try:
        yield
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))


@pytest.mark.slow
def test_a_database_that_is_away_is_one_line_in_the_log_and_one_when_it_is_back(
    postgres: sa.URL, postgres_url: str, tmp_path: Path
) -> None:
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with up(tmp_path, "--lite", "--host", "127.0.0.1", url=postgres_url) as service:
        assert service.get("/readyz") == 200
        with gone(postgres_url, admin):
            for _ in range(5):
                service.get("/metrics")
                assert service.get("/readyz") == 503
                assert service.get("/login") >= 500
            service.wait(lambda: AWAY in service.said)
            assert BACK not in service.said
        service.wait(lambda: BACK in service.said)
        assert service.get("/readyz") == 200
        said = service.said
    admin.dispose()
    assert (said.count(AWAY), said.count(BACK), said.count("Traceback")) == (1, 1, 0), said


class Lines(logging.Handler):
    """What a log would show."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, Lines]]:
    found, handler = logging.getLogger("duban.database"), Lines()
    found.addHandler(handler)
    yield found, handler
    found.removeHandler(handler)


def failing(url: str, *words: str) -> Exception:
    """What the database really raises."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            for one in words or ("SELECT 1",):
                connection.exec_driver_sql(one)
    except sa.exc.SQLAlchemyError as error:
        return error
    finally:
        engine.dispose()
    raise AssertionError("it did not fail")


def test_an_outage_is_said_once_a_minute_and_once_when_it_is_over(
    log: tuple[logging.Logger, Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger, seen = log
    refused = failing("postgresql+psycopg://127.0.0.1:1/nobody")
    answers, seconds = threading.Event(), 0.0

    def look() -> None:
        if not answers.is_set():
            raise refused

    def failed(after: float) -> list[str]:
        nonlocal seconds
        seconds = after
        logger.error("a round failed", exc_info=ExceptionGroup("some rounds failed", [refused, refused]))
        return [AWAY if AWAY in one else BACK if BACK in one else one for one in seen.lines]

    monkeypatch.setattr(outage, "elapsed", lambda: seconds)
    sieve = outage.Outage(look, pause=0.02)
    seen.addFilter(sieve)
    assert [len(failed(after)) for after in (0, 1, 59, 60, 61, 119)] == [1, 1, 1, 2, 2, 2]
    assert "refused" in seen.lines[0]
    assert "\n" not in "".join(seen.lines)
    answers.set()
    until = time.monotonic() + 10
    while len(seen.lines) < 3:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert failed(119) == [AWAY, AWAY, BACK], "a connection that is found lost afterwards is no new outage"
    assert seen.lines[-1] == "数据库恢复了，中断约 119 秒"
    answers.clear()
    assert failed(200) == [AWAY, AWAY, BACK, AWAY]
    sieve.end()


def test_only_a_database_that_cannot_be_spoken_to_is_away(
    log: tuple[logging.Logger, Lines], tmp_path: Path, postgres_url: str
) -> None:
    file = f"sqlite:///{tmp_path / 'duban.db'}"
    store = connect(file)
    schema.upgrade(store)
    store.close()
    nowhere = f"sqlite:///{tmp_path / 'nowhere' / 'duban.db'}"
    unknown, twice = "SELECT * FROM nothing", "INSERT INTO calendar_year SELECT * FROM calendar_year"
    assert away(failing(nowhere))
    assert away(psycopg.OperationalError("the connection is lost")), "as some statements meet it"
    said = [failing(file, unknown), failing(file, twice), failing(postgres_url, unknown), ValueError("no")]
    assert [away(one) for one in said] == [False] * 4
    assert not away(ExceptionGroup("some", [failing(nowhere), ValueError("a bug beside it")]))
    logger, seen = log
    seen.addFilter(outage.Outage(lambda: None))
    for one in said:
        logger.error("a bug", exc_info=one)
    assert len(seen.lines) == len(said)
    assert all("Traceback" in line or "Error" in line for line in seen.lines)
