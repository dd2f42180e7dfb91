"""In and out: log-in, one's own password, as what one acts, log-out; in the demonstration by one click."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api import cookies, identity, problems, sessions
from api.house import House
from api.pages import forms, gate, nav, paper, sight
from api.pages.forms import AtForm, Form, Sheet, Typed
from api.pages.gate import AtPage
from api.sessions import Chosen, LogIn, NewPassword
from states.errors import DubanError, Fault, Faulty, NotFound
from states.records import board, entering, grants, reading_accounts, sample_people, sittings
from states.records.entering import Asked

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

To = Annotated[str, Query(max_length=2_000)]
ENTER = Form(LogIn, {"login": "登录名", "password": "密码"})
CHANGE = Form(NewPassword, {"before": "现在的密码", "password": "新密码", "_again": "再写一次新密码"})
CHOOSE = Form(Chosen, {"grant": "角色"})
NOT_ALIKE = "两次写的新密码不一样"
CHANGED = "密码已修改，其他地方的登录已失效"
NO_DEMO = "只有演示才能这样进入"
SECRET = ("password", "before", "_again")


@router.get("/login")
def log_in_page(request: Request, to: To = "/") -> Response:
    """Whoever is logged in already is led on."""
    house: House = request.app.state.house
    shown = cookies.token(request, house.settings)
    if shown is not None and house.seats.find(shown, house.time.real()) is not None:
        return RedirectResponse(gate.own(to), 303)
    return _login(request, forms.blank(ENTER), to)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """The way of the API's log-in, led on to what was asked for."""
    house: House = request.app.state.house
    cookies.check_origin(request, house.settings)
    typed = await forms.read(request)
    to, now = gate.own(typed.text("_to")), house.time.real()
    try:
        sent = typed.shaped(LogIn)
        with house.metrics.entering("password"), sessions.doorstep(request, house) as where:
            asked = Asked(sent.login.strip().lower(), where, now, house.settings.rates.logins)
            token = await to_thread.run_sync(
                entering.enter, house.store, asked, sent.password, limiter=house.seats.doorway
            )
    except DubanError as error:
        if not forms.about_form(error):
            raise
        sheet = forms.refused(ENTER, _without_secrets(typed), error)
        page = await to_thread.run_sync(_login, request, sheet, to, forms.status(error))
        page.headers.update(problems.waiting(error))
        return page
    return await to_thread.run_sync(_welcome, request, token, to)


@router.get("/password")
def password_page(desk: AtPage, to: To = "/") -> Response:
    return _password(desk, forms.blank(CHANGE), to)


@router.post("/password")
def change(desk: AtPage, typed: AtForm) -> Response:
    """Another password; every other session of the account ends."""
    house, sitting, to = desk.house, sessions.sitting_of(desk), gate.own(typed.text("_to"))
    try:
        if typed.text("password") != typed.text("_again"):
            raise Faulty([Fault("_again", NOT_ALIKE)])
        sent = typed.shaped(NewPassword)
        where, now = identity.address(desk.request), house.time.real()
        asked = Asked(sitting.login, where, now, house.settings.rates.logins)
        token = entering.change(house.store, sitting, sent.before, sent.password, asked)
    except DubanError as error:
        if not forms.about_form(error):
            raise
        sheet = forms.refused(CHANGE, _without_secrets(typed), error)
        return _password(desk, sheet, to, forms.status(error))
    answer = forms.lead(desk.request, forms.Done(CHANGED, to))
    cookies.put(answer, desk.request, house.settings, token)
    return answer


@router.get("/role")
def role_page(desk: AtPage, to: To = "/") -> Response:
    """As what to act, for whoever has several grants; and for whoever has none, that this is so."""
    return _role(desk, forms.blank(CHOOSE), to)


@router.post("/role")
def choose(desk: AtPage, typed: AtForm) -> Response:
    to = gate.own(typed.text("_to"))
    try:
        sent = typed.shaped(Chosen)
        with desk.house.store.write() as session:
            sittings.choose(session, sessions.sitting_of(desk), sent.grant, desk.house.time.real())
    except (Faulty, NotFound) as error:
        return _role(desk, forms.refused(CHOOSE, typed, error), to, forms.status(error))
    return RedirectResponse(to, 303)


@router.post("/logout")
def log_out(desk: AtPage) -> Response:
    """At once and in all processes."""
    sitting, settings = sessions.sitting_of(desk), desk.house.settings
    with desk.house.store.write() as session:
        sittings.end(session, sitting.id, desk.house.time.real(), "logout", desk.scope.actor)
    answer = RedirectResponse("/login", 303)
    cookies.drop(answer, desk.request, settings)
    return answer


@router.post("/demo")
async def enter_demo(request: Request) -> Response:
    """As somebody of the demonstration, without a password; anywhere else there is nothing here. Raises NotFound."""
    house: House = request.app.state.house
    cookies.check_origin(request, house.settings)
    typed = await forms.read(request)
    return await to_thread.run_sync(_enter_demo, request, typed)


def _enter_demo(request: Request, typed: Typed) -> Response:
    house: House = request.app.state.house
    now = house.time.real()
    with house.store.write() as session:
        if not board.is_demo(session):
            raise NotFound(NO_DEMO)
        row = sample_people.found(session, typed.text("as"))
        token = sittings.open_(session, row, now, "demo", identity.address(request))
    return _welcome(request, token, gate.own(typed.text("_to")))


def _welcome(request: Request, token: str, to: str) -> Response:
    """Led on, by way of the choice of a role where there are several."""
    house: House = request.app.state.house
    now = house.time.real()
    house.throttle.welcome(token)
    sessions.end(house, cookies.token(request, house.settings), now)
    with house.store.read() as session:
        found = sittings.find(session, token, now)
        several = found is not None and len(grants.of(session, found.account_id)) > 1
    answer = RedirectResponse(gate.with_return("/role", to) if several else to, 303)
    cookies.put(answer, request, house.settings, token)
    return answer


def _login(request: Request, sheet: Sheet, to: str, status: int = 200) -> Response:
    house: House = request.app.state.house
    now = house.time.read()
    with house.store.read() as session:
        demo = board.is_demo(session)
        people = sample_people.people(session) if demo else []
        glance = sight.glance(session, now) if demo else None
        over = demo and board.is_over(session)
    facts: dict[str, Any] = {"sheet": sheet, "to": gate.own(to), "oidc": house.provider.on, "people": people}
    facts |= {"now": now, "zone": house.settings.zone, "demo": demo, "over": over, "glance": glance}
    return paper.page("login.html", status=status, **facts)


def _password(desk: Any, sheet: Sheet, to: str, status: int = 200) -> Response:
    return paper.show(desk, "password.html", status=status, sheet=sheet, to=gate.own(to))


def _role(desk: Any, sheet: Sheet, to: str, status: int = 200) -> Response:
    with desk.read() as session:
        zone = desk.house.settings.zone
        mine = reading_accounts.myself(session, desk.scope, desk.sitting, zone)["grants"]
        words = nav.in_words(session, mine)
    choices = [(key, says, key == desk.scope.grant_id) for key, says in words.items()]
    return paper.show(desk, "role.html", status=status, sheet=sheet, to=gate.own(to), choices=choices)


def _without_secrets(typed: Typed) -> Typed:
    """What was typed, without what nobody should read again."""
    return Typed({name: value for name, value in typed.values.items() if name not in SECRET}, typed.path)
