"""Mail addresses as people type them: split, judged, refused with a hint."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from states.documents.rows import INVISIBLE, quoted

SEPARATORS = re.compile("[;；,，、]")
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
LOCAL_CHARACTERS = 64
ADDRESS_CHARACTERS = 254
INTRANET = ".local"


def split(cell: str) -> list[str]:
    """What stands between ； ; ， , or 、 in a cell, trimmed, without empty pieces."""
    return [piece.strip() for piece in SEPARATORS.split(cell) if piece.strip()]


class Addresses:
    """Judges addresses; each domain is looked into once. No network is asked."""

    def __init__(self) -> None:
        self._domains: dict[str, str | None] = {}

    def judge(self, text: str) -> tuple[str, str | None]:
        """(address in its normal form, None) or ("", what is wrong and what to do)."""
        if complaint := _look(text):
            return "", complaint
        local, _, domain = text.rpartition("@")
        if (
            len(local) > LOCAL_CHARACTERS
            or len(text) > ADDRESS_CHARACTERS
            or not PLAIN_LOCAL.fullmatch(local)
        ):
            return _whole(text)
        if domain not in self._domains:
            self._domains[domain] = _domain(domain)
        normal = self._domains[domain]
        return (f"{local}@{normal}", None) if normal else ("", _wrong(text))


def _look(text: str) -> str | None:
    """The mistakes of typing, told by name."""
    if INVISIBLE.search(text):
        return f"邮箱{quoted(text)}含有换行或不可见字符；多个邮箱请用“；”分隔"
    narrow = unicodedata.normalize("NFKC", text).replace("。", ".")
    if narrow != text:
        return f"邮箱{quoted(text)}含有全角字符；请改为半角{quoted(narrow)}"
    if re.search(r"\s", text):
        return f"邮箱{quoted(text)}中间有空格；请删去空格，多个邮箱请用“；”分隔"
    if "<" in text or ">" in text:
        return f"邮箱{quoted(text)}带有尖括号；请只填地址本身，姓名填在姓名列"
    if "@" not in text:
        return f"{quoted(text)}不是邮箱地址，缺少 @；应如 name@example.org"
    return None


def _wrong(text: str) -> str:
    return f"邮箱{quoted(text)}写法不对；应如 name@example.org"


def _domain(domain: str) -> str | None:
    address, complaint = _whole(f"a@{domain}")
    return None if complaint else address.partition("@")[2]


def _whole(text: str) -> tuple[str, str | None]:
    """`.local` is judged like `.test`: closed networks use it, though it is reserved on the open one."""
    intranet = text.lower().endswith(INTRANET)
    judged = text[: -len(INTRANET)] + ".test" if intranet else text
    try:
        found = validate_email(
            judged, check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        return "", _wrong(text)
    normal = found.ascii_email or found.normalized
    return (normal.removesuffix(".test") + INTRANET if intranet else normal), None
