"""duban journal: sealed by itself and by hand, a root to keep elsewhere, an export that is checked without a database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from command_line import begin, data, duban
from flows import rounds
from states import clock
from states.errors import Refused
from states.records.journal import note
from states.settings import read

UNITS = """单位代码,单位名称,类别,上级代码
SX,示例县卫生健康局,行政部门,
SX-H01,示例县人民医院,医院,SX
"""
PLAN = "key: sample\nversion: 1\ntitle: 示例专项行动\nrequirements:\n  - {key: report, name: 报告, due: 启动后10日内}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    begin(tmp_path, UNITS, PLAN, clock.now().date())
    return tmp_path


def tamper(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "home" / "duban.db") as database:
        database.execute(statement)


def test_an_auditor_checks_an_export_with_what_was_kept_elsewhere(folder: Path) -> None:
    kept, public, out = folder / "root.txt", folder / "public.pem", folder / "journal.jsonl"
    kept.write_text("今天的根：\n" + duban("journal", "root").stdout, encoding="utf-8")
    public.write_text(duban("journal", "key").stdout, encoding="utf-8")
    duban("journal", "seal")
    duban("journal", "export", "--out", str(out))
    assert out.stat().st_mode & 0o777 == 0o600
    assert duban("journal", "export").stdout.splitlines()[1:] == out.read_text("utf-8").splitlines()[1:]
    trust = ("--public-key", str(public), "--root", str(kept))
    (folder / "home" / "duban.db").rename(folder / "away.db")
    found = data("journal", "verify", str(out), *trust)
    assert (found["intact"], found["broken"], found["erased"], found["roots"]) == (True, None, 0, 1)
    assert found["rows"] == found["signed"] + 1, "the row that tells of the key came after the root"
    assert "完好" in duban("journal", "verify", str(out), *trust).stdout
    lines = out.read_text("utf-8").splitlines()
    line = next(place for place, one in enumerate(lines) if "campaign.launched" in one)
    lines[line] = lines[line].replace('"test"', '"x"').replace("campaign.launched", "campaign.moved")
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    broken = data("journal", "verify", str(out), *trust, code=1)
    assert broken["broken"]["row"] == json.loads(lines[line])["row"]["id"]
    said = duban("journal", "verify", str(out), *trust, code=1).stderr
    assert f"第 {broken['broken']['row']} 行：这一行的内容与封存时不同" in said


def test_the_round_seals_signs_once_a_day_and_the_live_check_names_the_row(folder: Path) -> None:
    settings = read()
    assert rounds.run("seal", settings).done > 0
    assert data("journal", "verify")["unsealed"] == 1  # the row that tells of the key
    assert rounds.run("seal", settings).done == 1
    assert rounds.run("seal", settings).done == 0
    assert [one["nth"] for one in data("journal", "root", "--all")] == [1, 2]
    assert "公钥取自流水本身" in duban("journal", "verify").stderr
    tamper(folder, "UPDATE journal SET actor = 'cli:nobody' WHERE id = 2")
    assert "第 1 批第 2 行" in duban("journal", "verify", code=1).stderr


def test_a_machine_without_the_key_seals_and_says_what_it_lacks(folder: Path) -> None:
    settings = read()
    rounds.run("seal", settings)
    rounds.run("seal", settings)
    (folder / "home" / "journal.key").rename(folder / "elsewhere.key")
    duban("units", "import", str(folder / "units.csv"), "--apply")
    said = duban("journal", "root", code=1).stderr
    assert "这台机器上没有流水的签名密钥" in said
    (folder / "home" / "journal.key").write_text("x\n", encoding="ascii")
    assert "请从备份恢复" in duban("journal", "root", code=1).stderr
    (folder / "home" / "journal.key").unlink()
    duban("journal", "key", "--new")
    assert data("journal", "root")[0]["nth"] == 2
    assert data("journal", "verify")["broken"] is None


def test_a_damaged_key_file_is_named_and_rows_are_sealed_all_the_same(folder: Path) -> None:
    settings, key = read(), folder / "home" / "journal.key"
    rounds.run("seal", settings)
    for content in (b"", b"cut short", "密钥".encode()):
        key.write_bytes(content)
        with pytest.raises(Refused, match=r"journal\.key 的内容不是流水的签名密钥"):
            rounds.run("seal", settings)
        assert "journal.key 的内容不是流水的签名密钥" in duban("journal", "root", code=1).stderr
    assert data("journal", "verify")["unsealed"] == 0
    key.unlink()
    duban("journal", "key", "--new")
    assert data("journal", "root")[0]["nth"] == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "没有公钥"), ("-----BEGIN PUBLIC KEY-----\n%%\n-----END PUBLIC KEY-----", "已损坏")],
)
def test_what_is_no_key_and_no_root_is_refused(folder: Path, content: str, says: str) -> None:
    (folder / "x").write_text(content, encoding="utf-8")
    assert says in duban("journal", "verify", "--public-key", str(folder / "x"), code=1).stderr
    assert "没有一行流水根" in duban("journal", "verify", "--root", str(folder / "x"), code=1).stderr


def test_somebody_who_has_left_is_tried_then_erased_and_the_check_says_how_many_rows(folder: Path) -> None:
    settings = read()
    with rounds.store_of(settings).write() as session:
        note(session, clock.now(), "sample", "test", before="gone@example.org", reason="赵示例来电")
    rounds.run("seal", settings)
    words = ("person", "erase", "Gone@example.org", "--name", "赵示例", "--reason", "本人申请")
    tried = data(*words, "--dry-run")
    assert (tried["rows"], tried["sealed"], tried["dry_run"]) == ({"journal": 1}, 1, True)
    assert data("journal", "verify")["erased"] == 0
    assert "其中已封存的流水 1 行" in duban(*words).stdout
    assert "1 行抹除过个人信息" in duban("journal", "verify").stdout
    exported = duban("journal", "export").stdout
    assert "gone@" not in exported
    assert "赵示例" not in exported
    assert "请写明理由" in duban(*words[:-1], "", code=1).stderr
    assert "太短" in duban(*words[:4], "赵", *words[5:], code=1).stderr
