"""Words of the plan's own ledger that a person has corrected: a new version of the plan leaves them as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, select

from states.documents import ledgercolumns
from states.records.campaigns import Running
from states.records.core import ledger_item
from states.records.tables import LedgerItem
from states.template import LedgerPreset
from states.template_ledger import LedgerRow

WORDS: Mapping[str, str] = {
    "project": "项目",
    "problem": "问题",
    "measures": "整改措施",
    "departments": "责任部门",
    "due_words": "完成时限",
}
WHO = "departments"
LONGEST = 60
SAYS = "台账第{no}项的{name}由人改为“{ours}”，新版写“{theirs}”：保留现有的；要照新版的，换版后在台账中改"
TAKEN = "台账第{no}项的{name}由人改为“{ours}”，新版改为“{theirs}”：换版后由新版的办理"


def said(row: LedgerRow) -> dict[str, Any]:
    """The words of a row of the plan, as an item keeps them. What follows from a class of problems is no word of the row."""
    found = {
        "project": row.project,
        "problem": row.problem,
        "measures": list(row.measures),
        "departments": list(row.departments),
    }
    return found if row.due is None else {**found, "due_words": row.due}


def kept(item: LedgerItem, before: LedgerRow | None, after: LedgerRow) -> dict[str, Any]:
    """What stays as a person wrote it. Other departments of a new version are taken: whoever owes it changes with them. Rows
    as `by_no` has them.
    """
    if before is None:
        return {}
    found = _corrected(item, before)
    if before.departments != after.departments:
        found.pop(WHO, None)
    more = {**after.more, **_written(item, before)}
    return {**found, "more": {title: text for title, text in more.items() if text}}


def taken_back(item: LedgerItem, before: LedgerRow | None, facts: Mapping[str, Any]) -> bool:
    """Whether a person had given an item to others, and the plan takes it back."""
    return before is not None and WHO in _corrected(item, before) and facts[WHO] != item.departments


def _corrected(item: LedgerItem, before: LedgerRow) -> dict[str, Any]:
    """What an item says otherwise than the version of the plan that it came with."""
    ours = {name: getattr(item, name) for name in WORDS}
    return {name: ours[name] for name, words in said(before).items() if ours[name] != words}


def _written(item: LedgerItem, before: LedgerRow) -> dict[str, str]:
    """The same of the plan's own columns, each by its title."""
    titles = dict.fromkeys((*item.more, *before.more))
    ours = {title: item.more.get(title, "") for title in titles}
    return {title: text for title, text in ours.items() if text != before.more.get(title, "")}


def warnings(session: Session, campaign: Running, after: LedgerPreset | None) -> Iterator[str]:
    """A sentence for each word that a person has corrected and that a new version words anew."""
    before, new = by_no(campaign.template.ledger), by_no(after)
    mine = select(LedgerItem).where(ledger_item.c.campaign_id == campaign.id).order_by(ledger_item.c.no)
    for item in session.exec(mine):
        if item.no not in before or item.no not in new:
            continue
        old, words = said(before[item.no]), said(new[item.no])
        for name, ours in _corrected(item, before[item.no]).items():
            theirs = words.get(name, old[name])
            if theirs not in (old[name], ours):
                told = {"name": WORDS[name], "ours": _shown(ours), "theirs": _shown(theirs)}
                yield (TAKEN if name == WHO else SAYS).format(no=item.no, **told)
        yield from _of_columns(item, before[item.no], new[item.no])


def _of_columns(item: LedgerItem, before: LedgerRow, after: LedgerRow) -> Iterator[str]:
    for title, ours in _written(item, before).items():
        theirs = after.more.get(title, "")
        if theirs not in (before.more.get(title, ""), ours):
            told = {"name": f"“{title}”", "ours": _shown(ours), "theirs": _shown(theirs)}
            yield SAYS.format(no=item.no, **told)


def by_no(ledger: LedgerPreset | None) -> dict[int, LedgerRow]:
    """The rows of a plan by their numbers, with all that they say in the plan's own columns."""
    if ledger is None:
        return {}
    return {row.no: row.model_copy(update={"more": ledgercolumns.said(ledger, row)}) for row in ledger.rows}


def _shown(value: Any) -> str:
    text = "；".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
