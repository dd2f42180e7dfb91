"""Word files: text with automatic numbers, tables with merged cells, and what is refused."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from states.documents import letterdocx, worddoc
from states.documents.wordnumbers import chinese
from states.drafts import find
from states.errors import Faulty

NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NUMBERING = f"""<w:numbering {NS}>
<w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="·"/></w:lvl>
</w:abstractNum>
<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>"""


def p(text: str, level: int | None = None) -> str:
    number = ""
    if level is not None:
        number = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr></w:pPr>'
    return f"<w:p>{number}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str, more: str = "") -> str:
    lines = "".join(p(line) for line in text.split("\n"))
    return f"<w:tc><w:tcPr>{more}</w:tcPr>{lines}</w:tc>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(cells)}</w:tr>"


def docx(body: str, **parts: str) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {NS}><w:body>{body}</w:body></w:document>")
        archive.writestr("word/numbering.xml", parts.get("numbering", NUMBERING))
    return buffer.getvalue()


def test_numbers_that_word_sets_by_itself_make_headings() -> None:
    body = (
        p("示例县专项整治方案")
        + p("目标", 0)
        + p("实施步骤", 0)
        + p("自查阶段（8月）。", 1)
        + p("总结阶段（9月）。", 1)
        + p("要点", 2)
        + p("要求", 0)
        + p("加强领导。", 1)
    )
    found = worddoc.read(docx(body), "方案.docx")
    assert found.paragraphs == (
        "示例县专项整治方案",
        "一、目标",
        "二、实施步骤",
        "（一）自查阶段（8月）。",
        "（二）总结阶段（9月）。",
        "要点",
        "三、要求",
        "（一）加强领导。",
    )
    assert [one.proposal.fields["window"] for one in find(found).stages] == ["8月", "9月"]


def test_merged_cells_and_repeated_headers_of_a_table_are_read() -> None:
    header = row(*(cell(name) for name in ("项目\n名称", "问题清单", "具体措施", "责任部门", "完成时限")))
    start, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = p("方案") + "<w:tbl>" + header
    body += row(
        cell("医疗服务", start), cell("1.乱收费"), cell("1.自查；\n2.退费。"), cell("财务科"), cell("8月底前")
    )
    body += row(
        cell("", on), cell("2.过度检查"), cell("处方点评"), cell("医务科\n药剂科"), cell("9月", start)
    )
    body += row(cell("行政审批"), cell("3.拖延"), cell("限时办结"), cell("审批科"), cell("", on))
    body += header
    inner = f"<w:tbl>{row(cell('公示'), cell('培训'))}</w:tbl>"
    body += row(
        cell("采购"), cell("4.不透明"), f"<w:tc>{inner}{p('')}</w:tc>", cell("药剂科"), cell("长期坚持")
    )
    body += "</w:tbl>"
    rows = [one.fields for one in find(worddoc.read(docx(body), "方案.docx")).rows]
    assert [(one["no"], one["project"], one["due"]) for one in rows] == [
        (1, "医疗服务", "8月底前"),
        (2, "医疗服务", "9月"),
        (3, "行政审批", "9月"),
        (4, "采购", "长期坚持"),
    ]
    assert rows[3]["measures"] == ["公示培训"], "a table inside a cell is its text"
    assert rows[0]["measures"] == ["1.自查；", "2.退费。"]
    assert rows[1]["departments"] == ["医务科", "药剂科"]


def test_a_wide_cell_keeps_the_columns_behind_it_in_place() -> None:
    wide = cell("合计", '<w:gridSpan w:val="2"/>')
    body = "<w:tbl>" + row(cell("a"), cell("b"), cell("c")) + row(wide, cell("3")) + "</w:tbl>"
    assert worddoc.read(docx(body), "x.docx").tables == ((("a", "b", "c"), ("合计", "", "3")),)


def test_deleted_text_is_left_out_and_inserted_text_stays() -> None:
    body = "<w:p><w:ins><w:r><w:t>8月</w:t></w:r></w:ins><w:del><w:r><w:delText>9月</w:delText></w:r></w:del></w:p>"
    assert worddoc.read(docx(body), "x.docx").paragraphs == ("8月",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0 old", "旧版 Word"),
        (b"PK\x03\x04 broken", "已损坏"),
        (b"plain", "已损坏"),
        (docx(p("x"), numbering="<w:numbering"), "不正常"),
        (docx('<!DOCTYPE x [<!ENTITY a "b">]>'), "不正常"),
        (docx(p("x"), numbering=f'<!DOCTYPE x [<!ENTITY a "b">]><w:n {NS}>&a;</w:n>'), "DTD"),
    ],
)
def test_what_is_no_word_file_is_refused_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(Faulty) as refused:
        worddoc.read(content, "方案.docx")
    assert says in str(refused.value)
    assert len(refused.value.faults) == 1


def test_a_part_that_swells_is_not_inflated_to_the_end() -> None:
    with pytest.raises(Faulty, match="大得不正常"):
        worddoc.read(docx(p("　" * (worddoc.MOST_BYTES // 3 + 10))), "方案.docx")


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五"), (100, "100")]
)
def test_chinese_numerals(number: int, words: str) -> None:
    assert chinese(number) == words


def test_what_was_moved_away_or_said_again_for_old_programs_is_read_once_and_a_row_may_begin_further_in() -> (
    None
):
    moved = "<w:moveFrom><w:r><w:t>移走的</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>移来的</w:t></w:r></w:moveTo>"
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    one, two = (f"<mc:{name}><w:r><w:t>框</w:t></w:r></mc:{name}>" for name in ("Choice", "Fallback"))
    away = '<w:trPr><w:gridBefore w:val="1"/></w:trPr>'
    body = f"<w:p>{moved}</w:p><w:p {space}><mc:AlternateContent>{one}{two}</mc:AlternateContent></w:p>"
    body += f"<w:tbl>{row(cell('甲'), cell('乙'))}{row(away, cell('丙'))}</w:tbl>"
    found = worddoc.read(docx(body), "方案.docx")
    assert found.paragraphs == ("移来的", "框")
    assert found.tables == ((("甲", "乙"), ("", "丙")),)


def test_what_is_nested_without_end_is_refused() -> None:
    deep = "<w:sdt><w:sdtContent>" * 3_000 + p("方案") + "</w:sdtContent></w:sdt>" * 3_000
    with pytest.raises(Faulty, match="大得不正常"):
        worddoc.read(docx(deep), "方案.docx")


def test_paragraphs_and_tables_are_told_in_their_own_order() -> None:
    blocks = worddoc.in_order(letterdocx.default("督办单", "blue"), "x.docx")
    told = [one if isinstance(one, str) else one[0] for one in blocks]
    assert told[:4] == ["蓝色督办", "{{ 发文单位 }}", "{{ 文书 }}", "{{ 文号 }}"]
    place = told.index(("被督办单位", "{{ 主送 }}"))
    assert told.index("{{ 日期 }}") > place > 3
