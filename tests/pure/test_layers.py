"""The layers hold, and each contract fails when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BREAKS = [
    ("states/plan.py", "import flows.rounds"),
    ("api/app.py", "import flows.rounds"),
    ("flows/rounds.py", "import api.app"),
    ("states/ladder.py", "import states.records.tables"),
    ("states/template.py", "import states.plan"),
    ("states/plan.py", "import sqlalchemy"),
    ("states/dates/__init__.py", "import states.clock"),
    ("states/ladder.py", "import transitions"),
    ("states/records/mass.py", "from transitions import Machine"),
    ("flows/rounds.py", "import prefect"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    for name in ("states", "flows", "api"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_layers_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("place", "line"), BREAKS)
def test_a_crossed_layer_is_reported(copy: Path, place: str, line: str) -> None:
    module = copy / place
    text = module.read_text(encoding="utf-8")
    module.write_text(f"{text}\n{line}\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        module.write_text(text, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
