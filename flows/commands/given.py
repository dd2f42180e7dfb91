"""What a person writes on the command line, and what a command needs before it can do anything."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import typer

from flows.commands import shown
from states import clock
from states.errors import BadSetting, Fault, Faulty, NotFound, Refused

if TYPE_CHECKING:
    from states.records.access import Scope
    from states.records.session import Store
    from states.records.told import Page
    from states.settings import Settings

INSTANT = "应写作 2026-12-05T09:00 或带时区 2026-12-05T09:00+08:00"
TEMPLATE_BYTES = 5_000_000
PAGE = 500
Item = TypeVar("Item")


def settings() -> Settings:
    """The settings, read once a command; raises BadSetting."""
    from states.settings import read

    return read()


def postal(found: Settings) -> Settings:
    """The same settings, once it is sure that mail can be sent with them; raises BadSetting. Connects to nothing."""
    from flows.mailer import mailer

    mailer(found.smtp_url, found.mail_from).close()
    return found


def warned(found: Settings) -> Settings:
    """The same settings; said aloud when mails go to people who could not open their link."""
    if not found.mail_link:
        shown.hint(
            f"提醒：邮件发往外部，而 DUBAN_BASE_URL 为 {found.base_url}，只有本机能打开，邮件中不附查看链接；"
            "请把它设为收件人能打开的地址"
        )
    return found


def mailbox(found: Settings) -> None:
    """Make the folder that keeps the mails, where they go into one; raises BadSetting when it can't be made."""
    from flows.mailer import Maildir, mailer

    post = mailer(found.smtp_url, found.mail_from)
    if not isinstance(post, Maildir):
        return
    try:
        post.prepare()
    except OSError as error:
        raise BadSetting([Fault("DUBAN_SMTP_URL", str(error))]) from error


@contextmanager
def opened(found: Settings) -> Iterator[Store]:
    """The database of these settings; raises NoDatabase when it has not this version's shape."""
    from states.records import schema
    from states.records.session import store_of

    store = store_of(found)
    try:
        if said := schema.behind(store):
            raise schema.NoDatabase(said)
        yield store
    finally:
        store.close()


def actor() -> str:
    """Who the journal names for what is done on the command line."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError, ImportError):
        return "cli"


def everything() -> Scope:
    """What the command line may do: everything, under the name of who sits at it."""
    from states.records.access import EVERYTHING

    return replace(EVERYTHING, by=actor())


def today() -> date:
    """The day in the zone of the settings."""
    return clock.now().astimezone(settings().zone).date()


def pages(page: Callable[[int, int], Page[Item]]) -> list[Item]:
    """A whole list, read page by page; `page` is asked what comes after which number, and how many."""
    found: list[Item] = []
    after: str | None = "0"
    while after is not None:
        told = page(int(after), PAGE)
        found += told["items"]
        after = told["next"]
    return found


def a_day(text: str) -> date:
    """2026-12-05."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter(f"“{text}”不是日期，应写作 2026-12-05") from error


def an_instant(text: str) -> datetime:
    """2026-12-05T09:00, with or without an offset; see `located`."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter(f"“{text}”不是时刻，{INSTANT}") from error
    if not re.search(r"\d[T ]\d", text):
        raise typer.BadParameter(f"“{text}”没有写明几点，{INSTANT}")
    return found


def located(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant without an offset is meant in the zone of the settings."""
    return at if at.tzinfo else at.replace(tzinfo=zone)


def day_ends(day: date, zone: ZoneInfo) -> datetime:
    """The last instant that still counts to `day`."""
    return datetime.combine(day + timedelta(days=1), time(0), zone) - timedelta(seconds=1)


def fills(pairs: Iterable[str]) -> dict[str, str]:
    """`phase.until=2026-12-05` …; the plan says later which places it has."""
    found: dict[str, str] = {}
    for pair in pairs:
        place, sign, value = (part.strip() for part in pair.partition("="))
        if not (place and sign and value):
            raise typer.BadParameter(f"“{pair}”应写作 位置=日期，如 rectify.until=2027-03-31")
        if place in found:
            raise typer.BadParameter(f"{place} 写了两次")
        found[place] = value
    return found


def listed(values: Iterable[str]) -> tuple[str, ...]:
    """An option given several times, or once with commas."""
    parts = [part.strip() for value in values for part in re.split(r"[,，、;；\s]+", value)]
    return tuple(dict.fromkeys(part for part in parts if part))


def kinds(values: Iterable[str]) -> tuple[str, ...]:
    """Kinds of units by key or by their Chinese words; raises Faulty for an unknown one."""
    from states.kinds import KIND_WORDS, KINDS

    words = listed(values)
    unknown = [
        Fault(word, f"没有这个类别；可用的有 {'、'.join(KINDS.values())}")
        for word in words
        if word not in KIND_WORDS
    ]
    if unknown:
        raise Faulty(unknown)
    return tuple(dict.fromkeys(KIND_WORDS[word] for word in words))


def template_text(named: str) -> str:
    """The text of a shipped template by key, or of a file. Raises NotFound, Faulty."""
    from states.reading import shipped

    known = shipped()
    if named in known:
        return known[named]
    path = Path(named)
    if path.is_file():
        return file_text(path)
    raise NotFound(f"没有名为 {named} 的模板，也没有这个文件；自带的模板有 {'、'.join(known)}")


def file_text(path: Path) -> str:
    """A template file as text; raises Faulty with one sentence."""
    content = _bytes(path)
    if len(content) > TEMPLATE_BYTES:
        raise Faulty([Fault(str(path), "文件过大，不像是方案模板")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Faulty([Fault(str(path), "不是 UTF-8 编码的文本，请另存为 UTF-8")]) from error


def check_free(path: Path, force: bool) -> None:
    """Raises Refused where a file is there already, unless it is to be written over."""
    if path.exists() and not force:
        raise Refused(f"{path} 已经存在；要覆盖请加 --force")


def written(path: Path, content: bytes, force: bool, *more: str) -> None:
    """Write what was asked for, and say so. Raises Refused; see `check_free`."""
    check_free(path, force)
    path.write_bytes(content)
    shown.say(f"已写出 {path}", *more)


def file_bytes(path: Path) -> bytes:
    """A file somebody named; raises NotFound, Faulty."""
    return _bytes(path)


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise Faulty([Fault(str(path), "是文件夹，请写明文件")])
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"没有文件 {path}") from error
    except OSError as error:
        raise Faulty([Fault(str(path), f"读不了：{error.strerror}")]) from error
