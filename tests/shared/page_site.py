"""An invented province with people in every role, lived through for some weeks, for whoever looks at pages."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import Session

from api.app import create_app
from states import settings
from states.passes import PATH
from states.reading import shipped
from states.records import (
    columns,
    granting,
    grants,
    launch,
    ledger_acting,
    passing,
    sample,
    schema,
    sittings,
)
from states.records.account_tables import Account
from states.records.actors import Actors
from states.records.asker import EVERYTHING
from states.records.campaigns import running
from states.records.core import contact, milestone, obligation, unit
from states.records.foretell import run_through
from states.records.grants import Grant
from states.records.ledger_adding import Found
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
REVIEWED = "implementation-plan"
LEDGER = """
ledger:
  columns: [序号, 项目, 存在问题, 整改措施, 责任领导, 责任单位, 完成时限, 备注]
"""
PROBLEMS = (  # away from the liaison's county
    {"problem": "重复收取检查费", "measures": ("退费", "培训收费人员"), "due": "发现后10个工作日内"},
    {"problem": "收费项目没有公示", "measures": ("上墙公示",), "due": "发现后5个工作日内"},
    {"problem": "制度执行不严", "measures": ("每季度抽查",), "due": "长期坚持"},
)
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
        text = shipped()["standard-four-phase"] + LEDGER
        first = launch.launch(
            session, launch.Order(text, MONDAY, {}, title=f"示例行动{words}"), BEGAN, "test"
        )
        plain = shipped()["standard-four-phase"]
        later = launch.Order(plain, MONDAY + timedelta(days=60), {}, title=f"第二个行动{words}")
        launch.launch(session, later, BEGAN, "test")
    hours = MailHours(site.settings.zone, site.settings.mail_opens, site.settings.mail_closes)
    run_through(site.store, BEGAN, LATER, hours, Actors(site.store, first).act)
    with site.store.write() as session:
        to_decide(session, first)
    problems(site, ELSEWHERE, PROBLEMS)
    with site.store.write() as session:
        ledger_acting.move(session, EVERYTHING, 1, 2, "claim", LATER)
    site.tokens = {role: site.person(role, under=UNDER.get(role)) for role in PEOPLE}
    site.open()
    return site


def to_decide(session: Session, campaign_id: int) -> None:
    """Plans handed in wait for a check, two counties ask for more time; rungs to confirm have come up by themselves."""
    plans = milestone.c.campaign_id == campaign_id, milestone.c.requirement == REVIEWED
    session.execute(sa.update(milestone).where(*plans).values(review=True))
    mine = obligation.c.milestone_id.in_(sa.select(milestone.c.id).where(*plans))
    waiting = {"status": "submitted", "settled_at": None, "version": obligation.c.version + 1}
    session.execute(sa.update(obligation).where(mine, obligation.c.status == "accepted").values(waiting))
    later = (
        sa.select(obligation.c.id)
        .join(milestone, milestone.c.id == obligation.c.milestone_id)
        .join(unit, unit.c.id == obligation.c.unit_id)
        .where(milestone.c.requirement == "self-check-report", obligation.c.status == "open")
        .where(milestone.c.campaign_id == campaign_id, unit.c.code.not_like(f"{COUNTY}%"))
    )
    campaign = running(session, campaign_id)
    for key in session.execute(later.order_by(obligation.c.id).limit(2)).scalars().all():
        granting.ask(session, campaign, granting.Request(key, "+3wd", "示例理由：人手不足"), LATER, "test")


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


def problems(site: Site, code: str, found: Sequence[Mapping[str, Any]]) -> list[int]:
    """Problems in a unit of the first campaign, written down now; their numbers in the ledger."""
    plain = {"project": "示例项目", "more": {"备注": "示例备注"}}
    with site.store.write() as session:
        wanted = [Found(**{"code": code, **plain, **one}) for one in found]
        return ledger_acting.add(session, EVERYTHING, 1, wanted, site.hands.at)["added"]


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
