"""What a request brings: who asks, its moment, its access to the record. Closed unless a key or a session opens it.

A route takes a `Desk`; `desk.read()` and `desk.write()` are whole transactions, so that what was written is
committed before the answer goes out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api import answers, identity, rights, weights
from api.house import House
from api.problems import NoKey
from states.errors import Fault, Faulty, NotAllowed
from states.records import once
from states.records.asker import Scope
from states.records.outbox import MailHours
from states.records.sittings import Sitting

LONGEST_KEY = 200

CampaignId = Annotated[int, Path(ge=1, le=2**31 - 1, description="专项行动编号")]
ObligationId = Annotated[int, Path(ge=1, le=2**63 - 1, description="应办事项编号")]
Code = Annotated[str, Path(max_length=100, description="单位代码")]
Cursor = Annotated[str, Query(pattern=r"^[0-9]{1,18}$", description="上一页的 next；不写则从头开始")]
Limit = Annotated[int, Query(ge=1, le=500, description="每页最多几条")]

AsOf = Annotated[
    str | None, Query(max_length=40, description="当时的情况：日期（当天结束时）或带时区的时刻，一小时以前")
]


@dataclass(frozen=True)
class Desk:
    """One request: who asks (`scope`), when (`now`, read once), and of what (`house`)."""

    house: House
    scope: Scope
    now: datetime
    request: Request
    digest: str = ""
    sitting: Sitting | None = None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that writes nothing."""
        with self.house.store.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end of the block. Raises NotAllowed for a key that only reads."""
        self.scope.check_write()
        with self.house.store.write() as session:
            yield session

    def still(self) -> Scope | None:
        """Who asks, as that stands now; None where he may do no such thing any more. That he waits is no sign of life."""
        header = self.request.headers.get("authorization")
        key = None if header is None else identity.bearer(header)
        try:
            found = identity.look(self.request, self.house, self.house.time.read(), key, noted=False)
            rights.check(found.scope, found.sitting, rights.needed(self.request))
        except (NoKey, NotAllowed):
            return None
        return found.scope

    @property
    def hours(self) -> MailHours:
        """When ordinary mail goes out."""
        settings = self.house.settings
        return MailHours(settings.zone, settings.mail_opens, settings.mail_closes)

    def tell(self, content: Mapping[str, Any], following: str | None = None) -> Response:
        """An answer to a GET; `following`: cursor of the next page. The moment it was asked does not change its tag."""
        body = answers.dumped(content)
        tagged = answers.dumped({**content, "as_of": None}) if "as_of" in content else body
        return answers.conditional(self.request, body, tagged, following)

    def tried(self, work: Callable[[Session], Any]) -> Response:
        """What `work` would do, for those who may do it: it is done in its turn, and nothing of it stays."""
        self.scope.check_write()
        with self.house.store.trial() as session:
            return answers.plain(answers.dumped(work(session)))

    def drafted(self, work: Callable[[Session], Any]) -> Response:
        """What `work` works out without writing, for those who may do what it is about."""
        self.scope.check_write()
        with self.read() as session:
            return answers.plain(answers.dumped(work(session)))

    def once_only(self, work: Callable[[Session], Any], status: int = 200) -> Response:
        """Do `work` in one transaction; its answer is kept nowhere. Raises Faulty where an Idempotency-Key asks for that."""
        if "idempotency-key" in self.request.headers:
            raise Faulty([Fault("Idempotency-Key", "这里的回答不作留存，请不要附 Idempotency-Key")])
        with self.write() as session:
            body = answers.dumped(work(session))
        answer = answers.plain(body, status)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def once(self, work: Callable[[Session], Any], status: int = 200, *, dry_run: bool = False) -> Response:
        """Do `work` in one transaction and answer what it returns; `dry_run`: see `tried`.

        With an Idempotency-Key the same request gets the answer it got before. What is refused leaves no trace,
        so the same key may be tried again.
        """
        if dry_run:
            return self.tried(work)
        key = self.request.headers.get("idempotency-key")
        with self.write() as session:
            if key is None:
                return answers.plain(answers.dumped(work(session)), status)
            before = once.begin(session, self.scope.key_id, _checked(key), self.digest, self.now)
            if before is not None:
                return answers.plain(before.body, before.status, again=True)
            body = answers.dumped(work(session))
            once.finish(session, self.scope.key_id, key, status, body)
        return answers.plain(body, status)


class Gate(SecurityBase):
    """The one way in: who asks, whether he may do such a thing, and the moment. Raises NoKey, NotAllowed, Faulty."""

    def __init__(self, *, whole: bool = True) -> None:
        """`whole`: the body may be read at once; otherwise the route reads it as it comes, and digests it itself."""
        self._whole = whole
        self.model = HTTPBearer(description="duban_…，由 duban key create 生成，只显示一次")
        self.scheme_name = "key"

    async def __call__(self, request: Request) -> Desk:
        house: House = request.app.state.house
        _check_text(request)
        _check_query(request)
        now = await house.time.now()
        found = await identity.asker(request, house, now)
        request.state.asker = (found.scope, now)
        weights.weigh(request, house.throttle, found.scope)
        rights.check(found.scope, found.sitting, rights.needed(request))
        again = self._whole and "idempotency-key" in request.headers
        digest = await _digest(request) if again else ""
        return Desk(house, found.scope, now, request, digest, found.sitting)


gate = Gate()
AtDesk = Annotated[Desk, Depends(gate)]
AtOpenDesk = Annotated[Desk, Depends(Gate(whole=False))]


def _check_text(request: Request) -> None:
    """A zero byte is no text; databases refuse it each in their own way."""
    scope = request.scope
    if "\0" in scope["path"] or b"%00" in scope["query_string"] or b"\0" in scope["query_string"]:
        raise Faulty([Fault("地址", "含有不能用的字符")])


def _check_query(request: Request) -> None:
    """What a route does not know it must not pass over in silence."""
    if not request.scope["query_string"]:
        return
    route: APIRoute = request.scope["route"]
    known = tuple(_names(route.dependant))
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        offered = f"；可用的有 {'、'.join(known)}" if known else ""
        raise Faulty([Fault(f"query.{name}", f"没有这个参数{offered}") for name in unknown])


def _names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from (one.alias or name for name, one in model.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from _names(inner)


async def _digest(request: Request) -> str:
    """The same for the same request: method, address, body."""
    parts = (request.method.encode(), request.scope["path"].encode(), request.scope["query_string"])
    return hashlib.sha256(b"\n".join([*parts, await request.body()])).hexdigest()


def _checked(key: str) -> str:
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Faulty([Fault("Idempotency-Key", f"应为 1 到 {LONGEST_KEY} 个可见的 ASCII 字符")])
    return key
