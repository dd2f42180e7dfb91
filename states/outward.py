"""Which addresses on the network this service may call when somebody else names them. Pure: it resolves nothing.

A name is judged by what it resolves to, at the moment of the call, and that very address is connected to. So what
matters is the judgement of an address; what is wrong in the text of an address is said early, for whoever typed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from states.errors import Fault, Faulty

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LONGEST = 2_000
PORTS = {"https": 443, "http": 80}
FREE_PORTS = 1024  # from here on; below only the two of the web, so that nobody lets us talk to a mail server
_NAT64 = ip_network("64:ff9b::/96")
_PLAIN = re.compile(r"[!-~]+")
_NUMBERS = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?", re.IGNORECASE)
INSIDE = "{address} 是内部地址，不能推送；确实要推送到这里的，由管理员把它列入 DUBAN_WEBHOOK_NETWORKS"
BARE = "{address} 不在 DUBAN_WEBHOOK_NETWORKS 中，只能用 https 推送"


@dataclass(frozen=True)
class Target:
    """Where to connect, and what to ask for there."""

    secure: bool
    host: str
    port: int
    path: str


def networks(text: str) -> tuple[Network, ...]:
    """`10.20.0.0/16, 127.0.0.1` as networks; raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def target(url: str, trusted: Sequence[Network]) -> Target:
    """What an address says; raises Faulty with the reason for one that can't be called whatever it resolves to."""
    said = _why_not(url, trusted)
    if said:
        raise Faulty([Fault("url", said)])
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, parts.port or PORTS[parts.scheme], path)


def refusal(address: str, trusted: Sequence[Network], *, secure: bool) -> str | None:
    """Why this address must not be connected to; None where it may."""
    found = _real(ip_address(address))
    if any(found in network for network in trusted):
        return None
    if not all(_outside(one) for one in _meant(found)):
        return INSIDE.format(address=address)
    return None if secure else BARE.format(address=address)


def _why_not(url: str, trusted: Sequence[Network]) -> str | None:
    if len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url:
        return f"应为一个网址，最多 {LONGEST} 个字符，没有空格和中文（中文域名用 xn-- 写法）"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "网址写法不对"
    if parts.scheme not in ("https", "http") or not host:
        return "应写作 https://主机/路径"
    if parts.scheme == "http" and not trusted:
        return "只能用 https；内部网络中用 http 的，由管理员先设好 DUBAN_WEBHOOK_NETWORKS"
    if "@" in parts.netloc or parts.fragment:
        return "网址中不能有用户名、密码和 # 后的部分；对方凭签名核对"
    if port == 0 or (port is not None and port not in PORTS.values() and port < FREE_PORTS):
        return "端口只能用 443、80 或 1024 以上的"
    return _bad_number(host, trusted, secure=parts.scheme == "https")


def _bad_number(host: str, trusted: Sequence[Network], *, secure: bool) -> str | None:
    """A host of digits is an address, and written as one: 2130706433 and 0177.1 are 127.0.0.1 to some."""
    try:
        return refusal(host.partition("%")[0], trusted, secure=secure)
    except ValueError:
        return "地址写法不对，应写作 192.0.2.1" if _NUMBERS.fullmatch(host) else None


def _real(found: Address) -> Address:
    """Where a connection really goes: IPv4 in the clothes of IPv6 is IPv4, mapped or by a gateway (NAT64)."""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFF_FFFF)
    return found


def _meant(found: Address) -> Iterator[Address]:
    """The address, and one that is hidden in it for a gateway to unpack."""
    yield found
    if isinstance(found, IPv6Address) and found.sixtofour is not None:
        yield found.sixtofour


def _outside(one: Address) -> bool:
    """Whether it lies on the public network: no machine's own, no link's, no house's, and nothing kept for other uses
    (where the old ways to hide IPv4 in IPv6 lie too).
    """
    inside = isinstance(one, IPv6Address) and one.is_site_local
    return one.is_global and not (inside or one.is_multicast or one.is_reserved)
