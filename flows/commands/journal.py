"""duban journal …: seal, sign, hand out and check what happened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands import given, shown
from flows.commands.options import Json
from states import clock
from states.errors import Refused

if TYPE_CHECKING:
    from states.chain.check import Checked
    from states.chain.roots import Root

app = typer.Typer(no_args_is_help=True, help="流水：封存、签名、导出、核验")


@app.command()
def seal(as_json: Json = False) -> None:
    """封存已经写定的流水（平时每几分钟自动进行）；重复运行无妨。"""
    from states.records.chain import sealer

    with given.opened(given.settings()) as store, shown.bar("封存") as told:
        done = sealer.seal(store, clock.now(), told=lambda rows: told(rows, 0))
    if as_json:
        shown.as_json(asdict(done))
        return
    shown.say(f"封存了 {done.batches} 批 {done.rows} 行")
    if done.waiting:
        shown.hint(f"有 {done.waiting} 个写流水的事务未结束，其后的等它们结束再封存")


@app.command()
def root(
    listed: Annotated[bool, typer.Option("--all", help="列出以往所有的根")] = False, as_json: Json = False
) -> None:
    """封存并签名，给出流水根：一行文字，可以打印、寄出、另行保存，日后凭它核验。"""
    from states.records.chain import sealer, signing

    settings = given.settings()
    with given.opened(settings) as store:
        sealer.seal(store, clock.now())
        made = signing.sign(store, settings, clock.now())
        with store.read() as session:
            found = signing.every(session) if listed else [made] if made else []
    if as_json:
        shown.as_json([asdict(one) | {"line": one.line} for one in found])
        return
    shown.say(*(one.line for one in found))
    if not found:
        shown.hint("流水还是空的")


@app.command()
def key(
    new: Annotated[bool, typer.Option("--new", help="原密钥已丢失：另立一把")] = False,
) -> None:
    """给出公钥（PEM），核验签名用；请另行保存，并交给审计人员。"""
    from states.chain.roots import pem
    from states.records.chain import signing

    settings = given.settings()
    with given.opened(settings) as store, store.write() as session:
        signing.key(session, settings, clock.now(), fresh=new)
        found = signing.known(session)
    shown.say("".join(pem(one) for one in found.values()).rstrip())
    shown.hint(*(f"{name}" for name in found))


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="写入文件；不写则输出")
    ] = None,
) -> None:
    """导出全部流水（JSON，一行一条），可在别处核验：duban journal verify FILE。"""
    from states.records.chain import reading_out

    with given.opened(given.settings()) as store, shown.bar("导出") as told:
        total = reading_out.count(store) if sys.stderr.isatty() else 0
        lines = reading_out.lines(store, clock.now(), lambda done: told(done, total))
        with _written(out) as write:
            for line in lines:
                write(reading_out.text(line))
    if out:
        shown.hint(f"已导出到 {out}")


@contextmanager
def _written(out: Path | None) -> Iterator[Any]:
    """Where the lines go: a file appears under its name complete, readable by its owner alone, or not at all."""
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdout.write
        return
    fresh = out.with_name(f".{out.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        try:
            yield file.write
        except BaseException:
            fresh.unlink()
            raise
    fresh.replace(out)


@app.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="导出的文件；不写则核验数据库")] = None,
    public_key: Annotated[
        list[Path], typer.Option("--public-key", metavar="FILE", help="另行保存的公钥，可多次")
    ] = [],  # noqa: B006
    roots: Annotated[
        list[Path], typer.Option("--root", metavar="FILE", help="另行保存的流水根，可多次")
    ] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """核验流水是否被人改过、删过、插过、调换、截去；指出第一处不对的地方。"""
    from states.chain.check import check, parsed
    from states.chain.roots import public_keys

    trusted: dict[str, bytes] | None = {} if public_key else None
    for one in public_key:
        trusted = (trusted or {}) | public_keys(given.file_text(one))
    kept = _kept(roots)
    if file is not None:
        with file.open(encoding="utf-8", errors="replace") as text, shown.bar("核验") as told:
            found = check(parsed(_counted(text, told, file.stat().st_size)), trusted=trusted, kept=kept)
    else:
        found = _live(trusted, kept)
    _show(found, own=trusted is None, as_json=as_json)


def _live(trusted: dict[str, bytes] | None, kept: list[Root]) -> Checked:
    from states.chain.check import check
    from states.records.chain import reading_out

    with given.opened(given.settings()) as store, shown.bar("核验") as told:
        total = reading_out.count(store) if sys.stderr.isatty() else 0
        lines = reading_out.lines(store, clock.now(), lambda done: told(done, total))
        return check(lines, trusted=trusted, kept=kept)


def _counted(text: Any, told: Any, size: int) -> Iterator[str]:
    read = 0
    for line in text:
        read += len(line)
        told(read, size)
        yield line


def _kept(files: list[Path]) -> list[Root]:
    from states.chain.roots import lines_in

    return [root for one in files for root in lines_in(given.file_text(one))]


def _show(found: Checked, *, own: bool, as_json: bool) -> None:
    if as_json:
        shown.as_json(asdict(found) | {"intact": found.broken is None})
        if found.broken is not None:
            raise typer.Exit(1)
        return
    if found.broken is not None:
        where = "".join(
            f"{name} {number} {unit}"
            for name, number, unit in (("第", found.broken.batch, "批"), ("第", found.broken.row, "行"))
            if number is not None
        )
        raise Refused(
            f"流水有问题：{where}：{found.broken.says}" if where else f"流水有问题：{found.broken.says}"
        )
    shown.say(f"完好：{found.batches} 批 {found.rows} 行，其中 {found.erased} 行抹除过个人信息")
    if found.unsealed:
        shown.say(f"还有 {found.unsealed} 行未封存，最早的写于 {found.oldest_unsealed}")
    signed = f"签名到第 {found.signed} 行为止（{found.signed_at}）" if found.roots else "还没有签名的根"
    shown.say(f"{found.roots} 个根，{signed}；最后一批的哈希 {found.head}")
    if own and found.roots:
        shown.hint(
            "公钥取自流水本身，只证明前后一致；加 --public-key 和 --root（另行保存的）才能发现整个换掉"
        )
