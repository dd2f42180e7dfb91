"""Ticks to be killed: each order on stdin forks some processes that tick once, and kills those it names in time.

An order is {"now": instant, "kills": [seconds or null, one a process]}; the answer is [[status, seconds], …], status 0
for a tick that ended well and -9 for one that was killed. An order without processes ticks here: the processes are
forked from one in which everything is imported and prepared, so that a tick costs what it does and not its start.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from datetime import datetime

from flows import rounds
from states import settings as settings_of
from states.settings import Settings

PAUSE = 0.002


def fork(settings: Settings, now: datetime) -> int:
    """A process of its own that ticks once; its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        rounds.tick(settings, now)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def run(settings: Settings, now: datetime, kills: list[float | None]) -> list[tuple[int, float]]:
    """Tick in as many processes as `kills` is long; those with a number are killed after so many seconds."""
    began = time.monotonic()
    ends: dict[int, tuple[int, float]] = {}
    children = {fork(settings, now): after for after in kills}
    waiting = dict(children)
    while waiting:
        for child, after in list(waiting.items()):
            done, status = os.waitpid(child, os.WNOHANG)
            elapsed = time.monotonic() - began
            if done:
                ends[child] = (os.waitstatus_to_exitcode(status), elapsed)
                del waiting[child]
            elif after is not None and elapsed >= after:
                os.kill(child, signal.SIGKILL)
        time.sleep(PAUSE)
    return [ends[child] for child in children]


def main() -> None:
    settings = settings_of.read()
    for line in sys.stdin:
        order = json.loads(line)
        now = datetime.fromisoformat(order["now"])
        if not order["kills"]:
            rounds.tick(settings, now)
            rounds.store_of(settings).engine.dispose()  # no connection may be shared with a child
        answer = run(settings, now, order["kills"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
