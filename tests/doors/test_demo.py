"""The demonstration: started as a person starts it, looked at as a browser does, ended with Ctrl-C."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from flows import demo
from states.reading import load, shipped
from states.records import board, health

DUBAN = (sys.executable, "-c", "from flows.cli import app; app()")
PATIENCE = 90.0
BOARD = "/campaigns/1"
TOLD = {
    "a task": "【下发】",
    "a reminder": "【提醒】",
    "the first escalation": "【催办】",
    "the second one": "【督促】",
    "a vacancy": "接收人空缺，逐级转送至您处",
    "a provisional date": "（暂定）",
    "a row of the ledger": "台账第10项（行政权力运行）",
    "the coordinator's figures": "督办日报：逾期",
    "with a sheet": "逾期事项_",
    "what waits for a person": "待确认 ",
}


class Service:
    """`duban …` in a process of its own, with what it printed."""

    def __init__(self, folder: Path, *words: str) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DUBAN_", "PREFECT_"))}
        clean |= {
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TMPDIR": str(folder),
            "PYTHONUNBUFFERED": "1",
        }
        self.cookie = ""
        self.said = folder / "said.txt"
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [*DUBAN, *words], cwd=folder, env=clean, stdout=out, stderr=subprocess.STDOUT
            )
        self.address = self.wait(lambda: self.found(r"页面\s+(http://\S+?)/$"))

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.said.read_text(encoding="utf-8"), re.MULTILINE)
        return match[1] if match else ""

    def wait(self, look: Callable[[], str]) -> str:
        """What `look` finds, as soon as it finds something."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if found := look():
                return found
            assert self.process.poll() is None, self.said.read_text(encoding="utf-8")
            time.sleep(0.1)
        raise AssertionError(self.said.read_text(encoding="utf-8"))

    def enter(self, who: str) -> None:
        """By the click that lets into a demonstration."""
        address = self.address.removesuffix("/")
        said = {"Origin": address, "Content-Type": "application/x-www-form-urlencoded"}
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        connection.request("POST", "/demo", f"as={who}", said)
        answer = connection.getresponse()
        assert answer.status == 303, answer.read().decode()
        self.cookie = (answer.headers["set-cookie"] or "").partition(";")[0]
        connection.close()

    def get(self, path: str) -> str:
        """A page that must be there."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Cookie": self.cookie})
            answer = connection.getresponse()
            body = answer.read().decode()
            assert answer.status == 200, f"{path}: {answer.status}\n{body}"
            return body
        finally:
            connection.close()

    def holds(self, path: str, pattern: str) -> Callable[[], str]:
        """To wait for: the first group of `pattern` in a page."""

        def look() -> str:
            match = re.search(pattern, self.get(path), re.DOTALL)
            return match[1] if match else ""

        return look

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def megabytes(process: int) -> int:
    """Resident memory now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]


def children_of(process: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if re.search(rf"^PPid:\s+{process}$", status.read_text(), re.MULTILINE):
                found.append(int(status.parent.name))
        except OSError:  # it has just ended
            continue
    assert found
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts services and leaves none behind."""
    started: list[Service] = []

    def begin(*words: str) -> Service:
        started.append(Service(tmp_path, *words))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def told_in(mailbox: Path) -> set[str]:
    """Which of TOLD the mails have said so far, as their readers see them."""
    return set().union(*(told_by(file) for file in (mailbox / "new").glob("*.duban")))


@cache
def told_by(file: Path) -> frozenset[str]:
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]
    files = " ".join(part.get_filename() or "" for part in mail.iter_attachments())  # type: ignore[attr-defined]
    text = f"{mail['subject']} {body.get_content()} {files}"
    return frozenset(name for name, words in TOLD.items() if words in text)


def addresses(html: str) -> set[str]:
    """Hosts that a page names, in whatever way."""
    return {urlsplit(one).hostname or "" for one in re.findall(r"https?://[^\s\"'<>&]+", html)}


@pytest.mark.slow
def test_a_demonstration_lives_is_read_and_leaves_nothing_behind(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    show = start("demo", "--port", "0", "--no-browser", "--pace", "0.3")
    (folder,) = tmp_path.glob("duban-demo-*")
    door = show.get("/login")
    assert "演示时钟" in door, "who stands there sees that it lives"
    show.enter("coordinator")
    page = show.get(BOARD)
    assert "演示时钟" in page
    assert '<svg class="timeline"' in page
    assert "暂定" in page, "the plan crosses into a year without a calendar"
    first = re.search(r'<time datetime="(.*?)"', page)
    assert first is not None
    later = show.wait(show.holds(BOARD, rf'<time datetime="((?!{re.escape(first[1])}).*?)"'))
    assert later > first[1], "the clock goes on by itself"

    show.wait(show.holds(BOARD, r'<li class="(bad)"><span>逾期事项'))
    show.wait(show.holds(BOARD, r"<h3>(空缺)</h3>"))
    page_later = show.get(BOARD)
    for seen in ("待人确认", "台账", "台账销号", "示例东岭市", "自查自纠"):
        assert seen in page_later, seen
    show.wait(lambda: "all" if set(TOLD) <= told_in(folder / "mail") else "")
    show.wait(show.holds(BOARD, r'<time datetime="(\d{4}-0[1-9])'))
    letter = show.wait(show.holds("/dev/mail", r'href="(/dev/mail/[0-9a-f]{40}\.duban)"'))
    opened = show.get(letter)
    assert "Message-ID" in opened
    assert re.search(r'<iframe class="letter" sandbox="[a-z-]+" title="邮件正文" srcdoc="', opened)
    for html in (page, show.get("/"), door, show.get("/dev/mail"), opened, show.get("/docs")):
        assert addresses(html) <= {"127.0.0.1"}

    assert show.end() == 0
    assert "演示结束" in show.said.read_text(encoding="utf-8")
    assert "Traceback" not in show.said.read_text(encoding="utf-8")
    assert not folder.exists()


@pytest.mark.slow
def test_a_demonstration_that_is_told_to_end_puts_its_folder_away_too(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    show = start("demo", "--port", "0", "--no-browser")
    assert list(tmp_path.glob("duban-demo-*"))
    assert show.end(signal.SIGTERM) == 0
    assert list(tmp_path.glob("duban-demo-*")) == []


def test_a_demonstration_that_is_ended_while_it_prepares_puts_its_folder_away(tmp_path: Path) -> None:
    code = "import os, signal; from flows import demo\nwith demo.folder(keep=False) as home:\n"
    code += " assert home.is_dir(); os.kill(os.getpid(), signal.SIGTERM)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (-signal.SIGTERM, [])


@pytest.mark.slow
def test_the_service_without_prefect_is_small_and_ends_cleanly(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    service = start("up", "--lite", "--port", "0")
    assert "登录名" in service.get("/login")
    service.wait(service.holds("/readyz", r'"(round:watchdog)"'))
    for path in ("/login", "/docs", "/openapi.json", "/healthz"):
        service.get(path)
    assert megabytes(service.process.pid) < 150
    assert (tmp_path / "duban-data" / "duban.db").exists()
    assert service.end() == 0
    said = service.said.read_text(encoding="utf-8")
    for part in ("数据库", "邮件", "时钟    每分钟一轮", "Prefect 未启用", "已停止"):
        assert part in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_service_without_a_clock_runs_no_round(start: Callable[..., Service]) -> None:
    service = start("up", "--no-clock", "--port", "0")
    assert "不在本进程运行" in service.said.read_text(encoding="utf-8")
    time.sleep(1.5)
    assert "round:" not in service.get("/readyz")
    assert service.end() == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is read from /proc")
def test_the_service_with_prefect_says_where_it_is_and_takes_it_along(start: Callable[..., Service]) -> None:
    service = start("up", "--port", "0")
    prefect = service.wait(lambda: service.found(r"^Prefect 已就绪：(http://\S+)$"))
    assert sum(map(megabytes, [service.process.pid, *children_of(service.process.pid)])) < 450
    assert service.end() == 0
    with pytest.raises(OSError, match="refused"):
        http.client.HTTPConnection(urlsplit(prefect).netloc, timeout=5).request("GET", "/api/health")


@pytest.mark.slow
def test_a_demonstration_whose_rounds_fail_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in demo.environment(tmp_path, "http://127.0.0.1:8000").items():
        monkeypatch.setenv(name, value)
    show = demo.prepare(tmp_path, "http://127.0.0.1:8000", 3.0)
    with show.store.write() as session:
        session.execute(sa.text("ALTER TABLE timer RENAME TO hidden"))
    show.start()

    def told() -> dict[str, bool]:
        with show.store.read() as session:
            return {one.name: one.ok for one in health.beats(session)}

    try:
        until = time.monotonic() + PATIENCE
        while told().get(board.DEMO_STEP) is not False and time.monotonic() < until:
            time.sleep(0.1)
        assert told()[board.DEMO_STEP] is False
        with show.store.write() as session:
            session.execute(sa.text("ALTER TABLE hidden RENAME TO timer"))
        while not told()[board.DEMO_STEP] and time.monotonic() < until:
            time.sleep(0.1)
        assert told()[board.DEMO_STEP] is True
    finally:
        show.stop()


def test_its_template_is_sound_and_carries_the_whole_ledger_word_by_word() -> None:
    merged, plan = load(demo.template_text()), load(shipped()["sichuan-2017-122"])
    assert merged.ledger is not None
    assert plan.ledger is not None
    assert merged.ledger.rows == plan.ledger.rows
    assert [phase.name for phase in merged.phases] == ["动员部署", "自查自纠", "集中整治", "总结提升"]


def test_every_ledger_month_is_moved_behind_the_first_day() -> None:
    start = demo.first_day()
    moved = demo.fills(start)
    for row in load(demo.template_text()).ledger.rows:  # type: ignore[union-attr]
        words = moved[f"ledger-{row.no}.due"]
        assert ("长期坚持" in words) == ("长期坚持" in row.due)
        assert words == "长期坚持" or words.startswith((f"{start.year}年12月", f"{start.year + 1}年"))


def test_the_service_keeps_nothing_of_what_shapes_its_database(tmp_path: Path) -> None:
    code = "import sys; from flows.commands import given, running; running._upgraded(given.settings())"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('alembic' in sys.modules)"],
        env={**os.environ, "DUBAN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False"
    assert "初始密码" in done.stdout, "there is a database, with its first account"
