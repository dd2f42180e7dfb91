"""Forms about one item of the ledger: its texts, what becomes of it, to whom it is handed over; and the way back from them.

Where the item is another than the one that was seen, nothing of what was typed is lost, and nothing that others wrote is
written over unseen: a cell that was left alone shows what stands there now, the others say it beside what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from pydantic import Field

from api.ledger import HandOver, ItemMove
from api.pages import forms
from api.pages.forms import Form, Sheet, Typed
from api.shapes import NO_ZERO, Sent
from states.closing import FOUND_BY
from states.documents import ledgerfacts
from states.documents.ledgercolumns import Columns
from states.documents.ledgerfacts import Item
from states.documents.rows import quoted
from states.records import ledger_correcting

BACK = "_back"  # where one came from: a list with its filters
LEDGER = "/campaigns/{campaign_id}/ledger"
PLACES: Mapping[str, str] = {"list": "", "queue": "/queue"}
KEPT = ("q", "state", "found_by", "department", "under", "only", "step", "cursor")
AT = "at"
ITEM = re.compile(r"[0-9]{1,10}")
LONGEST_BACK = 4_000
OTHERS = "他人已改成现在的文字；这一栏您没有改过"
NOW_SAYS = "他人已改为{now}；照您写的改，请再提交一次"
EMPTY = "（空）"
Short = Annotated[str, Field(max_length=200, pattern=NO_ZERO)]
Cell = Annotated[str, Field(max_length=32_000, pattern=NO_ZERO)]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,3}$")]


class Correction(Sent):
    """The cells of one item, whole: what is left out is empty. `own`: columns of the plan's own by their places."""

    stamp: Annotated[str, Field(min_length=1, max_length=4_000, pattern=NO_ZERO)]
    project: Short = ""
    problem: Annotated[str, Field(max_length=5_000, pattern=NO_ZERO)] = ""
    measures: Cell = ""
    lead: Short = ""
    departments: Annotated[str, Field(max_length=2_000, pattern=NO_ZERO)] = ""
    due: Short = ""
    found_by: Short = ""
    own: Annotated[dict[Number, Cell], Field(max_length=200)] = Field(default_factory=dict)
    stand_in: bool = False
    undated: bool = False


MOVE: Form[ItemMove] = Form(
    ItemMove, {"move": "动作", "reason": "理由", "measures": "已完成的措施", "version": ""}
)
HAND_OVER: Form[HandOver] = Form(HandOver, {"to": "移交给哪个机关", "number": "移交文号", "version": ""})
HOW = {"stand_in": "单位表中没有的责任部门，由问题所在单位代收", "undated": "暂不定期，以后补写"}
FOUND = tuple((name, name) for name in FOUND_BY.values())


def form_of(one: Item, headed: Columns) -> Form[Correction]:
    """The form for one item, its fields headed as the plan heads them."""
    titles = {field_of(name, headed): headed.title(name) for name in ledger_correcting.editable(one, headed)}
    return Form(Correction, {**titles, **HOW, "stamp": ""})


def field_of(name: str, headed: Columns) -> str:
    """What the field of a column is called: a title of the plan's own may have any sign in it."""
    return f"own.{headed.own.index(name)}" if name in headed.own else name


def cells_of(sent: Correction, one: Item, headed: Columns) -> dict[str, str]:
    """The cells as they were sent, by column."""
    own = {name: sent.own.get(str(place), "") for place, name in enumerate(headed.own)}
    names = ledger_correcting.editable(one, headed)
    return {name: own[name] if name in own else str(getattr(sent, name)) for name in names}


def correcting(one: Item, headed: Columns, back: str = "") -> Sheet:
    """The form as the record has it."""
    texts = ledgerfacts.texts(one, headed.own)
    form = form_of(one, headed)
    values = {field_of(name, headed): (texts[name],) for name in ledger_correcting.editable(one, headed)}
    values |= {"stamp": (ledgerfacts.stamp(one, headed.own),), BACK: (back,)}
    return Sheet(form.labels, values, token=forms.fresh())


def merged(sheet: Sheet, one: Item, headed: Columns) -> Sheet:
    """A refused form over the item as it stands now; each cell that others changed says so."""
    seen, stamp = sheet.text("stamp"), ledgerfacts.stamp(one, headed.own)
    values, errors = dict(sheet.values), dict(sheet.errors)
    changed = {} if seen == stamp else ledger_correcting.since(seen, one, headed)
    for name in ledger_correcting.editable(one, headed):
        if name not in changed:
            continue
        key, typed, now = field_of(name, headed), sheet.text(field_of(name, headed)), changed[name]
        if ledger_correcting.untouched(seen, name, typed, headed):
            values[key] = (now,)
            errors[key] = (*errors.get(key, ()), OTHERS)
        elif ledgerfacts.plain(name, typed) != ledgerfacts.plain(name, now):
            errors[key] = (*errors.get(key, ()), NOW_SAYS.format(now=quoted(now) if now else EMPTY))
    return replace(sheet, values={**values, "stamp": (stamp,)}, errors=errors)


def back_of(place: str, kept: list[tuple[str, str]], at: int | None = None) -> str:
    """What a form carries to find its way back: a list with its filters and how far one was. `at`: the item to be at."""
    return f"{place}?{urlencode([*kept, (AT, str(at))] if at is not None else kept)}"


def way_back(typed: Typed, campaign_id: int, no: int) -> str:
    """Where to go on once it is done: the list one came from, else the item. Nothing leads out of the ledger."""
    ledger = LEDGER.format(campaign_id=campaign_id)
    place, asked, query = typed.text(BACK).partition("?")
    if not asked or place not in PLACES or len(query) > LONGEST_BACK:
        return f"{ledger}/{no}"
    try:
        said = parse_qsl(query, max_num_fields=20)
    except ValueError:
        said = []
    kept = urlencode([(name, value) for name, value in said if name in KEPT])
    at = next((value for name, value in said if name == AT and ITEM.fullmatch(value)), "")
    return f"{ledger}{PLACES[place]}" + (f"?{kept}" if kept else "") + (f"#item-{at}" if at else "")
