"""What a file is, by its content; a name that says otherwise is refused, and so is what could run by itself."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO

from states.documents import officeparts
from states.documents.filekinds import KINDS, OLE, ZIP, FileKind, by_signature, harmful
from states.documents.officeparts import Unfit
from states.errors import Fault, Faulty

HEAD = 4096
TEXT_LOOKED_AT = 1 << 16
LONGEST_NAME = 150
UNNAMED = "未命名"
FORBIDDEN_ENDINGS = {
    **dict.fromkeys(("docm", "xlsm", "pptm", "dotm", "xltm", "ppsm", "xlam"), officeparts.MACROS),
    **dict.fromkeys(
        ("exe", "bat", "cmd", "com", "scr", "msi", "ps1", "vbs", "js", "jar", "lnk"), "是程序，不收"
    ),
    **dict.fromkeys(
        ("htm", "html", "mht", "mhtml", "svg", "xml", "hta"), "是网页，不收；请另存为 PDF 后再报送"
    ),
}


@dataclass(frozen=True)
class Sniffed:
    """A file that can be taken; `caution` is for whoever opens it."""

    kind: FileKind
    caution: str | None = None


def sniff(file: BinaryIO, name: str) -> Sniffed:
    """What `file`, called `name`, is. Raises Faulty with one sentence when it is not taken."""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    try:
        found = _content(file, ending)
    except Unfit as error:
        raise Faulty([Fault(name, str(error))]) from error
    if ending not in found.kind.endings:
        raise Faulty([Fault(name, _lying(ending, found.kind))])
    return found


def _lying(ending: str, kind: FileKind) -> str:
    if not ending:
        return f"没有扩展名；内容是{kind.words}，请加上 .{kind.endings[0]}"
    return f"扩展名是 .{ending}，内容却是{kind.words}；请改正扩展名（.{kind.endings[0]}）或重新导出"


def _content(file: BinaryIO, ending: str) -> Sniffed:
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise Unfit("文件是空的")
    if ending in FORBIDDEN_ENDINGS:
        raise Unfit(FORBIDDEN_ENDINGS[ending])
    if head.startswith(ZIP):
        key, caution = officeparts.zip_kind(file)
        return Sniffed(KINDS[key], caution)
    if head.startswith(OLE):
        key, caution = officeparts.ole_kind(file, ending)
        return Sniffed(KINDS[key], caution)
    if kind := by_signature(head):
        return Sniffed(kind, officeparts.PACKED if kind.family == "archive" else None)
    if what := harmful(head):
        raise Unfit(f"内容是{what}，不收")
    if _is_text(file):
        return Sniffed(KINDS["text"])
    raise Unfit("不认识这种文件；请另存为 PDF、docx、xlsx、图片或 zip 后再报送")


def _is_text(file: BinaryIO) -> bool:
    file.seek(0)
    start = file.read(TEXT_LOOKED_AT)
    if b"\0" in start:
        return False
    return any(_reads(start, encoding) for encoding in ("utf-8", "gb18030"))


def _reads(start: bytes, encoding: str) -> bool:
    """A character may be cut at the end of what was looked at."""
    for cut in range(4):
        try:
            start[: len(start) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def named(written: str) -> str:
    """The name under which a file is shown and downloaded: no folders, nothing invisible, not too long."""
    bare = unicodedata.normalize("NFC", re.split(r"[\\/]", written)[-1])
    seen = "".join(one for one in bare if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    seen = seen.strip().strip(".").strip()
    stem, dot, ending = seen.rpartition(".")
    if dot and 0 < len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if stem else f"{UNNAMED}.{ending}"
    return seen[:LONGEST_NAME] or UNNAMED
