"""A customer's letter form, edited in Word or WPS: every fault of its tags with the paragraph it is in, and the same
form with each tag in one piece.

Only fields and `if` are allowed in a form. What Word has cut a tag into is put together again; a line break, a tab or a
picture inside a tag, or one that goes on in the next paragraph, is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring
from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from states.documents.letterfields import FIELDS
from states.documents.partscan import PartScan
from states.documents.wordfile import DAMAGED, W
from states.documents.zipping import BROKEN, fixed
from states.errors import Fault, Faulty

MOST_BYTES, MOST_INFLATED, MOST_PARTS, MOST_ELEMENTS = 2_000_000, 20_000_000, 300, 200_000
FILLED = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes)\.xml")
PLACES = {"document": "正文", "header": "页眉", "footer": "页脚", "footnotes": "脚注"}
# A tag ends at the next one's beginning, so that a thousand beginnings without an end are read once, not a thousand times.
TAG = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}|\{%(?:(?!\{%).)*?%\}|\{#(?:(?!\{#).)*?#\}", re.DOTALL)
HALVES = re.compile(r"\{\{|\}\}|\{%|%\}|｛|｝|\{#|#\}")
STATEMENT = re.compile(r"\{%(?P<whole>p|tr|tc|r)?[\s-]*(?P<word>\w*)(?P<rest>.*)%\}", re.DOTALL)
ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.Name, nodes.If, nodes.TemplateData, nodes.Const),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr),
)
SNIPPET = 24
BREAK = "\x0b"
ENVIRONMENT = SandboxedEnvironment()


@dataclass(frozen=True)
class Checked:
    """`content` is the form with its tags in one piece; `mended` says which were not."""

    content: bytes
    fields: frozenset[str]
    mended: tuple[Fault, ...]


def check(content: bytes, name: str) -> Checked:
    """The form, ready to be filled. Raises Faulty with all faults, each with its paragraph."""
    parts = _parts(content, name)
    reading = _Reading()
    for part, inside in parts.items():
        if FILLED.fullmatch(part):
            parts[part] = reading.take(part, inside)
    if reading.faults:
        raise Faulty(reading.faults)
    if not reading.fields:
        raise Faulty(
            [
                Fault(
                    name,
                    f"没有任何字段，每份都会一样；请至少写一个，如 {{{{ 主送 }}}}；可用的有 {'、'.join(FIELDS)}",
                )
            ]
        )
    return Checked(fixed(parts), frozenset(reading.fields), tuple(reading.mended))


def _parts(content: bytes, name: str) -> dict[str, bytes]:
    """The parts of a harmless docx."""
    if len(content) > MOST_BYTES:
        raise Faulty([Fault(name, f"超过 {MOST_BYTES // 1_000_000} MB；请压缩其中的图片")])
    try:
        with ZipFile(BytesIO(content)) as archive:
            infos = [one for one in archive.infolist() if not one.is_dir()]
            if len(infos) > MOST_PARTS or sum(one.file_size for one in infos) > MOST_INFLATED:
                raise Faulty([Fault(name, "解压后大得不正常，已拒绝读取")])
            found = {one.filename: archive.read(one) for one in infos}
    except BROKEN as error:
        raise Faulty([Fault(name, DAMAGED)]) from error
    if "word/document.xml" not in found or "[Content_Types].xml" not in found:
        raise Faulty([Fault(name, DAMAGED)])
    _harmless(found, name)
    return found


def _harmless(parts: Mapping[str, bytes], name: str) -> None:
    for part, inside in parts.items():
        lower = part.lower()
        if lower.endswith("vbaproject.bin") or "/embeddings/" in lower or "/activex/" in lower:
            raise Faulty([Fault(name, "含有宏或嵌入的对象，不能用作文书格式；请去掉后再试")])
        if lower.endswith((".xml", ".rels")):
            scan = PartScan(name, most=MOST_ELEMENTS)
            scan.feed(inside)
            scan.feed(b"")
        if lower.endswith(".rels"):
            for one in fromstring(inside):
                if one.get("TargetMode") == "External" and not one.get("Type", "").endswith("/hyperlink"):
                    raise Faulty(
                        [Fault(name, "引用了外部文件（如外部模板、链接的图片）；请改为插入到文件中")]
                    )


class _Reading:
    """Goes through the parts; keeps what is wrong and what was mended."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.mended: list[Fault] = []
        self.fields: set[str] = set()

    def take(self, part: str, content: bytes) -> bytes:
        """One part, with its tags in one piece; as it was where there is nothing to mend."""
        root = fromstring(content)
        kind = re.sub(r"\d*\.xml$", "", part.removeprefix("word/"))
        self.open: list[str] = []
        before = len(self.mended)
        for number, paragraph in enumerate(root.iter(f"{W}p"), 1):
            self._paragraph(paragraph, f"{PLACES[kind]}第{number}段")
        self.faults += [Fault(where, "“if”没有对应的“{% endif %}”") for where in self.open]
        return content if len(self.mended) == before else rewritten(content, root)

    def _paragraph(self, paragraph: Element, place: str) -> None:
        pieces = list(_pieces(paragraph))
        text = "".join(piece for _, piece in pieces)
        if not HALVES.search(text):
            return
        where = f"{place}“{_snippet(text)}”"
        for tag in TAG.finditer(text):
            self._tag(tag.group(), where)
            self._pieces(tag, pieces, where)
        for half in HALVES.findall(TAG.sub("", text)):
            self.faults.append(Fault(where, _half(half)))

    def _tag(self, tag: str, where: str) -> None:
        if BREAK in tag:
            self.faults.append(
                Fault(where, f"标签 {_shown(tag)} 中间有换行、制表符或图片，请删去后在一行内写完")
            )
        elif tag.startswith("{#"):
            self.faults.append(Fault(where, "不能用 {# #} 注释"))
        elif tag.startswith("{{"):
            self._judge(tag, f"{{{{ {_bare(tag[2:-2].removeprefix('r'))} }}}}", where)
        else:
            self._statement(tag, where)

    def _statement(self, tag: str, where: str) -> None:
        found = STATEMENT.fullmatch(tag)
        word = found["word"] if found else ""
        if found and word == "if":
            self.open.append(where)
            self._judge(tag, f"{{% if {_bare(found['rest'])} %}}{{% endif %}}", where)
        elif word in ("else", "elif", "endif"):
            if not self.open:
                self.faults.append(Fault(where, f"{_shown(tag)} 前面没有“if”"))
            elif word == "endif":
                self.open.pop()
            elif found and word == "elif":
                self._judge(tag, f"{{% if {_bare(found['rest'])} %}}{{% endif %}}", where)
        else:
            self.faults.append(
                Fault(
                    where,
                    f"不认识 {_shown(tag)}；可以用的只有 {{{{ 字段 }}}} 和 {{% if 字段 %}} … {{% endif %}}",
                )
            )

    def _judge(self, tag: str, source: str, where: str) -> None:
        """One tag by itself: can it be read, does it ask for nothing but known fields?"""
        try:
            tree = ENVIRONMENT.parse(source)
        except TemplateSyntaxError as error:
            self.faults.append(Fault(where, f"标签 {_shown(tag)} 写法不对（{error.message}）"))
            return
        if _asks_more(tree) or tag.strip("{%r }") == "":
            self.faults.append(
                Fault(where, f"标签 {_shown(tag)} 里只能写字段名；可用的有 {'、'.join(FIELDS)}")
            )
            return
        for name in sorted(meta.find_undeclared_variables(tree)):
            if name in FIELDS:
                self.fields.add(name)
            else:
                self.faults.append(Fault(where, _unknown(name)))

    def _pieces(self, tag: re.Match[str], pieces: list[tuple[Element | None, str]], where: str) -> None:
        """A tag that Word has cut into runs is put into the first of them."""
        at, hit = 0, []
        for node, piece in pieces:
            if node is not None and at < tag.end() and at + len(piece) > tag.start():
                hit.append((node, piece, at))
            at += len(piece)
        if len(hit) < 2 or BREAK in tag.group():
            return
        self.mended.append(Fault(where, f"标签 {_shown(tag.group())} 被 Word 分成了 {len(hit)} 段，已拼合"))
        first, _text, begins = hit[0]
        first.text = (first.text or "")[: tag.start() - begins] + tag.group()
        for node, piece, begins in hit[1:]:
            node.text = piece[max(0, tag.end() - begins) :]
        self._renew(pieces)

    def _renew(self, pieces: list[tuple[Element | None, str]]) -> None:
        """The pieces as they read now; the whole text is the same."""
        pieces[:] = [(node, piece if node is None else node.text or "") for node, piece in pieces]


def rewritten(content: bytes, root: Element) -> bytes:
    """The part with the texts of `root` put into its own XML: everything else stays to the letter."""
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    for old, new in zip(tree.iter(f"{W}t"), root.iter(f"{W}t"), strict=True):
        if (old.text or "") != (new.text or ""):
            old.text = new.text
            old.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    made: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made


def _pieces(paragraph: Element) -> Iterator[tuple[Element | None, str]]:
    """The text of a paragraph, piece by piece, without that of paragraphs inside it (text boxes)."""
    for child in paragraph:
        if child.tag == f"{W}p":
            continue
        if child.tag == f"{W}t":
            yield child, child.text or ""
        elif child.tag in (f"{W}tab", f"{W}br", f"{W}cr", f"{W}drawing", f"{W}pict", f"{W}fldChar"):
            yield None, BREAK
        elif child.tag not in (f"{W}pPr", f"{W}rPr", f"{W}del"):
            yield from _pieces(child)


def fields_alone(tree: nodes.Template) -> bool:
    """Whether a part asks for nothing but known fields and `if`."""
    return not _asks_more(tree) and meta.find_undeclared_variables(tree) <= set(FIELDS)


def _asks_more(tree: nodes.Node) -> bool:
    return any(not isinstance(node, ALLOWED) for node in _nodes(tree))


def _nodes(tree: nodes.Node) -> Iterator[Any]:
    yield tree
    for child in tree.iter_child_nodes():
        yield from _nodes(child)


def _bare(text: str) -> str:
    """Without blanks and dashes around it: a dash eats blanks in such forms."""
    while (shorter := text.strip().strip("-")) != text:
        text = shorter
    return text


def _half(half: str) -> str:
    if half in "｛｝":
        return "花括号是全角的（｛ ｝），请改为半角 {{ }}"
    ends = {"{{": "}}", "{%": "%}", "{#": "#}"}
    if half in ends:
        return f"“{half}”没有写完：同一段里没有对应的“{ends[half]}”"
    return f"多出一个“{half}”：前面没有对应的开头"


def _unknown(name: str) -> str:
    near = get_close_matches(name, FIELDS, 1, 0.3)
    meant = f"，是不是“{near[0]}”？" if near else "；"
    return f"没有“{name}”这个字段{meant}可用的有 {'、'.join(FIELDS)}"


def _shown(tag: str) -> str:
    return _snippet(tag)


def _snippet(text: str) -> str:
    flat = " ".join(text.replace(BREAK, " ").split())
    return flat if len(flat) <= SNIPPET else flat[: SNIPPET - 1] + "…"
