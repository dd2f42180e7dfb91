"""`/admin/accounts`: who may log in, as what and where; within the reach of whoever administers, by the API's own acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.accounts import AccountId, Granted, Linked, NewAccount, Number
from api.deps import Cursor, Desk
from api.pages import admin, forms, nav, paper, told_once
from api.pages.forms import AtForm, Done, Form, Sheet, Typed
from api.pages.gate import AtPage
from api.shapes import Sent
from states.errors import Fault, Faulty, NotFound
from states.records import accounts, grants, reading_accounts
from states.records.account_tables import Account
from states.records.campaigns import running
from states.records.roles import PEOPLE, WORDS

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

ACCOUNTS = "/admin/accounts"
A_PAGE = 100
ROLES = [(role.value, WORDS[role]) for role in PEOPLE]
GRANTED = {"role": "角色", "under": "只限这个单位及其下级", "campaign": "只限这次专项行动", "informants": "可以查看线索的举报人"}  # fmt: skip
WAYS = {"password": "密码", "oidc": "统一登录", "demo": "演示"}
ONCE = "请立即告知本人，离开这一页就再也看不到。7 天内有效，登录后须先设自己的密码。"


class Nothing(Sent):
    """A form with nothing to fill in."""


NEW: Form[NewAccount] = Form(
    NewAccount,
    {"login": "登录名", "name": "姓名", **{f"grant.{name}": words for name, words in GRANTED.items()}},
)
GRANT: Form[Granted] = Form(Granted, GRANTED)
LINK: Form[Linked] = Form(Linked, {"email": "统一登录中的邮箱", "subject": "统一登录中的标识"})
PLAIN: Form[Nothing] = Form(Nothing, {})


@router.get(ACCOUNTS)
def listed(desk: AtPage, cursor: Cursor = "0") -> Response:
    return _list(desk, forms.blank(NEW), 200, int(cursor))


@router.post(ACCOUNTS)
def add(desk: AtPage, typed: AtForm) -> Response:
    """The first password stands on the page that answers, and on no other."""

    def work(session: Session, sent: NewAccount) -> str:
        granted = sent.grant.grant if sent.grant else None
        _check(session, sent.grant, "grant.")
        zone = desk.house.settings.zone
        try:
            made = reading_accounts.add(session, desk.scope, sent.login, sent.name, granted, desk.now, zone)
        except Faulty as error:
            raise _within(error) from error
        return made["password"]

    def again(sheet: Sheet, status: int) -> Response:
        return _list(desk, sheet, status, 0)

    return told_once.tell(desk, NEW, typed, work, _secret(desk, typed.text("login"), ACCOUNTS), again)


@router.get(f"{ACCOUNTS}/{{account_id}}")
def one(desk: AtPage, account_id: AccountId) -> Response:
    return _one(desk, account_id, {}, 200)


@router.post(f"{ACCOUNTS}/{{account_id}}/grants")
def grant(desk: AtPage, typed: AtForm, account_id: AccountId) -> Response:
    def work(session: Session, row: Account, sent: Granted) -> str:
        _check(session, sent)
        grants.give(session, desk.scope, row, sent.grant, desk.now, desk.scope.actor)
        return f"已授权：{WORDS[sent.role]}，立即生效"

    return _done(desk, account_id, "grant", GRANT, typed, work)


@router.post(f"{ACCOUNTS}/{{account_id}}/grants/{{number}}/revoke")
def revoke(desk: AtPage, typed: AtForm, account_id: AccountId, number: Number) -> Response:
    def work(session: Session, row: Account, _sent: Nothing) -> str:
        grants.revoke(session, desk.scope, row, number, desk.now, desk.scope.actor)
        return f"已收回编号为 {number} 的授权"

    return _done(desk, account_id, "plain", PLAIN, typed, work)


@router.post(f"{ACCOUNTS}/{{account_id}}/disable")
def disable(desk: AtPage, typed: AtForm, account_id: AccountId) -> Response:
    def work(session: Session, row: Account, _sent: Nothing) -> str:
        accounts.disable(session, row, desk.now, desk.scope.actor)
        return f"已停用 {row.login}，登录和密钥都已失效"

    return _done(desk, account_id, "plain", PLAIN, typed, work)


@router.post(f"{ACCOUNTS}/{{account_id}}/enable")
def enable(desk: AtPage, typed: AtForm, account_id: AccountId) -> Response:
    def work(session: Session, row: Account, _sent: Nothing) -> str:
        accounts.enable(session, row, desk.now, desk.scope.actor)
        return f"已启用 {row.login}，授权不变"

    return _done(desk, account_id, "plain", PLAIN, typed, work)


@router.post(f"{ACCOUNTS}/{{account_id}}/link")
def link(desk: AtPage, typed: AtForm, account_id: AccountId) -> Response:
    def work(session: Session, row: Account, sent: Linked) -> str:
        who = {"email": sent.email, "subject": sent.subject}
        accounts.link(session, row, desk.now, desk.scope.actor, **who)
        return "已关联统一登录" if sent.email or sent.subject else "不再关联统一登录"

    return _done(desk, account_id, "link", LINK, typed, work)


@router.post(f"{ACCOUNTS}/{{account_id}}/sessions/end")
def end_sessions(desk: AtPage, typed: AtForm, account_id: AccountId) -> Response:
    zone = desk.house.settings.zone

    def work(session: Session, row: Account, _sent: Nothing) -> str:
        reading_accounts.end_sessions(session, desk.scope, account_id, desk.now, zone)
        return f"{row.login} 的登录已全部结束"

    return _done(desk, account_id, "plain", PLAIN, typed, work)


@router.post(f"{ACCOUNTS}/{{account_id}}/reset")
def reset(desk: AtPage, typed: AtForm, account_id: AccountId) -> Response:
    """A new first password, told once; a lock is lifted."""
    zone = desk.house.settings.zone
    with desk.read() as session:
        login = reading_accounts.one(session, desk.scope, account_id, zone)["login"]

    def work(session: Session, _sent: Nothing) -> str:
        return reading_accounts.reset(session, desk.scope, account_id, desk.now, zone)["password"]

    def again(sheet: Sheet, status: int) -> Response:
        return _one(desk, account_id, {"plain": sheet}, status)

    return told_once.tell(desk, PLAIN, typed, work, _secret(desk, login, _address(account_id)), again)


def _done(
    desk: Desk,
    account_id: int,
    name: str,
    form: Form[Any],
    typed: Typed,
    act: Callable[[Session, Account, Any], str],
) -> Response:
    """An act on an account within reach; refused, the form `name` is shown again."""

    def work(session: Session, sent: Any) -> Done:
        row = grants.check_account(session, desk.scope, account_id)
        return Done(act(session, row, sent), _address(account_id))

    def again(sheet: Sheet, status: int) -> Response:
        return _one(desk, account_id, {name: sheet}, status)

    return forms.act(desk, form, typed, work, again)


def _check(session: Session, wanted: Granted | None, prefix: str = "") -> None:
    """A campaign that is not there is said at its field. Raises Faulty."""
    if wanted is None or wanted.campaign is None:
        return
    try:
        running(session, wanted.campaign)
    except NotFound as error:
        raise Faulty([Fault(f"{prefix}campaign", error.detail)]) from error


def _within(error: Faulty) -> Faulty:
    """What is wrong with a grant, at its field in the form of an account."""
    faults = error.faults
    return Faulty([Fault(f"grant.{one.place}", one.says) if one.place in GRANTED else one for one in faults])


def _secret(desk: Desk, login: str, back: str) -> Callable[[str], Response]:
    def shown(password: str) -> Response:
        return paper.show(
            desk,
            "admin_secret.html",
            title="初始密码",
            about=f"登录名 {login}",
            secret=password,
            says=ONCE,
            back=back,
            trail=admin.trail(desk, "账号", ("初始密码", "")),
            **nav.of_admin(desk),
        )

    return shown


def _list(desk: Desk, sheet: Sheet, status: int, after: int) -> Response:
    with desk.read() as session:
        found = reading_accounts.page(session, desk.scope, after, A_PAGE, desk.house.settings.zone)
        titles = admin.titles(session, desk)
    return paper.show(
        desk,
        "admin_accounts.html",
        status=status,
        rows=found["items"],
        following=found["next"],
        begun=after > 0,
        sheet=sheet,
        roles=[("", "先不授权"), *ROLES] if desk.scope.whole else ROLES,
        as_what=nav.as_what,
        titles=titles,
        campaigns=admin.to_choose(titles),
        trail=admin.trail(desk, "账号"),
        **nav.of_admin(desk),
    )


def _one(desk: Desk, account_id: int, refused: dict[str, Sheet], status: int) -> Response:
    zone = desk.house.settings.zone
    with desk.read() as session:
        found = reading_accounts.one(session, desk.scope, account_id, zone)
        sessions = reading_accounts.sessions(session, desk.scope, account_id, desk.now, zone)["items"]
        titles = admin.titles(session, desk)
    sheets = {"grant": forms.blank(GRANT), "link": forms.blank(LINK), "plain": forms.blank(PLAIN)}
    return paper.show(
        desk,
        "admin_account.html",
        status=status,
        a=found,
        sessions=sessions,
        sheets={**sheets, **refused},
        refused=set(refused),
        roles=ROLES,
        as_what=nav.as_what,
        titles=titles,
        campaigns=admin.to_choose(titles),
        ways=WAYS,
        oidc=desk.house.provider.on,
        trail=admin.trail(desk, "账号", (found["name"], "")),
        **nav.of_admin(desk),
    )


def _address(account_id: int) -> str:
    return f"{ACCOUNTS}/{account_id}"
