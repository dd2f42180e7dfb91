"""The vault is swept beside those who hand in: what is on its way is never lost."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from states.records import locks, sweeping
from states.records.filed import StoredFile
from states.records.session import Store
from states.records.vault import Vault

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def put(vault: Vault, content: bytes) -> str:
    """An old content in its place, named by nobody."""
    with vault.receive(100) as coming:
        coming.write(content)
        digest = coming.complete()
        coming.settle()
    os.utime(vault.place(digest), (1, 1))
    return digest


def test_a_content_whose_row_is_being_written_is_not_swept(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "files")
    named, loose = put(vault, b"named"), put(vault, b"loose")
    assert sweeping.check(store, vault, NOW).orphaned == tuple(sorted([named, loose]))
    with ThreadPoolExecutor(1) as pool:
        with store.write() as session:
            locks.files_kept(session)
            session.add(StoredFile(sha256=named, size=5, kind="text", by="test", at=NOW))
            session.flush()
            swept = pool.submit(sweeping.sweep, store, vault, [named, loose], NOW)
            time.sleep(0.3)
            assert not swept.done()
        assert swept.result() == 1
    assert list(vault.kept()) == [named]
    assert sweeping.check(store, vault, NOW).troubles == ()


def test_what_is_younger_is_left_alone(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "files")
    digest = put(vault, b"young")
    os.utime(vault.place(digest), (NOW.timestamp(), NOW.timestamp()))
    assert sweeping.check(store, vault, NOW).orphaned == ()
    assert sweeping.sweep(store, vault, [digest], NOW) == 0


def test_only_a_hash_is_a_place_in_it(tmp_path: Path) -> None:
    for other in ("../../etc/passwd", "a" * 63 + "/", "A" * 64, "a" * 64 + "\n"):
        with pytest.raises(ValueError, match=re.escape(other)):
            Vault(tmp_path).place(other)
