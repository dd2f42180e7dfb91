"""The groups of rows, and how one is measured in its process."""

from __future__ import annotations

import logging
import resource
import sys
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter

from bench.databases import Bench
from bench.report import Row, missing

GROUPS = {
    "launch": ("bench.launching", "Launch"),
    "mass": ("bench.moving_many", "Mass move"),
    "move": ("bench.moving_one", "One move"),
    "round": ("bench.due_round", "A round with 1,000 due"),
    "rung": ("bench.cohort", "A rung for a place"),
    "batch": ("bench.batches", "Mails claimed at a time"),
    "status": ("bench.status_reads", "Status reads over HTTP"),
    "simulate": ("bench.foresight", "Simulation and preview"),
    "grant": ("bench.granting_all", "A later date for all"),
    "ledger": ("bench.ledger_files", "A ledger in and out"),
    "pages": ("bench.pages", "Pages with many units"),
    "clients": ("bench.clients", "Browsers that follow"),
    "memory": ("bench.memory", "Memory at rest"),
    "flow": ("bench.flow_starts", "Starts of rounds"),
    "workdays": ("bench.working_days", "Working days"),
}


@dataclass(frozen=True)
class Done:
    """What a group's process hands back."""

    rows: list[Row]
    seconds: float
    peak_mb: float


def measure(name: str, bench: Bench) -> Done:
    """One group, here. A group that fails is a row that says so; the others still run."""
    logging.disable(logging.INFO)
    began = perf_counter()
    rows: list[Row] = []
    try:
        rows.extend(import_module(GROUPS[name][0]).rows(bench))  # keeps what came before a failure
    except Exception as problem:
        logging.exception("group %s failed", name)
        rows.append(missing(name, "", f"failed: {type(problem).__name__}: {problem}"))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Done(rows, perf_counter() - began, kilobytes / (2**20 if sys.platform == "darwin" else 2**10))
