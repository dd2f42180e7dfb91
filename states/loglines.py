"""Lines of the log: for people, or as JSON. Every line says to which request or round it belongs.

Who is meant and what is secret is taken out of every line, whatever it came with: an exception of a driver repeats
values of rows, a key of a mail holds an address.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from states import marks, tracing

WORDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
ABOUT = "about"  # extra={ABOUT: {...}}: fields of a line as JSON
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMS = ("text", "json")
OURS = "duban"
HIDDEN = (
    (re.compile(r"://[^\s/@]+@"), "://…@"),
    (re.compile(r"\bduban_[A-Za-z0-9_-]{16,}"), "duban_…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 …"),
    (re.compile(r"(?i)(cookie['\"]?\s*[:=,]\s*).+"), r"\1…"),  # ours need not be the first of them
    (
        re.compile(
            r"(?i)(?<![a-z0-9])(password|secret|token)(['\"]?\s*[:=]\s*)"
            r"(?:\"[^\"\n]*\"|'[^'\n]*'|['\"]?[^\s'\",;}]+)"
        ),
        r"\1\2…",
    ),
    (re.compile(r"[^\s<>()\[\]{}'\":;,=@]+@[^\s<>()\[\]{}'\":;,=@]+\.[^\W\d_][\w-]*"), "…@…"),
    (re.compile(r"(?<![\w.-])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-])"), "…"),
    (re.compile(r"(?<![\w.-])\d{17}[\dXx](?![\w-])"), "…"),
    (re.compile(r"DETAIL:.*"), "DETAIL: …"),
    (re.compile(r"input_value=.*?(, input_type=)"), r"input_value=…\1"),
)


@dataclass(frozen=True)
class LogForm:
    """How lines are written, and from which level on our own are; those of others from WARNING on."""

    form: str = "text"
    level: str = "WARNING"


PLAIN = LogForm()


def set_up(log: LogForm, *sieves: logging.Filter) -> None:
    """Log to standard error, through `sieves`."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if log.form == "json" else Words(WORDS))
    for sieve in sieves:
        handler.addFilter(sieve)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(log.level)


def bared(text: str) -> str:
    """The same without addresses, telephone and identity numbers, keys, passwords and values of rows."""
    for pattern, instead in HIDDEN:
        text = pattern.sub(instead, text)
    return text


class Words(logging.Formatter):
    """A line for people: the numbers at its end."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        said = " ".join(f"{name}={value}" for name, value in belonging().items())
        line = super().formatMessage(record)
        return f"{line} [{said}]" if said else line

    def format(self, record: logging.LogRecord) -> str:
        return bared(super().format(record))


class Json(logging.Formatter):
    """A line for machines: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": bared(record.getMessage()),
            **belonging(),
            **getattr(record, ABOUT, {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["traceback"] = bared(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def belonging() -> dict[str, str]:
    """The request, the round and the trace of this moment, those there are."""
    present = marks.round_()
    found = {
        "request_id": marks.request(),
        "round": present.job if present else "",
        "round_id": present.number if present else "",
        "trace_id": tracing.trace_id(),
    }
    return {name: value for name, value in found.items() if value}
