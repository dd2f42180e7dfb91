"""The pictures of the handbook: what each shows, taken in a real Chromium, and the words in it, by which it is known again.

No two machines draw the same pixels, since their fonts differ; the words that stand in a picture, and whether one is red, are
the same everywhere. They are kept beside the pictures, with the mark of each file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manual_site import IMPORT, LIST, owed_by
from page_site import COUNTY, Site

FOLDER = Path(__file__).parents[2] / "docs" / "manual" / "pictures"
KNOWN = FOLDER / "pictures.json"
EDGE = 10  # pixels around what is shown
HANDED_IN = "section:has(> article)"
IN_IT = """([first, last, edge]) => {
  const ends = [document.querySelector(first), [...document.querySelectorAll(last)].pop()].map(one => one.getBoundingClientRect());
  const left = Math.min(...ends.map(one => one.left)), top = Math.min(...ends.map(one => one.top));
  const right = Math.max(...ends.map(one => one.right)), bottom = Math.max(...ends.map(one => one.bottom));
  const under = document.querySelector(last).tagName === 'TR' ? -1 : edge;
  const within = box => { const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    return box.width && box.height && x >= left && x <= right && y >= top && y <= bottom; };
  const hue = colour => { const [r, g, b, a] = colour.match(/[\\d.]+/g).map(Number), most = Math.max(r, g, b), least = Math.min(r, g, b);
    if (a === 0 || most - least < 60) return '';
    return most === b ? 'blue' : most === g ? 'green' : g - b > (r - b) / 3 ? 'amber' : 'red'; };
  const told = (element, words) => { const at = getComputedStyle(element), tone = element.closest('svg') ? '' : hue(at.color);
    return words + (tone ? ' [' + tone + ']' : ''); };
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.nodeType === 1) {
      const typed = node.matches('select') ? (node.selectedOptions[0] || {}).textContent : node.matches('input:not([type=hidden]):not([type=file]), textarea') ? node.value : '';
      if (typed && !node.closest('details:not([open]) > :not(summary)') && within(node.getBoundingClientRect())) found.push(told(node, typed.trim()));
    } else if (node.data.trim() && !node.parentElement.closest('option, textarea, title, details:not([open]) > :not(summary)')) {
      const range = document.createRange(); range.selectNodeContents(node);
      if ([...range.getClientRects()].some(within)) found.push(told(node.parentElement, node.data.trim().split(/\\s+/).join(' ')));
    }
  }
  const x = Math.max(0, left - edge), y = Math.max(0, top + scrollY - edge);
  return {clip: {x, y, width: right + edge - x, height: bottom + scrollY + under - y}, words: found};
}"""
Walk = Callable[[Any], None]


@dataclass(frozen=True)
class Scene:
    """Who looks, at which address, what he does there first; the picture goes from one element to another (the last such)."""

    role: str
    path: str
    first: str
    last: str
    walk: Walk | None = None


def _checked(tab: Any) -> None:
    page = tab.page
    page.get_by_label("名称").fill("冬季示例行动")
    page.get_by_label("启动日期").fill("2026-12-01")
    page.get_by_role("button", name="下一步：选单位").click()
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("heading", name="参加的单位").wait_for()


def _imported(tab: Any) -> None:
    sent = {"name": "示例名单.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    tab.page.locator("input[type=file]").set_input_files(sent)
    tab.page.get_by_role("button", name="看看会改动什么").click()
    tab.page.get_by_role("heading", name="新增的单位").wait_for()


def scenes(site: Site) -> Mapping[str, Scene]:
    """By the name of the picture."""
    back = f"/campaigns/1/obligations/{owed_by(site, COUNTY, '周报（2026年第12周）')}"
    on, plan = "/campaigns/1", "/start/plan?template=standard-four-phase"
    one = "section[aria-labelledby=one]"
    return {
        "liaison-home": Scene("liaison", "/", "main h1", "#owed tbody tr:nth-child(3)"),
        "liaison-returned": Scene("liaison", back, HANDED_IN, HANDED_IN),
        "coordinator-home": Scene("coordinator", "/", "main h1", "#going + .legend"),
        "coordinator-check": Scene("coordinator", plan, "main h1", "main section.minded", _checked),
        "coordinator-board": Scene("coordinator", on, "#title", "#timeline"),
        "coordinator-units": Scene("coordinator", f"{on}?under=SL00102", "#units h2", "#chart tbody tr:nth-child(7)"),
        "coordinator-review": Scene("coordinator", f"{on}/decisions", "main h1", one),
        "coordinator-talk": Scene("coordinator", f"{on}/decisions/proposals", one, one),
        "coordinator-ledger": Scene("coordinator", f"{on}/ledger/queue", "main section", "main section"),
        "administrator-home": Scene("administrator", "/admin", "main h1", ".looked"),
        "administrator-import": Scene("administrator", IMPORT, "main h1", "main section", _imported),
        "administrator-bounced": Scene("administrator", "/admin/contacts", "#bounced", "#bounced"),
        "administrator-outbox": Scene("administrator", "/admin/outbox/1", "main h1", "main section:nth-of-type(2)"),
    }  # fmt: skip


def taken(tab: Any, scene: Scene) -> tuple[dict[str, float], list[str]]:
    """Goes there: what part of the page it is, and the words in it."""
    assert tab.go(scene.path).status == 200
    if scene.walk:
        scene.walk(tab)
    for end in (scene.first, scene.last):
        assert tab.page.locator(end).count(), f"{scene.path}: {end} is not there"
    found = tab.page.evaluate(IN_IT, [scene.first, scene.last, EDGE])
    return found["clip"], found["words"]


def drawn(tab: Any, clip: dict[str, float]) -> bytes:
    return bytes(tab.page.screenshot(full_page=True, clip=clip))


def mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def known() -> dict[str, dict[str, Any]]:
    return dict(json.loads(KNOWN.read_text(encoding="utf-8"))) if KNOWN.exists() else {}


def kept(found: Mapping[str, tuple[bytes, list[str]]]) -> None:
    """All pictures anew; what was there before and is shown no more goes."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    for name, (content, _) in found.items():
        (FOLDER / f"{name}.png").write_bytes(content)
    told = {name: {"mark": mark(content), "words": words} for name, (content, words) in found.items()}
    KNOWN.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
