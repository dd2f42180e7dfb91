"""An invented province with people in every role, lived through for some weeks, for whoever looks at pages."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient

from api.app import create_app
from states import settings
from states.passes import PATH
from states.reading import shipped
from states.records import columns, grants, launch, passing, sample, schema, sittings
from states.records.account_tables import Account
from states.records.actors import Actors
from states.records.asker import EVERYTHING
from states.records.core import contact, obligation, unit
from states.records.foretell import run_through
from states.records.grants import Grant
from states.records.outbox import MailHours
from states.records.roles import PEOPLE, Role
from states.records.session import Store, connect
from states.records.tables import Unit

MONDAY = date(2026, 3, 2)
BEGAN = datetime(2026, 3, 1, 16, tzinfo=UTC)
LATER = BEGAN + timedelta(days=16, hours=3)
COUNTY, HOSPITAL, ELSEWHERE = "SL00101", "SL00101-H02", "SL00102"
ORIGIN = "http://testserver"
UNDER = {Role.liaison: COUNTY}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "\u202e倒着写\u2066示例",
    "长" * 10_000,
)


class Hands:
    """The hands of a clock that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Site:
    """The application over one SQLite file, its clock, its people. `tokens`: of a session of each role."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = settings.read({"DUBAN_HOME": str(home)}, home)
        self.hands = Hands(LATER)
        self.store: Store = connect(self.settings.database_url)
        self.tokens: dict[str, str] = {}

    def open(self) -> None:
        self.app = create_app(self.settings, now=self.hands)

    def close(self) -> None:
        closing = threading.Thread(target=lambda: asyncio.run(self.app.state.house.close()))
        closing.start()  # in a thread of its own: where a browser is driven, a loop runs in this one
        closing.join()
        self.store.close()

    @cached_property
    def owed(self) -> int:
        """Something that somebody in the liaison's county still owes, the latest."""
        return owing(self, ("open", "returned"))[-1]

    @cached_property
    def passed(self) -> str:
        """The way in of a mail for it."""
        mine = contact.c.unit_id == columns.unit_of(self.owed), contact.c.role == "liaison"
        with self.store.read() as session:
            email = session.execute(sa.select(contact.c.email).where(*mine)).scalars().first()
        return PATH + passing.signer(self.settings).write(self.owed, email or "", self.hands.at)

    def person(self, role: Role, login: str = "", under: str | None = None, **more: Any) -> str:
        """Somebody in a role, logged in; the token."""
        with self.store.write() as session:
            row = Account(login=login or role, name=f"王{role}", must_change=False, created_at=BEGAN)
            session.add(row)
            session.flush()
            grants.give(session, EVERYTHING, row, Grant(role, under=under, **more), BEGAN, "test")
            return sittings.open_(session, row, LATER, "test", "")

    @contextmanager
    def browsing(self, role: str | None = None) -> Iterator[TestClient]:
        """A client that is logged in as that role, and sends what a browser sends; it follows nothing by itself."""
        client = TestClient(self.app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN})
        if role is not None:
            client.cookies.set("duban", self.tokens[role])
        yield client
        client.close()


def seed(home: Path, words: str = "") -> Site:
    """Two campaigns, the first lived through. `words`: put into every name."""
    site = Site(home)
    schema.upgrade(site.store)
    with site.store.write() as session:
        sample.build(session, 24, BEGAN)
        if words:
            session.execute(sa.update(unit).values(name=unit.c.name + words))
        text = shipped()["standard-four-phase"]
        first = launch.launch(
            session, launch.Order(text, MONDAY, {}, title=f"示例行动{words}"), BEGAN, "test"
        )
        later = launch.Order(text, MONDAY + timedelta(days=60), {}, title=f"第二个行动{words}")
        launch.launch(session, later, BEGAN, "test")
    hours = MailHours(site.settings.zone, site.settings.mail_opens, site.settings.mail_closes)
    run_through(site.store, BEGAN, LATER, hours, Actors(site.store, first).act)
    site.tokens = {role: site.person(role, under=UNDER.get(role)) for role in PEOPLE}
    site.open()
    return site


def copied(site: Site, home: Path) -> Site:
    """Another application over a copy, for a test that changes something."""
    with site.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    source = Path(sa.make_url(site.settings.database_url).database or "")
    made = Site(home)
    target = Path(sa.make_url(made.settings.database_url).database or "")
    made.store.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    made.store = connect(made.settings.database_url)
    made.tokens = site.tokens
    made.open()
    return made


def owing(site: Site, statuses: tuple[str, ...]) -> list[int]:
    """Numbers of what the liaison's county owes, in one of these statuses."""
    county = unit_of(site, COUNTY).path
    asked = sa.select(obligation.c.id).join(unit, unit.c.id == obligation.c.unit_id)
    mine = asked.where(unit.c.path.startswith(county), obligation.c.status.in_(statuses))
    with site.store.read() as session:
        return list(session.execute(mine.order_by(obligation.c.id)).scalars())


def unit_of(site: Site, code: str) -> Unit:
    with site.store.read() as session:
        return session.execute(sa.select(Unit).where(unit.c.code == code)).scalar_one()
