"""What every reader of a Word file needs: the name space of its text, and what to say of one that is none."""

from __future__ import annotations

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DAMAGED = "不是 Word 文档（.docx），或已损坏；请用 Word 或 WPS 另存为 .docx 后再试"
