"""What goes into a mail and what comes out of the writing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Kind = Literal["digest", "urgent", "figures"]


@dataclass(frozen=True)
class Tasks:
    """What a plan says has to be done in a phase or a workstream, in its own words; `of` names which one."""

    of: str
    listed: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One thing a person must hear about.

    `due` is aware; None when the plan gives no instant, then `due_words` stands alone. `overdue_days` counts
    working days, None when not overdue. `via` names the unit whose vacancy made the line climb to this
    person. `nil`: "nothing to report" is an answer here. `url` is absolute or a path under the base address. `problem` and
    `measure` say what an item of a ledger is about. `waiting`: it waits for a person's yes or no.
    `filled`: the date that a person gave where `due_words` of the plan name another or none. `goes_to`: where
    the plan wants it handed in, with copies. `tasks`: what is to be done in what has begun; a mail lists each once, below
    its items. `page`: where this one thing is looked at. `obligation`: its number, where the reader may hand it in.
    """

    campaign: str
    unit: str
    what: str
    due: datetime | None
    due_words: str
    rung: str
    reason: str
    overdue_days: int | None = None
    provisional: bool = False
    via: str | None = None
    nil: bool = False
    url: str | None = None
    problem: str = ""
    measure: str = ""
    waiting: bool = False
    filled: str = ""
    goes_to: str = ""
    tasks: tuple[Tasks, ...] = ()
    page: str = ""
    obligation: int = 0


@dataclass(frozen=True)
class Figures:
    """One campaign in numbers.

    `units`, `behind`, `by_state` count units; `overdue`, `open`, `settled` count obligations; `proposals`
    wait for a person's yes or no; `vacancies` are roles without a holder; `worst` is (unit, overdue).
    """

    campaign: str
    state: str
    units: int
    behind: int
    overdue: int
    open: int
    settled: int
    by_state: tuple[tuple[str, int], ...] = ()
    proposals: int = 0
    vacancies: int = 0
    worst: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A file in a mail; `media` is its type, such as `text/csv` (ValueError when it is none)."""

    filename: str
    content: bytes
    media: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", self.media, re.ASCII):
            raise ValueError(f"not a media type: {self.media!r}")


@dataclass(frozen=True)
class Message:
    """What one person is to be told in one mail; `key` is unique and the same over retries.

    `vacancies`: roles without a holder over all `figures`, each counted once whatever campaigns it concerns.
    `queued_at`: since when it is to go out, the same over retries.
    """

    key: str
    kind: Kind
    to: str
    name: str
    day: date
    lines: tuple[Line, ...] = ()
    figures: tuple[Figures, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    vacancies: int = 0
    queued_at: datetime | None = None


@dataclass(frozen=True)
class Letter:
    """A mail as written, before it becomes bytes; `message_id` is the whole `<…@…>`."""

    to: str
    name: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    attachments: tuple[Attachment, ...] = ()
