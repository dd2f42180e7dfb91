"""To which request or round something belongs that is logged, answered, traced: a number each, carried by the context.

A number is taken from the caller where it is a sane one, so that one can be followed through several systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
UNFIT = re.compile(rb"duban_.*|\d{11}|\d{17}[\dXx]")  # a key, a telephone or identity number is not repeated
TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
NONE = re.compile(rb"0+")

_request: ContextVar[str] = ContextVar("request", default="")
_round: ContextVar[Round | None] = ContextVar("round", default=None)


@dataclass(frozen=True)
class Round:
    """One run of a job."""

    job: str
    number: str


def request() -> str:
    """The number of the request that is being answered; empty outside of one."""
    return _request.get()


def round_() -> Round | None:
    """The round that runs here."""
    return _round.get()


@contextmanager
def in_request(number: str) -> Iterator[None]:
    """What happens within belongs to this request."""
    token = _request.set(number)
    try:
        yield
    finally:
        _request.reset(token)


@contextmanager
def in_round(job: str) -> Iterator[Round]:
    """What happens within belongs to a round of `job`: the one that runs already, or a new one."""
    present = _round.get()
    if present is not None and present.job == job:
        yield present
        return
    made = Round(job, uuid4().hex[:12])
    token = _round.set(made)
    try:
        yield made
    finally:
        _round.reset(token)


def number_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str]:
    """The number of a request with these headers (names in lower case), and its `traceparent` where that is well formed.

    The caller's X-Request-Id, else its trace, else a new one.
    """
    asked, parent = b"", b""
    for name, value in headers:
        if name == b"x-request-id":
            asked = value
        elif name == b"traceparent":
            parent = value
    trace = _trace(parent)
    if SANE.fullmatch(asked) and not UNFIT.fullmatch(asked):
        return asked.decode(), parent.decode() if trace else ""
    return trace or uuid4().hex, parent.decode() if trace else ""


def _trace(parent: bytes) -> str:
    found = TRACE.fullmatch(parent)
    if found is None or parent.startswith(b"ff") or (parent.startswith(b"00") and found[3]):
        return ""
    return "" if any(NONE.fullmatch(part) for part in found.groups()[:2]) else found[1].decode()
