"""What every answer tells the browser: guess no type, tell others no address, be framed by nobody, load nothing of others."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = (
    "default-src 'none'; style-src 'self'{styles}; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# `same-origin`: with `no-referrer` a browser would send `Origin: null` with our own forms
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", NOTHING.encode()),
)


def page(*, framed: bool = False) -> str:
    """The policy of a page. `framed`: it shows mails in a sandbox, which bring their own styles (never scripts)."""
    return PAGE.format(styles=" 'unsafe-inline'" if framed else "")


def guard(message: MutableMapping[str, Any]) -> None:
    """Adds what the start of an answer does not say itself."""
    headers = message.setdefault("headers", [])
    said = {name for name, _ in headers}
    headers.extend(one for one in ALWAYS if one[0] not in said)
