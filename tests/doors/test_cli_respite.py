"""`duban extension`, `campaign extend`, `silence`, `contact hand-over`: tried, done, listed, refused in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from command_line import begin, data, duban
from states import clock

UNITS = """单位代码,单位名称,类别,级别,上级代码,联络员,联络员邮箱,协调员,协调员邮箱
SX,示例县卫生健康局,行政部门,县,,,,钱示例,qian@example.org
SX-H01,示例县人民医院,医院,县,SX,李示例,li@example.org,,
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
phases:
  - {key: check, name: 自查自纠, window: 为期8周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 阶段结束前5日}
extensions: {before: 届满前5个工作日, limit: 1}
"""


@pytest.fixture(autouse=True)
def started(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign in its first phase."""
    monkeypatch.setenv("DUBAN_SMTP_URL", f"maildir:{at_home / 'mails'}")
    begin(at_home, UNITS, PLAN, (clock.now() - timedelta(days=1)).date())
    duban("tick")


def owed() -> str:
    from flows.commands import given
    from states.records.core import obligation

    with given.opened(given.settings()) as store, store.read() as session:
        return str(session.execute(obligation.select()).first().id)


def test_an_extension_is_asked_for_tried_decided_and_listed() -> None:
    words = ("extension", "ask", "1", owed(), "--until", "+10wd", "--reason", "洪涝灾害")
    assert "可以申请" in duban(*words, "--dry-run").stdout
    assert "没有延期申请" in duban("extension", "list", "1").stdout
    Path("防汛指令.txt").write_text("示例", encoding="utf-8")
    evidence = ("--file", "防汛指令.txt")
    duban(*words, *evidence, "--dry-run")
    assert "无主" not in duban("files", "check").stdout
    assert "第 1 号" in duban(*words, *evidence).stdout
    assert "附 1 个文件" in duban("extension", "list", "1").stdout
    assert "引用 1 次" in duban("files", "check").stdout
    assert "还没有决定" in duban(*words, code=1).stderr
    tried = duban("extension", "decide", "1", "1", "--grant", "--dry-run").stdout
    assert "阶段" in tried
    assert "什么都没有写入" in tried
    assert "不准予延期须写明理由" in duban("extension", "decide", "1", "1", "--refuse", code=1).stderr
    assert data("extension", "decide", "1", "1", "--grant", "--all")["obligations"] == 1
    assert "已由" in duban("extension", "decide", "1", "1", "--grant", code=1).stderr
    (kept,) = data("extension", "list", "1", "--state", "granted")
    assert (kept["whom"], kept["unit"]["code"]) == ("all", "SX-H01")
    assert "最多1次" in duban(*words, code=1).stderr


def test_a_campaign_is_extended() -> None:
    today = clock.now().date().isoformat()
    words = ("campaign", "extend", "1", "--by", "2w", "--after", today, "--reason", "洪涝灾害")
    tried = duban(*words, "--dry-run").stdout
    assert "自查自纠" in tried
    assert "什么都没有写入" in tried
    made = data(*words)
    assert (len(made["phases"]), made["units"]) == (1, 1)
    assert "延期须写明理由" in duban(*words[:-2], code=1).stderr


def test_a_silence_is_added_listed_and_ended() -> None:
    until = (clock.now().date() + timedelta(days=30)).isoformat()
    words = ("silence", "add", "1", "--until", until, "--under", "SX", "--reason", "抗洪抢险")
    assert "没有写入" in duban(*words, "--dry-run").stdout
    assert "没有静默" in duban("silence", "list", "1").stdout
    assert "第 1 号静默" in duban(*words).stdout
    listed = duban("silence", "list", "1").stdout
    assert "静默中" in listed
    assert "抗洪抢险" in listed
    days = ("--from", clock.now().date().isoformat(), "--to", until)
    assert "静默" in duban("preview", "1", *days).stdout
    duban("silence", "end", "1", "1")
    assert "已于" in duban("silence", "end", "1", "1", code=1).stderr


def test_a_contact_is_handed_over() -> None:
    words = ("contact", "hand-over", "li@example.org", "zhang@example.org", "--name", "张示例")
    assert "什么都没有写入" in duban(*words, "--dry-run").stdout
    assert data(*words)["told"] == 1
    assert "没有单位以 li@example.org 为联系人" in duban(*words, code=1).stderr
    assert "没有这个角色" in duban(*words, "--roles", "boss", code=1).stderr
