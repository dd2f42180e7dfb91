"""One at a time, in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A lock that is handed on to whoever has waited longest.

    A plain lock goes to whoever is quickest: a round that writes mail after mail takes it again before anybody who waits
    has woken, and people at the door wait for minutes.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def acquire(self, timeout: float) -> bool:
        """Wait for one's turn; False where it has not come after so many seconds."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            if mine.wait(timeout):
                return True
        except BaseException:  # interrupted: nobody may wait for one who is gone
            if not self._left(mine):
                self.release()
            raise
        return not self._left(mine)

    def _left(self, mine: threading.Event) -> bool:
        """Leave the queue; False where one's turn came at the last moment."""
        with self._guard:
            if mine.is_set():
                return False
            self._waiting.remove(mine)
            return True

    def release(self) -> None:
        """Let the next one."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
