"""Pages and mails use only what a browser of early 2020 (Chromium 80) knows, on screen and on paper.

Whoever needs more looks up since when browsers have it, and adds it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHEETS = sorted((ROOT / "api" / "pages" / "static").glob("*.css"))
SCRIPTS = sorted((ROOT / "api" / "pages" / "static").glob("*.js"))
PAGES = sorted([*(ROOT / "api" / "pages").rglob("*.html"), *(ROOT / "states" / "letters").rglob("*.html")])

OLD_ENOUGH = """
-webkit-print-color-adjust -webkit-text-size-adjust align-items break-after page-break-after background background-color border border-bottom
border-bottom-color border-collapse border-color border-left border-left-color border-radius border-spacing
border-top box-sizing break-inside clip color content counter-increment counter-reset cursor display fill flex flex-basis flex-direction flex-wrap font font-family font-size
font-variant-numeric font-weight gap grid-template-columns height justify-content left letter-spacing
line-height list-style margin margin-bottom margin-left margin-right margin-top max-height max-width min-width order
outline outline-offset overflow overflow-wrap overflow-x padding padding-bottom padding-left padding-right
padding-top page-break-inside position size stroke stroke-dasharray stroke-width table-layout text-align
text-decoration top unicode-bidi vertical-align white-space width word-break word-wrap z-index
"""
PROPERTIES = set(OLD_ENOUGH.split())
PREFIXED = {"print-color-adjust": "-webkit-print-color-adjust"}  # old browsers know the second name
FUNCTIONS = {"attr", "calc", "counter", "max", "minmax", "rect", "repeat", "url", "var"}
PSEUDO = {
    "before",
    "empty",
    "first-child",
    "first-of-type",
    "focus",
    "hover",
    "last-child",
    "not",
    "root",
    "target",
}
AT_RULES = {"media", "page"}
UNITS = {"%", "em", "fr", "px", "mm"}
NEWER_SCRIPT = {
    "??= ||= &&= (85)": r"(\?\?|\|\||&&)=",
    "replaceAll (85)": r"\.replaceAll\(",
    "replaceChildren (86)": r"\.replaceChildren\(",
    "at (92)": r"\.at\(",
    "findLast (97)": r"\.findLast",
    "hasOwn (93)": r"\bhasOwn\(",
    "private names (84)": r"\bthis\.#",
    "structuredClone (98)": r"\bstructuredClone\(",
    "timeout of a signal (103)": r"AbortSignal\.(timeout|any)",
    "groupBy (117)": r"\.groupBy\(",
}
NEWER_MARKUP = r"<(dialog|search|selectlist)\b|\s(popover|inert|enterkeyhint|blocking|fetchpriority)\b[=>\s]"


def rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selector and declarations of each rule; what is inside a media query counts like the rest."""
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    assert not re.search(r"\{[^{}]*\{[^{}]*\{", bare), "rules nested in rules (112)"
    for found in re.finditer(r"([^{};]*)\{([^{}]*)\}", bare):
        yield found[1].strip(), found[2]


def declared(declarations: str) -> Iterator[tuple[str, str]]:
    for one in filter(str.strip, declarations.split(";")):
        name, _, value = one.partition(":")
        yield name.strip(), value.strip()


def too_new(declarations: str) -> list[str]:
    """What is not known to be old enough."""
    said = []
    names = {name for name, _ in declared(declarations)}
    for name, value in declared(declarations):
        if not name.startswith("--") and name not in PROPERTIES and PREFIXED.get(name) not in names:
            said.append(name)
        said += [one for one in re.findall(r"([a-z-]+)\(", value) if one not in FUNCTIONS]
        said += [one for one in re.findall(r"(?<![#\w.-])[\d.]+(%|[a-z]+)", value) if one not in UNITS]
    return said


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_asks_for_nothing_newer(sheet: Path) -> None:
    text = sheet.read_text(encoding="utf-8")
    found = list(rules(text))
    assert len(found) > 5, "its rules are found"
    assert [(selector, new) for selector, body in found if (new := too_new(body))] == []
    pseudo = {one for selector, _ in found for one in re.findall(r"::?([a-z-]+)", selector)}
    assert pseudo - PSEUDO == set()
    assert not re.search(r":not\([^)]*[,\s>]", text), "lists in :not (88)"
    assert set(re.findall(r"@([a-z-]+)", text)) - AT_RULES == set()
    assert not re.search(r"@media[^{]*[<>]", text), "ranges in media queries (104)"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_gaps_are_left_in_grids_alone(sheet: Path) -> None:
    """Gaps between the parts of a flex box came with version 84."""
    found = list(rules(sheet.read_text(encoding="utf-8")))
    grids = {selector for selector, body in found if ("display", "grid") in declared(body)}
    assert {selector for selector, body in found if "gap" in dict(declared(body))} - grids == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_page_or_mail_asks_for_nothing_newer(page: Path) -> None:
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [new for style in re.findall(r'\sstyle="([^"]*)"', text) for new in too_new(style)] == []
    assert not re.search(NEWER_MARKUP, text)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
@pytest.mark.parametrize("what", NEWER_SCRIPT)
def test_a_script_asks_for_nothing_newer(script: Path, what: str) -> None:
    assert not re.search(NEWER_SCRIPT[what], script.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "style",
    [
        "inset: 0",
        "aspect-ratio: 1",
        "width: 10dvh",
        "color: color-mix(in srgb, red, blue)",
        "print-color-adjust: exact",
    ],
)
def test_what_is_newer_is_found(style: str) -> None:
    assert too_new(style)
