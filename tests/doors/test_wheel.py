"""The wheel installs into a clean environment and works outside the checkout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

SMOKE = """
import importlib.metadata, states, flows, api, pathlib, sys
assert pathlib.Path(states.__file__).is_relative_to(sys.prefix), states.__file__
from states.reading import shipped, load
assert len(shipped()) >= 3
for text in shipped().values():
    load(text)
from api.pages import manual
assert manual.folder().is_relative_to(sys.prefix), manual.folder()
assert len(manual.pictures()) > 10
assert [len(manual.chapter(one).parts) > 1 for one in manual.DAYS] == [True] * 4
assert (pathlib.Path(flows.__file__).parent / "prefect.yaml").read_text(encoding="utf-8").strip()
print(importlib.metadata.version("duban"))
"""


def run(*command: str, cwd: Path, **env: str) -> str:
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith(("DUBAN_", "PREFECT_", "PYTHON", "VIRTUAL"))
    }
    done = subprocess.run(command, cwd=cwd, env=clean | env, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_the_wheel_works_in_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    python, duban = str(installed / "python"), str(installed / "duban")
    assert run(python, "-c", SMOKE, cwd=tmp_path).strip() == "0.1.0"
    home = {"DUBAN_HOME": str(tmp_path / "home")}
    run(duban, "upgrade", cwd=tmp_path, **home)
    assert "standard-four-phase" in run(duban, "template", "list", "--json", cwd=tmp_path, **home)
    shown = run(duban, "simulate", "standard-four-phase", "--units", "8", "--until", "2026-12-20",
                "--start", "2026-11-23", "--json", cwd=tmp_path, **home)  # fmt: skip
    assert '"2026-12' in shown
    assert "演示时钟" in demo_page(duban, tmp_path)


def demo_page(duban: str, folder: Path) -> str:
    """The first page of `duban demo`, started and ended as a person does."""
    said = folder / "said.txt"
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("DUBAN_", "PYTHON"))}
    with said.open("wb") as out:
        process = subprocess.Popen(
            [duban, "demo", "--port", "0", "--no-browser"],
            cwd=folder,
            env=clean | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(600):
            if found := re.search(r"页面\s+(http://\S+)", said.read_text(encoding="utf-8")):
                with urllib.request.urlopen(found[1], timeout=30) as answer:
                    return answer.read().decode()
            assert process.poll() is None, said.read_text(encoding="utf-8")
            time.sleep(0.1)
        raise AssertionError(said.read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
