"""Forms of a page, as a browser would send them."""

from __future__ import annotations

import re

FORM = re.compile(r'<form class="sheet" id="([\w-]+)".*?</form>', re.DOTALL)


def hidden(html: str, form: str) -> dict[str, str]:
    """The hidden fields of a form."""
    (found,) = [one[0] for one in re.finditer(FORM, html) if one[1] == form]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found))
