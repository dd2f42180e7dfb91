"""What the test of killed ticks needs: a post office that remembers who handed in what, and ticks that can be killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP, Envelope, Session
from openpyxl import load_workbook

ROOT = Path(__file__).parents[2]
DUBAN = (sys.executable, "-c", "from flows.cli import app; app()")
CHINA = ZoneInfo("Asia/Shanghai")
PATIENCE = 120.0  # seconds after which a tick that nobody kills has failed
LOOK = 0.002
A_MAIL = 0.03  # seconds within which a process goes from one mail to the next

Line = tuple[str, str, str]  # rung, unit ("" where a mail of figures names none), matter


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived; `who` handed it in."""

    key: str
    who: str
    to: str
    day: date
    lines: Counter[Line]


@dataclass
class Office:
    """A real SMTP server's memory: who gave what, in the order in which it was accepted."""

    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        (to,) = envelope.rcpt_tos
        self.taken.append((str(session.host_name), to, bytes(envelope.content or b"")))
        self.count[str(session.host_name)] += 1
        return "250 taken"

    def mails(self) -> list[Mail]:
        return [read(who, to, content) for who, to, content in self.taken]


def read(who: str, to: str, content: bytes) -> Mail:
    message = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(message, EmailMessage)
    day = parsedate_to_datetime(str(message["Date"])).astimezone(CHINA).date()
    return Mail(str(message["Message-ID"]), who, to, day, lines(message))


def lines(message: EmailMessage) -> Counter[Line]:
    """Every line of a mail: from the sheet that lists them one by one where there is one, else from its text."""
    for one in message.iter_attachments():
        if "逐项" in str(one.get_filename()):
            return Counter(sheet_lines(one.get_content()))
    body = message.get_body(("plain",))
    assert body is not None
    return Counter(text_lines(body.get_content().replace("\r\n", "\n")))


def sheet_lines(data: bytes) -> list[Line]:
    (sheet,) = load_workbook(BytesIO(data), read_only=True)
    head, *rows = sheet.values
    place = {name: number for number, name in enumerate(head)}
    return [(str(row[place["督办"]]), str(row[place["单位"]]), str(row[place["事项"]])) for row in rows]


def text_lines(text: str) -> list[Line]:
    """Numbered items; a mail about one unit names it once, at the top."""
    about = re.search(r"，([^，\n]+)有以下督办事项：", text)
    alone = about[1] if about and not about[1].startswith("涉及") else ""
    found = []
    for item in re.split(r"\n(?=\d+\.【)", text)[1:]:
        head = re.match(r"\d+\.【(.+?)】(.+)", item)
        named = re.search(r"\n   单位：(.+)", item)
        assert head is not None
        found.append((head[1], named[1] if named else alone, head[2].strip()))
    return found


@dataclass(frozen=True)
class Death:
    """When a process is killed: so many seconds after `mails` of it were accepted (0: after its start)."""

    mails: int
    seconds: float


@dataclass
class Tick:
    """One process `duban tick`; the post office knows it by `name`. `death`: when it is killed, if at all."""

    name: str
    process: subprocess.Popen[str]
    death: Death | None
    began: float = field(default_factory=time.monotonic)
    ready: float | None = None
    lasted: float = 0.0

    @property
    def killed(self) -> bool:
        return self.process.returncode == -9

    def look(self, accepted: int) -> bool:
        """Whether it has ended; kills it when its time has come."""
        now = time.monotonic()
        if self.process.poll() is not None:
            self.lasted = now - self.began
            return True
        if self.death is not None and accepted >= self.death.mails:
            self.ready = (self.ready or now) if self.death.mails else self.began
            if now - self.ready >= self.death.seconds:
                self.process.kill()
        assert now - self.began < PATIENCE, f"{self.name} does not end"
        return False


class Ticks:
    """Starts and kills `duban tick`, and keeps them all for the inquest."""

    def __init__(self, environ: dict[str, str], office: Office, port: int, dice: Random) -> None:
        self.environ, self.office, self.port, self.dice = environ, office, port, dice
        self.all: list[Tick] = []
        self.start_up = 0.0  # seconds that a tick takes which finds nothing to do

    def wave(self, now: datetime, deaths: list[Death | None]) -> list[Tick]:
        """As many at once as `deaths` is long; back when all have ended."""
        made = [self._start(now, death) for death in deaths]
        waiting = list(made)
        while waiting:
            waiting = [one for one in waiting if not one.look(self.office.count[one.name])]
            time.sleep(LOOK)
        for one in made:
            said = one.process.communicate()[1]
            assert one.killed or (one.process.returncode, said) == (0, ""), f"{one.name}: {said}"
        return made

    def alone(self, now: datetime) -> None:
        """One in peace."""
        (made,) = self.wave(now, [None])
        assert not made.killed

    def measure(self, now: datetime) -> None:
        """How long a tick takes to come to its work."""
        (made,) = self.wave(now, [None])
        self.start_up = made.lasted

    def attack(self, now: datetime, processes: int, mails: int) -> None:
        """All at once, most of them killed: some anywhere since their start, the others between their mails."""
        self.wave(now, [self._death(mails / processes) for _ in range(processes)])

    def _death(self, share: float) -> Death | None:
        if self.dice.random() < 0.1:
            return None
        if share < 2 or self.dice.random() < 0.3:
            return Death(0, self.dice.uniform(0, 1.3 * self.start_up))
        return Death(self.dice.randint(1, int(share)), self.dice.uniform(0, A_MAIL))

    def _start(self, now: datetime, death: Death | None) -> Tick:
        name = f"tick-{len(self.all)}.example.test"
        url = f"smtp://127.0.0.1:{self.port}?helo={name}"
        process = subprocess.Popen(
            [*DUBAN, "tick", "--now", now.isoformat()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**self.environ, "DUBAN_SMTP_URL": url, "PYTHONPATH": str(ROOT)},
            text=True,
        )
        self.all.append(Tick(name, process, death))
        return self.all[-1]

    def close(self) -> None:
        for one in self.all:
            if one.process.poll() is None:
                one.process.kill()
                one.process.wait()


def environment(**more: str) -> dict[str, str]:
    """No setting of the machine reaches in."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DUBAN_", "PREFECT_"))}
    clean.pop("PYTHONDONTWRITEBYTECODE", None)  # a start costs what it costs where duban is installed
    return {**clean, **more}
