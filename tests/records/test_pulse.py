"""What a scrape sees of the work that waits, and what it costs when there is much of everything."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from query_plans import asking, plans
from states.records import core, health, meters, outbox, pulse, webhook_sending
from states.records.chain import sealer
from states.records.commit_order import advance
from states.records.feed_tables import Webhook, WebhookDelivery
from states.records.rounds import decide

MUCH = 100_000
NOW = "2026-03-05 09:00"


def seen(stage: Any, now: str) -> dict[str, float]:
    with stage.store.read() as session:
        return pulse.look(session, stage.at(now))


def waiting(stage: Any, now: str) -> dict[str, float]:
    """What is not 0, of the work of the rounds."""
    return {
        name: value
        for name, value in seen(stage, now).items()
        if value and not name.startswith(("journal", "changes", "webhook"))
    }


def test_what_waits_is_as_old_as_its_oldest(stage: Any) -> None:
    stage.launch()
    stage.cycle("2026-03-02 09:00")
    assert waiting(stage, NOW) == {}
    assert waiting(stage, "2026-03-05 09:07") == {"oldest_unfired_seconds": 420}
    decide(stage.store, stage.at("2026-03-05 09:07"), stage.hours)
    assert waiting(stage, "2026-03-05 09:10") == {"oldest_unsent_seconds": 180, "oldest_untaken_seconds": 180}
    with stage.store.write() as session:
        outbox.claim(session, stage.at("2026-03-05 09:10"), "killed", limit=500)
    assert waiting(stage, "2026-03-05 09:15") == {"oldest_unsent_seconds": 480, "oldest_lease_seconds": 300}
    with stage.store.write() as session:
        mine = sa.select(sa.func.min(core.mail.c.id)).where(core.mail.c.state == "queued").scalar_subquery()
        session.execute(sa.update(core.mail).where(core.mail.c.id == mine).values(kind="urgent"))
    assert waiting(stage, "2026-03-05 09:15")["oldest_unsent_urgent_seconds"] == 480


@pytest.mark.parametrize("state", ["check.suspended", "closed", "cancelled"])
def test_rungs_of_a_campaign_that_stands_still_wait_for_nobody(stage: Any, state: str) -> None:
    key = stage.launch()
    stage.cycle("2026-03-02 09:00")
    stage.put(core.campaign, core.campaign.c.id == key, state=state)
    assert waiting(stage, "2026-03-20 09:00") == {}


def test_a_feed_and_a_journal_that_nobody_serves_grow_old(stage: Any) -> None:
    sealer.seal(stage.store, stage.at("2026-03-02 08:00"))
    stage.launch()
    late = seen(stage, "2026-03-02 10:30")
    assert late["journal_unsealed_seconds"] == 7200
    assert late["changes_unnumbered_seconds"] == (0 if stage.store.sqlite else 7200)
    sealer.seal(stage.store, stage.at("2026-03-02 10:30"))
    after = seen(stage, "2026-03-02 10:30")
    assert after["journal_unsealed_seconds"] == after["changes_unnumbered_seconds"] == 0


def test_webhooks_that_are_behind_held_dead_or_paused_are_seen(stage: Any) -> None:
    now = stage.at("2026-03-02 08:00")
    advance(stage.store)
    with stage.store.write() as session:
        head = seen_head(session)
        for name, state in (("a", "active"), ("b", "paused")):
            session.add(
                Webhook(
                    name=name, url="https://example.org/", secret="x", state=state, cursor=head,
                    created_at=now, by="test",
                )
            )  # fmt: skip
        session.add(
            WebhookDelivery(
                webhook_id=1, message_id="m", kind="feed", first_seq=1, last_seq=1, events=1, state="dead",
                next_try_at=now, queued_at=now,
            )
        )  # fmt: skip
    assert seen(stage, "2026-03-02 08:00")["webhook_behind_events"] == 0
    stage.launch()
    advance(stage.store)
    with stage.store.write() as session:
        assert webhook_sending.claim(session, 1, "killed", stage.at("2026-03-02 09:00"))
    found = seen(stage, "2026-03-02 09:30")
    assert found["webhook_behind_events"] > 0
    assert found["webhook_behind_seconds"] == 3600
    assert found["webhook_lease_seconds"] == 1800
    assert (found["webhook_dead"], found["webhook_paused"]) == (1, 1)


def seen_head(session: Any) -> int:
    from states.records import commit_order

    return commit_order.head(session)


def test_the_watchdog_says_how_large_the_database_is(stage: Any) -> None:
    figures = health.look(stage.store, stage.at(NOW)).figures
    assert 100_000 < figures["database_bytes"] < 1_000_000_000
    assert figures["troubles"] == 0 or figures["troubles"] >= 1


FILL = {
    core.obligation: "(1 << 24) | (n + 1000), 1, 1, n + 1000, 'pending', false, 1",
    core.notice: "n + 1000000, 'k' || n, 1, 'rung', n, 0, 0, 0, 0, 'x', 'liaison', 'a' || n || '@example.org', '王示例', "
    "false, 'x', :at, 'mailed'",
    core.mail: "n + 1000000, 'm' || n, 'b', 'digest', 'a' || n || '@example.org', '王示例', :day, "
    "CASE WHEN n % 2 = 0 THEN 'sent' ELSE 'queued' END, 0, :at, :at",
    core.timer: "n + 1000000, 1, 0, 0, n, 0, 1, 0, true, :later, 0, 0, false",
    core.journal: "n + 1000000, :at, 'x', 'test'",
}
COLUMNS = {
    core.obligation: "id, campaign_id, milestone_id, unit_id, status, late, version",
    core.notice: "id, key, campaign_id, kind, unit_id, obligation_id, milestone_id, phase_id, rung, name, role, "
    "email, person, urgent, reason, at, state",
    core.mail: "id, key, batch, kind, email, person, day, state, tries, next_try_at, queued_at",
    core.timer: "id, campaign_id, phase_id, milestone_id, obligation_id, local_id, rung, cycle, after_due, fire_at, "
    "cursor, served, held",
    core.journal: "id, at, kind, actor",
}
COUNT = {
    True: f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {MUCH})",
    False: f"WITH s AS (SELECT generate_series(1, {MUCH}) AS n)",
}


def fill(stage: Any) -> None:
    """A hundred thousand of everything that fans out, half of the mails still queued, no rung due."""
    at = stage.at(NOW)
    given = {"at": at, "later": at + timedelta(days=30), "day": at.date()}
    with stage.store.write() as session:
        for table, values in FILL.items():
            statement = sa.text(
                f"INSERT INTO {table.name} ({COLUMNS[table]}) {COUNT[stage.store.sqlite]} SELECT {values} FROM s"
            )
            used = {name: value for name, value in given.items() if f":{name}" in values}
            types = {
                "at": core.mail.c.queued_at.type,
                "later": core.timer.c.fire_at.type,
                "day": core.mail.c.day.type,
            }
            typed = statement.bindparams(*(sa.bindparam(name, type_=types[name]) for name in used))
            session.execute(typed, used)


def test_a_scrape_costs_no_more_with_a_hundred_thousand_of_everything(stage: Any) -> None:
    """Every table that fans out is looked at by the end of an index, on both databases."""
    stage.launch()
    fill(stage)
    with stage.store.write() as session:
        session.execute(sa.text("ANALYZE"))
    large = "obligation|notice|mail|timer|journal"
    read_whole = re.compile(rf"Seq Scan on ({large})\b|SCAN ({large})(?! USING)\b|TEMP B-TREE|'Sort")
    with stage.store.read() as session:
        with asking(stage.store.engine) as asked:
            pulse.look(session, stage.at(NOW))
            meters.totals(session)
        found = plans(session.connection(), asked)
    assert len(found) > 10
    assert [one for one in found if read_whole.search(one)] == []
