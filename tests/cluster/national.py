"""A country of so many units, and a campaign in which each of them has two dates at one moment: what makes a deadline round."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from states.records import access, calendar, launch, schema
from states.records.core import mail, notice, run, unit
from states.records.launch import Order
from states.records.session import Store

PROVINCES = 31
NOTICES = 2
"""What each unit hears of at the moment: one date to come, one that has passed."""
HOUR = timedelta(hours=1)
PLAN = """
key: national
version: 1
title: 示例全国专项整治
timezone: {zone}
phases:
  - {{key: one, name: 自查自纠, window: 为期4周}}
ladders:
  asking: {{rungs: [{{at: "-1h", name: 提醒, to: [liaison]}}]}}
  pressing: {{rungs: [{{at: "+1h", name: 催办, to: [liaison]}}]}}
requirements:
  - {{key: coming, name: 自查报告, phase: one, due: {coming}前, ladder: asking}}
  - {{key: passed, name: 进度表, phase: one, due: {passed}前, ladder: pressing}}
"""


def noon(now: datetime) -> str:
    """A zone in which it is about noon: the day, and with it the digest of the day, does not end meanwhile."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def found(store: Store, number: int, now: datetime, zone: ZoneInfo) -> str:
    """A country in an empty database, in which today is a working day whatever today is; a key for its API."""
    schema.upgrade(store)
    today = now.astimezone(zone).date()
    with store.write() as session:
        days = {day: True for day in (today, today + timedelta(days=1)) if day.year == today.year}
        calendar.load_year(session, today.year, days, "示例", now)
        for statement in world(number):
            session.execute(sa.text(statement))
        return access.create(session, "cluster", now)


def begin(store: Store, at: datetime, zone: ZoneInfo) -> int:
    """A campaign over everybody, launched two hours before `at`, a full minute; at `at` both dates speak."""
    coming, passed = (f"{one.astimezone(zone):%Y年%m月%d日%H:%M}" for one in (at + HOUR, at - HOUR))
    text = PLAN.format(zone=zone.key, coming=coming, passed=passed)
    order = Order(text, at.astimezone(zone).date(), {}, past="keep")
    with store.write() as session:
        return launch.launch(session, order, at - 2 * HOUR, "cluster")


def units(store: Store, campaign: int) -> list[str]:
    """The codes of those who take part."""
    with store.read() as session:
        taking = sa.select(unit.c.code).join(run, run.c.unit_id == unit.c.id)
        return list(
            session.execute(taking.where(run.c.campaign_id == campaign).order_by(unit.c.id)).scalars()
        )


def told(store: Store) -> int:
    """How many notices of rungs there are."""
    with store.read() as session:
        return int(session.execute(sa.select(sa.func.count()).where(notice.c.kind == "rung")).scalar_one())


def unsent(store: Store) -> int:
    """How many mails are not marked as sent."""
    with store.read() as session:
        return int(session.execute(sa.select(sa.func.count()).where(mail.c.state != "sent")).scalar_one())


COLUMNS = "(id, code, name, kind, level, grade, ownership, parent_id, path, sort_key, active)"


def world(number: int) -> Iterator[str]:
    """A root (id 1), its provinces, and so many units below those; each has somebody who is written to."""
    first = PROVINCES + 2
    yield (
        f"INSERT INTO unit {COLUMNS} VALUES"
        " (1, 'CN', '示例国家卫生健康委员会', 'authority', '', '', '', NULL, '/1/', '', true)"
    )
    yield (
        f"INSERT INTO unit {COLUMNS}"
        " SELECT i, 'P' || i, '示例省' || i || '卫生健康委员会', 'authority', '省', '', '', 1, '/1/' || i || '/', '', true"
        f" FROM generate_series(2, {first - 1}) i"
    )
    yield (
        f"INSERT INTO unit {COLUMNS}"
        f" SELECT i, 'U' || lpad(i::text, 6, '0'), '示例单位' || i, 'hospital', '', '', '', 2 + i % {PROVINCES},"
        f" '/1/' || (2 + i % {PROVINCES}) || '/' || i || '/', '', true"
        f" FROM generate_series({first}, {first + number - 1}) i"
    )
    yield (
        "INSERT INTO contact (unit_id, role, name, email)"
        " SELECT id, 'liaison', '示例联络员' || id, 'liaison' || id || '@example.org' FROM unit"
    )
