"""What is logged while a test runs, as JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from states import loglines
from states.loglines import Json

Lines = list[dict[str, Any]]


class Kept(logging.Handler):
    """Lines as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Json())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@contextmanager
def kept_lines() -> Iterator[Lines]:
    """Every line from now on, our own from INFO on."""
    root, ours, handler = logging.getLogger(), logging.getLogger(loglines.OURS), Kept()
    before = ours.level
    root.addHandler(handler)
    ours.setLevel("INFO")
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)
