"""What the README shows runs as it stands, and both languages show the same."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from states import clock

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def commands(name: str) -> list[str]:
    """The `$` lines of the console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


def lately(line: str) -> str:
    """The command with its dates moved to the present by whole weeks: the README's own grow old."""
    weeks = (clock.now().date() - date(2026, 11, 23)).days // 7 + 1

    def moved(found: re.Match[str]) -> str:
        return str(date.fromisoformat(found[0]) + timedelta(weeks=weeks))

    return re.sub(r"\d{4}-\d{2}-\d{2}", moved, line)


def make_targets(name: str) -> set[str]:
    return set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / name).read_text(encoding="utf-8")))


def test_both_languages_show_the_same_commands_and_settings() -> None:
    first, second = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    assert commands(READMES[0]) == commands(READMES[1])
    assert commands(READMES[0])
    named = [set(re.findall(r"`((?:DUBAN|PREFECT)_[A-Z_]+)`", text)) for text in (first, second)]
    assert named[0] == named[1]


@pytest.mark.parametrize("name", READMES)
def test_every_make_target_named_exists(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {t for t in make_targets(name) if not re.search(rf"^{t}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("target", ["demo", "up"])
def test_make_takes_another_port(target: str) -> None:
    done = subprocess.run(
        ["make", "-n", target, "PORT=8010"], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert f"duban {target} --port 8010" in done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_the_commands_run_in_an_empty_folder_with_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DUBAN_", "PREFECT_", "PYTHON", "VIRTUAL"))
    }
    clean["PATH"] = f"{installed}{os.pathsep}{clean['PATH']}"
    assert list(tmp_path.iterdir()) == []
    outputs = {}
    for line in map(lately, commands("README.md")):
        done = subprocess.run(
            line.split(), cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        outputs[line.split("--")[0].strip()] = done.stdout
    assert "标准四阶段专项整治" in outputs["duban template list"]
    assert "liaison.h01@example.org" in outputs["duban preview 1"]
    assert "duban_" in outputs["duban key create bigscreen"]
