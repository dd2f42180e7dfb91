"""What lies in an office file beside its text: macros, links that reach outside. Reading is bounded; nothing is run."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from states.documents.filekinds import KINDS
from states.documents.zipping import UNREADABLE

MEMBERS = 5_000
PART_BYTES = 4 << 20
ALL_BYTES = 16 << 20
BROKEN = "打不开，文件可能已损坏；请重新保存后再报送"
CROWDED = "内部结构异常，无法检查；请用办公软件另存一份后再报送"
LOCKED = "设有打开密码，审核的人打不开；请去掉密码后再报送"
MACROS = "含有宏，为安全起见不收；请另存为不含宏的 docx、xlsx、pptx 或 PDF 后再报送"
REMOTE = "会在打开时载入外部内容（{what}），为安全起见不收；请断开链接或另存为 PDF 后再报送"
LINKED = "含有指向外部的链接，打开时请不要更新链接"
PACKED = "压缩包，其中的内容没有检查"
LOADED = {
    "attachedTemplate": "外部模板",
    "oleObject": "外部对象",
    "frame": "外部框架",
    "subDocument": "外部子文档",
}
OUTSIDE = ("http:", "https:", "ftp:", "\\\\", "//", "mhtml:", "javascript:", "ms-")
SPREAD = 1 << 20
IN_OLE = {"EncryptedPackage": LOCKED, "_VBA_PROJECT": MACROS}
OTHER_OLE = "不是 Word、Excel 或 PowerPoint 文件；请另存为 docx、xlsx、pptx 或 PDF 后再报送"
ENTRY, ENTRY_NAME = 128, 64  # bytes of an entry in an OLE directory, and of the name in it
OLE_KINDS = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}


class Unfit(Exception):
    """Why a file is not taken, in a sentence."""


def zip_kind(file: BinaryIO) -> tuple[str, str | None]:
    """The kind of a ZIP by what lies in it, and a caution. Raises Unfit."""
    try:
        with zipfile.ZipFile(file) as packed:
            return _zip_kind(packed)
    except UNREADABLE as error:
        raise Unfit(BROKEN) from error
    except RuntimeError as error:  # zipfile's word for a password
        raise Unfit(LOCKED) from error


def _zip_kind(packed: zipfile.ZipFile) -> tuple[str, str | None]:
    names = packed.namelist()
    if len(names) > MEMBERS:
        raise Unfit(CROWDED)
    if "[Content_Types].xml" in names:
        return _office(packed, names)
    if "OFD.xml" in names:
        return "ofd", None
    if "mimetype" in names:
        return _open_document(packed, names)
    return "zip", PACKED


def _office(packed: zipfile.ZipFile, names: list[str]) -> tuple[str, str | None]:
    kind = next(
        (key for part, key in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")) if _has(names, part)),
        None,
    )
    if kind is None:
        raise Unfit(CROWDED)
    types = _part(packed, "[Content_Types].xml").lower()
    if b"macroenabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unfit(MACROS)
    return kind, LINKED if _reaches_out(packed, names) else None


def _open_document(packed: zipfile.ZipFile, names: list[str]) -> tuple[str, str | None]:
    media = _part(packed, "mimetype").decode("latin-1")
    kind = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}.get(media.rsplit(".", 1)[-1])
    if kind is None:
        return "zip", PACKED
    if _has(names, "Basic/") or _has(names, "Scripts/"):
        raise Unfit(MACROS)
    return kind, None


def _has(names: list[str], folder: str) -> bool:
    return any(name.startswith(folder) for name in names)


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    """One part, no longer than is sensible whatever its header says."""
    with packed.open(name) as stream:
        content = stream.read(PART_BYTES + 1)
    if len(content) > PART_BYTES:
        raise Unfit(CROWDED)
    return content


def _reaches_out(packed: zipfile.ZipFile, names: list[str]) -> bool:
    """Whether something in it points outside, apart from links that a reader clicks. Raises Unfit for what loads itself."""
    left, found = ALL_BYTES, "xl/connections.xml" in names
    for name in names:
        if name.startswith("xl/externalLinks/") and name.endswith(".xml"):
            found = True
            if b"ddeLink" in _part(packed, name):
                raise Unfit(REMOTE.format(what="DDE"))
        if name.endswith(".rels"):
            content = _part(packed, name)
            left -= len(content)
            if left < 0:
                raise Unfit(CROWDED)
            outside = [_outside(kind, target) for kind, target in _relations(content)]  # each is judged
            found = found or any(outside)
    return found


def _relations(content: bytes) -> Iterator[tuple[str, str]]:
    """Kind and target of each relation that leads out of the package."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unfit(BROKEN) from error
    for one in root.iter():
        if one.get("TargetMode", "").lower() == "external":
            yield one.get("Type", "").rsplit("/", 1)[-1], one.get("Target", "").strip()


def _outside(kind: str, target: str) -> bool:
    if kind == "hyperlink":
        return False
    if kind in LOADED and _remote(target):
        raise Unfit(REMOTE.format(what=LOADED[kind]))
    return kind != "attachedTemplate"  # a template on the writer's own disk is what Word always notes


def _remote(target: str) -> bool:
    low = target.lower()
    if low.startswith("file:"):
        rest = low.removeprefix("file:").replace("\\", "/")
        return rest.startswith("//") and not rest.startswith("///")
    return low.startswith(OUTSIDE)


def ole_kind(file: BinaryIO, ending: str) -> tuple[str, str | None]:
    """The kind of an old office file by the names of its streams; where one holds another, by `ending`. Raises Unfit."""
    seen = _streams(file)
    for name, why in IN_OLE.items():
        if name in seen:
            raise Unfit(why)
    kinds = [key for name, key in OLE_KINDS.items() if name in seen]
    if not kinds:
        raise Unfit(OTHER_OLE)
    return next((key for key in kinds if ending in KINDS[key].endings), kinds[0]), None


def _streams(file: BinaryIO) -> set[str]:
    """Which of the names that matter stand in the directory of an OLE file: entries of 128 bytes, aligned."""
    names = {name: name.encode("utf-16-le") + b"\0\0" for name in (*IN_OLE, *OLE_KINDS)}
    seen: set[str] = set()
    file.seek(0)
    while piece := file.read(SPREAD):
        seen |= {name for name, written in names.items() if name not in seen and _entry(piece, written)}
    return seen


def _entry(piece: bytes, written: bytes) -> bool:
    at = piece.find(written)
    while at >= 0:
        length = piece[at + ENTRY_NAME : at + ENTRY_NAME + 2]
        if at % ENTRY == 0 and int.from_bytes(length, "little") == len(written):
            return True
        at = piece.find(written, at + 1)
    return False
