"""What lies in docs/deploy is what systemd and the command line take."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from flows.cli import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy"
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
UNITS = sorted(FOLDER.glob("duban*.*"))


def taken(words: list[str]) -> None:
    """A command that `duban` takes."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    command, *rest = words
    root.commands[command].make_context(command, list(rest))


def test_the_unit_of_the_page_is_the_one_that_is_shipped() -> None:
    (first, *_) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    _comment, shipped = (FOLDER / "duban.service").read_text(encoding="utf-8").split("\n", 1)
    assert shipped == first
    named = set(re.findall(r"`(duban-\w+)`", PAGE)) | {"duban"}
    assert {one.stem for one in UNITS} == named


@pytest.mark.parametrize("path", UNITS, ids=lambda one: one.name)
def test_a_unit_is_one_that_systemd_takes_and_runs_what_there_is(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(text)
    if path.suffix == ".service":
        line = parsed["Service"]["ExecStart"].replace("$$", "$").replace("%%", "%")
        found = re.search(r"/opt/duban/venv/bin/(duban|prefect) ([^']+)", line)
        assert found is not None
        if found[1] == "duban":
            taken(shlex.split(found[2]))
    if not shutil.which("systemd-analyze"):
        return
    for one in UNITS:
        here = re.sub(r"/opt/duban/venv/bin/\w+", sys.executable, one.read_text(encoding="utf-8"))
        here = here.replace("User=duban\n", "").replace("/var/lib/duban", str(tmp_path))
        (tmp_path / one.name).write_text(here, encoding="utf-8")
    judge = ["systemd-analyze", "verify", "--man=no", "--generators=no", str(tmp_path / path.name)]
    done = subprocess.run(judge, capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if "duban" in line] == []
    assert done.returncode == 0, done.stderr
