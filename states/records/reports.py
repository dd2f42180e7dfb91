"""Reports of a campaign: the work report, 通报 in order, the weekly 调度 sheet; live, or as of a day and then kept.

What is made as of a day is kept with its digest in the same transaction, so that it is the same bytes for ever, whatever is
corrected, renamed or reprogrammed later. Live ones are not kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from states.documents import reportsheets
from states.errors import Fault, Faulty
from states.records import past, weeks, working_out
from states.records.campaigns import Running, as_it_was
from states.records.columns import changed, insert_new
from states.records.core import report_paper
from states.records.journal import note
from states.records.report_papers import ReportPaper


class Paper(NamedTuple):
    """A report as a file; `sha256` of its content."""

    name: str
    media_type: str
    content: bytes
    sha256: str


@dataclass(frozen=True)
class Sort:
    """A kind of report: what it is called, what file it is, how it is made of a campaign at an instant."""

    name: str
    ending: str
    make: Callable[[Session, Running, datetime], bytes]


def _work(session: Session, campaign: Running, at: datetime) -> bytes:
    from states.documents import reportpaper  # Word and pictures: a service starts without them

    return reportpaper.work_report(working_out.worked(session, campaign, at))


def _ranking(session: Session, campaign: Running, at: datetime) -> bytes:
    return reportsheets.ranking(working_out.worked(session, campaign, at))


def _weekly(session: Session, campaign: Running, at: datetime) -> bytes:
    return weeks.sheet(session, campaign, at)


SORTS: Mapping[str, Sort] = {
    "work": Sort("工作汇报", "docx", _work),
    "ranking": Sort("情况通报", "xlsx", _ranking),
    "weekly": Sort("周调度表", "xlsx", _weekly),
}
OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {"docx": f"{OFFICE}.wordprocessingml.document", "xlsx": f"{OFFICE}.spreadsheetml.sheet"}


def live(session: Session, campaign: Running, kind: str, now: datetime) -> Paper:
    """As things stand now; not kept. Raises Faulty."""
    return _paper(
        campaign, kind, now.astimezone(campaign.zone).date(), _sort(kind).make(session, campaign, now)
    )


def as_of(
    session: Session,
    campaign: Running,
    kind: str,
    words: str,
    now: datetime,
    actor: str,
    *,
    keep: bool = True,
) -> Paper:
    """As of the end of a past local day: what was kept then, or made now and kept, unless `keep` is false. Raises Faulty."""
    sort = _sort(kind)
    day, at = _day(campaign, words, now)
    mine = report_paper.c.campaign_id == campaign.id, report_paper.c.kind == kind, report_paper.c.as_of == day
    wanted = sa.select(report_paper.c.content).where(*mine)
    kept = session.execute(wanted).scalar()
    if kept is None:
        content = sort.make(session, as_it_was(campaign, at), at)
        if not keep:
            return _paper(campaign, kind, day, content)
        row = {"campaign_id": campaign.id, "kind": kind, "as_of": day, "made_at": now, "made_by": actor}
        digest = hashlib.sha256(content).hexdigest()
        values = {**row, "sha256": digest, "content": content}
        if changed(session, insert_new(session, ReportPaper).values(**values)):
            said = {"report": kind, "as_of": day.isoformat(), "sha256": digest}
            note(session, now, "report.kept", actor, campaign_id=campaign.id, **said)  # type: ignore[arg-type]
        kept = session.execute(wanted).scalar_one()
    return _paper(campaign, kind, day, kept)


def _sort(kind: str) -> Sort:
    if kind not in SORTS:
        known = "、".join(f"{key} {one.name}" for key, one in SORTS.items())
        raise Faulty([Fault("kind", f"没有“{kind}”这种报告；可用的有 {known}")])
    return SORTS[kind]


def _day(campaign: Running, words: str, now: datetime) -> tuple[date, datetime]:
    try:
        day = date.fromisoformat(words)
    except ValueError as error:
        raise Faulty([Fault("as_of", f"“{words}”不是日期，应写作 2026-12-05")]) from error
    at = past.moment(day.isoformat(), now, campaign.zone)
    if at < campaign.row.launched_at:
        began = campaign.row.launched_at.astimezone(campaign.zone).date()
        raise Faulty([Fault("as_of", f"这次专项行动 {began} 才启动")])
    return day, at


def _paper(campaign: Running, kind: str, day: date, content: bytes) -> Paper:
    sort = SORTS[kind]
    name = f"{campaign.row.title}{sort.name}（截至{day.isoformat()}）.{sort.ending}"
    return Paper(name, TYPES[sort.ending], content, hashlib.sha256(content).hexdigest())
