"""`/` the state of a campaign; `/dev/mail` the mailbox of the demonstration."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from api.download import saved
from api.pages import gate, mailbox, paper, sight
from states import clock
from states.errors import NotFound
from states.records import board
from states.records.session import Store
from states.settings import Settings

MAILS_A_PAGE = 50
EVERY, EVERY_DEMO = 60, 2  # seconds between two looks of an open page


def router() -> APIRouter:
    """All pages; they are no part of the API's description."""
    made = APIRouter(
        route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse
    )
    made.add_api_route("/", first_page, methods=["GET"])
    made.add_api_route("/dev/mail", mails, methods=["GET"])
    made.add_api_route("/dev/mail/{name}", mail, methods=["GET"])
    made.add_api_route("/dev/mail/{name}/{number}", attachment, methods=["GET"])
    made.add_api_route("/static/{name}", paper.static_file, methods=["GET"], response_class=Response)
    return made


def first_page(request: Request, campaign: int | None = None) -> HTMLResponse:
    """The campaigns, and one of them in full: the one asked for, else the newest that runs."""
    settings = _settings(request)
    with _store(request).read() as session:
        allowed = gate.campaigns_for(request, session)
        listed = board.listed(session, allowed)
        chosen = campaign if campaign is not None else (listed[0].id if listed else None)
        if chosen is not None and chosen not in {one.id for one in listed}:
            raise NotFound(f"没有编号为 {chosen} 的专项行动")
        now, demo = _time(session)
        over = board.is_over(session)
        seen = sight.see(session, chosen, now) if chosen is not None else None
    facts: dict[str, Any] = {
        "listed": listed,
        "chosen": chosen,
        "seen": seen,
        "now": now,
        "zone": settings.zone,
        "demo": demo,
        "over": over,
    }
    return paper.page("board.html", every=EVERY_DEMO if demo else EVERY, **facts)


def mails(request: Request, to: str = "", page: int = 1) -> HTMLResponse:
    """The mails of the demonstration, the newest first."""
    folder, now = _mailbox(request)
    first = max(0, page - 1) * MAILS_A_PAGE
    found, total = mailbox.listing(folder, to, first, MAILS_A_PAGE)
    pages = max(1, -(-total // MAILS_A_PAGE))
    facts: dict[str, Any] = {
        "found": found,
        "total": total,
        "to": to,
        "number": page,
        "pages": pages,
        "now": now,
    }
    return paper.page("mails.html", every=EVERY_DEMO, zone=_settings(request).zone, demo=True, **facts)


def mail(request: Request, name: str) -> HTMLResponse:
    """One mail: head, text, the written form in a frame of its own that may do nothing but be clicked away from, attachments."""
    folder, now = _mailbox(request)
    facts: dict[str, Any] = {
        "mail": mailbox.opened(folder, name),
        "zone": _settings(request).zone,
        "now": now,
    }
    return paper.page("mail.html", letters=True, every=0, demo=True, **facts)


def attachment(request: Request, name: str, number: int) -> Response:
    """One attachment, to be saved and never shown in place."""
    folder, _ = _mailbox(request)
    filename, content = mailbox.attachment(folder, name, number)
    return saved(content, filename, "application/octet-stream", "file")


def _mailbox(request: Request) -> tuple[Path, datetime]:
    """The maildir of the demonstration and its time; anywhere else there is nothing here. Raises NotFound."""
    kind, _, folder = _settings(request).smtp_url.partition(":")
    with _store(request).read() as session:
        now, demo = _time(session)
    if kind != "maildir" or not demo:
        raise NotFound("没有这一页")
    return Path(folder), now


def _time(session: Session) -> tuple[datetime, bool]:
    """The instant to show, and whether it is that of the demonstration."""
    return board.present(session, clock.now()), board.is_demo(session)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
