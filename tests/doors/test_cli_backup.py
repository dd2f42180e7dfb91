"""Into a file, out of it and on, by the commands alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from command_line import begin, duban
from flows import rounds
from states import clock

UNITS = """单位代码,单位名称,类别,上级代码,联系人,联系人邮箱
SX,示例县卫生健康局,行政部门,,,
SX-H01,示例县人民医院,医院,SX,王示例,wang@example.org
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: report, name: 自查报告, due: 启动后10日内}
ends: 启动后30日内
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DUBAN_SMTP_URL", f"maildir:{tmp_path / 'mail'}")
    begin(tmp_path, UNITS, PLAN, clock.now().date())
    (tmp_path / "自查报告.pdf").write_bytes(b"%PDF-1.7\nsample\n")
    duban("submit", "1", "SX-H01", "report", str(tmp_path / "自查报告.pdf"))
    duban("journal", "seal")
    duban("journal", "root")
    return tmp_path


def test_taken_lost_put_back_and_on(folder: Path) -> None:
    file, home = str(folder / "a.backup"), folder / "home"
    assert "--keys" in duban("backup", file, code=2).stderr, "whether the keys are in it is said each time"
    assert "试算完毕" in duban("backup", file, "--keys", "--dry-run").stdout
    assert not Path(file).exists()
    said = duban("backup", file, "--no-keys")
    assert "密钥 不在其中" in said.stdout
    assert "备份里没有 journal.key，请另行保存" in said.stderr
    assert "已经存在" in duban("backup", file, "--keys", code=1).stderr
    assert "不是空的" in duban("restore", file, code=1).stderr
    rounds.store_of.cache_clear()
    key = (home / "journal.key").read_bytes()
    shutil.rmtree(home)
    assert "备份里没有 journal.key" in duban("restore", file, code=1).stderr
    home.mkdir(exist_ok=True)
    (home / "journal.key").write_bytes(key)
    assert "要放回的文件 1 个" in duban("restore", file, "--dry-run").stdout
    assert not (home / "files").exists()
    assert "撤销的密钥又有效了" in duban("restore", file).stderr
    duban("files", "check")
    duban("journal", "verify")
    assert "duban resume" in duban("tick").stdout
    assert "停着" in duban("resume").stdout
    _on(home)


def _on(home: Path) -> None:
    until = clock.now().isoformat(timespec="seconds")
    for words, says in (
        (("--nothing-sent", "--all-sent"), "不和别的一起用"),
        (("--all-sent",), "请写明原来的服务运行到什么时候"),
    ):
        assert says in duban("resume", *words, code=2).stderr, words
    assert "没有发出记录" in duban("resume", "--until", until, code=1).stderr
    assert "应在备份" in duban("resume", "--until", "2020-01-01T09:00", "--all-sent", code=1).stderr
    assert "轮次继续" in duban("resume", "--nothing-sent").stdout
    assert "没有什么要继续的" in duban("resume", "--nothing-sent", code=1).stderr
    assert "停着" not in duban("tick").stdout
    duban("journal", "verify")
    assert sorted(one.name for one in home.glob("*.key")) == [
        "journal.key",
        "pass.key",
    ]  # the second made anew
