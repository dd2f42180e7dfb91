"""`/dev/mail`: the mailbox of the demonstration; anywhere else there is nothing here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import Desk
from api.download import saved
from api.pages import mailbox, nav, paper
from api.pages.gate import AtPage
from states.errors import NotFound
from states.records import board

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

MAILS_A_PAGE = 50
LIST = ("邮件", "/dev/mail")


@router.get("/dev/mail")
def mails(desk: AtPage, to: str = "", page: int = 1) -> Response:
    """The mails of the demonstration, the newest first."""
    folder = _mailbox(desk)
    first = max(0, page - 1) * MAILS_A_PAGE
    found, total = mailbox.listing(folder, to, first, MAILS_A_PAGE)
    pages = max(1, -(-total // MAILS_A_PAGE))
    shown: dict[str, Any] = {"found": found, "total": total, "to": to, "number": page, "pages": pages}
    return paper.show(desk, "mails.html", every=nav.EVERY_DEMO, **shown)


@router.get("/dev/mail/{name}")
def mail(desk: AtPage, name: str) -> Response:
    """One mail: head, text, the written form in a frame of its own that may do nothing but be clicked away from, attachments."""
    opened = mailbox.opened(_mailbox(desk), name)
    trail = [LIST, (opened.envelope.subject, "")]
    return paper.show(desk, "mail.html", framed=True, mail=opened, trail=trail)


@router.get("/dev/mail/{name}/{number}")
def attachment(desk: AtPage, name: str, number: int) -> Response:
    """One attachment, to be saved and never shown in place."""
    filename, content = mailbox.attachment(_mailbox(desk), name, number)
    return saved(content, filename, "application/octet-stream", "file")


def _mailbox(desk: Desk) -> Path:
    """The maildir of the demonstration. Raises NotFound where there is none."""
    kind, _, folder = desk.house.settings.smtp_url.partition(":")
    with desk.read() as session:
        demo = board.is_demo(session)
    if kind != "maildir" or not demo:
        raise NotFound("没有这一页")
    return Path(folder)
