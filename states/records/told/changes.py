"""Changes as other systems are told of them, and the webhooks that tell them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant


@with_config(Exact)
class EventTold(TypedDict):
    """A CloudEvent 1.0. `id` is its number in the feed, `sequence` the same as text that sorts."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: NotRequired[str]
    time: str
    datacontenttype: Literal["application/json"]
    sequence: str
    data: dict[str, Any]


@with_config(Exact)
class WebhookTold(TypedDict):
    """A webhook without its secret. `cursor`: up to which event messages were made; `waiting`, `dead`: messages."""

    id: int
    name: str
    url: str
    under: str | None
    campaigns: list[int] | None
    types: list[str] | None
    state: str
    why: str | None
    cursor: str
    waiting: int
    dead: int
    created: Instant
    by: str


@with_config(Exact)
class WebhooksTold(TypedDict):
    """All of them."""

    items: list[WebhookTold]


@with_config(Exact)
class WebhookMade(TypedDict):
    """A new webhook; its secret is shown this once."""

    webhook: WebhookTold
    secret: str


@with_config(Exact)
class DeliveryTold(TypedDict):
    """One message: events `first` to `last`, what became of it. `id` stands in its webhook-id header."""

    number: int
    id: str
    kind: str
    first: str
    last: str
    events: int
    state: str
    tries: int
    next_try: Instant | None
    queued: Instant
    sent: Instant | None
    status: int | None
    error: str | None


@with_config(Exact)
class Replayed(TypedDict):
    """How many dead messages are sent again."""

    replayed: int
