"""duban files …: is everything that was handed in still there, and what lies there that nobody names."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from states import clock

if TYPE_CHECKING:
    from states.records.sweeping import Checked

app = typer.Typer(no_args_is_help=True, help="报送的文件：核对、清理")
ON_ITS_WAY = timedelta(days=1)


@app.callback()
def files() -> None:
    """报送的文件：核对、清理。"""


@app.command()
def check(
    remove: Annotated[bool, typer.Option("--remove", help="清理无主的文件；不加则只列出")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """逐个核对文件与登记的 SHA-256：缺失、损坏、无主（一天以前的）。有缺失或损坏时以 1 结束。"""
    from states.records import sweeping
    from states.records.vault import Vault

    settings, before = given.settings(), clock.now() - ON_ITS_WAY
    vault, removed = Vault(settings.files), 0
    with given.opened(settings) as store:
        found = sweeping.check(store, vault, before)
        if remove:
            removed = sweeping.sweep(store, vault, found.orphaned, before) + sweeping.clear(vault, before)
    if as_json:
        shown.as_json({**_plain(found), "removed": removed})
    else:
        _show(found, removed, remove)
    if found.troubles:
        raise typer.Exit(1)


def _plain(found: Checked) -> dict[str, object]:
    return {
        "contents": found.contents,
        "references": found.references,
        "bytes": found.size,
        "troubles": [
            {"sha256": one.sha256, "damaged": one.damaged, "named": [name._asdict() for name in one.named]}
            for one in found.troubles
        ],
        "orphaned": list(found.orphaned),
        "leftovers": [one.name for one in found.leftovers],
    }


def _show(found: Checked, removed: int, remove: bool) -> None:
    shown.say(f"登记的文件 {found.contents} 个（{found.size} 字节），被报送引用 {found.references} 次")
    for one in found.troubles:
        shown.hint(f"{'损坏' if one.damaged else '缺失'}：{one.sha256}")
        for at in one.named:
            time = f"第{at.version}次" if at.version else "延期申请"
            shown.hint(
                f"  专项行动 {at.campaign} {at.unit}（{at.code}） 应办事项 {at.obligation} {time}：{at.name}"
            )
    loose = [*found.orphaned, *(one.name for one in found.leftovers)]
    for name in loose:
        shown.say(f"无主：{name}")
    if remove:
        shown.say(f"已清理 {removed} 个")
    elif loose:
        shown.say(f"无主的 {len(loose)} 个没有删除；清理请加 --remove")
    if not found.troubles:
        shown.say("没有缺失或损坏的文件")
