"""An invented world to measure in: a root with any number of units below it, and a campaign over them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from states.records import launch
from states.records.launch import Order
from states.records.session import Store

ROOT = 1
START = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MILESTONES = 4
DUE_DAY = "2026年12月4日"
DUE_KIND = "clinic"

HEAD = """
key: bench
version: 1
title: 示例专项整治
phases:
  - {key: one, name: 自查自纠, window: 为期4周}
  - {key: two, name: 集中整治, opens: after_previous, window: 为期4周}
ladders:
  standard:
    rungs:
      - {at: "-1wd", name: 提醒, to: [liaison]}
      - {at: "+1wd", name: 催办, to: [liaison]}
      - {at: "+3wd", name: 督促, to: [liaison]}
ladder: standard
requirements:
"""


def text(milestones: int = MILESTONES, *, due: bool = False) -> str:
    """A template with so many requirements at the end of its first phase; `due`: one more for clinics, sooner."""
    lines = [
        f"  - {{key: r{number}, name: 材料{number}, phase: one, due: 阶段结束前}}"
        for number in range(milestones)
    ]
    if due:
        lines.append(
            f"  - {{key: soon, name: 自查报告, phase: one, due: {DUE_DAY}前, scope: {{kinds: [{DUE_KIND}]}}}}"
        )
    return HEAD + "\n".join(lines) + "\n" if lines else HEAD.removesuffix("requirements:\n")


def populate(store: Store, units: int, *, clinics: int = 0, contacts: bool = False) -> None:
    """A root (id 1) and `units` units below it (ids from 2), the first `clinics` of them clinics."""
    with store.write() as session:
        session.execute(_ROOT)
        session.execute(_UNITS, {"last": units + 1, "clinics": clinics + 1})
        if contacts:
            session.execute(_CONTACTS)


def launched(store: Store, source: str, now: datetime = NOW, start: date = START) -> int:
    """Start a campaign over every unit; its id."""
    with store.write() as session:
        return launch.launch(session, Order(source, start, {}), now, "bench")


def code(unit_id: int) -> str:
    """The code of a unit made by `populate`."""
    return f"U{unit_id:06}"


_ROOT = sa.text(
    "INSERT INTO unit (id, code, name, kind, level, grade, ownership, path, sort_key, active)"
    " VALUES (1, 'R', '示例省卫生健康委员会', 'authority', '省', '', '', '/1/', '', true)"
)
_UNITS = sa.text(
    "WITH RECURSIVE g(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM g WHERE i < :last)"
    " INSERT INTO unit (id, code, name, kind, level, grade, ownership, parent_id, path, sort_key, active)"
    " SELECT i, 'U' || substr('000000' || i, length('000000' || i) - 5), '示例单位' || i,"
    " CASE WHEN i <= :clinics THEN 'clinic' ELSE 'hospital' END, '', '', '', 1, '/1/' || i || '/', '', true FROM g"
)
_CONTACTS = sa.text(
    "INSERT INTO contact (unit_id, role, name, email)"
    " SELECT id, 'liaison', '示例联络员' || id, 'liaison' || id || '@example.org' FROM unit"
)
