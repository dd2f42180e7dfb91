"""Forms of letters: every fault with its paragraph, tags that Word has cut are mended, nothing but fields and `if`."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from states.documents import lettercheck, letterdocx, letterfields, letterpaper, worddoc
from states.documents.zipping import fixed, parts_of
from states.errors import Faulty
from states.records import letter_forms

DAY = datetime(2026, 3, 19, 14, 0)  # noqa: DTZ001 (local, as a docx has it)
NAMES = (*letterfields.WORDINGS, "挂牌督办单", "某种别的函")


def form(*paragraphs: str, part: str = "word/document.xml", **more: bytes) -> bytes:
    """A form of these paragraphs; `¦` begins a new run, `⏎` is a line break."""
    body = "".join(f"<w:p>{runs(one)}</w:p>" for one in paragraphs)
    parts = parts_of(letterdocx.default("通报"))
    root = "w:document" if part.endswith("document.xml") else "w:hdr"
    inner = f"<w:body>{body}</w:body>" if root == "w:document" else body
    parts[part] = f'<{root} xmlns:w="{letterdocx.W}">{inner}</{root}>'.encode()
    return fixed({**parts, **more})


def runs(text: str) -> str:
    return "".join(
        "<w:r>" + "<w:br/>".join(f"<w:t>{piece}</w:t>" for piece in run.split("⏎")) + "</w:r>"
        for run in text.split("¦")
    )


def faults(*paragraphs: str) -> list[str]:
    with pytest.raises(Faulty) as caught:
        lettercheck.check(form(*paragraphs), "x.docx")
    return [str(one) for one in caught.value.faults]


def said(content: bytes, **facts: str) -> str:
    made = letterpaper.made(content, letterfields.example() | facts, DAY)
    return worddoc.read(made, "x.docx").text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("colour", [None, "yellow"])
def test_a_form_of_our_own_is_sound_and_leaves_no_tag_unfilled(name, colour) -> None:
    checked = lettercheck.check(letterdocx.default(name, colour), "x.docx")
    assert checked.mended == ()
    for facts in ({}, {"回复": "", "抄送": ""}):
        text = said(checked.content, 文书=name, **facts)
        assert not re.search(r"[{}%]", text)
        assert ("书面" in text, "抄送：" in text) == (not facts, not facts)
        assert text.count("示例甲县人民医院") >= 1
        assert "〔2026〕1号" in text


def test_all_faults_are_told_at_once_each_with_its_paragraph() -> None:
    known = "可用的有 " + "、".join(letterfields.FIELDS)
    assert faults(
        "{{ 主送 }}：",
        "{{ 单位名 }}",
        "在 {{ 专项行动 中",
        "第 }} 段",
        "{% for 事项 in 期限 %}",
        "{{ 主送.__class__ }} {{ 主送|upper }} {{ 2 ** 9 }} {{ 主送() }}",
        "{{ 主送 主送 }}",
        "{% if 回复 %}请回复",
        "｛｛ 主送 ｝｝",
        "{{ 主¦送⏎ }}",
        "{{ }}",
    ) == [
        f"正文第2段“{{{{ 单位名 }}}}”：没有“单位名”这个字段，是不是“发文单位”？{known}",
        "正文第3段“在 {{ 专项行动 中”：“{{”没有写完：同一段里没有对应的“}}”",
        "正文第4段“第 }} 段”：多出一个“}}”：前面没有对应的开头",
        "正文第5段“{% for 事项 in 期限 %}”：不认识 {% for 事项 in 期限 %}；可以用的只有 {{ 字段 }} 和 {% if 字段 %} … {% endif %}",
        *(
            f"正文第6段“{{{{ 主送.__class__ }}}} {{{{ 主…”：标签 {tag} 里只能写字段名；{known}"
            for tag in ("{{ 主送.__class__ }}", "{{ 主送|upper }}", "{{ 2 ** 9 }}", "{{ 主送() }}")
        ),
        "正文第7段“{{ 主送 主送 }}”：标签 {{ 主送 主送 }} 写法不对（expected token 'end of print statement', got '主送'）",
        *["正文第9段“｛｛ 主送 ｝｝”：花括号是全角的（｛ ｝），请改为半角 {{ }}"] * 4,
        "正文第10段“{{ 主送 }}”：标签 {{ 主送 }} 中间有换行、制表符或图片，请删去后在一行内写完",
        "正文第11段“{{ }}”：标签 {{ }} 写法不对（Expected an expression, got 'end of print statement'）",
        "正文第8段“{% if 回复 %}请回复”：“if”没有对应的“{% endif %}”",
    ]


def test_a_tag_that_word_has_cut_into_runs_is_put_together_and_told() -> None:
    checked = lettercheck.check(
        form("致¦{¦{ 主¦送 }¦}：¦{{ 文号 }}", "{%¦p if 回复 %}", "请回复", "{%p end¦if %}"), "x.docx"
    )
    assert [str(one) for one in checked.mended] == [
        "正文第1段“致{{ 主送 }}：{{ 文号 }}”：标签 {{ 主送 }} 被 Word 分成了 4 段，已拼合",
        "正文第2段“{%p if 回复 %}”：标签 {%p if 回复 %} 被 Word 分成了 2 段，已拼合",
        "正文第4段“{%p endif %}”：标签 {%p endif %} 被 Word 分成了 2 段，已拼合",
    ]
    assert said(checked.content) == "致示例甲县人民医院：〔2026〕1号\n请回复"
    assert said(checked.content, 回复="") == "致示例甲县人民医院：〔2026〕1号"
    assert lettercheck.check(checked.content, "x.docx").mended == ()


def test_faults_in_a_header_are_told_as_such() -> None:
    with pytest.raises(Faulty) as caught:
        lettercheck.check(form("{{ 文好 }}", part="word/header1.xml"), "x.docx")
    assert str(caught.value.faults[0]).startswith("页眉第1段“{{ 文好 }}”：没有“文好”这个字段，是不是“文号”？")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not a zip", "不是 Word 文档"),
        (fixed({"a.txt": b""}), "不是 Word 文档"),
        (form("{{ 主送 }}", **{"word/vbaProject.bin": b"x"}), "含有宏"),
        (form("{{ 主送 }}", **{"word/embeddings/a.bin": b"x"}), "嵌入的对象"),
        (
            form(
                "{{ 主送 }}",
                **{
                    "word/_rels/settings.xml.rels": b'<R><r Type="x/attachedTemplate" Target="//h/t" TargetMode="External"/></R>'
                },
            ),
            "引用了外部文件",
        ),
        (form("{{ 主送 }}", **{"word/header1.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"}), "DTD"),
        (form("没有字段"), "没有任何字段"),
        (b"x" * 2_000_001, "超过 2 MB"),
        (form("{{ 主送 }}", **{"word/media/a.bmp": b"0" * 20_000_001}), "解压后大得不正常"),
    ],
)
def test_what_is_no_harmless_form_is_refused(content, says) -> None:
    with pytest.raises(Faulty, match=says):
        lettercheck.check(content, "x.docx")


def test_what_a_unit_is_called_cannot_become_a_tag_or_markup() -> None:
    checked = lettercheck.check(form("{{ 主送 }}"), "x.docx")
    assert said(checked.content, 主送="甲 & 乙 <b>{{ 理由 }}</b>") == "甲 & 乙 <b>{{ 理由 }}</b>"


HIDDEN = (
    "{{ 主送.upper() }}",
    "{% for a in 主送 %}{% endfor %}",
    "{{ 单位名 }}",
    "{% if 回复 %}{% else %}{{ x.y }}{% endif %}",
)


@pytest.mark.parametrize("tag", HIDDEN)
@pytest.mark.parametrize(
    "place",
    [
        '<w:p><w:r><w:drawing><w:x descr="¦"/></w:drawing></w:r></w:p>',
        "<w:p><w:r><w:instrText>¦</w:instrText></w:r></w:p>",
        "<w:p><w:del><w:r><w:delText>¦</w:delText></w:r></w:del></w:p>",
        "<!-- ¦ -->",
        "title",
    ],
)
def test_a_tag_where_nobody_reads_is_judged_like_any_other_before_it_runs(place: str, tag: str) -> None:
    parts = parts_of(form("{{ 主送 }}", "¦"))
    if place == "title":
        kinds = 'xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:d="http://purl.org/dc/elements/1.1/"'
        parts["docProps/core.xml"] = (
            f"<c:coreProperties {kinds}><d:title>{tag}</d:title></c:coreProperties>".encode()
        )
    else:
        written = (
            parts["word/document.xml"].decode().replace("</w:body>", place.replace("¦", tag) + "</w:body>")
        )
        parts["word/document.xml"] = written.encode()
    with pytest.raises(Faulty, match="不能用的标签"):
        letter_forms.try_out(fixed(parts), "x.docx", "通报")


def test_a_form_that_is_whole_with_one_set_of_facts_and_torn_with_another_is_refused() -> None:
    row = "<w:tbl><w:tblGrid/><w:tr><w:tc><w:p><w:r><w:t>{% endif %}</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    parts = parts_of(form("{% if 回复 %}请回复", "¦"))
    written = parts["word/document.xml"].decode().replace("</w:body>", row + "</w:body>")
    for body in (written, written.replace("<w:tblGrid/>", "")):
        torn = fixed({**parts, "word/document.xml": body.encode()})
        with pytest.raises(Faulty, match="不是完整的 Word 文档"):
            letter_forms.try_out(torn, "x.docx", "通报")


def test_the_same_facts_make_the_same_bytes_whatever_the_time(monkeypatch) -> None:
    content = lettercheck.check(letterdocx.default("督办单", "red"), "x.docx").content
    first = letterpaper.made(content, letterfields.example("督办单"), DAY)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert letterpaper.made(content, letterfields.example("督办单"), DAY) == first
    assert letterpaper.made(content, letterfields.example("督办单") | {"文号": "〔2026〕2号"}, DAY) != first
    with ZipFile(BytesIO(first)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.skipif(
    shutil.which("soffice") is None or shutil.which("pdftotext") is None, reason="no LibreOffice here"
)
def test_libreoffice_shows_a_letter_on_one_page_with_all_its_words(tmp_path: Path) -> None:
    about = "“进展周报（2026年第36周）”应于2026年9月4日18:00前办结，截至2026年10月26日已逾期32个工作日"
    facts = letterfields.example("督办单") | {
        "颜色": "黄",
        "专项行动": "示例县医疗卫生领域群众身边不正之风和腐败问题集中整治",
        "依据": "《示例县医疗卫生领域集中整治工作方案》（示卫发〔2026〕2号）",
        "情况": about,
    }
    file = tmp_path / "letter.docx"
    file.write_bytes(letterpaper.made(letterdocx.default("督办单", "yellow"), facts, DAY))
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "letter.pdf"), "-"], check=True, capture_output=True
    ).stdout.decode()
    assert text.count("\f") == 1, "one page"
    flat = re.sub(r"\s+", "", text)
    for said in (
        "黄色督办",
        "〔2026〕1号",
        "被督办单位示例甲县人民医院",
        "抄送：示例甲县卫生健康局",
        "请立即办理。请于收到之日起",
    ):
        assert said in flat
