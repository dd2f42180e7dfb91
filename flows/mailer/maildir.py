"""A maildir as post office: one file a mail, whole or not there at all."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import secrets
from email.message import EmailMessage
from pathlib import Path

from flows.mailer.answer import Answer
from states.errors import Faulty
from states.letters import Letter, to_email

log = logging.getLogger(__name__)

DAY = 24 * 60 * 60
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
NO_FOLDER = (errno.ENOTDIR, errno.EEXIST)


class Maildir:
    """Writes to `folder`/new. The file is named after the Message-ID: a second try replaces the first."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder = folder
        self._sender = sender

    def __repr__(self) -> str:
        return f"Maildir({str(self.folder)!r})"

    def send(self, letter: Letter) -> Answer:
        try:
            mail = to_email(letter, self._sender)
        except Faulty as error:
            return Answer.permanent(error.detail)
        try:
            return Answer.sent(f"已写入 {self._deliver(mail, letter.message_id)}")
        except OSError as error:
            return Answer.blocked(f"邮件未能写入 {self.folder}：{_reason(error)}")

    def close(self) -> None:
        """Nothing stays open between mails."""

    def prepare(self) -> None:
        """Make the folders that are missing; raises OSError with a sentence that says what to do."""
        try:
            self._make()
        except OSError as error:
            raise OSError(f"建不了邮件文件夹 {self.folder}：{_reason(error)}") from error

    def _make(self) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _deliver(self, mail: EmailMessage, message_id: str) -> Path:
        self._make()
        name = hashlib.sha256(message_id.encode()).hexdigest()[:40] + ".duban"
        place = self._place(name)
        passing = self.folder / "tmp" / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            _write(passing, mail.as_bytes(policy=mail.policy.clone(linesep="\n")))
            _sweep(passing)
            passing.replace(place)
        finally:
            passing.unlink(missing_ok=True)
        _sync(place.parent)
        return place

    def _place(self, name: str) -> Path:
        """Where this mail stands already, moved and flagged by a reader perhaps; else its place in new/."""
        return next((self.folder / "cur").glob(f"{name}*"), self.folder / "new" / name)


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sweep(fresh: Path) -> None:
    """Remove what mails that were cut short left beside `fresh` more than a day before it was written.

    Its own time stamp is the present: the disk's clock, whatever ours says. Nothing that goes wrong here is the mail's.
    """
    limit = fresh.stat().st_mtime - DAY
    for left in fresh.parent.glob("*.duban.*"):
        try:
            if left.stat().st_mtime < limit:
                left.unlink()
        except FileNotFoundError:
            continue  # another process has swept it, or placed its mail
        except OSError as error:
            log.warning("清不掉投递中断留下的文件 %s：%s", left, error.strerror or error)


def _sync(folder: Path) -> None:
    """The new name survives a power cut only once its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: OSError) -> str:
    if error.errno in FULL:
        return f"磁盘空间不足（{error.strerror}），请清理磁盘，系统会自动重试"
    if error.errno in CLOSED:
        return f"没有写入权限（{error.strerror}），请检查该文件夹的属主和权限"
    if error.errno in NO_FOLDER:
        return f"该路径不是文件夹（{error.strerror}），请检查 DUBAN_SMTP_URL"
    return f"{error.strerror or error}"
