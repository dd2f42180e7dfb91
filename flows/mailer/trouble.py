"""What went wrong with a server, in sentences that say what to do and never show a password."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from urllib.parse import quote

from flows.mailer.line import Limit, Server
from states.letters import plain

REPLY_LIMIT = 200
ENHANCED = re.compile(r"5\.(\d{1,3}\.\d{1,3})\b")
OUR_CODES = (
    "3.",
    "5.",
    "7.",
    "1.7",
    "1.8",
)  # RFC 3463: their system, the protocol, policy, the sender's address
OUR_WORDS = re.compile(r"relay|rcpthosts|(?:sender|client|helo)\b.*\brejected", re.IGNORECASE)
ADDRESSES = re.compile(r"<[^>]*>|\S+@\S+")


def said(code: int, reply: bytes) -> str:
    """A server's reply as one line of text; servers here answer in UTF-8 or GB18030."""
    try:
        text = reply.decode("utf-8")
    except UnicodeDecodeError:
        text = reply.decode("gb18030", "replace")
    return f"{code} {plain(text, REPLY_LIMIT)}" if code > 0 else f"无法识别的应答 {plain(text, REPLY_LIMIT)}"


def about_us(code: int, reply: bytes) -> bool:
    """Whether a refusal of a receiver is about who sends (relaying, policy, protocol) and not about the address.

    Many servers judge client, greeting and sender only once they hear a receiver. Where they give no enhanced code
    their words decide.
    """
    words = said(code, reply)
    if not 500 <= code < 600:
        return False
    if enhanced := ENHANCED.match(words[4:]):
        return enhanced[1].startswith(OUR_CODES)
    return OUR_WORDS.search(ADDRESSES.sub("", words)) is not None


def timed_out(error: BaseException) -> bool:
    """smtplib wraps a timeout of the socket into its own error."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def silent(error: BaseException, limit: Limit) -> bool:
    """Whether the server let us wait until we gave up, as against one that spoke or hung up."""
    return limit.passed or timed_out(error)


def trouble(error: Exception, server: Server, limit: Limit) -> str:
    """Why the conversation with `server` came to nothing."""
    if limit.passed:
        return f"邮件服务器 {server} 太慢，一封邮件超过了 {limit.seconds:g} 秒"
    if timed_out(error):
        return f"邮件服务器 {server} 超过 {server.step:g} 秒没有应答"
    match error:
        case smtplib.SMTPAuthenticationError():
            reply = said(error.smtp_code, _bytes(error.smtp_error))
            return f"邮件服务器 {server} 拒绝登录（{reply}），请检查 DUBAN_SMTP_URL 中的用户名和密码"
        case smtplib.SMTPResponseException():
            return f"邮件服务器 {server} 拒绝服务（{said(error.smtp_code, _bytes(error.smtp_error))}）"
        case (
            smtplib.SMTPServerDisconnected() | ConnectionResetError() | BrokenPipeError() | ssl.SSLEOFError()
        ):
            return f"邮件服务器 {server} 中断了连接"
        case socket.gaierror():
            return f"找不到邮件服务器 {server.host}，请检查 DUBAN_SMTP_URL 中的主机名和本机的域名解析"
        case ConnectionRefusedError():
            return f"邮件服务器 {server} 拒绝连接，请检查地址、端口以及服务是否启动"
        case ssl.SSLCertVerificationError():
            return f"邮件服务器 {server} 的证书未通过校验（{error.verify_message}），可用 ?ca=证书文件 指定签发机构"
        case ssl.SSLError():
            return f"与邮件服务器 {server} 的加密连接失败（{error.reason or error}），请检查端口和 smtp/smtps 是否对应"
    return f"与邮件服务器 {server} 通信失败：{plain(str(error), REPLY_LIMIT)}"


def without_password(words: str, server: Server) -> str:
    """`words` with the password blotted out in every form in which a server could repeat it."""
    if not server.password:
        return words
    pair = f"\0{server.user}\0{server.password}"
    forms = (pair, server.password)
    encoded = (b64encode(form.encode()).decode() for form in forms)
    for form in (*encoded, quote(server.password, safe=""), server.password):
        words = words.replace(form, "***")
    return words


def _bytes(reply: bytes | str) -> bytes:
    return reply.encode() if isinstance(reply, str) else reply
