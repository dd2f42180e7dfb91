"""duban draw: what is drawn, so that anybody can draw the same again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import given, report_shown
from flows.commands.options import Campaign, Json
from states import clock


def draw(
    campaign_id: Campaign,
    sampling: Annotated[
        str | None,
        typer.Argument(metavar="SAMPLING", help="方案的哪项抽查：名称或第几项；不写则列出历次"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--list", help="编号清单，每行一个编号，不写个人信息；不写则从单位中抽")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="种子；不写则抽取时随机产生")] = None,
    percent: Annotated[int | None, typer.Option(min=1, max=100, help="方案没有写的，抽百分之几")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="方案没有写的，抽几个")] = None,
    reason: Annotated[str | None, typer.Option(help="重抽的理由")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="抽取并留存；不加则只试算")] = False,
    as_json: Json = False,
) -> None:
    """随机抽取：种子和清单留存，凭它们在任何机器上都能抽出同样的结果。抽过的重抽须写明理由。"""
    from states import draws
    from states.documents import recordlist
    from states.records import draw_acting
    from states.records.draw_acting import Asked
    from states.records.drawing import Wish

    if sampling is None:
        _list_draws(campaign_id, as_json)
        return
    ids, warnings = None, list[str]()
    if file is not None:
        found, warnings = draws.checked(recordlist.ids(given.file_bytes(file), file.name))
        ids = tuple(found)
    asked, scope = Asked(Wish(sampling, ids, percent, count), seed, reason, warnings), given.everything()
    with given.opened(given.settings()) as store, store.write() if apply else store.read() as session:
        told = draw_acting.draw(session, scope, campaign_id, asked, clock.now(), dry_run=not apply)
    report_shown.draw({**told}, as_json)


def _list_draws(campaign_id: int, as_json: bool) -> None:
    from states.records import draw_acting
    from states.records.campaigns import running

    with given.opened(given.settings()) as store, store.read() as session:
        known = running(session, campaign_id).template.sampling
        told = draw_acting.draws_made(session, given.everything(), campaign_id)
    samplings = [(one.name, one.of, _share(one.percent, one.count)) for one in known]
    report_shown.draws(told, samplings, as_json)


def _share(percent: int | None, count: int | None) -> str:
    if percent is not None:
        return f"{percent}%"
    return f"{count} 个" if count is not None else "方案没有写"
