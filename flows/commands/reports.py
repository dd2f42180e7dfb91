"""duban report …: forms filled one by one or from workbooks, added up, and 报送率."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, report_shown
from flows.commands.options import Campaign, Json
from states import clock

if TYPE_CHECKING:
    from sqlmodel import Session

    from states.documents.formsheet import FormLine
    from states.records.told.reports import FiguresTold, FormImport

app = typer.Typer(no_args_is_help=True, help="定期报告：填报表、导出导入、汇总、报送率")
Requirement = Annotated[str, typer.Argument(metavar="REQUIREMENT", help="要求的代号，如 monthly-form")]
MaybeRequirement = Annotated[str | None, typer.Argument(metavar="REQUIREMENT", help="只看这项要求（代号）")]
Period = Annotated[str, typer.Option(help="哪一期，如 2026-12；不分期的不写")]
MaybePeriod = Annotated[str | None, typer.Option(help="只看这一期，如 2026-12")]
Submit = Annotated[bool, typer.Option("--submit", help="填好后一并报送")]


@app.command()
def form(
    campaign_id: Campaign,
    requirement: Requirement,
    period: Period = "",
    under: Annotated[str | None, typer.Option(help="只要这个单位及其下级（代码）")] = None,
    file: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="写到哪里")] = Path(
        "报表.xlsx"
    ),
    force: Annotated[bool, typer.Option("--force", help="已有同名文件时覆盖")] = False,
) -> None:
    """导出报表（xlsx）：每个单位一行，有下拉列表和填写说明；填好后用 duban report import 导回。"""
    from states.records import form_sheets, scopes
    from states.records.campaigns import running

    given.check_free(file, force)
    with given.opened(given.settings()) as store, store.read() as session:
        campaign = running(session, campaign_id)
        milestone = form_sheets.milestone_asked(session, campaign, requirement, period)
        path = scopes.paths_of(session, [under])[under] if under else None
        content = form_sheets.export(session, campaign, milestone, path)
    given.written(file, content, force=True)


@app.command()
def fill(
    campaign_id: Campaign,
    code: Annotated[str, typer.Argument(metavar="UNIT", help="单位代码")],
    requirement: Requirement,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]…", help="字段代号=内容；等号后不写为空白"),
    ] = None,
    period: Period = "",
    as_of: Annotated[list[str] | None, typer.Option(help="截至日期：字段代号=2026-12-05；可写几次")] = None,
    submit: Submit = False,
    as_json: Json = False,
) -> None:
    """填一个单位的报表：只改写明的各项；不写则显示现在的内容。不知道的不要写 0。"""
    sent = _values(values or (), as_of or ())
    now = clock.now()
    with given.opened(given.settings()) as store, store.write() as session:
        told = _filled(session, campaign_id, (code, requirement, period), sent, now, submit=submit)
    report_shown.figures(told, as_json)


def _values(pairs: Any, days: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise typer.BadParameter(f"“{pair}”应写作 字段代号=内容，如 found=12")
        sent[key.strip()] = {"value": value.strip() or None, "as_of": None}
    for key, day in given.fills(days).items():
        if key not in sent:
            raise typer.BadParameter(f"--as-of {key} 没有同时写 {key}=内容")
        sent[key]["as_of"] = day
    return sent


def _filled(
    session: Session,
    campaign_id: int,
    which: tuple[str, str, str],
    sent: dict[str, Any],
    now: Any,
    *,
    submit: bool,
) -> FiguresTold:
    from states.records import filling, moving, owed_by, reading_reports
    from states.records.campaigns import running

    campaign = running(session, campaign_id)
    key = owed_by.key_of(session, campaign, *which)
    if sent:
        filling.fill(session, campaign, key, sent, now, given.actor(), merge=True)
    if submit:
        moving.act(session, campaign, key, "submit", now, given.actor())
    return reading_reports.told(session, campaign, key)


@app.command("import")
def import_(
    campaign_id: Campaign,
    requirement: Requirement,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="填好的报表，可以有几个")],
    period: Period = "",
    apply: Annotated[bool, typer.Option("--apply", help="写入；不加则只显示会怎样")] = False,
    submit: Submit = False,
    as_json: Json = False,
) -> None:
    """导入填好的报表，多少个单位、多少个文件都可以。有一格不对就一行也不写，错处逐格列出。"""
    with given.opened(given.settings()) as store, store.act(dry_run=not apply) as session:
        told = _imported(session, campaign_id, (requirement, period), files, apply=apply, submit=submit)
    report_shown.imported(told, as_json)
    if told["faults"]:
        raise typer.Exit(1)


def _imported(
    session: Session,
    campaign_id: int,
    which: tuple[str, str],
    files: list[Path],
    *,
    apply: bool,
    submit: bool,
) -> FormImport:
    from states.records import reading_reports, report_acting
    from states.records.report_acting import Sheets

    scope = given.everything()
    form = reading_reports.form_of(session, scope, campaign_id, which[0])
    sheets = Sheets(*which, _read(files, form), submit)
    return report_acting.take(session, scope, campaign_id, sheets, clock.now(), dry_run=not apply)


def _read(files: list[Path], wanted: Any) -> list[FormLine]:
    """Raises Faulty with what is wrong in any of the files."""
    from states.documents import formsheet
    from states.errors import Fault, Faulty

    lines, faults = list[Any](), list[Fault]()
    for file in files:
        try:
            lines += formsheet.read(given.file_bytes(file), file.name, wanted)
        except Faulty as error:
            faults += error.faults
    if faults:
        raise Faulty(faults)
    return lines


@app.command()
def sums(
    campaign_id: Campaign,
    requirement: MaybeRequirement = None,
    period: MaybePeriod = None,
    as_json: Json = False,
) -> None:
    """报表汇总：各项相加，几个单位填了、几个单位留空；没有单位填的没有合计。"""
    from states.records import reading_reports

    with given.opened(given.settings()) as store, store.read() as session:
        told = reading_reports.sums(session, given.everything(), campaign_id, requirement, period)
    report_shown.sums(told, as_json)


@app.command()
def rates(
    campaign_id: Campaign,
    requirement: MaybeRequirement = None,
    period: MaybePeriod = None,
    as_json: Json = False,
) -> None:
    """报送率：合计、按期、按地区（牵头单位的直接下级）。"""
    from states.records import reading_reports

    with given.opened(given.settings()) as store, store.read() as session:
        told = reading_reports.rates(
            session, given.everything(), campaign_id, clock.now(), requirement, period
        )
    report_shown.rates(told, as_json)
