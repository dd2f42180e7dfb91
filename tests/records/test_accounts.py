"""Accounts, their passwords, what they are granted, and every way in that must stay shut."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from states.errors import DubanError, Faulty, NotAllowed, NotFound, NotKnown, Refused, TooMany
from states.records import access, accounts, attempts, entering, grants, passwords, sittings
from states.records.account_tables import Account, AccountSession, LoginAttempt
from states.records.asker import EVERYTHING
from states.records.core import account, account_grant, account_session
from states.records.entering import Asked
from states.records.grants import Grant
from states.records.roles import Act, Role
from states.records.session import connect
from states.records.tables import Journal

NOW = "2026-03-02 10:00"
OWN = "Lan-tian 2026 示例"
HOME = "192.0.2.7"


class Desk:
    """A stage with people who log in."""

    def __init__(self, stage: Any) -> None:
        self.stage, self.store, self.now = stage, stage.store, stage.at(NOW)

    def person(self, login: str, *granted: Grant) -> str:
        """Their first password."""
        with self.store.write() as session:
            row, password = accounts.create(session, login, "王示例", self.now, "cli:test")
            for one in granted:
                grants.give(session, EVERYTHING, row, one, self.now, "cli:test")
        return password

    def enter(self, login: str, password: str, address: str = HOME) -> str:
        return entering.enter(self.store, Asked(login, address, self.now), password)

    def sits(self, token: str) -> Any:
        with self.store.read() as session:
            return sittings.find(session, token, self.now)

    def settled(self, login: str, *granted: Grant) -> str:
        """Somebody with a password of their own (OWN), logged in: the token."""
        first = self.person(login, *granted)
        sitting = self.sits(self.enter(login, first))
        return entering.change(self.store, sitting, first, OWN, Asked("", HOME, self.now))

    def row(self, login: str) -> Account:
        with self.store.read() as session:
            return accounts.named(session, login)

    def facts(self, kind: str) -> list[Journal]:
        return [one for one in self.stage.rows(Journal) if one.kind == kind]


@pytest.fixture
def desk(stage: Any) -> Desk:
    return Desk(stage)


# -- passwords ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Ab3!xyz", "至少 10 个字符"),
        ("a" * 129 + "bcdef", "最多 128 个字符"),
        ("ababababab", "至少有 5 个不同的字符"),
        ("hello-wanglan-9", "不能含有登录名或姓名"),
        ("ｗａｎｇｌａｎ１２３４", "不能含有登录名或姓名"),
        ("Password2026!!", "太常见"),
        ("1234567890", "太常见"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused_with_the_reason(password: str, says: str) -> None:
    with pytest.raises(Faulty, match=says):
        passwords.check(password, "wanglan", "王示例")


def test_a_password_is_kept_as_argon2id_and_the_same_on_every_keyboard(monkeypatch: Any) -> None:
    kept = passwords.hashed("Ｌantian 2026")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(kept, "Lantian 2026")
    assert not passwords.verify(kept, "lantian 2026")
    assert not passwords.verify(None, "Lantian 2026")
    passwords.check(passwords.first(), "wanglan", "王示例")
    monkeypatch.setattr(passwords, "_nobody", lambda: kept)
    assert not passwords.verify(None, "Lantian 2026"), "not even with the one that is compared in vain"


# -- the first start ----------------------------------------------------------------------------------


def test_of_four_that_start_at_once_one_makes_the_administrator(shaped_url: str) -> None:
    stores = [connect(shaped_url) for _ in range(4)]

    def start(store: Any) -> str | None:
        with store.write() as session:
            return accounts.first(session, passwords_at)

    from states import clock

    passwords_at = clock.now()
    with ThreadPoolExecutor(4) as pool:
        told = [one for one in pool.map(start, stores) if one]
    assert len(told) == 1
    token = entering.enter(stores[0], Asked("admin", HOME, passwords_at), told[0])
    with stores[1].read() as session:
        found = sittings.find(session, token, passwords_at)
        assert [one.login for one in accounts.listed(session)] == ["admin"]
    assert found is not None
    assert (found.must_change, found.scope.role, found.scope.path) == (True, Role.administrator, None)
    for store in stores:
        assert start(store) is None
        store.close()


# -- the way in ---------------------------------------------------------------------------------------


def test_whatever_is_wrong_is_refused_in_the_same_words_after_the_same_work(desk: Desk, monkeypatch) -> None:
    desk.person("wanglan")
    stale, closed = desk.person("old"), desk.person("closed")
    with desk.store.write() as session:
        accounts.disable(session, accounts.named(session, "closed"), desk.now, "cli:test")
        row = accounts.named(session, "old")
        row.password_ends = desk.now
        session.add(row)
        nothing, _ = accounts.create(session, "nothing", "王示例", desk.now, "cli:test")
        nothing.password = None
    worked: list[str] = []
    real = passwords._hasher()

    class Counting:
        def verify(self, given: str, kept: str) -> bool:
            worked.append(kept)
            return real.verify(given, kept)

        def hash(self, given: str) -> str:
            return real.hash(given)

    monkeypatch.setattr(passwords, "_hasher", Counting)
    said = set()
    tries = [("wanglan", "x"), ("nobody", "x"), ("closed", closed), ("old", stale), ("nothing", "x")]
    for number, (login, password) in enumerate(tries, 1):
        with pytest.raises(NotKnown) as refused:
            desk.enter(login, password)
        said.add(str(refused.value))
        assert len(worked) == number, login
        assert worked[-1].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert said == {entering.WRONG}
    assert len(desk.facts("session.refused")) == len(tries)
    assert [(one.actor, one.payload["origin"]) for one in desk.facts("session.refused")][:2] == [
        ("user:王示例（wanglan）", "192.0.2.*"),
        ("user", "192.0.2.*"),
    ]


def test_an_account_that_is_closed_while_its_password_is_judged_lets_nobody_in(
    desk: Desk, monkeypatch
) -> None:
    password = desk.person("wanglan")
    real = passwords.verify

    def closing(kept: str | None, given: str) -> bool:
        with desk.store.write() as session:
            accounts.disable(session, accounts.named(session, "wanglan"), desk.now, "cli:test")
        return real(kept, given)

    monkeypatch.setattr(passwords, "verify", closing)
    with pytest.raises(NotKnown, match=entering.WRONG):
        desk.enter("wanglan", password)
    assert desk.facts("session.opened") == []


@pytest.mark.parametrize("login", ["wanglan", "nobody"])
def test_an_account_is_locked_after_five_whether_it_exists_or_not(desk: Desk, login: str) -> None:
    password = desk.person("wanglan")
    for number in range(5):
        with pytest.raises(NotKnown):
            desk.enter(login, "wrong", f"192.0.2.{number}")
    with pytest.raises(TooMany, match="15 分钟后再试"):
        desk.enter(login, password, "198.51.100.1")
    assert len(desk.facts("session.locked")) == 1
    desk.now += timedelta(minutes=14, seconds=59)
    with pytest.raises(TooMany):
        desk.enter(login, password)
    desk.now += timedelta(seconds=1)
    if login == "wanglan":
        assert desk.sits(desk.enter(login, password)) is not None
        desk.now -= timedelta(minutes=14)
    with pytest.raises(NotKnown):
        desk.enter(login, "wrong")


def test_many_guesses_at_the_same_moment_are_counted_before_they_are_judged(desk: Desk) -> None:
    desk.person("wanglan")

    def guess(number: int) -> type[DubanError]:
        with pytest.raises((NotKnown, TooMany)) as refused:
            desk.enter("wanglan", f"guess-{number}")
        return refused.type

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(guess, range(8)))
    assert (found.count(NotKnown), found.count(TooMany)) == (5, 3)


def test_one_password_tried_on_many_accounts_locks_the_address(desk: Desk) -> None:
    password = desk.person("wanglan")
    with desk.store.write() as session:
        for number in range(attempts.OF_ADDRESS - 1):
            assert attempts.begin(session, f"u{number}", HOME, desk.now)
    assert desk.sits(desk.enter("wanglan", password)), "a good try gives the address nothing back"
    with pytest.raises(NotKnown):
        desk.enter("somebody", "Spring2026!")
    with pytest.raises(TooMany):
        desk.enter("wanglan", password)
    assert desk.sits(desk.enter("wanglan", password, "198.51.100.1"))
    kept = str([one.model_dump() for one in desk.stage.rows(LoginAttempt)])
    assert "wanglan" not in kept
    assert HOME not in kept
    desk.now += timedelta(days=1, minutes=1)
    desk.enter("wanglan", password)
    assert len(desk.stage.rows(LoginAttempt)) == 0


def test_a_first_password_must_be_changed_and_a_changed_one_ends_the_other_sessions(desk: Desk) -> None:
    first = desk.person("wanglan", Grant(Role.auditor))
    mine, other = desk.enter("wanglan", first), desk.enter("wanglan", first)
    assert desk.sits(mine).must_change
    for wrong, new, error in ((first, "short", Faulty), ("wrong", OWN, NotKnown)):
        with pytest.raises(error):
            entering.change(desk.store, desk.sits(mine), wrong, new, Asked("", HOME, desk.now))
    for _ in range(attempts.OF_ACCOUNT):
        with pytest.raises(Faulty):
            entering.change(desk.store, desk.sits(mine), first, "short", Asked("", HOME, desk.now))
    fresh = entering.change(desk.store, desk.sits(mine), first, OWN, Asked("", HOME, desk.now))
    assert (desk.sits(mine), desk.sits(other)) == (None, None)
    assert not desk.sits(fresh).must_change
    with pytest.raises(NotKnown):
        desk.enter("wanglan", first)
    with pytest.raises(Refused, match="不能与现在的相同"):
        entering.change(desk.store, desk.sits(fresh), OWN, OWN, Asked("", HOME, desk.now))


def test_nothing_secret_is_kept_or_told_in_clear(desk: Desk) -> None:
    first = desk.person("wanglan")
    with pytest.raises(NotKnown):
        desk.enter(OWN.lower(), "x")
    token = desk.enter("wanglan", first)
    written = "".join(str(rows) for rows in desk.stage.everything().values())
    for secret in (first, token, OWN.lower(), HOME):
        assert secret not in written


def test_what_is_done_with_an_account_is_a_fact_with_who_did_it(desk: Desk) -> None:
    desk.person("wanglan")
    with desk.store.write() as session:
        row = accounts.named(session, "wanglan")
        for act in (accounts.reset, accounts.disable, accounts.disable, accounts.enable, accounts.enable):
            act(session, row, desk.now, "user:管理员（admin）")
        sittings.end_every(session, row, desk.now, "user:管理员（admin）")
    (ended,) = desk.facts("session.ended")
    assert (ended.after, ended.payload["why"]) == ("wanglan", "administrator")
    facts = [one for one in desk.stage.rows(Journal) if one.kind.startswith("account.")]
    assert [one.kind.partition(".")[2] for one in facts] == ["created", "reset", "disabled", "enabled"]
    assert {one.after for one in facts} == {"wanglan"}
    assert [one.actor for one in facts] == ["cli:test", *["user:管理员（admin）"] * 3]


# -- sessions -----------------------------------------------------------------------------------------


def test_a_session_ends_unused_at_its_latest_when_ended_and_with_its_account(desk: Desk) -> None:
    token = desk.settled("wanglan", Grant(Role.auditor))
    begun = desk.now
    desk.now = begun + sittings.IDLE - timedelta(seconds=1)
    sitting = desk.sits(token)
    with desk.store.write() as session:
        sittings.seen(session, sitting.id, desk.now)
    desk.now += timedelta(seconds=2)
    assert desk.sits(token), "seen since"
    desk.now += sittings.IDLE
    assert desk.sits(token) is None, "idle"
    with desk.store.write() as session:
        sittings.seen(session, sitting.id, begun + sittings.ABSOLUTE)
    desk.now = begun + sittings.ABSOLUTE
    assert desk.sits(token) is None, "too old"
    token = desk.enter("wanglan", OWN)
    with desk.store.write() as session:
        sittings.end(session, desk.sits(token).id, desk.now, "logout", "user:x")
    assert desk.sits(token) is None
    token = desk.enter("wanglan", OWN)
    for act in (accounts.disable, accounts.enable):
        with desk.store.write() as session:
            act(session, accounts.named(session, "wanglan"), desk.now, "cli:test")
        assert desk.sits(token) is None, act.__name__
    token = desk.enter("wanglan", OWN)
    with desk.store.write() as session:
        accounts.reset(session, accounts.named(session, "wanglan"), desk.now, "cli:test")
    assert desk.sits(token) is None
    assert desk.sits(token[:-1]) is None


def test_a_session_has_no_life_without_its_account_and_ends_with_a_new_link(desk: Desk) -> None:
    """Whatever closed the account: no session of it need have been ended."""
    token = desk.settled("wanglan", Grant(Role.auditor))
    for closed in (desk.now, None):
        with desk.store.write() as session:
            session.execute(sa.update(account).values(disabled_at=closed))
        assert (desk.sits(token) is None) == (closed is not None)
    desk.person("other", Grant(Role.coordinator))
    with desk.store.write() as session:
        theirs = grants.of(session, accounts.named(session, "other").id)[0].id
        session.execute(sa.update(account_session).values(grant_id=theirs))
    assert desk.sits(token).scope.path == sittings.NOWHERE, "nobody acts by another's grant"
    with desk.store.write() as session:
        row = accounts.named(session, "wanglan")
        accounts.link(session, row, desk.now, "cli:test", email=None, subject="s-1")
    assert desk.sits(token) is None
    (fact,) = desk.facts("account.linked")
    assert (fact.actor, fact.after, fact.payload["by_email"]) == ("cli:test", "wanglan", False)
    desk.now += sittings.ABSOLUTE + sittings.KEPT + timedelta(seconds=1)
    desk.enter("wanglan", OWN)
    assert len(desk.stage.rows(AccountSession)) == 1, "who was logged in long ago is forgotten"


# -- grants -------------------------------------------------------------------------------------------


def test_a_grant_taken_back_is_gone_at_once_for_sessions_and_keys_of_every_process(desk: Desk) -> None:
    token = desk.settled("wanglan", Grant(Role.coordinator, under="R1"))
    other = connect(desk.store.engine.url.render_as_string(hide_password=False))
    sitting = desk.sits(token)
    key = sitting.scope.grant_id
    with desk.store.write() as session:
        made = {
            write: access.create(session, "数据中台", desk.now, write=write, grant_id=key)
            for write in (True, False)
        }
    found = {}
    for write, secret in made.items():
        with other.read() as session:
            found[write] = access.find(session, secret, desk.now)
    assert [one.path for one in (sitting.scope, *found.values())] == [sitting.scope.path] * 3
    assert found[True].actor == "user:王示例（wanglan） key:数据中台"
    assert [found[write].may(Act.judge) for write in (True, False)] == [True, False]
    with desk.store.write() as session:
        grants.revoke(session, EVERYTHING, desk.row("wanglan"), key, desk.now, "cli:test")
    with other.read() as session:
        after = sittings.find(session, token, desk.now)
        assert [access.find(session, secret, desk.now) for secret in made.values()] == [None, None]
    assert after is not None
    assert (after.scope.campaigns, after.scope.write, after.scope.path) == (
        frozenset(),
        False,
        sittings.NOWHERE,
    )
    other.close()
    assert [one.kind for one in desk.stage.rows(Journal) if one.kind.startswith("grant.")] == [
        "grant.given",
        "grant.revoked",
    ]


def test_the_key_of_a_disabled_account_opens_nothing(desk: Desk) -> None:
    token = desk.settled("wanglan", Grant(Role.liaison, under="R1-H1"))
    with desk.store.write() as session:
        secret = access.create(session, "数据中台", desk.now, grant_id=desk.sits(token).scope.grant_id)
        assert access.find(session, secret, desk.now) is not None
        accounts.disable(session, accounts.named(session, "wanglan"), desk.now, "cli:test")
        assert access.find(session, secret, desk.now) is None


def test_nobody_grants_beyond_his_own_reach_or_lays_hands_on_others(desk: Desk) -> None:
    token = desk.settled("county", Grant(Role.administrator, under="R1"))
    boss = desk.sits(token).scope
    desk.person("below", Grant(Role.liaison, under="R1-H1"))
    desk.person("beside", Grant(Role.liaison, under="R2-H1"))
    desk.person("both", Grant(Role.liaison, under="R1-H1"), Grant(Role.liaison, under="R2-H1"))
    desk.person("none")
    with desk.store.write() as session:
        below = grants.check_account(session, boss, accounts.named(session, "below").id)
        for login in ("beside", "both", "none"):
            with pytest.raises(NotAllowed, match=grants.GONE):
                grants.check_account(session, boss, accounts.named(session, login).id)
        with pytest.raises(NotAllowed, match=grants.GONE):
            grants.check_account(session, boss, 999)
        for wanted in (Grant(Role.auditor), Grant(Role.auditor, under="R"), Grant(Role.auditor, under="R2")):
            with pytest.raises(NotAllowed, match="自己管理的"):
                grants.give(session, boss, below, wanted, desk.now, "x")
        wanted = Grant(Role.auditor, under="R1", informants=True)
        with pytest.raises(NotAllowed, match="举报人"):
            grants.give(session, boss, below, wanted, desk.now, "x")
        grants.give(session, boss, below, Grant(Role.coordinator, under="R1"), desk.now, "x")
        with pytest.raises(Refused, match="已有同样的授权"):
            grants.give(session, boss, below, Grant(Role.coordinator, under="R1"), desk.now, "x")
        for wrong in (
            Grant(Role.writer),
            Grant(Role.liaison, informants=True),
            Grant(Role.liaison, under="Z"),
        ):
            with pytest.raises(Faulty):
                grants.give(session, EVERYTHING, below, wrong, desk.now, "x")
        theirs = grants.of(session, accounts.named(session, "beside").id)[0].id
        with pytest.raises(NotFound):
            grants.revoke(session, boss, below, theirs, desk.now, "x")


def test_no_grant_is_taken_back_by_whom_it_lies_beyond_and_none_says_more_than_its_role(desk: Desk) -> None:
    """Whatever let him at the account; whatever stands in the database."""
    boss = desk.sits(desk.settled("county", Grant(Role.administrator, under="R1"))).scope
    desk.person("both", Grant(Role.liaison, under="R1-H1"), Grant(Role.liaison, under="R2-H1"))
    with desk.store.write() as session:
        both = accounts.named(session, "both")
        inside, outside = [one.id for one in grants.of(session, both.id)]
        with pytest.raises(NotAllowed, match="自己管理的"):
            grants.revoke(session, boss, both, outside, desk.now, "x")
        session.execute(sa.update(account_grant).values(informants=True))
        assert not sittings.granted(session, inside, 1).informants
        grants.revoke(session, boss, both, inside, desk.now, "x")
        with pytest.raises(NotFound):
            grants.revoke(session, boss, both, inside, desk.now, "x")
    assert len(desk.facts("grant.revoked")) == 1


def test_the_last_administrator_of_everything_stays(desk: Desk) -> None:
    with desk.store.write() as session:
        accounts.first(session, desk.now)
    desk.person("part", Grant(Role.administrator, under="R1"))
    with desk.store.write() as session:
        boss = accounts.named(session, "admin")
        (key,) = [one.id for one in grants.of(session, boss.id)]
        with pytest.raises(Refused, match="最后一个"):
            accounts.disable(session, boss, desk.now, "x")
        with pytest.raises(Refused, match="最后一个"):
            grants.revoke(session, EVERYTHING, boss, key, desk.now, "x")
        other = accounts.named(session, "part")
        grants.give(session, EVERYTHING, other, Grant(Role.administrator), desk.now, "x")
        accounts.disable(session, boss, desk.now, "x")
        with pytest.raises(Refused, match="最后一个"):
            accounts.disable(session, other, desk.now, "x")


def test_a_grant_on_a_unit_that_is_gone_is_none(desk: Desk) -> None:
    token = desk.settled("wanglan", Grant(Role.auditor, under="R2-C1"))
    with desk.store.write() as session:
        session.execute(sa.text("UPDATE account_grant SET unit_id = 999"))
    assert desk.sits(token).scope.path == sittings.NOWHERE


def test_a_person_acts_in_one_role_at_a_time_and_chooses_among_his_own(desk: Desk) -> None:
    token = desk.settled("wanglan", Grant(Role.auditor), Grant(Role.liaison, under="R1-H1"))
    desk.person("other", Grant(Role.coordinator))
    sitting = desk.sits(token)
    assert sitting.scope.role is Role.auditor
    with desk.store.write() as session:
        mine = [one.id for one in grants.of(session, sitting.account_id)]
        theirs = [one.id for one in grants.of(session, accounts.named(session, "other").id)]
        with pytest.raises(NotFound):
            sittings.choose(session, sitting, theirs[0], desk.now)
        sittings.choose(session, sitting, mine[1], desk.now)
    assert desk.sits(token).scope.role is Role.liaison
    assert [one.payload["grant"] for one in desk.facts("session.role_chosen")] == [mine[1]]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_what_a_hash_took_is_given_back() -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from states.records import passwords
def pages(): return int(Path("/proc/self/statm").read_text().split()[1])
passwords.hashed("Xk3-zebra-lamp-77")
before = pages()
with ThreadPoolExecutor(4) as pool: list(pool.map(passwords.hashed, ["Xk3-zebra-lamp-77"] * 4))
print((pages() - before) * 4 // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 15
