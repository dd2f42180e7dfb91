"""`python -m bench.soak.people`: everybody who asks, in a process of its own. A plan as JSON in, what came back out.

Each person does one thing, waits, does the next. Any answer but the one that is due is an error, and so is none at all.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench import world
from bench.soak.world import CAMPAIGN, PASSWORD, login

HERE = f"/api/v1/campaigns/{CAMPAIGN}"
READ = (200, 304)
PATIENCE = 120.0  # seconds after which no answer is an error
ARRIVE = 0.5  # of the time: liaisons come one after the other within it
THINKS = {
    "liaison": 60.0,
    "client": 5.0,
    "coordinator": 45.0,
    "scrape": 30.0,
}  # simulated seconds between two acts
MOVED = 20  # units at once


@dataclass
class Notes:
    """What came back: milliseconds by kind of act, and what went wrong in words."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


class Street:
    """One server, one clock, everybody's notes."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan, self.notes, self.draw = plan, Notes(), random.Random(17)
        self.until = 0.0
        self.base = f"http://127.0.0.1:{plan['port']}"

    def client(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """One connection of one's own; no certificates are read, since there is no TLS."""
        return httpx.AsyncClient(
            base_url=self.base, headers=headers, timeout=PATIENCE, trust_env=False, verify=False
        )

    async def ask(
        self,
        client: httpx.AsyncClient,
        kind: str,
        method: str,
        path: str,
        due: tuple[int, ...] = READ,
        **more: Any,
    ) -> httpx.Response | None:
        """One request; None where it went wrong."""
        began = time.perf_counter()
        try:
            answer = await client.request(method, path, **more)
        except httpx.HTTPError as error:
            self.notes.errors.append(f"{kind}: {type(error).__name__}")
            return None
        self.notes.took[kind].append((time.perf_counter() - began) * 1000)
        if answer.status_code not in due:
            self.notes.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer

    async def live(self, kind: str, act: Callable[[], Awaitable[None]]) -> None:
        """Do it over and over, with pauses of one's own, until the time is over."""
        thinks = THINKS[kind] / self.plan["speed"]
        first = self.plan["seconds"] * ARRIVE if kind == "liaison" else thinks
        await asyncio.sleep(self.draw.uniform(0, first))
        while time.monotonic() < self.until:
            await act()
            pause = min(self.draw.expovariate(1 / thinks), 5 * thinks)
            await asyncio.sleep(max(0.0, min(pause, self.until - time.monotonic())))


class Liaison:
    """Logs in, looks at what his unit owes, hands it in."""

    def __init__(self, street: Street, number: int) -> None:
        self.street, self.number, self.code = street, number, world.code(number + 2)
        self.client = street.client({"Origin": street.base})
        self.inside = False
        self.owed: list[int] | None = None

    async def act(self) -> None:
        if not self.inside:
            body = {"login": login(self.number), "password": PASSWORD}
            answer = await self.street.ask(self.client, "log in", "POST", "/api/v1/session", json=body)
            self.inside = answer is not None
            return
        await self.street.draw.choice((self.look, self.look, self.page, self.list_, self.hand_in))()

    async def look(self) -> None:
        await self.street.ask(self.client, "one unit", "GET", f"{HERE}/units/{self.code}")

    async def page(self) -> None:
        await self.street.ask(self.client, "first page", "GET", "/")

    async def list_(self) -> None:
        found = await self.street.ask(
            self.client, "obligations", "GET", f"{HERE}/obligations?unit={self.code}"
        )
        if found is not None and self.owed is None:
            self.owed = [one["id"] for one in found.json()["items"]]

    async def hand_in(self) -> None:
        if not self.owed:
            await self.list_()
            return
        await self.street.ask(
            self.client, "hand in", "POST", f"{HERE}/obligations/{self.owed.pop()}/submit", json={}
        )


class Client:
    """Another system: statuses one after the other, or the feed of changes."""

    def __init__(self, street: Street, number: int) -> None:
        self.street, self.reader = street, number % 5 == 0
        key = street.plan["keys"][number]
        self.client = street.client({"Authorization": f"Bearer {key}"})
        self.cursor = "0"

    async def act(self) -> None:
        if self.reader:
            found = await self.street.ask(
                self.client, "changes", "GET", f"/api/v1/changes?after={self.cursor}"
            )
            self.cursor = found.headers["Duban-Next"] if found is not None else self.cursor
            return
        code = world.code(self.street.draw.randrange(self.street.plan["liaisons"]) + 2)
        await self.street.ask(self.client, "status", "GET", f"/api/v1/units/{code}/status")


class Coordinator:
    """Suspends some units at once, and lets them go on; looks at all of them between."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.client = street.client({"Origin": street.base})
        self.inside, self.asleep = False, False
        self.some: list[str] = []

    async def act(self) -> None:
        if not self.inside:
            body = {"login": "coordinator", "password": PASSWORD}
            self.inside = (
                await self.street.ask(self.client, "log in", "POST", "/api/v1/session", json=body) is not None
            )
            return
        if not self.asleep:
            spare = self.street.plan["spare"]
            self.some = self.street.draw.sample(spare, min(MOVED, len(spare)))
        body = {"move": "resume" if self.asleep else "suspend", "reason": "示例", "dry_run": False}
        moves = body | {"filter": {"codes": self.some}}
        if await self.street.ask(self.client, "move many", "POST", f"{HERE}/moves", json=moves) is not None:
            self.asleep = not self.asleep
        await self.street.ask(self.client, "all units", "GET", f"{HERE}/units?limit=100")


async def run(plan: dict[str, Any]) -> Notes:
    street = Street(plan)
    scraping = street.client()

    async def scrape() -> None:
        await street.ask(scraping, "scrape", "GET", "/metrics")

    everybody = [
        *(street.live("liaison", Liaison(street, number).act) for number in range(plan["liaisons"])),
        *(street.live("client", Client(street, number).act) for number in range(plan["clients"])),
        street.live("coordinator", Coordinator(street).act),
        street.live("scrape", scrape),
    ]
    street.until = time.monotonic() + plan["seconds"]
    await asyncio.gather(*everybody)
    return street.notes


def main() -> None:
    notes = asyncio.run(run(json.load(sys.stdin)))
    print(json.dumps({"took": notes.took, "errors": notes.errors}))


if __name__ == "__main__":
    main()
