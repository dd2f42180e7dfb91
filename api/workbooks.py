"""Workbooks over HTTP: one comes as the body of a request, or goes as an answer that is saved."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
SENT = {"requestBody": {"required": True, "description": "文件内容（xlsx、csv 或 docx）", "content": BYTES}}


async def _body(request: Request) -> bytes:
    """The body as it comes."""
    return await request.body()


Content = Annotated[bytes, Depends(_body)]
