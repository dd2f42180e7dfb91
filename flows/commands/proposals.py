"""duban proposals …: rungs with consequences, confirmed or dismissed by a named person."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from states.records.told import ProposalTold

app = typer.Typer(no_args_is_help=True, help="待确认的措施：列出、确认、驳回")
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Campaign = Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")]
Keys = Annotated[list[int], typer.Argument(metavar="NO", help="措施编号，可写几个")]
Person = Annotated[str, typer.Option("--by", help="由谁决定：领导姓名，随记录保存")]
Reason = Annotated[str, typer.Option(help="理由")]


@app.command("list")
def list_(
    campaign_id: Campaign,
    state: Annotated[
        str, typer.Option(help="proposed 待确认、confirmed、dismissed、superseded、withdrawn；all 全部")
    ] = "proposed",
    as_json: Json = False,
) -> None:
    """列出约谈、通报、挂牌督办等须由专人确认的措施。"""
    from states.records import reading_ledger
    from states.records.confirming import STATE_NAMES

    if state != "all" and state not in STATE_NAMES:
        raise Refused(f"没有“{state}”这种状态；可用的有 {'、'.join(STATE_NAMES)}、all")
    wanted = None if state == "all" else state
    with given.opened(given.settings()) as store, store.read() as session:
        seen = partial(reading_ledger.proposals, session, given.everything(), campaign_id, wanted)
        found = given.pages(seen)
    shown.listing(found, ("编号", "措施", "单位", "事项", "文书", "状态"), _line, "没有", raw=as_json)


def _line(one: ProposalTold) -> tuple[object, ...]:
    from states.records.confirming import STATE_NAMES

    what = one["id"], one["name"], one["unit"]["name"], one["about"]
    return *what, one["letter"] or "—", STATE_NAMES[one["state"]]


@app.command()
def confirm(campaign_id: Campaign, keys: Keys, by: Person, reason: Reason) -> None:
    """确认措施：文书随即编号、制成，由下一轮单独寄出。写几个编号时逐项办理。"""
    from states.records import confirming
    from states.records.campaigns import running

    with given.opened(given.settings()) as store:
        for key in dict.fromkeys(keys):
            with store.write() as session:
                made = confirming.confirm(
                    session, running(session, campaign_id), key, by, reason, clock.now(), given.actor()
                )
                said = (
                    f"，{made.name}{made.number}（文书编号 {made.id}）" if made else "，没有文书，随通知发出"
                )
            shown.say(f"{key} 已确认{said}")


@app.command()
def dismiss(campaign_id: Campaign, keys: Keys, by: Person, reason: Reason) -> None:
    """驳回措施：不采取这一级，不占用文号。写几个编号时逐项办理。"""
    from states.records import confirming
    from states.records.campaigns import running

    with given.opened(given.settings()) as store:
        for key in dict.fromkeys(keys):
            with store.write() as session:
                campaign = running(session, campaign_id)
                confirming.dismiss(session, campaign, key, by, reason, clock.now(), given.actor())
            shown.say(f"{key} 已驳回")
