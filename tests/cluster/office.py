"""A post office that takes everything and remembers what it took and when.

It has a gate at so many mails: the answer to that mail is held back, and whoever sent it is then for certain between
acceptance and mark; those that come after it wait, and are put off when it takes long.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from states import clock

HOLDS = 12.0
"""Seconds that an answer is held back at most: senders have patience for twenty."""
GLANCE = 0.02


@dataclass(frozen=True)
class Taken:
    """One mail as it was accepted; `items`: of how many things it tells."""

    to: str
    message_id: str
    at: datetime
    items: int


class Office:
    """A real SMTP server on loopback, in a thread of this process, which nobody kills."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._taken: list[Taken] = []
        self._turn = threading.Lock()
        self._gate: int | None = None
        self.holding = threading.Event()
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    def __enter__(self) -> Office:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content)
        text = next((part for part in mail.walk() if part.get_content_type() == "text/plain"), mail)
        body = text.get_payload(decode=True)
        lines = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
        taken = Taken(
            envelope.rcpt_tos[0],
            str(mail["Message-ID"]),
            clock.now(),
            len(re.findall(r"(?m)^\d+\.【", lines)),
        )
        if self._gate is not None and len(self) >= self._gate and not await self._held():
            return "451 4.3.0 not now"
        with self._turn:
            self._taken.append(taken)
        if self._gate is not None and len(self) >= self._gate:
            self.holding.set()
            await self._held()
        return "250 2.0.0 taken"

    async def _held(self) -> bool:
        """Wait at the gate; whether it was opened meanwhile."""
        gate = self._gate
        for _ in range(int(HOLDS / GLANCE)):
            if self._gate is None or self._gate != gate:
                return True
            await asyncio.sleep(GLANCE)
        return False

    def open(self, next_gate: int | None = None) -> None:
        """Let go what is held; nobody passes this many mails until it is opened again."""
        self.holding.clear()
        self._gate = next_gate

    def __len__(self) -> int:
        return len(self._taken)

    @property
    def different(self) -> int:
        """How many different mails were taken, however often."""
        return len({one.message_id for one in self.taken})

    @property
    def taken(self) -> Sequence[Taken]:
        with self._turn:
            return tuple(self._taken)

    def since(self, at: datetime) -> Taken | None:
        """The first that was taken after this moment."""
        return next((one for one in self.taken if one.at > at), None)

    def by_mail(self) -> dict[str, list[Taken]]:
        found: dict[str, list[Taken]] = defaultdict(list)
        for one in self.taken:
            found[one.message_id].append(one)
        return found
