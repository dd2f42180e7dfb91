"""Letters, and what was decided on the proposals that they came from."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant
from states.records.told.places import Named, Place


@with_config(Exact)
class LetterTold(TypedDict):
    """A formal paper. `handed_at`: the mail server took it; `received_at`, `received_by`: 签收; `reply`: the
    obligation to answer it, null while nobody has it or where none is asked for; `sha256` is that of the docx.
    """

    id: int
    proposal: int
    unit: Place
    obligation: int
    about: str
    name: str
    number: str
    colour: str | None
    rung: str
    signer: str
    made_at: Instant
    handed_at: Instant | None
    received_at: Instant | None
    received_by: str | None
    reply: int | None
    reply_due: Instant | None
    sha256: str
    size: int


@with_config(Exact)
class Decided(TypedDict):
    """What was decided, by whom (`person`) and why; `letter` where one was made."""

    proposal: int
    unit: Place
    name: str
    state: Named
    person: str
    reason: str
    at: Instant
    letter: LetterTold | None


@with_config(Exact)
class NotDecided(TypedDict):
    """A proposal that was left as it is, and why."""

    proposal: int
    says: str


@with_config(Exact)
class ManyDecided(TypedDict):
    """Proposals decided together, or that would be: one person, one reason. `later`: as many more wait still, ask
    again; `letters` in the order of their numbers, none in a dry run."""

    dry_run: bool
    state: Named
    decided: list[int]
    left: list[NotDecided]
    letters: list[LetterTold]
    later: int


@with_config(Exact)
class CreditTold(TypedDict):
    """Working days that units lost through us and that do not count towards the rungs: on how many obligations of how
    many units, how many in all, the most of one; `waiting`: obligations whose next rung waits for a mail to be handed
    over or for its later time.
    """

    obligations: int
    units: int
    days: int
    most: int
    waiting: int


@with_config(Exact)
class LetterFormTold(TypedDict):
    """The form of a kind of letter; `unit`: code of the issuing unit it is for, null for all; `own`: set by a customer."""

    name: str
    unit: str | None
    own: bool
    sha256: str
    by: str | None
    at: Instant | None


@with_config(Exact)
class LetterFormsTold(TypedDict):
    """Forms, and what a form can say: field → what it means."""

    items: list[LetterFormTold]
    fields: dict[str, str]


@with_config(Exact)
class Mended(TypedDict):
    """A tag that Word had cut and that was put together again: where, and which."""

    place: str
    says: str


@with_config(Exact)
class LetterFormChecked(TypedDict):
    """A form that can be used; `applied`: it is used from now on. `fields` are those it asks for."""

    name: str
    unit: str | None
    applied: bool
    fields: list[str]
    mended: list[Mended]
