"""Settings: a wrong one stops the start with one line that says which."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from states.errors import BadSetting
from states.settings import read


def test_without_settings_everything_lies_in_one_folder(tmp_path: Path) -> None:
    found = read({"DUBAN_HOME": str(tmp_path)})
    assert found.database_url == f"sqlite:///{tmp_path / 'duban.db'}"
    assert found.smtp_url == f"maildir:{tmp_path / 'mail'}"
    assert (found.mail_opens, found.mail_closes) == (time(9), time(17, 30))
    assert found.prefect_api_url is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DUBAN_DATABASE_URL", "mysql://x", "只支持 sqlite:///文件"),
        ("DUBAN_SMTP_URL", "pop3://x", "只支持 smtp://"),
        ("DUBAN_MAIL_FROM", "nobody", "应为一个邮箱地址"),
        ("DUBAN_MAIL_FROM", "a@example.org\r\nBcc: x@example.org", "应为一个邮箱地址"),
        ("DUBAN_BASE_URL", "example.org", "应以 http:// 或 https:// 开头"),
        ("DUBAN_BASE_URL", "http://", "后面写主机"),
        ("DUBAN_BASE_URL", "http://example.org:x", "应以 http://"),
        ("PREFECT_API_URL", "xx", "应写作 http://主机:4200/api"),
        ("PREFECT_API_URL", "localhost:4200/api", "应写作 http://主机:4200/api"),
        ("PREFECT_API_URL", "http://example.org:99999/api", "应写作 http://主机:4200/api"),
        ("DUBAN_MAIL_HOURS", "17:30-09:00", "前早后晚"),
        ("DUBAN_MAIL_HOURS", "9-17", "应写作 09:00-17:30"),
        ("DUBAN_MAIL_HOURS", "09:00-25:00", "应写作 09:00-17:30"),
        ("DUBAN_FILE_MB", "0", "应为 1 到 9999 的整数"),
        ("DUBAN_FILE_MB", "50MB", "应为 1 到 9999 的整数"),
        ("DUBAN_LEASE_SECONDS", "29", "应为 30 到 3600 的整数"),
        ("DUBAN_LEASE_SECONDS", "10m", "应为 30 到 3600 的整数"),
        ("DUBAN_TIMEZONE", "Mars/Olympus", "不认识这个时区"),
        ("DUBAN_DATABSE_URL", "sqlite:///x", "没有这个设置"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(name: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read({name: value})
    (fault,) = caught.value.faults
    assert fault.place == name
    assert says in fault.says


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(BadSetting) as caught:
        read({"DUBAN_TIMEZONE": "x", "DUBAN_SMTP_URL": "y", "DUBAN_TYPO": "z"})
    assert {fault.place for fault in caught.value.faults} == {
        "DUBAN_TIMEZONE",
        "DUBAN_SMTP_URL",
        "DUBAN_TYPO",
    }


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "DUBAN_BASE_URL=https://file.example.org/\nDUBAN_MAIL_FROM=file@example.org\n", encoding="utf-8"
    )
    monkeypatch.setenv("DUBAN_MAIL_FROM", "env@example.org")
    found = read(folder=tmp_path)
    assert (found.base_url, found.mail_from) == ("https://file.example.org", "env@example.org")


@pytest.mark.parametrize(
    ("mailbox", "address", "link"),
    [
        ("smtp://mail.example.org", "http://127.0.0.1:8000", ""),
        ("smtps://mail.example.org", "http://localhost:8000", ""),
        ("smtp://mail.example.org", "http://[::1]:8000", ""),
        ("smtp://mail.example.org", "http://127.9.9.9", ""),
        ("smtp://mail.example.org", "http://0.0.0.0:8000", ""),
        ("smtp://mail.example.org", "https://duban.example.org", "https://duban.example.org"),
        ("smtp://mail.example.org", "http://192.0.2.7:8000", "http://192.0.2.7:8000"),
        ("maildir:/tmp/mail", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_mail_that_goes_out_leads_nobody_to_his_own_machine(
    tmp_path: Path, mailbox: str, address: str, link: str
) -> None:
    environ = {"DUBAN_SMTP_URL": mailbox, "DUBAN_BASE_URL": address}
    assert read(environ, tmp_path).mail_link == link
