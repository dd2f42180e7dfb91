"""A mail that did not go out is sent once more by an administrator's word: the same mail, judged again, told in the journal."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from states.errors import Faulty, NotAllowed, NotFound, Refused
from states.records import core, reading_outbox, resending
from states.records.access import EVERYTHING
from states.records.dispatch import Mail
from states.records.rounds import Answer

DECIDED = "2026-03-05 09:00"
TRIED, LATER, SENT = "2026-03-05 09:02", "2026-03-13 10:00", "2026-03-13 10:01"
PART = replace(EVERYTHING, path="/1/")
ADMIN = replace(EVERYTHING, by="user:guan")


def given_up(stage, to):
    """A mail that a week of tries did not bring away."""
    stage.answers[to] = lambda _message: Answer("temporary", "451 later")
    stage.decide(DECIDED)
    stage.deliver(TRIED)
    stage.put(core.mail, core.mail.c.email == to, state="failed", tries=12)
    del stage.answers[to]
    return stage.mail_to(to)


def send(stage, mail_id, scope=ADMIN, now=LATER):
    with stage.store.write() as session:
        resending.again(session, scope, mail_id, stage.at(now))


def test_a_mail_that_was_given_up_goes_out_once_more_as_the_same_mail(stage, campaign) -> None:
    to, other = stage.address("liaison", "R1-H1"), stage.address("liaison", "R1-H2")
    before = given_up(stage, to)
    gone = stage.mail_to(other)
    assert [said for _at, said in stage.mails()].count(to) == 0
    send(stage, before.id)
    queued = stage.mail_to(to)
    assert (queued.state, queued.key, queued.tries, queued.since) == ("queued", before.key, 0, before.since)
    stage.deliver(SENT)
    assert [said for _at, said in stage.mails()].count(to) == 1
    (fact,) = stage.journal("mail.again")
    assert (fact.actor, fact.after, fact.payload) == ("user:guan", before.key, {"mail": before.id})
    with pytest.raises(Refused, match="已经发出"):
        send(stage, before.id)
    with pytest.raises(Refused, match="已经发出"):
        send(stage, gone.id)
    with pytest.raises(NotFound):
        send(stage, 10_000)


def test_what_was_settled_meanwhile_is_not_said_again(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    before = given_up(stage, to)
    stage.act(campaign, "report", "R1-H1", "submit", "2026-03-06 09:00")
    send(stage, before.id)
    stage.deliver(SENT)
    assert stage.mail_to(to).state == "withdrawn"
    assert stage.lines(to) == []


def test_an_address_that_sends_back_is_put_right_first(stage, campaign) -> None:
    to = stage.address("liaison", "R1-H1")
    stage.answers[to] = lambda _message: Answer("permanent", "550 no such user")
    stage.decide(DECIDED)
    stage.deliver(TRIED)
    row = stage.mail_to(to)
    assert row.state == "refused"
    with pytest.raises(Refused, match="退信"):
        send(stage, row.id)
    stage.put(core.contact, core.contact.c.email == to, bounced_at=None)
    del stage.answers[to]
    send(stage, row.id)
    stage.deliver(SENT)
    assert [said for _at, said in stage.mails()].count(to) == 1


def test_all_that_were_given_up_go_out_in_one_statement_and_one_fact(stage, campaign) -> None:
    given_up(stage, stage.address("liaison", "R1-H1"))
    stage.put(core.mail, core.mail.c.email == stage.address("liaison", "R1-H2"), state="failed")
    stage.put(core.mail, core.mail.c.email == stage.address("liaison", "R2-H1"), state="refused")
    with stage.store.read() as session:
        found = reading_outbox.counts(session, ADMIN)
    assert (found.waiting, found.failed, found.refused) == (0, 2, 1)
    with stage.store.write() as session:
        assert resending.every(session, ADMIN, stage.at(LATER)) == 2
    assert stage.counted(core.mail.c.state, core.mail.c.state != "sent") == {"queued": 2, "refused": 1}
    (fact,) = stage.journal("mail.again")
    assert fact.payload == {"mails": 2}
    stage.put(core.mail, core.mail.c.state == "queued", state="failed")
    stage.put(core.contact, core.contact.c.email.like("%r1-h%"), bounced_at=stage.at(TRIED))
    with stage.store.write() as session, pytest.raises(Refused, match="没有已放弃"):
        resending.every(session, ADMIN, stage.at(LATER))


def test_mails_are_listed_by_state_and_words_the_latest_first_page_by_page(stage, campaign) -> None:
    before = given_up(stage, stage.address("liaison", "R1-H1"))

    def listed(which="", words="", after=0, limit=100, scope=ADMIN):
        with stage.store.read() as session:
            rows, following = reading_outbox.page(session, scope, which, words, after, limit)
            return [row.id for row in rows], following

    every = sorted((row.id for row in stage.rows(Mail)), reverse=True)
    assert listed() == (every, None)
    first, following = listed(limit=2)
    assert (first, listed(after=int(following), limit=100)[0]) == (every[:2], every[2:])
    assert listed("trouble") == ([before.id], None)
    assert before.id not in listed("sent")[0]
    assert listed(words="  R1-H1@ ")[0] == listed(words="r1-h1@")[0] != []
    assert listed(words=before.email.upper()) == ([before.id], None)
    assert listed(words="%") == ([], None), "a sign of the pattern is a sign"
    with stage.store.read() as session:
        seen = reading_outbox.one(session, ADMIN, before.id, stage.at(LATER))
    assert [(one.unit, one.state) for one in seen.said] == [("示例甲县人民医院", "mailed")]
    with pytest.raises(Faulty, match="没有这种状态"):
        listed("nonsense")


def test_nobody_who_holds_a_part_sees_or_sends_mails(stage, campaign) -> None:
    before = given_up(stage, stage.address("liaison", "R1-H1"))
    for scope in (PART, replace(EVERYTHING, campaigns=frozenset({campaign}))):
        with stage.store.read() as session:
            for ask in (
                lambda session=session, scope=scope: reading_outbox.page(session, scope, "", "", 0, 10),
                lambda session=session, scope=scope: reading_outbox.counts(session, scope),
                lambda session=session, scope=scope: reading_outbox.one(
                    session, scope, before.id, stage.at(LATER)
                ),
            ):
                with pytest.raises(NotAllowed, match="只限其中一部分"):
                    ask()
        with pytest.raises(NotAllowed):
            send(stage, before.id, scope)
        with stage.store.write() as session, pytest.raises(NotAllowed):
            resending.every(session, scope, stage.at(LATER))
    with pytest.raises(NotAllowed):
        send(stage, before.id, replace(EVERYTHING, write=False))
    with stage.store.read() as session:
        assert (
            session.execute(sa.select(core.mail.c.state).where(core.mail.c.id == before.id)).scalar()
            == "failed"
        )
