"""What those who strike and those who judge can see: the cluster, the post office, the database when it answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from states import clock
from states.records.core import mail
from states.records.session import Store
from tests.cluster import national
from tests.cluster.machines import Cluster
from tests.cluster.office import Office
from tests.cluster.parts import Part, ancestors
from tests.cluster.questions import Asking

T = TypeVar("T")
RESTING = 0.05


@dataclass
class Scene:
    """One deadline round, from the moment on at which it is due."""

    cluster: Cluster
    office: Office
    store: Store
    asking: Asking
    campaign: int
    units: int
    due: datetime
    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)

    @property
    def expected(self) -> int:
        """How many notices there shall be."""
        return self.units * national.NOTICES

    def seen(self, look: Callable[[Store], T], otherwise: T) -> T:
        """What the database says, or `otherwise` while it is away."""
        try:
            return look(self.store)
        except sa.exc.DBAPIError:
            return otherwise

    def told(self) -> int:
        return self.seen(national.told, -1)

    def sent(self, share: float) -> bool:
        """Whether this share of all mails has been accepted."""
        return len(self.office) >= share * self.units

    def sender(self) -> int | None:
        """The process that sends at the moment: the holder of the youngest lease; None when nobody does."""
        holder = self.seen(_holder, None)
        return int(holder.split(":")[1]) if holder else None

    def worker_of(self, pid: int) -> Part | None:
        """The worker that started this run."""
        above = ancestors(pid)
        return next((one for one in self.cluster.workers if one.pid in above), None)

    def now(self) -> datetime:
        return clock.now()


def _holder(store: Store) -> str | None:
    youngest = sa.select(mail.c.claimed_by).where(mail.c.state == "queued", mail.c.claimed_by.is_not(None))
    with store.read() as session:
        found: str | None = session.execute(youngest.order_by(mail.c.next_try_at.desc()).limit(1)).scalar()
    return found
