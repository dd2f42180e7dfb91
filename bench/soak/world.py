"""Who takes part: units with a liaison each, a coordinator, other systems; and what falls due while they are at it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bench import world
from states.records import access, passwords
from states.records.account_tables import Account, AccountGrant
from states.records.roles import Role
from states.records.session import Store

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, 9, tzinfo=ZONE)  # a Monday, and mail hours
MINUTES = 30
PASSWORD = "Schwarzer-Tee-um-vier"
CAMPAIGN = 1

TEMPLATE = """
key: soak
version: 1
title: 示例专项整治
phases:
  - {key: one, name: 自查自纠, window: 为期4周}
ladders:
  standard:
    rungs:
      - {at: "-1h", name: 提醒, to: [liaison], urgent: true}
      - {at: "+1h", name: 催办, to: [liaison]}
ladder: standard
requirements:
"""


@dataclass(frozen=True)
class Cast:
    """What those who ask need to know."""

    liaisons: int
    clients: int
    keys: list[str]
    spare: list[str]
    """Codes of units without a liaison, which the coordinator moves."""

    def plain(self) -> dict[str, object]:
        return asdict(self)


def template(due: int) -> str:
    """So many matters, due one after the other; the reminder of each falls within the thirty minutes."""
    lines = []
    for number in range(due):
        minute = (number * (MINUTES - 2)) // due + 1
        lines.append(
            f"  - {{key: r{number}, name: 材料{number}, phase: one, due: 2026年3月2日10:{minute:02}前}}"
        )
    return TEMPLATE + "\n".join(lines) + "\n"


def populate(store: Store, liaisons: int, clients: int, spare: int, due: int) -> Cast:
    """Units, people, keys and a campaign that has just begun."""
    world.populate(store, liaisons + spare, contacts=True)
    world.launched(store, template(due), START, START.date())
    kept = passwords.hashed(PASSWORD)
    with store.write() as session:
        for number in range(liaisons):
            _person(session, login(number), kept, Role.liaison, number + 2)
        _person(session, "coordinator", kept, Role.coordinator, None)
        keys = [access.create(session, f"client {number}", START) for number in range(clients)]
    codes = [world.code(number + 2) for number in range(liaisons, liaisons + spare)]
    return Cast(liaisons, clients, keys, codes)


def login(number: int) -> str:
    """The name by which a liaison logs in."""
    return f"liaison{number}"


def _person(session: Session, name: str, password: str, role: Role, unit: int | None) -> None:
    row = Account(login=name, name="王示例", password=password, must_change=False, created_at=START)
    session.add(row)
    session.flush()
    session.add(AccountGrant(account_id=row.id, role=role, campaign_id=None, unit_id=unit, created_at=START))
