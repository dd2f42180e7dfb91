"""duban report work | ranking | weekly: a campaign's figures as documents, live or as of a day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import given
from flows.commands.options import Campaign, Force
from states import clock

Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="写到哪里；不写则用它的名称")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="截至这一天（已经过去的）；以后取到的都是同一份文件"),
]


def work(campaign_id: Campaign, file: Output = None, as_of: AsOf = None, force: Force = False) -> None:
    """工作汇报（docx）：工作开展情况、存在的问题、下一步打算，数字取自记录，系统不知道的留空。"""
    _written(campaign_id, "work", file, as_of, force)


def ranking(campaign_id: Campaign, file: Output = None, as_of: AsOf = None, force: Force = False) -> None:
    """情况通报（xlsx）：各地区按报送率、销号率排名。"""
    _written(campaign_id, "ranking", file, as_of, force)


def weekly(campaign_id: Campaign, file: Output = None, as_of: AsOf = None, force: Force = False) -> None:
    """周调度表（xlsx）：本周到期、报送、未报、下周到期和督办，按单位；--as-of 写那一周的最后一天。"""
    _written(campaign_id, "weekly", file, as_of, force)


def _written(campaign_id: int, kind: str, file: Path | None, as_of: str | None, force: bool) -> None:
    from states.records import reports
    from states.records.campaigns import running

    now = clock.now()
    with given.opened(given.settings()) as store:
        if as_of is None:
            with store.read() as session:
                made = reports.live(session, running(session, campaign_id), kind, now)
        else:
            with store.write() as session:
                campaign = running(session, campaign_id)
                made = reports.as_of(session, campaign, kind, as_of, now, given.actor())
    path = file or Path(made.name.replace("/", "_"))
    given.written(path, made.content, force, f"SHA-256 {made.sha256}")
