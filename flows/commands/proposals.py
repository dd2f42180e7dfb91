"""duban proposals …: rungs with consequences, confirmed or dismissed by a named person."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from flows.commands import given, shown
from flows.commands.options import Campaign, Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from sqlmodel import Session

    from states.records.session import Store
    from states.records.told import ManyDecided, ProposalTold

app = typer.Typer(no_args_is_help=True, help="待确认的措施：列出、确认、驳回")
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


Keys = Annotated[
    list[int] | None, typer.Argument(metavar="NO", help="措施编号，可写几个；不写则照下面的条件")
]
Letter = Annotated[str | None, typer.Option(metavar="NAME", help="改用方案列出的另一种文书")]
Name = Annotated[str | None, typer.Option(help="哪一级，如 约谈")]
Requirement = Annotated[str | None, typer.Option(metavar="KEY", help="要求的键")]
Under = Annotated[str | None, typer.Option(metavar="CODE", help="这个单位及其下级")]
Everything = Annotated[bool, typer.Option("--all", help="全部待确认的")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只看会怎样，不办理")]
NO_END = 1 << 31
AT_ONCE = 100  # of one transaction: others get their turn in between, and it is seen how far it is


@app.command()
def confirm(
    campaign_id: Campaign,
    by: Person,
    reason: Reason,
    keys: Keys = None,
    name: Name = None,
    requirement: Requirement = None,
    under: Under = None,
    everything: Everything = False,
    letter: Letter = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """确认措施：文书随即编号、制成，由下一轮单独寄出。可写几个编号，或按哪一级、要求、单位成批确认。"""
    which = _Wanted(tuple(keys or ()), name, requirement, under, everything)
    _decide(campaign_id, which, (True, by, reason, letter), dry_run, as_json)


@app.command()
def dismiss(
    campaign_id: Campaign,
    by: Person,
    reason: Reason,
    keys: Keys = None,
    name: Name = None,
    requirement: Requirement = None,
    under: Under = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """驳回措施：不采取这一级，不占用文号。可写几个编号，或按哪一级、要求、单位成批驳回。"""
    which = _Wanted(tuple(keys or ()), name, requirement, under, everything)
    _decide(campaign_id, which, (False, by, reason, None), dry_run, as_json)


class _Wanted(NamedTuple):
    ids: tuple[int, ...]
    name: str | None
    requirement: str | None
    under: str | None
    everything: bool


def _decide(
    campaign_id: int,
    wanted: _Wanted,
    said: tuple[bool, str, str, str | None],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Looked at once, then done in parts, each a transaction of its own: what is done stays done."""
    with given.opened(given.settings()) as store:
        with store.read() as session:
            told = _part(session, campaign_id, wanted, said, dry_run=True)
        done = told if dry_run else _in_parts(store, campaign_id, told, said, quiet=as_json)
    if as_json:
        shown.as_json(done)
        return
    word = "确认" if said[0] else "驳回"
    for one in done["left"]:
        shown.hint(f"{one['proposal']} 没有办理：{one['says']}")
    tail = "；什么都没有写入，去掉 --dry-run 即办理" if dry_run else ""
    shown.say(f"{'可' if dry_run else '已'}{word} {len(done['decided'])} 项{tail}")
    if done["left"] and not done["decided"]:
        raise typer.Exit(1)


def _in_parts(
    store: Store, campaign_id: int, told: ManyDecided, said: tuple[bool, str, str, str | None], *, quiet: bool
) -> ManyDecided:
    keys = told["decided"]
    done: ManyDecided = {**told, "dry_run": False, "decided": [], "letters": []}
    for start in range(0, len(keys), AT_ONCE):
        part = _Wanted(tuple(keys[start : start + AT_ONCE]), None, None, None, everything=False)
        with store.write() as session:
            made = _part(session, campaign_id, part, said, dry_run=False)
        done["decided"] += made["decided"]
        done["left"] += made["left"]
        done["letters"] += made["letters"]
        if quiet:
            continue
        for one in made["letters"]:
            shown.say(
                f"{one['proposal']} 已确认，{one['unit']['name']}：{one['name']}{one['number']}（文书编号 {one['id']}）"
            )
        if len(keys) > AT_ONCE:
            shown.say(f"已办 {min(start + AT_ONCE, len(keys))}/{len(keys)}")
    return done


def _part(
    session: Session,
    campaign_id: int,
    wanted: _Wanted,
    said: tuple[bool, str, str, str | None],
    *,
    dry_run: bool,
) -> ManyDecided:
    from states.records import letter_acting
    from states.records.confirming_many import Decision, Which

    return letter_acting.decide_many(
        session,
        given.everything(),
        campaign_id,
        Which(wanted.ids, wanted.name, wanted.requirement),
        Decision(*said),
        clock.now(),
        under=wanted.under,
        everything=wanted.everything,
        dry_run=dry_run,
        most=NO_END,
    )
