"""A file as an answer: always to be saved, never shown; whole or a range of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import answers, problems
from states.records.submissions import Fetched
from states.records.vault import Lost, Vault

AT_ONCE = 256 << 10
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
LOST = "登记过的文件 {}… 与登记的大小不符；请管理员运行 duban files check"
GUARDED = {
    "Accept-Ranges": "bytes",
    "Cache-Control": answers.FRESH,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class OutOfRange(Exception):
    """No byte of the file lies in the range."""


def download(request: Request, vault: Vault, found: Fetched) -> Response:
    """200, 206, 304 or 416. Raises Lost."""
    tag = f'"{found.sha256}"'
    headers = {**GUARDED, "ETag": tag, "Content-Disposition": disposition(found.name)}
    if answers.known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    try:
        span = _span(request, tag, found.size)
    except OutOfRange:
        says = f"这个文件只有 {found.size} 字节，没有所要的这一段"
        headers = {"Content-Range": f"bytes */{found.size}"}
        return problems.problem(416, "range-not-satisfiable", "没有这一段", says, headers)
    first, last = span or (0, found.size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if span is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    content = _pieces(_opened(vault, found), first, last - first + 1)
    return StreamingResponse(content, 206 if span else 200, headers, found.media)


def saved(content: bytes, name: str, media: str, plain: str) -> Response:
    """What was made for this answer, to be saved under `name`; `plain`: see `disposition`."""
    return Response(content, headers={"Content-Disposition": disposition(name, plain)}, media_type=media)


def disposition(name: str, plain: str = "file") -> str:
    """To be saved under `name` (RFC 6266, 5987); old programs get a `plain` one with the same ending."""
    ending = name.rsplit(".", 1)[-1] if "." in name else ""
    old = f"{plain}.{ending}" if ending.isascii() and ending.isalnum() else plain
    return f"attachment; filename=\"{old}\"; filename*=UTF-8''{quote(name, safe='')}"


def _span(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """First and last byte that are asked for; None for the whole file. Raises OutOfRange.

    What is not one plain range is answered with the whole, as RFC 9110 allows.
    """
    header = request.headers.get("range")
    if header is None or request.headers.get("if-range", tag) != tag:
        return None
    return span_of(header, size)


def span_of(header: str, size: int) -> tuple[int, int] | None:
    """The same of the header alone."""
    match = RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]) or len(header) > 60:
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        if length == 0:
            raise OutOfRange
        return size - length, size - 1
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    if first >= size:
        raise OutOfRange
    return first, last


def _opened(vault: Vault, found: Fetched) -> BinaryIO:
    """The content; a length that is not the recorded one is never sent as the file. Raises Lost."""
    file = vault.open(found.sha256)
    if os.fstat(file.fileno()).st_size != found.size:
        file.close()
        raise Lost(LOST.format(found.sha256[:12]))
    return file


def _pieces(file: BinaryIO, first: int, left: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while left > 0 and (piece := file.read(min(left, AT_ONCE))):
            left -= len(piece)
            yield piece
