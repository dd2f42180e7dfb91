"""Forms of a page, as a browser would send them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

FORM = re.compile(r'<form class="sheet" id="([\w-]+)".*?</form>', re.DOTALL)


def hidden(html: str, form: str) -> dict[str, str]:
    """The hidden fields of a form."""
    (found,) = [one[0] for one in re.finditer(FORM, html) if one[1] == form]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found))


def filled(html: str, form: str) -> dict[str, Any]:
    """Everything that a form would send as it stands there, but for its buttons; of several values a list."""
    (found,) = [one[0] for one in re.finditer(FORM, html) if one[1] == form]
    reading = _Fields()
    reading.feed(found)
    return {name: values[0] if len(values) == 1 else values for name, values in reading.found.items()}


def fields(html: str, form: str) -> list[tuple[str, str]]:
    """The same as names and values."""
    found = filled(html, form).items()
    return [(name, one) for name, value in found for one in ([value] if isinstance(value, str) else value)]


def encoded(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The body of a form without files and what goes with it."""
    return {"content": urlencode(pairs), "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name = told.get("name") or ""
        ticked = told.get("type") != "checkbox" or "checked" in told
        if tag == "input" and told.get("type") != "file" and ticked:
            self._take(name, told.get("value") or "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in self.found or "selected" in told):
            self.found[self._select] = [told.get("value") or ""]
        elif tag == "textarea":
            self._area = name
            self.found.setdefault(name, [""])

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self.found[self._area] = [self.found[self._area][0].removeprefix("\n")]
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area][0] += data

    def _take(self, name: str, value: str) -> None:
        self.found.setdefault(name, []).append(value)
