"""A maildir as post office: whole mails or none, one file a Message-ID, clear words when the disk refuses."""

import email
import email.policy
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from mailbox import Maildir as Reader
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from flows.mailer import Answer, AnswerKind, Maildir, Memory
from states.letters import Attachment, Letter, message_id

SENDER = "duban@example.org"
NOBODY = 65534
NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)
LETTER = Letter(
    "wang@example.org", "王示例", "督办提醒", "正文\n", "<p>正文</p>\n", message_id("k", SENDER), NOW
)
LARGE = replace(LETTER, attachments=(Attachment("a", b"x" * 300_000, "a/b"),))


def files(folder: Path, *parts: str) -> list[Path]:
    return [path for part in parts or ("tmp", "new", "cur") for path in sorted((folder / part).iterdir())]


def test_a_mail_is_one_file_that_a_mail_program_can_read(tmp_path: Path) -> None:
    answer = Maildir(tmp_path / "a" / "mail", SENDER).send(LETTER)
    (path,) = files(tmp_path / "a" / "mail")
    assert answer == Answer(AnswerKind.sent, f"已写入 {path}")
    assert path.parent.name == "new"
    assert b"\r\n" not in path.read_bytes()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["Message-ID"] == LETTER.message_id
    assert mail.get_body(("plain",)).get_content().strip() == "正文"
    assert len(Reader(tmp_path / "a" / "mail", create=False)) == 1


def test_nobody_else_on_the_machine_can_read_it(tmp_path: Path) -> None:
    Maildir(tmp_path / "mail", SENDER).send(LETTER)
    (path,) = files(tmp_path / "mail")
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_second_try_replaces_the_first(tmp_path: Path) -> None:
    mailer = Maildir(tmp_path, SENDER)
    mailer.send(LETTER)
    mailer.send(replace(LETTER, subject="再次"))
    mailer.send(replace(LETTER, message_id=message_id("other", SENDER)))
    assert len(files(tmp_path)) == 2
    assert sum("再次" in str(mail["Subject"]) for mail in read(tmp_path)) == 1


def test_a_second_try_finds_the_mail_that_was_read_meanwhile(tmp_path: Path) -> None:
    mailer = Maildir(tmp_path, SENDER)
    mailer.send(LETTER)
    (path,) = files(tmp_path)
    path.rename(tmp_path / "cur" / f"{path.name}:2,S")
    mailer.send(replace(LETTER, subject="再次"))
    (moved,) = files(tmp_path)
    assert moved.name.endswith(":2,S")
    assert [str(mail["Subject"]) for mail in read(tmp_path)] == ["再次"]


def read(folder: Path) -> list[email.message.EmailMessage]:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files(folder)
    ]


def test_a_file_name_owes_nothing_to_the_message_id(tmp_path: Path) -> None:
    Maildir(tmp_path / "mail", SENDER).send(replace(LETTER, message_id="<../../escape/x:y@z>"))
    assert len(files(tmp_path / "mail", "new")) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mail"]


def test_what_is_no_address_writes_nothing(tmp_path: Path) -> None:
    answer = Maildir(tmp_path / "mail", SENDER).send(replace(LETTER, to="nobody"))
    assert answer.kind is AnswerKind.permanent
    assert not (tmp_path / "mail").exists()


def test_a_path_that_is_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("")
    answer = Maildir(tmp_path / "mail", SENDER).send(LETTER)
    assert answer.kind is AnswerKind.temporary
    assert f"邮件未能写入 {tmp_path / 'mail'}：该路径不是文件夹" in answer.detail


LIMITED = """
import resource, sys
from pathlib import Path
from tempfile import TemporaryDirectory
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.path.insert(0, {tests!r})
from test_mailer_maildir import LARGE, LETTER, SENDER
from flows.mailer import Maildir
mailer = Maildir(Path({folder!r}), SENDER)
for letter in (LARGE, LETTER):
    answer = mailer.send(letter)
    print(answer.kind, answer.detail)
"""


def test_a_write_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    script = LIMITED.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "mail"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True
    )
    large, small = done.stdout.splitlines()
    assert large.startswith("temporary")
    assert "磁盘空间不足" in large
    assert small.startswith("sent")
    assert [path.parent.name for path in files(tmp_path / "mail")] == ["new"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB; skipped where nobody may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if (
        not mount
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=False).returncode
    ):
        pytest.skip("no right to mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_keeps_the_mail_for_later(small_disk: Path) -> None:
    mailer = Maildir(small_disk / "mail", SENDER)
    assert mailer.send(LETTER).kind is AnswerKind.sent
    answer = mailer.send(replace(LARGE, message_id="<large@example.org>"))
    assert answer.kind is AnswerKind.temporary
    assert "磁盘空间不足" in answer.detail
    assert len(files(small_disk / "mail")) == 1
    assert mailer.send(replace(LETTER, message_id="<small@example.org>")).kind is AnswerKind.sent


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that may be read only. Root may write everywhere, and is nobody for as long."""
    with TemporaryDirectory() as name:
        folder, user = Path(name), os.geteuid()
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(NOBODY)
        yield folder
        os.seteuid(user)
        folder.chmod(0o700)


def test_a_folder_that_is_locked_says_so(locked_folder: Path) -> None:
    answer = Maildir(locked_folder / "mail", SENDER).send(LETTER)
    assert answer.kind is AnswerKind.temporary
    assert "没有写入权限" in answer.detail


def test_memory_keeps_what_it_accepted() -> None:
    memory = Memory()
    assert memory.send(LETTER).kind is AnswerKind.sent
    assert memory.send(replace(LETTER, to="nobody")).kind is AnswerKind.permanent
    memory.reply = lambda letter: Answer.temporary("稍后再试")
    assert memory.send(LETTER) == Answer(AnswerKind.temporary, "稍后再试")
    memory.close()
    assert memory.sent == [LETTER]


# -- what was cut short ------------------------------------------------------------------------------------


def left_over(folder: Path, name: str, hours: float) -> Path:
    """A file in tmp/, last written so many hours ago."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    path = folder / "tmp" / name
    path.write_bytes(b"half a ma")
    at = path.stat().st_mtime - hours * 3600
    os.utime(path, (at, at))
    return path


def test_what_a_delivery_cut_short_left_is_swept_after_a_day(tmp_path: Path) -> None:
    name = "0" * 40 + ".duban"
    old = left_over(tmp_path, f"{name}.17.00000001", 24.1)
    young = left_over(tmp_path, f"{name}.18.00000002", 23.9)
    foreign = left_over(tmp_path, "1700000000.M1P2.host", 1000)
    assert Maildir(tmp_path, SENDER).send(LETTER).kind is AnswerKind.sent
    assert [path.exists() for path in (old, young, foreign)] == [False, True, True]


def test_what_cannot_be_swept_does_not_keep_the_mail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stuck = tmp_path / "tmp" / ("0" * 40 + ".duban.17.00000001")
    stuck.mkdir(parents=True)
    os.utime(stuck, (1_000_000, 1_000_000))
    assert Maildir(tmp_path, SENDER).send(LETTER).kind is AnswerKind.sent
    assert len(files(tmp_path, "new")) == 1
    assert "清不掉" in caplog.text
