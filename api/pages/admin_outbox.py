"""`/admin/outbox`: mails that wait, went out, failed, and why; what failed is sent once more.

A mail's text is not shown: it may hold the way in of whoever reads it. What it tells is shown instead.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Cursor, Desk
from api.pages import admin, forms, nav, paper
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.shapes import Sent
from states.errors import Faulty
from states.records import reading_outbox, resending

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

OUTBOX = "/admin/outbox"
A_PAGE = 50
Choice = Annotated[str, Query(max_length=200)]
MailId = Annotated[int, Path(ge=1, le=2**63 - 1)]
LABELS = {"state": "状态", "q": "姓名或地址"}
KINDS = {"digest": "汇总", "urgent": "加急", "figures": "情况"}
NOTICES = {
    "mailed": "",
    "withdrawn": "已办结，不再提",
    "pending": "另发",
    "held": "静默中",
    "vacant": "无人可送",
}


class Again(Sent):
    """A form with nothing to fill in."""


AGAIN: Form[Again] = Form(Again, {})


@router.get(OUTBOX)
def outbox(desk: AtPage, state: Choice = "", q: Choice = "", cursor: Cursor = "0") -> Response:
    return _list(desk, state, q, int(cursor), forms.blank(AGAIN), 200)


@router.get(f"{OUTBOX}/{{mail_id}}")
def one(desk: AtPage, mail_id: MailId) -> Response:
    return _one(desk, mail_id, forms.blank(AGAIN), 200)


@router.post(f"{OUTBOX}/again")
def every(desk: AtPage, typed: AtForm) -> Response:
    """All that were given up."""

    def work(session: Session, _sent: Again) -> Done:
        number = resending.every(session, desk.scope, desk.now)
        return Done(f"{number} 封邮件重新排队，随下一轮发出", f"{OUTBOX}?state=waiting")

    def again(sheet: Sheet, status: int) -> Response:
        return _list(desk, "trouble", "", 0, sheet, status)

    return forms.act(desk, AGAIN, typed, work, again)


@router.post(f"{OUTBOX}/{{mail_id}}/again")
def again(desk: AtPage, typed: AtForm, mail_id: MailId) -> Response:
    def work(session: Session, _sent: Again) -> Done:
        resending.again(session, desk.scope, mail_id, desk.now)
        return Done("邮件重新排队，随下一轮发出", f"{OUTBOX}/{mail_id}")

    def once_more(sheet: Sheet, status: int) -> Response:
        return _one(desk, mail_id, sheet, status)

    return forms.act(desk, AGAIN, typed, work, once_more)


def _list(desk: Desk, state: str, q: str, before: int, sheet: Sheet, status: int) -> Response:
    wrong: tuple[str, ...] = ()
    rows, following = [], None
    with desk.read() as session:
        counts = reading_outbox.counts(session, desk.scope)
        try:
            found, following = reading_outbox.page(session, desk.scope, state, q, before, A_PAGE)
            rows = list(found)
        except Faulty as error:
            wrong = tuple(one.says for one in error.faults)
    asked = {"state": state, "q": q}
    return paper.show(
        desk,
        "admin_outbox.html",
        status=422 if wrong else status,
        counts=counts,
        rows=rows,
        following=following,
        wrong=wrong,
        choice=Sheet(LABELS, {name: (value,) for name, value in asked.items()}),
        options=[(key, words) for key, (words, _where) in reading_outbox.CHOICES.items()],
        kept=[(name, value) for name, value in asked.items() if value],
        begun=before > 0,
        sheet=sheet,
        words=reading_outbox.STATES,
        kinds=KINDS,
        trail=admin.trail(desk, "发件箱"),
        **nav.of_admin(desk),
    )


def _one(desk: Desk, mail_id: int, sheet: Sheet, status: int) -> Response:
    with desk.read() as session:
        seen = reading_outbox.one(session, desk.scope, mail_id, desk.now)
    return paper.show(
        desk,
        "admin_mail.html",
        status=status,
        seen=seen,
        sheet=sheet,
        words=reading_outbox.STATES,
        kinds=KINDS,
        notices=NOTICES,
        trail=admin.trail(desk, "发件箱", (f"第 {mail_id} 封", "")),
        **nav.of_admin(desk),
    )
