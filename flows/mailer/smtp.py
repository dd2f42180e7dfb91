"""SMTP as post office: one connection for many mails, every answer of the server told apart.

Nothing a server does raises, and nothing blocks for long: an operation has `step` seconds, a mail `whole`
seconds. After a connection or login that failed, or a server that fell silent, the mailer rests for `rest` seconds
and answers at once: a round of a thousand mails must not wait a thousand times, nor get the account locked. An answer
that is `silent` also tells the round to leave the rest for the next one.
"""

from __future__ import annotations

import binascii
import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from flows.mailer.answer import Answer
from flows.mailer.line import Limit, Line, Server
from flows.mailer.trouble import about_us, said, silent, trouble, without_password
from states.errors import Faulty
from states.letters import Letter, check_address, to_email

Reply = tuple[int, bytes]

NOT_SIGNED_IN = frozenset({503, 530, 534, 535, 538})
"""Refusals that mean our login or the order of commands, not the address: worth another try."""
CLOSING = 421
TOO_LARGE = 552  # the one refusal of MAIL FROM that is about the mail
QUIT_SECONDS = 2.0


class Stage(Enum):
    """Where a conversation stands: what a refusal here is about, and the first digit that lets it go on."""

    sender = ("发件地址", 2)
    receiver = ("收件地址", 2)
    data = ("邮件", 3)
    body = ("正文", 2)
    verdict = ("邮件内容", 2)

    @property
    def about(self) -> str:
        return self.value[0]

    @property
    def left(self) -> str:
        """What became of the mail when the line broke here."""
        if self is Stage.verdict:
            return "正文已全部发出，服务器是否收下不明，将以同一 Message-ID 重发"
        return "邮件尚未交出，稍后重试"

    def passed(self, code: int) -> bool:
        return code // 100 == self.value[1]


@dataclass(frozen=True)
class Envelope:
    """A mail as the server takes it; `wide` when an address is not ASCII."""

    sender: str
    to: str
    wide: bool
    content: bytes


class Smtp:
    """Hands letters to one server. Not for several threads at once."""

    def __init__(self, server: Server, sender: str) -> None:
        self.server = server
        self._sender = sender
        self._line: Line | None = None
        self._resting: tuple[float, Answer] | None = None

    def __repr__(self) -> str:
        return f"Smtp({str(self.server)!r})"

    def send(self, letter: Letter) -> Answer:
        try:
            envelope = _envelope(letter, self._sender)
        except Faulty as error:
            return Answer.permanent(error.detail)
        try:
            with Limit(self.server.whole) as limit:
                answer = self._hand_over(envelope, limit)
        except BaseException:  # interrupted in the middle of a mail: the line cannot be used for another
            self._drop()
            raise
        return replace(answer, detail=without_password(answer.detail, self.server))

    def close(self) -> None:
        """Say goodbye; a server that does not answer is left without."""
        if self._line:
            with contextlib.suppress(OSError), Limit(QUIT_SECONDS) as limit:
                limit.watch(self._line)
                self._line.quit()
        self._drop()

    def _hand_over(self, envelope: Envelope, limit: Limit) -> Answer:
        line = self._ready(limit)
        if isinstance(line, Answer):
            return line
        if envelope.wide and not line.has_extn("smtputf8"):
            return Answer.permanent(
                f"邮件服务器 {self.server} 不支持含中文的邮箱地址（SMTPUTF8），请改用英文地址"
            )
        return self._converse(line, envelope, limit)

    def _ready(self, limit: Limit) -> Line | Answer:
        """The open line or a new one; an answer when there is none to be had."""
        if self._line:
            try:
                if _responds(self._line, limit):
                    return self._line
            except OSError as error:
                if silent(error, limit):
                    self._drop()
                    return self._rest(Answer.unanswered(trouble(error, self.server, limit)))
        self._drop()
        if self._resting and time.monotonic() < self._resting[0]:
            return self._resting[1]
        line = Line(self.server)
        try:
            line.open(limit)
        except (OSError, binascii.Error) as error:
            line.close()
            answer = Answer.unanswered if silent(error, limit) else Answer.blocked
            return self._rest(answer(trouble(error, self.server, limit)))
        self._line = line
        return line

    def _rest(self, answer: Answer) -> Answer:
        """Give this answer from now on without asking the server."""
        self._resting = time.monotonic() + self.server.rest, answer
        return answer

    def _converse(self, line: Line, envelope: Envelope, limit: Limit) -> Answer:
        stage, code, reply = Stage.sender, 0, b""
        try:
            for stage, ask in _steps(line, envelope):
                code, reply = ask()
                if not stage.passed(code):
                    return self._refused(stage, code, reply)
        except OSError as error:
            self._drop()
            says = trouble(error, self.server, limit)
            if silent(error, limit):
                self._rest(Answer.unanswered(says))
                return Answer.unanswered(f"{says}；{stage.left}")
            return Answer.temporary(f"{says}；{stage.left}")
        return Answer.sent(said(code, reply))

    def _refused(self, stage: Stage, code: int, reply: bytes) -> Answer:
        words = f"{stage.about}被 {self.server} 拒收：{said(code, reply)}"
        if code == CLOSING or not 200 <= code < 600:
            self._drop()
        if code in NOT_SIGNED_IN:
            return Answer.blocked(f"{words}；请检查 DUBAN_SMTP_URL 中的用户名和密码")
        if stage is Stage.sender and code != TOO_LARGE:  # our own address: no receiver is to blame
            return Answer.blocked(f"{words}；请检查 DUBAN_MAIL_FROM")
        if stage is Stage.receiver and about_us(code, reply):
            return Answer.blocked(
                f"{words}；这不是收件人的问题，请检查 DUBAN_SMTP_URL、DUBAN_MAIL_FROM 和服务器的许可"
            )
        return Answer.permanent(words) if 500 <= code < 600 else Answer.temporary(words)

    def _drop(self) -> None:
        if self._line:
            self._line.close()
        self._line = None


def _envelope(letter: Letter, sender: str) -> Envelope:
    mail, origin, to = to_email(letter, sender), check_address(sender), check_address(letter.to)
    return Envelope(origin, to, not (origin + to).isascii(), closed(mail.as_bytes()))


def closed(content: bytes) -> bytes:
    """`content` as DATA wants it: a dot that begins a line is doubled, a lone dot ends the mail."""
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"


def _responds(line: Line, limit: Limit) -> bool:
    """Whether an idle line still lives; the RSET also clears what the last mail left behind. Raises OSError."""
    limit.watch(line)
    return line.rset()[0] == 250


def _steps(line: Line, envelope: Envelope) -> Iterator[tuple[Stage, Callable[[], Reply]]]:
    yield Stage.sender, lambda: line.mail(envelope.sender, _options(line, envelope))
    yield Stage.receiver, lambda: line.rcpt(envelope.to)
    yield Stage.data, lambda: line.docmd("DATA")
    yield Stage.body, lambda: _pour(line, envelope.content)
    yield Stage.verdict, line.getreply


def _options(line: Line, envelope: Envelope) -> list[str]:
    size = [f"SIZE={len(envelope.content)}"] if line.has_extn("size") else []
    return [*size, "BODY=8BITMIME", "SMTPUTF8"] if envelope.wide else size


def _pour(line: Line, content: bytes) -> Reply:
    """Write the whole mail with its closing dot; a server says nothing to that until the end."""
    line.send(content)
    return 250, b""
