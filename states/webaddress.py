"""Addresses of web servers, as settings name them. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_here(url: str) -> bool:
    """Whether an address leads nobody but this machine anywhere."""
    host = urlsplit(url).hostname or ""
    try:
        found = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".localdomain"))
    return found.is_loopback or found.is_unspecified


def is_safe(url: str) -> bool:
    """Whether secrets may be sent there: over https, or not beyond this machine."""
    return is_web(url) and (url.startswith("https://") or is_here(url))


def is_web(url: str) -> bool:
    """Whether this can be the address of a web server."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
