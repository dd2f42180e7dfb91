"""Checks a journal line by line, as it comes out of an export, and stops at the first thing that is not as sealed.

Lines are dicts with one key that says what they are: `journal` (the head), `key`, `batch`, then its `row`s, `root`,
after the last batch the rows that are `unsealed`, and `end`. A `row` that is sealed brings its `leaf` and its `salt`,
one from which something was erased `erased` (the commitment that its salt made) and a `salt` for what is left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from states.chain import roots
from states.chain.batches import FIELDS, START, members, sealed
from states.chain.leaves import PLAIN, SAID, commitment, leaf
from states.chain.roots import Root

ERASED = "person.erased"  # the fact that states what is left of rows
KEPT = "另行保存的根"
_ROW = {*PLAIN, *SAID, "leaf", "salt"}
_BATCH = {*FIELDS, "hash"}


@dataclass(frozen=True)
class Broken:
    """The first thing that is wrong: the row (or the first row of what is wrong), its batch, and what."""

    says: str
    row: int | None = None
    batch: int | None = None


@dataclass
class Checked:
    """What a check found. `signed`: rows up to the last root that was signed with a key that is trusted."""

    rows: int = 0
    batches: int = 0
    unsealed: int = 0
    erased: int = 0
    roots: int = 0
    signed: int = 0
    signed_at: str | None = None
    head: str = START
    oldest_unsealed: str | None = None
    broken: Broken | None = None
    keys: list[str] = field(default_factory=list)


class _Stop(Exception):  # carries the one finding out of the reading
    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.says)
        self.broken = broken


def check(
    lines: Iterable[Mapping[str, Any]],
    *,
    trusted: Mapping[str, bytes] | None = None,
    kept: Sequence[Root] = (),
) -> Checked:
    """Read all lines. `trusted`: public keys (None: those that the journal names itself, which proves less); `kept`:
    roots that were kept elsewhere.
    """
    checker = _Checker(trusted, kept)
    try:
        checker.read(lines)
    except _Stop as stop:
        checker.found.broken = stop.broken
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        says = f"读不懂：{type(error).__name__}: {error}"
        checker.found.broken = Broken(says, checker.row, checker.batch)
    return checker.found


def parsed(text: Iterable[str]) -> Iterator[Any]:
    """The lines of a file."""
    return map(json.loads, text)


class _Open:
    """A batch whose rows are being read."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told
        self.leaves = hashlib.sha256()
        self.count = 0
        self._expected = members(told["members"])
        self.wanted = next(self._expected, None)

    def take(self, digest: bytes) -> None:
        self.leaves.update(digest)
        self.count += 1
        self.wanted = next(self._expected, None)


class _Checker:
    def __init__(self, trusted: Mapping[str, bytes] | None, kept: Sequence[Root]) -> None:
        self.found = Checked()
        self.row: int | None = None
        self.batch: int | None = None
        self._open: _Open | None = None
        self._last = 0
        self._trusted = trusted
        self._keys: dict[str, bytes] = dict(trusted or {})
        self._nth = max((one.nth for one in kept), default=0)
        self._kept = {one.batch: one for one in sorted(kept, key=lambda one: one.batch)}
        self._left: dict[int, str] = {}
        self._stated: dict[int, str] = {}

    def read(self, lines: Iterable[Mapping[str, Any]]) -> None:
        source = iter(lines)
        for root in self._kept.values():
            self._signed(root, KEPT)
        if "journal" not in next(source, {}):
            self._stop("开头不是流水导出文件的第一行")
        for line in source:
            ((what, value),) = line.items()
            if what == "end":
                self._close()
                self._end(value, source)
                return
            self._line(what, value)
        self._stop("没有结尾：后面的内容被截去", self._last + 1)

    def _line(self, what: str, value: Any) -> None:
        if what == "row" and self._open is not None:
            self._member(self._open, value)
            return
        self._close()
        self.row = None
        known: dict[str, Callable[[Any], None]] = {
            "key": self._key,
            "batch": self._begin,
            "root": lambda line: self._root(roots.read(line)),
            "unsealed": self._tail,
        }
        stray = partial(self._stray, what)
        known.get(what, stray)(value)

    # -- batches --------------------------------------------------------------------------------------

    def _begin(self, batch: Mapping[str, Any]) -> None:
        self.batch = batch["no"]
        self._head(batch)
        self._open = _Open(batch)

    def _member(self, batch: _Open, row: Mapping[str, Any]) -> None:
        self._is(row, batch.wanted)
        batch.take(self._leaf(row))
        self._last = row["id"]

    def _close(self) -> None:
        """All rows of the batch have been read: is it what was sealed?"""
        if self._open is None:
            return
        batch, told = self._open, self._open.told
        if batch.wanted is not None:
            self._stop("这一行被删去", batch.wanted)
        if batch.count != told["rows"] or sealed(told, batch.leaves.digest()) != told["hash"]:
            self._stop("这一批的哈希与内容不符：批次的记载被改过，或各行的摘要一同被换过", told["first"])
        self._open = None
        self._sealed(told)

    def _head(self, batch: Mapping[str, Any]) -> None:
        if self.found.unsealed or set(batch) != _BATCH:
            self._stop("批次的记载被改过，或次序被调换", self._last + 1)
        if batch["no"] != self.found.batches + 1:
            says = f"应是第 {self.found.batches + 1} 批，却是第 {batch['no']} 批：有批次被删去、插入或调换"
            self._stop(says, self._last + 1)
        if batch["prev"] != self.found.head or batch["first"] != self._last + 1:
            self._stop("与前一批接不上：前面的批次被改过", batch["first"])
        if batch["total"] != self.found.rows + batch["rows"]:
            self._stop("累计行数不对：批次的记载被改过", batch["first"])

    def _is(self, row: Mapping[str, Any], wanted: int | None) -> None:
        """The row must be the one that was sealed at this place."""
        self.row = row["id"]
        if wanted == row["id"] and "leaf" in row:
            if row.get("gone"):
                self._stop("这一行被删去", wanted)
            return
        if wanted is not None and row["id"] > wanted and "leaf" in row:
            self._stop("这一行被删去，或次序被调换", wanted)
        self._stop("这一行不在封存之列：是后来插入的，或次序被调换", row["id"])

    def _leaf(self, row: Mapping[str, Any]) -> bytes:
        if row.get("salt") is None:
            self._stop("这一行的密钥不见了，没有抹除的记载", row["id"])
        if set(row) - {"erased"} != _ROW:
            self._stop("这一行多了或少了栏目：被改过", row["id"])
        said = commitment(bytes.fromhex(row["salt"]), row)
        if "erased" in row:
            self._left[row["id"]] = said.hex()
            said = bytes.fromhex(row["erased"])
        if row["kind"] == ERASED:
            self._state(row)
        found = leaf(row, said)
        if found.hex() != row["leaf"]:
            self._stop("这一行的内容与封存时不同：被改过", row["id"])
        return found

    def _state(self, fact: Mapping[str, Any]) -> None:
        for key, digest in (fact["payload"] or {}).get("rows", ()):
            self._stated[key] = digest

    def _sealed(self, batch: Mapping[str, Any]) -> None:
        self._last = batch["last"]
        self.found.batches, self.found.rows = batch["no"], batch["total"]
        self.found.head = batch["hash"]
        kept = self._kept.pop(batch["no"], None)
        if kept is not None:
            self._agrees(kept, KEPT)

    # -- roots and keys -------------------------------------------------------------------------------

    def _key(self, text: str) -> None:
        named = roots.public_keys(text)
        self.found.keys += named
        if self._trusted is None:
            self._keys |= named

    def _root(self, root: Root) -> None:
        if root.nth != self.found.roots + 1:
            self._stop(f"应是第 {self.found.roots + 1} 个根，却是第 {root.nth} 个：有根被删去或插入")
        self._signed(root, "根")
        self._agrees(root, "根")
        self.found.roots = root.nth
        self.found.signed, self.found.signed_at = root.rows, root.at

    def _signed(self, root: Root, name: str) -> None:
        if root.key not in self._keys and name == "根":
            self._stop(f"第 {root.batch} 批的根用不受信任的密钥 {root.key} 签名")
        if root.key in self._keys and not roots.genuine(root, self._keys):
            self._stop(f"第 {root.batch} 批的{name}签名不对：根被改过")

    def _agrees(self, root: Root, name: str) -> None:
        if root.batch != self.found.batches:
            self._stop(
                f"{name}说到第 {root.batch} 批，流水只到第 {self.found.batches} 批：后面被截去",
                self._last + 1,
            )
        if (root.head, root.rows, root.last) != (self.found.head, self.found.rows, self._last):
            self._stop(f"第 {root.batch} 批与{name}（{root.at}）不符：此前的流水整个被换过", 1)

    # -- the end --------------------------------------------------------------------------------------

    def _tail(self, row: Mapping[str, Any]) -> None:
        self.row = row["id"]
        if row["id"] <= self._last:
            self._stop("未封存的行排错了位置", row["id"])
        self.found.unsealed += 1
        self.found.oldest_unsealed = self.found.oldest_unsealed or row["at"]
        if row["kind"] == ERASED:
            self._state(row)

    def _end(self, told: Mapping[str, Any], rest: Iterator[Mapping[str, Any]]) -> None:
        self.row = None
        for root in self._kept.values():
            self._agrees(root, KEPT)
        if self._nth > self.found.roots:
            self._stop(f"另行保存的是第 {self._nth} 个根，流水里只有 {self.found.roots} 个：有根被删去")
        counted = (self.found.batches, self.found.rows, self.found.unsealed)
        if (told["batches"], told["rows"], told["unsealed"]) != counted:
            self._stop("结尾的数目与内容不符：后面的内容被截去", self._last + 1)
        if next(rest, None) is not None:
            self._stop("结尾之后还有内容")
        self.found.erased = len(self._left)
        for key, left in sorted(self._left.items()):
            if self._stated.get(key) != left:
                self._stop("这一行说是依法抹除过，流水中却没有相符的抹除记载", key)

    def _stray(self, what: str, value: Any) -> None:
        row = value.get("id") if isinstance(value, dict) else None
        self._stop(f"这里不该有“{what}”：被插入，或次序被调换", row)

    def _stop(self, says: str, row: int | None = None) -> None:
        raise _Stop(Broken(says, row, self.batch if row is not None else None))
