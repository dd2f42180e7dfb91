"""Roots of the journal: one a day, a line that can be kept anywhere, by one key, and for no past but its own."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlmodel import Session

from sealed_journal import LAST, NOW, ROWS, Sealed, forge, put_root
from states.chain.roots import NoRoot, lines_in, pem, public_keys
from states.errors import Refused
from states.records.chain import sealer, signing
from states.records.core import journal, journal_batch
from states.records.journal import note
from states.records.session import Store


@pytest.fixture
def sealed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealed:
    monkeypatch.setattr(sealer, "ROWS", ROWS)
    return Sealed(store, tmp_path)


def test_a_root_is_a_line_that_survives_print_and_mail(sealed: Sealed) -> None:
    wrapped = "> " + sealed.kept.line.replace(" rows", "\r\n rows").replace(" head", "\n    head") + "\n-- \n"
    assert lines_in("您好，今天的流水根：\n" + wrapped) == [sealed.kept]
    with pytest.raises(NoRoot):
        lines_in("什么也没有")


def test_the_signature_is_one_that_other_programs_check(sealed: Sealed) -> None:
    """The public key as handed out, the text before the signature, and nothing of duban."""
    (public,) = sealed.trusted.values()
    assert public_keys("公钥\n" + pem(public)) == sealed.trusted
    text, _, signature = sealed.kept.line.partition(" sig=")
    load_pem_public_key(pem(public).encode()).verify(base64.b64decode(signature), text.encode())


def test_a_day_has_one_root_and_more_when_asked(sealed: Sealed) -> None:
    def roots() -> int:
        with sealed.store.read() as session:
            return len(signing.every(session))

    def fact(at: datetime) -> None:
        with sealed.store.write() as session:
            note(session, at, "sample", "test")
        sealer.seal(sealed.store, at)

    last = datetime(2026, 3, 4, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert roots() == 3
    for at, daily, expected in (
        (last, True, 3),  # this day has one
        (last + timedelta(hours=17), True, 4),  # one o'clock of the next
        (last + timedelta(hours=18), True, 4),
        (last + timedelta(hours=18), False, 5),
    ):
        fact(at)
        signing.sign(sealed.store, sealed.settings, at, daily=daily)
        assert roots() == expected
    signing.sign(sealed.store, sealed.settings, last + timedelta(days=9))
    assert roots() == 5  # nothing new to sign


def test_the_signer_puts_its_name_to_no_past_that_it_has_not_signed(sealed: Sealed) -> None:
    def forged_with_its_root(session: Session) -> None:
        forge(session, LAST)
        newest = sealer.last(session)
        put_root(session, replace(sealed.kept, head=newest.hash if newest else ""))

    for change in (
        lambda session: session.execute(sa.delete(journal_batch).where(journal_batch.c.no == 5)),
        lambda session: forge(session, LAST),
        forged_with_its_root,
    ):
        with sealed.tampered() as session:
            signing.continues(session, sealed.kept)
            change(session)
            newest = signing.last(session)
            assert newest is not None
            with pytest.raises(Refused, match="不再签名"):
                signing.continues(session, newest)
    with sealed.store.write() as session:
        forge(session, LAST)
        note(session, NOW, "sample", "test")
    sealer.seal(sealed.store, NOW)
    for daily in (True, False):
        with pytest.raises(Refused, match="不再签名"):
            signing.sign(sealed.store, sealed.settings, NOW + timedelta(days=9), daily=daily)


def test_the_key_is_the_owners_alone_and_no_second_one_is_made_by_itself(
    sealed: Sealed, tmp_path: Path
) -> None:
    kept = sealed.settings.home / signing.NAME
    assert kept.stat().st_mode & 0o777 == 0o600
    other = replace(sealed.settings, home=tmp_path / "other")
    with sealed.store.write() as session:
        note(session, NOW, "sample", "test")
    sealer.seal(sealed.store, NOW)
    with pytest.raises(signing.NoKey):
        signing.sign(sealed.store, other, NOW)
    assert not (other.home / signing.NAME).exists()
    given = replace(other, journal_key=kept.read_text().strip())
    assert signing.sign(sealed.store, given, NOW) is not None
    assert not (other.home / signing.NAME).exists()
    with sealed.store.write() as session:
        signing.key(session, other, NOW, fresh=True)
        assert len(signing.known(session)) == 2
        told = sa.select(sa.func.count()).where(journal.c.kind == "journal.key")
        assert session.execute(told).scalar() == 2
