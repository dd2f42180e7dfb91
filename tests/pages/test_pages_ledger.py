"""The ledger for people, over HTTP and without scripts: the API's list under the plan's titles, rows corrected against what
was seen, claims checked one after the other."""

from __future__ import annotations

import re
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest

from page_forms import filled
from page_site import COUNTY, HOSPITAL, HOSTILE, LEDGER, Site, problems
from states.reading import shipped
from states.records import launch, ledger_acting
from states.records.asker import EVERYTHING

L = "/campaigns/1/ledger"
API = f"/api/v1{L}"

pytestmark = pytest.mark.xdist_group("pages")


def numbers(html: str) -> list[int]:
    return [int(one) for one in re.findall(r'<tr id="item-(\d+)"', html)]


def moved(site: Site, no: int, move: str, **more: Any) -> None:
    """Somebody else makes a move."""
    with site.store.write() as session:
        ledger_acting.move(session, EVERYTHING, 1, no, move, site.hands.at, **more)


def of_field(html: str, name: str) -> str:
    """What is said at a field of the form of corrections."""
    found = re.search(rf'id="correct-{re.escape(name)}-wrong">([^<]*)<', html)
    return found[1] if found else ""


# -- the table --------------------------------------------------------------------------------------------


def test_the_table_is_the_list_of_the_api_under_the_titles_of_the_plan(site: Site) -> None:
    asked: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
        ({}, {}),
        ({"state": "claimed"}, {"state": "claimed"}),
        ({"q": "公示"}, {"q": "公示"}),
        ({"only": "standing"}, {"standing": "true"}),
        ({"only": "undated"}, {"undated": "true"}),
        ({"under": COUNTY}, {"under": COUNTY}),
        ({"found_by": "complaint"}, {"found_by": "complaint"}),
    )
    with site.browsing("coordinator") as client:
        page = client.get(L).text
        heads = re.findall(r'<th scope="col"[^>]*>([^<]+)<', page)
        for title in ("存在问题", "整改措施", "责任领导", "责任单位", "备注"):
            assert title in heads
        assert heads.index("整改措施") + 1 == heads.index("责任领导"), "where the plan has it"
        assert "示例备注" in page
        for ours, theirs in asked:
            listed = [one["no"] for one in client.get(API, params=theirs).json()["items"]]
            found = client.get(L, params=ours).text
            assert numbers(found) == listed, ours
            (way,) = re.findall(rf'href="({API}/export[^"]*)"', found)
            assert way == f"{API}/export" + (f"?{urlencode(theirs)}" if theirs else "")
        assert client.get(f"{API}/export").headers["content-disposition"].startswith("attachment")
        wrong = client.get(L, params={"state": "nonsense"})
        assert (wrong.status_code, "没有“nonsense”" in wrong.text) == (422, True)
        assert client.get(f"{L}/9999").status_code == 404
        assert client.get(f"{L}/nonsense").status_code == 404


def test_measures_that_the_plan_numbers_are_numbered_once_and_nothing_done_is_said_so(own: Site) -> None:
    rows = """
  rows:
    - {no: 1, project: 示例项目, problem: 收费不公开, measures: ["1.上墙公示", "2.培训"], departments: [医务处], due: 长期坚持}
    - {no: 2, project: 示例项目, problem: 记录不全, measures: [补齐, 抽查], departments: [医务处], due: 长期坚持}
"""
    order = launch.Order(
        shipped()["standard-four-phase"] + LEDGER.rstrip() + rows,
        own.hands.at.date(),
        {},
        title="有台账的行动",
    )
    with own.store.write() as session:
        key = launch.launch(session, order, own.hands.at, "test")
    with own.browsing("coordinator") as client:
        where = f"/campaigns/{key}/ledger"
        page, item, other = (client.get(f"{where}{one}").text for one in ("", "/1", "/2"))
    lists = [re.findall(r'<ol class="(measures[^"]*)"><li>([^<]+)<', html) for html in (page, item, other)]
    assert lists == [
        [("measures own", "1.上墙公示"), ("measures", "补齐")],
        [("measures own", "1.上墙公示")],
        [("measures", "补齐")],
    ]
    assert "还没有办理过" in item


def test_pages_follow_each_other_and_leave_nothing_out(own: Site) -> None:
    problems(
        own, HOSPITAL, [{"problem": f"问题{n}", "measures": ("改",), "due": "长期坚持"} for n in range(120)]
    )
    seen: list[int] = []
    with own.browsing("coordinator") as client:
        way = f"{L}?only=standing"
        while way:
            page = client.get(way).text
            seen += numbers(page)
            found = re.search(r'rel="next" href="([^"]+)"', page)
            way = found[1].replace("&amp;", "&") if found else ""
    assert seen == [3, *range(4, 124)]


# -- a row that is corrected ---------------------------------------------------------------------------------


def test_a_row_is_corrected_where_it_stands_and_leads_back_to_it(own: Site) -> None:
    with own.browsing("coordinator") as client:
        sheet = filled(client.get(f"{L}?state=open&edit=1").text, "correct")
        assert sheet["problem"] == "重复收取检查费"
        assert sheet["measures"] == "退费\n培训收费人员"
        sent = {
            **sheet,
            "problem": "重复收取检查费12笔",
            "own.1": "已约谈",
            "measures": "退费\r\n再培训\r\n公示",
        }
        answer = client.post(f"{L}/1", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{L}?state=open#item-1")
        told = client.get(f"{API}/1").json()
        assert (told["problem"], told["more"], told["version"]) == (
            "重复收取检查费12笔",
            {"备注": "已约谈"},
            2,
        )
        assert told["measures"] == ["退费", "再培训", "公示"]
        page = client.get(f"{L}/1").text
        assert "台账第1项已改：存在问题、整改措施、备注" in page
        assert "<del>示例备注</del><ins>已约谈</ins>" in page
        again = client.post(f"{L}/1", data=sent)
        assert again.headers["location"] == answer.headers["location"], "a second click does nothing more"
        assert client.get(f"{API}/1").json()["version"] == 2
        same = filled(client.get(f"{L}/1").text, "correct")
        client.post(f"{L}/1", data=same)
        assert client.get(f"{API}/1").json()["version"] == 2, "nothing changed, nothing written"


def test_what_others_changed_meanwhile_is_said_cell_by_cell_and_not_written_over_unseen(own: Site) -> None:
    with own.browsing("coordinator") as one, own.browsing("coordinator") as other:
        mine = filled(one.get(f"{L}?edit=1").text, "correct")
        theirs = filled(other.get(f"{L}?edit=1").text, "correct")
        theirs |= {"problem": "他人的写法", "own.1": "他人的备注"}
        assert other.post(f"{L}/1", data=theirs).status_code == 303
        answer = one.post(f"{L}/1", data={**mine, "problem": "我的写法", "project": "我的项目"})
        assert answer.status_code == 409
        assert "台账第1项刚刚被他人改动" in answer.text
        assert "user:" not in answer.text, "people by their names"
        assert "他人已改为“他人的写法”" in of_field(answer.text, "problem")
        assert "他人已改成现在的文字" in of_field(answer.text, "own.1")
        assert of_field(answer.text, "project") == ""
        told = one.get(f"{API}/1").json()
        assert (told["problem"], told["project"]) == ("他人的写法", "示例项目"), "nothing of it is written"
        again = filled(answer.text, "correct")
        assert (again["problem"], again["project"], again["own.1"]) == ("我的写法", "我的项目", "他人的备注")
        assert one.post(f"{L}/1", data=again).status_code == 303
        told = one.get(f"{API}/1").json()
        assert (told["problem"], told["project"]) == ("我的写法", "我的项目")
        assert told["more"] == {"备注": "他人的备注"}, "what was left alone is not put back"


def test_what_no_record_can_take_is_said_at_its_field_and_nothing_typed_is_lost(own: Site) -> None:
    wrong = {"problem": "  ", "due": "尽早抓一下", "departments": "不存在科", "own.1": "长" * 2_001}
    with own.browsing("coordinator") as client:
        sheet = filled(client.get(f"{L}/1").text, "correct")
        answer = client.post(f"{L}/1", data={**sheet, **wrong, "project": "写好的项目"})
        assert answer.status_code == 422
        said = {name: of_field(answer.text, name) for name in wrong}
        assert "不能改成空的" in said["problem"]
        assert "看不懂期限" in said["due"]
        assert "“不存在科”不在单位表中" in said["departments"]
        assert "最多 2000 字" in said["own.1"]
        kept = filled(answer.text, "correct")
        assert (kept["project"], kept["own.1"]) == ("写好的项目", "长" * 2_001)
        assert client.get(f"{API}/1").json()["version"] == 1
        how = {**kept, "problem": "改好", "own.1": "", "stand_in": "true", "undated": "true"}
        assert client.post(f"{L}/1", data=how).status_code == 303
        told = client.get(f"{API}/1").json()
        assert (told["words"], told["departments"], told["more"]) == ("尽早抓一下", ["不存在科"], {})
        for more in (
            {"stamp": "nonsense"},
            {"own": "x", "own.0": "y"},
            {"own.9999": "x"},
            {"own.1.2": "x"},
            {"unknown": "x"},
        ):
            broken = {**more, **how, **more, "_once": f"another{more}"[:60]}
            assert client.post(f"{L}/1", data=broken).status_code == 422, more


def test_a_county_corrects_below_itself_and_its_own_only_until_it_is_claimed(own: Site) -> None:
    (below,) = problems(own, HOSPITAL, [{"problem": "甲", "measures": ("改",), "due": "长期坚持"}])
    (mine,) = problems(own, COUNTY, [{"problem": "乙", "measures": ("改",), "due": "长期坚持"}])
    with own.browsing("liaison") as client:
        page = client.get(L).text
        assert numbers(page) == [below, mine], "of its own county alone"
        for no in (below, mine):
            sheet = filled(client.get(f"{L}?edit={no}").text, "correct")
            assert client.post(f"{L}/{no}", data={**sheet, "project": "改过"}).status_code == 303
            moved(own, no, "claim")
        assert f"edit={below}" in client.get(L).text
        assert f"edit={mine}" not in client.get(L).text
        sheet = filled(client.get(f"{L}?edit={below}").text, "correct")
        assert client.post(f"{L}/{below}", data={**sheet, "project": "再改"}).status_code == 303
        shut = client.get(f"{L}?edit={mine}").text
        assert "“已申报销号”，改动须由上级办理" in shut
        stamp = {
            "stamp": sheet["stamp"],
            "_once": "one",
            "project": "硬改",
            "problem": "乙",
            "measures": "改",
        }
        assert client.post(f"{L}/{mine}", data=stamp).status_code == 409
        assert client.get(f"{API}/{mine}").json()["project"] == "改过"
        assert client.get(f"{L}/1").status_code == 403
        assert client.post(f"{L}/1", data=stamp).status_code == 403
    with own.browsing("leader") as client:
        assert "edit=" not in client.get(L).text
        assert client.post(f"{L}/1", data=stamp).status_code == 403


WAYS = (
    ("list?state=open&at=1", f"{L}?state=open#item-1"),
    ("queue?step=claimed&cursor=20&at=7", f"{L}/queue?step=claimed&cursor=20#item-7"),
    ("https://example.test/?a=b", f"{L}/1"),
    ("//example.test?a=b", f"{L}/1"),
    ("list?next=//example.test&at=1/../..", L),
    ("list?q=%0d%0aX:1", f"{L}?q=%0D%0AX%3A1"),
    ("list?" + "&".join(["q=1"] * 50), L),
    ("list?q=" + "1" * 5_000, f"{L}/1"),
    ("", f"{L}/1"),
)


def test_a_form_leads_back_into_the_ledger_and_nowhere_else(own: Site) -> None:
    with own.browsing("coordinator") as client:
        for number, (back, to) in enumerate(WAYS):
            sheet = filled(client.get(f"{L}/1").text, "correct")
            sent = {**sheet, "project": f"改{number}", "_back": back}
            answer = client.post(f"{L}/1", data=sent)
            assert (answer.status_code, answer.headers["location"]) == (303, to)


def test_hostile_words_in_every_field_show_as_text(own: Site) -> None:
    forms = {"correct": f"{L}/1", "handover": f"{L}/1/handover", "start": f"{L}/1/moves"}
    with own.browsing("coordinator") as client:
        for words, (form, address) in product(HOSTILE, forms.items()):
            sheet = filled(client.get(f"{L}/1").text, form)
            own_names = [name for name in sheet if not name.startswith("_") and name not in ("stamp", "move")]
            answer = client.post(address, data={**sheet, **dict.fromkeys(own_names, words), "_back": words})
            assert answer.status_code == 422, (form, answer.text)
            for sign in ("<script>alert", "<img src", "49</"):
                assert sign not in answer.text, form
            if form == "correct":
                assert all(filled(answer.text, form)[name] == words for name in ("problem", "own.1"))


# -- checked, closed, returned ---------------------------------------------------------------------------------


def queued(html: str) -> list[int]:
    return [int(one) for one in re.findall(r'<article id="item-(\d+)"', html)]


def test_claims_are_decided_one_after_the_other(own: Site) -> None:
    found = [
        {"problem": f"问题{n}", "measures": ("改", "再改"), "due": "发现后5个工作日内"} for n in range(3)
    ]
    first, second, third = problems(own, HOSPITAL, found)
    for no in (first, second, third):
        moved(own, no, "claim")
    with own.browsing("coordinator") as client:
        page = client.get(f"{L}/queue").text
        assert queued(page) == [2, first, second, third]
        sheet = filled(page, f"q{first}")
        answer = client.post(f"{L}/{first}/moves", data={**sheet, "move": "close"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{L}/queue#item-{second}")
        page = client.get(f"{L}/queue").text
        assert f"台账第{first}项：销号，现在已销号" in page
        assert queued(page) == [2, second, third]

        sheet = filled(page, f"q{second}")
        answer = client.post(f"{L}/{second}/moves", data={**sheet, "move": "return"})
        assert (answer.status_code, "“退回”须写明理由" in answer.text) == (409, True)
        again = {**filled(answer.text, "return"), "reason": "缺退费凭证"}
        answer = client.post(f"{L}/{second}/moves", data=again)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{L}/queue#item-{third}")
        told = client.get(f"{API}/{second}").json()
        assert (told["state"]["key"], told["history"][-1]["reason"]) == ("rectifying", "缺退费凭证")

        sheet = filled(client.get(f"{L}/queue").text, f"q{third}")
        client.post(f"{L}/{third}/moves", data={**sheet, "move": "check"})
        assert queued(client.get(f"{L}/queue?step=checked").text) == [third]
        assert queued(client.get(f"{L}/queue?step=claimed").text) == [2]
        part = {**filled(client.get(f"{L}/{third}").text, "partial"), "measures": ["1"]}
        assert client.post(f"{L}/{third}/moves", data=part).status_code == 303
        assert client.get(f"{API}/{third}").json()["done"] == [1]


def test_who_comes_second_hears_what_the_first_did_and_keeps_his_words(own: Site) -> None:
    with own.browsing("coordinator") as client:
        sheet = filled(client.get(f"{L}/queue").text, "q2")
        moved(own, 2, "return", reason="他人的理由")
        answer = client.post(f"{L}/2/moves", data={**sheet, "move": "close", "reason": "我写的理由"})
        assert answer.status_code == 409
        assert "台账第2项刚刚被他人改动（现为“整改中”" in answer.text
        assert "我写的理由" in answer.text
        assert client.get(f"{API}/2").json()["state"]["key"] == "rectifying"
        lost = client.post(f"{L}/2/moves", data={**sheet, "move": "vanish"})
        assert (lost.status_code, "没有“vanish”这个动作" in lost.text) == (422, True)


def test_nobody_checks_who_may_not_and_what_is_shut_says_why(own: Site) -> None:
    (no,) = problems(own, COUNTY, [{"problem": "甲", "measures": ("改",), "due": "发现后5个工作日内"}])
    with own.browsing("liaison") as client:
        assert client.get(f"{L}/queue").status_code == 403
        page = client.get(f"{L}/{no}").text
        assert "disabled>销号</button>" in page
        assert 'id="claim"' in page
        sheet = filled(page, "claim")
        assert client.post(f"{L}/{no}/moves", data=sheet).status_code == 303
        assert (
            client.post(f"{L}/{no}/moves", data={**sheet, "_once": "two", "move": "close"}).status_code == 409
        )
        assert client.get(f"{API}/{no}").json()["state"]["key"] == "claimed"
    with own.browsing("coordinator") as client:
        assert no in queued(client.get(f"{L}/queue").text)
        sheet = filled(client.get(f"{L}/{no}").text, "handover")
        sent = {**sheet, "to": "示例市医疗保障局", "number": "移〔2026〕3号"}
        assert client.post(f"{L}/{no}/handover", data=sent).status_code == 303
        assert client.get(f"{API}/{no}").json()["handed"]["to"] == "示例市医疗保障局"
