"""duban campaign renew: a running campaign takes a new version of its plan, tried first."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from sqlmodel import Session

    from states.records.renewing import Renewal

Keep = Annotated[
    list[str], typer.Option("--keep", metavar="要求", help="这些项的期限不改（要求 或 要求@期）")
]
Recompute = Annotated[
    list[str], typer.Option("--recompute", metavar="要求", help="这些项的期限照新版（要求 或 要求@期）")
]
WHAT = {"added": "新增", "removed": "取消", "date": "改期", "scope": "改范围", "terms": "改要求"}
DECISIONS = {"keep": "不改", "recompute": "照新版", None: ""}


def renew(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    template: Annotated[
        str | None, typer.Option(metavar="FILE", help="新版方案；承接上级的，写增加的部分（YAML）")
    ] = None,
    keep: Keep = [],  # noqa: B006
    recompute: Recompute = [],  # noqa: B006
    leads: Annotated[
        list[str], typer.Option("--lead", metavar="要求=1wd", help="承接上级的：某项比上级提前多少")
    ] = [],  # noqa: B006
    fills: Annotated[list[str], typer.Option("--set", metavar="位置=日期", help="填写一处日期，可多次")] = [],  # noqa: B006
    reason: Annotated[str | None, typer.Option(help="为什么改")] = None,
    units: Annotated[bool, typer.Option("--units", help="逐个列出会受影响的单位")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="写入；不写则只试算")] = False,
    as_json: Json = False,
) -> None:
    """正在进行的专项行动换用新版方案。默认只试算，加 --apply 写入；改了的期限须逐项写明 --keep 或 --recompute。"""
    from states.records import renewed, renewing
    from states.records.campaigns import running
    from states.records.reading_levels import version_of

    settings, now = given.settings(), clock.now()
    decided = {"keep": given.listed(keep), "recompute": given.listed(recompute), "fills": given.fills(fills)}
    with given.opened(settings) as store:
        with store.read() as session:
            below = running(session, campaign_id).row.parent_id is not None
            wanted = {"leads": given.fills(leads), "reason": reason, **_text(template, below), **decided}
            version = version_of(session, campaign_id, now, **wanted)  # type: ignore[arg-type]
            found = renewing.draft(session, campaign_id, version, now)
            show(session, found, as_json=as_json, dry_run=not apply, units=units)
        if found.refusals:
            raise Refused(*found.refusals)
        if not apply:
            shown.hint("试算完毕，什么都没有写入；加 --apply 即换用")
            return
        with store.write() as session:
            version = version_of(session, campaign_id, now, **wanted)  # type: ignore[arg-type]
            renewed.renew(session, campaign_id, version, now, given.actor())
    if not as_json:
        shown.say(f"已换用第 {found.template.version} 版")


def _text(template: str | None, below: bool) -> dict[str, str | None]:
    """A new version, or for a campaign that carries out one above the file of what it adds."""
    if below:
        return {"text": None, "additions": given.file_text(Path(template)) if template else None}
    return {"text": given.template_text(template) if template else None, "additions": None}


def show(session: Session, found: Renewal, *, as_json: bool, dry_run: bool, units: bool = False) -> None:
    """What a version changes, and whom it touches."""
    from states.records import reading_levels

    before = found.campaign.row.template_version
    told = reading_levels.renewal(session, found, before, dry_run=True)
    listed = _units(session, found) if units else []
    if as_json:
        data = {**told, "dry_run": dry_run}
        shown.as_json(
            {**data, "units": [{"code": code, "changes": names} for code, _, names in listed]}
            if units
            else data
        )
        return
    shown.say(f"{found.campaign.row.title}：第 {before} 版 → 第 {found.template.version} 版")
    rows = [
        (one["key"], one["name"], WHAT[one["what"]], _brief(one["before"]), _brief(one["after"]), one["units"], one["finished"], DECISIONS[one["decision"]])
        for one in told["changes"]
    ]  # fmt: skip
    shown.table(("键", "事项", "", "现为", "改为", "涉及单位", "已办结不动", "决定"), rows)
    if not rows:
        shown.say("没有改动任何节点")
    shown.table(("代码", "单位", "涉及"), [(code, name, "、".join(keys)) for code, name, keys in listed])
    shown.say(*(f"提示：{warning}" for warning in told["warnings"]))


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return "；".join(f"{key}: {one}" for key, one in value.items())[:60] or "—"
    return str(value) if value is not None else "—"


def _units(session: Session, found: Renewal) -> list[tuple[str, str, list[str]]]:
    from states.records import impact

    touched = given.pages(partial(impact.page, session, given.everything(), found))
    return [(one["unit"]["code"], one["unit"]["name"], one["changes"]) for one in touched]
