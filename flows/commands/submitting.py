"""duban submit: a unit hands in files, a text, or the word that it is done."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from states import clock
from states.errors import Fault, Faulty, NotFound, TooLarge

if TYPE_CHECKING:
    from states.records.handing_in import Arrived
    from states.settings import Settings

READ_AT_ONCE = 1 << 20


def submit(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    code: Annotated[str, typer.Argument(metavar="UNIT", help="单位代码")],
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", help="要求的键，如 report")],
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="文件，可有几个")] = None,
    text: Annotated[str | None, typer.Option(help="报送的文字")] = None,
    signer: Annotated[str | None, typer.Option(help="签发人")] = None,
    seal: Annotated[str | None, typer.Option(help="盖章情况，如 已盖单位公章")] = None,
    period: Annotated[str | None, typer.Option(help="定期报送的哪一期，如 2026-12")] = None,
    earlier: Annotated[
        list[str] | None,
        typer.Option(help="以前交过的文件：SHA-256，或 应办事项编号/第几次；可写几次"),
    ] = None,
    nil: Annotated[bool, typer.Option("--nil", help="零报告")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="确认已留存备查（留在单位的材料）")] = False,
    reason: Annotated[str | None, typer.Option(help="理由；科室或个人没有办齐时必须写")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """报送：交文件、文字，作零报告，或确认已留存备查。每次报送都留存。"""
    from states.records import addressed, handing_in, reading_obligations
    from states.records.campaigns import running
    from states.records.handing_in import Content

    act = _act(nil, confirm)
    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store, ExitStack() as stack:
        content = Content(text, signer, seal, arrived(settings, files or [], stack), tuple(earlier or ()))
        with store.write() as session:
            campaign = running(session, campaign_id)
            key = addressed.obligation_of(session, campaign, code, requirement, period)
            handing_in.hand_in(
                session, given.everything(), campaign, key, act, content, now, given.actor(), reason=reason
            )
            told = reading_obligations.full(session, given.everything(), campaign, key, now)
    if as_json:
        shown.as_json(told)
    else:
        shown.say(f"{code}：{told['milestone']['name']} {told['status']['name']}")


def _act(nil: bool, confirm: bool) -> str:
    if nil and confirm:
        raise typer.BadParameter("--nil 与 --confirm 只能写一种")
    return "nil" if nil else "confirm" if confirm else "submit"


def arrived(settings: Settings, files: list[Path], stack: ExitStack) -> tuple[Arrived, ...]:
    """Each file copied beside and looked at. Raises Faulty with every one that is not taken."""
    found, faults = [], []
    for path in files:
        try:
            found.append(_copied(settings, path, stack))
        except Faulty as error:
            faults += error.faults
        except TooLarge as error:
            faults.append(Fault(str(path), error.detail))
    if faults:
        raise Faulty(faults)
    return tuple(found)


def _copied(settings: Settings, path: Path, stack: ExitStack) -> Arrived:
    from states.records.handing_in import looked_at
    from states.records.vault import Vault

    if path.is_dir():
        raise Faulty([Fault(str(path), "是文件夹，请写明文件")])
    if not path.exists():
        raise NotFound(f"没有文件 {path}")
    content = stack.enter_context(Vault(settings.files).receive(settings.file_bytes))
    with path.open("rb") as file:
        while piece := file.read(READ_AT_ONCE):
            content.write(piece)
    return looked_at(content, path.name)
