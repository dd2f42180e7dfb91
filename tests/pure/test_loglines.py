"""Lines of the log: whose they are, and what never stands in them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from states import loglines, marks
from states.loglines import LogForm

log = logging.getLogger("duban.lines")
SECRETS = {
    "mail d:2026-12-03:wang.shili@example.org could not be written": "wang.shili",
    "postgresql+psycopg://duban:hidden-word@db.example.org/duban": "hidden-word",
    "Authorization: Bearer duban_abcdefghijklmnopqrstuvwxyz0123456789": "abcdefghijklmnop",
    "key duban_abcdefghijklmnopqrstuvwxyz0123456789 was used": "abcdefghijklmnop",
    "{'password': 'hidden-word', 'login': 'x'}": "hidden-word",
    "Set-Cookie: duban=hidden-word; HttpOnly": "hidden-word",
    "Cookie: lang=zh; duban=hidden-word": "hidden-word",
    "(b'cookie', b'lang=zh; duban=hidden-word')": "hidden-word",
    'sent {"password": "of two hidden-words"}': "hidden-word",
    "POST /token client_secret=hidden-word&code=x": "hidden-word",
    "{'access_token': 'hidden-word', 'expires_in': 60}": "hidden-word",
    "电话 13900000000": "13900000000",
    "电话 +86 139-0000-0000": "0000",
    "证件 11010119900101123X": "19900101",
    "duplicate key\nDETAIL:  Key (name)=(王示例) already exists.": "王示例",
    "1 error\n  Input should be x [type=enum, input_value='王示例', input_type=str]": "王示例",
}


@pytest.fixture
def lines() -> Iterator[Any]:
    """Sets logging up in a form, and gives what was written so far."""
    root, ours = logging.getLogger(), logging.getLogger(loglines.OURS)
    before = root.handlers[:], root.level, ours.level
    written = io.StringIO()

    def begin(form: str, level: str = "INFO") -> io.StringIO:
        loglines.set_up(LogForm(form, level))
        for handler in root.handlers:
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(written)
        return written

    yield begin
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(("said", "secret"), SECRETS.items())
def test_persons_and_secrets_stand_in_no_line(lines: Any, form: str, said: str, secret: str) -> None:
    written = lines(form)
    log.warning("%s", said)
    try:
        int(said)
    except ValueError:
        log.exception("it failed")
    assert "it failed" in written.getvalue()
    assert "ValueError" in written.getvalue()
    assert secret not in written.getvalue()


@pytest.mark.parametrize(
    "said",
    [
        "timer [1234567890123] failed",
        "2026-12-03T09:00:00+08:00",
        "obligation 16777217",
        "round deliver: 3 in 0.012 s",
    ],
)
def test_what_is_needed_to_find_a_fault_stays(said: str) -> None:
    assert loglines.bared(said) == said


def test_a_line_as_json_says_whose_it_is(lines: Any) -> None:
    written = lines("json")
    with marks.in_request("r-17"):
        log.info("asked", extra={loglines.ABOUT: {"status": 200}})
    with marks.in_round("deliver") as present:
        log.info("sent")
    log.info("alone")
    asked, sent, alone = map(json.loads, written.getvalue().splitlines())
    assert (asked["request_id"], asked["status"], asked["level"]) == ("r-17", 200, "INFO")
    assert (sent["round"], sent["round_id"]) == ("deliver", present.number)
    assert set(alone) == {"at", "level", "logger", "message"}


def test_a_line_for_people_ends_with_the_same(lines: Any) -> None:
    written = lines("text")
    with marks.in_request("r-17"), marks.in_round("seal") as present:
        log.warning("slow")
    assert f"duban.lines slow [request_id=r-17 round=seal round_id={present.number}]" in written.getvalue()


def test_ours_are_written_from_the_level_asked_for_and_others_from_warning_on(lines: Any) -> None:
    written = lines("text", "WARNING")
    log.info("ours")
    logging.getLogger("other").info("other")
    assert written.getvalue() == ""
    written = lines("text", "DEBUG")
    log.debug("ours")
    logging.getLogger("other").info("other")
    assert "ours" in written.getvalue()
    assert "other" not in written.getvalue()
