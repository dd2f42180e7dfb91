"""A file is what its content says; what lies, runs or reaches out is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from states.documents import filekinds
from states.documents.officeparts import ALL_BYTES, MEMBERS, PART_BYTES
from states.documents.sniffing import named, sniff
from states.errors import Faulty

OLE = filekinds.OLE
RELATION = (
    '<Relationship Id="r1" Type="http://schemas.example.org/x/{kind}" Target="{target}" TargetMode="{mode}"/>'
)

WIDE = f"<Relationships>{' ' * (PART_BYTES - 100)}</Relationships>"


def packed(*parts: tuple[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts:
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def office(*parts: tuple[str, str | bytes], types: str = "<Types/>", folder: str = "word") -> bytes:
    return packed(("[Content_Types].xml", types), (f"{folder}/document.xml", "<x/>"), *parts)


def related(kind: str, target: str, mode: str = "External") -> tuple[str, str]:
    inner = RELATION.format(kind=kind, target=target, mode=mode)
    return "word/_rels/document.xml.rels", f"<Relationships>{inner}</Relationships>"


def entry(name: str) -> bytes:
    """An entry of an OLE directory."""
    written = name.encode("utf-16-le") + b"\0\0"
    return (written.ljust(64, b"\0") + len(written).to_bytes(2, "little")).ljust(128, b"\0")


def ole(*streams: str) -> bytes:
    return OLE.ljust(512, b"\0") + b"".join(map(entry, streams))


def found(name: str, content: bytes) -> tuple[str, str | None]:
    told = sniff(io.BytesIO(content), name)
    return told.kind.key, told.caution


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(Faulty) as caught:
        sniff(io.BytesIO(content), name)
    (fault,) = caught.value.faults
    assert fault.place == name
    return fault.says


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("报告.pdf", b"%PDF-1.7", "pdf"),
        ("报告.OFD", packed(("OFD.xml", "<x/>")), "ofd"),
        ("报告.docx", office(), "docx"),
        ("报告.wps", office(), "docx"),
        ("表.xlsx", office(folder="xl"), "xlsx"),
        ("表.et", ole("Workbook"), "xls"),
        ("片.pptx", office(folder="ppt"), "pptx"),
        ("报告.doc", ole("WordDocument"), "doc"),
        ("带表.doc", ole("Workbook", "WordDocument"), "doc"),
        ("带文.xls", ole("WordDocument", "Workbook"), "xls"),
        ("字体.ppt", ole("PowerPoint Document") + "Book\0_VBA_PROJECT\0".encode("utf-16-le"), "ppt"),
        ("报告.doc", b"{\\rtf1", "rtf"),
        ("报告.odt", packed(("mimetype", "application/vnd.oasis.opendocument.text")), "odt"),
        ("图.JPEG", b"\xff\xd8\xff\xe0", "jpg"),
        ("图.heic", b"\0\0\0\x18ftypheic", "heic"),
        ("像.mov", b"\0\0\0\x14ftypqt  ", "mp4"),
        ("音.amr", b"#!AMR\n", "amr"),
        ("表.csv", "单位,数\n示例,1".encode("gb18030"), "text"),
        ("说明.txt", "说明" * 40_000 and ("说明" * 40_000).encode(), "text"),
    ],
)
def test_what_offices_send_is_told_by_content_and_taken(name: str, content: bytes, kind: str) -> None:
    assert found(name, content) == (kind, None)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("报告.pdf", b"\x89PNG\r\n\x1a\n", "扩展名是 .pdf，内容却是PNG 图片"),
        ("报告.docx", office(folder="xl"), "扩展名是 .docx，内容却是Excel 工作簿"),
        ("报告.docx", b"%PDF-1.7", "请改正扩展名（.pdf）"),
        ("图片.jpg", b"<html>", "内容是网页"),
        ("说明.txt", b"\xef\xbb\xbf <!DOCTYPE html>", "内容是网页"),
        ("图.svg", b"<svg/>", "是网页，不收"),
        ("程序.exe", b"MZ\x90", "是程序"),
        ("程序.pdf", b"MZ\x90", "内容是可执行程序"),
        ("脚本.txt", b"#!/bin/sh", "内容是脚本"),
        ("无扩展名", b"%PDF-1.7", "没有扩展名；内容是PDF，请加上 .pdf"),
        ("空.pdf", b"", "文件是空的"),
        ("什么.dat", b"\0\1\2\3", "不认识这种文件"),
        ("旧.msg", ole("__substg"), "不是 Word、Excel 或 PowerPoint 文件"),
        ("坏.docx", office()[:60], "可能已损坏"),
        ("宏.docm", office(), "含有宏"),
        ("宏.docx", office(("word/vbaProject.bin", b"x")), "含有宏"),
        (
            "宏.xlsx",
            office(types='<Override ContentType="application/vnd.ms-excel.sheet.macroEnabled"/>'),
            "含有宏",
        ),
        ("宏.doc", ole("WordDocument", "_VBA_PROJECT"), "含有宏"),
        ("宏.odt", packed(("mimetype", "x.text"), ("Basic/a.xml", "")), "含有宏"),
        ("密.docx", ole("EncryptedPackage"), "设有打开密码"),
        (
            "链.docx",
            office(related("attachedTemplate", "http://example.test/a.dotm")),
            "载入外部内容（外部模板）",
        ),
        ("链.docx", office(related("attachedTemplate", "file://example.test/a.dotm")), "外部模板"),
        ("链.docx", office(related("oleObject", "\\\\example.test\\a")), "外部对象"),
        ("链.docx", office(related("oleObject", "mhtml:http://example.test/!x")), "外部对象"),
        ("链.xlsx", office(("xl/externalLinks/externalLink1.xml", "<a><ddeLink/></a>"), folder="xl"), "DDE"),
        ("弹.docx", office(("word/_rels/a.rels", b" " * (ALL_BYTES // 2))), "内部结构异常"),
        ("弹多.docx", office(*((f"word/_rels/{n}.rels", WIDE) for n in range(5))), "内部结构异常"),
        ("实体.docx", office(("a.rels", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')), "可能已损坏"),
        ("多.zip", packed(*((str(n), "") for n in range(MEMBERS + 1))), "内部结构异常"),
    ],
)
def test_what_lies_runs_or_loads_is_refused(name: str, content: bytes, says: str) -> None:
    assert says in refusal(name, content)


@pytest.mark.parametrize(
    ("name", "content", "warned"),
    [
        ("链.docx", office(related("hyperlink", "https://example.test/")), None),
        ("模板.docx", office(related("attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm")), None),
        ("图.docx", office(related("image", "https://example.test/a.png")), "指向外部的链接"),
        ("内.docx", office(related("image", "media/a.png", "Internal")), None),
        ("表.xlsx", office(("xl/externalLinks/externalLink1.xml", "<a/>"), folder="xl"), "指向外部的链接"),
        ("表.xlsx", office(("xl/connections.xml", "<a/>"), folder="xl"), "指向外部的链接"),
        ("包.zip", packed(("a.exe", "MZ")), "没有检查"),
        ("包.7z", b"7z\xbc\xaf\x27\x1c", "没有检查"),
    ],
)
def test_what_points_outside_or_is_packed_is_taken_with_a_caution(
    name: str, content: bytes, warned: str | None
) -> None:
    caution = found(name, content)[1]
    assert caution is None if warned is None else caution is not None and warned in caution


def test_a_document_with_five_hundred_tables_is_a_document() -> None:
    table = "<w:tbl><w:tr><w:tc/></w:tr></w:tbl>" * 500
    assert found("多表.docx", office(("word/tables.xml", table))) == ("docx", None)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("C:\\桌面\\报告.docx", "报告.docx"),
        ("../../etc/passwd", "passwd"),
        ("报告\u202excod.docx", "报告xcod.docx"),
        ("a\r\nb\0.pdf", "ab.pdf"),
        ("  报告 .pdf ", "报告 .pdf"),
        ("", "未命名"),
        ("...", "未命名"),
        (f"{'长' * 300}.docx", f"{'长' * 145}.docx"),
    ],
)
def test_a_name_is_shown_without_folders_tricks_or_excess(written: str, shown: str) -> None:
    assert named(written) == shown


def test_every_kind_of_the_table_can_be_found() -> None:
    reached = {key for _, key in filekinds.SIGNATURES} | {"docx", "xlsx", "pptx", "ofd", "odt", "ods", "odp"}
    assert reached | {"doc", "xls", "ppt", "zip", "text"} == set(filekinds.KINDS)
