"""Functions and modules stay short enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("states", "flows", "api", "bench")
LINES = {"function": 40, "module": 300, "test module": 500}
GENERATED = "states/records/migrations/versions"


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if not place.startswith(GENERATED):
                yield place, path.read_text(encoding="utf-8")


def too_long(text: str, most: int) -> list[str]:
    """Functions and methods of more than `most` lines, from `def` to the last: `name (lines)`."""
    functions = (
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    sized = ((one.name, (one.end_lineno or one.lineno) - one.lineno + 1) for one in functions)
    return [f"{name} ({size})" for name, size in sized if size > most]


def test_no_function_is_longer_than_can_be_read_at_once() -> None:
    """A test that compares with much data keeps the data beside it."""
    most = LINES["function"]
    found = [f"{place}: {one}" for place, text in sources(*CODE, "tests") for one in too_long(text, most)]
    assert found == []


@pytest.mark.parametrize(("folders", "most"), [(CODE, LINES["module"]), (("tests",), LINES["test module"])])
def test_no_module_is_longer_than_can_be_overlooked(folders: tuple[str, ...], most: int) -> None:
    sizes = {place: text.count("\n") for place, text in sources(*folders)}
    assert len(sizes) > 20, "the folders are not where this test looks for them"
    assert {place: size for place, size in sizes.items() if size > most} == {}


@pytest.mark.parametrize(("lines", "found"), [(40, []), (41, ["inner (41)"])])
def test_methods_and_signatures_count(lines: int, found: list[str]) -> None:
    body = "".join(f"        one_{number} = 0\n" for number in range(lines - 3))
    text = f"class Some:\n    async def inner(\n        self,\n    ) -> None:\n{body}"
    assert too_long(text, LINES["function"]) == found
