"""duban proposals …, duban letter …: decided, taken out, received, and a form of one's own, on the command line."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from command_line import begin, data, duban
from states import clock, settings
from states.documents import worddoc
from states.documents.zipping import fixed, parts_of
from states.records.foretell import run_through
from states.records.outbox import MailHours
from states.records.session import connect

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
SX-H02,示例县中医院,医院,SX
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: report, name: 报告, due: 启动后3日内}
ladder: main
ladders:
  main:
    rungs:
      - {at: +1d, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书, reply: +3wd}
"""


@pytest.fixture
def folder(at_home: Path) -> Path:
    """Two proposals, as they will be in two weeks."""
    begin(at_home, UNITS, PLAN, clock.now().date())
    store = connect(settings.read().database_url)
    hours = MailHours(ZoneInfo("Asia/Shanghai"), time(9), time(17, 30))
    run_through(store, clock.now(), clock.now() + timedelta(days=14), hours)
    store.close()
    return at_home


def test_proposals_are_decided_and_the_letter_is_taken_out_and_received(folder: Path) -> None:
    one, two = (found["id"] for found in data("proposals", "list", "1"))
    assert "示例县人民医院" in duban("proposals", "list", "1").stdout
    said = duban("proposals", "confirm", "1", str(one), "--by", "王示例", "--reason", "没有回音").stdout
    assert "已确认，示例县人民医院：约谈通知书〔" in said
    again = duban("proposals", "confirm", "1", str(one), "--by", "赵示例", "--reason", "再来", code=1)
    assert "已由王示例于" in again.stderr
    duban("proposals", "dismiss", "1", str(two), "--by", "王示例", "--reason", "已当面说明")
    assert data("proposals", "list", "1") == []
    assert {found["state"] for found in data("proposals", "list", "1", "--state", "all")} == {
        "confirmed",
        "dismissed",
    }
    (letter,) = data("letter", "list", "1")
    duban("letter", "save", "1", str(letter["id"]), "-o", str(folder / "a.docx"))
    assert letter["number"] in worddoc.read((folder / "a.docx").read_bytes(), "a.docx").text
    duban("letter", "save", "1", str(letter["id"]), "-o", str(folder / "a.docx"), code=1)
    assert "已由李示例签收" in duban("letter", "acknowledge", "1", str(letter["id"]), "--by", "李示例").stdout
    assert "李示例" in duban("letter", "list", "1").stdout


def test_all_that_wait_are_confirmed_with_one_reason_with_another_kind_of_letter(folder: Path) -> None:
    said = ("--by", "王示例", "--reason", "没有回音")
    assert "请写明办理哪些" in duban("proposals", "confirm", "1", *said, code=1).stderr
    words = ("proposals", "confirm", "1", "--all", *said)
    assert "没有列出文书" in duban(*words, "--letter", "提醒敦促函", code=1).stderr
    assert "可确认 2 项；什么都没有写入" in duban(*words, "--dry-run").stdout
    assert "已确认 2 项" in duban(*words).stdout
    assert [one["number"][-3:] for one in data("letter", "list", "1")] == ["〕1号", "〕2号"]
    assert "已确认 0 项" in duban(*words).stdout


def test_a_form_of_ones_own_is_checked_and_used_from_then_on(folder: Path) -> None:
    own = folder / "own.docx"
    duban("letter", "template", "export", "约谈通知书", "-o", str(own))
    parts = parts_of(own.read_bytes())
    text = parts["word/document.xml"].decode()
    parts["word/document.xml"] = text.replace("{{ 主送 }}：", "{{ 主送单位 }}：").encode()
    own.write_bytes(fixed(parts))
    for command in (("check", str(own)), ("set", "约谈通知书", str(own))):
        refused = duban("letter", "template", *command, code=1)
        assert "正文第5段“{{ 主送单位 }}：”：没有“主送单位”这个字段，是不是“主送”？" in refused.stderr
    parts["word/document.xml"] = text.replace("{{ 主送 }}：", "尊敬的{{ 主送 }}：").encode()
    own.write_bytes(fixed(parts))
    assert "可以使用" in duban("letter", "template", "check", str(own)).stdout
    duban("letter", "template", "set", "约谈通知书", str(own))
    assert [one["own"] for one in data("letter", "template", "list") if one["name"] == "约谈通知书"] == [True]
    first, second = (str(found["id"]) for found in data("proposals", "list", "1"))
    duban("proposals", "confirm", "1", first, "--by", "王示例", "--reason", "没有回音")
    duban("letter", "template", "reset", "约谈通知书")
    duban("proposals", "confirm", "1", second, "--by", "王示例", "--reason", "没有回音")
    texts = []
    for letter in data("letter", "list", "1"):
        file = folder / f"{letter['id']}.docx"
        duban("letter", "save", "1", str(letter["id"]), "-o", str(file))
        texts.append("尊敬的" in worddoc.read(file.read_bytes(), file.name).text)
    assert texts == [True, False]
