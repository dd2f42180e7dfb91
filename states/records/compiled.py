"""What SQLAlchemy makes of statements is kept for all stores of a kind in this process, not for each by itself.

A preview and a simulation live in a store of their own, for seconds; turning statements into SQL anew would be a good
part of what they cost.
"""

from __future__ import annotations

import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

STATEMENTS = 1000  # of all kinds together; SQLAlchemy would keep 500 for each engine

Kind = tuple[Any, ...]
_kept: LRUCache[Any, Any] = LRUCache(STATEMENTS)
_dialects: dict[Kind, sa.Dialect] = {}
_turn = threading.Lock()


def share(engine: sa.Engine) -> None:
    """Let `engine`, fresh and never connected, use what other engines of its kind have compiled, and give its own.

    What was compiled is filed under the dialect object that did it, so they share that too: the one of the first that
    connected, since only then a dialect knows what the server can do.
    """
    url = engine.url
    kind = (url.drivername, url.username, url.host, url.port, *sorted(url.query.items()))
    with _turn:
        first = _dialects.get(kind)
    engine.update_execution_options(compiled_cache=_kept)
    if first is not None:
        engine.dialect = first
        return

    @sa.event.listens_for(engine, "connect", once=True)
    def connected(_connection: Any, _record: Any) -> None:
        with _turn:
            _dialects.setdefault(kind, engine.dialect)
