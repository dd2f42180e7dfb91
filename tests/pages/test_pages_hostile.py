"""Hostile words wherever people write: they stand on every page as text, and no page falls apart over them."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.app import create_app
from page_browser import CHROMIUM, serving
from page_site import HOSTILE, Site, copied
from page_walk import MORE, REFUSING, WALK, at
from states.records import core

EVERY = {**WALK, **MORE}
SHORT = "".join(one for one in HOSTILE if len(one) < 100)
LONG = next(one for one in HOSTILE if len(one) > 100)
WRITTEN = (
    (core.unit, ("name",)),
    (core.campaign, ("title",)),
    (core.milestone, ("name", "words")),
    (core.phase, ("name",)),
    (core.contact, ("name", "bounce")),
    (core.notice, ("name", "person", "reason")),
    (core.mail, ("person", "error")),
    (core.proposal, ("name", "reason")),
    (core.account, ("name",)),
    (core.vacancy, ("reason",)),
    (core.calendar_year, ("source",)),
    (core.journal, ("reason", "actor")),
    (core.ledger_item, ("project", "problem")),
)
PHONE = 390

pytestmark = pytest.mark.xdist_group("pages")


def spoiled(site: Site, home: Path, words: str) -> Site:
    """A copy in which everything that people write ends in `words`."""
    made = copied(site, home)
    with made.store.write() as session:
        for table, columns in WRITTEN:
            session.execute(sa.update(table).values({name: table.c[name] + words for name in columns}))
    return made


@pytest.fixture(scope="module")
def hostile(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = spoiled(site, tmp_path_factory.mktemp("hostile"), SHORT)
    yield made
    made.close()


@pytest.mark.parametrize("name", EVERY)
def test_what_people_write_is_text_on_every_page(hostile: Site, name: str) -> None:
    path, role = EVERY[name]
    with hostile.browsing(role or None) as client:
        answer = client.get(at(hostile, path))
    assert answer.status_code < 500
    for sign in ("<script>alert", "<img src=x", "49示例", "49</"):
        assert sign not in answer.text, name
    if role and name not in REFUSING:
        assert html.escape(SHORT, quote=False).replace('"', "&#34;") in answer.text, "it is there, as text"


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not tried in a browser")
@pytest.mark.parametrize(
    "name",
    ["/", "/campaigns", "/campaigns/{campaign_id}/units/{code}", "/admin/contacts", "/admin/units/{code}"],
)
def test_ten_thousand_characters_make_no_page_wider(
    site: Site, tmp_path: Path, tab_of: Callable[..., Any], name: str
) -> None:
    made = spoiled(site, tmp_path, SHORT + LONG)
    path, role = EVERY[name]
    with serving(create_app(made.settings, now=made.hands)) as address:
        tab = tab_of(address, made.tokens[role], width=PHONE)
        assert tab.go(at(made, path)).status == 200
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE
        assert tab.troubles == []
    made.close()
