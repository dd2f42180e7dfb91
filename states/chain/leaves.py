"""The digest of one row of the journal.

What a row says of people may have to go one day and its digest must not change then. So the digest covers a
commitment to those fields, made with a salt of the row's own: as long as the salt is there anybody can check the
fields, and once both are gone nobody can guess from the commitment what they were.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

PLAIN = ("id", "at", "kind", "campaign_id", "unit_id", "item_id")
SAID = ("actor", "before", "after", "reason", "payload")
SALT_BYTES = 16
LEAF_BYTES = 32

_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: Any) -> bytes:
    """The one way in which a JSON value is written before it is hashed."""
    return _text(value).encode()


def commitment(salt: bytes, row: Mapping[str, Any]) -> bytes:
    """Binds what the row says; tells nothing to whoever has not the salt. Of a row from which something was erased it
    is made twice: of what it said, which the chain holds, and with a new salt of what is left, which the fact of the
    erasure holds.
    """
    return hmac.digest(salt, canonical([row[name] for name in SAID]), "sha256")


def leaf(row: Mapping[str, Any], committed: bytes) -> bytes:
    """The digest of the row that the chain holds."""
    return hashlib.sha256(canonical([row[name] for name in PLAIN]) + committed).digest()
