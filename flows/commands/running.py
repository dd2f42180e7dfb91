"""duban up, demo, upgrade: the service on this machine, the demonstration, migrations."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown

if TYPE_CHECKING:
    from flows.local import LocalClock
    from states.records.session import Store
    from states.settings import Settings

Host = Annotated[str, typer.Option(help="监听的地址；0.0.0.0 为全部网卡")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="监听的端口；0 为任一空闲端口")]
Lite = Annotated[bool, typer.Option("--lite", help="不启动 Prefect，轮次照常运行，更省内存")]
DEFAULT_BASE = "http://127.0.0.1:8000"


def version(asked: bool) -> None:
    """Say which duban this is, and end."""
    if asked:
        from importlib.metadata import version as installed

        shown.say(f"duban {installed('duban')}")
        raise typer.Exit


def up(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    no_clock: Annotated[bool, typer.Option("--no-clock", help="只提供页面和接口，不运行时钟")] = False,
    lite: Lite = False,
) -> None:
    """在本机运行：升级数据库，提供页面和接口，运行时钟。Ctrl-C 停止。"""
    from flows import local, outage, rounds, serving, stuck
    from states.records import health

    settings = given.postal(given.settings())
    bound = serving.listen(host, port)
    _upgraded(settings)
    given.mailbox(settings)
    settings = given.warned(_reachable(settings, serving.address(bound)))
    clock = None if no_clock else local.of(settings, lite=lite)
    ending = threading.Event()
    gone = outage.Outage(lambda: health.answers(rounds.store_of(settings)))

    def when_up() -> None:
        _say_where(settings, serving.address(bound), clock, lite=lite)
        if clock:
            clock.start()
            threading.Thread(target=_tell_prefect, args=[ending, clock], daemon=True).start()

    try:
        with stuck.swept(settings):
            serving.serve(bound, when_up, gone, log=settings.log)
    finally:
        ending.set()
        gone.end()
        if clock:
            shown.hint("正在停止…")
            clock.stop()
    shown.hint("已停止")


def demo(
    port: Port = 8000,
    lite: Annotated[bool, typer.Option("--lite", help="演示本来就不启动 Prefect；写不写都一样")] = True,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="不打开浏览器")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="结束后保留数据文件夹")] = False,
    pace: Annotated[float, typer.Option(min=0.05, help="一天走几秒")] = 3.0,
) -> None:
    """演示：临时文件夹里约60个虚拟单位，一次走得很快的专项行动，邮件可在浏览器里看。Ctrl-C 停止并清除。"""
    from flows import demo, serving

    bound = serving.listen("127.0.0.1", port)
    with demo.folder(keep=keep) as home:
        show = demo.prepare(home, serving.address(bound), pace)

        def when_up() -> None:
            show.start()
            _say_demo(home, serving.address(bound), keep)
            if not no_browser and sys.stdout.isatty():
                typer.launch(serving.address(bound))

        try:
            serving.serve(bound, when_up, log=show.settings.log)
        finally:
            show.stop()
    shown.hint("演示结束" + ("" if keep else "，临时文件夹已清除"))


def upgrade() -> None:
    """只升级数据库结构。"""
    from states.records import schema
    from states.records.session import connect

    settings = given.settings()
    store = connect(settings.database_url, home=settings.home)
    try:
        schema.upgrade(store)
    finally:
        store.close()
    shown.say(f"数据库已是最新结构：{store.engine.url.render_as_string()}")


def _upgraded(settings: Settings) -> None:
    """The database in this version's shape, with somebody who can log in."""
    from states.records import schema
    from states.records.session import connect

    store = connect(settings.database_url, home=settings.home)
    if schema.behind(store) is not None:
        _upgraded_aside()
    schema.upgrade(store)
    _first_account(store)
    store.close()


def _upgraded_aside() -> None:
    """`duban upgrade` in a process that ends: what changes the shape of a database (12 MB) is not kept by the service.

    What keeps it from it is said by whoever tries again, in this process.
    """
    command = [sys.executable, "-c", "from flows.cli import app; app()", "upgrade"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603  (our own words)


def _first_account(store: Store) -> None:
    """Where there is no account, make the administrator, and tell the password: to the terminal, in no log and no file."""
    from states import clock
    from states.records import accounts

    with store.write() as session:
        password = accounts.first(session, clock.now())
    if password is not None:
        shown.say(
            f"管理员  登录名 {accounts.FIRST}，初始密码 {password}",
            f"        只显示这一次，7 天内有效，登录后须先修改；丢失时用 duban account reset {accounts.FIRST}",
        )


def _reachable(settings: Settings, address: str) -> Settings:
    """Links in mails lead to where we listen, unless a setting says what people call this place."""
    return replace(settings, base_url=address) if settings.base_url == DEFAULT_BASE else settings


def _tell_prefect(ending: threading.Event, clock: LocalClock) -> None:
    """Say where Prefect is once it answers; a clock without it never has an address."""
    while not ending.wait(1.0):
        if url := clock.prefect_url:
            shown.say(f"Prefect 已就绪：{url.removesuffix('/api')}")
            return


def _say_where(settings: Settings, address: str, clock: LocalClock | None, *, lite: bool) -> None:
    import sqlalchemy as sa

    database = sa.make_url(settings.database_url).render_as_string()
    prefect = settings.prefect_api_url or "正在启动，约半分钟；就绪与否见 /readyz"
    shown.say(
        f"页面    {address}/",
        f"接口    {address}/api/v1    文档 {address}/docs",
        f"数据库  {database}",
        f"邮件    {_mailbox(settings)}",
        f"时钟    {'每分钟一轮' if clock else '不在本进程运行（--no-clock）'}",
        f"Prefect {'未启用' if lite or not clock else prefect}",
    )
    shown.say("Ctrl-C 停止")


def _mailbox(settings: Settings) -> str:
    """Where mail goes, without a password."""
    kind, _, rest = settings.smtp_url.partition(":")
    if kind == "maildir":
        return f"存入文件夹 {rest}（不向外发送）"
    return f"{kind}://{rest.rsplit('@', 1)[-1].lstrip('/')}，发件人 {settings.mail_from}"


def _say_demo(home: Path, address: str, keep: bool) -> None:
    shown.say(
        f"演示页面  {address}/",
        "登录      在登录页上点一下身份即可，不用密码：协调员、联络员、领导、管理员、审计员",
        f"演示邮件  {address}/dev/mail",
        f"接口文档  {address}/docs",
        f"数据      {home}（{'结束后保留' if keep else '结束后清除'}）",
        "Ctrl-C 停止",
    )
