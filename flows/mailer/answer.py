"""What became of a mail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from states.letters import Letter


class AnswerKind(StrEnum):
    """sent: the post has it. temporary: try again later. permanent: this address will never take it."""

    sent = "sent"
    temporary = "temporary"
    permanent = "permanent"


@dataclass(frozen=True)
class Answer:
    """The outcome of one try, with a sentence for the person who looks after the post."""

    kind: AnswerKind
    detail: str
    ours: bool = False
    """Our own post failed, whoever the mail was for: the disk, the server, the login."""
    silent: bool = False
    """The server said nothing for as long as we waited: every further mail would wait as long."""

    @classmethod
    def sent(cls, detail: str) -> Answer:
        return cls(AnswerKind.sent, detail)

    @classmethod
    def temporary(cls, detail: str) -> Answer:
        return cls(AnswerKind.temporary, detail)

    @classmethod
    def blocked(cls, detail: str) -> Answer:
        return cls(AnswerKind.temporary, detail, ours=True)

    @classmethod
    def unanswered(cls, detail: str) -> Answer:
        return cls(AnswerKind.temporary, detail, ours=True, silent=True)

    @classmethod
    def permanent(cls, detail: str) -> Answer:
        return cls(AnswerKind.permanent, detail)


class Mailer(Protocol):
    """A post office for one thread. Whatever a server answers becomes an Answer; only our own errors raise."""

    def send(self, letter: Letter) -> Answer: ...

    def close(self) -> None: ...
