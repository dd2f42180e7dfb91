"""Sessions of people in this process, which keeps nothing of them: each request asks. What need not be in the request
(that somebody is still there, that somebody was refused) is written beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa
from anyio import CapacityLimiter
from sqlmodel import Session

from states.records import passwords, sittings
from states.records.asker import Scope
from states.records.journal import note
from states.records.session import Store
from states.records.sittings import Sitting

log = logging.getLogger("duban.api")

REFUSED_AGAIN = timedelta(minutes=10)  # the same refusal of the same person is one fact
REFUSALS_KEPT = 1_000


class Seats:
    """Whose session a token is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.doorway = CapacityLimiter(
            passwords.AT_ONCE
        )  # who waits for a hash holds no thread that others need
        self._refused: dict[tuple[str, str], datetime] = {}
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="seats")

    def find(self, token: str, now: datetime, *, noted: bool = True) -> Sitting | None:
        """The living session; asks the database, each time. `noted`: the person is there, which keeps it alive."""
        with self._store.read() as session:
            found = sittings.find(session, token, now)
        if noted and found is not None and now - found.seen_at >= sittings.NOTED_EVERY:
            self._later(lambda session: sittings.seen(session, found.id, now))
        return found

    def refused(self, scope: Scope, route: str, what: str, says: str, now: datetime) -> None:
        """A person was kept from what is not his; once for the same route and some minutes, or it would be a flood."""
        key = (scope.actor, route)
        if scope.role is None and scope.key_id >= 0:
            return
        last = self._refused.get(key)
        if last is not None and now - last < REFUSED_AGAIN:
            return
        if len(self._refused) >= REFUSALS_KEPT:
            self._refused.clear()
        self._refused[key] = now
        self._later(
            lambda session: note(session, now, "access.refused", scope.actor, after=what, reason=says)
        )

    def close(self) -> None:
        """Once what waits is written."""
        self._beside.shutdown()

    def _later(self, work: Callable[[Session], None]) -> None:
        self._beside.submit(self._write, work)

    def _write(self, work: Callable[[Session], None]) -> None:
        try:
            with self._store.write() as session:
                work(session)
        except sa.exc.SQLAlchemyError:
            log.exception("what was done beside a request could not be written")
