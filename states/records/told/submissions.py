"""What was handed in."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant
from states.records.told.places import Named


@with_config(Exact)
class FileTold(TypedDict):
    """A file of a submission. `address`: where it is downloaded; `caution`: what to know before it is opened."""

    number: int
    name: str
    size: int
    sha256: str
    kind: Named
    caution: str | None
    address: str


@with_config(Exact)
class Judged(TypedDict):
    """What was decided about a submission: passed, returned with a reason, or waived after all."""

    act: Named
    at: Instant
    by: str
    reason: str | None


@with_config(Exact)
class SubmissionTold(TypedDict):
    """What was handed in the `version`-th time; `late`: after the date then in force. `copies`: 抄报."""

    version: int
    act: Named
    at: Instant
    by: str
    late: bool
    text: str | None
    signer: str | None
    seal: str | None
    to: str | None
    copies: list[str]
    files: list[FileTold]
    judged: Judged | None


@with_config(Exact)
class EvidenceTold(TypedDict):
    """What must come with it: at least so many files and photos, only of some kinds (none named: of any)."""

    files: int | None
    photos: int | None
    kinds: list[str]
    text: bool
    signer: bool
    seal: bool
