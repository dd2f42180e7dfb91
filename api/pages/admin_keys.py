"""`/admin/keys`: keys of other systems. A new one is shown once; one that is revoked ends within seconds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Desk
from api.pages import admin, forms, nav, paper, told_once
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.shapes import Code, Sent, Words
from states.errors import Fault, Faulty, NotFound
from states.records import access, reading_scope, sittings
from states.records.campaigns import running
from states.records.scopes import paths_of
from states.records.tables import ApiKey

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

KEYS = "/admin/keys"
Prefix = Annotated[str, Path(max_length=access.SHOWN)]
LONGEST_LIFE = 3_650
SOON = timedelta(days=30)
NARROWED = "密钥的范围就是这个授权的范围，不能再写单位、行动或查看举报人"
PLACES = {"NAME": "name"}  # where the command line names a place otherwise


class NewKey(Sent):
    """A key to make. `grant`: it reaches as far as that grant of somebody's, and ends with it."""

    name: Words
    write: bool = False
    under: Code | None = None
    campaign: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    days: Annotated[int, Field(ge=1, le=LONGEST_LIFE)] | None = None
    informants: bool = False
    grant: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Nothing(Sent):
    """A form with nothing to fill in."""


NEW: Form[NewKey] = Form(
    NewKey,
    {
        "name": "给谁用",
        "write": "可以办理（不选则只能查询）",
        "under": "只限这个单位及其下级",
        "campaign": "只限这次专项行动",
        "days": "有效天数",
        "grant": "某人的授权（编号）",
        "informants": "可以查看线索的举报人（每次查看都有记录）",
    },
)
REVOKE: Form[Nothing] = Form(Nothing, {})


@router.get(KEYS)
def listed(desk: AtPage) -> Response:
    return _page(desk, forms.blank(NEW), 200)


@router.post(KEYS)
def make(desk: AtPage, typed: AtForm) -> Response:
    """Shown on the page that answers, and never again."""

    def shown(token: str) -> Response:
        return paper.show(
            desk,
            "admin_secret.html",
            title="新的密钥",
            about=typed.text("name"),
            secret=token,
            says="请立即保存，交给使用它的系统；离开这一页就再也看不到。库里只存它的摘要。",
            back=KEYS,
            trail=admin.trail(desk, "接口密钥", ("新的密钥", "")),
            **nav.of_admin(desk),
        )

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, sheet, status)

    return told_once.tell(desk, NEW, typed, lambda session, sent: _made(session, desk, sent), shown, again)


@router.post(f"{KEYS}/{{prefix}}/revoke")
def revoke(desk: AtPage, typed: AtForm, prefix: Prefix) -> Response:
    desk.scope.check_whole()

    def work(session: Session, _sent: Nothing) -> Done:
        access.revoke(session, prefix, desk.now, desk.scope.actor)
        return Done(f"已作废 {prefix}…，几秒内不再有效", KEYS)

    def again(sheet: Sheet, status: int) -> Response:
        return _page(desk, forms.blank(NEW), status, sheet)

    return forms.act(desk, REVOKE, typed, work, again)


def _made(session: Session, desk: Desk, sent: NewKey) -> str:
    """As the command line makes one. Raises Faulty at the field."""
    desk.scope.check_whole()
    _check(session, sent)
    try:
        return access.create(
            session,
            sent.name,
            desk.now,
            write=sent.write,
            under=sent.under,
            campaigns=[sent.campaign] if sent.campaign is not None else None,
            days=sent.days,
            informants=sent.informants,
            grant_id=sent.grant,
            actor=desk.scope.actor,
        )
    except Faulty as error:
        raise Faulty([Fault(PLACES.get(one.place, one.place), one.says) for one in error.faults]) from error


def _check(session: Session, sent: NewKey) -> None:
    """Everything that is wrong, each at its field. Raises Faulty."""
    faults = []
    if sent.under is not None:
        try:
            paths_of(session, [sent.under])
        except Faulty as error:
            faults.append(Fault("under", error.faults[0].says))
    if sent.campaign is not None:
        try:
            running(session, sent.campaign)
        except NotFound as error:
            faults.append(Fault("campaign", error.detail))
    if sent.grant is not None:
        if sittings.granted(session, sent.grant, 0) is None:
            faults.append(Fault("grant", f"没有编号为 {sent.grant} 的授权，或它已失效；编号见“账号”页"))
        if sent.under or sent.campaign or sent.informants:
            faults.append(Fault("grant", NARROWED))
    if faults:
        raise Faulty(faults)


def _page(desk: Desk, sheet: Sheet, status: int, revoking: Sheet | None = None) -> Response:
    desk.scope.check_whole()
    with desk.read() as session:
        keys, titles = access.listed(session), admin.titles(session, desk)
        places = reading_scope.names(session, [one.under for one in keys if one.under])
        rows = [
            {
                **_told(session, one, desk.now),
                "where": places.get(one.under or "", one.under),
                "campaigns": [nav.of_campaign(key, titles) for key in one.campaigns or ()],
            }
            for one in keys
        ]
    return paper.show(
        desk,
        "admin_keys.html",
        status=status,
        rows=rows,
        campaigns=admin.to_choose(titles),
        sheet=sheet,
        revoking=revoking,
        blank=forms.blank(REVOKE),
        trail=admin.trail(desk, "接口密钥"),
        **nav.of_admin(desk),
    )


def _told(session: Session, row: ApiKey, now: datetime) -> dict[str, Any]:
    """A key as it is listed; nothing of what opens it."""
    whose = sittings.granted(session, row.grant_id, row.id) if row.grant_id is not None else None
    over = row.expires_at is not None and row.expires_at <= now
    lost = row.grant_id is not None and whose is None
    ended = "已作废" if row.revoked_at else "已到期" if over else "授权已失效" if lost else ""
    return {
        "prefix": row.prefix,
        "name": row.name,
        "write": row.write,
        "informants": row.informants,
        "whose": whose.name if whose else "",
        "grant": row.grant_id,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "ended": ended,
        "soon": not ended and row.expires_at is not None and row.expires_at <= now + SOON,
    }
