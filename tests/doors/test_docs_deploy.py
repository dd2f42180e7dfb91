"""docs/deploy.md, the quick part: its units, its settings and every command it names can be what it says.

That the commands for many machines do their work is shown by running them: test_prefect_cluster.py.
"""

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
from states import settings

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
UNIT, WORKER = (body for sort, body in BLOCKS if sort == "ini")
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))


def worker_unit() -> str:
    """The service of a worker as the page tells to make it."""
    found, count = re.subn(r"^ExecStart=.*\n", lambda _: WORKER, UNIT, flags=re.MULTILINE)
    assert count == 1
    return found


def commands() -> list[list[str]]:
    """Every `duban …` of the page, in its blocks, its units and its sentences."""
    lines = [line for sort, body in BLOCKS if sort in ("sh", "ini") for line in body.splitlines()]
    words = [shlex.split(line.removeprefix("ExecStart="), comments=True) for line in [*lines, *SPANS]]
    return [one for one in words if one and Path(one[0]).name == "duban"]


@pytest.mark.parametrize("unit", [UNIT, worker_unit()], ids=["duban", "worker"])
def test_a_unit_is_one_that_systemd_takes(unit: str, tmp_path: Path) -> None:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(unit)
    assert {"Unit", "Service", "Install"} == set(parsed.sections())
    assert parsed["Service"]["ExecStart"].startswith("/opt/duban/venv/bin/")
    assert parsed["Service"]["EnvironmentFile"] == "/etc/duban.env"
    if not shutil.which("systemd-analyze"):
        return
    here = re.sub(r"/opt/duban/venv/bin/\w+", sys.executable, unit).replace("User=duban\n", "")
    (tmp_path / "duban.service").write_text(here.replace("/var/lib/duban", str(tmp_path)), encoding="utf-8")
    judge = ["systemd-analyze", "verify", "--man=no", "--generators=no", str(tmp_path / "duban.service")]
    done = subprocess.run(judge, capture_output=True, text=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if "duban.service" in line] == []
    assert done.returncode == 0, done.stderr


def test_the_settings_of_the_page_are_settings(tmp_path: Path) -> None:
    lines = [line for sort, body in BLOCKS if sort == "env" for line in body.splitlines()]
    given = dict(line.split("=", 1) for line in lines)
    found = settings.read(given, tmp_path)
    assert found.sends_out
    assert found.mail_link
    assert found.prefect_api_url


def test_every_command_of_the_page_is_one() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    found = commands()
    assert len(found) >= 6
    for _, *words in found:
        if words:
            command = root.commands[words[0]]
            command.make_context(words[0], list(words[1:]))


def test_every_block_of_the_page_says_what_it_is() -> None:
    assert {sort for sort, _ in BLOCKS} <= {"sh", "env", "ini", "yaml"}
