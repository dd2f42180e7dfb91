"""What befalls the cluster in the middle of the round, when, and how one sees that it got up again."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psutil

from flows import deploying, stuck
from flows.prefect_http import Unanswered
from states import clock
from tests.cluster.machines import until
from tests.cluster.parts import descendants, hit
from tests.cluster.scene import Scene

COMES_WITHIN = 420.0
"""Seconds that the moment of a blow may be waited for."""


@dataclass
class Blow:
    """One of them. `when`: its moment, or the share of mails at which one is held between acceptance and mark.

    `strike` returns what it hit, "" to try again in a moment; `back`: it is over; `bound`: seconds in which it should
    be. `ours`: it may have cut a mail from its mark.
    """

    name: str
    when: Callable[[Scene], bool] | float
    strike: Callable[[Scene], str]
    back: Callable[[Scene, datetime], bool]
    bound: float
    ours: bool = False
    what: str = ""
    at: datetime | None = None
    lasted: float = 0.0
    notes: dict[str, float] = field(default_factory=dict)

    def gate(self, units: int) -> int | None:
        """At how many mails it falls, if it falls at a mail."""
        return None if callable(self.when) else int(self.when * units)

    def fall(self, scene: Scene, next_gate: int | None) -> None:
        """Wait for the moment, strike, wait until it is over; raises Late when it never is."""
        moment = self.when
        if callable(moment):
            until(lambda: moment(scene), COMES_WITHIN, f"the moment of: {self.name}")
        else:
            until(scene.office.holding.is_set, COMES_WITHIN, f"the moment of: {self.name}")
        until(lambda: self._struck(scene), COMES_WITHIN, f"somebody to hit: {self.name}")
        if not callable(moment):
            scene.office.open(next_gate)
        scene.say(f"{self.name}: {self.what}")
        at = self.at
        assert at is not None
        self.lasted = until(lambda: self.back(scene, at), 3 * self.bound, f"the end of: {self.name}")
        scene.say(f"   over after {self.lasted:.1f} s")

    def _struck(self, scene: Scene) -> bool:
        at = scene.now()
        self.what = self.strike(scene)
        self.at = at
        return bool(self.what)


# -- how one sees that it is over ------------------------------------------------------------------------


def mail_again(scene: Scene, since: datetime) -> bool:
    """Another mail was accepted."""
    return scene.office.since(since) is not None


def decided(scene: Scene, _since: datetime) -> bool:
    return scene.told() == scene.expected


def thinks(scene: Scene, _since: datetime) -> bool:
    return scene.cluster.server.alive and scene.cluster.server.ready()


def answers_again(scene: Scene, _since: datetime) -> bool:
    return all(page.alive and page.ready() for page in scene.cluster.pages)


# -- blows -----------------------------------------------------------------------------------------------


def postgres(scene: Scene) -> str:
    scene.cluster.postgres.kill()
    return "PostgreSQL, all its processes"


def server(scene: Scene) -> str:
    scene.cluster.server.kill()
    return "the Prefect server"


def page(scene: Scene) -> str:
    scene.cluster.pages[0].kill()
    return scene.cluster.pages[0].name


def worker(scene: Scene) -> str:
    """The worker whose run is sending; the run is left alone."""
    sender = scene.sender()
    found = scene.worker_of(sender) if sender else None
    if found is None:
        return ""
    found.kill()
    return f"{found.name}; its run {sender} lives on"


def machine(scene: Scene) -> str:
    """The worker whose run is sending, and all that it started: as when its machine is lost."""
    sender = scene.sender()
    found = scene.worker_of(sender) if sender else None
    if found is None or sender is None or not psutil.pid_exists(sender):
        return ""
    runs = descendants(found.pid)
    found.kill()
    for run in runs:
        hit(run.pid)
    return f"{found.name} and {len(runs)} processes of its runs"


def run(scene: Scene) -> str:
    """The run that is sending; its worker lives and sees it."""
    sender = scene.sender()
    if sender is None or not psutil.pid_exists(sender):
        return ""
    hit(sender)
    return f"the run {sender}"


class Tried:
    """A blow after which the very run that it hit must be tried again: by automations, before the sweep or the next slot."""

    def __init__(self, strike: Callable[[Scene], str]) -> None:
        self._strike = strike
        self._keys: list[str] = []

    def strike(self, scene: Scene) -> str:
        try:
            self._keys = [row["id"] for row in running(scene)]
        except Unanswered:
            return ""
        return self._strike(scene) if self._keys else ""

    def back(self, scene: Scene, since: datetime) -> bool:
        """Mails go out again, and a run that was hit had its turn again."""
        return mail_again(scene, since) and any(self._again(scene, key) for key in self._keys)

    def _again(self, scene: Scene, key: str) -> bool:
        try:
            states = scene.cluster.prefect.get(f"flow_run_states/?flow_run_id={key}").body
        except Unanswered:
            return False
        return any(one["message"] == deploying.AGAIN for one in states)


def running(scene: Scene) -> list[dict[str, Any]]:
    """The runs of deliveries that Prefect takes for running."""
    named = {
        "flows": {"name": {"any_": ["deliver"]}},
        "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}},
    }
    found: list[dict[str, Any]] = scene.cluster.prefect.post("flow_runs/filter", named).body
    return found


class Freeze:
    """A run that stands still until others have its work, and goes on then: nothing in Prefect keeps it from that."""

    def __init__(self) -> None:
        self.pid = 0
        self.since = 0.0

    def stop(self, scene: Scene) -> str:
        self.pid = scene.sender() or -1
        if not psutil.pid_exists(self.pid) or scene.worker_of(self.pid) is None:
            return ""
        hit(self.pid, signal.SIGSTOP)
        self.since = time.monotonic()
        return f"the run {self.pid} stands still"

    def outlived(self, scene: Scene) -> bool:
        """Its leases have run out, so what it held is somebody else's."""
        return time.monotonic() - self.since > scene.cluster.shape.lease + 5

    def go(self, _scene: Scene) -> str:
        hit(self.pid, signal.SIGCONT)
        return f"the run {self.pid} goes on"

    def gone(self, _scene: Scene, _since: datetime) -> bool:
        return not psutil.pid_exists(self.pid) or psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE


class Pending:
    """A run that a worker took and never started: what is left of a worker that dies at that moment."""

    def __init__(self, job: str = "watchdog", after: timedelta = stuck.PENDING_FOR) -> None:
        """`after`: how long it must have been Pending for `swept_now`."""
        self.job, self.after, self.key = job, after, ""

    def take(self, scene: Scene) -> str:
        prefect = scene.cluster.prefect
        try:
            deployment = prefect.get(f"deployments/name/{self.job}/duban").body["id"]
            later = (clock.now() + timedelta(hours=1)).isoformat()
            scheduled = {"type": "SCHEDULED", "state_details": {"scheduled_time": later}}
            made = prefect.post(f"deployments/{deployment}/create_flow_run", {"state": scheduled}).body
            taken = prefect.post(
                f"flow_runs/{made['id']}/set_state", {"state": {"type": "PENDING", "name": "Pending"}}
            )
        except Unanswered:
            return ""
        if taken.body["status"] != "ACCEPT":
            return ""  # one of its kind is running
        self.key = made["id"]
        return f"a run of {self.job} stays Pending"

    def swept_now(self, scene: Scene, since: datetime) -> bool:
        """As `swept`, and the sweep is ours: nobody waits for two minutes."""
        with contextlib.suppress(Unanswered):
            stuck.sweep(scene.cluster.prefect, stuck.LEAST, self.after)
        return self.swept(scene, since)

    def swept(self, scene: Scene, _since: datetime) -> bool:
        try:
            found = scene.cluster.prefect.get(f"flow_runs/{self.key}").body
        except Unanswered:
            return False
        return bool(found["state"]["type"] == "CANCELLED")
