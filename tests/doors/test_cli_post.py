"""A mailbox that cannot be one is said before anything is sent, by every command that sends."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app


@pytest.fixture
def upgraded(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a home below it that has an empty database."""
    monkeypatch.setenv("DUBAN_HOME", str(at_home / "data"))
    assert CliRunner().invoke(app, ["upgrade"]).exit_code == 0
    return at_home


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("smtp://user:geheim@", "写法有误"),
        ("smtp://user@mail.example.org", "用户名和密码应同时填写"),
        ("smtp://mail.example.org?tls=no", "没有选项 tls"),
        ("smtps://mail.example.org?ca=/nowhere.pem", "读不出 ca 指定的证书文件"),
        ("maildir:", "maildir: 后面应写明文件夹"),
        ("maildir:/proc/duban-mail", "建不了邮件文件夹 /proc/duban-mail"),
        ("maildir:data/duban.db/mail", "该路径不是文件夹"),
    ],
)
def test_a_mail_server_that_cannot_be_one_stops_what_sends_before_it_begins(
    upgraded: Path, monkeypatch: pytest.MonkeyPatch, url: str, says: str
) -> None:
    monkeypatch.setenv("DUBAN_SMTP_URL", url)
    for words in (["tick"], ["up", "--port", "0", "--lite"], ["up", "--port", "0", "--no-clock"]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 1, f"{words}\n{done.output}{done.exception!r}"
        (line,) = done.stderr.splitlines()
        assert says in line
        assert "DUBAN_SMTP_URL" in line
        assert "geheim" not in line
    with sqlite3.connect(upgraded / "data" / "duban.db") as kept:
        assert kept.execute("SELECT count(*) FROM health").fetchone() == (0,), "no round has begun"


@pytest.mark.parametrize(
    ("address", "warned"), [("", True), ("http://localhost:9000", True), ("https://duban.example.org", False)]
)
def test_a_round_says_that_mails_lead_nowhere_when_only_this_machine_could_follow(
    upgraded: Path, monkeypatch: pytest.MonkeyPatch, address: str, warned: bool
) -> None:
    monkeypatch.setenv("DUBAN_SMTP_URL", "smtp://mail.example.org")
    if address:
        monkeypatch.setenv("DUBAN_BASE_URL", address)
    done = CliRunner().invoke(app, ["tick"])
    assert done.exit_code == 0, done.output
    assert done.stderr.count("DUBAN_BASE_URL") == (1 if warned else 0)


def mails(upgraded: Path) -> dict[str, int]:
    """How many mails stand in which state."""
    with sqlite3.connect(upgraded / "data" / "duban.db") as kept:
        return dict(kept.execute("SELECT state, count(*) FROM mail GROUP BY state").fetchall())


def test_a_tick_whose_own_post_is_down_ends_with_1_and_keeps_the_mails(
    upgraded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = ["units", "template", "units.csv", "--example"]
    start = ["campaign", "start", "standard-four-phase", "--start", "2026-11-23", "--past", "keep"]
    for words in (units, ["units", "import", "units.csv", "--apply"], start):
        assert CliRunner().invoke(app, words).exit_code == 0
    monkeypatch.setenv("DUBAN_SMTP_URL", "smtp://127.0.0.1:1")
    done = CliRunner().invoke(app, ["tick", "--now", "2026-11-24T10:00+08:00"])
    assert done.exit_code == 1, done.output
    line = done.stderr.splitlines()[-1]
    assert "邮件服务器 127.0.0.1:1 拒绝连接" in line
    assert "仍在待发" in line
    waiting = mails(upgraded)
    assert set(waiting) == {"queued"}
    monkeypatch.setenv("DUBAN_SMTP_URL", f"maildir:{upgraded / 'mail'}")
    again = CliRunner().invoke(app, ["tick", "--now", "2026-11-24T14:00+08:00"])
    assert again.exit_code == 0, again.output
    assert mails(upgraded)["sent"] >= waiting["queued"]
