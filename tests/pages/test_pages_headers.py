"""What every answer forbids the browser, and what no page has inside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api import rights_pages
from page_site import Site
from page_walk import LISTED, MORE, WALK, at, routes_of

ROOT = Path(__file__).parents[2]
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
# newer than Chromium 80
TOO_NEW_CSS = r":has\(|:is\(|:where\(|@container|@layer|oklch|color-mix|aspect-ratio|inset:|:focus-visible|accent-color|&\s|dvh|subgrid"
TOO_NEW_JS = r"\.at\(|replaceAll|replaceChildren|structuredClone|\?\?=|\|\|=|&&=|#[a-z]+\s*[=(]|\.hasOwn\("

pytestmark = pytest.mark.xdist_group("pages")


def test_every_page_is_listed_and_what_is_listed_is_there(site: Site) -> None:
    """The gate lets nobody into what is not listed; here nothing is left over either."""
    assert routes_of(site.app) == LISTED


@pytest.mark.parametrize("name", [*WALK, *MORE])
def test_a_page_has_nothing_inside_that_runs_or_comes_from_elsewhere(site: Site, name: str) -> None:
    path, role = {**WALK, **MORE}[name]
    with site.browsing(role or None) as client:
        answer = client.get(at(site, path))
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert INLINE.findall(answer.text) == []
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", answer.text) == []


def test_every_answer_forbids_guessing_framing_and_telling(site: Site) -> None:
    asked = [("GET", at(site, path)) for path, _role in WALK.values()]
    asked += [
        ("GET", path) for path in ("/healthz", "/metrics", "/openapi.json", "/static/pages.css", "/nothing")
    ]
    asked += [
        ("GET", "/static-offline-docs/swagger-ui.css"),
        ("GET", "/api/v1/campaigns"),
        ("POST", "/login"),
    ]
    asked += [("GET", "/api/v1/units/S/status"), ("DELETE", "/"), ("POST", "/api/v1/session")]
    with site.browsing() as client:
        for method, path in asked:
            headers = client.request(method, path).headers
            assert headers["x-content-type-options"] == "nosniff", (method, path)
            assert headers["referrer-policy"] == "same-origin", (method, path)
            assert headers["x-frame-options"] == "DENY", (method, path)
            assert "default-src 'none'" in headers["content-security-policy"], (method, path)
            assert "unsafe" not in headers["content-security-policy"], (method, path)


def test_what_pages_are_drawn_with_is_kept_by_its_content(site: Site) -> None:
    with site.browsing("coordinator") as client:
        html = client.get("/").text
        linked = set(re.findall(r"(?:src|href)=\"(/static/[^\"#]*)", html))
        assert {one.partition("?")[0] for one in linked} >= {"/static/htmx.js", "/static/pages.css"}
        for one in linked:
            answer = client.get(one)
            assert re.fullmatch(r"/static/[\w.]+\?v=[0-9a-f]{12}", one)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        for name in ("nothing.css", "..%2Fpaper.py", "%2e%2e%2fpaper.py", "__init__.py", "htmx-2.min.js"):
            assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(("kind", "newer"), [("css", TOO_NEW_CSS), ("js", TOO_NEW_JS)])
def test_our_own_files_need_no_newer_browser(kind: str, newer: str) -> None:
    files = sorted((ROOT / "api" / "pages" / "static").glob(f"*.{kind}"))
    assert files
    for file in files:
        assert re.findall(newer, file.read_text(encoding="utf-8")) == [], file.name


def test_nothing_of_others_lies_in_the_repository() -> None:
    for file in (ROOT / "api" / "pages" / "static").iterdir():
        assert file.stat().st_size < 20_000, f"{file.name} is too large to be ours"


def test_who_is_not_logged_in_is_led_to_the_way_in_and_back(site: Site) -> None:
    shut = [path for method, path in LISTED - rights_pages.WITHOUT if method == "GET"]
    assert len(shut) > 5
    with site.browsing() as client:
        for path in shut:
            address = re.sub(r"\{\w+\}", "1", path)
            answer = client.get(address)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login"), path
        assert client.get("/campaigns/1").headers["location"] == "/login?to=/campaigns/1"
        answer = client.post("/logout")
        assert (answer.status_code, "登录已失效" in answer.text) == (401, True)


def test_what_is_not_there_or_breaks_is_a_page_for_people_and_a_problem_for_programs(own: Site) -> None:
    asked = {"Accept": "text/html,application/xhtml+xml"}
    with own.browsing("coordinator") as client:
        page, problem = client.get("/nothing", headers=asked), client.get("/nothing")
        assert (page.status_code, problem.status_code) == (404, 404)
        assert "没有这个地址" in page.text
        assert "unsafe" not in page.headers["content-security-policy"]
        assert "style-src 'self'" in page.headers["content-security-policy"]
        assert problem.json()["detail"] == "没有这个地址"
        assert client.get("/api/v1/nothing", headers=asked).json()["status"] == 404
        with own.store.write() as session:
            session.execute(sa.text("UPDATE campaign SET since = 'nonsense'"))
        broken = client.get("/campaigns/1", headers=asked)
        assert broken.status_code == 500
        assert "反映问题时请附上编号" in broken.text
        assert "Traceback" not in broken.text


def test_a_key_opens_no_page(site: Site, own: Any) -> None:
    from states.records import access

    with own.store.write() as session:
        token = access.create(session, "示例", own.hands.at, write=True)
    with own.browsing() as client:
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/api/v1/campaigns", headers=headers).status_code == 200
        assert client.get("/", headers=headers).status_code == 303
