"""YAML as people write it: what is read as what, and what is refused before anything is built."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.errors import Faulty
from states.yamltext import LIMIT, place_of, read


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("16:00", "16:00"),
        ("2017-08-22", "2017-08-22"),
        ("+1wd", "+1wd"),
        ("-7d", "-7d"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("nan", "nan"),
        ("1e999", "1e999"),
        ("9" * 30, "9" * 30),
        ("true", True),
        ("false", False),
        ("'true'", "true"),
        ('"7"', "7"),
        ("7", 7),
        ("-7", -7),
        ("1.5", 1.5),
        ("null", None),
        ("~", None),
        ("", None),
        ("''", ""),
        ("8月底前并长期坚持", "8月底前并长期坚持"),
        ("__月__日前", "__月__日前"),
    ],
)
def test_a_word_is_read_as_it_looks(word: str, value: Any) -> None:
    read_value = read(f"a: {word}").data["a"]
    assert (read_value, type(read_value)) == (value, type(value))


def test_every_place_knows_its_line() -> None:
    written = read("a: 1\nb:\n  - c: 2\n\n  - d: 3\n    no: 4\n")
    assert written.data == {"a": 1, "b": [{"c": 2}, {"d": 3, "no": 4}]}
    assert {place_of(path): line for path, line in written.lines.items()} == {
        "a": 1,
        "b": 2,
        "b[0]": 3,
        "b[0].c": 3,
        "b[1]": 5,
        "b[1].d": 5,
        "b[1].no": 6,
    }
    assert written.fault(("b", 1, "e", "f"), "缺").line == 5


def test_a_key_given_twice_keeps_the_first_and_is_a_fault() -> None:
    written = read("a: {x: 1, x: 2}\na: 3\n? [b]\n: 4\n")
    assert written.data == {"a": {"x": 1}}
    assert [str(fault) for fault in written.faults] == [
        "第1行 a.x：与第1行重复，请删去一处",
        "第2行 a：与第1行重复，请删去一处",
        "第3行 文件：字段名只能是文字",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "文件：是空的，或不是“字段: 值”的写法（英文冒号，后面空一格）"),
        ("# 只有注释\n", "文件：是空的，或不是“字段: 值”的写法（英文冒号，后面空一格）"),
        ("- a\n- b\n", "文件：是空的，或不是“字段: 值”的写法（英文冒号，后面空一格）"),
        ("title：示例\n", "文件：是空的，或不是“字段: 值”的写法（英文冒号，后面空一格）"),
        ("a: 1\ntitle：示例\nb: 2\n", "第3行 文件：缺少英文冒号（后面要空一格），或缩进不齐"),
        ("a: b: c\n", "第1行 文件：冒号的位置不对；含冒号的文字请加引号"),
        ("a:\n\t- b\n", "第2行 文件：有不能这样开头的符号；缩进只用空格，含特殊符号的文字请加引号"),
        ("a: 'b\n", "第1行 文件：引号或括号没有配对"),
        ("a:\n  - b\n c: 1\n", "第3行 文件：缩进不齐，或列表与字段混在一起"),
        ("a: [1 2\nb: 3\n", "第2行 文件：括号里的各项要用英文逗号分开"),
        ("a: 1\n---\nb: 2\n", "第2行 文件：只能有一份内容，请删去多出的“---”"),
        ("a: 1\nb: \x07\n", "第2行 文件：有看不见的控制字符（U+0007），请删去"),
        ("a: \ud800\n", "第1行 文件：有看不见的控制字符（U+D800），请删去"),
        ("a: " + "长" * LIMIT, "文件：有 3,000,003 字节，超过 1,000,000 字节的上限"),
        ("a: " + "[" * 400_000, "第1行 文件：嵌套超过 30 层"),
        ("- " * 400_000, "第1行 文件：嵌套超过 30 层"),
        ("a: *b\n", "第1行 文件：不能用 * 引用；含星号的文字请加引号"),
        ("a: &b 1\n", "第1行 文件：不能用 & 锚点；含 & 的文字请加引号"),
        ("a: !!python/object/apply:os.abort []\n", "第1行 文件：不能用标签 "),
    ],
)
def test_what_is_no_template_is_refused_with_a_line(text: str, fault: str) -> None:
    with pytest.raises(Faulty) as faulty:
        read(text)
    (only,) = faulty.value.faults
    assert str(only).startswith(fault)


def test_a_tower_of_aliases_is_never_built() -> None:
    tower = 'a: &a ["x"]\n' + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(Faulty) as faulty:
        read(tower)
    assert len(faulty.value.faults) == 9 + 8 * 9


def test_an_escape_cannot_smuggle_a_control_character_in() -> None:
    assert [str(fault) for fault in read('a: ["b", "c\\0"]').faults] == [
        "第1行 a[1]：有看不见的控制字符（U+0000），请删去"
    ]


WORDS = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8),
    st.sampled_from("&*!{}[]:-#|>%@`'\"\t\n "),
)


@given(st.lists(WORDS, max_size=12).map("".join))
def test_any_text_is_read_or_refused_in_chinese(text: str) -> None:
    try:
        written = read(text)
    except Faulty as faulty:
        told = faulty.faults
    else:
        assert isinstance(written.data, dict)
        told = written.faults
    for fault in told:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.says)
