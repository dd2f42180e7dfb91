"""What tests of several doors share: duban as a person has it, installed from its wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("DUBAN_", "PREFECT_", "PYTHON", "VIRTUAL")


def uv() -> str:
    """Where `make test` found or put it."""
    beside = Path(sys.prefix).parent / ".tools" / "bin" / "uv"
    found = shutil.which("uv") or str(beside)
    assert Path(found).exists(), "uv is missing; run make test"
    return found


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a clean environment into which the wheel and its locked requirements went, nothing else.

    Tests that use it belong to the group "prefect", so that it is made once and one of them runs at a time.
    """
    folder = tmp_path_factory.mktemp("wheel")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}

    def run(*words: str, cwd: Path = folder) -> None:
        done = subprocess.run([uv(), *words], cwd=cwd, env=clean, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"

    run("build", "-q", "--wheel", "--out-dir", str(folder / "dist"), cwd=ROOT)
    (wheel,) = (folder / "dist").glob("duban-*.whl")
    run("venv", "-q", "--python", sys.executable, "clean")
    install = ("pip", "install", "-q", "--python", str(folder / "clean" / "bin" / "python"))
    run(*install, "--require-hashes", "-r", str(ROOT / "requirements.lock"))
    run(*install, "--no-deps", str(wheel))
    return folder / "clean" / "bin"
