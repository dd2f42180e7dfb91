"""Who gets in where by pages: every route that is listed, in every role; what lies elsewhere opens to nobody from here.

What the API decides finer is decided by the same functions; here it is shown that no page is open past its act, and that
none leads to a unit or a campaign that one may not see.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from api import rights
from page_site import ELSEWHERE, HOSPITAL, Site
from page_walk import WALK, at
from states.records.roles import MAY, PEOPLE, Act, Role

pytestmark = pytest.mark.xdist_group("pages")

VALUES = {
    "campaign_id": "1",
    "code": HOSPITAL,
    "key": "standard-four-phase",
    "act": "accept",
    "part": "mails",
}
ABOUT_A_UNIT = ("{code}", "{obligation_id}")
DENIED = (403,)


@pytest.fixture
def tokens(own: Site) -> dict[tuple[Role, str], str]:
    """Sessions: everywhere (W), in another county (E), of another campaign alone (C)."""
    made = {(role, "W"): own.person(role, f"{role}-w") for role in PEOPLE}
    for role in (Role.coordinator, Role.liaison):
        made[role, "E"] = own.person(role, f"{role}-e", under=ELSEWHERE)
        made[role, "C"] = own.person(role, f"{role}-c", campaign_id=2)
    return made


def test_no_page_is_open_past_its_act_or_to_somewhere_else(
    own: Site, tokens: dict[tuple[Role, str], str]
) -> None:
    routes = {route: acts for route, acts in rights.PAGES.items() if acts != (Act.oneself,)}
    assert len(routes) > 10
    wrong = []
    for (method, path), acts in routes.items():
        for (role, place), token in tokens.items():
            status = ask(own, method, path, token)
            assert status not in (401, 500), (method, path, role, place)
            may = bool(MAY[role] & set(acts))
            away = (place == "C" and "{campaign_id}" in path) or (
                place == "E" and any(one in path for one in ABOUT_A_UNIT)
            )
            if (not may or away) and status not in DENIED:
                wrong.append((method, path, str(role), place, status, "is open"))
            if may and place == "W" and method == "GET" and status in DENIED:
                wrong.append((method, path, str(role), place, status, "is shut"))
    assert wrong == []


def ask(site: Site, method: str, path: str, token: str) -> int:
    """A request as a browser makes it; a form is sent with nothing but its token."""
    address = re.sub(
        r"\{(\w+)(?::\w+)?\}",
        lambda found: {**VALUES, "obligation_id": str(site.owed)}.get(found[1], "1"),
        path,
    )
    with site.browsing() as client:
        client.cookies.set("duban", token)
        sent: dict[str, Any] = {} if method == "GET" else {"data": {"_once": token}}
        answer = client.request(method, address, **sent)
    led = answer.headers.get("location", "")
    assert not led.startswith(("/login", "/role", "/password")), (method, path, led)
    return answer.status_code


def test_the_way_back_is_open_to_whoever_came_by_it(site: Site) -> None:
    """Where one is stands above each page: what leads up is a link, and it opens, also to who does not run the campaign."""
    shut, plain = [], []
    for route, (path, role) in WALK.items():
        if role:
            with site.browsing("liaison" if route.startswith("/campaigns") else role) as client:
                page = client.get(at(site, path))
                for name, address in above(page.text) if page.status_code == 200 else ():
                    if not address:
                        plain.append((route, name))
                    elif client.get(address).status_code != 200:
                        shut.append((route, address))
    assert (shut, plain) == ([], [])


def above(html: str) -> list[tuple[str, str]]:
    """What stands above a page on the way to it, the page itself left out: name and address."""
    trail = re.findall(r'<nav class="crumbs".*?</nav>', html, re.DOTALL)
    found = re.findall(r'<li>(?:<a href="([^"]*)">|<span[^>]*>)(.*?)</(?:a|span)></li>', "".join(trail))
    return [(name, address) for address, name in found[:-1]]
