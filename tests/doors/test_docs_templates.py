"""docs/templates.md: every command and every piece of YAML in it runs, and its reference is the models' own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from flows.cli import app
from states import clock
from states.fieldwords import ANYWHERE, MODELS, WORDS, reference
from states.reading import load, schema

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "templates.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", PAGE, re.DOTALL)
BASE = {"key": "t", "version": 1, "title": "示例", "documents": {"plan": {"title": "示例方案"}}}
FIRST = date(2026, 11, 23)


def lately(line: str) -> str:
    """With its dates moved to the present by whole weeks: those on the page grow old."""
    weeks = max(0, (clock.now().date() - FIRST).days // 7 + 1)
    return re.sub(
        r"\d{4}-\d\d-\d\d", lambda found: str(date.fromisoformat(found[0]) + timedelta(weeks=weeks)), line
    )


def steps() -> Iterator[tuple[str, list[str]]]:
    """Each command of the page with the lines shown below it."""
    for sort, _, body in BLOCKS:
        if sort != "console":
            continue
        for part in body.split("$ ")[1:]:
            command, *shown = part.strip().splitlines()
            yield command, shown


def fragments() -> list[str]:
    return [body for sort, name, body in BLOCKS if sort == "yaml" and not name]


@pytest.fixture
def folder(at_home: Path) -> Path:
    for _, name, body in BLOCKS:
        if name:
            (at_home / name).write_text(body, encoding="utf-8")
    return at_home


def test_the_commands_of_the_page_run_one_after_the_other_and_show_what_it_shows(folder: Path) -> None:
    ran = 0
    for command, shown in steps():
        program, *words = shlex.split(lately(command))
        assert program == "duban"
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, f"{command}\n{done.stdout}{done.stderr}{done.exception!r}"
        assert [line for line in shown if line not in done.stdout] == [], f"{command}\n{done.stdout}"
        ran += 1
    assert ran >= 10
    assert (folder / "草稿.yaml").exists()


@pytest.mark.parametrize("text", fragments())
def test_each_piece_of_yaml_loads_in_a_template(text: str) -> None:
    piece: dict[str, Any] = yaml.safe_load(text)
    whole = yaml.safe_dump(BASE, allow_unicode=True) + text
    if not set(piece) & {"phases", "requirements", "ledger", "workstreams"}:
        whole += "requirements: [{key: r, name: 示例}]\n"
    assert load(whole).key == "t"


def test_the_page_shows_pieces_and_whole_files() -> None:
    assert len(fragments()) >= 7
    assert [name for _, name, _ in BLOCKS if name] == ["方案.txt", "方案.yaml"]


def test_the_draft_of_the_page_says_what_the_finished_file_keeps(folder: Path) -> None:
    """The finished file keeps the windows of the draft and adds no other date than the ends of phases."""
    assert CliRunner().invoke(app, ["template", "draft", "方案.txt", "-o", "d.yaml"]).exit_code == 0
    drafted = load((folder / "d.yaml").read_text(encoding="utf-8"))
    finished = load((folder / "方案.yaml").read_text(encoding="utf-8"))
    assert [one.window for one in drafted.phases] == [one.window for one in finished.phases]
    assert (drafted.begins, drafted.ends) == (finished.begins, finished.ends)
    assert {one.due for one in finished.requirements} == {"阶段结束前", "__月__日前", None}


def test_the_reference_is_made_from_the_models() -> None:
    wanted = reference(schema())
    assert PAGE.endswith(wanted), f"replace the end of docs/templates.md, from “### 模板” on, by:\n{wanted}"


def test_every_field_of_every_model_has_its_words() -> None:
    found = schema()
    models = {"Template": found, **found["$defs"]}
    bare = [
        f"{model}.{name}"
        for model, one in models.items()
        for name, field in one.get("properties", {}).items()
        if not field.get("description")
    ]
    assert bare == []
    assert set(MODELS) <= set(models)
    known = {name: set(one.get("properties", {})) for name, one in models.items()}
    assert [f"{model}.{name}" for model in WORDS for name in WORDS[model] if name not in known[model]] == []
    assert [name for name in ANYWHERE if not any(name in fields for fields in known.values())] == []


def test_a_field_that_a_rung_does_not_have_is_told_with_its_line() -> None:
    text = "key: t\nversion: 1\ntitle: 示例\nphases: [{key: p, name: n}]\nladders:\n  main:\n    rungs:\n      - {at: +1d, nme: 提醒, name: 提醒, to: [liaison]}\n"
    with pytest.raises(Exception, match="是不是“name”"):
        load(text)
