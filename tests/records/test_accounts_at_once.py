"""Administrators who act at the same moment: what each was let do on its own must not add up to what nobody may."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlmodel import Session

from states.errors import Refused
from states.records import accounts, grants
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role

NOW = "2026-03-02 10:00"
PATIENCE = 0.5  # seconds for the other to come as far, if nothing holds it up
Act = Callable[[Session, Account, Any], Any]


def closed(session: Session, row: Account, now: Any) -> None:
    accounts.disable(session, row, now, "cli:test")


def taken_back(session: Session, row: Account, now: Any) -> None:
    grants.revoke(session, EVERYTHING, row, grants.of(session, row.id)[0].id, now, "cli:test")


@pytest.mark.parametrize("acts", [(closed, closed), (taken_back, taken_back)])
def test_two_administrators_who_close_each_other_leave_one(
    stage: Any, monkeypatch: pytest.MonkeyPatch, acts: tuple[Act, Act]
) -> None:
    now, met, real = stage.at(NOW), Barrier(2), grants.keep_one
    with stage.store.write() as session:
        for login in ("one", "other"):
            row, _ = accounts.create(session, login, "王示例", now, "cli:test")
            grants.give(session, EVERYTHING, row, Grant(Role.administrator), now, "cli:test")

    def looked(*about: Any) -> None:
        real(*about)
        with suppress(BrokenBarrierError):
            met.wait(PATIENCE)

    def done(login: str, act: Act) -> bool:
        try:
            with stage.store.write() as session:
                act(session, accounts.named(session, login), now)
        except Refused:
            return False
        return True

    monkeypatch.setattr(grants, "keep_one", looked)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(done, ("one", "other"), acts)) == [False, True]
