"""What became of the round: everything that should have been once was once, and what was not is counted and placed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from flows.prefect_http import Unanswered
from states.records.core import mail, notice, timer
from tests.cluster import national
from tests.cluster.blows import Blow
from tests.cluster.office import HOLDS, Taken
from tests.cluster.questions import Failure
from tests.cluster.scene import Scene

BEFORE, AFTER = timedelta(seconds=HOLDS + 1), timedelta(seconds=3)
"""How far from a blow a mail was accepted that it could cut off from its mark; its answer may have been held back."""
BUSY = 4
"""Where a busy machine is no fault, it may also take this many times as long to strike."""
SETTLES = timedelta(seconds=15)
"""How long after a blow requests may fail that waited for what was struck."""
WAITS = ("Pending", "Running", "AwaitingRetry", "Cancelling")


@dataclass(frozen=True)
class Verdict:
    """The figures of one round, and what is wrong with it: nothing, when it went well."""

    notices: int
    mails: int
    accepted: int
    repeated: int
    stray: int
    late: tuple[float, float, float]
    """Seconds from the moment they were due to acceptance: median, 99 of 100, the last."""
    asked: int
    failed: int
    failed_without_database: int
    wrong: tuple[str, ...]


def judge(scene: Scene, blows: Sequence[Blow], bound: float, *, strict: bool) -> Verdict:
    """Look at everything; `bound`: seconds within which the last mail was to be accepted.

    `strict`: each blow must have been over in time as well, which a busy machine does not allow.
    """
    by_mail = scene.office.by_mail()
    again = {key: taken for key, taken in by_mail.items() if len(taken) > 1}
    stray = [
        key for key, taken in again.items() if not excused(taken, blows, BEFORE if strict else BUSY * BEFORE)
    ]
    lateness = sorted((taken[0].at - scene.due).total_seconds() for taken in by_mail.values())
    away, bare = _sorted_failures(scene.asking.failures, blows)
    wrong = [
        *_lost(scene),
        *_doubled(scene, by_mail, again, stray, blows),
        *_stuck(scene),
        *(f"a question without database was answered {one.says}" for one in away if one.says != "503"),
        *(
            f"{blow.name}: over after {blow.lasted:.0f} s, {blow.bound:.0f} s were foretold"
            for blow in blows
            if strict and blow.lasted > blow.bound
        ),
        *(f"a question failed at {one.asked:%H:%M:%S}: {one.says}" for one in bare),
    ]
    if lateness and lateness[-1] > bound:
        wrong.append(f"the last mail came {lateness[-1]:.0f} s late; at most {bound:.0f} s were foretold")
    return Verdict(
        notices=scene.told(),
        mails=len(by_mail),
        accepted=len(scene.office),
        repeated=sum(len(taken) - 1 for taken in again.values()),
        stray=len(stray),
        late=_spread(lateness),
        asked=scene.asking.answered + len(scene.asking.failures),
        failed=len(bare),
        failed_without_database=len(away),
        wrong=tuple(wrong),
    )


def excused(taken: Sequence[Taken], blows: Sequence[Blow], before: timedelta = BEFORE) -> bool:
    """Whether a mail that came more than once was in hand when a blow fell that cuts a mail from its mark."""
    marks = [at for blow in blows if blow.ours for at in blow.fell]
    return all(
        any(at - before < one.at < at + AFTER for one in taken[place : place + 2] for at in marks)
        for place in range(len(taken) - 1)
    )


def _spread(lateness: Sequence[float]) -> tuple[float, float, float]:
    if not lateness:
        return 0.0, 0.0, 0.0
    return median(lateness), lateness[int(len(lateness) * 0.99)], lateness[-1]


def _sorted_failures(
    failures: Sequence[Failure], blows: Sequence[Blow]
) -> tuple[list[Failure], list[Failure]]:
    """Those for want of a database, and all others."""
    spans = [
        (at, at + timedelta(seconds=blow.lasted) + SETTLES)
        for blow in blows
        for at in blow.fell
        if "PostgreSQL" in blow.name
    ]
    away = [one for one in failures if any(a <= one.ended and one.asked <= b for a, b in spans)]
    return away, [one for one in failures if one not in away]


def _lost(scene: Scene) -> Iterator[str]:
    """Every unit heard of both its dates in one mail, and nothing is left to do."""
    with scene.store.read() as session:
        rows = session.execute(
            sa.select(notice.c.milestone_id, notice.c.unit_id, sa.func.count())
            .where(notice.c.kind == "rung")
            .group_by(notice.c.milestone_id, notice.c.unit_id)
        ).all()
        states = session.execute(
            sa.select(notice.c.state, sa.func.count()).where(notice.c.kind == "rung").group_by(notice.c.state)
        ).all()
        left = session.execute(sa.select(sa.func.count()).where(mail.c.state != "sent")).scalar_one()
        undone = session.execute(
            sa.select(sa.func.count()).where(timer.c.done_at.is_(None), timer.c.fire_at <= scene.due)
        ).scalar_one()
    if len(rows) != scene.expected:
        yield f"{scene.expected - len(rows)} notices of {scene.expected} are lost"
    if many := [row for row in rows if row[2] != 1]:
        yield f"{len(many)} notices exist more than once"
    if dict(map(tuple, states)) != {"mailed": scene.expected}:
        yield f"notices are not all mailed: {dict(map(tuple, states))}"
    if left:
        yield f"{left} mails are not marked as sent"
    if undone:
        yield f"{undone} rungs were not decided"
    if (heard := len({one.to for one in scene.office.taken})) != scene.units:
        yield f"{scene.units - heard} of {scene.units} people got no mail"


def _doubled(
    scene: Scene,
    by_mail: dict[str, list[Taken]],
    again: dict[str, list[Taken]],
    stray: Sequence[str],
    blows: Sequence[Blow],
) -> Iterator[str]:
    """One mail a person; one that came again had the same Message-ID, and fell into the window of a blow of its own."""
    people = Counter(taken[0].to for taken in by_mail.values())
    if twice := [who for who, count in people.items() if count > 1]:
        yield f"{len(twice)} people got two different mails, {twice[0]} among them"
    if any(len({one.to for one in taken}) > 1 for taken in again.values()):
        yield "one Message-ID went to several people"
    if stray:
        yield f"{len(stray)} mails were repeated outside of the window, {stray[0]} among them"
    allowed = sum(len(blow.fell) for blow in blows if blow.ours) * scene.cluster.shape.workers
    if (number := sum(len(taken) - 1 for taken in again.values())) > allowed:
        yield f"{number} repeats by {allowed} blows: each may cut one mail of a sender from its mark"
    short = [key for key, taken in by_mail.items() if any(one.items != national.NOTICES for one in taken)]
    if short:
        yield f"{len(short)} mails do not tell {national.NOTICES} things, {short[0]} among them"


def _stuck(scene: Scene) -> Iterator[str]:
    """No run of a round is in the hands of nobody: each has a change of state since the last blows."""
    old = scene.now() - timedelta(minutes=5)
    named = {
        "deployments": {"name": {"any_": ["duban"]}},
        "flow_runs": {"state": {"name": {"any_": [*WAITS]}}},
    }
    try:
        rows = scene.cluster.prefect.post("flow_runs/filter", named).body
    except Unanswered as error:
        yield str(error)
        return
    for row in rows:
        if datetime.fromisoformat(row["state"]["timestamp"]) < old:
            yield f"run {row['name']} has been {row['state']['name']} for more than five minutes"
