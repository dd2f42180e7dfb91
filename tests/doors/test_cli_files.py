"""What a unit hands in, on the command line: in, looked at, returned, in again, out; and the folder kept in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import begin, duban
from states import clock

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
SX-H02,示例县中医院,中医院,SX
"""
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: report, name: 自查报告, due: 启动后10日内, review: true, to: 示例县卫生健康局, copies: [示例县医保局]}
  - {key: photos, name: 现场照片, due: 启动后10日内, evidence: {photos: 2, kinds: [image]}}
  - {key: pledge, name: 承诺书, due: 启动后10日内, keep_at_unit: true}
  - {key: weekly, name: 周报, every: 每周五, nil: true}
ends: 启动后30日内
"""
PDF = b"%PDF-1.7\nsample\n"
PNG = b"\x89PNG\r\n\x1a\n"
CRASH = """
import os, signal, sys
from pathlib import Path
from states import clock, settings
from states.records import addressed, handing_in
from states.records.access import EVERYTHING
from states.records.campaigns import running
from states.records.handing_in import Content
from states.records.session import connect
from states.records.vault import Vault
found = settings.read()
store, vault = connect(found.database_url), Vault(found.files)
with vault.receive(1 << 20) as content, store.write() as session:
    content.write(Path(sys.argv[1]).read_bytes())
    given = Content(arrived=(handing_in.looked_at(content, "a.pdf"),))
    campaign = running(session, 1)
    key = addressed.obligation_of(session, campaign, "SX-H02", "report")
    handing_in.hand_in(session, EVERYTHING, campaign, key, "submit", given, clock.now(), "test")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'duban.db'}")
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DUBAN_FILE_MB", "1")
    (tmp_path / "自查报告.pdf").write_bytes(PDF)
    for n in (1, 2):
        (tmp_path / f"现场{n}.png").write_bytes(PNG + bytes([n]))
    begin(tmp_path, UNITS, PLAN, clock.now().date())
    return tmp_path


def test_in_looked_at_returned_in_again_and_out(folder: Path) -> None:
    report = str(folder / "自查报告.pdf")
    listed = duban("obligations", "list", "1", "--unit", "SX-H01").stdout
    assert all(words in listed for words in ("自查报告", "示例县医保局", "待办"))
    assert "已报送待审核" in duban("submit", "1", "SX-H01", "report", report, "--signer", "王示例").stdout
    assert "退回须" in duban("obligations", "judge", "1", "SX-H01", "report", "退回", code=1).stderr.replace(
        "”", ""
    ).replace("“", "")
    duban("obligations", "judge", "1", "SX-H01", "report", "退回", "--reason", "缺少签章")
    duban("submit", "1", "SX-H01", "report", report, "--seal", "已盖公章", "--text", "补了章")
    duban("obligations", "judge", "1", "SX-H01", "report", "accept")
    said = duban("obligations", "show", "1", "SX-H01", "report").stdout
    for words in (
        "第2次 报送",
        "补了章",
        "盖章 已盖公章",
        "通过",
        "第1次 报送",
        "签发 王示例",
        "退回",
        "缺少签章",
    ):
        assert words in said, words
    duban("obligations", "fetch", "1", "SX-H01", "report", "-o", str(folder / "out"))
    assert (folder / "out" / "1-自查报告.pdf").read_bytes() == PDF
    assert (
        "已经存在"
        in duban("obligations", "fetch", "1", "SX-H01", "report", "-o", str(folder / "out"), code=1).stderr
    )
    told = json.loads(duban("obligations", "show", "1", "SX-H01", "report", "--json").stdout)
    reference = f"{told['id']}/2"
    duban("submit", "1", "SX-H02", "report", "--earlier", reference)


def test_what_does_not_do_is_refused_with_a_sentence(folder: Path) -> None:
    photos, report = [str(folder / f"现场{n}.png") for n in (1, 2)], str(folder / "自查报告.pdf")
    big = folder / "大.pdf"
    big.write_bytes(PDF + b"x" * (1 << 20))
    for words, says in (
        (("photos", photos[0]), "至少要附 2 张照片（内容不同），现有 1 张"),
        (("photos", *photos, report), "只收图片；“自查报告.pdf”是PDF"),
        (("pledge", report), "留在单位备查"),
        (("report", "--confirm"), "不能只作确认"),
        (("report", str(big)), "一个文件最大 1 MB"),
        (("report", str(folder)), "是文件夹"),
        (("report", str(folder / "没有.pdf")), "没有文件"),
        (("nothing",), "有的是 photos、pledge、report、weekly"),
        (("weekly", "--nil"), "请用 --period 写明"),
    ):
        assert says in duban("submit", "1", "SX-H01", *words, code=1).stderr, words
    assert not [one for one in (folder / "home").rglob("*") if one.is_file()]
    duban("submit", "1", "SX-H01", "photos", *photos)
    duban("submit", "1", "SX-H01", "pledge", "--confirm", "--signer", "王示例")


def test_the_folder_is_held_against_the_record(folder: Path) -> None:
    report, other = folder / "自查报告.pdf", folder / "另.pdf"
    other.write_bytes(PDF + b"other")
    duban("submit", "1", "SX-H01", "report", str(report))
    crashed = subprocess.run([sys.executable, "-c", CRASH, str(other)], cwd=Path(__file__).parents[2])
    assert crashed.returncode == -9
    kept = {one.name: one for one in (folder / "home" / "files").rglob("*") if one.is_file()}
    assert len(kept) == 2, "a crash between file and row leaves the file"
    told = json.loads(duban("files", "check", "--json").stdout)
    assert (told["contents"], told["references"], told["orphaned"]) == (1, 1, []), "it may be on its way"
    (recorded,) = [one for one in kept.values() if one.read_bytes() == PDF]
    (orphan,) = [one for one in kept.values() if one != recorded]
    os.utime(orphan, (1, 1))
    assert json.loads(duban("files", "check", "--json").stdout)["orphaned"] == [orphan.name]
    assert orphan.exists(), "only listed"
    stale = folder / "home" / "files" / "incoming" / "stale"
    stale.write_bytes(b"half")
    os.utime(stale, (1, 1))
    assert json.loads(duban("files", "check", "--json").stdout)["leftovers"] == ["stale"]
    duban("tick")
    assert not stale.exists(), "a round sweeps what never came in whole"
    recorded.write_bytes(PDF.replace(b"s", b"S"))
    os.utime(recorded, (1, 1))
    bad = duban("files", "check", "--remove", code=1)
    assert f"损坏：{recorded.name}" in bad.stderr
    assert "示例县人民医院（SX-H01）" in bad.stderr
    assert "自查报告.pdf" in bad.stderr
    assert not orphan.exists()
    assert recorded.exists(), "what is named is never removed"
    duban("submit", "1", "SX-H02", "report", str(report))
    assert "没有缺失或损坏" in duban("files", "check").stdout, "the same content handed in again mends it"
    recorded.unlink()
    assert f"缺失：{recorded.name}" in duban("files", "check", code=1).stderr
    assert (
        "读不了"
        in duban("obligations", "fetch", "1", "SX-H01", "report", "-o", str(folder / "x"), code=1).stderr
    )
