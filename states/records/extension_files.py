"""Files that came with a request for a later date: kept beside it, told with it, fetched by who may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from states.errors import NotFound
from states.records import handing_in, reading_scope
from states.records.access import Scope
from states.records.core import extension, extension_file, stored_file, unit
from states.records.filed import ExtensionFile
from states.records.respite import Extension
from states.records.submissions import UNKNOWN, Fetched, Paper, file_told
from states.records.told import FileTold

ADDRESS = "/api/v1/campaigns/{campaign}/extensions/{key}/files/{number}"


def keep(session: Session, row: Extension, papers: Sequence[Paper], now: datetime, actor: str) -> None:
    """In the transaction of the request, and in its order."""
    handing_in.store(session, papers, now, actor)
    for number, one in enumerate(papers, 1):
        session.add(ExtensionFile(extension_id=row.id, number=number, sha256=one.sha256, name=one.name))
    session.flush()


def told(session: Session, rows: Iterable[Extension]) -> dict[int, list[FileTold]]:
    """The files of each of these requests."""
    campaigns = {row.id: row.campaign_id for row in rows}
    found: defaultdict[int, list[FileTold]] = defaultdict(list)
    mine = extension_file.c.extension_id.in_(campaigns)
    columns = extension_file.c.extension_id, extension_file.c.number
    for row in session.execute(_files(*columns).where(mine).order_by(*columns)):
        where = {"campaign": campaigns[row.extension_id], "key": row.extension_id, "number": row.number}
        found[row.extension_id].append(file_told(row, ADDRESS.format(**where)))
    return found


def fetched(session: Session, scope: Scope, campaign_id: int, key: int, number: int) -> Fetched:
    """One file of a request, for whoever may see the request. Raises NotAllowed, NotFound."""
    reading_scope.campaign_seen(session, scope, campaign_id)
    asked = extension.join(unit, unit.c.id == extension.c.unit_id)
    mine = extension.c.campaign_id == campaign_id, extension.c.id == key, *reading_scope.within(scope)
    here = sa.select(extension.c.id).select_from(asked).where(*mine)
    which = extension_file.c.extension_id.in_(here), extension_file.c.number == number
    row = session.execute(_files().where(*which)).first()
    if row is None:
        raise NotFound(UNKNOWN)
    return Fetched(row.sha256, row.size, row.name, row.kind, row.caution)


def _files(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    joined = extension_file.join(stored_file, stored_file.c.sha256 == extension_file.c.sha256)
    content = extension_file.c.sha256, extension_file.c.name, stored_file.c.kind, stored_file.c.size
    return sa.select(*columns, *content, stored_file.c.caution).select_from(joined)
