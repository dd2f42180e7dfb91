"""What is asked of the table of a board: which place, which units, which page; and the table with its links."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from sqlmodel import Session

from api.pages import paging
from api.pages.forms import Sheet
from api.pages.paging import Place
from states.errors import Faulty
from states.kinds import KINDS
from states.records import board_rows
from states.records.asker import Scope
from states.records.board_rows import Board
from states.records.campaigns import Running
from states.records.matters import Matters
from states.records.reading_units import Wanted

Choice = Annotated[str, Query(max_length=200)]
LABELS = {"q": "名称或代码", "state": "状态", "kind": "类别", "only": "只看", "each": "显示"}
ANY = ("", "全部")
ONLY = (ANY, ("overdue", "有逾期的"), ("behind", "落后的"), ("escalated", "已催办的"))
EACH = (("", "按下级汇总"), ("units", "逐个单位"))
MARKS = ("behind", "overdue", "escalated")


@dataclass(frozen=True)
class Asked:
    """What the table is asked for; empty fields do not restrict."""

    under: str = ""
    q: str = ""
    state: str = ""
    kind: str = ""
    only: str = ""
    each: str = ""
    page: int = 1
    beyond: str = ""

    @property
    def filtered(self) -> bool:
        """Whether units are looked for one by one."""
        return bool(self.q or self.state or self.kind or self.only or self.each)

    @property
    def wanted(self) -> Wanted:
        def some(value: str) -> tuple[str, ...]:
            return (value,) if value else ()

        behind, overdue, escalated = (True if self.only == one else None for one in MARKS)
        return Wanted(
            *(some(self.state), behind, overdue, some(self.under), some(self.kind)),
            q=self.q or None,
            escalated=escalated,
            beyond=self.beyond or None,
        )

    @property
    def kept(self) -> dict[str, str]:
        names = ("under", "beyond", *LABELS)
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True)
class Grid:
    """The table as it is drawn. `board` None: what was asked can't be meant, `wrong` says why."""

    asked: Asked
    here: str
    sheet: Sheet
    options: dict[str, Any]
    place: Place
    board: Board | None = None
    wrong: tuple[str, ...] = ()
    kept: list[tuple[str, str]] = field(default_factory=list)

    @property
    def heads(self) -> list[str]:
        """Of the columns: a place, how it stands, the phases between those who have not begun and those who have ended."""
        phases = [one.name for one in self.board.columns] if self.board is not None else []
        return ["单位", "状况", "未启动", *phases, "已结束"]

    @property
    def owed(self) -> tuple[Matters, ...] | None:
        """What is owed within the whole reach, where the table is of all that."""
        everything = not self.asked.under and not self.asked.filtered
        return self.board.owed if self.board is not None and everything else None

    def at(self, code: str) -> str:
        """The same table of another place."""
        return self._address({"under": code})

    def only(self, what: str) -> str:
        """The units of this place of which this holds; all of them for ""."""
        chosen = {"only": what} if what else {"each": "units"}
        return self._address({"under": self.asked.under, **chosen})

    def at_state(self, state: str) -> str:
        """The units within one's reach that are in this state, one by one."""
        return self._address({"state": state})

    def page(self, number: int) -> str:
        return self._address({**self.asked.kept, "page": str(number)})

    def _address(self, query: dict[str, str]) -> str:
        said = urlencode({name: value for name, value in query.items() if value})
        return f"{self.here}?{said}#grid" if said else f"{self.here}#grid"


def read(session: Session, scope: Scope, campaign: Running, asked: Asked, now: datetime) -> Grid:
    """The table that is asked for. Raises NotAllowed, NotFound for a place."""
    board: Board | None = None
    wrong: tuple[str, ...] = ()
    place = Place(1, 1)

    def page(number: int) -> tuple[Board, int]:
        if asked.filtered:
            found = board_rows.single(session, scope, campaign, asked.wanted, now, number)
        else:
            found = board_rows.tree(session, scope, campaign, asked.under or None, now, number)
        return found, found.found

    try:
        board, place = paging.there(asked.page, board_rows.A_PAGE, page)
    except Faulty as error:
        wrong = tuple(one.says for one in error.faults)
    return Grid(
        asked=asked,
        here=f"/campaigns/{campaign.id}",
        sheet=Sheet(LABELS, {name: (getattr(asked, name),) for name in LABELS}),
        options=options(campaign),
        board=board,
        place=place,
        wrong=wrong,
        kept=list(asked.kept.items()),
    )


def options(campaign: Running) -> dict[str, Any]:
    """What the filters offer: the states of this plan, the kinds there are."""
    states = [(key, one.label) for key, one in campaign.machines.unit.states.items()]
    return {"state": [ANY, *states], "kind": [ANY, *KINDS.items()], "only": ONLY, "each": EACH}
