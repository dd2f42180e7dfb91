"""The two stories: the long one of `make cluster-test`, and the short one of the suite."""

from __future__ import annotations

from datetime import timedelta

from flows.deploying import AGAIN, SILENT
from tests.cluster import blows
from tests.cluster.blows import Blow, Followed, Freeze, Pending
from tests.cluster.machines import Shape
from tests.cluster.scene import Scene
from tests.cluster.story import Story

SLOT, POLL, BEGINS = 60, 10, 30
"""Seconds between two runs of a round, two looks of a worker, and from a run's place to its work."""
UNSEEN = 105
"""Seconds until a dead run is seen: what flows.deploying asks for, and how often Prefect looks."""
RESTART = 30
"""Seconds in which a killed server stands again."""
LEASE = 90
PATIENT = 100
"""Seconds, where a busy machine is no fault."""


def deciding(scene: Scene) -> bool:
    """Some notices are there, not all."""
    return 0 < scene.told() < scene.expected


def long(units: int, without: frozenset[str] = frozenset()) -> Story:
    """Each of them in the middle, one after the other.

    PostgreSQL before the Prefect server: a server that has lost its database hears of no deaths until it is started anew,
    and the sweep alone would be tried. Within five minutes after its schedule
    was made no run is tried again (docs/deploy.md): that it is dead is seen, and the next minute's run goes on. So only the
    later of the two waits for a second try.
    """
    pending, freeze = Pending(), Freeze()
    lost_machine, alone = Followed(blows.machine, SILENT), Followed(blows.run, AGAIN)
    again = RESTART + SLOT + POLL + BEGINS
    lost = UNSEEN + POLL + BEGINS
    made = [
        Blow("run taken, never begun", always, pending.take, lambda *_: True, 1),
        Blow("PostgreSQL, while deciding", deciding, blows.postgres, blows.decided, again),
        Blow("worker", 0.05, blows.worker, blows.mail_again, again),
        Blow("PostgreSQL, while sending", 0.2, blows.postgres, blows.mail_again, again, ours=True),
        Blow("API process", 0.3, blows.page, blows.answers_again, RESTART),
        Blow("Prefect server", 0.4, blows.server, blows.thinks, RESTART),
        Blow(
            "worker with its run",
            0.5,
            lost_machine.strike,
            lost_machine.back,
            lost,
            ours=True,
            tells=lost_machine.tells,
        ),
        Blow("run stands still", 0.6, freeze.stop, blows.mail_again, lost, ours=True),
        Blow("run alone", 0.8, alone.strike, alone.back, again, ours=True, tells=alone.tells),
        Blow("run goes on after its leases", freeze.outlived, freeze.go, freeze.gone, 30, ours=True),
        Blow("run never begun: swept", always, lambda _: "see above", pending.swept, 180),
    ]
    return Story(units, made, bound=840, shape=Shape(lease=LEASE), without=without)


def short(without: frozenset[str] = frozenset(), *, by_prefect: bool = False) -> Story:
    """Small, in a hurry: what the suite can afford.

    `by_prefect`: a run that was hit must be the one that goes on, as Prefect's automation has it; that goes by events, which
    are lost now and then. Else it is enough that mails go on: then the sweep or the next run does it.
    """
    pending, alone = Pending(after=timedelta(0)), Followed(blows.run, AGAIN)
    back = alone.back if by_prefect else blows.mail_again
    made = [
        Blow("run taken, never begun", always, pending.take, pending.swept_now, PATIENT),
        Blow("run alone", 0.1, alone.strike, back, PATIENT, ours=True, tells=alone.tells),
        Blow("API process", 0.3, blows.page, blows.answers_again, PATIENT),
        Blow("PostgreSQL, while sending", 0.5, blows.postgres, blows.mail_again, PATIENT, ours=True),
    ]
    return Story(400, made, bound=PATIENT * 6, shape=Shape(lease=40, polls=2), hurry=True, without=without)


def always(_: object) -> bool:
    return True
