"""A root: one signed line that stands for the whole journal up to a batch. It can be printed, mailed, kept elsewhere.

    duban-journal-root v1 nth=3 at=2026-12-03T00:00:05+08:00 batch=17 rows=12345 last=12400 head=… key=… sig=…

The signature (Ed25519, base64) is over the text before ` sig=`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from states.errors import DubanError

_LINE = re.compile(
    r"(?P<text>duban-journal-root v1 nth=(?P<nth>\d+) at=(?P<at>\S+) batch=(?P<batch>\d+) rows=(?P<rows>\d+)"
    r" last=(?P<last>\d+) head=(?P<head>[0-9a-f]{64}) key=(?P<key>[0-9a-f]{16})) sig=(?P<sig>[A-Za-z0-9+/=]+)"
)
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----(.+?)-----END PUBLIC KEY-----", re.DOTALL)
_DER = bytes.fromhex("302a300506032b6570032100")  # what stands before the 32 bytes in a PEM


class NoRoot(DubanError):
    """根或公钥读不懂"""


@dataclass(frozen=True)
class Root:
    """What a line says; `rows` and `last`: how many rows are sealed up to its batch, and the number of the last."""

    nth: int
    at: str
    batch: int
    rows: int
    last: int
    head: str
    key: str
    sig: str = ""

    @property
    def text(self) -> str:
        """What is signed."""
        return (
            f"duban-journal-root v1 nth={self.nth} at={self.at} batch={self.batch} rows={self.rows}"
            f" last={self.last} head={self.head} key={self.key}"
        )

    @property
    def line(self) -> str:
        return f"{self.text} sig={self.sig}"


def read(line: str) -> Root:
    """The root in a line. Raises NoRoot."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise NoRoot(f"不是一行流水根（duban-journal-root v1 …）：{line.strip()[:60]}")
    part = found.groupdict()
    numbers = {name: int(part[name]) for name in ("nth", "batch", "rows", "last")}
    return Root(at=part["at"], head=part["head"], key=part["key"], sig=part["sig"], **numbers)


def lines_in(text: str) -> list[Root]:
    """Every root in a text, such as a mail in which one was kept. Raises NoRoot when there is none."""
    found = [read(one.group()) for one in _LINE.finditer(" ".join(text.split()))]
    if not found:
        raise NoRoot("里面没有一行流水根（duban-journal-root v1 …）")
    return found


def key_id(public: bytes) -> str:
    """The short name of a public key, as roots give it."""
    return hashlib.sha256(public).hexdigest()[:16]


def pem(public: bytes) -> str:
    """A public key as a file that other programs read too."""
    body = base64.b64encode(_DER + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"


def public_keys(text: str) -> dict[str, bytes]:
    """The public keys in a text, by name. Raises NoRoot when there is none."""
    found = {}
    for body in _PEM.findall(text):
        try:
            der = base64.b64decode("".join(body.split()), validate=True)
        except binascii.Error as error:
            raise NoRoot("公钥文件已损坏") from error
        if not der.startswith(_DER) or len(der) != len(_DER) + 32:
            raise NoRoot("不是 Ed25519 公钥；请用 duban journal key 给出的")
        found[key_id(der[len(_DER) :])] = der[len(_DER) :]
    if not found:
        raise NoRoot("里面没有公钥（-----BEGIN PUBLIC KEY-----）；请用 duban journal key 给出的")
    return found


def genuine(root: Root, keys: Mapping[str, bytes]) -> bool:
    """Whether one of `keys` signed it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if root.key not in keys:
        return False
    try:
        signature = base64.b64decode(root.sig, validate=True)
        Ed25519PublicKey.from_public_bytes(keys[root.key]).verify(signature, root.text.encode())
    except (InvalidSignature, binascii.Error):
        return False
    return True
