"""duban template draft and duban template show --sources at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from command_line import duban
from states.reading import load, shipped
from word_plans import before_the_table, word_file

PLAN = Path(__file__).parents[1] / "plans" / "s3.12.txt"
NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_plan_becomes_a_file_that_loads_and_is_not_overwritten(folder: Path) -> None:
    shown = duban("template", "draft", str(PLAN)).stdout
    assert duban("template", "draft", str(PLAN), "-o", "my.yaml").stdout.startswith("已写入 my.yaml：阶段 4")
    assert (folder / "my.yaml").read_text(encoding="utf-8").rstrip("\n") == shown.rstrip("\n")
    assert load(shown).key == "s3.12"
    assert duban("template", "check", "my.yaml").stdout == "my.yaml：没有问题\n"
    assert "文件已经有了" in duban("template", "draft", str(PLAN), "-o", "my.yaml", code=1).stderr
    duban("template", "draft", str(PLAN), "-o", "my.yaml", "--force", "--key", "county-plan")
    assert load((folder / "my.yaml").read_text(encoding="utf-8")).key == "county-plan"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_is_read_in_the_ways_that_offices_save_it(folder: Path, encoding: str) -> None:
    (folder / "方案.txt").write_text(PLAN.read_text(encoding="utf-8"), encoding=encoding)
    assert load(duban("template", "draft", "方案.txt").stdout).phases[0].window == "__月__日前"


def test_a_word_file_is_read_whatever_it_is_called(folder: Path) -> None:
    lines = PLAN.read_text(encoding="utf-8").splitlines()
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    for name in ("plan.docx", "plan"):
        with ZipFile(folder / name, "w") as archive:
            archive.writestr("word/document.xml", f"<w:document {NS}><w:body>{body}</w:body></w:document>")
        assert len(load(duban("template", "draft", name).stdout).phases) == 4


def test_a_word_file_with_its_ledger_in_a_table_becomes_a_draft_with_every_row(folder: Path) -> None:
    ledger = load(shipped()["sichuan-2017-122"]).ledger
    assert ledger is not None
    (folder / "s4.docx").write_bytes(word_file(before_the_table("s4"), ledger.rows))
    assert "台账" in duban("template", "draft", "s4.docx", "-o", "s4.yaml").stdout
    assert duban("template", "check", "s4.yaml").stdout == "s4.yaml：没有问题\n"
    drafted = load((folder / "s4.yaml").read_text(encoding="utf-8"))
    assert drafted.ledger is not None
    assert [row.due for row in drafted.ledger.rows] == [row.due for row in ledger.rows]


def test_what_cannot_be_read_is_refused_in_a_sentence(folder: Path) -> None:
    (folder / "empty.txt").write_text(" \n\t\n", encoding="utf-8")
    (folder / "picture.txt").write_bytes(bytes(range(256)))
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    assert "没有文字" in duban("template", "draft", "empty.txt", code=1).stderr
    assert "不是文本文件" in duban("template", "draft", "picture.txt", code=1).stderr
    assert "另存为 .docx" in duban("template", "draft", "old.doc", code=1).stderr
    assert "没有文件" in duban("template", "draft", "none.txt", code=1).stderr


def test_the_sources_of_a_template_are_shown_for_people_and_for_programs() -> None:
    key = "sichuan-2017-122"
    shown = duban("template", "show", key, "--sources").stdout
    assert "矛盾 ledger-4.due" in shown
    data = json.loads(duban("template", "show", key, "--sources", "--json").stdout)
    template = load(shipped()[key])
    assert {fact["place"] for fact in data["facts"]} >= {f"ledger.rows.{n}" for n in range(1, 34)}
    assert len(data["conflicts"]) == len(template.conflicts)
    assert data["conflicts"][0]["sources"][0]["text"] == "8月"
    missing = [fact for fact in data["facts"] if fact["source"] is None]
    assert data["unsourced"]["total"] == len(missing) == sum(data["unsourced"]["by_sort"].values())
    window = next(fact for fact in data["facts"] if fact["place"] == "phases.rectify")
    assert (window["says"], window["source"]["text"]) == ("9月-11月", "（二）整改落实（9月-11月）。")


def test_facts_without_a_source_are_counted_on_the_last_line() -> None:
    last = duban("template", "show", "standard-four-phase", "--sources").stdout.rstrip().splitlines()[-1]
    assert last.startswith("没有注明出处的 ")
    assert "阶段 4" in last
