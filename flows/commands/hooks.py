"""duban webhook …, duban events: what other systems are told, and what there is to tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlmodel import Session

    from states.records.told.changes import DeliveryTold, EventTold, WebhookTold
    from states.records.webhooks import Change

app = typer.Typer(no_args_is_help=True, help="推送：有变化时告诉其他系统（Standard Webhooks 签名）")
Key = Annotated[int, typer.Argument(metavar="N", help="推送的编号，见 duban webhook list")]
STATES = {"active": "推送中", "paused": "已暂停"}


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="推送给谁，如 数据中台")],
    url: Annotated[str, typer.Argument(metavar="URL", help="对方的网址，https://…")],
    under: Annotated[str | None, typer.Option(metavar="CODE", help="只限这个单位及其下级")] = None,
    campaign: Annotated[list[int], typer.Option(metavar="ID", help="只限这次专项行动，可多次")] = [],  # noqa: B006
    kind: Annotated[
        list[str], typer.Option("--type", metavar="TYPE", help="只要这类变化，如 duban.unit.*，可多次")
    ] = [],  # noqa: B006
    after: Annotated[int | None, typer.Option(min=0, help="从哪个序号之后起；不写则从现在起")] = None,
    as_json: Json = False,
) -> None:
    """新建推送。签名密钥只显示这一次。"""
    from states.records import commit_order, webhooks

    settings, now = given.settings(), clock.now()
    wish = webhooks.Wish(name, url, under, campaign or None, kind or None, after)
    with given.opened(settings) as store:
        commit_order.advance(store)
        with store.write() as session:
            made = webhooks.made(session, wish, settings.trusted_networks, now, given.actor(), settings.zone)
    if as_json:
        shown.as_json(made)
        return
    shown.hint(f"第 {made['webhook']['id']} 号推送已建。签名密钥请立即交给对方保存，以后不再显示：")
    shown.say(made["secret"])


@app.command("list")
def list_(as_json: Json = False) -> None:
    """列出推送：到了哪个序号，几条在等，几条未能送达。"""
    from states.records import webhooks

    settings = given.settings()
    with given.opened(settings) as store, store.read() as session:
        found = webhooks.listed(session, settings.zone)
    heads = ("编号", "名称", "网址", "单位", "行动", "到序号", "在等", "未送达", "", "")
    shown.listing(found, heads, _line, "还没有推送；用 duban webhook add 新建", raw=as_json)


def _line(one: WebhookTold) -> tuple[object, ...]:
    campaigns = "、".join(map(str, one["campaigns"])) if one["campaigns"] else "全部行动"
    place = (one["under"] or "全部单位", campaigns, one["cursor"], one["waiting"], one["dead"])
    return one["id"], one["name"], one["url"], *place, STATES[one["state"]], one["why"] or ""


@app.command()
def pause(
    key: Key, reason: Annotated[str, typer.Option(help="理由")] = "管理员暂停", as_json: Json = False
) -> None:
    """暂停：期间的变化不会丢，恢复后接着推送。"""
    _change(key, "pause", reason, "已暂停", as_json=as_json)


@app.command()
def resume(key: Key, as_json: Json = False) -> None:
    """恢复，从停下的地方接着推送。"""
    _change(key, "resume", "", "已恢复，随下一轮推送", as_json=as_json)


@app.command()
def remove(key: Key, as_json: Json = False) -> None:
    """删除，连同它的消息。"""
    _change(key, "remove", "", "已删除", as_json=as_json)


@app.command("test")
def try_out(key: Key, as_json: Json = False) -> None:
    """立即试推一条，说出对方怎样回答。"""
    from flows import hooks
    from flows.rounds import worker_name
    from states.records import webhooks
    from states.records.feed_tables import WebhookDelivery

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store:
        with store.write() as session:
            number = webhooks.try_out(session, key, now, given.actor()).id
        post = hooks.Post(settings.trusted_networks)
        hooks.serve(store, post.send, key, now, worker_name(), settings.source)
        with store.read() as session:
            found = webhooks.delivery(session.get_one(WebhookDelivery, number), settings.zone)
    if as_json:
        shown.as_json(found)
    elif found["state"] == "sent":
        shown.say(f"对方已收下（{found['status']}），webhook-id {found['id']}")
    else:
        raise Refused(found["error"] or "另一个进程正在推送，结果见 duban webhook dead 和 list")


@app.command()
def dead(key: Key, as_json: Json = False) -> None:
    """列出多次未能送达的消息。"""
    from states.records import webhooks

    with _reading() as (session, zone):
        found = webhooks.deliveries(session, zone, key, "dead", 0, 500)["items"]
    heads = ("消息", "序号", "变化", "试过", "产生于", "最后一次")
    shown.listing(found, heads, _message, "没有未能送达的消息", raw=as_json)


def _message(one: DeliveryTold) -> tuple[object, ...]:
    span = f"{one['first']}–{one['last']}"
    return one["number"], span, one["events"], one["tries"], one["queued"], one["error"] or ""


@app.command()
def replay(
    key: Key,
    message: Annotated[int | None, typer.Option(metavar="N", help="只重发这一条；不写则全部")] = None,
) -> None:
    """重发未能送达的，webhook-id 不变，随下一轮发出。"""
    from states.records import webhooks

    with given.opened(given.settings()) as store, store.write() as session:
        count = webhooks.replay(session, key, message, clock.now(), given.actor())
    shown.say(f"{count} 条消息将随下一轮重发")


def events(
    after: Annotated[int, typer.Option(min=0, help="看过的最后一条的序号；0 为从头")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=500, help="最多几条")] = 100,
    kind: Annotated[
        list[str], typer.Option("--type", metavar="TYPE", help="只要这类变化，如 duban.unit.*，可多次")
    ] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """某个序号之后的变化，与接口 /api/v1/changes 一样。"""
    from states.records import commit_order, feed, published

    settings = given.settings()
    types = published.checked(kind, "--type")
    with given.opened(settings) as store:
        commit_order.advance(store)
        with store.read() as session:
            page = feed.page(session, given.everything(), after, limit, settings.source, types=types)
    heads = ("序号", "时刻", "变化", "行动", "单位", "之前", "之后")
    shown.listing(page.events, heads, _event, "没有新的变化", raw=as_json)
    if not as_json:
        shown.hint(f"下次从 --after {page.next} 起")


def _event(one: EventTold) -> tuple[object, ...]:
    data = one["data"]
    at = datetime.fromisoformat(one["time"]).astimezone(given.settings().zone)
    rest = (data.get(name) or "" for name in ("campaign", "unit", "before", "after"))
    return one["id"], f"{at:%Y-%m-%d %H:%M:%S}", one["type"], *rest


def _change(key: int, act: Change, why: str, says: str, *, as_json: bool) -> None:
    from states.records import webhooks

    settings = given.settings()
    with given.opened(settings) as store, store.write() as session:
        found = webhooks.change(session, key, act, why, clock.now(), given.actor(), settings.zone)
    if as_json:
        shown.as_json(found)
    else:
        shown.say(f"“{found['name']}”{says}")


@contextmanager
def _reading() -> Iterator[tuple[Session, ZoneInfo]]:
    settings = given.settings()
    with given.opened(settings) as store, store.read() as session:
        yield session, settings.zone
