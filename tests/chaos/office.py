"""A post office in any weather: it takes, it asks for patience, it refuses some for good, it falls silent, its lines break
before or after it took a mail. It remembers what it took from whom, and whether the sender heard so.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.story.kill_post import Mail, read

PATIENCE = 6  # seconds that a sender waits for an answer
SILENCE = 10.0
TAKEN, LATER, BROKEN_BEFORE, BROKEN_AFTER, SILENT = (
    "250",
    "4xx",
    "broken off before it was taken",
    "broken off after it was taken",
    "silence after it was taken",
)
STORM = {LATER: 0.06, BROKEN_BEFORE: 0.03, BROKEN_AFTER: 0.04}
SILENCES = 2  # in one run: each costs a round its patience


@dataclass(frozen=True)
class Handed:
    """One acceptance: by whom, when (on a clock that never steps), and whether the sender was told."""

    who: str
    to: str
    content: bytes
    at: float
    told: bool

    def mail(self) -> Mail:
        return read(self.who, self.to, self.content)


@dataclass
class Office:
    """`refused`: addresses that do not exist, in any weather."""

    dice: Random
    refused: frozenset[str]
    stormy: bool = False
    silences: int = SILENCES
    handed: list[Handed] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    last: float = field(default_factory=time.monotonic)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.last = time.monotonic()
        if address in self.refused:
            self.faults["5xx"] += 1
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        act = self._act()
        self.faults[act] += act != TAKEN
        if act == LATER:
            return "451 4.3.0 try again later"
        if act == BROKEN_BEFORE:
            server.transport.abort()
            return "451 broken"
        (to,) = envelope.rcpt_tos
        content = bytes(envelope.content or b"")
        self.last = time.monotonic()
        self.handed.append(Handed(str(session.host_name), to, content, self.last, act == TAKEN))
        if act == BROKEN_AFTER:
            server.transport.abort()
        elif act == SILENT:
            await asyncio.sleep(SILENCE)
        return "250 taken"

    def _act(self) -> str:
        if not self.stormy:
            return TAKEN
        if self.silences and self.dice.random() < 0.02:
            self.silences -= 1
            return SILENT
        drawn = self.dice.random()
        for act, share in STORM.items():
            if drawn < share:
                return act
            drawn -= share
        return TAKEN
