"""What must come with a requirement, and what a template must not ask."""

from __future__ import annotations

import pytest

from states.errors import Faulty
from states.evidence import Evidence, Family, Shown, shortfalls
from states.reading import load

PLAN = """key: x
version: 1
title: 示例
requirements:
  - {{key: photos, name: 现场照片, due: 启动后5日内, {more}}}
"""


def test_every_shortfall_is_said_at_once() -> None:
    asked = Evidence(files=3, photos=2, kinds=(Family.image, Family.pdf), text=True, signer=True, seal=True)
    shown = Shown([("一.png", Family.image), ("表.xlsx", Family.excel)])
    assert shortfalls("现场照片", asked, shown) == [
        "“现场照片”至少要附 2 张照片（内容不同），现有 1 张",
        "“现场照片”至少要附 3 个文件（内容不同），现有 2 个",
        "“现场照片”只收图片、PDF；“表.xlsx”是表格",
        "“现场照片”须写文字说明",
        "“现场照片”须写明签发人",
        "“现场照片”须写明盖章情况",
    ]
    full = Shown([(f"{n}.png", Family.image) for n in range(3)], text=True, signer=True, seal=True)
    assert shortfalls("现场照片", asked, full) == []
    assert shortfalls("现场照片", Evidence(), Shown()) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("evidence: {photos: 2, kinds: [pdf]}", "requirements[0].evidence.kinds：要照片（photos）就要收图片"),
        ("keep_at_unit: true, evidence: {files: 1}", "requirements[0].evidence：留在单位备查的"),
        ("evidence: {photos: 0}", "不能小于 1"),
        ("evidence: {kinds: [jpg]}", "只能是 word、excel"),
        ("evidence: {photo: 1}", "没有“photo”这个字段"),
    ],
)
def test_evidence_that_nobody_could_show_does_not_load(more: str, says: str) -> None:
    with pytest.raises(Faulty) as caught:
        load(PLAN.format(more=more))
    assert says in str(caught.value)
