"""SMTP with servers that misbehave at every step: nothing raises, hangs or goes on out of step."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import pytest

from flows.mailer import AnswerKind, Server, Smtp
from flows.mailer.line import Limit, Line
from flows.mailer.smtp import closed
from flows.prefect_child import free_port
from smtp_servers import (
    LETTER,
    PERMANENT,
    REPLIES,
    SENDER,
    SENT,
    TEMPORARY,
    Act,
    Scripted,
    break_off,
    chatter,
    cut,
    cut_in_the_content,
    drip,
    hang,
    smtp,
    tried,
)
from states.letters import Attachment, to_email


def test_the_scripted_server_is_fair() -> None:
    with Scripted() as server:
        assert tried(server) == (SENT, "250 OK")
        size = len(closed(to_email(LETTER, SENDER).as_bytes()))
        assert server.heard[:2] == ["EHLO [127.0.0.1]", f"MAIL FROM:<DUBAN@EXAMPLE.ORG> SIZE={size}"]
        assert server.heard[-1] == "QUIT"


@pytest.mark.parametrize(
    ("verb", "reply", "kind", "words"),
    [
        ("", b"554 5.3.2 no service\r\n", TEMPORARY, "拒绝服务（554 5.3.2 no service）"),
        ("", b"421 busy\r\n", TEMPORARY, "拒绝服务（421 busy）"),
        ("", cut, TEMPORARY, "中断了连接"),
        ("", b"HTTP/1.1 400 Bad Request\r\n\r\n", TEMPORARY, "无法识别的应答"),
        ("", b"\xff\xfe\x00" * 5000 + b"\r\n", TEMPORARY, ""),
        ("EHLO", cut, TEMPORARY, "中断了连接"),
        ("MAIL", b"553 5.1.8 sender\r\n", TEMPORARY, "请检查 DUBAN_MAIL_FROM"),
        ("MAIL", b"552 5.3.4 too big\r\n", PERMANENT, "552 5.3.4 too big"),
        ("MAIL", b"452 4.3.1 disk\r\n", TEMPORARY, "452 4.3.1 disk"),
        ("MAIL", b"503 need EHLO and AUTH first !\r\n", TEMPORARY, "用户名和密码"),
        ("MAIL", b"530 5.7.0 authentication required\r\n", TEMPORARY, "用户名和密码"),
        ("MAIL", cut, TEMPORARY, "邮件尚未交出"),
        ("RCPT", b"550 5.1.1 unknown\r\n", PERMANENT, "收件地址被"),
        ("RCPT", "550 用户不存在\r\n".encode("gb18030"), PERMANENT, "550 用户不存在"),
        ("RCPT", "550 用户不存在\r\n".encode(), PERMANENT, "550 用户不存在"),
        ("RCPT", b"550 5.1.1 no such user here, we relay for others\r\n", PERMANENT, "5.1.1"),
        ("RCPT", b"550 <relay@example.org>: user unknown, ask relay@example.org\r\n", PERMANENT, "unknown"),
        ("RCPT", b"550 5.1.10 null MX\r\n", PERMANENT, "5.1.10"),
        ("RCPT", b"554 5.7.1 <w@example.org>: Relay access denied\r\n", TEMPORARY, "不是收件人的问题"),
        ("RCPT", b"550 relay not permitted\r\n", TEMPORARY, "不是收件人的问题"),
        (
            "RCPT",
            b"553 that domain isn't in my list of allowed rcpthosts\r\n",
            TEMPORARY,
            "请检查 DUBAN_SMTP_URL",
        ),
        (
            "RCPT",
            b"553 5.7.1 <d@example.org>: Sender address rejected: not owned\r\n",
            TEMPORARY,
            "DUBAN_MAIL_FROM",
        ),
        ("RCPT", b"550 5.1.8 <d@example.org>: Sender address rejected\r\n", TEMPORARY, "DUBAN_MAIL_FROM"),
        ("RCPT", b"504 5.5.2 <h>: Helo command rejected\r\n", TEMPORARY, "不是收件人的问题"),
        (
            "RCPT",
            b"550 <w@example.org>: Recipient address rejected: User unknown\r\n",
            PERMANENT,
            "User unknown",
        ),
        ("RCPT", b"552 5.2.2 mailbox full\r\n", PERMANENT, "5.2.2 mailbox full"),
        ("RCPT", b"251 will forward\r\n", SENT, "250 OK"),
        ("RCPT", b"421 4.7.0 too many\r\n", TEMPORARY, "421 4.7.0 too many"),
        ("RCPT", b"nonsense\r\n", TEMPORARY, "无法识别的应答"),
        ("RCPT", b"999 what\r\n", TEMPORARY, "999 what"),
        ("RCPT", cut, TEMPORARY, "邮件尚未交出"),
        ("DATA", b"250 OK\r\n", TEMPORARY, "250 OK"),
        ("DATA", b"554 no valid recipients\r\n", PERMANENT, "554 no valid recipients"),
        ("DATA", cut, TEMPORARY, "邮件尚未交出"),
        (".", cut, TEMPORARY, "服务器是否收下不明"),
        (".", break_off, TEMPORARY, "服务器是否收下不明"),
        (".", b"552 too big\r\n", PERMANENT, "552 too big"),
        (".", b"354 what\r\n", TEMPORARY, "354 what"),
        (".", b"250-" + b"x" * 200_000 + b"\r\n250 ok\r\n", TEMPORARY, ""),
    ],
)
def test_every_answer_at_every_step(verb: str, reply: bytes | Act, kind: AnswerKind, words: str) -> None:
    with Scripted(**{verb: reply}) as server:
        found, detail = tried(server)
    assert found is kind
    assert words in detail
    assert len(detail) < 400
    assert detail.isprintable()


@pytest.mark.parametrize("reply", [b"nonsense\r\n250 OK\r\n", b"421 4.3.2 closing\r\n250 OK\r\n"])
def test_a_conversation_out_of_step_is_not_continued(reply: bytes) -> None:
    with Scripted(RCPT=reply) as server, smtp(server.port) as mailer:
        assert mailer.send(LETTER).kind is TEMPORARY
        server.replies["RCPT"] = REPLIES["RCPT"]
        assert mailer.send(LETTER).kind is SENT
        assert server.connections == 2


def test_time_used_up_before_the_connection_stands_is_noticed_then() -> None:
    with Limit(0.02) as limit:
        time.sleep(0.1)
        with pytest.raises(TimeoutError):
            limit.watch(Line(Server("127.0.0.1", 25)))


@pytest.mark.parametrize("verb", ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_silent_server_costs_one_step_wherever_it_falls_silent(verb: str) -> None:
    started = time.monotonic()
    with Scripted(**{verb: hang}) as server:
        found, detail = tried(server, step=0.3)
    assert found is TEMPORARY
    assert "超过 0.3 秒没有应答" in detail
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("act", [drip, chatter])
@pytest.mark.parametrize("verb", ["", "EHLO", "RCPT", "."])
def test_a_server_that_only_drips_is_cut_when_the_time_of_the_mail_is_up(verb: str, act: Act) -> None:
    started = time.monotonic()
    with Scripted(**{verb: act}) as server:
        found, detail = tried(server, step=1, whole=0.6)
    assert found is TEMPORARY
    assert "一封邮件超过了 0.6 秒" in detail
    assert time.monotonic() - started < 6


def test_a_drop_in_the_middle_of_the_content_means_not_handed_over() -> None:
    letter = replace(LETTER, attachments=(Attachment("a", b"x" * 20_000_000, "a/b"),))
    with Scripted(DATA=cut_in_the_content) as server:
        found, detail = tried(server, letter)
    assert found is TEMPORARY
    assert "邮件尚未交出" in detail


def test_a_refused_connection_says_what_to_check() -> None:
    with smtp(free_port()) as mailer:
        answer = mailer.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "拒绝连接，请检查地址、端口" in answer.detail


def test_a_host_that_does_not_exist_says_what_to_check() -> None:
    with contextlib.closing(Smtp(Server("mail.invalid", 25, step=2), SENDER)) as mailer:
        answer = mailer.send(LETTER)
    assert answer.kind is TEMPORARY
    assert "mail.invalid" in answer.detail


def test_after_a_failed_connection_the_mailer_rests_and_then_tries_again() -> None:
    with Scripted(**{"": b"554 no\r\n"}) as server, smtp(server.port, rest=1) as mailer:
        answers = {mailer.send(LETTER) for _ in range(9)}
        assert len(answers) == 1
        assert server.connections == 1
        server.replies[""] = REPLIES[""]
        time.sleep(1.1)
        assert mailer.send(LETTER).kind is SENT


@pytest.mark.parametrize("verb", ["", "EHLO", ".", "RSET"])
def test_after_a_silence_the_mailer_asks_no_more_and_says_that_others_should_not(verb: str) -> None:
    with Scripted(**{verb: hang}) as server, smtp(server.port, step=0.3, rest=60) as mailer:
        if verb == "RSET":  # the server hangs between two mails
            assert mailer.send(LETTER).kind is SENT
        first = mailer.send(LETTER)
        assert (first.kind, first.ours, first.silent) == (TEMPORARY, True, True)
        started = time.monotonic()
        answers = {mailer.send(LETTER) for _ in range(9)}
        assert time.monotonic() - started < 1.5, "nine silences are 2.7 s"
        assert server.connections == 1
    (answer,) = answers
    assert (answer.silent, "没有应答" in answer.detail) == (True, True)


@pytest.mark.parametrize("reply", [cut, b"421 busy\r\n"])
def test_a_server_that_hangs_up_or_speaks_is_not_silent(reply: bytes | Act) -> None:
    with Scripted(RCPT=reply) as server, smtp(server.port) as mailer:
        assert not mailer.send(LETTER).silent


def test_a_refused_mail_is_no_reason_to_rest() -> None:
    with Scripted(RCPT=b"421 no\r\n") as server, smtp(server.port, rest=60) as mailer:
        assert mailer.send(LETTER).kind is TEMPORARY
        server.replies["RCPT"] = REPLIES["RCPT"]
        assert mailer.send(LETTER).kind is SENT


@pytest.mark.parametrize("act", [hang, drip])
def test_a_server_that_does_not_say_goodbye_is_left_without(act: Act) -> None:
    started = time.monotonic()
    with Scripted(QUIT=act) as server, smtp(server.port) as mailer:
        mailer.send(LETTER)
        mailer.close()
    assert time.monotonic() - started < 6
