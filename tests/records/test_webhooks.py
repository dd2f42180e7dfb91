"""Webhooks over the record: what is sent in which order, what is tried again, who may send, what nobody loses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import select

from flows import hooks
from states.errors import Conflict, Faulty, Refused
from states.outward import networks
from states.records import commit_order, webhook_secrets, webhook_sending, webhooks
from states.records.core import journal, webhook, webhook_delivery
from states.records.feed_tables import Webhook, WebhookDelivery
from states.records.journal import note
from states.records.sealing import Seal, Unreadable
from states.records.session import Store
from states.records.webhook_sending import Answer
from states.records.webhooks import Wish

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
URL = "https://example.org/duban"
OK = Answer(204)
SEAL_KEYS, SPARE = (
    ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="],
    "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=",
)
SEAL = Seal(SEAL_KEYS)


class Receiver:
    """Takes what is sent to it and answers what it was told to."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.ids: list[str] = []
        self.events: list[str] = []
        self.taken: list[str] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = self.answers.pop(0) if self.answers else OK
        told = [one["id"] for one in json.loads(body)]
        self.ids.append(headers["webhook-id"])
        self.events += told
        if answer.taken:
            self.taken += told
        return answer


class Post:
    """A store with one webhook and facts to tell it of."""

    def __init__(self, store: Store) -> None:
        self.store, self.receiver = store, Receiver()
        store.box = lambda: SEAL

    def add(self, name: str = "示例系统", **more: Any) -> int:
        commit_order.advance(self.store)
        with self.store.write() as session:
            return webhooks.add(session, Wish(name, URL, **more), (), NOW, "test").id

    def happen(self, number: int = 1, kind: str = "unit.moved") -> None:
        with self.store.write() as session:
            for _ in range(number):
                note(session, NOW, kind, "x")

    def round(self, at: datetime = NOW, who: str = "one") -> hooks.Done:
        return hooks.deliver(self.store, self.receiver, at, who, "urn:test")

    def messages(self) -> list[WebhookDelivery]:
        with self.store.read() as session:
            return list(session.exec(select(WebhookDelivery).order_by(webhook_delivery.c.id)))

    def hook(self, key: int = 1) -> Webhook:
        with self.store.read() as session:
            return session.get_one(Webhook, key)

    def until_due(self) -> datetime:
        """When the message that waits is tried next."""
        return next(one.next_try_at for one in self.messages() if one.state == "queued")


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


def test_everything_is_told_once_and_in_order_and_nothing_of_before(post: Post) -> None:
    post.happen(3)
    post.add()
    assert post.round().sent == 0
    post.happen(250)
    post.happen(5, "mail.sent")
    post.happen(1, "obligation.submit")
    assert post.round().sent == 3
    assert post.receiver.taken == sorted(set(post.receiver.taken), key=int)
    assert len(post.receiver.taken) == 251
    assert [one.events for one in post.messages()] == [100, 100, 51]
    assert len(set(post.receiver.ids)) == 3
    assert post.round().sent == 0


def test_one_that_begins_at_the_beginning_and_wants_some_types(post: Post) -> None:
    post.happen(5)
    post.happen(2, "letter.made")
    post.add(after=0, types=["duban.letter.*"])
    post.round()
    assert [one.events for one in post.messages()] == [2]
    with pytest.raises(Faulty):
        post.add("另一个", types=["duban.mail.*"])
    with pytest.raises(Refused):
        post.add()


def test_what_did_not_arrive_is_tried_again_under_its_id_and_holds_up_what_comes_after(post: Post) -> None:
    post.add()
    post.happen(150)
    post.receiver.answers = [Answer(500), Answer(None, "连接不成"), Answer(302), Answer(429)]
    done = post.round()
    assert (done.sent, done.failed) == (0, 1)
    waits = []
    at = NOW
    for _ in range(4):
        waits.append((post.until_due() - at).total_seconds() / 60)
        assert post.round(post.until_due() - timedelta(seconds=1)).failed == 0, "not before its time"
        at = post.until_due()
        post.round(at)
    assert all(
        plain <= wait <= plain * 1.2 for plain, wait in zip(webhook_sending.MINUTES, waits, strict=False)
    )
    assert len(set(post.receiver.ids[:5])) == 1
    assert [one.state for one in post.messages()] == ["sent", "sent"]
    assert post.receiver.taken == sorted(set(post.receiver.taken), key=int)


def test_waits_grow_and_differ_from_message_to_message() -> None:
    tries = range(1, len(webhook_sending.MINUTES) + 1)
    waits = [webhook_sending.wait("msg_a", number) for number in tries]
    assert waits == sorted(waits)
    assert timedelta(hours=27) < sum(waits, timedelta()) < timedelta(hours=34)
    assert len({webhook_sending.wait(f"msg_{number}", 1) for number in range(50)}) > 45


def test_who_is_not_there_for_a_day_is_paused_and_nothing_is_lost(post: Post) -> None:
    key = post.add()
    post.happen(150)
    post.receiver.answers = [Answer(None, "连接不成")] * 11
    at = NOW
    for _ in range(11):
        post.round(at)
        at = max(at, *(one.next_try_at for one in post.messages()))
    assert [(one.state, one.tries) for one in post.messages()] == [("dead", 11)]
    assert (post.hook().state, post.round(at).sent) == ("paused", 0)
    with post.store.write() as session:
        assert "连接不成" in (webhooks.one(session, CHINA, key)["why"] or "")
        webhooks.resume(session, key, at, "test")
        assert webhooks.replay(session, key, None, at, "test") == 1
        with pytest.raises(Refused):
            webhooks.replay(session, key, None, at, "test")
        with pytest.raises(Conflict):
            webhooks.resume(session, key, at, "test")
    assert post.round(at).sent == 2
    assert len(set(post.receiver.taken)) == 150
    assert post.receiver.ids[-2] == post.receiver.ids[0], "the id stays"
    with post.store.read() as session:
        kinds = set(session.execute(sa.select(journal.c.kind)).scalars())
    assert {"webhook.added", "webhook.dead", "webhook.paused", "webhook.resumed"} <= kinds


def test_a_message_that_is_refused_is_given_up_soon_and_the_next_goes_on(post: Post) -> None:
    post.add()
    post.happen(101)
    post.receiver.answers = [Answer(422)] * webhook_sending.REFUSED_TRIES
    at = NOW
    while any(one.state == "queued" for one in post.messages()) or not post.messages():
        post.round(at)
        at += timedelta(minutes=7)
    assert [one.state for one in post.messages()] == ["dead", "sent"]
    assert post.hook().state == "active"
    assert at - NOW < timedelta(minutes=40)


def test_410_pauses_at_once_and_what_it_did_not_take_waits(post: Post) -> None:
    key = post.add()
    post.happen()
    post.receiver.answers = [Answer(410)]
    post.round()
    assert post.hook().state == "paused"
    assert [one.state for one in post.messages()] == ["queued"]
    with post.store.write() as session:
        webhooks.resume(session, key, NOW, "test")
    post.round()
    assert post.receiver.ids == [post.receiver.ids[0]] * 2
    assert [one.state for one in post.messages()] == ["sent"]


def test_a_trial_and_a_pause_and_an_end(post: Post) -> None:
    key = post.add()
    with post.store.write() as session:
        webhooks.try_out(session, key, NOW, "test")
    post.happen()
    post.receiver.answers = [Answer(500)]
    post.round()
    assert [one.state for one in post.messages()] == ["queued", "sent"], "a trial holds up nothing"
    assert post.receiver.events[0].startswith("test-msg_")
    with post.store.write() as session:
        webhooks.pause(session, key, "示例", NOW, "test")
        with pytest.raises(Conflict):
            webhooks.try_out(session, key, NOW, "test")
    post.happen()
    assert post.round(NOW + timedelta(days=1)).sent == 0
    with post.store.write() as session:
        webhooks.remove(session, key, NOW, "test")
    assert post.messages() == []


def test_a_webhook_is_told_no_more_than_its_part_of_the_tree(stage: Any) -> None:
    post = Post(stage.store)
    post.add(under="R1")
    with post.store.write() as session:
        for code in ("R1-H1", "R2-H1", "R1-D1"):
            note(session, NOW, "unit.moved", "x", campaign_id=1, unit_id=stage.ids[code])
    post.round()
    assert [one.events for one in post.messages()] == [2]


def test_of_many_senders_one_sends_each_message(post: Post) -> None:
    """Eight rounds at the same moment, in each of three: every event arrives, once."""
    for name in ("甲", "乙", "丙"):
        post.add(name)
    for _ in range(3):
        post.happen(40)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda nth: post.round(who=f"sender {nth}"), range(8)))
    post.round()
    assert len(post.receiver.ids) == len(set(post.receiver.ids))
    assert sorted(map(int, post.receiver.events)) == sorted([*map(int, set(post.receiver.events))] * 3)
    assert len(post.receiver.events) == 3 * 120


def test_a_sender_that_comes_back_too_late_marks_nothing(post: Post) -> None:
    """It hangs in a call until its lease is over; another sends the same message, and that one counts."""
    post.add()
    post.happen()
    asked, answered = Event(), Event()

    def hang(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        asked.set()
        assert answered.wait(10)
        return Answer(500)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(hooks.deliver, post.store, hang, NOW, "slow", "urn:test")
        assert asked.wait(10)
        assert post.round(NOW + webhook_sending.LEASE / 2).sent == 0, "it is somebody's"
        assert post.round(NOW + webhook_sending.LEASE + timedelta(seconds=5)).sent == 1
        answered.set()
        assert slow.result().sent == 0
    assert [(one.state, one.tries) for one in post.messages()] == [("sent", 2)]
    assert post.hook().claimed_by is None


def test_a_webhook_is_one_senders_until_its_lease_ends_and_what_is_sent_again_is_its_own(post: Post) -> None:
    for name in ("甲", "乙"):
        post.add(name)
    post.happen()
    post.receiver.answers = [Answer(500)] * 2
    post.round()
    with post.store.write() as session:
        session.execute(sa.update(webhook_delivery).values(state="dead"))
        assert webhooks.replay(session, 1, None, NOW, "test") == 1
        asked = [(0, "one"), (0, "two"), (1, "two")]
        found = [webhook_sending.claim(session, 1, who, NOW + n * webhook_sending.LEASE) for n, who in asked]
    assert found == [True, False, True]
    assert {one.webhook_id: one.state for one in post.messages()} == {1: "queued", 2: "dead"}


def test_a_round_ends_before_its_leases_do(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.add()
    post.happen(300)
    monkeypatch.setattr("flows.hooks.sending.LEASE", timedelta(0))
    assert post.round().sent == 0
    assert post.hook().claimed_by is None


def test_a_secret_is_told_once_and_stands_in_no_list_and_no_fact(post: Post) -> None:
    with post.store.write() as session:
        made = webhooks.made(session, Wish("示例", f"{URL}?token=hidden"), (), NOW, "test", CHINA)
        listed = json.dumps(webhooks.listed(session, CHINA))
        facts = str(session.execute(sa.select(journal.c.payload, journal.c.after)).all())
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in listed + facts
    assert "hidden" not in listed + facts
    assert made["webhook"]["url"] == URL
    with post.store.read() as session:
        kept = str([list(one) for one in session.execute(sa.select(webhook)).all()])
    assert made["secret"] not in kept, "nor in the database"
    assert made["secret"].removeprefix("whsec_") not in kept
    assert "hidden" not in kept, "nor what their address holds"
    inside = Wish("内部", "http://10.1.2.3/x")
    with post.store.write() as session:
        with pytest.raises(Faulty):
            webhooks.add(session, inside, (), NOW, "test")
        assert webhooks.add(session, inside, networks("10.0.0.0/8"), NOW, "test").id
        assert session.execute(sa.select(sa.func.count()).select_from(webhook)).scalar_one() == 2


def test_a_sealed_secret_opens_in_its_own_row_and_with_its_own_key_only(post: Post) -> None:
    first, second = post.add("甲"), post.add("乙")
    with post.store.write() as session:
        one, other = (session.get_one(Webhook, key) for key in (first, second))
        assert webhook_secrets.opened(session, one).secret != webhook_secrets.opened(session, other).secret
        other.secret = one.secret
        with pytest.raises(Unreadable, match="不属于这一条"):
            webhook_secrets.opened(session, other)
        with pytest.raises(Unreadable, match="举报人信息"):
            SEAL.open(f"webhook/{first}", one.secret)
        session.rollback()
    post.happen()
    post.store.box = lambda: Seal([SPARE])
    (note,) = set(post.round().notes)
    assert "推送的签名密钥是用另一把密钥加密的" in note
    assert post.hook().state == "active", "another machine may have the key"
    post.store.box = lambda: Seal([SPARE, *SEAL_KEYS])
    assert post.round().sent == 2


def test_what_arrived_is_forgotten_after_a_month_and_what_did_not_is_kept(post: Post) -> None:
    post.add()
    post.happen(101)
    post.receiver.answers = [OK, Answer(500)]
    post.round()
    with post.store.write() as session:
        webhook_sending.forget(session, NOW + timedelta(days=1))
    assert [one.state for one in post.messages()] == ["queued"]
