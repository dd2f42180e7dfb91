"""Charts as SVG: plain bars, whole numbers of pixels, the same text for the same figures. `picture` makes a PNG of one.

Words in a picture need a Chinese font where it is made, which a bare server has not; so bars carry numbers (drawn with a
font from a wheel), and the names stand in the text under the picture, by the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files

import resvg_py

WIDTH, BAR, GAP, EDGE, NUMBER, FIGURE = 640, 22, 10, 12, 28, 84
INK, PALE = "#2F5D8A", "#E3E9EF"
FAMILY = "Roboto"


@dataclass(frozen=True)
class Bar:
    """One bar: `share` of the full width (0..1), None for none, and what stands beside it."""

    name: str
    share: float | None
    says: str
    colour: str = INK


def bars(found: Sequence[Bar]) -> str:
    """Bars below each other, numbered from 1."""
    full = WIDTH - 2 * EDGE - NUMBER - FIGURE
    height = 2 * EDGE + len(found) * (BAR + GAP) - GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f'<g font-family="{FAMILY}" font-size="14" fill="#222222">',
        f'<rect width="{WIDTH}" height="{height}" fill="#FFFFFF"/>',
    ]
    for index, bar in enumerate(found):
        top = EDGE + index * (BAR + GAP)
        base = top + BAR - 6
        lines.append(f'<text x="{EDGE + NUMBER - 8}" y="{base}" text-anchor="end">{index + 1}</text>')
        lines.append(f'<rect x="{EDGE + NUMBER}" y="{top}" width="{full}" height="{BAR}" fill="{PALE}"/>')
        long = round(full * min(max(bar.share or 0.0, 0.0), 1.0))
        if long:
            lines.append(
                f'<rect x="{EDGE + NUMBER}" y="{top}" width="{long}" height="{BAR}" fill="{bar.colour}"/>'
            )
        lines.append(f'<text x="{EDGE + NUMBER + full + 8}" y="{base}">{escape(bar.says)}</text>')
    return "\n".join([*lines, "</g></svg>"])


def picture(svg: str) -> bytes:
    """A PNG, twice as fine, with no font but the one of the wheel: the same bytes on every machine."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, zoom=2.0, skip_system_fonts=True, font_files=[_font()], font_family=FAMILY
        )
    )


@lru_cache(maxsize=1)
def _font() -> str:
    return str(files("font_roboto") / "files" / "Roboto-Regular.ttf")
