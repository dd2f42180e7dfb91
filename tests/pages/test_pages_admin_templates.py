"""Plans by pages: what one says and how it is drawn; one's own checked with each fault at its line; what is sound goes on to a start."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from api.pages import admin_templates
from page_forms import hidden
from page_site import HOSTILE, Site
from states.errors import Fault
from states.reading import shipped
from states.records import core
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

TEMPLATES = "/admin/templates"
OWN = """key: own-plan
version: 1
title: 自己的方案
phases:
  - {key: check, name: 自查, window: 为期2周}
  - {key: mend, name: 整治, opens: after_previous, window: 为期2周}
requirements:
  - {key: report, name: 报告, phase: check, due: 启动后10日内}
"""
WRONG = OWN.replace("phase: check", "phase: chekc").replace(
    "为期2周}\n  - {key: mend", "改天}\n  - {key: mend"
)


def send(client: Any, text: str = "", content: bytes | None = None, name: str = "方案.yaml") -> Any:
    form = {**hidden(client.get(TEMPLATES).text, "own"), "text": text}
    return client.post(TEMPLATES, data=form, files={"file": (name if content else "", content or b"")})


def test_every_shipped_plan_is_listed_shown_drawn_and_given_out(site: Site) -> None:
    with site.browsing("administrator") as client:
        page = client.get(TEMPLATES).text
        for key in shipped():
            assert f'href="{TEMPLATES}/{key}"' in page
            shown = client.get(f"{TEMPLATES}/{key}")
            assert shown.status_code == 200, key
            assert client.get(f"{TEMPLATES}/{key}/text").text == shipped()[key]
        drawn = client.get(f"{TEMPLATES}/standard-four-phase").text
        assert 'class="chain"' in drawn
        assert '<svg class="timeline"' in drawn
        assert "进行中的行动所用的" in page
        assert client.get(f"{TEMPLATES}/nothing").status_code == 404
        assert client.get(f"{TEMPLATES}/nothing/text").status_code == 404


@pytest.mark.parametrize("way", ["file", "paste"])
def test_each_fault_stands_at_its_line_and_the_text_stays_to_be_put_right(site: Site, way: str) -> None:
    with site.browsing("administrator") as client:
        wrong = send(client, content=WRONG.encode()) if way == "file" else send(client, WRONG)
        assert wrong.status_code == 422
        lines = re.findall(r'<div class="row wrong" id="L(\d+)">', wrong.text)
        assert lines == ["5", "8"]
        for number in lines:
            _before, _, after = wrong.text.partition(f'id="L{number}"')
            assert '<p class="fault">' in after.partition('class="row')[0]
        assert "chekc" in wrong.text.partition('<textarea id="again-text"')[2]
        good = client.post(
            TEMPLATES, data={**hidden(wrong.text, "again"), "text": OWN}, files={"file": ("", b"")}
        )
        assert (good.status_code, "没有问题" in good.text) == (200, True)
        assert "启动由协调员办理" in good.text


def test_what_is_sound_goes_on_to_where_campaigns_are_started(site: Site) -> None:
    with site.browsing("coordinator") as client:
        good = send(client, content=OWN.encode())
        form = hidden(good.text, "start")
        assert "自己的方案" in good.text
        assert form["text"].startswith("key: own-plan")
        started = client.post("/start/plan", data=form)
        assert (started.status_code, "自己的方案" in started.text) == (200, True)


def test_what_is_no_template_is_said_at_its_field(site: Site) -> None:
    with site.browsing("administrator") as client:
        for answer, said in (
            (send(client), "两样只用一样"),
            (send(client, OWN, OWN.encode()), "两样只用一样"),
            (send(client, content="标题：乱码".encode("gb18030")), "UTF-8"),
            (send(client, content=b"\xff\xfe\0\1"), "UTF-8"),
            (send(client, content=b"%PDF-1.7 ...", name="方案.pdf"), "请选择 .yaml、.yml 或 .txt 文件"),
            (send(client, content=b" "), "key"),
        ):
            assert (answer.status_code, said in answer.text) == (422, True), said
        kept = send(client, OWN, OWN.encode()).text
        assert "own-plan" in kept.partition('<textarea id="own-text"')[2], "what was typed stays"
        hostile = send(
            client, OWN.replace("自己的方案", "'" + HOSTILE[0] + HOSTILE[1] + "'") + "nope: 1\n"
        ).text
        assert "&lt;script&gt;alert" in hostile
        assert "<script>alert" not in hostile


def test_a_long_text_is_shown_around_its_faults() -> None:
    text = "\n".join(str(n) for n in range(1, 3001))
    shown = admin_templates.lines(
        text, [Fault("a", "x", 10), Fault("b", "y", 10), Fault("c", "z", 2990), Fault("", "w")]
    )
    assert [one.number for one in shown] == [*range(6, 15), *range(2986, 2995)]
    assert [one.skipped for one in shown if one.skipped] == [5, 2971]
    assert [len(one.faults) for one in shown if one.faults] == [2, 1]
    assert [one.words for one in shown[:2]] == ["6", "7"]
    assert len(admin_templates.lines("a\nb", [])) == 2


def test_a_plan_in_use_that_cannot_be_read_is_said_where_plans_are(own: Site) -> None:
    with own.store.write() as session:
        broken = {"template_text": "key: [", "template_sha256": "no such text"}
        session.execute(sa.update(core.campaign).where(core.campaign.c.id == 2).values(**broken))
    with own.browsing("administrator") as client:
        assert "读不懂</span>" in client.get(TEMPLATES).text
        assert "第二个行动" in client.get("/admin").text


@pytest.mark.parametrize("role", [Role.auditor, Role.leader, Role.liaison])
def test_others_have_nothing_to_check(site: Site, role: Any) -> None:
    with site.browsing(role) as client:
        assert client.get(TEMPLATES).status_code == 403
        files = {"file": ("方案.yaml", OWN.encode())}
        assert client.post(TEMPLATES, data={"_once": "x"}, files=files).status_code == 403
