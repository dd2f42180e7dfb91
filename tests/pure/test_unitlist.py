"""Unit lists: read in any order of columns, every fault named at once, and what applying them would change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.documents.columns import HEADERS, SPELLINGS, TITLES, squeezed
from states.documents.sheet import Row, read, write, write_csv
from states.documents.unitlist import (
    KINDS,
    ContactFacts,
    ContactRow,
    UnitFacts,
    UnitList,
    UnitRow,
    diff,
    parse_units,
    template_sheet,
    units_sheet,
)
from states.kinds import KIND_WORDS
from states.template import Role

HEAD = "单位代码|单位名称|类别|级别|上级代码|联络员姓名|联络员邮箱|主要负责人姓名|主要负责人邮箱"


def sheet(*lines: str, head: str = HEAD) -> list[Row]:
    return [Row(number, tuple(line.split("|"))) for number, line in enumerate([head, *lines], start=1)]


def parsed(*lines: str, head: str = HEAD, existing: dict[str, UnitFacts] | None = None) -> UnitList:
    return parse_units(sheet(*lines, head=head), existing or {})


def faults(*lines: str, head: str = HEAD, existing: dict[str, UnitFacts] | None = None) -> list[str]:
    return [str(fault) for fault in parsed(*lines, head=head, existing=existing).faults]


def one_fault(*lines: str, head: str = HEAD, existing: dict[str, UnitFacts] | None = None) -> str:
    [said] = faults(*lines, head=head, existing=existing)
    return said


# --- what is read ----------------------------------------------------------------------------------------------


def test_a_row_gives_a_unit_and_its_contacts_by_role() -> None:
    found = parsed(
        "SF|示例县卫健局|卫健局|县级",
        "H01|示例县医院|医院|县级|SF|王示例|wang@example.org|赵示例|zhao@Example.ORG",
    )
    assert found.units == (
        UnitRow("SF", "示例县卫健局", "authority", "县级", None, 2),
        UnitRow("H01", "示例县医院", "hospital", "县级", "SF", 3),
    )
    assert found.contacts == (
        ContactRow("H01", Role.liaison, "王示例", "wang@example.org", 3),
        ContactRow("H01", Role.principal, "赵示例", "zhao@example.org", 3),
    )
    assert (found.faults, found.warnings) == ((), ())


def test_columns_come_in_any_order_under_a_title_in_either_language() -> None:
    rows = [
        Row(1, ("示例市单位名单",)),
        Row(3, ("Liaison email", " NAME ", "单位编码*", "类别（必填）")),
        Row(4, ("a@example.test", "甲", "A", "诊所")),
    ]
    found = parse_units(rows, {})
    assert found.units == (UnitRow("A", "甲", "clinic", "", None, 4),)
    assert found.contacts == (ContactRow("A", Role.liaison, "", "a@example.test", 4),)


@pytest.mark.parametrize("separator", ["；", ";", "，", ",", "、", " ； "])
def test_several_addresses_stand_in_one_cell_beside_their_names(separator: str) -> None:
    found = parsed(f"A|甲|其他|||王示例{separator}李示例|w@example.org{separator}l@example.org")
    assert [(contact.name, contact.email) for contact in found.contacts] == [
        ("王示例", "w@example.org"),
        ("李示例", "l@example.org"),
    ]


def test_one_name_goes_with_all_its_addresses_and_a_doubled_address_counts_once() -> None:
    found = parsed("A|甲|其他|||王示例|w@example.org；W@example.org；v@example.org")
    assert [(contact.name, contact.email) for contact in found.contacts] == [
        ("王示例", "W@example.org"),
        ("王示例", "v@example.org"),
    ]


def test_units_come_parents_first() -> None:
    found = parsed("C|丙|其他||B", "B|乙|其他||A", "D|丁|其他", "A|甲|其他")
    assert [unit.code for unit in found.units] == ["A", "B", "C", "D"]


@pytest.mark.parametrize("word", sorted(KIND_WORDS))
def test_every_known_word_for_a_kind_is_taken(word: str) -> None:
    [unit] = parsed(f"A|甲|{word}").units
    assert unit.kind == KIND_WORDS[word]
    assert unit.kind in KINDS


def test_the_words_of_the_domain_are_known_kinds() -> None:
    words = "医院 中医院 妇幼保健院 乡镇卫生院 社区中心 社区卫生服务中心 门诊部 诊所 村卫生室 疾控 疾控中心 监督所 行政部门 卫健委 卫健局 科室 其他"
    assert [word for word in words.split() if word not in KIND_WORDS] == []


def test_every_accepted_header_means_one_column() -> None:
    meant = [(squeezed(word), key) for key, words in HEADERS.items() for word in words]
    assert {word: key for word, key in meant if SPELLINGS[word] != key} == {}


def test_every_role_that_a_unit_holds_has_its_columns() -> None:
    held = {f"{role}.{part}" for role in Role if role != Role.parent_principal for part in ("name", "email")}
    assert {key for key in HEADERS if "." in key} == held


def test_an_empty_cell_keeps_what_is_known_and_wu_empties_it() -> None:
    known = {"A": UnitFacts("甲", "clinic", "县级", "B"), "B": UnitFacts("乙", "authority")}
    assert parsed("A|甲", existing=known).units == (UnitRow("A", "甲", "clinic", "县级", "B", 2),)
    assert parsed("A|甲||无|无", existing=known).units == (UnitRow("A", "甲", "clinic", "", None, 2),)


def test_a_new_unit_without_a_kind_is_registered_as_other_and_said_so() -> None:
    found = parsed("A|甲")
    assert found.units[0].kind == "other"
    assert [str(warning) for warning in found.warnings] == ["第2行 类别：没有填写，按“其他”登记"]


def test_a_name_without_an_address_is_passed_over_with_a_warning() -> None:
    found = parsed("A|甲|诊所|||王示例")
    assert found.contacts == ()
    assert ["“王示例”没有邮箱" in str(warning) for warning in found.warnings] == [True]


def test_an_unknown_column_is_named_and_does_not_stop_the_import() -> None:
    found = parsed("A|甲|123", head="代码|名称|电话")
    assert [unit.code for unit in found.units] == ["A"]
    assert any(
        "不认识“电话”列" in str(warning) and "联络员邮箱" in str(warning) for warning in found.warnings
    )


def test_rows_without_content_are_passed_over() -> None:
    assert [unit.code for unit in parsed("A|甲|诊所", " | ", "B|乙|诊所").units] == ["A", "B"]


# --- what is refused -------------------------------------------------------------------------------------------


def test_an_empty_sheet_is_refused() -> None:
    assert [str(fault) for fault in parse_units([], {}).faults] == ["表格是空的；请按模板填写后再导入"]


def test_missing_columns_are_named_with_every_accepted_spelling() -> None:
    said = faults("x|y", head="类别|级别")
    assert len(said) == 2
    assert all(word in said[0] for word in HEADERS["code"])
    assert all(word in said[1] for word in HEADERS["name"])


def test_a_column_given_twice_is_refused() -> None:
    assert "“代码”和“单位编码”都是“单位代码”列" in one_fault("A|甲|B", head="代码|名称|单位编码")


def test_doubled_codes_name_every_row() -> None:
    said = one_fault("A|甲|诊所", "B|乙|诊所", "A|丙|诊所", "A|丁|诊所")
    assert said == "第4行 单位代码：单位代码 A 重复，见第2行、第4行、第5行；请只留一行"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("|甲|诊所", "第2行 单位代码：没有填写"),
        ("A||诊所", "第2行 单位名称：没有填写"),
        ("A 1|甲|诊所", "第2行 单位代码：代码“A 1”不合规"),
        ("甲一|甲|诊所", "第2行 单位代码：代码“甲一”不合规"),
        ("..|甲|诊所", "第2行 单位代码：代码“..”不合规"),
        (f"{'A' * 41}|甲|诊所", "第2行 单位代码：代码"),
        ("=1+1|甲|诊所", "第2行 单位代码：代码“=1+1”不合规"),
        ("-A|甲|诊所", "第2行 单位代码：代码“-A”不合规"),
        ("A/../B|甲|诊所", "第2行 单位代码：代码“A/../B”不合规"),
        ("A\n|甲\n乙|诊所", "第2行 单位名称：“甲·乙”含有换行"),
        ("A|甲\r\nBcc: x@example.org|诊所", "第2行 单位名称：“甲··Bcc: x@example.org”含有换行"),
        ("A|甲\x00乙|诊所", "第2行 单位名称：“甲·乙”含有换行或不可见字符"),
        ("A|甲\u202e乙|诊所", "第2行 单位名称：“甲·乙”含有换行或不可见字符"),
        ("A|甲\u2028乙|诊所", "第2行 单位名称：“甲·乙”含有换行或不可见字符"),
        ('A|=HYPERLINK("http://example.org")|诊所', "以“=”开头，会被表格软件当作公式"),
        ("A|@甲|诊所", "以“@”开头"),
        ("A|＋甲|诊所", "以“＋”开头"),
        (f"A|{'长' * 101}|诊所", "过长（101字）；最多100字"),
        ("A|甲|太空站", "第2行 类别：不认识类别“太空站”；可用的有 医院、中医院"),
        (f"A|甲|诊所|{'级' * 41}", "第2行 级别："),
        ("A|甲|诊所|=1", "第2行 级别：“=1”以“=”开头"),
        ("A|甲|诊所||X9", "第2行 上级代码：上级代码“X9”既不在表中也不在系统中"),
        ("A|甲|诊所||示例局", "第2行 上级代码：代码“示例局”不合规"),
        ("A|甲|诊所||A", "第2行 上级代码：单位 A 的上级是它自己"),
        ("A|甲|诊所|||王\r\nBcc: x|w@example.org", "第2行 联络员姓名：“王··Bcc: x”含有换行"),
        ("A|甲|诊所|||=王|w@example.org", "第2行 联络员姓名：“=王”以“=”开头"),
        (f"A|甲|诊所|||{'王' * 61}|w@example.org", "第2行 联络员姓名："),
        ("A|甲|诊所|||王；李|w@example.org", "第2行 联络员姓名：有2个姓名、1个邮箱，对不上"),
        (
            "A|甲|诊所|||王|w＠example.org",
            "第2行 联络员邮箱：邮箱“w＠example.org”含有全角字符；请改为半角“w@example.org”",
        ),
        ("A|甲|诊所|||王|w@example。org", "含有全角字符"),
        ("A|甲|诊所|||王|w @example.org", "中间有空格；请删去空格"),
        ("A|甲|诊所|||王|w@example.org l@example.org", "中间有空格；请删去空格，多个邮箱请用“；”分隔"),
        ("A|甲|诊所|||王|w@example.org\r\nBcc:x@example.org", "含有换行"),
        ("A|甲|诊所|||王|13800000000", "“13800000000”不是邮箱地址，缺少 @"),
        ("A|甲|诊所|||王|王<w@example.org>", "带有尖括号；请只填地址本身"),
        ("A|甲|诊所|||王|王示例@example.org", "邮箱“王示例@example.org”写法不对"),
        ("A|甲|诊所|||王|w@example", "写法不对"),
        ("A|甲|诊所|||王|w..x@example.org", "写法不对"),
        ("A|甲|诊所|||王|w@@example.org", "写法不对"),
        ("A|甲|诊所|||王|w@-example.org", "写法不对"),
        ("A|甲|诊所|||王|w@[127.0.0.1]", "写法不对"),
        ("A|甲|诊所|||王|w@localhost", "写法不对"),
        (f"A|甲|诊所|||王|{'w' * 65}@example.org", "写法不对"),
        (f"A|甲|诊所|||王|w@{'example.' * 40}org", "写法不对"),
        (f"A|甲|诊所|||王|{'w' * 60}@{'example.' * 25}org", "写法不对"),
    ],
)
def test_one_mistake_gives_one_fault_with_row_column_and_hint(line: str, says: str) -> None:
    assert says in one_fault(line)


@pytest.mark.parametrize(
    "address",
    ["w@example.test", "w@mail.example.org", "w.x-y_z+1@example.org", "w@example.local", "w@例子.cn"],
)
def test_addresses_that_a_server_takes_are_taken(address: str) -> None:
    assert faults(f"A|甲|诊所|||王|{address}") == []


def test_a_domain_outside_ascii_is_kept_in_the_form_a_mail_server_takes() -> None:
    assert parsed("A|甲|诊所|||王|w@例子.cn").contacts[0].email == "w@xn--fsqu00a.cn"


def test_all_faults_come_at_once_in_the_order_of_the_rows() -> None:
    said = faults("A|甲|诊所||Q", "|乙|店铺|||王|bad", "A||诊所", "C|丙|诊所||D", "D|丁|诊所||C")
    assert [text.split("：")[0] for text in said] == [
        "第2行 上级代码",
        "第3行 单位代码",
        "第3行 类别",
        "第3行 联络员邮箱",
        "第4行 单位名称",
        "第4行 单位代码",
        "第5行 上级代码",
    ]


def test_a_cycle_is_named_whole() -> None:
    said = one_fault("A|甲|诊所||B", "B|乙|诊所||C", "C|丙|诊所||A", "D|丁|诊所||A")
    assert said == "第2行 上级代码：互为上级，连成一圈：A → B → C → A；请改正其中一个上级代码"


def test_a_cycle_is_named_beside_the_faults_of_its_own_cells() -> None:
    said = faults("A|甲|店铺||B", "B|乙|诊所||A")
    assert [text.split("：")[0] for text in said] == ["第2行 类别", "第2行 上级代码"]
    assert "A → B → A" in said[1]


def test_a_cycle_through_units_already_recorded_is_found() -> None:
    known = {"A": UnitFacts("甲", "clinic", "", None), "B": UnitFacts("乙", "clinic", "", "A")}
    assert "A → B → A" in one_fault("A|甲|诊所||B", existing=known)


def test_a_parent_may_be_one_already_recorded() -> None:
    assert faults("A|甲|诊所||SF", existing={"SF": UnitFacts("示例县卫健局", "authority")}) == []


def test_a_flood_of_faults_is_cut_and_counted() -> None:
    said = faults(*["|甲|诊所"] * 5_003)
    assert len(said) == 5_001
    assert said[-1] == "另有3处问题未列出；请先改正以上各处"


# --- what would change -----------------------------------------------------------------------------------------

KNOWN = {
    "SF": UnitFacts("示例县卫健局", "authority", "县级"),
    "H01": UnitFacts(
        "示例县医院",
        "hospital",
        "县级",
        "SF",
        (
            ContactFacts(Role.liaison, "王示例", "wang@example.org"),
            ContactFacts(Role.liaison, "李示例", "li@example.org"),
            ContactFacts(Role.principal, "赵示例", "zhao@example.org"),
        ),
    ),
    "H02": UnitFacts("示例镇卫生院", "township_centre", "乡级", "SF"),
}


def test_the_difference_names_each_field_before_and_after() -> None:
    lines = ("SF|示例县卫健局", "H01|示例县人民医院|中医院|市级|无", "N1|示例诊所|诊所")
    change = diff(parsed(*lines, existing=KNOWN), KNOWN)
    assert [unit.code for unit in change.new] == ["N1"]
    assert [(one.field, one.before, one.after) for one in change.changed[0].fields] == [
        ("name", "示例县医院", "示例县人民医院"),
        ("kind", "hospital", "tcm_hospital"),
        ("level", "县级", "市级"),
        ("parent", "SF", None),
    ]
    assert (change.unchanged, change.absent) == (("SF",), ("H02",))


def test_contacts_are_compared_by_role_and_address() -> None:
    line = "H01|示例县医院||||王新名；钱示例|WANG@example.org；qian@example.org"
    change = diff(parsed(line, existing=KNOWN), KNOWN)
    assert [contact.email for contact in change.contacts_new] == ["qian@example.org"]
    assert [(one.contact.name, one.before) for one in change.contacts_changed] == [("王新名", "王示例")]
    assert [(code, holder.email) for code, holder in change.contacts_gone] == [("H01", "li@example.org")]


def test_a_role_left_empty_keeps_its_holders_and_wu_clears_it() -> None:
    assert diff(parsed("H01|示例县医院", existing=KNOWN), KNOWN).empty
    cleared = diff(parsed("H01|示例县医院||||||无|无", existing=KNOWN), KNOWN)
    assert [holder.email for _, holder in cleared.contacts_gone] == ["zhao@example.org"]


def test_an_address_without_a_name_does_not_wipe_the_name() -> None:
    line = "H01|示例县医院|||||wang@example.org；li@example.org"
    assert diff(parsed(line, existing=KNOWN), KNOWN).empty


# --- sheets to hand out ----------------------------------------------------------------------------------------


def test_the_template_explains_every_column_and_its_example_is_never_imported() -> None:
    rows = read(template_sheet(), "单位名单模板.xlsx")
    assert rows[0].cells == tuple(TITLES.values())
    found = parse_units(rows, {})
    assert (found.units, found.contacts, found.faults) == ((), (), ())
    assert "示例行" in str(found.warnings[0])


def test_the_example_row_would_pass_under_another_code() -> None:
    head, example = read(template_sheet(), "模板.xlsx")
    other = Row(2, ("H01", *example.cells[1:]))
    assert parse_units([head, other], {"SHILI": UnitFacts("示例县", "authority")}).faults == ()


def test_the_template_is_the_same_every_time() -> None:
    assert template_sheet() == template_sheet()


codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True).filter(
    lambda code: code != "SHILI-001"
)
words = st.text(alphabet="示例县乡镇医院一二三ABC ", min_size=1, max_size=10).map(str.strip).filter(bool)
people = st.builds(
    ContactFacts,
    st.sampled_from([Role.liaison, Role.principal, Role.office]),
    words | st.just(""),
    st.from_regex(r"[a-z]{1,8}", fullmatch=True).map(lambda local: f"{local}@example.test"),
)
units = st.builds(
    UnitFacts,
    words,
    st.sampled_from(sorted(KINDS)),
    words | st.just(""),
    st.none(),
    st.lists(people, max_size=4, unique_by=lambda person: (person.role, person.email)).map(tuple),
)


@given(st.dictionaries(codes, units, max_size=6), st.booleans())
def test_the_recorded_units_written_out_and_read_again_change_nothing(
    known: dict[str, UnitFacts], as_csv: bool
) -> None:
    page = units_sheet(known)
    rows = read(write_csv(page), "表.csv") if as_csv else read(write([page]), "表.xlsx")
    found = parse_units(rows, known)
    assert found.faults == ()
    assert diff(found, known).empty
    assert diff(found, known).absent == ()
