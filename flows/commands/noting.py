"""duban backup-made: what others do beside duban and its watch should know of."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands import given, shown

BACKUP = "backup"


def backup_made(
    failed: Annotated[
        str, typer.Option("--failed", metavar="WHY", help="没有做成，原因；不写则是做成了")
    ] = "",
) -> None:
    """记下刚做完一次备份，供监控查看备份是否过期；写在备份脚本的末尾。"""
    from flows import rounds
    from states import clock

    settings = given.settings()
    with given.opened(settings):
        rounds.note_health(settings, BACKUP, not failed, failed or "已备份", clock.now())
    shown.say("已记下：备份没有做成" if failed else "已记下：备份完成")
