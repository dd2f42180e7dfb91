"""Webhooks: set up, watched and tried again by those who see everything. A round sends; nothing is sent from here."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from api.deps import AtDesk, Cursor, Desk, Limit
from api.shapes import NO_ZERO, Code, Reason, Sent
from states.records import commit_order, webhooks
from states.records.told import Page
from states.records.told.changes import DeliveryTold, Replayed, WebhookMade, WebhooksTold, WebhookTold
from states.records.webhooks import Wish

router = APIRouter(prefix="/api/v1/webhooks", tags=["推送"])

Key = Annotated[int, Path(ge=1, le=2**31 - 1, description="推送的编号")]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Type = Annotated[str, Field(max_length=100, pattern=NO_ZERO)]


class Webhook(Sent):
    """Another system to be told."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=NO_ZERO)]
    url: Annotated[
        str,
        Field(max_length=2_000, pattern=NO_ZERO, description="对方的网址，须为 https；端口 443 或 1024 以上"),
    ]
    under: Code | None = Field(default=None, description="只限这个单位及其下级")
    campaigns: Annotated[tuple[Id, ...], Field(min_length=1, max_length=500)] | None = None
    types: Annotated[tuple[Type, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="只要这几类，如 duban.unit.moved、duban.obligation.*"
    )
    after: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = Field(
        default=None, description="从哪个序号之后起；不写则从现在起"
    )


class Why(Sent):
    """A reason."""

    reason: Annotated[Reason, Field(min_length=1)]


class Again(Sent):
    """A dead message; without a number all of them."""

    number: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


@router.get("", summary="推送", response_model=WebhooksTold)
def listed(desk: AtDesk) -> Response:
    """推送给谁、到了哪个序号、有几条在等、几条多次未能送达。网址只显示到问号为止。"""
    webhooks.check_whole(desk.scope)
    with desk.read() as session:
        return desk.tell({"items": webhooks.listed(session, desk.house.settings.zone)})


@router.post("", summary="新建推送", status_code=201, response_model=WebhookMade)
def add(desk: AtDesk, sent: Webhook) -> Response:
    """签名密钥（whsec_…）只在这里显示一次。同名的不能再建，所以重复请求不会建出两个。"""
    webhooks.check_whole(desk.scope, write=True)
    settings = desk.house.settings
    commit_order.advance(desk.house.store)
    after = int(sent.after) if sent.after is not None else None
    wish = Wish(sent.name, sent.url, sent.under, sent.campaigns, sent.types, after)
    return desk.once_only(
        lambda session: webhooks.made(
            session, wish, settings.trusted_networks, desk.now, desk.scope.actor, settings.zone
        ),
        201,
    )


@router.get("/{hook_id}", summary="一个推送", response_model=WebhookTold)
def one(desk: AtDesk, hook_id: Key) -> Response:
    """同上。"""
    webhooks.check_whole(desk.scope)
    with desk.read() as session:
        return desk.tell(webhooks.one(session, desk.house.settings.zone, hook_id))


@router.delete("/{hook_id}", summary="删除推送", response_model=WebhookTold)
def remove(desk: AtDesk, hook_id: Key) -> Response:
    """连同它的消息；办理记录留存。"""
    return _changed(desk, hook_id, "remove")


@router.post("/{hook_id}/pause", summary="暂停推送", response_model=WebhookTold)
def pause(desk: AtDesk, hook_id: Key, sent: Why) -> Response:
    """暂停期间的变化不会丢，恢复后接着推送。"""
    return _changed(desk, hook_id, "pause", sent.reason)


@router.post("/{hook_id}/resume", summary="恢复推送", response_model=WebhookTold)
def resume(desk: AtDesk, hook_id: Key) -> Response:
    """从停下的地方接着推送。"""
    return _changed(desk, hook_id, "resume")


@router.post("/{hook_id}/test", summary="试推一条", response_model=DeliveryTold)
def try_out(desk: AtDesk, hook_id: Key) -> Response:
    """一条没有内容的消息（duban.webhook.test），随下一轮发出；结果见 deliveries。"""
    webhooks.check_whole(desk.scope, write=True)
    zone = desk.house.settings.zone
    return desk.once(
        lambda session: webhooks.delivery(
            webhooks.try_out(session, hook_id, desk.now, desk.scope.actor), zone
        )
    )


@router.post("/{hook_id}/replay", summary="重发未能送达的", response_model=Replayed)
def replay(desk: AtDesk, hook_id: Key, sent: Again) -> Response:
    """webhook-id 不变；随下一轮发出，不等排在前面的。"""
    webhooks.check_whole(desk.scope, write=True)
    return desk.once(
        lambda session: {
            "replayed": webhooks.replay(session, hook_id, sent.number, desk.now, desk.scope.actor)
        }
    )


@router.get("/{hook_id}/deliveries", summary="推送的消息", response_model=Page[DeliveryTold])
def deliveries(
    desk: AtDesk,
    hook_id: Key,
    state: Annotated[
        Literal["queued", "sent", "dead"] | None, Query(description="dead 为多次未能送达")
    ] = None,
    cursor: Cursor = "0",
    limit: Limit = 100,
) -> Response:
    """新的在前。已送达的留存 30 天，未能送达的一直留着。"""
    webhooks.check_whole(desk.scope)
    with desk.read() as session:
        found = webhooks.deliveries(session, desk.house.settings.zone, hook_id, state, int(cursor), limit)
        return desk.tell(found, found["next"])


def _changed(desk: Desk, hook_id: int, act: webhooks.Change, why: str = "") -> Response:
    webhooks.check_whole(desk.scope, write=True)
    zone, actor = desk.house.settings.zone, desk.scope.actor
    return desk.once(lambda session: webhooks.change(session, hook_id, act, why, desk.now, actor, zone))
