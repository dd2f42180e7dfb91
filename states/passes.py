"""Passes: an address in a mail by which its reader hands in one thing without logging in. Pure.

A pass says for which obligation, to whom (a digest of the address) and since when; it is signed, and no row is kept of
it, so that a million mails cost a million signatures. What ends one early is in `states.records.passing`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PATH = "/hand-in/"
LASTS = timedelta(days=30)
"""From when the mail was written up, in days as the calendar has them; each mail brings a new one."""
FORM = struct.Struct(">BqI8s")  # kind of pass, obligation, second, reader
KIND = 1
SIGNED = 16  # bytes of signature: nobody guesses them
LENGTH = FORM.size + SIGNED


@dataclass(frozen=True)
class Pass:
    """For one obligation and one reader; `since` to the second."""

    obligation: int
    reader: bytes
    since: datetime

    @property
    def ends(self) -> datetime:
        return self.since + LASTS


def reader(email: str) -> bytes:
    """A digest of an address: enough to tell whether somebody else took over, and says nobody's name."""
    return hashlib.sha256(b"duban reader " + email.strip().lower().encode()).digest()[:8]


class Signer:
    """Writes and reads passes with one secret."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"duban pass " + secret.encode()).digest()

    def write(self, obligation: int, email: str, since: datetime) -> str:
        """The pass as it stands in an address: letters, digits, - and _."""
        body = FORM.pack(KIND, obligation, int(since.timestamp()), reader(email))
        return base64.urlsafe_b64encode(body + self._sign(body)).decode().rstrip("=")

    def read(self, text: str) -> Pass | None:
        """What was written with this secret; None for anything else."""
        try:
            content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, signed = content[: FORM.size], content[FORM.size :]
        if len(content) != LENGTH or not hmac.compare_digest(signed, self._sign(body)):
            return None
        kind, obligation, second, whose = FORM.unpack(body)
        return Pass(obligation, whose, datetime.fromtimestamp(second, UTC)) if kind == KIND else None

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SIGNED]
