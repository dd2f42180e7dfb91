"""What was handed in, as it is read: the versions of an obligation, their files, and who may see which file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from states.documents.filekinds import KINDS
from states.errors import Fault, Faulty, NotFound
from states.evidence import NOTHING_ASKED
from states.records import reading_scope
from states.records.access import Scope
from states.records.campaigns import Running
from states.records.columns import unit_of
from states.records.core import handed_file, journal, obligation, stored_file, submission, unit
from states.records.filed import Submission
from states.records.settling import ACTS
from states.records.told import EvidenceTold, FileTold, Judged, Named, SubmissionTold, instant
from states.records.vault import HASH, Incoming

HANDED = "obligation.handed"
JUDGED = {"obligation.accept": "accept", "obligation.return": "return", "obligation.waive": "waive"}
ACT_NAMES = {"submit": "报送", "nil": "零报告", "confirm": "确认留存备查"}
REFERENCE = re.compile(r"([1-9][0-9]{0,18})/([1-9][0-9]{0,8})")
UNKNOWN = "没有这个文件"
ADDRESS = "/api/v1/obligations/{key}/submissions/{version}/files/{number}"


@dataclass(frozen=True)
class Paper:
    """One file to hand in: new (`content` lies beside, complete) or handed in before."""

    sha256: str
    name: str
    kind: str
    size: int
    caution: str | None = None
    content: Incoming | None = None


@dataclass(frozen=True)
class Fetched:
    """A file that may be downloaded."""

    sha256: str
    size: int
    name: str
    kind: str
    caution: str | None

    @property
    def media(self) -> str:
        return KINDS[self.kind].media


def last(session: Session, key: int) -> Submission | None:
    """The latest version of one obligation."""
    mine = select(Submission).where(Submission.obligation_id == key)
    return session.exec(mine.order_by(submission.c.version.desc()).limit(1)).first()


def _files(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    joined = handed_file.join(stored_file, stored_file.c.sha256 == handed_file.c.sha256)
    joined = joined.join(submission, submission.c.id == handed_file.c.submission_id)
    content = (handed_file.c.sha256, handed_file.c.name, stored_file.c.kind, stored_file.c.size)
    return sa.select(*columns, *content, stored_file.c.caution).select_from(joined)


def fetched(session: Session, key: int, version: int, number: int) -> Fetched:
    """One file of an obligation that is known to be seen. Raises NotFound."""
    where = submission.c.obligation_id == key, submission.c.version == version
    row = session.execute(_files().where(*where, handed_file.c.number == number)).first()
    if row is None:
        raise NotFound(UNKNOWN)
    return Fetched(row.sha256, row.size, row.name, row.kind, row.caution)


# -- handed in once more --------------------------------------------------------------------------------


def earlier(session: Session, scope: Scope, references: Iterable[str]) -> list[Paper]:
    """Files handed in before, by hash or all of a submission, if the key may see them. Raises NotFound, Faulty."""
    return [paper for one in references for paper in _earlier(session, scope, one)]


def _earlier(session: Session, scope: Scope, reference: str) -> list[Paper]:
    statement = _files().where(*_which(reference), *_seen(scope))
    rows = session.execute(statement.order_by(submission.c.id.desc(), handed_file.c.number)).all()
    if not rows:
        raise NotFound(f"{UNKNOWN}，或它不在授权范围内：{reference}")
    if HASH.fullmatch(reference):
        rows = rows[:1]
    return [Paper(row.sha256, row.name, row.kind, row.size, row.caution) for row in rows]


def _which(reference: str) -> list[sa.ColumnElement[bool]]:
    if HASH.fullmatch(reference):
        return [handed_file.c.sha256 == reference]
    match = REFERENCE.fullmatch(reference)
    if match is None or int(match[1]) >= 1 << 63:
        says = "应为交过的文件的 SHA-256（64 位小写十六进制），或 应办事项编号/第几次"
        raise Faulty([Fault("earlier", says)])
    return [submission.c.obligation_id == int(match[1]), submission.c.version == int(match[2])]


def _seen(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Over `submission`: those of units and campaigns that the key may see."""
    if scope.path is None and scope.campaigns is None:
        return []
    owed = sa.select(obligation.c.id).join(unit, unit.c.id == obligation.c.unit_id)
    owed = owed.where(obligation.c.id == submission.c.obligation_id, *reading_scope.within(scope))
    if scope.campaigns is not None:
        owed = owed.where(obligation.c.campaign_id.in_(sorted(scope.campaigns)))
    return [owed.exists()]


# -- told ----------------------------------------------------------------------------------------------


def asked(campaign: Running, requirement: str) -> EvidenceTold:
    """What must come with a requirement, by its key."""
    found = campaign.asked.get(requirement)
    wanted = found.evidence if found else NOTHING_ASKED
    return {
        "files": wanted.files,
        "photos": wanted.photos,
        "kinds": [str(one) for one in wanted.kinds],
        "text": wanted.text,
        "signer": wanted.signer,
        "seal": wanted.seal,
    }


def told(session: Session, campaign: Running, key: int) -> list[SubmissionTold]:
    """Every version handed in for one obligation, latest first, each with what was decided about it."""
    rows = session.exec(select(Submission).where(Submission.obligation_id == key))
    found = {row.version: row for row in rows}
    if not found:
        return []
    files, judged = _files_told(session, key), _judged(session, campaign, key)
    return [
        _told(campaign, found[version], files.get(version, []), judged.get(version))
        for version in sorted(found, reverse=True)
    ]


def _told(campaign: Running, row: Submission, files: list[FileTold], judged: Judged | None) -> SubmissionTold:
    return {
        "version": row.version,
        "act": _named(row.act, ACT_NAMES[row.act]),
        "at": instant(row.at, campaign.zone),
        "by": row.by,
        "late": row.late,
        "text": row.text,
        "signer": row.signer,
        "seal": row.seal,
        "to": row.addressee,
        "copies": row.copies,
        "files": files,
        "judged": judged,
    }


def _named(key: str, name: str) -> Named:
    return {"key": key, "name": name}


def _files_told(session: Session, key: int) -> dict[int, list[FileTold]]:
    statement = _files(submission.c.version, handed_file.c.number).where(submission.c.obligation_id == key)
    found: dict[int, list[FileTold]] = {}
    for row in session.execute(statement.order_by(submission.c.version, handed_file.c.number)):
        address = ADDRESS.format(key=key, version=row.version, number=row.number)
        found.setdefault(row.version, []).append(file_told(row, address))
    return found


@dataclass(frozen=True)
class Kept:
    """A file as it was handed in: for which obligation, in which of its versions, when."""

    obligation: int
    version: int
    at: datetime
    told: FileTold


def kept(session: Session, obligations: Sequence[int]) -> list[Kept]:
    """All files of these obligations, the latest first."""
    of = submission.c
    statement = _files(of.obligation_id, of.version, of.at, handed_file.c.number)
    mine = statement.where(of.obligation_id.in_(obligations)).order_by(of.id.desc(), handed_file.c.number)
    found = []
    for row in session.execute(mine):
        address = ADDRESS.format(key=row.obligation_id, version=row.version, number=row.number)
        found.append(Kept(row.obligation_id, row.version, row.at, file_told(row, address)))
    return found


def file_told(row: Any, address: str) -> FileTold:
    """A file with its number, name, content and kind."""
    return {
        "number": row.number,
        "name": row.name,
        "size": row.size,
        "sha256": row.sha256,
        "kind": _named(row.kind, KINDS[row.kind].words),
        "caution": row.caution,
        "address": address,
    }


def _judged(session: Session, campaign: Running, key: int) -> dict[int, Judged]:
    """What was decided last about each version, from the journal: it stands between this one and the next."""
    mine = journal.c.campaign_id == campaign.id, journal.c.unit_id == unit_of(key)
    statement = sa.select(
        *(journal.c.kind, journal.c.at, journal.c.actor, journal.c.reason, journal.c.payload)
    ).where(*mine, journal.c.kind.in_((HANDED, *JUDGED)))
    rows: Sequence[Any] = session.execute(statement.order_by(journal.c.id)).all()
    found: dict[int, Judged] = {}
    version = 0
    for kind, at, actor, reason, payload in rows:
        if payload["obligation"] != key:
            continue
        if kind == HANDED:
            version = payload["version"]
            continue
        act = JUDGED[kind]
        found[version] = _decision(act, at, actor, reason, campaign)
    return found


def _decision(act: str, at: datetime, actor: str, reason: str | None, campaign: Running) -> Judged:
    return {
        "act": _named(act, ACTS[act].name),
        "at": instant(at, campaign.zone),
        "by": actor,
        "reason": reason,
    }
