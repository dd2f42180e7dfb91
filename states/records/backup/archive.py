"""The file of a backup: a tar with one member a table, one a content that was handed in, the keys, and what is in it.

`manifest.json` and its checksum come last: a file without them was cut off. Members carry no paths that lead anywhere.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from states.errors import Faulty, Refused

FORMAT = 1
MANIFEST, CHECKSUM = "manifest.json", "manifest.sha256"
KEY = re.compile(r"(clue|journal)\.key")
MEMBER = re.compile(rf"tables/[a-z_]+\.jsonl\.gz|files/[0-9a-f]{{64}}|keys/{KEY.pattern}")
PIECE = 1 << 20
Told = Callable[[float, float], None]


@dataclass
class Manifest:
    """What a backup holds. `tables`: name → `columns` (see `encoded.Kinds`) and `rows`; `members`: name → SHA-256.

    `keys`: name of a key → what it is told by, whether it is in here or not. `lost`: contents that were named and could
    not be read.
    """

    duban: str
    database: str
    revision: str
    taken_at: str
    format: int = FORMAT
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(int(one["rows"]) for one in self.tables.values())

    @property
    def files(self) -> list[str]:
        """The hashes of the contents in it."""
        return [name.removeprefix("files/") for name in self.members if name.startswith("files/")]


class Writer:
    """Puts members into a tar."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
        self._tar, self.manifest, self._folder = tar, manifest, folder

    def table(self, name: str, lines: Iterator[bytes]) -> None:
        """Lines, packed; beside the target first, since a tar wants to know how long a member is."""
        with TemporaryFile(dir=self._folder) as packed:
            with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=3, mtime=0) as file:
                file.writelines(lines)
            size = packed.tell()
            packed.seek(0)
            self.add(f"tables/{name}.jsonl.gz", packed, size)

    def text(self, name: str, content: str) -> None:
        data = content.encode()
        self.add(name, io.BytesIO(data), len(data))

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        reader = _Hashing(file)
        self._entry(name, reader, size)
        self.manifest.members[name] = reader.hash.hexdigest()

    def end(self) -> None:
        """What is in it, and its checksum."""
        data = json.dumps(asdict(self.manifest), ensure_ascii=False, indent=1).encode()
        self._entry(MANIFEST, io.BytesIO(data), len(data))
        mark = hashlib.sha256(data).hexdigest().encode()
        self._entry(CHECKSUM, io.BytesIO(mark), len(mark))

    def _entry(self, name: str, file: Any, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, file)


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.hash.update(piece)
        return piece


@contextmanager
def written(path: Path, manifest: Manifest) -> Iterator[Writer]:
    """A file that appears under its name complete, readable by its owner alone, or not at all. Raises Refused where
    there is one already.
    """
    free(path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                writer = Writer(tar, manifest, path.parent)
                yield writer
                writer.end()
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # refuses what somebody else put there meanwhile
        except FileExistsError:
            free(path)
    finally:
        fresh.unlink(missing_ok=True)


def free(path: Path) -> None:
    """Raises Refused where there is something."""
    if path.exists():
        raise Refused(f"{path} 已经存在，备份不覆盖任何文件；请换一个文件名，例如带上日期")


class Reader:
    """A backup that is read. Use `opened`."""

    def __init__(self, tar: tarfile.TarFile, path: Path) -> None:
        self._tar, self._path = tar, path
        self.manifest = self._manifest()

    def _manifest(self) -> Manifest:
        data, mark = self._whole(MANIFEST), self._whole(CHECKSUM)
        if hashlib.sha256(data).hexdigest().encode() != mark:
            raise self.damaged(MANIFEST)
        told = json.loads(data)
        if told.get("format") != FORMAT:
            raise Refused(
                f"{self._path} 的格式是 {told.get('format')}，这里只认得 {FORMAT}；请用写出它的 duban 版本恢复"
            )
        manifest = Manifest(**told)
        if not _sound(manifest):
            raise self.damaged(MANIFEST)
        return manifest

    def check(self, told: Told) -> None:
        """Read every member against its checksum. Raises Faulty at the first that differs."""
        for done, (name, wanted) in enumerate(self.manifest.members.items(), start=1):
            with self.member(name) as file:
                reader = _Hashing(file)
                while reader.read(PIECE):
                    pass
            if reader.hash.hexdigest() != wanted:
                raise self.damaged(name)
            told(done, len(self.manifest.members))

    def lines(self, table: str) -> Iterator[bytes]:
        with self.member(f"tables/{table}.jsonl.gz") as packed, gzip.GzipFile(fileobj=packed) as file:
            yield from file

    def text(self, name: str) -> str:
        return self._whole(name).decode()

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        try:
            file = self._tar.extractfile(name)
        except (KeyError, tarfile.TarError) as error:
            raise self.damaged(name) from error
        if file is None:
            raise self.damaged(name)
        with file:
            yield file

    def _whole(self, name: str) -> bytes:
        with self.member(name) as file:
            return file.read()

    def damaged(self, name: str) -> Faulty:
        return Faulty([f"备份 {self._path} 不完整或已损坏（{name}）；什么都没有恢复，请换一份备份"])


def _sound(manifest: Manifest) -> bool:
    """Whether each name in it is one that a backup has: keys become files of that name, so none may lead elsewhere."""
    tables = {f"tables/{name}.jsonl.gz" for name in manifest.tables}
    return (
        all(map(MEMBER.fullmatch, manifest.members))
        and all(map(KEY.fullmatch, manifest.keys))
        and tables <= manifest.members.keys()
    )


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """A backup to be read. Raises Faulty where it is none, or was cut off."""
    if not path.is_file():
        raise Faulty([f"没有文件 {path}"])
    try:
        tar = tarfile.open(path, mode="r:")  # noqa: SIM115
    except tarfile.TarError as error:
        raise Faulty([f"{path} 不是 duban backup 写出的备份"]) from error
    with tar:
        yield Reader(tar, path)
