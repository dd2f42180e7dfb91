"""Sheets in and out: what is written comes back, and every cell is text that a person would recognise."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment

from states.documents.papersheet import Paper, write_paper
from states.documents.sheet import Limits, Row, Sheet, read, write, write_csv
from states.errors import Faulty

COLUMNS = (("甲", 10), ("乙", 20))
AFTERNOON = datetime.fromisoformat("2026-12-05T16:00:00")


def book_bytes(book: openpyxl.Workbook) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_cells(cells: dict[str, object], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for place, value in cells.items():
        book.active[place] = value
    for place, shape in (formats or {}).items():
        book.active[place].number_format = shape
    return book_bytes(book)


def refusal(content: bytes, filename: str, limits: Limits = Limits()) -> str:  # noqa: B008
    with pytest.raises(Faulty) as caught:
        read(content, filename, limits)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        ("示例县", None, "示例县"),
        (510107, None, "510107"),
        (510107.0, None, "510107"),
        (3.5, None, "3.5"),
        (0.1 + 0.2, None, "0.3"),
        (-2, None, "-2"),
        (7, "00000", "00007"),
        (True, None, "TRUE"),
        (date(2026, 12, 5), None, "2026-12-05"),
        (AFTERNOON, None, "2026-12-05 16:00"),
        (datetime.fromisoformat("2026-12-05T16:00:30"), None, "2026-12-05 16:00:30"),
        (time(16, 30), None, "16:30"),
        ("两行\n文字", None, "两行\n文字"),
    ],
)
def test_a_cell_is_read_as_the_text_a_person_sees(value: object, shape: str | None, text: str) -> None:
    content = with_cells({"A1": value}, {"A1": shape} if shape else None)
    assert read(content, "表.xlsx") == [Row(1, (text,))]


@pytest.mark.parametrize("words", ["=1+1", "{=1}", "http://example.org/", "=HYPERLINK(1)"])
def test_a_printed_sheet_calculates_nothing_neither_in_its_title_nor_in_its_cells(words: str) -> None:
    made = write_paper(Sheet("表", [(words, 9), ("乙", 9)], [(words, words)]), Paper(words, words))
    with ZipFile(BytesIO(made)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in page
    assert "<hyperlink" not in page
    cells = openpyxl.load_workbook(BytesIO(made)).worksheets[0]
    assert [cells[place].value for place in ("A1", "A2", "A3", "A4")] == [words] * 4


def test_rows_keep_their_numbers_and_empty_ones_are_left_out() -> None:
    content = with_cells({"A1": "一", "C1": "三", "B4": "四"})
    assert read(content, "表.xlsx") == [Row(1, ("一", "", "三")), Row(4, ("", "四"))]


def test_the_first_visible_worksheet_is_read() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "隐藏"
    book.active.sheet_state = "hidden"
    book.create_sheet("名单")["A1"] = "可见"
    assert read(book_bytes(book), "表.xlsx") == [Row(1, ("可见",))]


def test_comments_merged_cells_and_column_formats_do_not_disturb() -> None:
    book = openpyxl.Workbook()
    page = book.active
    page["A1"] = "标题"
    page["A1"].comment = Comment("请核对", "王示例")
    page.merge_cells("A1:C1")
    page["A2"] = "内容"
    assert read(book_bytes(book), "表.xlsx") == [Row(1, ("标题",)), Row(2, ("内容",))]


def test_a_number_of_more_than_fifteen_digits_is_refused_by_cell() -> None:
    assert "单位名单.xlsx B2：数字超过15位" in refusal(
        with_cells({"B2": 123456789012345678}), "单位名单.xlsx"
    )


def test_an_error_value_is_refused_by_cell() -> None:
    assert "表.xlsx B2：单元格是错误值 #REF!" in refusal(with_cells({"B2": "#REF!"}), "表.xlsx")


def test_a_formula_without_a_value_is_refused_by_cell_and_all_such_cells_are_named() -> None:
    said = refusal(with_cells({"A1": "x", "B7": "=1+1", "C8": "=A1"}), "单位名单.xlsx")
    assert "单位名单.xlsx B7：公式没有计算结果" in said
    assert "单位名单.xlsx C8：公式没有计算结果" in said


def test_a_formula_with_its_value_counts_as_the_value() -> None:
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet()
    page.write_formula("A1", "=1+1", value=2)
    page.write_formula("B1", '="示"&"例"', value="示例")
    page.write_formula("C1", "=1=1", value=True)
    book.close()
    assert read(buffer.getvalue(), "表.xlsx") == [Row(1, ("2", "示例", "TRUE"))]


def test_many_bad_cells_are_counted_not_all_listed() -> None:
    said = refusal(with_cells({f"A{line}": "=1" for line in range(1, 101)}), "表.xlsx")
    assert said.count("公式没有计算结果") == 50
    assert "另有50个单元格" in said


def test_a_workbook_beyond_its_limits_is_refused_with_the_limit() -> None:
    content = with_cells({"A11": "x"})
    assert "第11行有内容，超过上限10行" in refusal(content, "表.xlsx", Limits(rows=10))
    assert read(content, "表.xlsx", Limits(rows=11)) == [Row(11, ("x",))]
    assert "超过上限2列" in refusal(with_cells({"C1": "x"}), "表.xlsx", Limits(columns=2))
    assert "超过上限1个" in refusal(with_cells({"A1": "x", "B1": "x"}), "表.xlsx", Limits(cells=1))


# --- written ---------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_back() -> None:
    rows = [
        ["=1+1", 5],
        ["@张", -2.5],
        [date(2026, 12, 5), AFTERNOON],
        [None, Decimal("1.5")],
    ]
    back = read(write([Sheet("名单", COLUMNS, rows)]), "表.xlsx")
    assert [row.cells for row in back] == [
        ("甲", "乙"),
        ("=1+1", "5"),
        ("@张", "-2.5"),
        ("2026-12-05", "2026-12-05 16:00"),
        ("", "1.5"),
    ]


@pytest.mark.parametrize("spool_beyond", [0, 1_000_000])
def test_formula_like_text_is_stored_as_text_and_no_link_is_made(spool_beyond: int) -> None:
    texts = [
        '=HYPERLINK("http://example.org")',
        "+1",
        "-1",
        "@x",
        "http://example.org",
        "mailto:a@example.org",
    ]
    content = write([Sheet("名单", (("甲", 10),), [[text] for text in texts])], spool_beyond)
    page = openpyxl.load_workbook(BytesIO(content)).active
    cells = [page.cell(line, 1) for line in range(2, len(texts) + 2)]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [
        (text, "s", None) for text in texts
    ]


@pytest.mark.parametrize("spool_beyond", [0, 1_000_000])
def test_equal_rows_give_equal_bytes(spool_beyond: int) -> None:
    def once() -> bytes:
        return write([Sheet("名单", COLUMNS, [["一", 1], [date(2026, 1, 1), None]])], spool_beyond)

    assert once() == once()
    assert b"2000-01-01T00:00:00Z" in _part(once(), "docProps/core.xml")


def _part(content: bytes, name: str) -> bytes:
    return ZipFile(BytesIO(content)).read(name)


def test_nan_and_infinity_are_left_blank() -> None:
    content = write([Sheet("名单", COLUMNS, [[float("nan"), float("inf")], ["后", None]])])
    assert [row.cells for row in read(content, "表.xlsx")] == [("甲", "乙"), ("后",)]


def test_a_number_too_long_for_a_spreadsheet_is_written_as_text() -> None:
    content = write([Sheet("名单", COLUMNS, [[123456789012345678, 1]])])
    assert read(content, "表.xlsx")[1].cells == ("123456789012345678", "1")


def test_text_that_xml_or_a_cell_cannot_hold_does_not_break_the_file() -> None:
    content = write([Sheet("名单", COLUMNS, [["a\x01b\ufffe\ud800c", "长" * 40_000]])])
    first, second = read(content, "表.xlsx")[1].cells
    assert first == "a\x01b\ufffd\ufffdc"
    assert len(second) == 32_767
    assert second.endswith("…（过长，已截断）")


def test_the_header_is_frozen_filtered_and_wide_enough() -> None:
    page = openpyxl.load_workbook(BytesIO(write([Sheet("名单", COLUMNS, [["一", 1]])]))).active
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:B2"
    assert page.column_dimensions["B"].width == pytest.approx(20, abs=1)


def test_sheet_names_are_made_acceptable_and_unique() -> None:
    names = ["名单", "名单", "a/b:c*[d]?", "很长" * 30, "很长" * 30, "'", "History"]
    book = openpyxl.load_workbook(BytesIO(write([Sheet(name, COLUMNS, []) for name in names])))
    assert len({name.lower() for name in book.sheetnames}) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in book.sheetnames)
    assert book.sheetnames[:2] == ["名单", "名单（2）"]


def test_more_rows_than_a_worksheet_holds_are_refused_not_dropped() -> None:
    with pytest.raises(Faulty, match="超过一个工作表的上限"):
        write([Sheet("名单", COLUMNS, range(1_048_576))])  # type: ignore[arg-type]


# --- csv -------------------------------------------------------------------------------------------------------


def test_csv_is_guarded_against_formulas_and_opens_in_chinese() -> None:
    content = write_csv(Sheet("名单", COLUMNS, [["=1+1", -5], ["＠张", "'=x"]]))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1:] == ["'=1+1,-5", "'＠张,''=x"]


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), max_size=4),
        max_size=6,
    )
)
def test_csv_gives_every_text_back(rows: list[list[str]]) -> None:
    back = read(write_csv(Sheet("名单", (("甲", 1), ("乙", 1)), rows)), "表.csv")
    assert [row.cells for row in back[1:]] == [cells for row in rows if (cells := _without_tail(row))]


def _without_tail(row: list[str]) -> tuple[str, ...]:
    while row and not row[-1]:
        row = row[:-1]
    return tuple(row)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_is_read_in_the_encodings_that_offices_use(encoding: str, delimiter: str) -> None:
    text = f"代码{delimiter}名称\r\nH01{delimiter}示例镇卫生院\r\n"
    assert read(text.encode(encoding), "表.csv") == [
        Row(1, ("代码", "名称")),
        Row(2, ("H01", "示例镇卫生院")),
    ]


def test_csv_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    content = '代码,名称\n\nH01,"两行\n文字"\nH02,"带""引号"""\n'.encode()
    assert read(content, "表.csv") == [
        Row(1, ("代码", "名称")),
        Row(3, ("H01", "两行\n文字")),
        Row(4, ("H02", '带"引号"')),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "文件是空的"),
        (b" \r\n", "文件是空的"),
        ("代码,名称\nH01,甲\x00乙\n".encode(), "NUL"),
        ('代码,名称\nH01,"没有收尾\n'.encode(), "引号没有配对"),
        ("代码,名称\nH01,示例县".encode()[:-1], "第2行：有无法识别的字节"),
        (b"\xef\xbb\xbfcode,name\nH01,\xff\n", "第2行：有无法识别的字节"),
        (b"code,name\nH01,\xff\xff\xff\n", "第2行：有无法识别的字节"),
        (b"<html><table></table></html>", "内容是网页"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused_in_one_sentence(content: bytes, says: str) -> None:
    said = refusal(content, "单位名单.csv")
    assert said.startswith("单位名单.csv")
    assert says in said
    assert "\n" not in said


def test_a_csv_beyond_its_limits_is_refused() -> None:
    assert "第3行有内容，超过上限2行" in refusal(b"a\nb\nc\n", "表.csv", Limits(rows=2))
    assert "第2行有3列，超过上限2列" in refusal(b"a\nb,b,b\n", "表.csv", Limits(columns=2))
    assert "内容过多" in refusal(b"a,a\nb,b\n", "表.csv", Limits(cells=3))
    assert "内容过多" in refusal(b"aaaa,bbbb\n", "表.csv", Limits(characters=7))


def test_what_a_row_on_paper_cannot_hold_goes_on_behind_the_table() -> None:
    whole = "\n".join(f"{no}.{'立行立改并举一反三，' * 30}" for no in range(1, 9))
    columns = (("序号", 6.0), ("整改措施", 30.0), ("备注", 12.0))
    rows = [(1, "短", ""), (2, whole, ""), (3, "=1+1" + "长" * 2_000, "")]
    content = write_paper(Sheet("台账", columns, rows), Paper("示例台账", "示例县"))
    book = openpyxl.load_workbook(BytesIO(content))
    page, rest = book["台账"], book["续表"]
    assert "序号2、3的内容较长，这里印不全，全文见“续表”" in page.cell(2, 1).value
    assert [page.cell(line, 2).value for line in (4, 5, 6)] == [row[1] for row in rows], "it comes back whole"
    found: dict[str, str] = {}
    for no, _column, part in rest.iter_rows(min_row=2, values_only=True):
        found[no] = found.get(no, "") + part.replace("\n", "")
    assert found == {"2": whole.replace("\n", ""), "3": rows[2][1]}
    assert all(rest.row_dimensions[line].height <= 409 for line in range(2, rest.max_row + 1))
    assert rest.cell(2, 3).data_type == "s"
    assert rest.print_title_rows
    short = openpyxl.load_workbook(
        BytesIO(write_paper(Sheet("台账", columns, rows[:1]), Paper("台账", "示例县")))
    )
    assert "续表" not in short.sheetnames
