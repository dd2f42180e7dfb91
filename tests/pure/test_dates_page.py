"""The page that teaches the words of time shows nothing that is not read."""

import re
from pathlib import Path

import pytest

from states.dates import parse, parse_cadence, parse_window

PAGE = (Path(__file__).parents[2] / "docs" / "time.md").read_text(encoding="utf-8")
READERS = {"Deadlines": parse, "Windows": parse_window, "Recurrences": parse_cadence}
SHOWN = [
    (section.split()[0], words)
    for section in PAGE.split("\n## ")[1:]
    for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    for words in re.findall(r"`(.+?)`", row)
]


def test_the_page_has_examples_of_every_kind() -> None:
    assert {kind for kind, _ in SHOWN} == set(READERS)
    assert len(SHOWN) > 30


@pytest.mark.parametrize(("kind", "words"), SHOWN)
def test_every_example_of_the_page_is_read(kind: str, words: str) -> None:
    assert READERS[kind](words)
