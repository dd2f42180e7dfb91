"""The errors a person can read. One small tree; the docstring of a class is the title of its message.

DubanError
├── Refused          the rules say no; carries every reason, and the places to set where there are such
│   ├── Conflict     somebody else was faster
│   │   └── KeyReused  one key for two different requests
│   └── NotAllowed   outside the asker's scope
├── NotKnown         who somebody is could not be shown
├── TooMany          so many tries that we listen to no more for a while
├── NotFound
├── TooLarge         more bytes than are taken
├── NoRoom           the disk takes no more
└── Faulty           the input is wrong; carries every fault with its place
    └── BadSetting
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Fault:
    """One thing wrong in an input: where it stands, what is wrong, what to do."""

    place: str
    says: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"第{self.line}行 {self.place}" if self.line else self.place
        return f"{where}：{self.says}" if where else self.says


class DubanError(Exception):
    """出错了"""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def title(self) -> str:
        return (type(self).__doc__ or "").strip().splitlines()[0]


class Refused(DubanError):
    """不能这样做"""

    def __init__(self, *refusals: str, places: Iterable[str] = ()) -> None:
        super().__init__("；".join(refusals))
        self.refusals = list(refusals)
        self.places = list(dict.fromkeys(places))


class Conflict(Refused):
    """内容已被他人更改"""


class KeyReused(Conflict):
    """同一个 Idempotency-Key 用于不同的请求"""


class NotAllowed(Refused):
    """无权限"""


class NotKnown(DubanError):
    """登录不成功"""


class TooMany(DubanError):
    """次数过多"""

    def __init__(self, detail: str, wait: int = 900) -> None:
        """`wait`: seconds after which it may be tried again."""
        super().__init__(detail)
        self.wait = wait


class NotFound(DubanError):
    """找不到"""


class TooLarge(DubanError):
    """内容太大"""


class NoRoom(DubanError):
    """存不下"""


class Faulty(DubanError):
    """内容有误"""

    def __init__(self, faults: Iterable[Fault | str]) -> None:
        self.faults = [fault if isinstance(fault, Fault) else Fault("", fault) for fault in faults]
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def told_at(self, places: Mapping[str, str], other: str = "") -> None:
        """Tell the same of other places: old → new; `other`: for those that are not named, where not empty."""
        self.faults = [replace(one, place=places.get(one.place, other or one.place)) for one in self.faults]
        self.detail = "\n".join(map(str, self.faults))


class BadSetting(Faulty):
    """设置有误"""
