"""A round with 1,000 due among ever more open obligations that are not: rungs fired, digests composed.

One database a size. Every unit owes as many things at the end of the phase as it takes to reach the size; 1,000
clinics owe one more, whose reminder is due now. After each run its notices and mails are taken out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, time
from statistics import median
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bench import world
from bench.alternation import alternate, beside, middle_ratio, seconds
from bench.databases import KINDS, POSTGRESQL, Bench, tidy
from bench.report import Row, Target
from bench.scale import Scale
from states.records import rounds
from states.records.outbox import MailHours
from states.records.session import Store

MOMENT = datetime(2026, 12, 3, 1, 30, tzinfo=UTC)  # half past nine of the working day before
HOURS = MailHours(ZoneInfo("Asia/Shanghai"), time(9), time(17, 30))
BOUND = {"sqlite": Target(4.0, at_least=False), "postgresql": Target(2.0, at_least=False)}
WRITTEN = ("notice", "mail", "timer", "journal")


def rows(bench: Bench) -> Iterator[Row]:
    """Every size in turn, each beside the smallest; the smallest beside plain SQL of the same rows."""
    for kind in KINDS:
        with ExitStack() as stack:
            worlds = [
                World(stack.enter_context(bench.store(kind)), bench.scale, size)
                for size in bench.scale.open_obligations
            ]
            yield from _measured(kind, worlds, bench.scale.repeats)


def _measured(kind: str, worlds: list[World], repeats: int) -> Iterator[Row]:
    raw, *figures = alternate(repeats, worlds[0].raw, *(each.round for each in worlds))
    least, due = worlds[0].size, worlds[0].due
    label = "INSERT … SELECT of the same notices and mails"
    yield beside(_name(due, least), kind, "s", figures[0], label, raw)
    for each, took in zip(worlds[1:], figures[1:], strict=True):
        judged = each.size == (1_000_000 if kind == POSTGRESQL else 100_000)
        yield Row(
            _name(due, each.size),
            kind,
            median(took),
            "s",
            f"among {least:,}",
            median(figures[0]),
            middle_ratio(took, figures[0]),
            BOUND[kind] if judged else None,
            runs={"ours": took, "limit": figures[0]},
        )


def _name(due: int, size: int) -> str:
    return f"round, {due:,} due among {size:,} open"


class World:
    """A database with `size` open obligations that are not due, and some that are."""

    def __init__(self, store: Store, scale: Scale, size: int) -> None:
        self.store, self.size, self.due = store, size, scale.due
        world.populate(store, scale.round_units, clinics=scale.due, contacts=True)
        world.launched(store, world.text(size // scale.round_units, due=True))
        self._clear()

    def round(self) -> float:
        """Seconds of one round: remind, escalate, compose; without the mail server."""
        took = seconds(self._round)
        self._check()
        self._clear()
        return took

    def raw(self) -> float:
        """Seconds of writing the same notices and mails by plain statements."""
        took = seconds(self._write)
        self._check()
        self._clear()
        return took

    def _round(self) -> None:
        rounds.open_due(self.store, MOMENT)
        rounds.fire(self.store, MOMENT, after_due=False)
        rounds.fire(self.store, MOMENT, after_due=True)
        rounds.compose(self.store, MOMENT, HOURS)

    def _write(self) -> None:
        with self.store.write() as session:
            for statement in _RAW:
                session.execute(statement)

    def _check(self) -> None:
        with self.store.read() as session:
            made = [session.execute(statement).scalar() for statement in _MADE]
        if made != [self.due, self.due]:
            raise RuntimeError(f"the round made {made} notices and mails, not {self.due} of each")

    def _clear(self) -> None:
        with self.store.write() as session:
            for statement in _UNDO:
                session.execute(statement)
        tidy(self.store, *WRITTEN)


_MADE = (  # beside them the coordinator's figures are one notice
    sa.text("SELECT count(*) FROM notice WHERE kind = 'rung'"),
    sa.text("SELECT count(*) FROM mail"),
)
_UNDO = (
    sa.text("DELETE FROM notice"),
    sa.text("DELETE FROM mail"),
    sa.text(
        "UPDATE timer SET done_at = NULL, outcome = NULL, cursor = 0, served = 0"
        " WHERE done_at IS NOT NULL AND outcome = 'fired'"
    ),
)
_AT = "'2026-12-03 01:30:00.000000'"
_RAW = (
    sa.text(
        "INSERT INTO notice (key, campaign_id, kind, unit_id, phase_id, obligation_id, milestone_id, rung, name, role,"
        " email, person, urgent, reason, at, state)"
        " SELECT 'r:' || o.id || ':0:1:' || c.email, o.campaign_id, 'rung', o.unit_id, 0, o.id, o.milestone_id, 1,"
        f" '提醒', c.role, c.email, c.name, false, '“自查报告”应于12月4日18:00前办结', {_AT}, 'pending'"
        " FROM milestone m JOIN obligation o ON o.id BETWEEN m.id * 16777216 AND m.id * 16777216 + 16777215"
        " JOIN unit_run r ON r.campaign_id = o.campaign_id AND r.unit_id = o.unit_id"
        " JOIN contact c ON c.unit_id = o.unit_id AND c.role = 'liaison' AND c.bounced_at IS NULL"
        " WHERE m.requirement = 'soon' AND o.status IN ('open', 'returned') AND r.state NOT LIKE '%.suspended'"
    ),
    sa.text(
        "INSERT INTO mail (key, batch, kind, email, person, day, state, tries, next_try_at, queued_at)"
        f" SELECT 'd:2026-12-03:' || email, 'raw', 'digest', email, max(person), '2026-12-03', 'queued', 0, {_AT},"
        f" {_AT} FROM notice WHERE state = 'pending' GROUP BY email"
    ),
    sa.text(
        "UPDATE notice SET state = 'mailed', mail_id = (SELECT id FROM mail"
        " WHERE mail.key = 'd:2026-12-03:' || notice.email) WHERE state = 'pending'"
    ),
)
