"""A draw that anybody can repeat: which of a list are drawn follows from the seed and the list alone. Pure.

The method (`METHOD`), in words: take the list's ids without doubles; for each, the SHA-256 of the seed, one line
feed and the id, all in UTF-8; order by that digest, then by the id; the first n are drawn. n is the percentage of
the list's length, rounded up. The hash of a list is the SHA-256 of its ids in the order of their bytes, a line feed
after each. Nothing in it depends on a machine, a database or a version of Python.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from states.errors import Fault, Faulty

METHOD = "sha256-1"
MOST = 200_000
LONGEST_SEED = 100
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:#-]{0,63}")
MOBILE = re.compile(r"1[3-9]\d{9}")
CARD = re.compile(r"\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FAULTS_SHOWN = 20
PERSONAL = "像是身份证号；清单里只能写编号（如病案号），不能有姓名、身份证号、电话等个人信息"
NO_ID = "不是编号；清单每行只写一个编号（字母、数字和 . _ / : # -），不能有姓名等个人信息"


@dataclass(frozen=True)
class Drawn:
    """One draw: from how many, which, by what seed. `digest` is the hash of the list."""

    seed: str
    population: tuple[str, ...]
    drawn: tuple[str, ...]
    digest: str
    method: str = METHOD


def draw(ids: Iterable[str], number: int, seed: str) -> Drawn:
    """`number` of the ids. Raises Faulty for a seed or a number that can't be."""
    population = tuple(sorted(set(ids), key=lambda one: one.encode()))
    if not seed.strip() or len(seed) > LONGEST_SEED or "\n" in seed:
        raise Faulty([Fault("seed", f"种子应为 1 到 {LONGEST_SEED} 个字，写在一行")])
    if not 1 <= number <= len(population):
        raise Faulty([Fault("count", f"清单共 {len(population)} 个，抽不出 {number} 个")])
    ordered = sorted(population, key=lambda one: (_digest(seed, one), one.encode()))
    return Drawn(seed, population, tuple(ordered[:number]), digest_of(population))


def number_of(size: int, percent: int | None, count: int | None) -> int:
    """How many are drawn of so many: the percentage rounded up, or the number itself."""
    return count if count is not None else -(-size * (percent or 0) // 100)


def digest_of(population: Iterable[str]) -> str:
    """The hash of a list, whatever order it comes in."""
    found = hashlib.sha256()
    for one in sorted(set(population), key=lambda each: each.encode()):
        found.update(f"{one}\n".encode())
    return found.hexdigest()


def _digest(seed: str, one: str) -> str:
    return hashlib.sha256(f"{seed}\n{one}".encode()).hexdigest()


def checked(lines: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Ids of a list that was handed in as (place, text), and warnings. Raises Faulty with every line that is no id."""
    faults, warnings, ids = [], list[str](), list[str]()
    for place, text in lines:
        if not ID.fullmatch(text):
            faults.append(Fault(place, NO_ID))
        elif is_card(text):
            faults.append(Fault(place, PERSONAL))
        else:
            ids.append(text)
    if not lines:
        faults.append(Fault("list", "清单是空的；每行写一个编号"))
    if len(lines) > MOST:
        faults.append(Fault("list", f"清单有 {len(lines)} 行，最多 {MOST} 行"))
    if faults:
        more = len(faults) - FAULTS_SHOWN
        rest = [Fault("list", f"另有 {more} 行有同类问题")] if more > 0 else []
        raise Faulty([*faults[:FAULTS_SHOWN], *rest])
    if phones := sum(1 for one in ids if MOBILE.fullmatch(one)):
        warnings.append(f"有 {phones} 个编号像是手机号；若是，请换成编号后再抽：清单会长期保存")
    if doubled := len(ids) - len(set(ids)):
        warnings.append(f"有 {doubled} 个编号重复，只算一次")
    return ids, warnings


def is_card(text: str) -> bool:
    """Whether it is a resident's identity number, check digit and all."""
    if not CARD.fullmatch(text):
        return False
    added = sum(int(digit) * weight for digit, weight in zip(text[:17], WEIGHTS, strict=True))
    return "10X98765432"[added % 11] == text[17].upper()
