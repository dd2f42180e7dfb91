"""duban account …: who may log in, as what, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import Session

    from states.records.account_tables import Account
    from states.records.grants import Grant

app = typer.Typer(no_args_is_help=True, help="账号：新建、授权、收回、重置、停用、登录情况")
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="登录名")]
ROLES = "coordinator 协调员、liaison 联络员、leader 领导、auditor 审计员、administrator 管理员"
Campaign = Annotated[int | None, typer.Option(metavar="ID", help="只限这次专项行动；不写则全部")]
Under = Annotated[str | None, typer.Option(metavar="CODE", help="只限这个单位及其下级；不写则全部单位")]
Informants = Annotated[
    bool, typer.Option("--informants", help="协调员可以查看线索的举报人（每次查看都有记录）")
]


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Argument(metavar="NAME", help="姓名，办理记录以此为名")],
    role: Annotated[str | None, typer.Option(help=f"同时授权：{ROLES}")] = None,
    campaign: Campaign = None,
    under: Under = None,
    informants: Informants = False,
    as_json: Json = False,
) -> None:
    """新建账号。初始密码只显示这一次，7 天内有效，登录后须先修改。"""
    from states.records import reading_accounts

    settings, now = given.settings(), clock.now()
    wanted = _grant(role, campaign, under, informants) if role else None
    with given.opened(settings) as store, store.write() as session:
        made = reading_accounts.add(session, given.everything(), login, name, wanted, now, settings.zone)
    _told_once(dict(made), as_json)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """列出账号和授权。"""
    from states.records import accounts, reading_accounts

    settings = given.settings()
    with given.opened(settings) as store, store.read() as session:
        found = [reading_accounts.told(session, row, settings.zone) for row in accounts.listed(session)]
    if as_json:
        shown.as_json(found)
        return
    rows = [
        (one["login"], one["name"], *grant, "已停用" if one["disabled"] else "")
        for one in found
        for grant in [_words(granted) for granted in one["grants"]] or [("", "没有授权", "", "")]
    ]
    shown.table(("登录名", "姓名", "授权", "角色", "行动", "单位", ""), rows)
    if not rows:
        shown.say("还没有账号；用 duban account add 新建")


@app.command()
def grant(
    login: Login,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=ROLES)],
    campaign: Campaign = None,
    under: Under = None,
    informants: Informants = False,
) -> None:
    """授权：一个角色，在一次行动（或全部）、一个单位及其下级（或全部单位）。"""
    from states.records import grants

    wanted, now, scope = _grant(role, campaign, under, informants), clock.now(), given.everything()
    row = _done(login, lambda session, who: grants.give(session, scope, who, wanted, now, scope.actor))
    shown.say(f"已授权，编号 {row.id}")


@app.command()
def revoke(
    login: Login,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="授权的编号，见 duban account list")],
) -> None:
    """收回一个授权，立即生效。"""
    from states.records import grants

    now, scope = clock.now(), given.everything()
    _done(login, lambda session, who: grants.revoke(session, scope, who, number, now, scope.actor))
    shown.say(f"已收回 {login} 编号为 {number} 的授权")


@app.command()
def reset(login: Login, as_json: Json = False) -> None:
    """给一个新的初始密码，只显示这一次；所有登录失效，锁定解除。"""
    from states.records import accounts, reading_accounts

    zone, now, actor = given.settings().zone, clock.now(), given.actor()

    def act(session: Session, who: Account) -> dict[str, Any]:
        password = accounts.reset(session, who, now, actor)
        return {"account": reading_accounts.told(session, who, zone), "password": password}

    _told_once(_done(login, act), as_json)


@app.command()
def disable(login: Login) -> None:
    """停用：登录和密钥立即失效。"""
    from states.records import accounts

    now, actor = clock.now(), given.actor()
    _done(login, lambda session, who: accounts.disable(session, who, now, actor))
    shown.say(f"已停用 {login}")


@app.command()
def enable(login: Login) -> None:
    """重新启用，授权不变。"""
    from states.records import accounts

    now, actor = clock.now(), given.actor()
    _done(login, lambda session, who: accounts.enable(session, who, now, actor))
    shown.say(f"已启用 {login}")


@app.command()
def link(
    login: Login,
    email: Annotated[str | None, typer.Option(help="统一登录中的邮箱")] = None,
    subject: Annotated[str | None, typer.Option(help="统一登录中的标识（sub）")] = None,
) -> None:
    """关联单位的统一登录（OIDC）；都不写则取消关联。"""
    from states.records import accounts

    now, actor = clock.now(), given.actor()
    _done(login, lambda session, who: accounts.link(session, who, now, actor, email=email, subject=subject))
    shown.say(f"{login} {'已关联统一登录' if email or subject else '不再关联统一登录'}")


@app.command()
def sessions(
    login: Login,
    end: Annotated[bool, typer.Option("--end", help="全部结束")] = False,
    as_json: Json = False,
) -> None:
    """列出现在的登录；--end 全部结束。"""
    from states.records import reading_accounts, sittings

    settings, now, scope = given.settings(), clock.now(), given.everything()

    def act(session: Session, who: Account) -> Any:
        found = reading_accounts.sessions(session, scope, who.id, now, settings.zone)["items"]
        if end:
            sittings.end_every(session, who, now, scope.actor)
        return found

    found = _done(login, act)
    if as_json:
        shown.as_json(found)
        return
    shown.table(
        ("编号", "方式", "来自", "登录", "最近"),
        [(str(one["id"]), one["way"], one["origin"], one["opened_at"], one["seen_at"]) for one in found],
    )
    shown.say(f"{len(found)} 个登录" + ("，已全部结束" if end else ""))


def _grant(role: str, campaign: int | None, under: str | None, informants: bool) -> Grant:
    from states.errors import Fault, Faulty
    from states.records.grants import Grant
    from states.records.roles import PEOPLE, Role

    if role not in PEOPLE:
        raise Faulty([Fault("role", f"没有这个角色；可用的有 {ROLES}")])
    return Grant(Role(role), campaign, under, informants)


def _done(login: str, act: Callable[[Session, Account], Any]) -> Any:
    """An act on one account in one transaction."""
    from states.records import accounts

    with given.opened(given.settings()) as store, store.write() as session:
        return act(session, accounts.named(session, login))


def _told_once(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        shown.as_json(made)
        return
    shown.hint("初始密码，请立即告知本人，以后不再显示：")
    shown.say(made["password"])


def _words(one: Any) -> tuple[str, str, str, str]:
    place = one["unit"]["name"] if one["unit"] else "全部单位"
    where = str(one["campaign"]) if one["campaign"] else "全部行动"
    return str(one["id"]), one["role"]["name"], where, place
