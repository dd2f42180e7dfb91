"""Where in the tables a person may stand, and their rows without him.

Everything that is text is looked at. Papers (letters, reports, plans, files) and what a campaign was about (units, the
ledger, clues) are left as they are: they are records of an office, and what is left is counted and said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from states.chain.scrub import Scrub
from states.records import core
from states.records.journal_tables import NAMES as SEALED

LEFT = {
    core.campaign.name: "专项行动的方案和填写内容",
    core.level_change.name: "方案改版的提议",
    core.milestone.name: "要求",
    core.phase.name: "阶段",
    core.letter.name: "文书",
    core.letter_form.name: "文书格式",
    core.ledger_item.name: "问题台账",
    core.clue.name: "线索",
    core.draw.name: "抽签",
    core.unit.name: "单位",
    core.handed_file.name: "报送文件的文件名",
    core.extension_file.name: "延期证明的文件名",
    core.report_figures.name: "报表",
    core.report_paper.name: "工作报告",
}
OWN = {"name", "person"}  # beside an address of somebody else: that one's own
NOT_SEARCHED = SEALED | {core.stored_file.name}


def everywhere(session: Session, scrub: Scrub) -> dict[str, int]:
    """Take the person out of all tables but the journal and those that are left; rows by table."""
    tables = [one for one in _tables() if one.name not in LEFT and one.name != core.journal.name]
    return _counted(session, tables, scrub, change=True)


def left(session: Session, scrub: Scrub) -> dict[str, int]:
    """Rows in which the address or a name stands, in any table, by what they are."""
    return _counted(session, _tables(), scrub, change=False)


def _tables() -> list[sa.Table]:
    return [one for one in SQLModel.metadata.sorted_tables if one.name not in NOT_SEARCHED]


def _counted(session: Session, tables: Sequence[sa.Table], scrub: Scrub, *, change: bool) -> dict[str, int]:
    found = {}
    for table in tables:
        count = sum(_row(session, table, row, scrub, change=change) for row in _rows(session, table, scrub))
        if count:
            found[LEFT.get(table.name, table.name)] = count
    return found


def _rows(session: Session, table: sa.Table, scrub: Scrub) -> list[Mapping[str, Any]]:
    columns = [*table.primary_key.columns, *_searched(table)]
    if not _searched(table):
        return []
    return [
        dict(one) for one in session.execute(sa.select(*columns).where(candidates(table, scrub))).mappings()
    ]


def _row(session: Session, table: sa.Table, row: Mapping[str, Any], scrub: Scrub, *, change: bool) -> bool:
    mine = {one.name: row[one.name] for one in _searched(table)}
    if str(mine.get("email") or scrub.address).lower() != scrub.address:
        mine = {name: value for name, value in mine.items() if name not in OWN}
    after = cleaned(mine, scrub)
    if after is None:
        return False
    if change:
        key = [column == row[column.name] for column in table.primary_key.columns]
        session.execute(sa.update(table).where(*key).values(after))
    return True


def cleaned(values: Mapping[str, Any], scrub: Scrub, *, beside: bool = False) -> dict[str, Any] | None:
    """Those values of a row that are others without the person; None where he is not in them. `beside`: it is about him."""
    beside = beside or any(map(scrub.holds, values.values()))
    after = {name: scrub.clean(value, beside=beside) for name, value in values.items()}
    return {name: value for name, value in after.items() if value != values[name]} or None


def candidates(table: sa.Table, scrub: Scrub) -> sa.ColumnElement[bool]:
    """Rows in which he may stand, for the database to find; JSON may be written with escapes."""
    wanted: list[sa.ColumnElement[bool]] = []
    for column in _searched(table):
        text = sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column
        wanted.append(sa.func.lower(text).contains(scrub.address, autoescape=True))
        for name in scrub.anywhere:
            wanted += [text.contains(one, autoescape=True) for one in {name, json.dumps(name)[1:-1]}]
    return sa.or_(sa.false(), *wanted)


def _searched(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns with text in them that are no key."""
    return [one for one in table.columns if not one.primary_key and _is_text(one)]


def _is_text(column: sa.Column[Any]) -> bool:
    kind = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
    return isinstance(kind, sa.JSON | sa.String)


def forget_pages(session: Session) -> None:
    """On SQLite: what goes is overwritten in the file too."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")
