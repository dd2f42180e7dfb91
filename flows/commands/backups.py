"""duban backup, restore, resume: the whole record into one file, back out of it, and on from there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from states.records.backup.archive import Manifest
    from states.records.backup.resuming import Went
    from states.records.session import Store
    from states.settings import Settings

File = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只核对、只显示会怎样，什么都不写")]
WITHOUT = {
    "clue.key": "没有它，谁反映的线索再也看不到",
    "journal.key": "没有它，恢复后要另立一把签名密钥",
}
AGAIN = (
    "备份之后的事都不在了：那以后停用的账号、撤销的密钥又有效了，抹除过的人又在了，用过的文书编号会再用一次；请逐项核对",
    "轮次停着，等一句话：duban resume --help",
)


def backup(
    file: File,
    with_keys: Annotated[
        bool, typer.Option("--keys/--no-keys", help="clue.key 和 journal.key 是否写进备份（两者必选其一）")
    ],
    dry_run: DryRun = False,
) -> None:
    """备份：数据库和报送的文件写进一个文件，照常运行时也可以做；已有的文件不覆盖。"""
    from importlib.metadata import version

    from flows import rounds
    from flows.commands.noting import BACKUP
    from states.records.backup import archive, writing

    settings = given.settings()
    with given.opened(settings) as store:
        if dry_run:
            archive.free(file)
            size = writing.size(store)
            shown.say(f"数据库 {size.rows} 行，文件 {size.files} 个（{size.bytes} 字节）")
            shown.tried("去掉 --dry-run 即备份")
            return
        with shown.bar("备份") as told:
            made = writing.take(
                store,
                settings,
                file,
                clock.now(),
                given.actor(),
                version("duban"),
                with_keys=with_keys,
                told=told,
            )
    rounds.note_health(
        settings, BACKUP, not made.manifest.lost, f"{file.name}，{made.bytes} 字节", clock.now()
    )
    shown.say(f"已备份到 {file}（{made.bytes} 字节）", *_contents(made.manifest))
    _what_is_not_in_it(settings, made.manifest, with_keys=with_keys)


def _what_is_not_in_it(settings: Settings, manifest: Manifest, *, with_keys: bool) -> None:
    """Said aloud; raises Refused where contents were lost."""
    from states.records.backup import keys

    if not with_keys:
        shown.hint(*(f"备份里没有 {name}，请另行保存：{WITHOUT[name]}" for name in keys.at_hand(settings)))
    if manifest.lost:
        raise Refused(
            f"备份已写成，但有 {len(manifest.lost)} 个登记过的文件缺失或损坏，不在备份里；请运行 duban files check"
        )


def restore(
    file: File,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="密钥不全也恢复；不替换这台机器上的密钥")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """从备份恢复到空的数据库：先逐项核对校验和，再恢复文件、密钥和数据；不覆盖任何已有的内容。"""
    from states.records.backup import archive, restoring
    from states.records.session import connect

    settings = given.settings()
    store = connect(settings.database_url, home=settings.home)
    try:
        with archive.opened(file) as reader:
            with shown.bar("核对") as told:
                plan = restoring.plan(store, settings, reader, told, without_keys=without_keys)
            shown.say(*_contents(plan.manifest))
            if dry_run:
                shown.say(f"要放回的文件 {len(plan.files)} 个，密钥 {'、'.join(plan.keys) or '不用放'}")
                shown.tried("去掉 --dry-run 即恢复")
                return
            with shown.bar("恢复") as told:
                restoring.restore(store, settings, reader, plan, clock.now(), given.actor(), told)
    finally:
        store.close()
    shown.say(f"已恢复到 {store.engine.url.render_as_string()}")
    shown.hint(*AGAIN)


def resume(
    nothing_sent: Annotated[
        bool, typer.Option("--nothing-sent", help="备份之后没有发过邮件（例如停机搬迁）")
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(metavar="INSTANT", parser=given.an_instant, help="原来的服务运行到什么时候"),
    ] = None,
    sent_log: Annotated[
        list[Path],
        typer.Option("--sent-log", metavar="FILE", help="邮件服务器的日志，或原机 sent/*.log；可多次"),
    ] = [],  # noqa: B006
    all_sent: Annotated[
        bool, typer.Option("--all-sent", help="没有日志：到那时为止该发的都当作已发，宁可漏一次不重一次")
    ] = False,
) -> None:
    """恢复之后让轮次继续：说明备份之后发出过什么，已发出的不再发，没发出的补发。"""
    from flows.rounds import mail_hours
    from states.records.backup import resuming

    settings = given.settings()
    how = _how(settings, nothing_sent, until, sent_log, all_sent)
    with given.opened(settings) as store:
        if how is None:
            _situation(store)
            return
        word, went = how
        at = given.located(until, settings.zone) if until else None
        done = resuming.resume(store, clock.now(), given.actor(), word, mail_hours(settings), at, went)
    shown.say(f"轮次继续。备份之后已发出的邮件 {done.gone} 封，不再发；待发 {done.waiting} 封")


def _how(
    settings: Settings, nothing: bool, until: datetime | None, logs: list[Path], everything: bool
) -> tuple[str, Went] | None:
    """What was said, and which mails went out by that; None where nothing was said."""
    from flows import sent
    from states.letters import message_id

    if not (nothing or until or logs or everything):
        return None
    if nothing:
        if until or logs or everything:
            raise typer.BadParameter("--nothing-sent 不和别的一起用")
        return "nothing sent", lambda _key: None
    if until is None:
        raise typer.BadParameter("请写明原来的服务运行到什么时候", param_hint="--until")
    if everything:
        return "all sent", lambda key: message_id(key, settings.mail_from)
    known = sent.read([*logs, *sent.kept(settings.home)])
    if not known:
        raise Refused("没有发出记录：请用 --sent-log 给出邮件服务器的日志；没有日志的，用 --all-sent")

    def went(key: str) -> str | None:
        found = message_id(key, settings.mail_from)
        return found if found in known else None

    return "sent log", went


def _situation(store: Store) -> None:
    from states.records.backup import holding

    with store.read() as session:
        found = holding.held(session)
    if found is None:
        shown.say("轮次没有停")
        return
    shown.say(
        holding.words(found),
        "  --nothing-sent                    备份之后没有发过邮件",
        "  --until 时刻 --sent-log 日志 …     按发出记录：发过的不再发，没发过的补发（最好）",
        "  --until 时刻 --all-sent           没有记录：到那时为止该发的都当作已发",
    )


def _contents(manifest: Manifest) -> list[str]:
    at = datetime.fromisoformat(manifest.taken_at).astimezone(UTC)
    inside = [name.removeprefix("keys/") for name in manifest.members if name.startswith("keys/")]
    return [
        f"备份于 {at:%Y-%m-%d %H:%M} UTC，duban {manifest.duban}，{manifest.database}，结构 {manifest.revision}",
        f"数据 {manifest.rows} 行，文件 {len(manifest.files)} 个，密钥 {'、'.join(inside) or '不在其中'}",
    ]
