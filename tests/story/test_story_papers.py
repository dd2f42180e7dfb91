"""The county's plan against outstanding issues, with what its coordinator asks for: case files that stay at the hospital
(一案一档), and a report of rectification that comes signed, sealed and with photos.

January to March 2027. The case files are due on Sunday 31 January, the report on Wednesday 31 March.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from states.clock import now as present
from states.errors import Refused
from states.reading import shipped
from states.records import handing_in, submissions
from states.records.access import EVERYTHING
from states.records.campaigns import running
from states.records.handing_in import Content
from states.records.launch import Order
from states.records.sweeping import check
from states.records.vault import Vault

KEY = "county-outstanding-issues"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal"),
    ("H", "示例县人民医院", "hospital", "", "R", HELD),
    ("T", "示例县中医院", "tcm_hospital", "", "R", HELD),
)
BLANKS = """
begins 2027年1月4日
ends 2027年3月31日
mobilise.until 1月8日前
investigate.from 1月11日
investigate.until 1月31日
rectify.from 2027年2月
rectify.until 2027年2月
summarise.from 2027年3月
summarise.until 2027年3月
summary.due 3月25日前
dispatch-meeting.every 不定期
joint-consultation.every 不定期
"""
ASKED = (
    ("    name: 工作台账（一案一档）\n", "    keep_at_unit: true\n"),
    (
        "    name: 整治报告\n",
        "    review: true\n    copies: [示例纪检组]\n    evidence: {files: 3, photos: 2, signer: true, seal: true}\n",
    ),
)
PDF, AGAIN = b"%PDF-1.7\nreport\n%%EOF\n", b"%PDF-1.7\nreport with its signatures\n%%EOF\n"
PHOTOS = [b"\x89PNG\r\n\x1a\n" + bytes([n]) * 40 for n in range(2)]
ONE, TWO = (hashlib.sha256(one).hexdigest() for one in PHOTOS)


@pytest.fixture
def told(story: Any, tmp_path: Path) -> Any:
    text = shipped()[KEY]
    for name, terms in ASKED:
        assert text.count(name) == 1
        text = text.replace(name, name + terms)
    fills = dict(line.split(" ", 1) for line in story.lines(BLANKS))
    story.vault = Vault(tmp_path / "files")
    return story.people(UNITS).launch(Order(text, date(2027, 1, 4), fills), "2027-01-04 08:00")


def hand_in(
    told: Any, unit: str, matter: str, act: str, *files: tuple[str, bytes], **more: Any
) -> Callable[[Any], None]:
    """As the doors do it: each file beside first, looked at, then all of it in one transaction."""

    def do(now: Any) -> None:
        key = told.owed(unit, matter).id
        with ExitStack() as stack:
            arrived = []
            for name, content in files:
                coming = stack.enter_context(told.vault.receive(1 << 20))
                coming.write(content)
                arrived.append(handing_in.looked_at(coming, name))
            sent = Content(arrived=tuple(arrived), **more)
            with told.store.write() as session:
                campaign = running(session, told.campaign)
                handing_in.hand_in(session, EVERYTHING, campaign, key, act, sent, now, f"unit:{unit}")

    return do


def refused(work: Callable[[Any], None], *sentences: str) -> Callable[[Any], None]:
    def do(now: Any) -> None:
        with pytest.raises(Refused) as caught:
            work(now)
        assert caught.value.refusals == list(sentences)

    return do


def versions(told: Any, unit: str, matter: str) -> list[Any]:
    key = told.owed(unit, matter).id
    with told.store.read() as session:
        return submissions.told(session, running(session, told.campaign), key)


def heard(told: Any, unit: str, what: str) -> list[tuple[str, str]]:
    to = f"liaison.{unit.lower()}@example.org"
    lines = [(told.local(mail.at)[:10], *line) for mail in told.mails if mail.to == to for line in mail.lines]
    return [(day, rung) for day, rung, _unit, about in lines if about == what and rung in ("提醒", "催办")]


def test_case_files_stay_at_the_hospital_and_are_only_confirmed(told: Any) -> None:
    matter, name = "case-ledger", "工作台账（一案一档）"
    kept = f"“{name}”留在单位备查，不必上传，只须确认"
    acts = [
        ("2027-01-20 10:00", refused(hand_in(told, "H", matter, "submit", ("台账.pdf", PDF)), kept)),
        ("2027-01-20 11:00", hand_in(told, "H", matter, "confirm", signer="王示例")),
    ]
    told.live("2027-02-02 18:00", acts)
    (one,) = versions(told, "H", matter)
    assert (one["act"]["name"], one["files"], one["late"]) == ("确认留存备查", [], False)
    assert told.owed("H", matter).status == "accepted"
    assert heard(told, "H", name) == [], "nothing more is asked of who has confirmed"
    assert "催办" in {rung for _day, rung in heard(told, "T", name)}
    assert list(told.vault.kept()) == []


def test_a_report_comes_with_its_evidence_goes_back_and_comes_again_and_serves_twice(told: Any) -> None:
    matter, photos = "rectification-report", [("门诊.png", PHOTOS[0]), ("公示栏.png", PHOTOS[1])]
    lacking = (
        "“整治报告”至少要附 2 张照片（内容不同），现有 1 张",
        "“整治报告”至少要附 3 个文件（内容不同），现有 2 个",
        "“整治报告”须写明盖章情况",
    )
    bare = hand_in(told, "H", matter, "submit", ("报告.pdf", PDF), photos[0], signer="王示例")
    signed = {"signer": "王示例", "seal": "已盖单位公章"}
    again = hand_in(told, "H", matter, "submit", ("报告（签字）.pdf", AGAIN), earlier=(ONE, TWO), **signed)
    serves = hand_in(told, "H", "self-check", "submit", earlier=(ONE,))
    acts = [
        ("2027-03-19 10:00", refused(bare, *lacking)),
        ("2027-03-22 10:00", hand_in(told, "H", matter, "submit", ("报告.pdf", PDF), *photos, **signed)),
        ("2027-03-23 10:00", told.act("H", matter, "return", reason="缺签字页")),
        ("2027-03-25 10:00", again),
        ("2027-03-25 11:00", serves),
        ("2027-03-26 10:00", told.act("H", matter, "accept")),
    ]
    told.live("2027-03-30 18:00", acts)
    second, first = versions(told, "H", matter)
    assert [one["name"] for one in first["files"]] == ["报告.pdf", "门诊.png", "公示栏.png"]
    assert [one["name"] for one in second["files"]] == ["报告（签字）.pdf", "门诊.png", "公示栏.png"]
    assert [one["judged"]["reason"] for one in (first, second)] == ["缺签字页", None]
    assert (second["to"], second["copies"], second["seal"]) == ("县卫健局", ["示例纪检组"], "已盖单位公章")
    owed = told.owed("H", matter)
    assert (owed.status, told.local(owed.due_at)) == ("accepted", "2027-03-31 18:00"), (
        "later than three working days"
    )
    assert heard(told, "H", "整治报告") == [], "accepted before the first reminder of its date"
    found = check(told.store, told.vault, present())
    assert (found.contents, found.references, found.troubles, found.orphaned) == (4, 7, (), ())
