"""The stranger's start: a fresh clone, nothing but Python and make, one command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest

from flows.prefect_child import free_port

ROOT = Path(__file__).parents[2]
WITHIN = 120  # seconds from the command to the page, downloads not counted where they are kept
TO_THE_INDEX = re.compile(r"(UV|PIP|SSL)_.*|(CURL_CA|REQUESTS_CA)_BUNDLE|.*_proxy", re.IGNORECASE)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git has of this checkout, in a folder of its own."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is nothing to clone")
    subprocess.run(["git", "clone", "-q", str(ROOT), "clone"], cwd=tmp_path, check=True, timeout=60)
    return tmp_path / "clone"


@pytest.fixture
def demo(clone: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make demo` with PATH, HOME and the way to the package index, and no other variable."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME") or TO_THE_INDEX.fullmatch(k)}
    (tmp_path / "scratch").mkdir()
    with (tmp_path / "said.txt").open("wb") as out:
        process = subprocess.Popen(
            ["make", "demo", f"PORT={free_port()}"],
            cwd=clone,
            env=kept | {"TMPDIR": str(tmp_path / "scratch")},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    yield process
    for one in started(clone):
        one.kill()
    process.wait()


def started(clone: Path) -> list[psutil.Process]:
    """What runs in the clone."""
    found = []
    for one in psutil.process_iter():
        try:
            if Path(one.cwd()).is_relative_to(clone):
                found.append(one)
        except psutil.Error:  # it has just ended, or is not ours to look at
            continue
    return found


OPENER = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
)


def enter(url: str) -> None:
    """As somebody of the demonstration."""
    request = urllib.request.Request(f"{url}/demo", b"as=coordinator", {"Origin": url})
    OPENER.open(request, timeout=10).close()


def page(url: str) -> str:
    """A page, "" while nobody answers."""
    try:
        with OPENER.open(url, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError:
        raise
    except OSError:
        return ""


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_make_demo_in_a_fresh_clone_shows_the_page_and_ends_leaving_nothing(
    demo: subprocess.Popen[bytes], clone: Path, tmp_path: Path
) -> None:
    begun = time.monotonic()

    def said() -> str:
        return (tmp_path / "said.txt").read_text(encoding="utf-8")

    def until(look: Callable[[], str]) -> str:
        while not (found := look()):
            assert demo.poll() is None, said()
            assert time.monotonic() - begun < WITHIN, said()
            time.sleep(0.2)
        return found

    def address() -> str:
        found = re.search(r"演示页面\s+(http://\S+?)/$", said(), re.MULTILINE)
        return found[1] if found else ""

    url = until(address)
    first = until(lambda: page(f"{url}/"))  # at the door, where one chooses as whom to come in
    assert '<svg class="timeline"' in first
    assert "演示时钟" in first
    letter = re.compile(r'href="(/dev/mail/[0-9a-f]{40}\.duban)"')
    enter(url)
    path = until(lambda: found[1] if (found := letter.search(page(f"{url}/dev/mail"))) else "")
    assert "Message-ID" in page(url + path)

    assert len(started(clone)) >= 2, "make and duban"
    demo.send_signal(signal.SIGTERM)
    demo.wait(30)
    assert "演示结束" in said()
    assert "Traceback" not in said()
    assert started(clone) == []
    assert list((tmp_path / "scratch").iterdir()) == []
    changed = ["git", "status", "--porcelain"]
    assert subprocess.run(changed, cwd=clone, capture_output=True, text=True, timeout=60).stdout == ""
