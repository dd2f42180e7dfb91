"""The secrets of webhooks, each sealed for its own row: a signature can't be made of a hash, and the address often holds
a password of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from states.records import sealing
from states.records.feed_tables import Webhook
from states.records.sealing import Seal
from states.signature import new_secret


@dataclass(frozen=True)
class Opened:
    """What it signs with, and where it goes, with all that stands in the address."""

    secret: str
    url: str


def shown(url: str) -> str:
    """What everybody who may see a webhook sees of its address."""
    return url.partition("?")[0]


def seal(session: Session, row: Webhook, url: str) -> None:
    """Give it a new secret; that and what follows the question mark in its address are sealed. Raises Unreadable."""
    _, mark, query = url.partition("?")
    row.secret = _seal(session).close(_about(row.id), {"secret": new_secret(), "query": mark + query})
    session.flush()


def opened(session: Session, row: Webhook) -> Opened:
    """Raises Unreadable where the key is another, or the row another's."""
    found = _seal(session).open(_about(row.id), row.secret)
    return Opened(found["secret"], row.url + found["query"])


def _seal(session: Session) -> Seal:
    return sealing.carried(session).apart("webhook", sealing.SECRETS)


def _about(key: int) -> str:
    return f"webhook/{key}"
