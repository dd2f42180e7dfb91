"""The whole: a country, a deadline, blows, a verdict. Everything that was started is ended, however it ends."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flows import stuck
from flows.prefect_child import free_port
from flows.prefect_http import Prefect, Unanswered
from states import clock
from tests.cluster import national
from tests.cluster.blows import Blow
from tests.cluster.machines import Cluster, Shape, until
from tests.cluster.office import Office
from tests.cluster.questions import Asking
from tests.cluster.scene import Scene
from tests.cluster.verdict import Verdict, judge

EVERY = 10.0
"""Seconds between two lines of progress."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Story:
    """What is to happen. `bound`: seconds after the due moment within which the last mail must be accepted."""

    units: int
    blows: Sequence[Blow]
    bound: float
    shape: Shape = field(default_factory=Shape)
    hurry: bool = False
    """No schedules: the runs that have something to do are asked for at once."""
    without: frozenset[str] = frozenset()
    """Guards that are taken out: `heartbeat`, `again`."""

    @property
    def ends(self) -> frozenset[str]:
        """The rounds that must have run once more at the end."""
        return frozenset({"deliver"} if self.hurry else {"open_due", "remind", "escalate", "deliver"})


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    blows: Sequence[Blow]
    restarts: dict[str, int]
    retried: int
    seconds: float


def run(story: Story, say: Say, *, kept: bool = False) -> Outcome:
    """Live through it; raises Late when something that was waited for never came. `kept`: the logs stay."""
    began = time.monotonic()
    with _folder(kept) as folder, Office(free_port()) as office:
        zone = ZoneInfo(national.noon(clock.now()))
        cluster = Cluster(folder, office.port, zone.key, story.shape)
        try:
            scene = _prepared(story, cluster, office, zone, say)
            with _progress(scene):
                _lived(story, scene)
            scene.asking.stop()
            verdict = judge(scene, story.blows, story.bound, strict=not story.hurry)
            scene.store.close()
        except BaseException:  # a test that is stopped for lasting too long is none of Exception
            for part in cluster.keeper.parts:
                say(f"-- {part.name}\n{part.tail()}")
            raise
        finally:
            cluster.end()
    restarts = {part.name: part.starts - 1 for part in cluster.keeper.parts}
    return Outcome(verdict, story.blows, restarts, cluster.front.retried, time.monotonic() - began)


def _prepared(story: Story, cluster: Cluster, office: Office, zone: ZoneInfo, say: Say) -> Scene:
    say("PostgreSQL")
    cluster.begin_databases()
    say("the Prefect server, and a country meanwhile")
    cluster.begin_brain()
    store = cluster.store()
    key = national.found(store, story.units, clock.now(), zone)
    say(f"{story.shape.workers} workers, {story.shape.pages} API processes")
    port = cluster.begin_rest(lambda prefect: _changed(prefect, story))
    due = clock.now().replace(second=0, microsecond=0)
    campaign = national.begin(store, due, zone)
    codes = national.units(store, campaign)
    asking = Asking(port, key, codes[:: max(1, len(codes) // 200)])
    asking.start()
    say(f"{len(codes)} units owe two things at {due:%H:%M:%S} UTC")
    return Scene(cluster, office, store, asking, campaign, len(codes), due, say)


def _lived(story: Story, scene: Scene) -> None:
    """The blows one after the other, then peace until everything is through and each round has run once more."""
    stopped = threading.Event()
    if story.hurry:
        threading.Thread(target=_hurried, args=[scene, stopped], daemon=True).start()
    try:
        gates = [blow.gate(scene.units) for blow in story.blows]
        scene.office.open(next(filter(None, gates), None))
        for place, blow in enumerate(story.blows, 1):
            blow.fall(scene, next(filter(None, gates[place:]), None))
        scene.say("no more blows")
        last = scene.now()
        until(lambda: scene.office.different >= scene.units, story.bound, "every mail")
        until(lambda: _marked(scene), story.bound, "every mail marked")
        until(lambda: _ran_since(scene, last, story.ends), 300, "each round once more")
    finally:
        stopped.set()


def _marked(scene: Scene) -> bool:
    return scene.seen(national.unsent, -1) == 0


def _ran_since(scene: Scene, since: datetime, rounds: frozenset[str]) -> bool:
    """Whether each of these has completed a run that was due after `since`."""
    due = {"expected_start_time": {"after_": since.isoformat()}, "state": {"name": {"any_": ["Completed"]}}}
    try:
        rows = scene.cluster.prefect.post("flow_runs/filter", {"flow_runs": due}).body
    except Unanswered:
        return False
    ran = {row["name"].rsplit("-", 2)[0] for row in rows}
    return ran >= rounds


def _hurried(scene: Scene, stopped: threading.Event) -> None:
    """Ask for the runs that have something to do, as soon as none of their kind is under way; sweep as the pages do."""
    while not stopped.wait(1.0):
        with contextlib.suppress(Unanswered):
            stuck.sweep(scene.cluster.prefect, stuck.LEAST)
        jobs = ("deliver",) if scene.told() == scene.expected else ("remind", "escalate")
        for job in jobs:
            with contextlib.suppress(Unanswered):
                _asked(scene.cluster.prefect, job)


def _asked(prefect: Prefect, job: str) -> None:
    deployment = prefect.get(f"deployments/name/{job}/duban").body["id"]
    waiting = {
        "deployments": {"id": {"any_": [deployment]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}},
    }
    if not prefect.post("flow_runs/filter", waiting).body:
        prefect.post(f"deployments/{deployment}/create_flow_run", {})


def _changed(prefect: Prefect, story: Story) -> None:
    """Without schedules, before a worker takes a run of one: such a run would not be tried again (docs/deploy.md)."""
    if story.hurry:
        _unscheduled(prefect)
    for name in story.without:
        _taken_out(prefect, name)


def _unscheduled(prefect: Prefect) -> None:
    """Nothing runs by itself any more."""
    for row in prefect.post("deployments/filter", {}).body:
        prefect.post(f"deployments/{row['id']}/pause_deployment", {})


def _taken_out(prefect: Prefect, name: str) -> None:
    """Put one of the automations to sleep, to see what it is for."""
    full = {"heartbeat": "duban-no-heartbeat", "again": "duban-crashed-again"}[name]
    named = {"automations": {"name": {"any_": [full]}}}
    for row in prefect.post("automations/filter", named).body:
        kept = {name: row[name] for name in ("name", "description", "trigger", "actions")}
        prefect.put(f"automations/{row['id']}", {**kept, "enabled": False})


@contextmanager
def _progress(scene: Scene) -> Iterator[None]:
    """A line now and then: how far, how fast, how many questions failed."""
    ending = threading.Event()

    def keep() -> None:
        before = len(scene.office)
        while not ending.wait(EVERY):
            sent = len(scene.office)
            rate, failed = (sent - before) / EVERY, len(scene.asking.failures)
            scene.say(f"   {sent:>6,} of {scene.units:,} mails, {rate:.0f}/s; {failed} questions failed")
            before = sent

    thread = threading.Thread(target=keep, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


@contextmanager
def _folder(kept: bool) -> Iterator[Path]:
    """Outside of anybody's own folders: as root PostgreSQL runs under another user."""
    folder = Path(tempfile.mkdtemp(prefix="duban-cluster-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
