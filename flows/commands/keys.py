"""duban key …: keys of other systems, shown once."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock

app = typer.Typer(no_args_is_help=True, help="接口密钥：新建、列出、作废")
Grant = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", help="某人的授权（见 duban account list）：范围与它相同，随它失效"),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="给谁用，如 数据中台")],
    write: Annotated[bool, typer.Option("--write", help="可以办理；不加则只能查询")] = False,
    under: Annotated[str | None, typer.Option(metavar="CODE", help="只限这个单位及其下级")] = None,
    campaign: Annotated[list[int], typer.Option(metavar="ID", help="只限这次专项行动，可多次")] = [],  # noqa: B006
    days: Annotated[int | None, typer.Option(min=1, help="有效天数；不加则长期有效")] = None,
    informants: Annotated[
        bool, typer.Option("--informants", help="可以查看线索的举报人（每次查看都有记录）")
    ] = False,
    grant: Grant = None,
    as_json: Json = False,
) -> None:
    """新建一个密钥。密钥只显示这一次，库里只存摘要。"""
    from states.records import access
    from states.records.campaigns import running

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, store.write() as session:
        for key in campaign:
            running(session, key)
        if grant is not None:
            access.check_grant(session, grant, narrowed=bool(under or campaign or informants))
        chosen = campaign or None
        token = access.create(
            session,
            name,
            now,
            write=write,
            under=under,
            campaigns=chosen,
            days=days,
            informants=informants,
            grant_id=grant,
            actor=given.actor(),
        )
    if as_json:
        shown.as_json({"key": token, "name": name, "write": write, "under": under, "campaigns": chosen})
        return
    shown.hint("请立即保存，以后不再显示：")
    shown.say(token)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """列出密钥（不含密钥本身）。"""
    from states.records import access

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, store.read() as session:
        found = access.listed(session)
    if as_json:
        shown.as_json([one.model_dump(mode="json", exclude={"sha256"}) for one in found])
        return
    zone = settings.zone
    rows = []
    for one in found:
        ended = one.revoked_at or (one.expires_at if one.expires_at and one.expires_at <= now else None)
        rows.append(
            (
                one.prefix,
                one.name,
                "办理" if one.write else "查询",
                one.under or "全部单位",
                "、".join(map(str, one.campaigns)) if one.campaigns else "全部行动",
                shown.day_words(one.expires_at, zone) if one.expires_at else "长期",
                shown.day_words(one.last_used_at, zone),
                "已失效" if ended else "",
            )
        )
    shown.table(("开头", "名称", "权限", "单位", "行动", "有效至", "最近使用", ""), rows)
    if not rows:
        shown.say("还没有密钥；用 duban key create 新建")


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="密钥的开头，见 duban key list")]) -> None:
    """作废一个密钥，立即生效。"""
    from states.records import access

    now = clock.now()
    with given.opened(given.settings()) as store, store.write() as session:
        access.revoke(session, prefix, now, given.actor())
    shown.say(f"已作废 {prefix}")
