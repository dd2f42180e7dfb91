"""Paragraphs -> sentences that know their place: 三、实施步骤 （二）整治阶段.

Headings are numbered 一、 （一） 1. （1）; a scan or the web may have lost the brackets (一动员部署阶段) or the line
break before them, so they are also found after the end of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HAN = "一二三四五六七八九十"
_FIRST = rf"[{_HAN}]{{1,3}}、"
_SECOND = rf"[（(][{_HAN}\-—]{{1,3}}[）)]"
_BARE = rf"(?P<bare>[{_HAN}]{{1,2}})(?=[\u4e00-\u9fff])(?![是要方把个次些体级切般名律票批支旦线定种类人年月季周日天岗站键家件案])"
_STAGE = rf"第[{_HAN}\d]{{1,2}}(?:阶段|步)"
_THIRD = r"\d{1,2}\s?(?:[、．]|[.。](?!\d))"
_FOURTH = r"[（(]\d{1,2}[）)]"
_LEVELS = (_FIRST, _SECOND, _STAGE, _THIRD, _FOURTH)
_MARK = re.compile(rf"\s*(?:{'|'.join(f'({level})' for level in _LEVELS)})\s*")
_LINE_MARK = re.compile(rf"\s*{_BARE}")
_END = re.compile(r"(?<![：:；;、。（(]\d)(?<!^\d)(?<=[。！？])(?![”’）)])")
_KNOWN = (
    "工作措施和实施步骤|方法步骤|实施步骤|工作步骤|时间安排|时间步骤|实施时间|整治时间|工作安排|工作目标|工作范围|"
    "实施范围|工作任务|目标任务|重点任务|指导思想|总体目标|总体要求|整治内容|整治重点|工作重点|工作要求|具体要求|"
    "组织领导|保障措施|工作措施|主要任务|主要内容"
)
_TITLE = re.compile(r"[^。：:，,；;（(_\d]+")
_KNOWN_TITLE = re.compile(rf"(?:{_KNOWN})(?:[及和与、][\u4e00-\u9fff]{{2,8}})?")
_INLINE = re.compile(
    rf"(?:(?<=[。；;！？：:])|(?<=方案)|(?<=办法))(?=\s*{_FIRST})|(?<=[。；;：:])(?=\s*(?:{_SECOND}|{_STAGE}|{_THIRD}))"
)
_AFTER_KNOWN = re.compile(rf"((?:^|[。；;]|方案|办法)\s*{_FIRST}(?:{_KNOWN}))(?={_SECOND})")
LONGEST_TITLE = 30
SHOWN = 12


@dataclass(frozen=True)
class Heading:
    """A numbered heading: its level from 0, its number as printed, its title, what follows on its line."""

    level: int
    mark: str
    title: str

    def __str__(self) -> str:
        return f"{self.mark}{self.title}"


@dataclass(frozen=True)
class Sentence:
    """One sentence as it is written (with the number before it when it begins a heading), and where it stands."""

    text: str
    path: tuple[Heading, ...]
    line: int
    opens: bool = False

    @property
    def place(self) -> str:
        return " ".join(str(one) for one in self.path) or "开头"

    @property
    def body(self) -> str:
        """The text without the number of its heading."""
        found = _MARK.match(self.text) if self.opens else None
        if found:
            return self.text[found.end() :]
        return self.text.strip().removeprefix(self.path[-1].mark) if self.opens else self.text


def sentences(paragraphs: tuple[str, ...]) -> tuple[Sentence, ...]:
    """Every sentence of the paragraphs, in order."""
    return tuple(_Reading().read(paragraphs))


class _Reading:
    """The headings above what is being read."""

    def __init__(self) -> None:
        self.path: tuple[Heading, ...] = ()
        self.bare = 0

    def read(self, paragraphs: tuple[str, ...]) -> Iterator[Sentence]:
        for number, paragraph in enumerate(paragraphs):
            marked = _AFTER_KNOWN.sub(r"\1\n", _INLINE.sub("\n", paragraph))
            for place, piece in enumerate(marked.split("\n")):
                opens = self._enter(piece, at_line_start=place == 0)
                for index, text in enumerate(_split(piece)):
                    yield Sentence(text, self.path, number, opens and index == 0)

    def _enter(self, piece: str, *, at_line_start: bool) -> bool:
        found = _MARK.match(piece)
        if found:
            level = next(index for index, group in enumerate(found.groups()) if group)
            self._push(Heading(level, found[0].strip(), _title(piece[found.end() :])))
            return True
        bare = _LINE_MARK.match(piece) if at_line_start else None
        if bare and self._follows(bare["bare"]):
            self._push(Heading(1, bare["bare"], _title(piece[bare.end() :])))
            return True
        return False

    def _follows(self, mark: str) -> bool:
        """A numeral without any sign is a heading only where it is the next one under a heading of the first level."""
        number = _number(mark)
        if not any(one.level == 0 for one in self.path) or number not in (1, self.bare + 1):
            return False
        self.bare = number
        return True

    def _push(self, heading: Heading) -> None:
        self.path = (*(one for one in self.path if one.level < heading.level), heading)
        if heading.level == 0:
            self.bare = 0


def _number(mark: str) -> int:
    if mark.startswith("十"):
        return 10 + (_HAN.index(mark[1]) + 1 if len(mark) > 1 else 0)
    return _HAN.index(mark[0]) + 1


def _title(rest: str) -> str:
    found = _KNOWN_TITLE.match(rest.strip()) or _TITLE.match(rest.strip())
    title = found[0].strip() if found else ""
    return title if len(title) <= LONGEST_TITLE else title[:SHOWN]


def _split(piece: str) -> list[str]:
    return [one for part in _END.split(piece) if (one := part.strip())]
