"""Files that are sent as a ledger and are none, or more than one: each refused in one sentence, nothing written."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

L = "/campaigns/1/ledger"


def saved(book: Any) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_part(content: bytes, part: str) -> bytes:
    buffer = BytesIO(content)
    with ZipFile(buffer, "a", ZIP_DEFLATED) as archive:
        archive.writestr(part, "<x/>")
    return buffer.getvalue()


def word(tables: int) -> bytes:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    table = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>问题</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {space}><w:body>{table * tables}</w:body></w:document>"
        )
    return buffer.getvalue()


def sparse(content: bytes) -> bytes:
    book = load_workbook(BytesIO(content))
    book.worksheets[0].cell(1_000_000, 3).value = "远处"
    return saved(book)


@pytest.mark.parametrize(
    ("make", "name", "says"),
    [
        (lambda one: with_part(one, "xl/vbaProject.bin"), "台账.xlsx", "含有宏"),
        (lambda one: with_part(one, "xl/externalLinks/externalLink1.xml"), "台账.xlsx", "链接了别的文件"),
        (lambda one: sparse(one), "台账.xlsx", "超过上限200000行"),
        (lambda _: word(500), "附表.docx", "有500个表格，超过上限100个"),
        (lambda _: word(1), "附表.docx", "没有找到台账"),
        (lambda _: with_part(word(1), "word/vbaProject.bin"), "附表.docx", "含有宏"),
        (lambda _: b"\xd0\xcf\x11\xe0 old", "附表.doc", "旧版 Word"),
        (lambda _: b"", "台账.xlsx", "空的"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_one_sentence(
    world: Any, make: Any, name: str, says: str
) -> None:
    content = make(world.get(f"{L}/export").content)
    for dry in ("true", "false"):
        answer = world.client.post(
            f"/api/v1{L}/import",
            content=content,
            params={"filename": name, "dry_run": dry},
            headers={**world.all, "Content-Type": "application/octet-stream"},
        )
        assert answer.status_code == 422
        assert says in answer.json()["detail"]
        assert len(answer.json()["faults"]) == 1
    assert [one["no"] for one in world.get(L).json()["items"]] == [1, 2]
