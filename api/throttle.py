"""How often somebody may ask, counted in this process.

For each name one number is kept: the instant at which all that it took will have been earned back. Whoever comes
fresh may take a minute's worth at once. Several processes count each for itself, so that a caller whom a proxy sends to all of them
has as many times the rate; what may never be more than it says, the tries of a log-in, is counted in the record.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable

from states import clock
from states.errors import TooMany
from states.rates import Rates
from states.records.asker import Scope
from states.records.attempts import network

WINDOW = 60.0  # seconds for which a rate is given, and whose worth may be taken at once
NAMES = 20_000  # that are kept; beyond it those that have nothing to earn back are forgotten
AT_ONCE = 8  # heavy requests of one asker that run side by side: forty would take every thread there is
SHORTLY = 2  # seconds after which one of them has perhaps ended
GUESTS = 5_000  # tokens that opened something lately
WELCOME = 3_600.0  # seconds in which they are let by though their address is not
TOO_OFTEN = "请求过于频繁，请 {wait} 秒后再试"
TOO_MUCH = f"同时进行的大请求最多 {AT_ONCE} 个，请等前面的完成"
STRANGERS = "这个地址发来的无效请求过多，请 {wait} 秒后再试；登录过的不受影响"

Elapsed = Callable[[], float]


class Allowance:
    """So many a minute for each name; 0: as many as they like."""

    def __init__(self, most: int, elapsed: Elapsed = clock.elapsed) -> None:
        self.most = most
        self._step = WINDOW / most if most else 0.0
        self._elapsed = elapsed
        self._until: dict[object, float] = {}
        self._turn = threading.Lock()

    def take(self, who: object) -> int:
        """One of them; or the seconds to wait, where there is none."""
        if not self.most:
            return 0
        with self._turn:
            now = self._elapsed()
            until = max(self._until.get(who, 0.0), now) + self._step
            if until - now > WINDOW + 1e-6:
                return math.ceil(until - now - WINDOW)
            if len(self._until) >= NAMES:
                self._forget(now)
            self._until[who] = until
        return 0

    def left(self, who: object) -> int:
        """Seconds to wait before the next could be taken; 0: now."""
        with self._turn:
            over = self._until.get(who, 0.0) + self._step - self._elapsed() - WINDOW
        return math.ceil(over) if self.most and over > 1e-6 else 0

    def _forget(self, now: float) -> None:
        """Who has earned everything back; where that is not enough, who took least."""
        kept = sorted((until, repr(who), who) for who, until in self._until.items() if until > now)
        self._until = {who: until for until, _, who in kept[-NAMES // 2 :]}


class Throttle:
    """The allowances of one process."""

    def __init__(self, rates: Rates, elapsed: Elapsed = clock.elapsed) -> None:
        self.requests, self.quick = Allowance(rates.requests, elapsed), Allowance(rates.quick, elapsed)
        self.heavy, self.refused = Allowance(rates.heavy, elapsed), Allowance(rates.refused, elapsed)
        self._running: dict[object, int] = {}
        self._turn = threading.Lock()
        self._elapsed = elapsed
        self._guests: dict[bytes, float] = {}

    def asked(self, scope: Scope, allowance: Allowance) -> None:
        """A request of somebody who is known. Raises TooMany."""
        if wait := allowance.take(scope.key_id):
            raise TooMany(TOO_OFTEN.format(wait=wait), wait)

    def begin(self, scope: Scope) -> Callable[[], None]:
        """A heavy request of somebody; what is returned is called once it has ended. Raises TooMany."""
        who = scope.key_id
        with self._turn:
            if self._running.get(who, 0) >= AT_ONCE:
                raise TooMany(TOO_MUCH, SHORTLY)
            self._running[who] = self._running.get(who, 0) + 1
        return lambda: self._end(who)

    def _end(self, who: object) -> None:
        with self._turn:
            left = self._running.pop(who) - 1
            if left:
                self._running[who] = left

    def check_stranger(self, address: str, token: str | None) -> None:
        """Before anybody looks who it is. Raises TooMany for an address from which too much was refused.

        A token that opened something lately passes: neighbours behind the same address must not suffer.
        """
        wait = self.refused.left(network(address))
        if wait and not (token and self._guests.get(_digest(token), 0.0) > self._elapsed()):
            raise TooMany(STRANGERS.format(wait=wait), wait)

    def stranger(self, address: str) -> None:
        """Somebody at this address was not let in, or asked for what costs us something and anybody may ask for."""
        self.refused.take(network(address))

    def welcome(self, token: str) -> None:
        """It opened something just now."""
        now = self._elapsed()
        if len(self._guests) >= GUESTS:
            self._guests = {one: until for one, until in self._guests.items() if until > now}
        if len(self._guests) < GUESTS:
            self._guests[_digest(token)] = now + WELCOME


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode("utf-8", "surrogateescape"), digest_size=16).digest()
