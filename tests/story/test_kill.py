"""Four processes tick at once and are killed at random points, for weeks: what arrives is what was foretold."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from openpyxl import load_workbook

from states.letters import message_id
from states.reading import shipped
from states.records import core, foretell, launch, sample, schema
from states.records.actors import Actors
from states.records.foretell import Foretold
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.session import Store, connect

CHINA = ZoneInfo("Asia/Shanghai")
HOURS = MailHours(CHINA, time(9), time(17, 30))
SENDER = "duban@example.org"
ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("kill_worker.py")
UNITS, PROCESSES = 300, 4
SECONDS_A_MAIL = 0.01
STEP = timedelta(minutes=11)  # longer than a lease
ENDED = {"mailed", "withdrawn", "vacant"}


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=CHINA).astimezone(UTC)


@dataclass
class PostOffice:
    """A real SMTP server on loopback that keeps what it has taken, repeats included."""

    taken: list[tuple[str, str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        message = BytesParser(policy=policy.default).parsebytes(envelope.content or b"")
        assert isinstance(message, EmailMessage)
        (to,) = envelope.rcpt_tos
        self.taken.append((str(message["Message-ID"]), to, message))
        return "250 taken"


class Ticking:
    """The processes that tick: orders go in, what became of each comes out."""

    def __init__(self, environ: dict[str, str], log: Path, dice: Random) -> None:
        self.dice = dice
        self.usual = 0.2  # seconds that a tick takes which finds little to do
        self.killed = self.ended = 0
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
            text=True,
        )

    def tick(self, now: datetime, kills: list[float | None]) -> None:
        """Tick in as many processes at once as `kills` is long; one with a number dies after so many seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"now": now.isoformat(), "kills": kills}) + "\n")
        self.process.stdin.flush()
        for status, seconds in json.loads(self.process.stdout.readline()):
            assert status in (0, -9), "a tick that nobody killed ends well"
            self.killed += status == -9
            self.ended += status == 0
            if status == 0 and len(kills) == 1:
                self.usual += (seconds - self.usual) / 4

    def moments(self, mails: int) -> list[float | None]:
        """When each of four dies that have so many mails to send between them; now and then one lives."""
        enough = 1.2 * self.usual + mails * SECONDS_A_MAIL
        return [self.dice.uniform(0, enough) if self.dice.random() < 0.8 else None for _ in range(PROCESSES)]

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


@pytest.fixture
def office() -> Iterator[tuple[PostOffice, int]]:
    handler = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def launched(store: Store, start: str) -> int:
    """A province of 300 units and the standard campaign in it."""
    schema.upgrade(store)
    with store.write() as session:
        sample.build(session, UNITS, at(f"{start} 08:00"))
    text = shipped()["standard-four-phase"]
    with store.write() as session:
        return launch.launch(
            session, Order(text, date.fromisoformat(start), {}), at(f"{start} 08:30"), "test"
        )


def prophecy(store: Store, key: int, start: datetime, end: datetime) -> tuple[list[Foretold], list[datetime]]:
    """What will be sent when the units act as they do, and the instants at which something happens."""
    instants: list[datetime] = []
    with foretell.shadow(store) as copy:
        found = foretell.run_through(copy, start, end, HOURS, Actors(copy, key).act, instants.append)
    return found, instants


def waiting(store: Store) -> int:
    """Mails that are still to be sent."""
    with store.read() as session:
        queued = sa.select(sa.func.count()).select_from(core.mail).where(core.mail.c.state == "queued")
        return int(session.execute(queued).scalar_one())


def live(
    store: Store, key: int, instants: list[datetime], mails: Mapping[datetime, int], ticking: Ticking
) -> None:
    """At each instant the units act, then four tick and die, in the morning twice; then one ticks in peace."""
    actors = Actors(store, key)
    for instant in instants:
        now = instant
        actors.act(now)
        if instant in instants[:2]:
            ticking.tick(now, [])
        for _ in range(2 if mails[instant] else 1):
            ticking.tick(now, ticking.moments(mails[instant]))
            now += STEP
        ticking.tick(now, [None])
        assert waiting(store) == 0, "what the killed had claimed is sent as soon as their leases are over"


def arrived(office: PostOffice) -> dict[str, list[tuple[str, date, str]]]:
    """Message-ID → every delivery of it: address, local day, text."""
    found = defaultdict(list)
    for key, to, message in office.taken:
        day = parsedate_to_datetime(str(message["Date"])).astimezone(CHINA).date()
        body = message.get_body(("plain",))
        assert body is not None
        sheets = [sheet_text(one.get_content()) for one in message.iter_attachments()]
        found[key].append((to, day, "\n".join([body.get_content(), *sheets])))
    return found


def sheet_text(data: bytes) -> str:
    """Every cell of an attached table: what concerns many units is listed there."""
    book = load_workbook(BytesIO(data), read_only=True)
    return "\n".join(str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None)


def check_mails(found: list[Foretold], delivered: dict[str, list[tuple[str, date, str]]]) -> None:
    """The same mails to the same people on the same days about the same matters; repeats only of themselves."""
    told = {message_id(one.key, SENDER): one for one in found}
    assert len(told) == len(found)
    assert set(delivered) == set(told)
    for key, copies in delivered.items():
        one = told[key]
        wanted = (one.to, one.at.astimezone(CHINA).date())
        assert {(to, day) for to, day, _ in copies} == {wanted}
        for _, _, text in copies:
            assert all(unit in text and what in text for _, unit, what in one.lines if one.kind != "figures")


def check_record(store: Store) -> None:
    """Every notice has come to an end, and every mail was sent once as far as the record knows."""
    with store.read() as session:
        notices = Counter(session.execute(sa.select(core.notice.c.state)).scalars())
        mails = Counter(session.execute(sa.select(core.mail.c.state)).scalars())
        facts = session.execute(sa.select(core.journal.c.after).where(core.journal.c.kind == "mail.sent"))
        sent = Counter(facts.scalars())
        tickets = session.execute(sa.select(core.timer.c.id).where(core.timer.c.outcome == "fired")).all()
        fired = Counter(
            row.payload["timer"]
            for row in session.execute(sa.select(core.journal).where(core.journal.c.kind == "rung.done"))
            if row.after == "fired"
        )
    assert set(notices) <= ENDED
    assert set(mails) == {"sent"}
    assert set(sent.values()) == {1}
    assert fired == {row.id: 1 for row in tickets}


@pytest.mark.slow
@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize(
    ("kind", "until"),
    [("sqlite", "2026-10-16 18:00"), ("postgresql", "2026-09-24 18:00")],
    ids=["sqlite", "postgresql"],
)
def test_what_arrives_is_what_was_foretold_whoever_dies_on_the_way(
    kind: str,
    until: str,
    office,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler, port = office
    url = (
        f"sqlite:///{tmp_path / 'duban.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    )
    environ = {
        "DUBAN_HOME": str(tmp_path),
        "DUBAN_DATABASE_URL": url,
        "DUBAN_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "DUBAN_MAIL_FROM": SENDER,
    }
    store = connect(url)
    key = launched(store, "2026-09-07")
    found, instants = prophecy(store, key, at("2026-09-07 08:30"), at(until))
    log = tmp_path / "ticks.log"
    ticking = Ticking(environ, log, Random(20260907))
    try:
        live(store, key, instants, Counter(one.at for one in found), ticking)
    finally:
        ticking.close()
    delivered = arrived(handler)
    repeats = len(handler.taken) - len(delivered)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{kind}: {len(found)} mails foretold, {len(delivered)} arrived, {repeats} of them twice, "
            f"{ticking.killed} processes killed, {ticking.ended} ended well\n"
        )
    assert log.read_text() == "", "nobody complained"
    check_mails(found, delivered)
    check_record(store)
    assert ticking.killed > len(instants), "the attack was one"
    assert repeats <= ticking.killed, "a process that dies repeats at most the one mail it had in hand"
    store.close()
