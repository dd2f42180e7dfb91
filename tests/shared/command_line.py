"""`duban` in this process, as the tests of the command line call it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from flows.cli import app


def duban(*words: str, code: int = 0, typed: str | None = None) -> Result:
    """A command that has to end with `code`; `typed` stands on its stdin."""
    done = CliRunner().invoke(app, list(words), input=typed)
    assert done.exit_code == code, f"{words}\n{done.stdout}{done.stderr}{done.exception!r}"
    return done


def data(*words: str, code: int = 0) -> Any:
    """What a program reads: stdout is one JSON document and nothing else."""
    return json.loads(duban(*words, "--json", code=code).stdout)


def begin(folder: Path, units: str, plan: str, start: date, *more: str) -> None:
    """From nothing to a campaign of `plan` among `units` that began on `start`; both files stay in `folder`."""
    (folder / "units.csv").write_text(units, encoding="utf-8")
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    duban("upgrade")
    duban("units", "import", str(folder / "units.csv"), "--apply")
    duban("campaign", "start", str(folder / "plan.yaml"), "--start", start.isoformat(), *more)
