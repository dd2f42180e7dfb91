"""A person is taken out of the record, and the journal still proves what it says."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from states.chain.check import ERASED, check
from states.chain.scrub import Scrub
from states.errors import NotFound, Refused
from states.records import accounts, attempts, core, grants, sittings
from states.records.account_tables import Account, AccountSession, LoginAttempt
from states.records.asker import EVERYTHING
from states.records.chain import erasing, reading_out, sealer, signing
from states.records.chain.erasing import Person
from states.records.core import journal, journal_erased, journal_salt
from states.records.grants import Grant
from states.records.handing import Person as Next
from states.records.handing import hand_over
from states.records.journal import note
from states.records.roles import Role
from states.records.session import connect
from states.settings import read as settings_of

WHO, NAME, NEXT = "liaison.r1-h1@example.org", "钱示例", "next@example.org"
REASON = "本人申请删除"


class Left:
    """The liaison of R1-H1 was reminded, bounced, spoken of, handed over and has left; the journal is sealed, signed."""

    def __init__(self, stage: Any, home: Path) -> None:
        self.stage, self.store = stage, stage.store
        self.now = stage.at("2026-03-20 10:00")
        stage.put(core.contact, core.contact.c.email == WHO, name=NAME)
        campaign = stage.launch(stage.template(stage.one_report, stage.ladders))
        stage.cycle("2026-03-05 09:00", "2026-03-11 09:00")
        with self.store.write() as session:
            hand_over(session, WHO, Next("李示例", NEXT), self.now, "test")
            told = [{"to": WHO}]
            for reason in (f"{NAME}说已电话联系 {WHO.upper()}", f"x{WHO} 与 {WHO}.cn 是别人", None):
                note(session, self.now, "sample", "test", campaign_id=campaign, reason=reason, told=told)
            note(session, self.now, "sample", "test", reason="钱示例来过")
        stage.cycle("2026-03-20 10:00")
        self.settings = settings_of({"DUBAN_HOME": str(home)})
        self.sign()
        self.before = self.told()

    def sign(self) -> None:
        for _ in range(2):  # the key's own row comes with the first root
            sealer.seal(self.store, self.now)
            signing.sign(self.store, self.settings, self.now)

    def told(self) -> list[Any]:
        with self.store.read() as session:
            plain = (journal.c.id, journal.c.at, journal.c.kind, journal.c.unit_id, journal.c.campaign_id)
            return list(session.execute(sa.select(*plain).order_by(journal.c.id)).tuples())

    def erase(self, *names: str, who: str = WHO, logins: tuple[str, ...] = ()) -> erasing.Erased:
        with self.store.write() as session:
            return erasing.erase(session, Person(who, names, logins), REASON, self.now, "cli:office")

    def checked(self) -> Any:
        with self.store.read() as session:
            trusted, kept = signing.known(session), signing.every(session)
        return check(reading_out.lines(self.store, self.now), trusted=trusted, kept=kept)

    def everything(self) -> str:
        return "\n".join(f"{name}: {rows}" for name, rows in self.stage.everything().items()).lower()


@pytest.fixture
def left(stage: Any, tmp_path: Path) -> Left:
    return Left(stage, tmp_path)


@pytest.fixture
def light(new_stage: Any, upgraded_file: Path, tmp_path: Path) -> Iterator[Left]:
    """The same on SQLite alone, for what does not hang on the database."""
    shutil.copy(upgraded_file, tmp_path / "duban.db")
    store = connect(f"sqlite:///{tmp_path / 'duban.db'}")
    yield Left(new_stage(store).people(), tmp_path)
    store.close()


def test_the_person_is_gone_the_journal_stands_and_still_tells_what_happened(left: Left) -> None:
    assert WHO in left.everything()
    done = left.erase()
    rest = left.everything().replace(f"x{WHO}", "").replace(f"{WHO}.cn", "")
    assert WHO not in rest
    assert left.everything().count(NAME) == 2, "what was said of the name alone, and to the successor"
    assert done.left == {"journal": 1, "notice": 1}
    assert done.rows.keys() >= {"journal", "notice", "mail"}
    assert done.names == [NAME]
    assert left.told()[: len(left.before)] == left.before
    sample = [one.reason for one in left.stage.journal("sample")]
    assert sample[0] == f"{done.token}说已电话联系 {done.token}"
    assert sample[1:] == [f"x{WHO} 与 {WHO}.cn 是别人", None, "钱示例来过"]
    fact = left.stage.one(core.tables.Journal, core.tables.Journal.kind == ERASED)
    assert (fact.actor, fact.reason, fact.after) == ("cli:office", REASON, done.token)
    found = left.checked()
    assert (found.broken, found.erased, found.unsealed) == (None, done.sealed, 1)
    left.sign()
    found = left.checked()
    assert (found.broken, found.erased, found.unsealed) == (None, done.sealed, 0)
    assert done.sealed == 6


def test_what_bound_it_is_destroyed(left: Left) -> None:
    """Neither the old keys nor the digests that a guess could be compared with are there any more."""
    with left.store.read() as session:
        before = b"".join(
            bytes(one)
            for one in session.execute(sa.select(journal_salt.c.salts).order_by(journal_salt.c.no)).scalars()
        )
    ids = {one.id for one in left.stage.journal("sample")[:3]}
    left.erase()
    with left.store.read() as session:
        after = b"".join(
            bytes(one)
            for one in session.execute(sa.select(journal_salt.c.salts).order_by(journal_salt.c.no)).scalars()
        )
        kept = {one.journal_id for one in session.execute(sa.select(journal_erased))}
    gone = [
        place
        for place in range(0, len(before), 16)
        if before[place : place + 16] != after[place : place + 16]
    ]
    assert all(after[place : place + 16] == bytes(16) for place in gone)
    assert len(gone) == len(kept)
    assert ids <= kept


def test_a_second_person_in_the_same_row_and_the_same_again(left: Left) -> None:
    """The digest of what the first erasure left would give the second away, were it not keyed anew."""
    left.erase()
    left.sign()
    with left.store.write() as session:
        session.execute(sa.delete(core.contact).where(core.contact.c.email == NEXT))
        session.execute(sa.update(core.notice).where(core.notice.c.email == NEXT).values(state="mailed"))
        session.execute(sa.update(core.mail).where(core.mail.c.email == NEXT).values(state="sent"))
    again = left.erase(who=NEXT)
    left.sign()
    found = left.checked()
    assert (found.broken, found.erased) == (None, 7), "the hand-over named both"
    assert again.sealed == 2
    assert left.erase().rows == {}
    assert left.checked().broken is None


def test_a_name_goes_everywhere_when_asked_but_not_from_others_of_that_name(light: Left) -> None:
    with light.store.write() as session:
        note(session, light.now, "told", "test", told=[f"与{NAME}谈过"])
        session.execute(
            sa.update(core.contact).where(core.contact.c.email == "principal.r@example.org").values(name=NAME)
        )
    assert light.erase(NAME).left == {}
    assert light.checked().broken is None
    assert NAME not in str(light.stage.journal("told")[0].payload)
    assert "来过" in light.stage.journal("sample")[3].reason
    assert NAME not in light.stage.journal("sample")[3].reason
    assert (
        light.stage.one(core.tables.Contact, core.tables.Contact.email == "principal.r@example.org").name
        == NAME
    )


def test_what_goes_is_overwritten_in_the_file_of_sqlite(light: Left) -> None:
    with light.store.write() as session:
        asked = session.connection().exec_driver_sql
        asked("PRAGMA secure_delete=OFF")
        erasing.erase(session, Person(WHO), REASON, light.now, "test")
        assert asked("PRAGMA secure_delete").scalar() == 1


def test_a_trial_writes_nothing(light: Left) -> None:
    before = light.everything()
    with light.store.trial() as session:
        done = erasing.erase(session, Person(WHO), REASON, light.now, "test")
    assert done.rows["journal"] > 0
    assert light.everything() == before


def test_more_rows_than_one_fact_speaks_of_and_some_not_sealed_yet(light: Left, monkeypatch: Any) -> None:
    monkeypatch.setattr(erasing, "IN_A_FACT", 2)
    with light.store.write() as session:
        note(session, light.now, "late", "test", reason=WHO)
    done = light.erase()
    assert (done.sealed, done.rows["journal"]) == (6, 7)
    assert len(light.stage.journal(ERASED)) == 3
    light.sign()
    assert (light.checked().broken, light.checked().erased) == (None, 6)


def test_nothing_is_sealed_while_somebody_is_taken_out(left: Left) -> None:
    """What was written down before would be bound, and stand there no more."""
    with left.store.write() as session:
        note(session, left.now, "late", "test", reason=WHO)
        session.flush()
        high = session.execute(sa.select(sa.func.max(journal.c.id))).scalar_one()

    def seal() -> None:
        with left.store.write() as session:
            sealer.next_batch(session, high, left.now)

    with ThreadPoolExecutor(1) as pool:
        with left.store.write() as session:
            erasing.erase(session, Person(WHO), REASON, left.now, "test")
            sealing = pool.submit(seal)
            time.sleep(0.3)
        sealing.result()
    left.sign()
    assert left.checked().broken is None


def test_what_is_left_of_a_row_cant_be_changed_and_no_erasure_can_be_made_up(light: Left) -> None:
    light.erase()
    light.sign()
    key = light.stage.journal("sample")[0].id
    light.stage.put(journal, journal.c.id == key, reason="什么也没发生")
    found = light.checked().broken
    assert (found.row, found.says[:9]) == (key, "这一行说是依法抹除")
    light.stage.put(journal, journal.c.id == key, reason="改", actor="谁")
    light.stage.put(journal_erased, journal_erased.c.journal_id == key, commitment=b"0" * 32)
    assert light.checked().broken.row == key


def test_who_has_a_post_or_mail_to_come_is_not_erased_and_reasons_name_nobody(light: Left) -> None:
    for who, reason, says, actor in (
        (Person(NEXT), REASON, "联系人：请先交接", "test"),
        (Person(WHO), f"{WHO} 要求", "不能写这个人的邮箱", "test"),
        (Person(WHO), f"{NAME}要求", "不能写这个人的邮箱", "test"),
        (Person(WHO), REASON, "不能写这个人的邮箱", f"user:{NAME}（qian）"),
        (Person(WHO, ["钱"]), REASON, "“钱”太短", "test"),
        (Person(WHO), " ", "请写明理由", "test"),
    ):
        with light.store.write() as session, pytest.raises(Refused) as refused:
            erasing.erase(session, who, reason, light.now, actor)
        assert says in str(refused.value)
    with light.store.write() as session:
        one = sa.select(sa.func.min(core.notice.c.id)).where(core.notice.c.email == WHO).scalar_subquery()
        session.execute(sa.update(core.notice).where(core.notice.c.id == one).values(state="pending"))
    with light.store.write() as session, pytest.raises(Refused, match="没有发出"):
        erasing.erase(session, Person(WHO), REASON, light.now + timedelta(days=1), "test")
    light.stage.put(core.notice, core.notice.c.email == WHO, state="mailed")
    light.stage.put(core.mail, core.mail.c.email == WHO, state="queued")
    with light.store.write() as session, pytest.raises(Refused, match="没有发出"):
        erasing.erase(session, Person(WHO), REASON, light.now, "test")


def test_whose_account_works_is_not_erased(light: Left) -> None:
    account = Account(login="qian", name=NAME, email=WHO, created_at=light.now)
    with light.store.write() as session:
        session.add(account)
    with light.store.write() as session, pytest.raises(Refused, match="停用账号"):
        erasing.erase(session, Person(WHO), REASON, light.now, "test")
    light.stage.put(core.account, core.account.c.login == "qian", disabled_at=light.now)
    assert light.erase().rows["account"] == 1


def test_an_account_is_emptied_and_the_journal_no_longer_says_who_acted(left: Left) -> None:
    """By the address that it is linked to, or by its login name; others of the same name keep theirs."""
    with left.store.write() as session:
        for login, email in (("qian", WHO), ("qian2", None), ("other", None)):
            row, _ = accounts.create(session, login, NAME, left.now, "cli:test")
            row.email, row.subject = email, f"sub-{login}"
            given = grants.give(session, EVERYTHING, row, Grant(Role.administrator), left.now, "cli:test")
            sittings.open_(session, row, left.now, "test", "192.0.2.7")
            attempts.begin(session, login, "192.0.2.7", left.now)
            note(session, left.now, "sample", grants.actor_of(row), reason="qian 是别的词", grant=given.id)
    left.sign()
    with left.store.write() as session, pytest.raises(Refused, match="停用账号"):
        erasing.erase(session, Person("none@example.org", (), ("qian2",)), REASON, left.now, "test")
    with left.store.write() as session, pytest.raises(NotFound, match="qian3"):
        erasing.erase(session, Person("none@example.org", (), ("qian3",)), REASON, left.now, "test")
    with left.store.write() as session:
        for login in ("qian", "qian2"):
            accounts.disable(session, accounts.named(session, login), left.now, f"user:{NAME}（{login}）")
    done = left.erase(logins=("qian2",))
    left.sign()
    rest = left.everything()
    assert not re.search(r"qian(?! 是别的词)|sub-qian|sub-qian2", rest), re.findall(r".{60}qian.{30}", rest)
    assert f"user:{NAME}（other）" in rest
    assert done.rows["account"] == 2
    assert [one.actor for one in left.stage.journal("sample")[-3:]] == [
        *[done.token] * 2,
        f"user:{NAME}（other）",
    ]
    found = left.checked()
    assert (found.broken, found.erased) == (None, done.sealed)
    with left.store.read() as session:
        kept = [(one.login, one.password, one.subject) for one in accounts.listed(session)]
    assert [one[0] for one in kept] == ["gone-1", "gone-2", "other"]
    assert kept[0][1:] == kept[1][1:] == (None, None)
    assert {one.account_id for one in left.stage.rows(AccountSession)} == {3}, "nor from where they came"
    assert len(left.stage.rows(LoginAttempt)) == 1


def test_an_address_is_taken_out_alone_and_a_latin_name_as_a_word() -> None:
    scrub = Scrub("li@example.org", "〇", beside=["Li"], anywhere=["Ann"])
    for text, expected in (
        ("Li@Example.org.", "〇."),
        ("d:2026-03-05:li@example.org", "d:2026-03-05:〇"),
        (
            "wangli@example.org a.li@example.org li@example.org.cn",
            "wangli@example.org a.li@example.org li@example.org.cn",
        ),
        ("Li met Ann, not Anna", "〇 met 〇, not Anna"),
    ):
        assert scrub.clean(text, beside=True) == expected
    assert scrub.clean({"li@example.org": ["Ann", 1, None]}, beside=False) == {"〇": ["〇", 1, None]}
