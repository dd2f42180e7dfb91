"""Forms without scripts: refused as the API refuses, nothing typed is lost, a second click does nothing more."""

from __future__ import annotations

import re
from typing import Any

import pytest

from page_forms import hidden
from page_site import HOSTILE, Site, owing

pytestmark = pytest.mark.xdist_group("pages")


@pytest.fixture
def sending(own: Site) -> Any:
    """A liaison, the obligation that he owes, and a way to hand it in."""
    with own.browsing("liaison") as client:
        address = f"/campaigns/1/obligations/{own.owed}"
        yield Sending(own, client, address)


class Sending:
    def __init__(self, site: Site, client: Any, address: str) -> None:
        self.site, self.client, self.address = site, client, address

    def fields(self, form: str) -> dict[str, str]:
        return hidden(self.client.get(self.address).text, form)

    def hand_in(self, fields: dict[str, str], files: Any = None, **more: str) -> Any:
        parts = [(name, (None, value)) for name, value in {**fields, **more}.items()]
        parts += files or [("file", ("", b"", "application/octet-stream"))]
        return self.client.post(f"{self.address}/submissions", files=parts)


def test_handing_in_twice_by_two_clicks_is_done_once(sending: Sending) -> None:
    fields = sending.fields("submit")
    files = [("file", ("报告.txt", "示例".encode(), "text/plain"))]
    answers = [sending.hand_in(fields, files, text="已整改", reason="无") for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303], answers[0].text
    assert answers[0].headers["location"] == answers[1].headers["location"] == sending.address
    page = sending.client.get(sending.address).text
    assert "已报送" in page
    assert "第 1 次：报送" in page
    assert "第 2 次" not in page
    other = sending.hand_in(fields, text="别的内容")
    assert (other.status_code, "这张表已经提交过一次" in other.text) == (409, True)
    assert "别的内容" in other.text


def test_a_refusal_is_that_of_the_api_and_keeps_every_word(sending: Sending) -> None:
    fields = sending.fields("submit")
    api = sending.client.post(f"/api/v1{sending.address}/submit", json={"text": "长" * 20_001})
    told = api.json()["faults"][0]["says"]
    answer = sending.hand_in(fields, text="长" * 20_001, reason="写了的理由")
    assert (api.status_code, answer.status_code) == (422, 422)
    assert answer.text.count(told) == 2
    assert "长" * 20_001 in answer.text
    assert "写了的理由" in answer.text
    again = hidden(answer.text, "submit")
    assert again["_once"] == fields["_once"], "what was refused has used nothing up"
    assert sending.hand_in(again, text="短一些", reason="写了的理由").status_code == 303


def test_what_changed_meanwhile_is_said_and_the_form_is_about_what_is_there_now(sending: Sending) -> None:
    fields = sending.fields("submit")
    stale = {**fields, "version": "999"}
    answer = sending.hand_in(stale, text="示例")
    assert answer.status_code == 409
    assert "示例" in answer.text
    assert hidden(answer.text, "submit")["version"] == fields["version"]


def test_a_form_without_its_token_does_nothing(sending: Sending) -> None:
    for token in ("", "x" * 65, "示例"):
        answer = sending.hand_in({**sending.fields("submit"), "_once": token}, text="示例")
        assert (answer.status_code, "这张表不完整" in answer.text) == (409, True)
    assert "还没有报送" in sending.client.get(sending.address).text


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_in_every_field_show_as_text(sending: Sending, words: str) -> None:
    for form, names in {"submit": ("text", "reason"), "extend": ("until", "reason", "evidence")}.items():
        fields = {**sending.fields(form), **dict.fromkeys(names, words)}
        if form == "submit":
            fields["version"] = words
        path = {"submit": "submissions", "extend": "extensions"}[form]
        answer = sending.client.post(
            f"{sending.address}/{path}", files=[(name, (None, value)) for name, value in fields.items()]
        )
        assert answer.status_code in (409, 422), answer.text
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        if words == "{{7*7}}":
            assert answer.text.count(words) >= len(names)
        if len(words) > 1_000:
            assert answer.text.count(words) >= len(names), "kept whole"


def test_a_file_that_is_not_taken_is_said_at_its_field_and_the_words_stay(sending: Sending) -> None:
    bad = [("file", ("a.exe", b"MZ" + b"\0" * 200, "application/octet-stream"))]
    answer = sending.hand_in(sending.fields("submit"), bad, text="写好的文字")
    assert answer.status_code == 422
    assert "写好的文字" in answer.text
    assert 'id="submit-file-wrong"' in answer.text


def test_several_files_are_offered_only_where_several_are_taken(sending: Sending, own: Site) -> None:
    fields = re.findall(
        r'<input type="file" id="(submit|extend)-file"[^>]* multiple',
        sending.client.get(sending.address).text,
    )
    assert fields == ["submit", "extend"]
    for role, path in (("administrator", "/admin/import"), ("coordinator", "/campaigns/1/ledger/import")):
        with own.browsing(role) as client:
            (field,) = re.findall(r'<input type="file"[^>]*>', client.get(path).text)
            assert "multiple" not in field, path


def test_an_extension_is_asked_for_and_judged_by_a_coordinator(sending: Sending, own: Site) -> None:
    fields = {**sending.fields("extend"), "until": "+3wd", "reason": "示例理由"}
    parts = [(name, (None, value)) for name, value in fields.items()]
    answer = sending.client.post(f"{sending.address}/extensions", files=parts)
    page = sending.client.get(sending.address).text
    assert (answer.status_code, "示例理由" in page) in ((303, True), (409, False)), answer.text


def test_returning_needs_a_reason_and_says_so_at_the_field(own: Site) -> None:
    key = owing(own, ("submitted", "accepted"))[0]
    address = f"/campaigns/1/obligations/{key}"
    with own.browsing("coordinator") as client:
        fields = hidden(client.get(address).text, "return")
        answer = client.post(f"{address}/return", data=fields)
        assert answer.status_code == 409
        assert "理由" in answer.text
        answer = client.post(f"{address}/return", data={**fields, "reason": "缺照片"})
        assert (answer.status_code, "已退回" in client.get(address).text) == (303, True)
    with own.browsing("liaison") as client:
        assert client.post(f"{address}/accept", data=fields).status_code == 403
        assert "disabled>通过" in client.get(address).text
