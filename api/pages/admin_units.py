"""`/admin/units`: the units as a tree and as a list, each with who holds which role; a holder is named, put right, handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api import respite
from api.deps import Code, Cursor, Desk
from api.pages import admin, forms, nav, paper
from api.pages.forms import AtForm, Done, Form, Sheet
from api.pages.gate import AtPage
from api.respite import HandOverContact
from api.shapes import Sent, Words
from states.documents.columns import ROLES
from states.errors import Faulty
from states.kinds import KINDS
from states.records import manning, reading_roster
from states.records.board import ROLE_NAMES
from states.records.manning import Holder
from states.records.reading_roster import Choice, InFull, Line
from states.records.roles import Act
from states.records.told import HandOverTold
from states.template import Role

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

UNITS, CONTACTS = "/admin/units", "/admin/contacts"
A_PAGE = 100
Chosen = Annotated[str, Query(max_length=200)]
FILTERS = {"q": "名称或代码", "kind": "类别", "only": "只看"}
ANY = ("", "全部")
BACK = "_back"  # a form on the page of contacts leads back there
Key = tuple[str, str]


class HolderSent(Sent):
    """Who is to hold a role; see `manning.Holder`."""

    role: Role
    name: Words = ""
    email: Words = ""
    before: Words = ""

    @property
    def holder(self) -> Holder:
        return Holder(self.role, self.name, self.email, self.before)


HOLDER: Form[HolderSent] = Form(HolderSent, {"role": "岗位", "name": "姓名", "email": "邮箱", "before": ""})
HAND_OVER: Form[HandOverContact] = Form(
    HandOverContact, {"name": "接任人的姓名", "email": "接任人的邮箱", "before": "", "units": "", "roles": ""}
)


@router.get(UNITS)
def units(
    desk: AtPage,
    q: Chosen = "",
    kind: Chosen = "",
    only: Chosen = "",
    under: Chosen = "",
    cursor: Cursor = "0",
) -> Response:
    """Without a filter the tree, a level at a time; with one all that fit, as a list."""
    wanted = Choice(q, kind, only, under)
    wrong: tuple[str, ...] = ()
    lines: list[Line] = []
    following = place = None
    with desk.read() as session:
        if under:
            place = reading_roster.in_full(session, desk.scope, under)
        try:
            lines, following = reading_roster.page(session, desk.scope, wanted, int(cursor), A_PAGE)
        except Faulty as error:
            wrong = tuple(one.says for one in error.faults)
    asked = {"q": q, "kind": kind, "only": only, "under": under}
    return paper.show(
        desk,
        "admin_units.html",
        status=422 if wrong else 200,
        lines=lines,
        following=following,
        place=place,
        searching=wanted.searching,
        wrong=wrong,
        choice=Sheet(FILTERS, {name: (value,) for name, value in asked.items()}),
        kept=[(name, value) for name, value in asked.items() if value],
        begun=cursor != "0",
        options={"kind": [ANY, *KINDS.items()], "only": [ANY, *reading_roster.ONLY.items()]},
        kinds=KINDS,
        imports=nav.may_open(desk, nav.Entry("", "/admin/import")) and desk.scope.whole,
        trail=_trail(desk, place),
        **nav.of_admin(desk),
    )


@router.get(f"{UNITS}/{{code}}")
def unit(desk: AtPage, code: Code) -> Response:
    return unit_page(desk, code, {}, 200)


@router.post(f"{UNITS}/{{code}}/holders")
def holder(desk: AtPage, typed: AtForm, code: Code) -> Response:
    """Somebody is named, put right, or taken out."""

    def work(session: Session, sent: HolderSent) -> Done:
        manning.put(session, desk.scope, code, sent.holder, desk.now)
        return Done(_said(sent), CONTACTS if typed.text(BACK) else _address(code))

    def again(sheet: Sheet, status: int) -> Response:
        return unit_page(desk, code, {(sheet.text("role"), sheet.text("before")): sheet}, status)

    return forms.act(desk, HOLDER, typed, work, again)


@router.post(f"{CONTACTS}/hand-over")
def hand_over(desk: AtPage, typed: AtForm) -> Response:
    code = typed.text("units")

    def work(session: Session, sent: HandOverContact) -> Done:
        made = respite.handed(session, desk, sent, dry_run=False)
        return Done(f"已交接：{told(made)}", _address(code))

    def again(sheet: Sheet, status: int) -> Response:
        return unit_page(desk, code, {_key(sheet): sheet}, status)

    return forms.act(desk, HAND_OVER, typed, work, again)


@router.post(f"{CONTACTS}/hand-over/look")
def look(desk: AtPage, typed: AtForm) -> Response:
    """What a hand-over would do."""

    def show(sheet: Sheet, found: HandOverTold | None, status: int) -> Response:
        said = {_key(sheet): told(found)} if found else {}
        return unit_page(desk, typed.text("units"), {_key(sheet): sheet}, status, said)

    return forms.try_out(
        desk, HAND_OVER, typed, lambda session, sent: respite.handed(session, desk, sent, dry_run=True), show
    )


def told(made: HandOverTold) -> str:
    """What a hand-over does, in a sentence."""
    return f"{len(made['posts'])} 个岗位，{made['rerouted']} 条未发的通知改发接任人，{made['told']} 人将收到未办结事项"


def edits(desk: Desk) -> bool:
    """Whether whoever asks may put contacts right."""
    return desk.scope.may(Act.administer) and desk.scope.write and desk.scope.campaigns is None


def unit_page(
    desk: Desk, code: str, refused: Mapping[Key, Sheet], status: int, said: Mapping[Key, str] | None = None
) -> Response:
    """One unit with a form for each holder. `refused`: the form that was not taken, by role and address."""
    with desk.read() as session:
        seen = reading_roster.in_full(session, desk.scope, code)
    form = HOLDER if edits(desk) else HAND_OVER
    sheets = {
        (one.role, one.email): _sheet(form, seen, one.role, one.name, one.email) for one in seen.holders
    }
    lost = next((sheet for key, sheet in refused.items() if key not in sheets), None)
    return paper.show(
        desk,
        "admin_unit.html",
        status=status,
        u=seen,
        sheets={**sheets, **refused},
        refused=set(refused),
        said_of=said or {},
        new=lost or forms.blank(HOLDER),
        edits=edits(desk),
        hands=desk.scope.may(Act.judge) and desk.scope.campaigns is None,
        roles=[(role.value, words[0]) for role, words in ROLES.items()],
        named=ROLE_NAMES,
        kinds=KINDS,
        trail=_trail(desk, seen),
        **nav.of_admin(desk),
    )


def _sheet(form: Form[Any], seen: InFull, role: str, name: str, email: str) -> Sheet:
    """A form about one holder: to be put right, or to be handed over."""
    if form is HOLDER:
        return forms.blank(form, role=role, name=name, email=email, before=email)
    return forms.blank(form, before=email, units=seen.code, roles=role)


def _key(sheet: Sheet) -> Key:
    return sheet.text("roles"), sheet.text("before")


def _said(sent: HolderSent) -> str:
    role = ROLE_NAMES[sent.role.value]
    if not sent.email:
        return f"已移除{role} {sent.before}"
    if sent.before == sent.email:
        return f"已改好：{role} {sent.name}"
    return f"已登记：{role} {sent.name}（{sent.email}）"


def _address(code: str) -> str:
    return f"{UNITS}/{code}"


def _trail(desk: Desk, place: InFull | None) -> list[tuple[str, str]]:
    if place is None:
        return admin.trail(desk, "单位")
    above = [(name, f"{UNITS}?under={code}") for code, name in place.line]
    return admin.trail(desk, "单位", *above, (place.name, ""))
