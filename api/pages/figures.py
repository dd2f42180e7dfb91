"""The figures of a campaign as charts: each is that of the API, and leads to the rows behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlmodel import Session
from starlette.responses import Response

from api.deps import CampaignId, Desk
from api.pages import nav, paper
from api.pages.gate import AtPage
from states.progress import Reporting
from states.records import board_rows, ledger_rates, loads, reading_scope
from states.records.board_rows import Board, Row
from states.records.board_sums import Column, Sums
from states.records.campaigns import Running
from states.records.loads import Load, Week

router = APIRouter(route_class=paper.PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

LEDGER = nav.Entry("台账", f"{nav.CAMPAIGN}/ledger")
MOST = 100  # lines of a ranking
NOTHING_DUE = 2.0  # after every rate
Listed = tuple[str, dict[str, str]]  # a list, and what it is asked for
SHADES = 5  # of the heat map; the heaviest week has the darkest


@dataclass(frozen=True)
class Piece:
    """A piece of a bar, in thousandths of the chart's width."""

    x: float
    width: float
    tone: str
    told: str


@dataclass(frozen=True)
class Figure:
    """What is told in figures, and where its rows are ("": nowhere)."""

    says: str
    href: str = ""


@dataclass(frozen=True)
class Bar:
    """One line of a chart: a name and where its rows are, pieces, its figure, and those that it is made of."""

    name: str
    href: str
    pieces: tuple[Piece, ...]
    figure: Figure
    of: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Heat:
    """A unit's line of the heat map: for each week a number, its shade and where its rows are ("": none); all weeks together."""

    load: Load
    cells: tuple[tuple[Week, int, str], ...]
    href: str


@dataclass(frozen=True)
class Places:
    """Where rows are listed: the board, what is owed, the ledger ("": may not be opened). `owner`: code of the unit that
    runs the campaign."""

    board: str
    units: str
    owed: str
    ledger: str
    owner: str

    @classmethod
    def of(cls, session: Session, desk: Desk, campaign: Running) -> Places:
        here = f"/campaigns/{campaign.id}"
        ledger = here + "/ledger" if nav.may_open(desk, LEDGER) else ""
        owner = reading_scope.owner(session, campaign).code
        return cls(here, here + "/units", here + "/obligations", ledger, owner)

    @property
    def overdue(self) -> str:
        return address(self.owed, only="overdue")

    def problems(self, code: str | None) -> str:
        """Of a place and below; without a code of the unit itself that runs the campaign."""
        its = {"under": code} if code else {"unit": self.owner}
        return address(self.ledger, **its, counted="true") if self.ledger else ""

    def answering(self, name: str) -> str:
        """For which somebody answers first."""
        return address(self.ledger, answers=name, counted="true") if self.ledger else ""

    def counting(self, what: str, **where: str) -> str:
        """What counts as that in 报送率, of the units that are meant."""
        return address(self.owed, **where, only=what)


@router.get("/campaigns/{campaign_id}/figures")
def figures(desk: AtPage, campaign_id: CampaignId) -> Response:
    """Within one's reach."""
    with desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        facts = _facts(session, desk, campaign)
    trail = [("专项行动", "/campaigns"), (campaign.row.title, f"/campaigns/{campaign_id}"), ("数据", "")]
    places = nav.within(desk, campaign_id)
    return paper.show(desk, "figures.html", campaign=campaign, trail=trail, places=places, **facts)


def _facts(session: Session, desk: Desk, campaign: Running) -> dict[str, Any]:
    scope, now = desk.scope, desk.now
    ledger = ledger_rates.Rates(session, campaign, now, scope)
    regions, departments = ledger.regions(MOST), ledger.departments(MOST)
    weeks = loads.overdue(session, campaign, now, scope.path)
    heavy = loads.heaviest(session, scope, campaign, now)
    board = board_rows.tree(session, scope, campaign, None, now, 1, marked=False)
    worst = max((one.most for one in heavy), default=0)
    places = Places.of(session, desk, campaign)
    return {
        "to": places,
        "whole": board.whole,
        "ledger": {"rate": regions.rate, "regions": regions.number, "departments": departments.number},
        "progress": _progress(board, places),
        "tones": [(one.name, tone(one)) for one in board.columns if one.place],
        "reporting": _reporting(board, places),
        "closing": [_closing(one, places.problems(one["code"])) for one in regions.shares],
        "departments": [_closing(one, places.answering(one["name"])) for one in departments.shares],
        "weeks": _weeks(weeks, places),
        "heavy": [_heat(one, worst) for one in heavy],
        "mondays": loads.span(now, campaign),
        "this": loads.monday_of(now.astimezone(campaign.zone)),
    }


def address(path: str, **query: str) -> str:
    """With what is not empty."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{said}" if said else path


def _pieces(parts: list[tuple[int, str, str]], whole: int) -> tuple[Piece, ...]:
    """Numbers side by side, `whole` as wide as the chart."""
    made: list[Piece] = []
    x = 0.0
    for number, tone, told in parts:
        if number and whole:
            width = round(1000 * number / whole, 2)
            made.append(Piece(round(x, 2), width, tone, told))
            x += width
    return tuple(made)


def _progress(board: Board, to: Places) -> list[Bar]:
    """Units of each place by the phase in which they are; the places that the board has on later pages are one line."""
    made = [_phases(board, one.name, one.sums, _row_at(one, to), _listed(one, to)) for one in board.rows]
    if board.left:
        others = {"beyond": board.rows[-1].code}
        href = address(to.units, **others)
        made.append(_phases(board, f"其余 {board.left} 行", board.rest, href, (to.units, others)))
    return [one for one in made if one.pieces]


def _phases(board: Board, name: str, sums: Sums, href: str, listed: Listed | None) -> Bar:
    """`listed`: where the units of this line are listed; None where it is one unit."""

    def rows(state: str = "") -> str:
        return address(listed[0], **listed[1], state=state) if listed else ""

    told = [("未启动", "waiting", sums["at", 0], "waiting")]
    told += [(one.name, tone(one), sums["at", one.place], one.key) for one in board.columns if one.place]
    told += [("办结", "closed", sums["at", board.end] - sums["exempt"], "closed")]
    told += [("免办", "exempt", sums["exempt"], "exempt")]
    parts = [(number, shade, f"{words} {number}") for words, shade, number, _state in told]
    of = [Figure(f"{words} {number}", rows(state)) for words, _shade, number, state in told if number]
    return Bar(name, href, _pieces(parts, sums["units"]), Figure(f"{sums['units']} 个", rows()), tuple(of))


def _row_at(row: Row, to: Places) -> str:
    """One unit has a page of its own."""
    if row.standing is not None or row.own:
        return f"{to.units}/{quote(row.code)}"
    return address(to.board, under=row.code)


def _listed(row: Row, to: Places) -> Listed | None:
    """Where the units of a row are listed; None where it is one unit."""
    return None if row.standing is not None or row.own else (to.units, {"under": row.code})


def tone(column: Column) -> str:
    """The class of a phase, as the board's bar has it."""
    return f"p{(column.place - 1) % 5 + 1}"


def _reporting(board: Board, to: Places) -> list[Bar]:
    """报送率 of each place: handed in of what was due; the furthest behind first."""
    asked = [one for one in board.rows if one.sums["asked"]]
    asked.sort(key=lambda one: NOTHING_DUE if one.sums.reporting.rate is None else one.sums.reporting.rate)
    lines = [
        _rate(
            one.sums.reporting, one.name, partial(to.counting, **{"unit" if one.own else "under": one.code})
        )
        for one in asked
    ]
    if board.left:
        others = partial(to.counting, beyond=board.rows[-1].code)
        lines.append(_rate(board.rest.reporting, f"其余 {board.left} 行", others))
    return lines


def _rate(told: Reporting, name: str, rows: Callable[[str], str]) -> Bar:
    """`rows`: where what counts as that is listed."""
    done = told.due - told.missing
    parts = [(done, "closed", f"已报 {done}"), (told.missing, "late", f"未报 {told.missing}")]
    counts = (("应报", told.due, "due"), ("未报", told.missing, "overdue"), ("逾期报", told.late, "late"))
    of = tuple(_figure(words, number, rows(what)) for words, number, what in counts)
    return Bar(name, rows("overdue"), _pieces(parts, told.due), Figure(_percent(told.rate)), of)


def _figure(words: str, number: int, href: str) -> Figure:
    """Behind nothing there are no rows."""
    return Figure(f"{words} {number}", href if number else "")


def _closing(one: Any, href: str) -> Bar:
    """销号率 of a place or of who answers: closed of what can be closed."""
    left = one["items"] - one["standing"] - one["closed"]
    parts = [(one["closed"], "closed", f"已销号 {one['closed']}"), (left, "waiting", f"未销号 {left}")]
    of = [Figure(f"{one['items']} 项", href)]
    for words, what in (("长期坚持", "standing"), ("逾期", "overdue")):
        of.append(_figure(words, one[what], f"{href}&only={what}" if href else ""))
    pieces = _pieces(parts, one["items"] - one["standing"])
    return Bar(one["name"], href, pieces, Figure(_percent(one["rate"])), tuple(of))


def _weeks(weeks: list[Week], to: Places) -> list[Bar]:
    """What is overdue by the week in which it fell due; the worst week is as wide as the chart."""
    worst = max((one.number for one in weeks), default=0)
    made = []
    for one in weeks:
        days = {"due_from": str(one.monday), "due_until": str(one.sunday)}
        rows = address(to.owed, only="overdue", **days)
        name = f"{one.monday.month}月{one.monday.day}日—{one.sunday.month}月{one.sunday.day}日"
        pieces = _pieces([(one.number, "late", f"逾期 {one.number}")], worst)
        made.append(Bar(name, rows, pieces, Figure(str(one.number), rows)))
    return made


def _heat(load: Load, worst: int) -> Heat:
    def rows(first: Week, last: Week) -> str:
        return address("/owed", unit=load.code, due_from=str(first.monday), due_until=str(last.sunday))

    cells = [
        (one, -(-SHADES * one.number // worst), rows(one, one) if one.number else "") for one in load.weeks
    ]
    return Heat(load, tuple(cells), rows(load.weeks[0], load.weeks[-1]))


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate:.1%}"
