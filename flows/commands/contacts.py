"""duban contact hand-over: a contact's posts pass to somebody else."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands import given, shown
from states import clock
from states.errors import Fault, Faulty

app = typer.Typer(no_args_is_help=True, help="联系人：交接")


@app.callback()
def contacts() -> None:
    """联系人：交接。"""


@app.command("hand-over")
def hand_over(
    before: Annotated[str, typer.Argument(metavar="OLD", help="原联系人的邮箱")],
    email: Annotated[str, typer.Argument(metavar="NEW", help="接任人的邮箱")],
    name: Annotated[str, typer.Option(help="接任人的姓名")],
    units: Annotated[list[str], typer.Option("--units", metavar="CODES", help="只要这些单位")] = [],  # noqa: B006
    roles: Annotated[
        list[str], typer.Option("--roles", metavar="ROLES", help="只要这些角色，如 liaison")
    ] = [],  # noqa: B006
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示会怎样，不交接")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """联系人交接：未发的通知改发接任人，接任人在一封邮件里看到尚未办结的各项。"""
    from states.records import reading_respite
    from states.records.handing import Person
    from states.template import Role

    known = {role.value for role in Role}
    unknown = [one for one in given.listed(roles) if one not in known]
    if unknown:
        raise Faulty([Fault(one, f"没有这个角色；可用的有 {'、'.join(sorted(known))}") for one in unknown])
    with given.opened(given.settings()) as store, store.act(dry_run=dry_run) as session:
        made = reading_respite.hand_over(
            session,
            given.everything(),
            before,
            Person(name, email),
            clock.now(),
            codes=given.listed(units),
            roles=[Role(one) for one in given.listed(roles)],
            dry_run=dry_run,
        )
    if as_json:
        shown.as_json(made)
        return
    rows = [(one["unit"], one["role"], one["before"], one["after"]) for one in made["posts"]]
    shown.table(("单位", "角色", "原联系人", "接任人"), rows)
    shown.say(f"{made['rerouted']} 条未发的通知改发，{made['told']} 人将收到未办结事项")
    if dry_run:
        shown.tried("去掉 --dry-run 即交接")
