"""What many machines need on their Prefect server: the pool, a deployment a round, the automations that bring back what died.

All of it can be done again at any time: what is there is brought up to date, nothing is made twice.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.prefect_child import quiet
from flows.prefect_http import Prefect
from flows.stuck import DEPLOYMENT
from states.errors import Refused

POOL = DEPLOYMENT
SILENT_AFTER = 90  # seconds; three heartbeats, which prefect.yaml asks of every run
ENDS = ("Completed", "Failed", "Cancelled", "Crashed")
"""Where a run needs no heart any more; their events are `prefect.flow-run.` and these."""


AGAIN = "Crashed; tried again."
SILENT = f"No heartbeat for {SILENT_AFTER} seconds."


@dataclass(frozen=True)
class Deployed:
    """What stands on the server now."""

    deployments: tuple[str, ...]
    automations: tuple[str, ...]


def deploy(server: Prefect, environ: Mapping[str, str], home: Path) -> Deployed:
    """Everything, from prefect.yaml; raises Refused or Unanswered with one sentence."""
    if server.get(f"work_pools/{POOL}").status == 404:
        server.post(
            "work_pools/", {"name": POOL, "type": "process"}
        )  # the first worker says how it starts a run
    _prefect(["--no-prompt", "deploy", "--all", "--prefect-file", str(rounds_file())], environ, home)
    found = server.post("deployments/filter", {"deployments": {"name": {"any_": [DEPLOYMENT]}}}).body
    keys = [row["id"] for row in found]
    wanted = list(automations(keys))
    for each in wanted:
        _put(server, each)
    entrypoints = sorted(row["entrypoint"].rsplit(".", 1)[-1] for row in found)
    return Deployed(tuple(entrypoints), tuple(each["name"] for each in wanted))


def rounds_file() -> Path:
    """Where prefect.yaml lies: beside this module when installed, at the top of a checkout."""
    beside = Path(__file__).with_name("prefect.yaml")
    return beside if beside.exists() else Path(__file__).parents[1] / "prefect.yaml"


def automations(deployments: list[str]) -> Iterator[dict[str, Any]]:
    """The two that bring back a run which died; they look at runs of these deployments alone."""
    related = {"prefect.resource.id": [f"prefect.deployment.{key}" for key in deployments]}
    common = {"match": {"prefect.resource.id": "prefect.flow-run.*"}, "match_related": related}
    yield {
        "name": "duban-no-heartbeat",
        "description": f"A run that was alive and has been silent for {SILENT_AFTER} seconds has crashed.",
        "enabled": True,
        "trigger": {
            **common,
            "type": "event",
            "posture": "Proactive",
            "for_each": ["prefect.resource.id"],
            "after": ["prefect.flow-run.Running", "prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in ENDS)],
            "threshold": 1,
            "within": SILENT_AFTER,
        },
        "actions": [_turn("CRASHED", "Crashed", SILENT)],
    }
    yield {
        "name": "duban-crashed-again",
        "description": "A run that crashed is tried again; flows.watch and flows.stuck put an end to it.",
        "enabled": True,
        "trigger": {
            **common,
            "type": "event",
            "posture": "Reactive",
            "for_each": ["prefect.resource.id"],
            "expect": ["prefect.flow-run.Crashed"],
            "threshold": 1,
            "within": 0,
        },
        "actions": [_turn("SCHEDULED", "AwaitingRetry", AGAIN)],
    }


def _turn(kind: str, name: str, message: str) -> dict[str, Any]:
    return {"type": "change-flow-run-state", "state": kind, "name": name, "message": message}


def _put(server: Prefect, wanted: Mapping[str, Any]) -> None:
    """One automation as it is wanted; a second one of its name, from whoever made it twice, is put to sleep."""
    named = {"automations": {"name": {"any_": [wanted["name"]]}}, "sort": "CREATED_DESC"}
    rows = server.post("automations/filter", named).body
    if not rows:
        server.post("automations/", wanted)
    for place, row in enumerate(rows):
        server.put(f"automations/{row['id']}", {**wanted, "enabled": place == 0})


def _prefect(words: list[str], environ: Mapping[str, str], home: Path) -> None:
    """Prefect's own command line; raises Refused with the end of what it said."""
    done = subprocess.run(  # noqa: S603  (our own interpreter, words of our own commands)
        [sys.executable, "-m", "prefect", *words],
        env={**environ, **quiet(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(f"prefect {words[0]} 没有做成：{done.stdout.strip()[-600:]}")
