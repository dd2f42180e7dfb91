"""duban move: one move of one unit, or what moves it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import NotFound

if TYPE_CHECKING:
    from sqlmodel import Session

    from states.machine import Choice, Machines, Moved


def move(
    campaign_id: Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")],
    code: Annotated[str, typer.Argument(metavar="UNIT", help="单位代码")],
    name: Annotated[
        str | None,
        typer.Argument(metavar="MOVE", help="动作，如 submit 或 提交；不写则列出可做的动作"),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="理由；退回、强制推进、免办、回头看必须写")] = None,
    version: Annotated[int | None, typer.Option(help="只在版本仍是这个数时办理")] = None,
    outcome: Annotated[str | None, typer.Option(help="办结时的结果；默认为方案的第一种")] = None,
    as_json: Json = False,
) -> None:
    """推动一个单位走一步；不写 MOVE 则列出各个动作能不能做、为什么。"""
    from states.records import moving
    from states.records.campaigns import running

    settings, now = given.settings(), clock.now()
    with given.opened(settings) as store:
        if name is None:
            with store.read() as session:
                campaign = running(session, campaign_id)
                found = moving.choices(session, campaign, _unit_id(session, code))
            show_choices(campaign.machines, found, as_json)
            return
        with store.write() as session:
            campaign = running(session, campaign_id)
            made = moving.move(
                session,
                campaign,
                _unit_id(session, code),
                english(name),
                now,
                given.actor(),
                reason=reason,
                version=version,
                outcome=outcome,
            )
    _show_move(campaign.machines, code, made, as_json)


def _unit_id(session: Session, code: str) -> int:
    from sqlmodel import select

    from states.records.tables import Unit

    found = session.exec(select(Unit.id).where(Unit.code == code)).first()
    if found is None:
        raise NotFound(f"单位表中没有代码 {code}")
    return found


def english(name: str) -> str:
    """A move by its key or by its Chinese name."""
    from states.machine import MOVE_NAMES

    return {words: key for key, words in MOVE_NAMES.items()}.get(name, name)


def show_choices(machines: Machines, found: list[Choice], as_json: bool) -> None:
    """Every move, open or with its refusals."""
    from states.machine import state_name

    if as_json:
        shown.as_json(
            [
                {
                    "move": one.move,
                    "name": one.name,
                    "to": one.to,
                    "open": one.open,
                    "refusals": list(one.refusals),
                    "needs_reason": one.needs_reason,
                }
                for one in found
            ]
        )
        return
    rows = [
        (
            one.move,
            one.name,
            "可以" if one.open else "不可",
            state_name(machines, one.to).label if one.to else "",
            "；".join(one.refusals) or ("须写明理由" if one.needs_reason else ""),
        )
        for one in found
    ]
    shown.table(("动作", "名称", "", "去向", "说明"), rows)


def _show_move(machines: Machines, code: str, made: Moved, as_json: bool) -> None:
    from states.machine import state_name

    if as_json:
        shown.as_json({"unit": code, "move": made.move, "before": made.before, "after": made.after})
        return
    before, after = (state_name(machines, state).label for state in (made.before, made.after))
    shown.say(f"{code}：{before} → {after}")
