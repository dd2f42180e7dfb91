"""Units are named in filters and forms as people call them; whose name fits several, or none in reach, is told so."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from api.pages import decisions_moves
from page_forms import hidden
from page_site import COUNTY, ELSEWHERE, HOSPITAL, Site
from states.records.core import unit

pytestmark = pytest.mark.xdist_group("pages")

C = "/campaigns/1"
ASKED = (
    ("/units?under={}", COUNTY),
    ("/obligations?under={}", COUNTY),
    ("/obligations?unit={}", HOSPITAL),
    ("/ledger?under={}", ELSEWHERE),
    ("/decisions?unit={}", HOSPITAL),
)


def name_of(site: Site, code: str) -> str:
    with site.store.read() as session:
        return session.execute(sa.select(unit.c.name).where(unit.c.code == code)).scalar_one()


def found(client: Any, path: str) -> list[str]:
    """What is listed there."""
    answer = client.get(f"{C}{path}")
    assert answer.status_code == 200, answer.text
    main = unescape(answer.text).partition('<main id="content"')[2]
    return re.findall(r'<th scope="row">.*?</th>|<h2 id="one".*?</h2>|/export[^"]*', main)


def test_a_filter_takes_a_name_for_a_code(site: Site) -> None:
    with site.browsing("coordinator") as client:
        for path, code in ASKED:
            by_code = found(client, path.format(code))
            assert len(by_code) > 0, path
            for words in (name_of(site, code), f" {name_of(site, code)[2:]} "):
                assert found(client, path.format(quote(words))) == by_code, (path, words)
        several = client.get(f"{C}/units", params={"under": "人民医院"})
        assert several.status_code == 422
        assert "名称里有“人民医院”的单位不止一个，请写全称或代码：" in several.text
        assert f"{name_of(site, HOSPITAL)}（{HOSPITAL}）" in several.text
        none = client.get(f"{C}/obligations", params={"unit": "没有的医院_%"})
        assert (none.status_code, "没有名称里有“没有的医院_%”的单位" in none.text) == (422, True)


def test_names_out_of_reach_are_names_of_nothing(site: Site) -> None:
    away = name_of(site, ELSEWHERE)
    with site.browsing("liaison") as client:
        answer = client.get(f"{C}/units", params={"under": away})
        assert (answer.status_code, f"没有名称里有“{away}”的单位" in answer.text) == (422, True)


def test_many_are_moved_by_their_names_and_it_is_seen_where_they_stand(
    own: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"{C}/decisions/moves"
    typed = {"move": "suspend", "reason": "示例", "codes": f"{name_of(own, HOSPITAL)} {COUNTY}"}
    with own.browsing("coordinator") as client:
        tried = client.post(f"{here}/try", data={**hidden(client.get(here).text, "many"), **typed})
        assert "选中 2 个单位，其中 2 个会走这一步" in tried.text
        assert client.post(here, data={**hidden(tried.text, "many"), **typed}).status_code == 303
        page = client.get(f"{C}/units/{HOSPITAL}").text
        assert "恢复 → 自查自纠<" in page
        assert '<span class="chip">自查自纠（暂停）</span>' in page, "not as if it went on"
        assert "自查自纠（暂停）" in client.get(f"{C}/units?q={HOSPITAL}").text
        monkeypatch.setattr(decisions_moves, "NAMES", 1)
        many = {**typed, "codes": f"{name_of(own, HOSPITAL)} {name_of(own, COUNTY)}"}
        refused = client.post(f"{here}/try", data={**hidden(client.get(here).text, "many"), **many})
        assert (refused.status_code, 'id="many-codes-wrong"' in refused.text) == (422, True)
    with own.browsing("coordinator") as client:
        page = client.get(f"{C}/units/{ELSEWHERE}").text
        assert "暂停 → 自查自纠（暂停）" in page
        assert "<summary>免办</summary>" in page, "where it leads is what it is called"
