"""Accounts, what they are granted, their sessions."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict

from states.records.told.form import Exact, Instant
from states.records.told.places import Named, Place


@with_config(Exact)
class GrantTold(TypedDict):
    """A role in a place. `campaign` null: in all; `unit` null: the whole tree."""

    id: int
    role: Named
    campaign: int | None
    unit: Place | None
    informants: bool


@with_config(Exact)
class AccountTold(TypedDict):
    """Somebody who may log in. `first_password`: none of their own yet; `linked`: the organisation's log-in leads here."""

    id: int
    login: str
    name: str
    disabled: bool
    first_password: bool
    linked: bool
    grants: list[GrantTold]
    created_at: Instant


@with_config(Exact)
class AccountOpened(TypedDict):
    """An account and a password that is told this once."""

    account: AccountTold
    password: str


@with_config(Exact)
class SessionTold(TypedDict):
    """An open session; `origin`: the network it came from, not the machine."""

    id: int
    way: str
    origin: str
    opened_at: Instant
    seen_at: Instant


@with_config(Exact)
class Myself(TypedDict):
    """Who asks, and what he may. For a key `login`, `acting` (the grant in use) and `ends_at` are null.

    `acts`: kinds of act that the present role has, where the grant reaches.
    """

    name: str
    login: str | None
    acting: int | None
    grants: list[GrantTold]
    acts: list[Named]
    must_change: bool
    ends_at: Instant | None
