"""The handbook: Markdown files of the product as pages. What a file may hold is what is enabled here; all else stays text.

The files lie in `docs/manual` of a checkout, and beside this package when duban is installed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from states.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FRONT = "README"
DAYS = ("liaison", "coordinator", "leader", "administrator")  # in this order
BLOCKS = ("heading", "list", "table", "fence")  # a paragraph needs no permission
SPANS = ("backticks", "emphasis", "link", "image", "newline")
PICTURES = "pictures"
PNG_SIZE = struct.Struct(">8x8xII")


@dataclass(frozen=True)
class Chapter:
    """A page: its title, its parts as (anchor, name), itself as HTML."""

    title: str
    parts: tuple[tuple[str, str], ...]
    html: str


def folder() -> Path:
    """Where the handbook lies: in the package when installed, in `docs` of a checkout."""
    beside = Path(str(resources.files("api"))) / "manual"
    return beside if beside.is_dir() else Path(__file__).parents[2] / "docs" / "manual"


@cache
def pictures() -> Mapping[str, Path]:
    """By the name under which each is served."""
    return {f"manual-{one.name}": one for one in sorted((folder() / PICTURES).glob("*.png"))}


@cache
def chapter(name: str) -> Chapter:
    """Raises NotFound."""
    if name not in (FRONT, *DAYS):
        raise NotFound("手册没有这一页")
    return written((folder() / f"{name}.md").read_text(encoding="utf-8"))


def written(text: str) -> Chapter:
    """Markdown as a chapter: its first heading is the title, those of the second level are its parts."""
    made = _reader()
    tokens = made.parse(text)
    heads = [(head, body.content) for head, body in pairwise(tokens) if head.nesting == 1]
    for head, words in heads:
        if head.type == "heading_open":
            head.attrSet("id", anchor(words))
    title = next(words for head, words in heads if head.tag == "h1")
    parts = tuple((anchor(words), words) for head, words in heads if head.tag == "h2")
    return Chapter(title, parts, str(made.renderer.render(_without_title(tokens), made.options, {})))


def anchor(words: str) -> str:
    """The name of a heading within its page, as forges of code make it."""
    return re.sub(r"[^\w -]", "", words).strip().lower().replace(" ", "-")


def address(target: str) -> str | None:
    """Where a link of a file leads among the pages; None: to a file that is no page."""
    file, mark, part = target.partition("#")
    if not file:
        return target
    name = file.removesuffix(".md")
    if file == name or name not in (FRONT, *DAYS):
        return None
    return ("/help" if name == FRONT else f"/help/{name}") + mark + part


def _without_title(tokens: Sequence[Token]) -> list[Token]:
    first = next(place for place, one in enumerate(tokens) if one.tag == "h1")
    return [*tokens[:first], *tokens[first + 3 :]]


@cache
def _reader() -> MarkdownIt:
    """Reads nothing but what is enabled: `html` is off, and so are the rules that know of it."""
    from markdown_it import MarkdownIt  # late: most processes never show a page of the handbook

    made = MarkdownIt("zero", {"html": False}).enable([*BLOCKS, *SPANS])
    for kind, drawn in (("link_open", _opened), ("link_close", _closed), ("image", _picture)):
        made.add_render_rule(kind, drawn)
    made.add_render_rule(
        "table_open", lambda *_: '<div class="wide" tabindex="0" role="region" aria-label="表"><table>\n'
    )
    made.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return made


def _opened(_self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    found = address(str(tokens[place].attrGet("href")))
    return f'<a href="{escape(found)}">' if found else "<code>"


def _closed(_self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    opened = next(one for one in reversed(tokens[:place]) if one.type == "link_open")
    return "</a>" if address(str(opened.attrGet("href"))) else "</code>"


def _picture(_self: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """With its size, so that nothing moves when it has come; all at once, so that none is missing in print; a click shows it whole."""
    from api.pages import assets  # which asks for the pictures here

    name = "manual-" + Path(str(tokens[place].attrGet("src"))).name
    if name not in pictures():
        return ""
    width, height = PNG_SIZE.unpack(pictures()[name].read_bytes()[: PNG_SIZE.size])
    at, says = assets.address(name), escape(tokens[place].content)
    return f'<a class="shot" href="{at}"><img src="{at}" alt="{says}" width="{width}" height="{height}"></a>'
