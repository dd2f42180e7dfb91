"""Is this file a workbook that may be opened? Every part is really inflated, with a cap, before it is trusted."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from states.documents.partscan import DAMAGED, PLAIN_ELEMENTS, ManifestScan, PartScan, SheetScan
from states.documents.rows import Limits
from states.documents.zipping import BROKEN
from states.errors import Fault, Faulty

MANIFEST = "[Content_Types].xml"
XML_ENDINGS = (".xml", ".rels")
MOST_PARTS = 1_000
MOST_DIRECTORY_BYTES = 1024 * 1024
CHUNK = 64 * 1024
RATIO = 200
RATIO_FROM_BYTES = 8 * 1024 * 1024
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
MACROS = "含有宏，为安全起见不能导入；请另存为不含宏的“Excel 工作簿（*.xlsx）”"
BOMB = "解压后大得不正常，可能是恶意构造的文件，已拒绝读取"
INCOMPLETE = "文件不完整或已损坏（可能没有传完）；请重新上传，或用 Excel、WPS 打开后另存为 .xlsx"
NOT_WORKBOOK = "不是 Excel 工作簿；请另存为“Excel 工作簿（*.xlsx）”或 csv"


def check(content: bytes, name: str, limits: Limits) -> dict[str, SheetScan]:
    """The worksheets of a harmless workbook by part name; raises Faulty with one sentence for any other file."""
    if _directory_bytes(content) > MOST_DIRECTORY_BYTES:
        raise _faulty(name, "内部部件过多，不是正常的表格文件")
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_names(parts, name)
            return _scan(archive, parts, name, limits)
    except BROKEN as error:
        raise _faulty(name, INCOMPLETE) from error


def _directory_bytes(content: bytes) -> int:
    """Size of the zip's directory, found in the same place where zipfile finds it; 0 when there is none."""
    end = len(content) - 22
    if content[end : end + 4] != b"PK\x05\x06" or content[-2:] != b"\x00\x00":
        end = content.rfind(b"PK\x05\x06", max(0, len(content) - 22 - 65_536))
    if end < 0 or end + 22 > len(content):
        return 0
    if content[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        return MOST_DIRECTORY_BYTES + 1  # zip64: no sheet of ours needs it
    size: int = struct.unpack_from("<L", content, end + 12)[0]
    return size


def _check_names(parts: list[ZipInfo], name: str) -> None:
    names = {part.filename for part in parts}
    lower = {part.lower() for part in names}
    if len(parts) > MOST_PARTS or len(lower) < len(parts):
        raise _faulty(name, "内部部件过多或重名，不是正常的表格文件")
    if any(part.flag_bits & 1 for part in parts):
        raise _faulty(name, "压缩包设有密码；请去掉密码后再上传")
    if any(part.endswith("vbaproject.bin") or part.startswith("xl/macrosheets/") for part in lower):
        raise _faulty(name, MACROS)
    if "xl/workbook.bin" in lower:
        raise _faulty(name, "是 xlsb 二进制工作簿；请另存为“Excel 工作簿（*.xlsx）”")
    if MANIFEST not in names or not any(part.startswith("xl/") for part in lower):
        raise _faulty(name, NOT_WORKBOOK)
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise _faulty(name, DAMAGED)


def _scan(archive: ZipFile, parts: list[ZipInfo], name: str, limits: Limits) -> dict[str, SheetScan]:
    manifest = ManifestScan(name)
    for chunk in _inflated(archive, archive.getinfo(MANIFEST), name, limits.inflated_bytes):
        manifest.feed(chunk)
    types = manifest.types
    if any("macroEnabled" in kind or "vbaProject" in kind for kind in types.values()):
        raise _faulty(name, MACROS)
    left = limits.inflated_bytes
    sheets = {}
    for part in parts:
        scan = _scan_for(part.filename, types.get(part.filename, ""), name, limits)
        left -= _pass(archive, part, scan, left)
        if isinstance(scan, SheetScan):
            sheets[part.filename] = scan
    return sheets


def _scan_for(filename: str, content_type: str, name: str, limits: Limits) -> PartScan:
    if content_type == SHEET_TYPE:
        return SheetScan(name, limits)
    if content_type == STRINGS_TYPE:
        return PartScan(name, most=PLAIN_ELEMENTS + 2 * limits.cells)
    return PartScan(name, strict=filename.lower().endswith(XML_ENDINGS))


def _pass(archive: ZipFile, part: ZipInfo, scan: PartScan, most: int) -> int:
    """Inflate one part through its scan; pictures and the like are inflated only. Returns the bytes it had."""
    xml: bool | None = None
    total = 0
    for chunk in _inflated(archive, part, scan.place, most):
        if xml is None:
            xml = scan.strict or _looks_like_xml(chunk)
        if xml:
            scan.feed(chunk)
        total += len(chunk)
    if isinstance(scan, SheetScan):
        scan.settle()
    return total


def _looks_like_xml(head: bytes) -> bool:
    """Under whatever name: the manifest may point anywhere."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def _inflated(archive: ZipFile, part: ZipInfo, name: str, most: int) -> Iterator[bytes]:
    """Chunks of the part, an empty one at the end; raises Faulty beyond `most` bytes or an absurd ratio."""
    total = 0
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            total += len(chunk)
            if total > most or (total > RATIO_FROM_BYTES and total > RATIO * part.compress_size):
                raise _faulty(name, BOMB)
            yield chunk
    yield b""


def _faulty(name: str, says: str) -> Faulty:
    return Faulty([Fault(name, says)])
