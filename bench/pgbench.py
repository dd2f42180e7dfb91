"""PostgreSQL's own load generator, and a plain loop on SQLite: what two statements cost without us."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa

from bench.databases import Server

THREADS = 2


def run(server: Server, url: str, script: str, clients: int, seconds: float) -> float:
    """Transactions a second of `script` by so many clients, each with prepared statements."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as written:
        written.write(script)
        written.flush()
        command = [str(Path(server.programs) / "pgbench"), "-n", "-M", "prepared", "-f", written.name]
        command += ["-c", str(clients), "-j", str(min(THREADS, clients)), "-T", str(max(1, round(seconds)))]
        plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        ran = subprocess.run([*command, plain], capture_output=True, text=True, env=os.environ, check=False)
    found = re.search(r"^tps = ([\d.]+)", ran.stdout, re.MULTILINE)
    if found is None or "number of failed transactions: 0" not in ran.stdout:
        raise RuntimeError(f"pgbench failed: {(ran.stderr or ran.stdout).strip()[-400:]}")
    return float(found.group(1))


def move_script(campaign: int, last_unit: int) -> str:
    """The two statements of a move, of a unit at random."""
    return (
        f"\\set unit random(2, {last_unit})\n"
        "BEGIN;\n"
        "UPDATE unit_run SET state = 'one.suspended', ord = 1, since = now(), version = version + 1"
        f" WHERE campaign_id = {campaign} AND unit_id = :unit;\n"
        "INSERT INTO journal (at, campaign_id, unit_id, kind, actor, before, after, payload) VALUES"
        f" (now(), {campaign}, :unit, 'unit.moved', 'raw', 'one', 'one.suspended', '{{\"move\": \"suspend\"}}');\n"
        "COMMIT;\n"
    )


def sqlite_moves(file: str, campaign: int, last_unit: int, seconds: float) -> float:
    """The same two statements a second, in a loop on one connection with our settings."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=30)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
    done, began = 0, perf_counter()
    while perf_counter() - began < seconds:
        unit = random.randint(2, last_unit)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_UPDATE, (campaign, unit))
        connection.execute(_INSERT, (campaign, unit))
        connection.execute("COMMIT")
        done += 1
    took = perf_counter() - began
    connection.close()
    return done / took


_UPDATE = (
    "UPDATE unit_run SET state = 'one.suspended', ord = 1, since = '2026-11-23 01:00:00.000000',"
    " version = version + 1 WHERE campaign_id = ? AND unit_id = ?"
)
_INSERT = (
    "INSERT INTO journal (at, campaign_id, unit_id, kind, actor, before, after, payload) VALUES"
    " ('2026-11-23 01:00:00.000000', ?, ?, 'unit.moved', 'raw', 'one', 'one.suspended',"
    ' \'{"move": "suspend"}\')'
)
