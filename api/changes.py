"""What changed since: the feed page by page, and as a stream."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from anyio import to_thread
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from api import answers
from api.deps import AtDesk, Desk, Limit
from api.following import MEDIA_TYPE, Stream
from states.records import commit_order, feed, published
from states.records.told.changes import EventTold

router = APIRouter(prefix="/api/v1/changes", tags=["变化"])

BATCH = "application/cloudevents-batch+json"
NEXT = "Duban-Next"
Number = r"^[0-9]{1,18}$"
After = Annotated[str, Query(pattern=Number, description="看过的最后一条的序号；0 为从头")]
Types = Annotated[
    list[str] | None,
    Query(alias="type", max_length=50, description="只要这几类，如 duban.unit.moved、duban.obligation.*"),
]


@router.get(
    "",
    summary="某个序号之后的变化",
    response_model=list[EventTold],
    responses={200: {"content": {BATCH: {}}, "headers": {NEXT: {"schema": {"type": "string"}}}}},
)
def changes(desk: AtDesk, after: After = "0", limit: Limit = 100, types: Types = None) -> Response:
    """CloudEvents 1.0，一批；序号不断、不重、不回头。下一批从 Duban-Next（也在 Link 头里）起；与 after 相同即已读完。

    看不到的变化不在其中，但序号照样前移，所以一批可以很短，甚至是空的。
    """
    chosen = published.checked(types, "query.type")
    commit_order.advance(desk.house.store)
    with desk.read() as session:
        found = feed.page(session, desk.scope, int(after), limit, desk.house.settings.source, types=chosen)
    query = urlencode(
        [("after", str(found.next)), ("limit", str(limit)), *(("type", one) for one in types or ())]
    )
    answer = answers.conditional(desk.request, answers.dumped(found.events))
    answer.headers["Link"] = f'<{quote(desk.request.scope["path"])}?{query}>; rel="next"'
    answer.headers[NEXT] = str(found.next)
    if answer.status_code == 200:
        answer.headers["Content-Type"] = BATCH
    return answer


@router.get(
    "/stream",
    summary="变化，随到随送",
    response_class=Response,
    responses={200: {"description": "server-sent events", "content": {MEDIA_TYPE: {}}}},
)
async def stream(
    desk: AtDesk,
    after: Annotated[str | None, Query(pattern=Number, description="同上；不写则从现在起")] = None,
    types: Types = None,
    last_event_id: Annotated[str | None, Header(pattern=Number, description="断线前的最后一个 id")] = None,
) -> Response:
    """每条一个事件，id 为序号，data 为 CloudEvent。断线重连时浏览器自己带上 Last-Event-ID，从那里接着送，不漏不重。"""
    chosen = published.checked(types, "query.type")
    following = desk.house.following
    asked = last_event_id or after
    start = await to_thread.run_sync(_start, desk, int(asked) if asked else None)
    return Stream(following, desk.scope.key_id, desk.still, start, desk.house.settings.source, chosen)


def _start(desk: Desk, asked: int | None) -> int:
    """Where to begin: what was asked, or now. Raises Faulty for a number that was never given."""
    commit_order.advance(desk.house.store)
    with desk.read() as session:
        if asked is None:
            return commit_order.head(session)
        feed.page(session, desk.scope, asked, 1, "", until=asked)
    return asked
