"""The way in tells nothing to who guesses, and is made once however many begin at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from states.errors import NotKnown, Refused, TooMany
from states.records import accounts, attempts, entering, passwords, sittings
from states.records.account_tables import Account
from states.records.core import account
from states.records.entering import Asked, Claims
from states.records.session import connect

ROOT = Path(__file__).parents[2]
LOGINS = ("nobody", "known", "closed", "elsewhere", "expired")
TRIES = 4
ALIKE = 1.6  # times the quickest; a hash that is left out makes it twenty
START = """
import sys
import time
from flows.commands import given, running
from states.records import schema
from states.records.session import connect

settings = given.settings()
store = connect(settings.database_url, home=settings.home)
sys.stdin.readline()
schema.upgrade(store)
running._first_account(store)
"""


@contextmanager
def heard(store: Any) -> Iterator[list[str]]:
    """The statements that reach the database."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    sa.event.listen(store.engine, "before_cursor_execute", listen)
    yield said
    sa.event.remove(store.engine, "before_cursor_execute", listen)


@pytest.fixture
def people(stage: Any) -> Any:
    """One of each kind that can't come in with a wrong password, beside one that is not there at all."""
    now = stage.at("2026-03-02 10:00")
    with stage.store.write() as session:
        for login in LOGINS[1:]:
            row, _ = accounts.create(session, login, "王示例", now, "cli:test")
            row.password_ends = now if login == "expired" else None
            row.disabled_at = now if login == "closed" else None
            row.password = None if login == "elsewhere" else row.password
    return stage


def test_whatever_is_wrong_takes_the_same_work_and_the_same_time(people: Any) -> None:
    now = people.at("2026-03-02 10:01")
    took: dict[str, list[float]] = {login: [] for login in LOGINS}
    work: dict[str, set[tuple[str, ...]]] = {login: set() for login in LOGINS}
    for number in range(TRIES):
        for login in LOGINS:
            asked = Asked(login, f"192.0.2.{number}", now)
            began = time.process_time()
            with heard(people.store) as said, pytest.raises(NotKnown) as told:
                entering.enter(people.store, asked, "Wrong-but-near 2026")
            took[login].append(time.process_time() - began)
            work[login].add(tuple(said))
            assert told.value.detail == entering.WRONG
    assert len(set.union(*work.values())) == 1, "statement by statement"
    least = [min(one) for one in took.values()]
    assert max(least) < ALIKE * min(least), took


def test_a_log_in_on_its_way_is_ended_by_a_new_password(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the account away waits for it, and then ends it too."""
    now, inside, go = people.at("2026-03-02 10:01"), Event(), Event()
    with people.store.write() as session:
        first = accounts.reset(session, accounts.named(session, "known"), now, "cli:test")
    real = sittings.open_

    def slow(*about: Any) -> str:
        inside.set()
        assert go.wait(10)
        return real(*about)

    def reset() -> None:
        with people.store.write() as session:
            accounts.reset(session, accounts.named(session, "known"), now, "cli:test")

    monkeypatch.setattr(sittings, "open_", slow)
    with ThreadPoolExecutor(2) as pool:
        entered = pool.submit(entering.enter, people.store, Asked("known", "", now), first)
        assert inside.wait(10)
        taken = pool.submit(reset)
        time.sleep(0.3)
        assert not taken.done()
        go.set()
        token = entered.result()
        taken.result()
    with people.store.read() as session:
        assert sittings.find(session, token, now) is None


def test_a_password_that_changes_while_it_is_judged_lets_nobody_in_with_the_old_one(
    people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, real = people.at("2026-03-02 10:01"), passwords.verify
    with people.store.write() as session:
        first = accounts.reset(session, accounts.named(session, "known"), now, "cli:test")

    def changing(kept: str | None, given: str) -> bool:
        with people.store.write() as session:
            accounts.reset(session, accounts.named(session, "known"), now, "cli:test")
        return real(kept, given)

    monkeypatch.setattr(passwords, "verify", changing)
    with pytest.raises(NotKnown, match=entering.WRONG):
        entering.enter(people.store, Asked("known", "", now), first)


def test_who_sits_at_an_open_session_guesses_its_password_no_more_often(people: Any) -> None:
    now = people.at("2026-03-02 10:01")
    with people.store.write() as session:
        first = accounts.reset(session, accounts.named(session, "known"), now, "cli:test")
    token = entering.enter(people.store, Asked("known", "", now), first)
    with people.store.read() as session:
        sitting = sittings.find(session, token, now)
    said = []
    for guess in [*(f"guess {number}" for number in range(attempts.OF_ACCOUNT)), first]:
        with pytest.raises((NotKnown, TooMany)) as refused:
            entering.change(people.store, sitting, guess, "Lan-tian 2026 示例", Asked("x", "", now))
        said.append(refused.type)
    assert said == [NotKnown] * attempts.OF_ACCOUNT + [TooMany]


def test_a_crowd_at_the_door_has_few_hashes_computed_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 20 MB."""
    inside, most = 0, 0

    class Slow:
        def verify(self, _given: str, _kept: str) -> bool:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1
            return True

        def hash(self, given: str) -> str:
            self.verify(given, "")
            return given

    passwords._nobody()
    monkeypatch.setattr(passwords, "_hasher", Slow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: passwords.verify("x", "y") if n % 2 else passwords.hashed("y"), range(16)))
    assert most == passwords.AT_ONCE


def test_a_subject_that_had_an_account_gets_no_other_by_its_e_mail(people: Any) -> None:
    """A closed account is closed for the person, whatever address the organisation's own log-in tells."""
    now = people.at("2026-03-02 10:01")
    with people.store.write() as session:
        for login, about in (("closed", {"subject": "s-1"}), ("known", {"email": "known@example.org"})):
            given = {"email": None, "subject": None, **about}
            accounts.link(session, accounts.named(session, login), now, "cli:test", **given)
    for taken, says in (({"subject": "s-1"}, "标识"), ({"email": "KNOWN@example.org "}, "邮箱")):
        given = {"email": None, "subject": None, **taken}
        with people.store.write() as session:
            row = accounts.named(session, "expired")
            with pytest.raises(Refused, match=f"这个{says}已关联"):
                accounts.link(session, row, now, "cli:test", **given)
    with pytest.raises(NotKnown):
        entering.enter_claimed(people.store, Claims("s-1", "known@example.org"), "", now)
    assert entering.enter_claimed(people.store, Claims("s-2", "Known@example.org"), "", now)


def test_an_address_of_ipv6_counts_with_all_its_neighbours_and_as_many_as_are_set(people: Any) -> None:
    now = people.at("2026-03-02 10:01")
    with people.store.write() as session:
        tried = [attempts.begin(session, f"u{n}", f"2001:db8::{n:x}", now, 3) for n in range(4)]
        other = attempts.begin(session, "u9", "2001:db8:0:1::1", now, 3)
        unlimited = attempts.begin(session, "u10", "2001:db8::9", now, 0)
    assert [one is None for one in (*tried, other, unlimited)] == [False] * 3 + [True, False, False]
    assert attempts.network("192.0.2.7") == "192.0.2.7"
    assert attempts.network("fe80::1%eth0") == "fe80::"
    assert attempts.network("not:an:address") == "not:an:address"


def test_of_processes_that_start_at_once_on_nothing_one_makes_the_administrator(
    database_url: str, tmp_path: Path
) -> None:
    there = {"PYTHONPATH": str(ROOT), "DUBAN_DATABASE_URL": database_url, "DUBAN_HOME": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [
        subprocess.Popen([sys.executable, "-c", START], env={**os.environ, **there}, text=True, **pipes)
        for _ in range(3)
    ]
    ended = [one.communicate("\n", timeout=60) for one in started]
    assert [one.returncode for one in started] == [0] * 3, ended
    told = re.findall(r"初始密码 (\S+)$", "".join(said for said, _ in ended), re.MULTILINE)
    assert len(told) == 1, ended
    store = connect(database_url)
    with store.read() as session:
        assert session.execute(sa.select(account.c.login)).scalars().all() == ["admin"]
        ends = session.get_one(Account, 1).password_ends
    assert entering.enter(store, Asked("admin", "", ends - timedelta(days=1)), told[0])
    store.close()
