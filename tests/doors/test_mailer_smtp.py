"""SMTP with an honest server on loopback: what each answer becomes, and that nothing raises or leaks."""

from __future__ import annotations

import asyncio
import email
import email.policy
import signal
import socket
import time
from dataclasses import replace

import pytest

from flows.mailer import Answer, AnswerKind, Server, Smtp
from flows.mailer.smtp import closed
from flows.prefect_child import free_port
from loopback import served
from smtp_servers import LETTER, PERMANENT, SENDER, SENT, TEMPORARY, Post, smtp
from states.letters import Attachment


def test_a_mail_arrives_whole(post: Post) -> None:
    letter = replace(
        LETTER,
        text=".点\n..\n.\n正文\n",
        attachments=(Attachment("表.xlsx", bytes(range(256)) * 2000, "application/octet-stream"),),
    )
    with served(post) as port, smtp(port) as mailer:
        answer = mailer.send(letter)
    assert (answer.kind, answer.detail) == (SENT, "250 2.0.0 queued as 17")
    assert (post.mails[0].mail_from, post.mails[0].rcpt_tos) == (SENDER, ["wang@example.org"])
    mail = email.message_from_bytes(post.mails[0].content, policy=email.policy.default)
    assert mail["Message-ID"] == LETTER.message_id
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == letter.text
    assert next(mail.iter_attachments()).get_content() == bytes(range(256)) * 2000


def test_a_dot_at_the_start_of_a_line_does_not_end_the_mail() -> None:
    assert closed(b".a\r\n.\r\nb.\r\n..\r\n") == b"..a\r\n..\r\nb.\r\n...\r\n.\r\n"


def test_many_mails_share_one_connection(post: Post) -> None:
    with served(post) as port, smtp(port) as mailer:
        assert {mailer.send(LETTER).kind for _ in range(5)} == {SENT}
    assert len(post.mails) == 5
    assert len(post.sessions) == 1


def test_a_connection_that_fell_asleep_is_opened_again(post: Post) -> None:
    with served(post) as port, smtp(port) as mailer:
        assert mailer.send(LETTER).kind is SENT
        mailer._line.sock.shutdown(socket.SHUT_RDWR)
        assert mailer.send(LETTER).kind is SENT
    assert len(post.sessions) == 2


def test_a_refused_receiver_does_not_disturb_the_next(post: Post) -> None:
    post.refused = {
        "gone@example.org": "550 5.1.1 没有这个用户",
        "full@example.org": "452 4.2.2 mailbox full",
    }
    with served(post) as port, smtp(port) as mailer:
        gone = mailer.send(replace(LETTER, to="gone@example.org"))
        full = mailer.send(replace(LETTER, to="full@example.org"))
        good = mailer.send(LETTER)
    assert (gone.kind, full.kind, good.kind) == (PERMANENT, TEMPORARY, SENT)
    assert gone.detail == f"收件地址被 127.0.0.1:{port} 拒收：550 5.1.1 没有这个用户"
    assert "452 4.2.2 mailbox full" in full.detail
    assert [mail.rcpt_tos for mail in post.mails] == [["wang@example.org"]]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.3.0 try later", TEMPORARY),
        ("421 4.3.2 closing", TEMPORARY),
        ("550 5.7.1 refused", PERMANENT),
        ("554 5.6.0 spam", PERMANENT),
    ],
)
def test_an_answer_to_the_content_decides(post: Post, answer: str, kind: AnswerKind) -> None:
    with served(post) as port, smtp(port) as mailer:
        post.answer = answer
        refused = mailer.send(LETTER)
        post.answer = "250 OK"
        assert mailer.send(LETTER).kind is SENT
    assert refused.kind is kind
    assert answer in refused.detail
    assert refused.detail.startswith("邮件内容被")


def test_a_server_that_hangs_costs_one_step(post: Post) -> None:
    post.act = lambda server: asyncio.sleep(5)
    started = time.monotonic()
    with served(post) as port, smtp(port, step=0.6) as mailer:
        answer = mailer.send(LETTER)
        assert time.monotonic() - started < 4
    assert answer.kind is TEMPORARY
    assert "超过 0.6 秒没有应答" in answer.detail
    assert "服务器是否收下不明" in answer.detail


def test_a_drop_after_the_content_leaves_it_open_whether_it_was_taken(post: Post) -> None:
    post.act = lambda server: server.transport.abort()
    with served(post) as port, smtp(port) as mailer:
        answer = mailer.send(LETTER)
        post.act = lambda server: None
        assert mailer.send(LETTER).kind is SENT
    assert answer.kind is TEMPORARY
    assert "中断了连接" in answer.detail
    assert "服务器是否收下不明，将以同一 Message-ID 重发" in answer.detail


def test_a_mail_larger_than_the_server_takes_is_refused_for_good(post: Post) -> None:
    letter = replace(LETTER, attachments=(Attachment("a", b"x" * 20_000, "a/b"),))
    with served(post, data_size_limit=10_000) as port, smtp(port) as mailer:
        assert mailer.send(letter).kind is PERMANENT
        assert mailer.send(LETTER).kind is SENT


def test_an_address_in_chinese_goes_to_a_server_that_knows_them(post: Post) -> None:
    letter = replace(LETTER, to="王示例@example.org")
    with served(post, enable_SMTPUTF8=True) as port, smtp(port) as mailer:
        assert mailer.send(letter).kind is SENT
        assert mailer.send(LETTER).kind is SENT
    assert [mail.rcpt_tos for mail in post.mails] == [["王示例@example.org"], ["wang@example.org"]]
    assert [mail.smtp_utf8 for mail in post.mails] == [True, False]
    with served(post, enable_SMTPUTF8=False) as port, smtp(port) as mailer:
        answer = mailer.send(letter)
    assert answer.kind is PERMANENT
    assert "不支持含中文的邮箱地址" in answer.detail


def test_what_is_no_address_is_refused_without_asking() -> None:
    with smtp(free_port()) as mailer:
        answer = mailer.send(replace(LETTER, to="wang@example.org\r\nRCPT TO:<x@example.org>"))
    assert answer.kind is PERMANENT
    assert "不是可用的邮箱地址" in answer.detail


def test_a_mistake_of_ours_raises(post: Post) -> None:
    with served(post) as port, smtp(port) as mailer, pytest.raises(AttributeError):
        mailer.send(None)


def test_closing_twice_or_without_a_mail_is_quiet(post: Post) -> None:
    with served(post) as port:
        mailer = Smtp(Server("127.0.0.1", port), SENDER)
        mailer.close()
        assert mailer.send(LETTER).kind is SENT
        mailer.close()
        mailer.close()
        assert mailer.send(LETTER).kind is SENT
        mailer.close()


def test_an_interrupt_in_the_middle_of_a_mail_spoils_no_other(post: Post) -> None:
    post.act = lambda server: asyncio.sleep(0.5)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    with served(post) as port, smtp(port) as mailer:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            mailer.send(LETTER)
        signal.signal(signal.SIGALRM, before)
        assert mailer.send(LETTER) == Answer(SENT, "250 2.0.0 queued as 17")
    assert len(post.sessions) == 2
