"""The few files that pages are drawn with: our own, the handbook's pictures, htmx from its wheel. Named with a mark of their content and kept."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from fastapi import Response

from api.pages import manual
from states.errors import NotFound

KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}
HTMX = "htmx.js"
HTMX_FILE = ("django_htmx", "static", "django_htmx", "htmx-2.min.js")  # nothing of it but the file is used
KEPT = "public, max-age=31536000, immutable"


def static_file(name: str) -> Response:
    """One of our few files; raises NotFound."""
    content = _content(name)
    return Response(content, media_type=KINDS[name.rpartition(".")[2]], headers={"Cache-Control": KEPT})


@cache
def address(name: str) -> str:
    """With a mark of the content, so that a browser keeps it until it changes."""
    return f"/static/{name}?v={hashlib.sha256(_content(name)).hexdigest()[:12]}"


def _content(name: str) -> bytes:
    if name not in _names():
        raise NotFound(f"没有文件 {name}")
    return _read(name)


@cache
def _names() -> frozenset[str]:
    """Looked up in a list, so that no name reaches the file system."""
    folder = resources.files("api.pages") / "static"
    ours = {one.name for one in folder.iterdir() if one.name.rpartition(".")[2] in KINDS}
    return frozenset(ours | {HTMX} | set(manual.pictures()))


@cache
def _read(name: str) -> bytes:
    if name == HTMX:
        package, *path = HTMX_FILE
        return resources.files(package).joinpath(*path).read_bytes()
    if name in manual.pictures():
        return manual.pictures()[name].read_bytes()
    return (resources.files("api.pages") / "static" / name).read_bytes()
