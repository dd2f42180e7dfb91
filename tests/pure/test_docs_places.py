"""What the pages for developers name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"]
TOP = ("states/", "flows/", "api/", "docs/", "tests/", "tools/", "bench/")
DECISIONS = ROOT / "docs" / "decisions"


def places(page: str) -> Iterator[str]:
    """Paths between backticks and in links; `a/{b,c}.py` names two, `*` stands for some."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in re.findall(r"`([\w./{},*-]+)`|\]\(([\w./-]+)\)", text):
        name = found[0] or found[1]
        if found[1] or name.startswith(TOP):
            head, _, rest = name.partition("{")
            inner, _, tail = rest.partition("}")
            yield from (f"{head}{one}{tail}" for one in inner.split(","))


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_a_page_names_exists(page: str) -> None:
    named = list(places(page))
    assert named
    assert [one for one in named if not list(ROOT.glob(one.rstrip("/")))] == []


def test_the_index_lists_every_decision_once_and_in_order() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\1-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text(), re.MULTILINE
    )
    assert [name for _no, name in listed] == sorted(one.name for one in DECISIONS.glob("0*.md"))


def test_every_test_that_the_threat_model_names_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:pure|records|doors|pages|api)/\w+\.py)`", text))
    assert len(named) > 15
    places = {one.replace("api/", "doors/status_api/") for one in named}
    assert [one for one in sorted(places) if not (ROOT / "tests" / one).is_file()] == []
