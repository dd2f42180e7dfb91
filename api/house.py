"""What all requests share: the store, its fast readers, the keys seen lately, the time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import sqlalchemy as sa
from anyio import CapacityLimiter, to_thread

from api.following import Following
from api.metrics import Metrics
from api.oidc import Provider
from api.points import points
from api.seats import Seats
from api.throttle import Throttle
from states import clock
from states.records import access
from states.records.access import Scope
from states.records.board import DEMO_CLOCK
from states.records.core import health
from states.records.prepared import Driver, Prepared
from states.records.reads import Statuses
from states.records.session import Store, store_of
from states.settings import Settings

log = logging.getLogger("duban.api")

KEY_KEPT = 5.0  # seconds in which a revoked or expired key may still be taken for a living one
KEYS_KEPT = 1_000
TIME_KEPT = 1.0  # seconds between two looks at the demonstration's clock
WATCHERS = 2  # looks at health at once, apart from the work

Now = Callable[[], datetime]


class House:
    """Opened once per process, closed at its end."""

    def __init__(self, settings: Settings, now: Now | None = None) -> None:
        """`now`: what tells the time; by default the clock, or that of a demonstration while one runs."""
        self.settings = settings
        self.store: Store = store_of(settings)
        self.driver = Driver(self.store)
        self.statuses = Statuses(self.store)
        self.points = points(self.store, self.driver, self.statuses)
        self.watchers = CapacityLimiter(WATCHERS)
        self.metrics = Metrics()
        self.keys = Keys(self.store)
        self.throttle = Throttle(settings.rates)
        self.seats = Seats(self.store)
        self.provider = Provider(settings)
        self.time = Time(self.driver, now)
        self.following = Following(self.store)

    async def close(self) -> None:
        self.following.ending.set()
        self.keys.close()
        self.seats.close()
        await self.points.close()
        self.driver.close()
        self.store.close()


class Keys:
    """Scopes of keys, kept for a few seconds."""

    def __init__(self, store: Store, elapsed: Callable[[], float] = clock.elapsed) -> None:
        """`elapsed`: seconds on a clock that never steps."""
        self._store = store
        self._elapsed = elapsed
        self._kept: dict[str, tuple[float, Scope]] = {}
        self._noted: dict[int, datetime] = {}
        self._notes = ThreadPoolExecutor(1, thread_name_prefix="key-use")

    def kept(self, token: str) -> Scope | None:
        """The scope of a key that was found less than KEY_KEPT seconds ago."""
        found = self._kept.get(token)
        return found[1] if found is not None and found[0] > self._elapsed() else None

    def find(self, token: str, now: datetime) -> Scope | None:
        """The scope of a living key; asks the database."""
        with self._store.read() as session:
            scope = access.find(session, token, now)
        if scope is None:
            self._kept.pop(token, None)
            return None
        if scope.grant_id is None:  # what a person was granted ends at once
            if len(self._kept) >= KEYS_KEPT:
                self._kept.clear()
            self._kept[token] = (self._elapsed() + KEY_KEPT, scope)
        self._note_use(scope.key_id, now)
        return scope

    def close(self) -> None:
        self._notes.shutdown()

    def _note_use(self, key_id: int, now: datetime) -> None:
        """Now and then, and not in the request: a write may have to wait for others."""
        last = self._noted.get(key_id)
        if last is None or now - last >= access.USE_IS_NOTED_EVERY:
            self._noted[key_id] = now
            self._notes.submit(self._write_use, key_id, now)

    def _write_use(self, key_id: int, now: datetime) -> None:
        try:
            with self._store.write() as session:
                access.note_use(session, key_id, now)
        except sa.exc.SQLAlchemyError:
            log.exception("the use of key %s could not be noted", key_id)


class Time:
    """The present instant; while a demonstration runs, the one on its fast clock."""

    def __init__(self, driver: Driver, now: Now | None) -> None:
        self._driver = driver
        self._given = now
        self._shown: datetime | None = None
        self._until = 0.0

    async def now(self) -> datetime:
        """The moment of a request, read once in it."""
        if self._given is None and clock.elapsed() >= self._until:
            await to_thread.run_sync(self._look)
        return self.last()

    def read(self) -> datetime:
        """The same for callers in a thread; may ask the database."""
        if self._given is None and clock.elapsed() >= self._until:
            self._look()
        return self.last()

    def real(self) -> datetime:
        """By which people are logged in, locked out, logged out: never the demonstration's, whose days take seconds."""
        return self._given() if self._given is not None else clock.now()

    def last(self) -> datetime:
        """Without asking anybody."""
        return self._given() if self._given is not None else self._shown or clock.now()

    def _look(self) -> None:
        rows = self._driver.rows(_DEMO)
        self._shown = datetime.fromisoformat(rows[0][0]) if rows else None
        self._until = clock.elapsed() + TIME_KEPT


_DEMO = Prepared(sa.select(health.c.detail).where(health.c.name == DEMO_CLOCK))
