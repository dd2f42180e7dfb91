"""What must be handed in for a requirement to count as handed in: so many photos, files, only of some kinds.

Written in the template; judged when something is handed in, before it is kept. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from states.frozen import Frozen


class Family(StrEnum):
    """Kinds of files as a plan tells them apart."""

    word = "word"
    excel = "excel"
    slides = "slides"
    pdf = "pdf"
    ofd = "ofd"
    image = "image"
    video = "video"
    audio = "audio"
    text = "text"
    archive = "archive"


FAMILY_NAMES = {
    Family.word: "Word（WPS）文档",
    Family.excel: "表格",
    Family.slides: "演示文稿",
    Family.pdf: "PDF",
    Family.ofd: "OFD",
    Family.image: "图片",
    Family.video: "视频",
    Family.audio: "录音",
    Family.text: "文本",
    Family.archive: "压缩包",
}
Least = Annotated[int, Field(ge=1, le=20)]
ONLY_CONFIRMED = "“{name}”留在单位备查，不必上传，只须确认"
NOT_KEPT = "“{name}”须报送，不能只作确认"


class Evidence(Frozen):
    """What must come with a requirement when it is handed in; nothing where nothing is written."""

    files: Least | None = Field(default=None, description="至少几个文件")
    photos: Least | None = Field(default=None, description="至少几张照片（内容不同的图片）")
    kinds: tuple[Family, ...] = Field(
        default=(),
        description="只收哪几类文件：word、excel、slides、pdf、ofd、image、video、audio、text、archive",
    )
    text: bool = Field(default=False, description="须写文字说明")
    signer: bool = Field(default=False, description="须写明签发人")
    seal: bool = Field(default=False, description="须写明盖章情况")

    @property
    def asks(self) -> bool:
        """Whether nothing but the word that it is done would not do."""
        return bool(self.files or self.photos or self.text or self.signer or self.seal)


NOTHING_ASKED = Evidence()


@dataclass(frozen=True)
class Shown:
    """What is being handed in, as far as evidence goes. `files`: name and family of each different content."""

    files: Sequence[tuple[str, Family]] = ()
    text: bool = False
    signer: bool = False
    seal: bool = False


NOTHING_SHOWN = Shown()


def shortfalls(name: str, asked: Evidence, shown: Shown) -> list[str]:
    """Why what is shown does not do for the requirement called `name`; a sentence for each."""
    said = []
    photos = sum(family is Family.image for _, family in shown.files)
    if asked.photos and photos < asked.photos:
        said.append(f"“{name}”至少要附 {asked.photos} 张照片（内容不同），现有 {photos} 张")
    if asked.files and len(shown.files) < asked.files:
        said.append(f"“{name}”至少要附 {asked.files} 个文件（内容不同），现有 {len(shown.files)} 个")
    if asked.kinds:
        taken = "、".join(FAMILY_NAMES[one] for one in asked.kinds)
        said += [
            f"“{name}”只收{taken}；“{file}”是{FAMILY_NAMES[family]}"
            for file, family in shown.files
            if family not in asked.kinds
        ]
    for wanted, given, what in (
        (asked.text, shown.text, "写文字说明"),
        (asked.signer, shown.signer, "写明签发人"),
        (asked.seal, shown.seal, "写明盖章情况"),
    ):
        if wanted and not given:
            said.append(f"“{name}”须{what}")
    return said
