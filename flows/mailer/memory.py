"""A post office in memory: for tests and simulations."""

from __future__ import annotations

from collections.abc import Callable

from flows.mailer.answer import Answer, AnswerKind
from states.errors import Faulty
from states.letters import Letter, check_address


def _accepted(letter: Letter) -> Answer:
    return Answer.sent(f"已存入内存：{letter.message_id}")


class Memory:
    """Keeps what it accepted in `sent`; `reply` decides what it says to each letter and may be replaced."""

    def __init__(self, reply: Callable[[Letter], Answer] = _accepted) -> None:
        self.reply = reply
        self.sent: list[Letter] = []

    def send(self, letter: Letter) -> Answer:
        try:
            check_address(letter.to)
        except Faulty as error:
            return Answer.permanent(error.detail)
        answer = self.reply(letter)
        if answer.kind is AnswerKind.sent:
            self.sent.append(letter)
        return answer

    def close(self) -> None:
        """Nothing to close; what was sent stays readable."""
