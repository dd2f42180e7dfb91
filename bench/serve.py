"""`python -m bench.serve MODULE:FACTORY PORT`: uvicorn as `duban up` runs it, gone when the bench is gone.

Every app that is measured is served by this, so that all have the same server, parser and event loop.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn

from flows.serving import KEPT

STARTS_WITHIN = 60.0


@contextmanager
def serving(factory: str, ready: str, environment: Mapping[str, str]) -> Iterator[int]:
    """A server process of `factory`; its port, once `ready` (a path) answers."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.serve", factory, str(port)],
        stdin=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        wait(process, f"http://127.0.0.1:{port}{ready}")
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(process: subprocess.Popen[bytes], url: str) -> None:
    """Until `url` answers, whatever the status; raises when the process ends first."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it answered")
        try:
            direct.open(url, timeout=2).close()
        except urllib.error.HTTPError:
            return  # it answers; whether well is the measurement's business
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"no answer from {url} within {STARTS_WITHIN:.0f} s")


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def main(factory: str, port: int) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    uvicorn.run(
        factory,
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEPT,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
