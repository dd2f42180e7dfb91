"""The maildir of the demonstration, read back for the browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from states.errors import NotFound

NAME = re.compile(r"[0-9a-f]{40}\.duban")
HEAD_BYTES = 16_384
HEADERS = BytesHeaderParser(policy=policy.default)


@dataclass(frozen=True)
class Envelope:
    """A mail as a line of a list. `name` is its file's, without what a mail reader adds."""

    name: str
    at: datetime | None
    to: str
    subject: str


@dataclass(frozen=True)
class Opened:
    """A whole mail. `attachments`: file names and sizes in bytes, in their order."""

    envelope: Envelope
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[tuple[str, int], ...]

    @property
    def framed(self) -> str:
        """The written form for a frame: its links lead the whole page on."""
        return self.html.replace("<head>", '<head><base target="_top">', 1)


def listing(folder: Path, to: str, first: int, limit: int) -> tuple[list[Envelope], int]:
    """Mails `first`.. of the newest first, those to an address containing `to` if given; and how many there are."""
    files = sorted(_files(folder), key=lambda one: (one[1], one[0].name), reverse=True)
    if not to:
        return [_envelope(path) for path, _ in files[first : first + limit]], len(files)
    found = [one for path, _ in files if to.lower() in (one := _envelope(path)).to.lower()]
    return found[first : first + limit], len(found)


def opened(folder: Path, name: str) -> Opened:
    """One mail; raises NotFound."""
    path = _path(folder, name)
    mail = _read(path)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    attached = [(part.get_filename() or "附件", len(_content(part))) for part in mail.iter_attachments()]
    return Opened(
        envelope=_envelope(path),
        headers=tuple((key, str(value)) for key, value in mail.items()),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        attachments=tuple(attached),
    )


def attachment(folder: Path, name: str, number: int) -> tuple[str, bytes]:
    """File name and content of one attachment, counted from 0; raises NotFound."""
    parts = list(_read(_path(folder, name)).iter_attachments())
    if not 0 <= number < len(parts):
        raise NotFound("没有这个附件")
    return parts[number].get_filename() or "附件", _content(parts[number])


def _files(folder: Path) -> Iterator[tuple[Path, float]]:
    for part in ("new", "cur"):
        place = folder / part
        if not place.is_dir():
            continue
        with os.scandir(place) as entries:
            for entry in entries:
                if NAME.match(entry.name):
                    yield Path(entry.path), entry.stat().st_mtime


def _path(folder: Path, name: str) -> Path:
    """The file of a mail. The name is matched whole before it meets the file system."""
    if NAME.fullmatch(name):
        for part in ("new", "cur"):
            found = next((folder / part).glob(f"{name}*"), None)
            if found is not None:
                return found
    raise NotFound("没有这封邮件")


def _envelope(path: Path) -> Envelope:
    with path.open("rb") as file:
        head = HEADERS.parsebytes(file.read(HEAD_BYTES).partition(b"\n\n")[0])
    sent = getattr(head["date"], "datetime", None)
    name = path.name.partition(".duban")[0] + ".duban"
    return Envelope(name, sent, str(head["to"] or ""), str(head["subject"] or ""))


def _read(path: Path) -> EmailMessage:
    made = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(made, EmailMessage)  # noqa: S101  (the policy makes no other)
    return made


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
