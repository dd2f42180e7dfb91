"""A secret of 32 bytes that this installation makes for itself: a file that its owner alone can read."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from pathlib import Path


def kept(path: Path) -> str:
    """The secret at `path`, in URL-safe base64; made when there is none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _made(path)


def _made(path: Path) -> str:
    """Of several processes at the same time one makes it: the file appears under its name complete, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()
