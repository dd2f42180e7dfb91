"""What befalls the cluster in the middle of the round, when, and how one sees that it got up again."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psutil

from flows import stuck
from flows.prefect_http import Unanswered
from states import clock
from tests.cluster.machines import Late, until
from tests.cluster.parts import descendants, hit
from tests.cluster.scene import Scene

COMES_WITHIN = 420.0
"""Seconds that the moment of a blow may be waited for."""
COMPLETED = "Completed"
ANEW = 10
"""Mails that go out at least between two blows."""


@dataclass
class Blow:
    """One of them. `when`: its moment, or the share of mails at which one is held between acceptance and mark.

    `strike` returns what it hit, "" to try again in a moment; `back`: it is over; `bound`: seconds in which it should
    be. `ours`: it may have cut a mail from its mark. `tells`: more for whoever waited in vain.
    """

    name: str
    when: Callable[[Scene], bool] | float
    strike: Callable[[Scene], str]
    back: Callable[[Scene, datetime], bool]
    bound: float
    ours: bool = False
    tells: Callable[[Scene], str] = lambda _: ""
    what: str = ""
    fell: list[datetime] = field(default_factory=list)
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
            scene.office.open(next_gate and max(next_gate, len(scene.office) + ANEW))
        scene.say(f"{self.name}: {self.what}")
        over, what = (lambda: self.back(scene, self.fell[-1])), f"the end of: {self.name}"
        self.lasted = until(over, 3 * self.bound, what, lambda: self.tells(scene))
        scene.say(f"   over after {self.lasted:.1f} s")

    def _struck(self, scene: Scene) -> bool:
        at = scene.now()
        self.what = self.strike(scene)
        if self.what:
            self.fell.append(at)
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


def machine(scene: Scene) -> list[int]:
    """The worker whose run is sending, and all that it started: as when its machine is lost."""
    sender = scene.sender()
    found = scene.worker_of(sender) if sender else None
    return [found.pid, *(one.pid for one in descendants(found.pid))] if found else []


def run(scene: Scene) -> list[int]:
    """The run that is sending; its worker lives and sees it."""
    sender = scene.sender()
    return [sender] if sender and scene.worker_of(sender) else []


class Followed:
    """A blow whose runs Prefect must do something with afterwards: by its automations, before the sweep or the next slot."""

    def __init__(self, aim: Callable[[Scene], list[int]], word: str) -> None:
        """`aim`: the processes to hit; `word`: what a state of a run among them must have said once more afterwards."""
        self._aim, self._word = aim, word
        self._before: dict[str, int] = {}

    def strike(self, scene: Scene) -> str:
        pids = self._aim(scene)
        self._before = {key: self._times(scene, key) for key in _runs(pids)}
        if not self._before:
            return ""
        for pid in pids:
            hit(pid)
        return f"{len(pids)} processes, among them the run {pids[-1]}"

    def back(self, scene: Scene, since: datetime) -> bool:
        """Mails go out again, and a run that was hit was treated so; raises Late when they had all ended by then."""
        if all(_said(scene, key)[-1] == COMPLETED for key in self._before):
            raise Late("the run had done its work when it was hit")
        return mail_again(scene, since) and any(
            self._times(scene, key) > before for key, before in self._before.items()
        )

    def _times(self, scene: Scene, key: str) -> int:
        return _said(scene, key).count(self._word)

    def tells(self, scene: Scene) -> str:
        """What became of each run that was hit."""
        return "\n".join(f"run {key}: {_said(scene, key)}" for key in self._before)


def _runs(pids: list[int]) -> set[str]:
    """The runs of Prefect that these processes are."""
    found = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            found.add(psutil.Process(pid).environ().get("PREFECT__FLOW_RUN_ID", ""))
    return found - {""}


def _said(scene: Scene, key: str) -> list[str]:
    """What the states of a run said, one after the other."""
    try:
        states = scene.cluster.prefect.get(f"flow_run_states/?flow_run_id={key}").body
    except Unanswered as error:
        return [str(error)]
    return [one["message"] or one["name"] for one in states]


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
        """As `swept`, and the sweep is ours: nobody waits for two minutes. Not while a worker is about to begin another:
        that would begin although it was swept, and Prefect would not try it again when it is hit later.
        """
        with contextlib.suppress(Unanswered):
            if self._alone(scene):
                stuck.sweep(scene.cluster.prefect, stuck.LEAST, self.after)
        return self.swept(scene, since)

    def _alone(self, scene: Scene) -> bool:
        pending = {"flow_runs": {"state": {"type": {"any_": ["PENDING"]}}}}
        found = scene.cluster.prefect.post("flow_runs/filter", pending).body
        return {row["id"] for row in found} <= {self.key}

    def swept(self, scene: Scene, _since: datetime) -> bool:
        try:
            found = scene.cluster.prefect.get(f"flow_runs/{self.key}").body
        except Unanswered:
            return False
        return bool(found["state"]["type"] == "CANCELLED")
