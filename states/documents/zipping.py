"""Zips that are the same bytes whenever they are made of the same parts, and what may happen to those of others."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

NEVER = (1980, 1, 1, 0, 0, 0)
# What reading a zip that somebody sent may raise. A password is a RuntimeError; where the zip lies on a disk, an OSError
# is the disk's.
UNREADABLE = (BadZipFile, KeyError, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)
BROKEN = (*UNREADABLE, RuntimeError, OSError)


def fixed(parts: Mapping[str, bytes]) -> bytes:
    """A zip of `parts` in their order, without the time of its making."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in parts.items():
            info = ZipInfo(name, NEVER)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content, compresslevel=6)
    return made.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    """The parts of a zip that has been judged harmless before."""
    with ZipFile(BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
