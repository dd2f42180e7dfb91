"""A Prefect server asked over HTTP, without Prefect's own client: that costs seconds and 80 MB."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from states import clock
from states.errors import Refused

WITHIN = 10.0  # seconds for an answer


class Unanswered(Refused):
    """Prefect 服务没有答应"""


@dataclass(frozen=True)
class Told:
    """What a server answered, and when by its own clock."""

    status: int
    body: Any
    at: datetime


@dataclass(frozen=True)
class Prefect:
    """A server at `url` (…/api); `auth` is user:password where it asks for one."""

    url: str
    auth: str = ""
    within: float = WITHIN

    def get(self, path: str) -> Told:
        return self._ask("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Told:
        return self._ask("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Told:
        return self._ask("PUT", path, body)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> Told:
        """One request; raises Unanswered when nothing came, or anything but 2xx and 404."""
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        line = kind(parts.hostname or "", parts.port, timeout=self.within)
        try:
            sent = None if body is None else json.dumps(body)
            line.request(method, f"{parts.path.rstrip('/')}/{path}", sent, self._headers())
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(f"Prefect 服务 {self.url} 没有应答：{error}") from error
        finally:
            line.close()
        if answer.status // 100 != 2 and answer.status != http.client.NOT_FOUND:
            said = text.decode("utf-8", "replace")[:300]
            raise Unanswered(f"Prefect 服务 {self.url} 对 {path} 答复 {answer.status}：{said}")
        return Told(answer.status, _read(text), _by_its_clock(answer.headers["Date"]))

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self.auth:
            headers["Authorization"] = "Basic " + base64.b64encode(self.auth.encode()).decode()
        return headers


def _read(text: bytes) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise Unanswered("答复的不是 Prefect 服务，请检查 PREFECT_API_URL") from error


def _by_its_clock(date: str | None) -> datetime:
    return parsedate_to_datetime(date).astimezone(UTC) if date else clock.now()
