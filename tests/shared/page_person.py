"""Somebody in a role who opens pages of a small world, on whichever database."""

from __future__ import annotations

from typing import Any

from states.records import grants, sittings
from states.records.account_tables import Account
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Role

ORIGIN = {"Origin": "http://testserver"}


class Person:
    """Somebody in a role, who opens pages."""

    def __init__(self, world: Any, role: Role, under: str | None = None) -> None:
        self.world = world
        with world.store.write() as session:
            login = f"{role}-{under or 'all'}".lower()
            row = Account(login=login, name="王示例", must_change=False, created_at=world.hands.at)
            session.add(row)
            session.flush()
            grants.give(session, EVERYTHING, row, Grant(role, under=under), world.hands.at, "test")
            self.token = sittings.open_(session, row, world.hands.at, "test", "")

    def get(self, path: str) -> Any:
        return self._asked("GET", path)

    def post(self, path: str, **fields: str) -> Any:
        """As a browser sends it where there may be files."""
        return self._asked("POST", path, files=[(name, (None, value)) for name, value in fields.items()])

    def send(self, path: str, **fields: str) -> Any:
        return self._asked("POST", path, data=fields)

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        self.world.client.cookies.clear()
        headers = {**ORIGIN, "Cookie": f"duban={self.token}"}
        return self.world.client.request(method, path, headers=headers, follow_redirects=False, **more)
