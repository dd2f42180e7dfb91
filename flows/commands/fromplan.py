"""duban template draft: from the text of a plan to a template that a person finishes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import given, shown
from states.errors import Fault, Faulty

if TYPE_CHECKING:
    from states.drafts import Manuscript

PLAN_BYTES = 20_000_000
ENCODINGS = ("utf-8-sig", "gb18030")
WIDE = (b"\xff\xfe", b"\xfe\xff")
UNREADABLE = "不是文本文件；请另存为 UTF-8 纯文本，或 .docx"
EMPTY = "没有文字；扫描件请先识别成文字"
PLAIN_KEY = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")


def draft(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="方案原文：纯文本或 .docx")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="写入这个文件；不写则输出到屏幕")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="模板的键；默认用文件名，用不了则为 draft")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="文件已有时覆盖")] = False,
) -> None:
    """从方案原文整理出模板草稿：阶段、期限、报送间隔、责任部门、台账，每条附原句；日期从不编造。"""
    from states.drafts import draft as drafted

    if out and out.exists() and not force:
        raise Faulty([Fault(str(out), "文件已经有了；换一个名字，或加 --force 覆盖")])
    stem = plan.stem.lower()
    found = drafted(manuscript(plan), key or (stem if PLAIN_KEY.fullmatch(stem) else "draft"), plan.name)
    if out is None:
        shown.say(found.text.rstrip("\n"))
        return
    out.write_text(found.text, encoding="utf-8")
    size = found.findings
    shown.say(
        f"已写入 {out}：阶段 {len(size.stages)}、工作线 {len(size.streams)}、要求 {len(size.owed)}、台账 {len(size.rows)} 行",
        f"待办 {len(found.todo) + len(found.faults)} 项，列在文件开头；改完用 duban template check {out} 检查",
    )


def manuscript(plan: Path) -> Manuscript:
    """The plan in a file; raises Faulty or NotFound with one sentence."""
    from states.drafts import from_text

    content = given.file_bytes(plan)
    if len(content) > PLAN_BYTES:
        raise Faulty([Fault(str(plan), "文件过大，不像是方案")])
    found = _word(content, plan) or from_text(_text(content, plan))
    if not found.text.strip():
        raise Faulty([Fault(str(plan), EMPTY)])
    return found


def _word(content: bytes, plan: Path) -> Manuscript | None:
    """As a Word file where it is one, or calls itself one."""
    from states.documents import worddoc

    if plan.suffix.lower() in (".docx", ".doc", ".wps") or content.startswith((b"PK", worddoc.OLD_FORMAT)):
        return worddoc.read(content, str(plan))
    return None


def _text(content: bytes, plan: Path) -> str:
    for encoding in ("utf-16",) if content.startswith(WIDE) else ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Faulty([Fault(str(plan), UNREADABLE)])
