"""A real `duban tick` against a post that misbehaves: it refuses, asks for patience, falls silent, has no room left."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from click.testing import Result
from typer.testing import CliRunner

from flows import rounds
from flows.cli import app
from loopback import served
from states.records import core
from states.records.session import Store, connect

ROOT = Path(__file__).parents[2]
DUBAN = (sys.executable, "-c", "from flows.cli import app; app()")
EXAMPLE = ["units", "template", "units.csv", "--example"]
IMPORT = ["units", "import", "units.csv", "--apply"]
START = ["campaign", "start", "standard-four-phase", "--start", "2026-11-23", "--past", "keep"]


class Office:
    """A server that keeps what it takes; `refused` and `patient` answer 550 and 451, `silent` nothing at all.

    `closed`: it does not take mail from us for anybody.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.refused: set[str] = set()
        self.patient: set[str] = set()
        self.silent: set[str] = set()
        self.heard = 0
        self.closed = False

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.closed:
            return f"554 5.7.1 <{address}>: Relay access denied"
        if address in self.refused:
            return "550 5.1.1 no such user"
        if address in self.patient:
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        (to,) = envelope.rcpt_tos
        self.heard += 1
        if {to, "*"} & self.silent:
            await asyncio.sleep(60)
        (key,) = (line for line in envelope.content.splitlines() if line.lower().startswith(b"message-id:"))
        self.taken.append((to, key.decode()))
        return "250 taken"


@pytest.fixture
def office() -> Iterator[tuple[Office, int]]:
    found = Office()
    with served(found) as port:
        yield found, port


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def tick(clock: str) -> Result:
    return invoke("tick", "--now", f"2026-11-24T{clock}+08:00")


def prepare(home: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Store:
    """The example's units and a campaign whose first mails go out on 24 November."""
    monkeypatch.chdir(home)
    for name in [name for name in os.environ if name.startswith("DUBAN_") or name == "PREFECT_API_URL"]:
        if name != "DUBAN_TEST_DATABASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("DUBAN_HOME", str(home / "data"))
    monkeypatch.setenv("DUBAN_DATABASE_URL", url)
    monkeypatch.setenv("DUBAN_BASE_URL", "https://duban.example.org")
    for words in (["upgrade"], EXAMPLE, IMPORT, START):
        done = invoke(*words)
        assert done.exit_code == 0, done.output
    return connect(url)


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    (tmp_path / "data").mkdir()
    store = prepare(tmp_path, monkeypatch, f"sqlite:///{tmp_path / 'data' / 'duban.db'}")
    yield store
    store.close()
    rounds.store_of.cache_clear()


def mails(store: Store) -> list[sa.Row[tuple[str, str, int, str | None]]]:
    """Address, state, tries, error of every mail, in the order in which they are claimed."""
    columns = (core.mail.c.email, core.mail.c.state, core.mail.c.tries, core.mail.c.error)
    with store.read() as session:
        return list(session.execute(sa.select(*columns).order_by(core.mail.c.id)).all())


def states(store: Store) -> list[str]:
    return sorted(one.state for one in mails(store))


def deliver_line(store: Store) -> str:
    with store.read() as session:
        said = sa.select(core.health.c.detail).where(core.health.c.name == "round:deliver")
        return str(session.execute(said).scalar_one())


def addresses(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Compose the morning's mails while nobody listens, and say to whom they go."""
    monkeypatch.setenv("DUBAN_SMTP_URL", "smtp://127.0.0.1:1")
    assert tick("09:30").exit_code == 1
    found = [one.email for one in mails(store)]
    assert len(found) > 3
    return found


def test_a_server_silent_after_the_mail_costs_one_wait_a_round_and_holds_nobody_up_for_good(
    begun: Store, office: tuple[Office, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, port = office
    people = addresses(begun, monkeypatch)
    before = {one.email: one.tries for one in mails(begun)}
    server.silent = {people[0]}
    monkeypatch.setenv("DUBAN_SMTP_URL", f"smtp://127.0.0.1:{port}?timeout=1")
    started = time.monotonic()
    done = tick("10:00")
    assert time.monotonic() - started < 1 + 4, "one wait, not one a mail"
    assert done.exit_code == 1, done.output
    assert server.heard == 1
    rest = len(people) - 1
    (line,) = done.stderr.splitlines()
    assert (
        f"超过 1 秒没有应答；正文已全部发出，服务器是否收下不明，将以同一 Message-ID 重发；本轮不再使用这台邮件服务器，其余 {rest} 封一分钟后再试"
        in line
    )
    assert deliver_line(begun).count("没有应答") == 1, "one line of health"
    tried = {one.email: one.tries - before[one.email] for one in mails(begun)}
    assert tried == {people[0]: 1, **dict.fromkeys(people[1:], 0)}, "the others were not tried"
    assert tick("10:00").exit_code == 0, "all wait for their next try"
    for clock in ("10:01", "10:02", "10:03", "10:04"):
        tick(clock)
    assert sorted(to for to, _ in server.taken) == sorted(people[1:])
    server.silent.clear()
    assert tick("14:00").exit_code == 0
    assert sorted({to for to, _ in server.taken}) == sorted(people)
    assert len(server.taken) == len({key for _, key in server.taken}), (
        "the same mail under the same Message-ID"
    )


def test_an_address_that_is_refused_and_one_that_asks_for_patience_keep_nobody_waiting(
    begun: Store, office: tuple[Office, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, port = office
    people = addresses(begun, monkeypatch)
    server.refused, server.patient = {people[0]}, {people[1]}
    monkeypatch.setenv("DUBAN_SMTP_URL", f"smtp://127.0.0.1:{port}")
    done = tick("10:00")
    assert done.exit_code == 0, "nothing of our own has failed"
    assert "451 4.7.1 greylisted" in done.stdout
    assert "有 1 封邮件试过未能发出，等待重试" in done.stdout
    assert {to for to, _ in server.taken} == set(people[2:])
    found = {one.email: (one.state, one.error or "") for one in mails(begun)}
    assert found[people[0]][0] == "refused"
    assert "550 5.1.1 no such user" in found[people[0]][1]
    assert found[people[1]][0] == "queued"
    with begun.read() as session:
        bounced = sa.select(core.contact.c.email).where(core.contact.c.bounced_at.is_not(None))
        assert set(session.execute(bounced).scalars()) == {people[0]}
    waiting = tick("10:00")
    assert (waiting.exit_code, "等待重试" in waiting.stdout) == (0, True)
    server.patient.clear()
    assert tick("14:00").exit_code == 0
    assert people[1] in {to for to, _ in server.taken}
    assert "等待重试" not in deliver_line(begun)


def test_a_server_that_does_not_relay_for_us_makes_nobody_a_vacancy(
    begun: Store, office: tuple[Office, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, port = office
    people = addresses(begun, monkeypatch)
    server.closed = True
    monkeypatch.setenv("DUBAN_SMTP_URL", f"smtp://127.0.0.1:{port}")
    done = tick("10:00")
    assert done.exit_code == 1, "our own post is not in order"
    assert "Relay access denied；这不是收件人的问题，请检查 DUBAN_SMTP_URL" in done.stderr
    assert set(states(begun)) == {"queued"}
    with begun.read() as session:
        bounced = sa.select(core.contact.c.email).where(core.contact.c.bounced_at.is_not(None))
        assert session.execute(bounced).all() == []
    server.closed = False
    assert tick("14:00").exit_code == 0
    assert sorted(to for to, _ in server.taken) == sorted(people)


def test_a_disk_without_room_for_mails_leaves_nothing_half_written_and_they_go_later(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the process may not grow beyond 2 KB; the database lies elsewhere."""
    store = prepare(tmp_path, monkeypatch, postgres_url)
    folder = tmp_path / "mail"
    monkeypatch.setenv("DUBAN_SMTP_URL", f"maildir:{folder}")
    done = subprocess.run(
        [*DUBAN, "tick", "--now", "2026-11-24T10:00+08:00"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert f"邮件未能写入 {folder}：磁盘空间不足" in line
    assert "没有发出的邮件仍在待发" in line
    assert [one for one in folder.rglob("*") if one.is_file()] == []
    waiting = mails(store)
    assert {one.state for one in waiting} == {"queued"}
    assert tick("14:00").exit_code == 0
    assert set(states(store)) == {"sent"}
    assert len(list((folder / "new").iterdir())) >= len(waiting) > 3
    store.close()
    rounds.store_of.cache_clear()
