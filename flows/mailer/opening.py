"""From an address in the settings to a mailer; every fault is a BadSetting that never repeats the address."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from flows.mailer.answer import Mailer
from flows.mailer.line import Server
from flows.mailer.maildir import Maildir
from flows.mailer.memory import Memory
from flows.mailer.smtp import Smtp
from states.errors import BadSetting, Fault, Faulty
from states.letters import check_address

PLACE = "DUBAN_SMTP_URL"
OPTIONS = {"ca", "verify", "helo", "timeout"}
MOST_SECONDS = 60


def mailer(url: str, sender: str) -> Mailer:
    """The mailer that `url` names, sending as `sender`; raises BadSetting. Connects only when a mail is sent."""
    try:
        check_address(sender)
    except Faulty as error:
        raise BadSetting([Fault("DUBAN_MAIL_FROM", "应为一个邮箱地址，如 duban@example.org")]) from error
    scheme, _, rest = url.partition(":")
    if scheme == "memory":
        return Memory()
    if scheme == "maildir":
        return Maildir(_folder(rest), sender)
    if scheme in ("smtp", "smtps"):
        return Smtp(_server(_split(url)), sender)
    raise _fault("只支持 smtp://用户:密码@主机:端口、smtps://…、maildir:目录 或 memory:")


def _fault(says: str) -> BadSetting:
    return BadSetting([Fault(PLACE, says)])


def _folder(path: str) -> Path:
    if not path.strip("/"):
        raise _fault("maildir: 后面应写明文件夹，如 maildir:/var/lib/duban/mail")
    return Path(path.removeprefix("//")).expanduser().absolute()


def _split(url: str) -> SplitResult:
    """The parts of the address; a raw / # ? in a password shifts the parts and is caught here."""
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.path in ("", "/") and not parts.fragment and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        sound = False
    if not sound:
        raise _fault("写法有误，应为 smtp://用户:密码@主机:端口；密码中的特殊字符要写成 %XX，如 @ 写作 %40")
    return parts


def _server(parts: SplitResult) -> Server:
    options = _options(parts.query)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise _fault("用户名和密码只能用 ASCII 字符")
    if bool(user) != bool(password):
        raise _fault("用户名和密码应同时填写，如 smtp://用户:密码@主机:端口")
    return Server(
        host=parts.hostname or "",
        port=parts.port or (465 if parts.scheme == "smtps" else 587 if user else 25),
        tls_first=parts.scheme == "smtps",
        user=user,
        password=password,
        context=_context(options),
        helo=options.get("helo"),
        **_patience(options),
    )


def _patience(options: Mapping[str, str]) -> dict[str, float]:
    """`timeout=5`: seconds that one answer may take; a whole mail may take three times as long."""
    if (given := options.get("timeout")) is None:
        return {}
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_SECONDS):
        raise _fault(f"timeout 应为 1 到 {MOST_SECONDS} 的整数，即等待邮件服务器应答的秒数")
    return {"step": float(given), "whole": 3 * float(given)}


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(set(options) - OPTIONS):
        raise _fault(f"没有选项 {'、'.join(unknown)}；可用的有 {'、'.join(sorted(OPTIONS))}")
    if options.get("verify", "yes") not in ("yes", "no"):
        raise _fault("verify 只能是 yes 或 no")
    if not options.get("helo", "x").isascii() or not options.get("helo", "x").isprintable():
        raise _fault("helo 应为主机名，如 duban.example.org")
    return options


def _context(options: Mapping[str, str]) -> ssl.SSLContext:
    """How far to trust a certificate: fully checked unless verify=no."""
    try:
        context = ssl.create_default_context(cafile=options.get("ca"))
    except OSError as error:  # ssl.SSLError is one
        raise _fault(f"读不出 ca 指定的证书文件 {options['ca']}（{error.strerror or error}）") from error
    if options.get("verify") == "no":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
