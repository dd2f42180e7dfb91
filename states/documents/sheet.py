"""Sheets: bytes in, rows out (`read`); rows in, bytes out (`write`, `write_csv`).

Files come from anybody. A file is judged by its content as well as its name; whatever it is, reading costs bounded
time and memory, and a refusal is one sentence that says where and what to do.
"""

from __future__ import annotations

from states.documents.delimited import read_delimited
from states.documents.rows import INVISIBLE, LIMITS, Limits, Row, shown
from states.documents.writing import Sheet, Value, write, write_csv
from states.errors import Fault, Faulty

__all__ = ["LIMITS", "Limits", "Row", "Sheet", "Value", "beside", "read", "write", "write_csv"]

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
TEXT_ENDINGS = ("csv", "tsv", "txt")
XLSX = "请另存为“Excel 工作簿（*.xlsx）”或 csv 后再上传"
FOREIGN = {
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"%PDF": "PDF",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x1f\x8b": "压缩包",
    b"{\\rtf": "文档",
    b"<": "网页",
}
OTHER_BOOKS = {
    "xls": f"是旧版 Excel 格式（.xls），不能导入；{XLSX}",
    "et": f"是 WPS 专用格式（.et），不能导入；{XLSX}",
    "xlsm": "是可带宏的工作簿（.xlsm），为安全起见不能导入；请另存为不含宏的“Excel 工作簿（*.xlsx）”",
    "xltm": f"是可带宏的模板（.xltm），为安全起见不能导入；{XLSX}",
    "xlsb": f"是 xlsb 二进制工作簿，不能导入；{XLSX}",
    "ods": f"是 OpenDocument 表格（.ods），不能导入；{XLSX}",
}


def read(content: bytes, filename: str, limits: Limits = LIMITS, *, spread: bool = False) -> list[Row]:
    """The rows that are not empty, every cell as text: numbers plainly, dates as 2026-12-05 or 2026-12-05 16:00.

    From a workbook the first visible worksheet; `spread`: what is merged downwards stands in each of its rows. Raises Faulty, naming the file and, where there is one, the cell.
    """
    name = shown(filename)
    ending = name.rsplit(".", 1)[-1].lower()
    if refusal := _refusal(content, ending, limits):
        raise Faulty([Fault(name, refusal)])
    if content.startswith(ZIP):
        from states.documents.workbook import read_workbook  # openpyxl is loaded by who reads a workbook

        return read_workbook(content, name, limits, spread=spread)
    return read_delimited(content, name, limits)


def beside(content: bytes, filename: str) -> tuple[str, list[str]]:
    """Of a workbook that `read` has taken and that shows several worksheets: which was read, and which were not; ("", [])
    of any other file.
    """
    if not (content.startswith(ZIP) and filename.lower().endswith(".xlsx")):
        return "", []
    from states.documents.workbook import visible

    names = [INVISIBLE.sub("", one) for one in visible(content)]
    return (names[0], names[1:]) if len(names) > 1 else ("", [])


def _refusal(content: bytes, ending: str, limits: Limits) -> str | None:
    """Why this cannot be a sheet, judged from its size, its first bytes and its name; None when it may be one."""
    if not content.strip():
        return "文件是空的"
    if len(content) > limits.file_bytes:
        return f"文件超过{limits.file_bytes // 1024 // 1024} MB；请删去图片和多余的工作表，或分成几个文件"
    if content.startswith(OLE):
        return _ole(content, ending)
    if ending in OTHER_BOOKS:
        return OTHER_BOOKS[ending]
    if ending not in (*TEXT_ENDINGS, "xlsx"):
        return f"只能导入 .xlsx 或 .csv 文件；{XLSX}"
    if content.startswith(ZIP):
        return None
    if foreign := _foreign(content):
        return f"内容是{foreign}，不是表格；{XLSX}"
    return f"扩展名是 .xlsx，内容却不是 Excel 工作簿；{XLSX}" if ending == "xlsx" else None


def _ole(content: bytes, ending: str) -> str:
    if ENCRYPTED in content:
        return "设有打开密码，无法读取；请去掉密码后再上传"
    return OTHER_BOOKS["et" if ending == "et" else "xls"]


def _foreign(content: bytes) -> str | None:
    head = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((kind for magic, kind in FOREIGN.items() if head.startswith(magic)), None)
