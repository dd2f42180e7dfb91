"""Files on disk, each content once, by its hash: `files/ab/cd/abcd…` in the data folder.

A content is written beside (`files/incoming`), made safe on the disk, and moved into place in the transaction that
records it: what is refused or cut off leaves nothing, what a crash leaves is swept.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar
from uuid import uuid4

from states.errors import DubanError, NoRoom, TooLarge

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
READ_AT_ONCE = 1 << 20
HASH = re.compile(r"[0-9a-f]{64}")
OWNER_ONLY = 0o700
Result = TypeVar("Result")


class Lost(DubanError):
    """文件不见了"""


class Incoming:
    """A content that is coming in. Leave the `with` block without `settle` and nothing of it stays."""

    def __init__(self, vault: Vault, most: int) -> None:
        """`most`: bytes that are taken."""
        self._vault, self._most = vault, most
        self._hash = hashlib.sha256()
        self.size = 0
        self.path = vault.fresh()
        self._file: BinaryIO | None = _guarded(lambda: self.path.open("xb"))

    def write(self, piece: bytes) -> None:
        """The next bytes. Raises TooLarge, NoRoom."""
        self.size += len(piece)
        if self.size > self._most:
            raise TooLarge(f"一个文件最大 {self._most >> 20} MB；请压缩图片、分成几个文件后再报送")
        self._hash.update(piece)
        file = self._file
        if file is None:
            raise ValueError("the content is complete")
        _guarded(lambda: file.write(piece))

    def complete(self) -> str:
        """All has come: it is on the disk, whatever happens to the power. Returns the hash. Raises NoRoom."""
        file = self._file
        if file is not None:
            _guarded(file.flush)
            _guarded(lambda: os.fsync(file.fileno()))
            self._file = None
            file.close()
        return self.sha256

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def settle(self) -> None:
        """Move it into its place; the same content that lies there already is replaced by itself."""
        self._vault.take(self.path, self.sha256)

    def __enter__(self) -> Incoming:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk refuses once more what is thrown away here
                self._file.close()
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Vault:
    """The folder of the files."""

    folder: Path

    @property
    def incoming(self) -> Path:
        return self.folder / "incoming"

    def place(self, sha256: str) -> Path:
        """Where the content with this hash lies, if it does."""
        if not HASH.fullmatch(sha256):
            raise ValueError(sha256)
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def receive(self, most: int) -> Incoming:
        """Room for a content of at most so many bytes."""
        return Incoming(self, most)

    def fresh(self) -> Path:
        """A name beside, taken by nobody."""
        _guarded(lambda: self.incoming.mkdir(OWNER_ONLY, parents=True, exist_ok=True))
        return self.incoming / uuid4().hex

    def take(self, path: Path, sha256: str) -> None:
        """Move a complete file into place; its name is on the disk when this returns. Raises NoRoom."""
        place = self.place(sha256)
        _guarded(lambda: self._take(path, place))

    def _take(self, path: Path, place: Path) -> None:
        if not place.parent.is_dir():
            place.parent.mkdir(OWNER_ONLY, parents=True, exist_ok=True)
            _sync_folder(self.folder)
            _sync_folder(place.parent.parent)
        os.replace(path, place)
        _sync_folder(place.parent)

    def open(self, sha256: str) -> BinaryIO:
        """The content, to be read. Raises Lost."""
        try:
            return self.place(sha256).open("rb")
        except OSError as error:
            says = f"登记过的文件 {sha256[:12]}… 读不了（{error.strerror}）；请管理员运行 duban files check"
            raise Lost(says) from error

    def digest(self, sha256: str) -> str | None:
        """The hash of what really lies there; None when nothing does."""
        found = hashlib.sha256()
        try:
            with self.place(sha256).open("rb") as file:
                while piece := file.read(READ_AT_ONCE):
                    found.update(piece)
        except FileNotFoundError:
            return None
        return found.hexdigest()

    def kept(self) -> Iterator[str]:
        """The hashes of everything that lies in its place, in order."""
        for first in _folders(self.folder):
            for second in _folders(first):
                names = sorted(one.name for one in second.iterdir() if one.is_file())
                yield from (
                    name for name in names if HASH.fullmatch(name) and self.place(name).parent == second
                )

    def leftovers(self, before: datetime) -> list[Path]:
        """What began to come in before an instant and never ended: its process was killed."""
        if not self.incoming.is_dir():
            return []
        return sorted(one for one in self.incoming.iterdir() if older(one, before))


def older(path: Path, before: datetime) -> bool:
    """Whether a file was last written before an instant, by the clock of the disk; no for one that has gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return False


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if len(one.name) == 2 and one.is_dir())


def _sync_folder(folder: Path) -> None:
    """A new name is only safe once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _guarded(work: Callable[[], Result]) -> Result:
    """Raises NoRoom in place of the ways in which a disk says that it is full."""
    try:
        return work()
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom("存放文件的磁盘已满，没有收下；请管理员清理后再试") from error
        raise
