"""Passwords: argon2id, a rule that a person can follow, first ones that are read out once."""

from __future__ import annotations

import ctypes
import secrets
import sys
import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from states.errors import Fault, Faulty

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST, LONGEST = 10, 128
DIFFERENT = 5  # characters that are not all the same few
MEMORY_KIB, ROUNDS, LANES = 19_456, 2, 1  # what OWASP asks of argon2id; 20 MB while one is computed
AT_ONCE = 2  # computed side by side, so that a crowd at the door does not take the memory
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "qwerty",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "iloveyou",
        "woaini",
        "admin",
        "administrator",
        "letmein",
        "welcome",
        "changeme",
        "abc123",
        "123abc",
        "a123456",
        "123456a",
        "123456",
        "12345678",
        "123456789",
        "1234567890",
        "0123456789",
        "987654321",
        "1qaz2wsx",
        "1q2w3e4r",
        "qazwsx",
        "zaq12wsx",
        "111111",
        "000000",
        "666666",
        "888888",
        "112233",
        "123123",
        "5201314",
        "duban",
        "secret",
        "test",
        "guest",
        "root",
    ]
)
_turns = threading.BoundedSemaphore(AT_ONCE)


def hashed(password: str) -> str:
    """As it is kept."""
    with _turns:
        return _hasher().hash(_normal(password))


def _give_back() -> None:
    """What a hash took goes back to the system: glibc would keep 20 MB for every thread that has computed one."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(
            -3, 1 << 20
        )  # M_MMAP_THRESHOLD: from 1 MB on, apart, and no longer moved by what is freed


def verify(kept: str | None, password: str) -> bool:
    """Whether it is the password. For an account that has none, or that there is not, the same work is done in vain."""
    with _turns:
        spare = _nobody()
        good = _hasher().verify(_normal(password), kept or spare)
    return good and kept is not None


def check(password: str, *about: str) -> None:
    """Raises Faulty with every reason why this is no password for somebody with these names."""
    says = list(_weak(_normal(password), [one.casefold() for one in about]))
    if says:
        raise Faulty([Fault("password", one) for one in says])


def first() -> str:
    """One to be read out once: 80 bits, in groups."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _weak(password: str, about: list[str]) -> list[str]:
    said = []
    low = password.casefold()
    if len(password) < SHORTEST:
        said.append(f"至少 {SHORTEST} 个字符")
    if len(password) > LONGEST:
        said.append(f"最多 {LONGEST} 个字符")
    if len(set(password)) < DIFFERENT:
        said.append(f"至少有 {DIFFERENT} 个不同的字符")
    if any(len(one) > 2 and one in low for one in about):
        said.append("不能含有登录名或姓名")
    if _bare(low) in COMMON or low in COMMON:
        said.append("太常见，容易被猜到")
    return said


def _bare(low: str) -> str:
    """Without what people put around a common word."""
    return low.strip("0123456789!@#$%^&*._-+=? ") or low.strip("!@#$%^&*._-+=? ")


def _normal(password: str) -> str:
    """The same on every keyboard."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHash:
    _give_back()
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(ROUNDS, MEMORY_KIB, LANES),))


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return _hasher().hash(secrets.token_urlsafe(32))
