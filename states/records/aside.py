"""A file that somebody looked at and may take in later: kept beside what is coming in, for him alone, for a day.

It lies among the unfinished files of the vault, so that the rounds sweep it; no row and no backup knows it. It is found
only with a token that nobody guesses, and only by whoever put it there.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from states.records.vault import Incoming, Vault

AT_ONCE = 3  # files of one owner; another one takes the place of the oldest
TOKEN = re.compile(r"[\w-]{20,64}", re.ASCII)
OWNER_ONLY = 0o600


def keep(vault: Vault, content: Incoming, owner: str) -> str:
    """Keep a content that has come in whole; the token by which `owner` has it again."""
    token = secrets.token_urlsafe(24)
    os.chmod(content.path, OWNER_ONLY)
    os.replace(content.path, _place(vault, owner, token))
    for one in _mine(vault, owner)[:-AT_ONCE]:
        one.unlink(missing_ok=True)
    return token


def kept(vault: Vault, owner: str, token: str) -> bytes | None:
    """The content; None where it is gone, is another's, or never was."""
    if not TOKEN.fullmatch(token):
        return None
    try:
        return _place(vault, owner, token).read_bytes()
    except FileNotFoundError:
        return None


def drop(vault: Vault, owner: str, token: str) -> None:
    """It is not needed any more."""
    if TOKEN.fullmatch(token):
        _place(vault, owner, token).unlink(missing_ok=True)


def _place(vault: Vault, owner: str, token: str) -> Path:
    return vault.incoming / f"{_prefix(owner)}{_digest(token)}"


def _mine(vault: Vault, owner: str) -> list[Path]:
    """Files of one owner, the oldest first."""
    found: list[tuple[int, Path]] = []
    for one in vault.incoming.glob(f"{_prefix(owner)}*"):
        with suppress(FileNotFoundError):  # taken or swept in between
            found.append((one.stat().st_mtime_ns, one))
    return [one for _at, one in sorted(found)]


def _prefix(owner: str) -> str:
    return f"aside-{_digest(owner)[:16]}-"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
