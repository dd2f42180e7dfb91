"""Which mails went out, beside the database: a line each in `DUBAN_HOME/sent/YYYY-MM.log`, with instant and Message-ID alone.

A record that is put back from a backup does not know what went out after it; these lines, or the mail server's own log, do.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

FOLDER = "sent"
OURS = re.compile(r"\b[0-9a-f]{40}@[\w.-]*\w")

log = logging.getLogger("duban.sent")


def note(home: Path, message_id: str, now: datetime) -> None:
    """One more. A disk that takes no line stops no mail."""
    try:
        folder = home / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{now:%Y-%m}.log").open("a", encoding="ascii") as file:
            file.write(f"{now.isoformat(timespec='seconds')} {message_id}\n")
    except OSError as error:
        log.warning("发出的邮件 %s 没能记入 %s：%s", message_id, home / FOLDER, error)


def kept(home: Path) -> list[Path]:
    """The files of this machine."""
    return sorted((home / FOLDER).glob("*.log"))


def read(files: Iterable[Path]) -> set[str]:
    """The Message-IDs of ours that stand in these files, whatever else does: our own, or a mail server's log."""
    found: set[str] = set()
    for one in files:
        with one.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                found.update(f"<{name}>" for name in OURS.findall(line))
    return found
