"""duban person erase: somebody who has left goes out of the record, for good."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from flows.commands import given, shown
from states import clock

app = typer.Typer(no_args_is_help=True, help="个人信息：抹除")


@app.callback()
def people() -> None:
    """个人信息：抹除。"""


@app.command()
def erase(
    address: Annotated[str, typer.Argument(metavar="EMAIL", help="这个人的邮箱")],
    reason: Annotated[str, typer.Option(help="理由，如 本人申请删除；不要写姓名")],
    names: Annotated[
        list[str],
        typer.Option(
            "--name",
            metavar="NAME",
            help="姓名，不论写在哪里都抹除（同名的也会），可多次；不写则只抹与邮箱同处的",
        ),
    ] = [],  # noqa: B006
    logins: Annotated[
        list[str],
        typer.Option("--login", metavar="LOGIN", help="这个人的账号（没有与邮箱关联的），须已停用；可多次"),
    ] = [],  # noqa: B006
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示会抹除多少，不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """抹除一个人的邮箱和姓名，不能恢复；流水的核验不受影响。文书、报送的文件、已发出的邮件和备份不动。"""
    from states.records.chain import erasing, sealer

    who = erasing.Person(address, names, logins)
    with given.opened(given.settings()) as store:
        with store.act(dry_run=dry_run) as session:
            done = erasing.erase(session, who, reason, clock.now(), given.actor())
        if not dry_run:
            sealer.seal(store, clock.now())
    if as_json:
        shown.as_json(asdict(done) | {"dry_run": dry_run})
        return
    shown.table(("表", "行数"), sorted(done.rows.items()))
    shown.say(f"抹除 {sum(done.rows.values())} 行，写作“{done.token}”；其中已封存的流水 {done.sealed} 行")
    if done.left:
        told = "、".join(f"{name} {count} 处" for name, count in done.left.items())
        shown.say(
            f"仍写有邮箱或姓名的（同名的也算在内）：{told}；姓名要一并抹除请加 --name，文书等请另行处理"
        )
    if dry_run:
        shown.tried("去掉 --dry-run 即抹除，不能恢复")
