"""The people of the demonstration, one in each role; they have no passwords, since they come in by one click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from states.errors import NotFound
from states.records import grants
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.core import account
from states.records.grants import Grant
from states.records.roles import Role

COUNTY = "SL00101"  # of `sample`: the first county, a bureau with the hospitals below it


@dataclass(frozen=True)
class Person:
    """Somebody of the demonstration: `what` he does there."""

    login: str
    name: str
    role: Role
    under: str | None
    what: str


PEOPLE = (
    Person("coordinator", "甲示例", Role.coordinator, None, "协调员：组织专项行动，看谁落后，审核"),
    Person("liaison", "乙示例", Role.liaison, COUNTY, "联络员：报送自己单位应办的事项"),
    Person("leader", "丙示例", Role.leader, None, "领导：确认约谈、通报"),
    Person("administrator", "丁示例", Role.administrator, None, "管理员：账号、单位、运行情况"),
    Person("auditor", "戊示例", Role.auditor, None, "审计员：只看"),
)


def build(session: Session, now: datetime) -> None:
    """Put them into the database of `sample`."""
    for one in PEOPLE:
        row = Account(login=one.login, name=one.name, must_change=False, created_at=now)
        session.add(row)
        session.flush()
        grants.give(session, EVERYTHING, row, Grant(one.role, under=one.under), now, "sample")


def people(session: Session) -> list[Person]:
    """Those who are there."""
    there = set(session.execute(sa.select(account.c.login)).scalars())
    return [one for one in PEOPLE if one.login in there]


def found(session: Session, login: str) -> Account:
    """One of them. Raises NotFound, for any other account too."""
    row = session.exec(select(Account).where(account.c.login == login)).first()
    if row is None or login not in {one.login for one in PEOPLE}:
        raise NotFound("演示里没有这个人")
    return row
