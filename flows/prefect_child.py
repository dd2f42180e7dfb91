"""A Prefect server as our child: on loopback, at home in our data folder, gone when we are gone.

`python -m flows.prefect_child …` is Prefect's own command line plus one thread that waits for the end
of standard input. The parent holds the other end of that pipe and never writes, so whatever ends the
parent, `kill -9` included, ends the server. A pipe, because the alternative (a death signal from the
kernel) exists on Linux alone and fires when the *thread* that forked ends. The server has no children
of its own; it leads a group of its own so that Ctrl-C reaches the rounds first and the server last.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

LOGGING = Path(__file__).with_name("prefect_logging.yml")
ANSWER_WITHIN = 1.0  # seconds for the health check
GRACE = 5.0  # seconds between asking the server to end and ending it
LOG_LIMIT = 1_000_000  # bytes; a longer server log is begun anew


def quiet(home: Path) -> dict[str, str]:
    """What every process that touches Prefect needs: nothing asks outside, nothing starts by itself."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "NO_PROXY": _without_proxy(),
        "no_proxy": _without_proxy(),
    }


def for_flows(home: Path, url: str) -> dict[str, str]:
    """The environment in which flows run in our own process; set it before Prefect is imported."""
    return quiet(home) | {
        "PREFECT_API_URL": url,
        "PREFECT_LOGGING_SETTINGS_PATH": str(LOGGING),
        "PREFECT_API_REQUEST_TIMEOUT": "5",
        "PREFECT_CLIENT_MAX_RETRIES": "1",
    }


def for_server(home: Path) -> dict[str, str]:
    """The child's environment; it keeps a day of runs (thousands), not the ninety days of the default."""
    return quiet(home) | {
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "86400",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P1D",
    }


def _without_proxy() -> str:
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(dict.fromkeys([*filter(None, given.split(",")), "127.0.0.1", "localhost"]))


def answers(url: str) -> bool:
    """Whether a Prefect server says at `url` (…/api) that it is well, within a second."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port on loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Child:
    """The server of one home, which holds its database, its log and its port.

    Several of our processes may share a home: the one that holds its lock runs the server, all use it.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where the server listens, after a restart too; 0 before anybody claimed the home."""
        written = self.home / "port"
        return int(written.read_text() or 0) if written.exists() else 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def claim(self) -> bool:
        """Whether it is this process that runs the server; the claim ends with the process."""
        if self._lock is None:
            self.home.mkdir(parents=True, exist_ok=True)
            file = (self.home / "lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._lock = file
        return True

    def release(self) -> None:
        """Let another process run the server."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def settle(self) -> None:
        """Take the port of last time, or another if that is in use."""
        if not self.port or not is_free(self.port):
            (self.home / "port").write_text(str(free_port()))

    def start(self) -> None:
        """Start the server; it answers some seconds later, on a fresh home half a minute later."""
        command = [sys.executable, "-m", __name__, "server", "start", "--host", "127.0.0.1"]
        with self._log().open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own words)
                [*command, "--port", str(self.port)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **for_server(self.home)},
                start_new_session=True,
            )

    def wait(self) -> int:
        """Until the server has ended; its exit code."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End the server and wait for it; harmless when there is none."""
        if self._process is None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _log(self) -> Path:
        log = self.home / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.unlink()
        return log


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
