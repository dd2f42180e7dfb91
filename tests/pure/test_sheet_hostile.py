"""Files built to harm: each is refused in one sentence, at a bounded cost."""

from __future__ import annotations

import random
import tracemalloc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from states.documents.sheet import Limits, Row, Sheet, read, write
from states.documents.workbook import read_workbook
from states.errors import Faulty

MEGABYTE = 1024 * 1024
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MANIFEST = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/>'
    "</Types>"
)
SMALL_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>一</t></is></c></row>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


def sheet_xml(rows: str, dimension: str = "A1", tail: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData>{tail}</worksheet>"
    )


def xlsx(sheet: str | bytes = sheet_xml(SMALL_ROW), **changed: str | bytes | None) -> bytes:
    """A workbook by hand; `changed` replaces or adds parts by short name, None leaves one out."""
    parts: dict[str, str | bytes | None] = {
        "[Content_Types].xml": MANIFEST,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
        '<sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>',
        "xl/worksheets/sheet1.xml": sheet,
        **changed,
    }
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            if part is not None:
                archive.writestr(name, part)
    return buffer.getvalue()


def refusal(content: bytes, filename: str = "单位名单.xlsx", limits: Limits = Limits()) -> str:  # noqa: B008
    with pytest.raises(Faulty) as caught:
        read(content, filename, limits)
    said = str(caught.value)
    assert said.startswith(filename)
    assert "\n" not in said
    return said


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE, f"{peak / MEGABYTE:.0f} MB"


def test_the_workbook_made_by_hand_is_a_good_one() -> None:
    assert read(xlsx(), "表.xlsx") == [Row(1, ("一",))]


# --- size ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "head"),
    [
        ("xl/media/image1.png", b""),
        ("xl/media/image1.png", b"<x>"),
        ("xl/theme/theme1.xml", b"<x>" + b"<y/>" * 1_000 + b"<!--"),
        ("xl/worksheets/sheet1.xml", sheet_xml(SMALL_ROW).encode()),
    ],
)
def test_a_zip_bomb_is_refused_while_it_inflates(part: str, head: bytes) -> None:
    filling = b" " if part.endswith("xml") else b"\0"
    content = xlsx(**{part: head + filling * (100 * MEGABYTE)})
    assert len(content) < MEGABYTE
    with at_most(20):
        said = refusal(content)
    assert "解压后大得不正常" in said or "无法安全读取" in said


def test_many_parts_together_may_not_pass_the_cap_either() -> None:
    noise = random.Random(1).randbytes(600_000)
    content = xlsx(**{f"xl/media/{number}.bin": noise for number in range(5)})
    assert "解压后大得不正常" in refusal(content, limits=Limits(inflated_bytes=2 * MEGABYTE))
    assert read(content, "表.xlsx") == [Row(1, ("一",))]


def test_a_declared_range_of_the_whole_sheet_costs_nothing() -> None:
    rows = SMALL_ROW + '<row r="1048576" s="1"><c r="XFD1048576" s="0"/></row>'
    content = xlsx(sheet_xml(rows, dimension="A1:XFD1048576"))
    with at_most(10):
        assert read(content, "表.xlsx") == [Row(1, ("一",))]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            SMALL_ROW + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
            "第1048576行有内容，超过上限200000行",
        ),
        ('<row r="2000000000"><c r="A2"><v>1</v></c></row>', "损坏"),
        ('<row r="999999999"><c><v>1</v></c></row>', "第999999999行有内容"),
        ('<row r="1"><c r="XFD1"><v>1</v></c></row>', "第16384列有内容，超过上限200列"),
        ('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>', "损坏"),
        ('<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>', "损坏"),
        ('<row r="-1"><c><v>1</v></c></row>', "损坏"),
        ('<row r="1">' + "<c/>" * 30_000 + "</row>", "过于繁杂"),
        ("<row>" * 10, "损坏"),
        ("<row><row/></row>", "损坏"),
        ('<row r="1"><c r="A1"><v>NaN</v></c></row>', "损坏"),
        ('<row r="1"><c r="A1" t="s"><v>99</v></c></row>', "损坏"),
        ('<row r="1"><c r="A1" s="99"><v>1e999</v></c></row>', "数字超过15位"),
    ],
)
def test_rows_that_lie_about_their_place_or_size_are_refused(rows: str, says: str) -> None:
    with at_most(20):
        assert says in refusal(xlsx(sheet_xml(rows)))


def test_rows_outside_the_one_table_are_refused() -> None:
    second = SMALL_ROW.replace("1", "2")
    assert "损坏" in refusal(xlsx(sheet_xml(SMALL_ROW, tail=f"<foo>{second}</foo>")))
    assert "损坏" in refusal(xlsx(sheet_xml(SMALL_ROW, tail=f"<sheetData>{second}</sheetData>")))


def test_merged_cells_are_spread_over_no_more_cells_than_a_file_may_have() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 9))
    merged = "<mergeCells>" + '<mergeCell ref="A1:A8"/>' * 3 + "</mergeCells>"
    content = xlsx(sheet_xml(rows, tail=merged))
    assert len(read_workbook(content, "表.xlsx", Limits(cells=21), spread=True)) == 8
    with pytest.raises(Faulty, match="损坏"):
        read_workbook(content, "表.xlsx", Limits(cells=20), spread=True)


def test_a_million_elements_in_a_style_sheet_are_refused_before_anything_is_built() -> None:
    content = xlsx(
        **{"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">' + "<xf/>" * 1_000_000 + "</styleSheet>"}
    )
    with at_most(20):
        assert "过于繁杂" in refusal(content)


def test_one_long_text_used_thousands_of_times_is_refused() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"_x000D_" + "长" * 30_000}</t></si></sst>'
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 4_000))
    content = xlsx(sheet_xml(rows), **{"xl/sharedStrings.xml": strings})
    with at_most(200):
        assert "内容过多" in refusal(content)


def test_an_endless_text_is_refused() -> None:
    noise = random.Random(1).randbytes(4 * MEGABYTE).hex()
    content = xlsx(sheet_xml(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{noise}</t></is></c></row>'))
    with at_most(40):
        assert "过于繁杂" in refusal(content)


def test_too_many_parts_are_refused() -> None:
    assert "部件过多" in refusal(xlsx(**{f"x/{n}": "" for n in range(1_001)}))
    with at_most(20):
        assert "部件过多，" in refusal(xlsx(**{f"x/{n}": "" for n in range(30_000)}))


def test_a_directory_of_the_large_kind_is_refused_unread() -> None:
    content = xlsx()
    end = content.rindex(b"PK\x05\x06")
    assert "部件过多，" in refusal(content[:end] + b"PK\x06\x07" + bytes(16) + content[end:])


def test_two_parts_of_one_name_are_refused() -> None:
    buffer = BytesIO(xlsx())
    with ZipFile(buffer, "a") as archive:
        archive.writestr("XL/WORKSHEETS/sheet1.xml", sheet_xml(SMALL_ROW))
    assert "重名" in refusal(buffer.getvalue())


def test_an_unusual_compression_is_refused() -> None:
    buffer = BytesIO(xlsx())
    with ZipFile(buffer, "a", ZIP_LZMA) as archive:
        archive.writestr("xl/media/image1.png", bytes(1000))
    assert "损坏" in refusal(buffer.getvalue())


def test_a_text_longer_than_a_cell_can_be_is_refused_by_cell() -> None:
    rows = f'<row r="1"><c r="B1" t="inlineStr"><is><t>{"长" * 32_768}</t></is></c></row>'
    assert "单位名单.xlsx B1：内容超过32767字" in refusal(xlsx(sheet_xml(rows)))


def test_a_file_beyond_the_size_limit_is_refused_unread() -> None:
    assert "文件超过1 MB" in refusal(b"PK\x03\x04" + bytes(2 * MEGABYTE), limits=Limits(file_bytes=MEGABYTE))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"><f>1+1</f></c>',
        '<c r="A1"><f>1+1</f><v></v></c>',
        '<c r="A1"><f>1+1</f><v/></c>',
        '<c r="A1"><f t="shared" si="0"/></c>',
        '<c r="A1"><v>2</v><f>1+1</f></c>',
    ],
)
def test_a_formula_that_nobody_calculated_is_refused_however_it_is_stored(cell: str) -> None:
    assert "单位名单.xlsx A1：公式没有计算结果" in refusal(xlsx(sheet_xml(f'<row r="1">{cell}</row>')))


def test_an_empty_text_is_a_formula_result() -> None:
    rows = '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>1</v></c></row>'
    assert read(xlsx(sheet_xml(rows)), "表.xlsx") == [Row(1, ("", "1"))]


# --- XML -------------------------------------------------------------------------------------------------------

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
EXTERNAL = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prologue", [LAUGHS, EXTERNAL, "<!DOCTYPE x>"])
@pytest.mark.parametrize(
    "part",
    [
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/workbook.xml",
        "[Content_Types].xml",
        "docProps/core.xml",
    ],
)
def test_entities_are_refused_in_any_part(prologue: str, part: str) -> None:
    body = f'{prologue}<sst xmlns="{MAIN}"><si><t>{"" if "ENTITY" not in prologue else "&a;"}</t></si></sst>'
    with at_most(10):
        assert "DTD" in refusal(xlsx(**{part: body}))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_entities_are_found_in_a_part_that_calls_itself_a_picture(encoding: str) -> None:
    manifest = MANIFEST.replace("/xl/sharedStrings.xml", "/xl/media/image1.png")
    body = f'{LAUGHS}<sst xmlns="{MAIN}"><si><t>&j;</t></si></sst>'.replace(
        '"1.0"?', '"1.0" encoding="UTF-16"?'
    )
    if encoding != "utf-16":
        body = body.replace(' encoding="UTF-16"', "")
    with at_most(10):
        assert "DTD" in refusal(
            xlsx(**{"[Content_Types].xml": manifest, "xl/media/image1.png": body.encode(encoding)})
        )


def test_entities_are_found_in_a_workbook_part_that_calls_itself_a_picture() -> None:
    manifest = MANIFEST.replace("/xl/workbook.xml", "/xl/media/image1.png")
    content = xlsx(
        **{"[Content_Types].xml": manifest, "xl/media/image1.png": f"{LAUGHS}<workbook>&j;</workbook>"}
    )
    assert "DTD" in refusal(content)


def test_a_part_declared_twice_is_refused() -> None:
    """Else it could be held to the rules of a sheet and then be read whole as the table of texts."""
    strings = (
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.sharedStrings+xml"/><Override'
    )
    assert "损坏" in refusal(xlsx(**{"[Content_Types].xml": MANIFEST.replace("<Override", strings, 1)}))


def test_a_sheet_that_is_not_declared_as_one_is_refused() -> None:
    other = f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{REL}/worksheet" Target="x.xml"/></Relationships>'
    content = xlsx(**{"xl/_rels/workbook.xml.rels": other, "xl/x.xml": sheet_xml(SMALL_ROW)})
    assert "损坏" in refusal(content)


def test_a_sheet_elsewhere_is_not_fetched() -> None:
    away = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{REL}/worksheet" '
        'Target="http://127.0.0.1:9/sheet.xml" TargetMode="External"/></Relationships>'
    )
    assert "没有工作表" in refusal(xlsx(**{"xl/_rels/workbook.xml.rels": away}))


def test_broken_xml_is_refused() -> None:
    assert "损坏" in refusal(xlsx(sheet_xml(SMALL_ROW)[:-20]))


def test_an_untidy_comment_drawing_does_no_harm() -> None:
    assert read(xlsx(**{"xl/drawings/vmlDrawing1.vml": "<xml><br></xml>"}), "表.xlsx") == [Row(1, ("一",))]


def test_strict_open_xml_is_refused_with_advice() -> None:
    strict = sheet_xml(SMALL_ROW).replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
    assert "Strict Open XML" in refusal(xlsx(strict))


# --- kinds of files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "filename", "says"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "单位名单.xlsx", "内容是图片"),
        (b"%PDF-1.7 ...", "单位名单.csv", "内容是PDF"),
        (b"<html><table>", "单位名单.xlsx", "内容是网页"),
        (b"code,name\n", "单位名单.xlsx", "内容却不是 Excel 工作簿"),
        (b"code,name\n", "单位名单.exe", "只能导入 .xlsx 或 .csv"),
        (OLE, "单位名单.xls", "旧版 Excel"),
        (OLE, "单位名单.et", "WPS"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "单位名单.xlsx", "设有打开密码"),
        (xlsx(), "单位名单.xlsm", "宏"),
        (xlsx(**{"xl/vbaProject.bin": b"\x00"}), "单位名单.xlsx", "含有宏"),
        (
            xlsx(**{"[Content_Types].xml": MANIFEST.replace("sheet.main", "sheet.macroEnabled.main")}),
            "名单.xlsx",
            "含有宏",
        ),
        (xlsx(**{"xl/macrosheets/sheet1.xml": "<x/>"}), "单位名单.xlsx", "含有宏"),
        (xlsx(**{"xl/workbook.bin": b"\x00"}), "单位名单.xlsx", "xlsb"),
        (xlsx(**{"[Content_Types].xml": None}), "单位名单.xlsx", "不是 Excel 工作簿"),
        (xlsx(**{"xl/workbook.xml": None}), "单位名单.xlsx", "损坏"),
    ],
)
def test_another_kind_of_file_is_refused_with_advice(content: bytes, filename: str, says: str) -> None:
    assert says in refusal(content, filename)


def test_a_locked_zip_is_refused() -> None:
    content = bytearray(xlsx())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    assert "密码" in refusal(bytes(content))


def test_a_truncated_file_is_refused_wherever_it_was_cut() -> None:
    whole = xlsx()
    for end in range(4, len(whole) - 1, 97):
        assert "不完整或已损坏" in refusal(whole[:end])


def test_the_place_in_a_message_cannot_be_forged_by_the_file_name() -> None:
    with pytest.raises(Faulty) as caught:
        read(b"", "../../etc/名\r\n单\u202e.csv")
    assert caught.value.faults[0].place == "名单.csv"


def test_whatever_bytes_are_changed_the_answer_is_rows_or_a_refusal() -> None:
    dice = random.Random(20261205)
    good = write([Sheet("名单", (("甲", 10), ("乙", 10)), [["一", 1], ["二", 2]])])
    plain = BytesIO()
    with ZipFile(BytesIO(good)) as source, ZipFile(plain, "w") as stored:
        for part in source.namelist():
            stored.writestr(part, source.read(part))
    for base in (good, plain.getvalue()):
        for _ in range(150):
            _rows_or_refusal(base, dice)


def _rows_or_refusal(base: bytes, dice: random.Random) -> None:
    content = bytearray(base)
    for _ in range(dice.randint(1, 4)):
        content[dice.randrange(4, len(content))] = dice.randrange(256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rows = read(bytes(content), "表.xlsx")
        except Faulty as refused:
            assert refused.faults  # noqa: PT017
        else:
            assert all(isinstance(cell, str) for row in rows for cell in row.cells)


def test_changed_xml_inside_a_sound_zip_gives_rows_or_a_refusal() -> None:
    dice = random.Random(7)
    words = [
        "",
        "<row>",
        "</c>",
        'r="ZZ9"',
        't="s"',
        "<f>",
        "<v>9",
        "-1",
        "<is>",
        's="7"',
        "&amp;",
        "<mergeCells/>",
    ]
    xml = sheet_xml(
        SMALL_ROW + '<row r="2"><c r="A2" t="d"><v>2026-01-01</v></c><c r="B2"><f>1</f><v>2</v></c></row>'
    )
    for _ in range(300):
        at, width = dice.randrange(len(xml)), dice.randrange(6)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                rows = read(xlsx(xml[:at] + dice.choice(words) + xml[at + width :]), "表.xlsx")
            except Faulty:
                continue
        assert len(rows) <= 2
