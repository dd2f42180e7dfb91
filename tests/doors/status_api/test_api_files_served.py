"""Uploads against a real server: cut off, killed, on a full disk; nothing half of it is ever kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from states import clock
from states.records import sweeping
from states.records.core import stored_file, submission
from states.records.vault import Vault

SERVER = """
import resource, socket, sys, uvicorn
from api.app import create_app
if int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
uvicorn.Server(uvicorn.Config(create_app(), log_level="error")).run([socket.socket(fileno=int(sys.argv[2]))])
"""
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
MB = 1 << 20

pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)  # the disk is the same beside both


class Served:
    """A server in a process of its own, over the world's database and folder."""

    def __init__(self, world: Any, largest: int, file_mb: int) -> None:
        """`largest`: bytes at which its disk is full; 0 for never."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        environment = {
            **os.environ,
            "DUBAN_HOME": str(world.settings.home),
            "DUBAN_DATABASE_URL": world.url,
            "DUBAN_FILE_MB": str(file_mb),
        }
        command = [sys.executable, "-c", SERVER, str(largest), str(listening.fileno())]
        root = Path(__file__).parents[3]
        self.process = subprocess.Popen(command, env=environment, cwd=root, pass_fds=[listening.fileno()])
        listening.close()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=world.all, timeout=30)

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def serve(world: Any) -> Iterator[Callable[..., Served]]:
    made: list[Served] = []

    def start(largest: int = 0, file_mb: int = 50) -> Served:
        made.append(Served(world, largest, file_mb))
        return made[-1]

    yield start
    for one in made:
        one.close()


class Upload:
    """A chunked upload by hand, so that it can go on for ever or stop in the middle."""

    def __init__(self, world: Any, served: Served, address: str, *headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        lines = [
            f"POST {address} HTTP/1.1",
            "Host: duban.example.org",
            f"Authorization: {world.all['Authorization']}",
            "Content-Type: multipart/form-data; boundary=b",
            *headers,
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.sent = 0

    def chunk(self, content: bytes) -> None:
        self.socket.sendall(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.sent += len(content)

    def status(self) -> int:
        return int(self.socket.recv(20).split()[1])


def address_of(world: Any) -> str:
    return f"/api/v1/campaigns/1/obligations/{world.owes('A-H1', 'list')}/submissions"


def left(world: Any) -> list[str]:
    return [one.name for one in world.settings.files.rglob("*") if one.is_file()]


def rows(world: Any) -> tuple[int, ...]:
    with world.store.read() as session:
        tables = (submission, stored_file)
        return tuple(
            session.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables
        )


def waited(true: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_two_gigabytes_are_cut_off_early_and_leave_nothing(world: Any, serve: Any) -> None:
    served, address = serve(file_mb=3), address_of(world)
    announced = Upload(world, served, address, f"Content-Length: {2 << 30}")
    assert announced.status() == 413, "before a byte of it has come"
    endless = Upload(world, served, address, "Transfer-Encoding: chunked")
    endless.socket.settimeout(0)
    try:
        endless.socket.setblocking(True)
        endless.chunk(HEAD)
        while endless.sent < 2 << 30:
            endless.chunk(b"x" * 65536)
    except OSError:
        pass
    assert endless.sent < 30 * MB, "what the buffers of both ends hold, and no more"
    assert (left(world), rows(world)) == ([], (0, 0))
    fits = served.client.post(address, files={"file": ("a.txt", b"x" * (3 * MB))})
    assert fits.status_code == 201, fits.text
    over = served.client.post(address, files={"file": ("a.txt", b"x" * (3 * MB + 1))})
    assert (over.status_code, over.json()["type"]) == (413, "urn:duban:too-large")
    assert "最大 3 MB" in over.json()["detail"]


def test_a_server_killed_in_the_middle_leaves_what_the_next_round_sweeps(world: Any, serve: Any) -> None:
    served, address = serve(), address_of(world)
    half = Upload(world, served, address, "Transfer-Encoding: chunked")
    half.chunk(HEAD)
    for _ in range(32):
        half.chunk(b"x" * 65536)
    waited(lambda: [one for one in world.settings.files.rglob("*") if one.is_file() and one.stat().st_size])
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    assert (len(left(world)), rows(world)) == (1, (0, 0))
    again = world.client.post(address, files={"file": ("a.txt", b"once more")}, headers=world.all)
    assert again.status_code == 201, again.text
    vault = Vault(world.settings.files)
    assert sweeping.clear(vault, clock.now() - timedelta(days=1)) == 0, "it may still be coming in"
    assert sweeping.clear(vault, clock.now() + timedelta(days=1)) == 1
    assert (len(left(world)), rows(world)) == (1, (1, 1))


def test_a_full_disk_is_said_and_a_caller_who_leaves_leaves_nothing(world: Any, serve: Any) -> None:
    served, address = serve(largest=8 * MB), address_of(world)
    refused = served.client.post(address, files={"file": ("a.txt", b"x" * (9 * MB))})
    assert (refused.status_code, refused.json()["type"]) == (507, "urn:duban:no-room"), refused.text
    assert "磁盘已满" in refused.json()["detail"]
    assert (left(world), rows(world)) == ([], (0, 0))
    half = Upload(world, served, address, "Transfer-Encoding: chunked")
    half.chunk(HEAD + b"x" * MB)
    waited(lambda: left(world))
    half.socket.close()
    waited(lambda: not left(world))
    assert rows(world) == (0, 0)
    assert served.client.post(address, files={"file": ("a.txt", b"small")}).status_code == 201
