"""Accounts and grants, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import EmailStr, Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import AtDesk, Cursor, Desk, Limit
from api.shapes import NO_ZERO, Code, Sent, Words
from states.records import accounts, grants, reading_accounts
from states.records.account_tables import Account
from states.records.grants import Grant
from states.records.roles import Role
from states.records.told.accounts import AccountOpened, AccountTold, SessionTold
from states.records.told.form import Page

router = APIRouter(prefix="/api/v1/accounts", tags=["账号"])
AccountId = Annotated[int, Path(ge=1, le=2**31 - 1, description="账号编号")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="授权编号")]
Subject = Annotated[str, Field(min_length=1, max_length=255, pattern=NO_ZERO)]


class Granted(Sent):
    """A role on a campaign (or all) and a subtree (or the whole tree)."""

    role: Role = Field(description="coordinator、liaison、leader、auditor 或 administrator")
    campaign: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    under: Code | None = Field(default=None, description="只限这个单位及其下级")
    informants: bool = Field(default=False, description="协调员可以查看线索的举报人（每次都有记录）")

    @property
    def grant(self) -> Grant:
        return Grant(self.role, self.campaign, self.under, self.informants)


class NewAccount(Sent):
    """Somebody who may log in."""

    login: Words = Field(description="登录名")
    name: Words = Field(description="姓名，办理记录以此为名")
    grant: Granted | None = None


class Linked(Sent):
    """What the organisation's own log-in says of the person; nothing ends it."""

    email: EmailStr | None = None
    subject: Subject | None = None


@router.get("", summary="账号", response_model=Page[AccountTold])
def page(desk: AtDesk, cursor: Cursor = "0", limit: Limit = 100) -> Response:
    """自己管理范围内的账号和授权。"""
    with desk.read() as session:
        found = reading_accounts.page(session, desk.scope, int(cursor), limit, desk.house.settings.zone)
    return desk.tell(found, found["next"])


@router.post("", summary="新建账号", response_model=AccountOpened)
def add(desk: AtDesk, sent: NewAccount) -> Response:
    """初始密码只在回答中出现这一次，7 天内有效，登录后须先修改。"""
    granted = sent.grant.grant if sent.grant else None
    return desk.once_only(
        lambda session: reading_accounts.add(
            session, desk.scope, sent.login, sent.name, granted, desk.now, desk.house.settings.zone
        )
    )


@router.get("/{account_id}", summary="一个账号", response_model=AccountTold)
def one(desk: AtDesk, account_id: AccountId) -> Response:
    with desk.read() as session:
        return desk.tell(reading_accounts.one(session, desk.scope, account_id, desk.house.settings.zone))


@router.post("/{account_id}/grants", summary="授权", response_model=AccountTold)
def grant(desk: AtDesk, account_id: AccountId, sent: Granted) -> Response:
    """只能在自己管理的专项行动和单位范围内授权；立即生效。"""

    def work(session: Session, row: Account) -> None:
        grants.give(session, desk.scope, row, sent.grant, desk.now, desk.scope.actor)

    return _done(desk, account_id, work)


@router.post("/{account_id}/grants/{number}/revoke", summary="收回授权", response_model=AccountTold)
def revoke(desk: AtDesk, account_id: AccountId, number: Number) -> Response:
    """立即生效，在所有进程中。"""

    def work(session: Session, row: Account) -> None:
        grants.revoke(session, desk.scope, row, number, desk.now, desk.scope.actor)

    return _done(desk, account_id, work)


@router.post("/{account_id}/reset", summary="重置密码", response_model=AccountOpened)
def reset(desk: AtDesk, account_id: AccountId) -> Response:
    """新的初始密码只出现这一次；所有登录失效，锁定解除。"""
    zone = desk.house.settings.zone
    return desk.once_only(
        lambda session: reading_accounts.reset(session, desk.scope, account_id, desk.now, zone)
    )


@router.post("/{account_id}/disable", summary="停用账号", response_model=AccountTold)
def disable(desk: AtDesk, account_id: AccountId) -> Response:
    """登录和密钥立即失效，在所有进程中。"""
    return _done(
        desk, account_id, lambda session, row: accounts.disable(session, row, desk.now, desk.scope.actor)
    )


@router.post("/{account_id}/enable", summary="启用账号", response_model=AccountTold)
def enable(desk: AtDesk, account_id: AccountId) -> Response:
    return _done(
        desk, account_id, lambda session, row: accounts.enable(session, row, desk.now, desk.scope.actor)
    )


@router.post("/{account_id}/link", summary="关联统一登录", response_model=AccountTold)
def link(desk: AtDesk, account_id: AccountId, sent: Linked) -> Response:
    """单位统一登录（OIDC）中的邮箱或标识；都不写则取消关联。"""

    def work(session: Session, row: Account) -> None:
        who = {"email": sent.email, "subject": sent.subject}
        accounts.link(session, row, desk.now, desk.scope.actor, **who)

    return _done(desk, account_id, work)


@router.get("/{account_id}/sessions", summary="登录情况", response_model=Page[SessionTold])
def sessions(desk: AtDesk, account_id: AccountId) -> Response:
    zone = desk.house.settings.zone
    with desk.read() as session:
        return desk.tell(reading_accounts.sessions(session, desk.scope, account_id, desk.now, zone))


@router.post("/{account_id}/sessions/end", summary="结束其所有登录", response_model=AccountTold)
def end_sessions(desk: AtDesk, account_id: AccountId) -> Response:
    zone = desk.house.settings.zone
    return desk.once(
        lambda session: reading_accounts.end_sessions(session, desk.scope, account_id, desk.now, zone)
    )


def _done(desk: Desk, account_id: int, act: Callable[[Session, Account], None]) -> Response:
    """An act on an account within reach, and how the account stands then."""

    def work(session: Session) -> AccountTold:
        row = grants.check_account(session, desk.scope, account_id)
        act(session, row)
        return reading_accounts.told(session, row, desk.house.settings.zone)

    return desk.once(work)
