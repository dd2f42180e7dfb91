"""What tests of several doors share: a home of their own, a post office, duban installed from its wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bench.databases import Server, postgresql
from flows import rounds
from smtp_servers import Post, certificate_in

ROOT = Path(__file__).parents[2]
OURS = ("DUBAN_", "PREFECT_", "PYTHON", "VIRTUAL")


def uv() -> str:
    """Where `make test` found or put it."""
    beside = Path(sys.prefix).parent / ".tools" / "bin" / "uv"
    found = shutil.which("uv") or str(beside)
    assert Path(found).exists(), "uv is missing; run make test"
    return found


@pytest.fixture(scope="session")
def bench_server() -> Iterator[Server]:
    """A PostgreSQL for the bench; like `postgres` outside of pytest's own folders, of which another run shuts it out."""
    lying = TemporaryDirectory(prefix="duban-pg-", ignore_cleanup_errors=True)
    with lying as folder, postgresql(Path(folder)) as started:
        yield started


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
    run(*install, "--no-deps", "--require-hashes", "-r", str(ROOT / "requirements.lock"))
    run(*install, "--no-deps", str(wheel))
    return folder / "clean" / "bin"


@pytest.fixture
def post() -> Post:
    """What a server on loopback does with mails, and those it took."""
    return Post()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for loopback with its key."""
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to be in, which is the home too, on SQLite; no setting of the machine reaches in."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DUBAN_") or name == "PREFECT_API_URL"]:
        if name != "DUBAN_TEST_DATABASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path))
    yield tmp_path
    rounds.store_of.cache_clear()
