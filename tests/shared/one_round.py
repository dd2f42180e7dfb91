"""Everything that is due at a moment, as the clocks do it one after the other."""

from __future__ import annotations

from datetime import datetime

from states.records import rounds
from states.records.outbox import MailHours
from states.records.rounds import Delivered, Send
from states.records.session import Store


def cycle(store: Store, send: Send, now: datetime, hours: MailHours, who: str) -> Delivered:
    """What is due is decided, then what is owed is delivered."""
    rounds.decide(store, now, hours)
    return rounds.deliver(store, send, now, who, hours)
