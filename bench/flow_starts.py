"""How soon after its slot a round begins in the clock's process, as a Prefect flow and without Prefect."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from bench.alternation import alone
from bench.databases import Bench
from bench.report import Row, Target, missing
from flows.beside import Beside
from flows.local import LocalClock, Skin, slot_of
from flows.rounds import RoundReport
from states import clock

EVERY = 5  # seconds; the product ticks every 60, which would only make the wait longer
JOB = "remind"
READY_WITHIN = 240.0
WELL = "正常"
ON_TIME = Target(1.0, of="value", at_least=False)
FLOW = "a round starts after its slot, as a Prefect flow"


def rows(bench: Bench) -> Iterator[Row]:
    """The clock alone first: what it takes away from the second that Prefect is allowed."""
    delays = Starts(None).watch(bench.scale.flow_ticks)
    yield alone("a round starts after its slot, without Prefect", "", "s", delays)
    if not bench.scale.prefect:
        yield missing(FLOW, "", "only in the whole run", ON_TIME)
        return
    began = time.monotonic()
    flows = Starts(Beside(bench.folder / "prefect"))
    delays = flows.watch(bench.scale.flow_ticks)
    yield alone(FLOW, "", "s", delays, ON_TIME, f"at most {max(delays):.2f} s in {len(delays)} runs")
    note = "on a fresh home; rounds run without it meanwhile"
    yield alone("until a round ran as a flow", "", "s", [flows.first_at - began], note=note)


class Starts:
    """A clock whose rounds only write down how late they begin, in seconds."""

    def __init__(self, skin: Skin | None) -> None:
        self.late: list[float] = []
        self.words: list[str] = []
        self.by_flow = skin is not None
        self.first_at = 0.0
        self.clock = LocalClock(
            [JOB], self._run, lambda _job, _slot: True, self._note, every=EVERY, skin=skin
        )

    def watch(self, many: int) -> list[float]:
        """Run until there are so many counted starts; the very first, of a slot half over, never counts."""
        self.clock.start()
        until = time.monotonic() + many * EVERY + READY_WITHIN
        try:
            while len(self._counted()) < many:
                if time.monotonic() > until:
                    raise TimeoutError(
                        f"only {len(self._counted())} starts; the clock last said {self.words[-1:]}"
                    )
                time.sleep(0.2)
        finally:
            self.clock.stop()
        return self._counted()

    def _counted(self) -> list[float]:
        """With Prefect only the rounds that ran as flows: each tick starts one round and then says how it went."""
        if not self.by_flow:
            return self.late[1:]
        return [late for late, words in zip(self.late, self.words, strict=False) if words == WELL]

    def _run(self, job: str, now: datetime) -> RoundReport:
        self.late.append((clock.now() - slot_of(now, EVERY)).total_seconds())
        return RoundReport(job, now, 0)

    def _note(self, name: str, _ok: bool, detail: str, _now: datetime) -> None:
        if name == "prefect":
            self.first_at = self.first_at or (time.monotonic() if detail == WELL else 0.0)
            self.words.append(detail)
