"""What every command does when it is asked rightly: one campaign from an empty folder to its mails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import Result

import command_line
from flows import rounds
from flows.commands import given
from states import clock
from states.documents.sheet import Sheet, write
from states.reading import shipped
from states.records.core import journal
from states.workdays import Workdays, published

UNITS = """单位代码,单位名称,类别,级别,上级代码,联络员,联络员邮箱,主要负责人,主要负责人邮箱,协调员,协调员邮箱
SX,示例县卫生健康局,行政部门,县,,,,赵示例,zhao@example.org,钱示例,qian@example.org
SX-H01,示例县人民医院,医院,县,SX,李示例,li@example.org,孙示例,sun@example.org,,
SX-H02,示例县中医院,中医院,县,SX,周示例,zhou@example.org,吴示例,wu@example.org,,
SX-C01,示例诊所,诊所,,SX,,,郑示例,zheng@example.org,,
"""


class Cli:
    """`duban` in a folder of its own, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> Result:
        return command_line.duban(*words, code=code)

    def data(self, *words: str, code: int = 0) -> Any:
        return command_line.data(*words, code=code)

    def mails(self) -> int:
        return len(list((self.folder / "mail" / "new").glob("*")))


@pytest.fixture
def here(at_home: Path) -> Cli:
    """A home in a fresh folder on SQLite."""
    (at_home / "units.csv").write_text(UNITS, encoding="utf-8")
    return Cli(at_home)


@pytest.fixture
def cli(here: Cli, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The same over each kind of database."""
    monkeypatch.setenv("DUBAN_DATABASE_URL", database_url)
    return here


def a_monday_to_come() -> date:
    """A Monday at least two weeks ahead, worked as far as anybody knows."""
    today = clock.now().date()
    calendar = Workdays.of(*published())
    day = today + timedelta(days=14 + (7 - today.weekday()) % 7)
    while not calendar.is_workday(day):
        day += timedelta(days=7)
    return day


def test_a_campaign_from_an_empty_folder_to_its_mails(cli: Cli) -> None:
    start = a_monday_to_come()
    cli("upgrade")
    looked = cli.data("units", "import", "units.csv")
    assert (looked["applied"], len(looked["new"]), looked["contacts"]["new"]) == (False, 4, 7)
    assert cli.data("units", "import", "units.csv")["new"] == looked["new"], "a look writes nothing"
    assert cli.data("units", "import", "units.csv", "--apply")["applied"] is True
    assert cli.data("units", "import", "units.csv")["new"] == []

    order = ["campaign", "start", "standard-four-phase", "--start", start.isoformat()]
    plan = cli.data(*order, "--dry-run")
    assert plan["participants"] == {"total": 3, "kinds": {"clinic": 1, "hospital": 1, "tcm_hospital": 1}}
    assert [phase["name"] for phase in plan["phases"]] == ["动员部署", "自查自纠", "集中整治", "总结提升"]
    assert plan["refusals"] == []
    assert cli.data("campaign", "list") == []
    assert cli.data(*order)["campaign"] == 1
    (listed,) = cli.data("campaign", "list")
    assert (listed["id"], listed["units"], listed["owner"]) == (1, 3, "示例县卫生健康局")

    foretold = cli.data("preview", "1", "--from", start.isoformat(), "--to", start.isoformat())
    assert {mail["to"] for mail in foretold} == {"li@example.org", "zhou@example.org", "qian@example.org"}
    assert cli.mails() == 0, "a preview sends nothing"
    reports = cli.data("tick", "--now", f"{start}T09:00")
    assert [one["job"] for one in reports] == list(rounds.JOBS)
    assert cli.mails() == len(foretold)
    assert cli.data("tick", "--now", f"{start}T09:01") != []
    assert cli.mails() == len(foretold), "a second tick sends nothing twice"

    status = cli.data("campaign", "status", "1", "--behind")
    assert status["units"] == 3 == sum(one["units"] for one in status["states"])
    assert status["campaign"]["state"]["key"] == "mobilise"
    assert status["units_behind"] == []
    moved = cli.data("move", "1", "SX-C01", "exempt", "--reason", "已停业")
    assert (moved["before"], moved["after"]) == ("mobilise", "exempt")
    offered = {one["move"]: one for one in cli.data("move", "1", "SX-H01")}
    assert offered["override"]["open"]
    assert any("还有" in said for said in offered["submit"]["refusals"])


def test_what_people_read_names_dates_with_their_weekday_and_marks_the_provisional(here: Cli) -> None:
    here("upgrade")
    here("units", "import", "units.csv", "--apply")
    unpublished = date(max(published()[1]) + 1, 3, 1)
    words = ["campaign", "start", "standard-four-phase", "--start", unpublished.isoformat()]
    shown = here(
        *words, "--dry-run", "--kinds", "医院,诊所", "--set", f"mobilise.until={unpublished.year}-03-12"
    )
    assert "2 个单位（诊所 1、医院 1）" in shown.stdout
    friday = f"{unpublished.year}-03-12（{'一二三四五六日'[date(unpublished.year, 3, 12).weekday()]}）"
    assert friday in shown.stdout
    assert "暂定" in shown.stdout
    assert f"{unpublished.year}年的放假安排尚未公布" in shown.stdout
    assert "什么都没有写入" in shown.stdout


def test_the_year_that_is_not_published_is_named_and_not_the_one_whose_last_days_hang_on_it(
    here: Cli,
) -> None:
    here("upgrade")
    here("units", "import", "units.csv", "--apply")
    last = max(published()[1])
    words = ["campaign", "start", "standard-four-phase", "--start", f"{last}-11-23", "--past", "keep"]
    shown = here(*words, "--dry-run").stdout
    assert re.search(rf"{last}-12-31.*周报.*暂定", shown), "the report before New Year's Day"
    assert re.findall(r"(\d{4})年的放假安排尚未公布", shown) == [str(last + 1)]


def test_a_campaign_that_begins_later_says_when(here: Cli) -> None:
    here("upgrade")
    here("units", "import", "units.csv", "--apply")
    start = a_monday_to_come()
    said = here("campaign", "start", "standard-four-phase", "--start", start.isoformat()).stdout
    assert f"3 个单位参加，{start}（一）开始" in said
    assert "：待启动；" in here("campaign", "status", "1").stdout


def test_it_says_which_version_it_is(here: Cli) -> None:
    assert here("--version").stdout.startswith("duban ")


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(cli: Cli) -> None:
    cli("upgrade")
    cli("units", "import", "units.csv", "--apply")
    made = cli.data("key", "create", "大屏", "--under", "SX-H01", "--days", "30")
    assert made["key"].startswith("duban_")
    (listed,) = cli.data("key", "list")
    assert made["key"] not in json.dumps(listed)
    assert "sha256" not in listed
    assert (listed["name"], listed["under"], listed["write"]) == ("大屏", "SX-H01", False)
    cli("key", "revoke", listed["prefix"])
    assert cli.data("key", "list")[0]["revoked_at"] is not None
    assert "已失效" in cli("key", "list").stdout
    assert cli("key", "create", "人工").stdout.strip().startswith("duban_"), "only the key on stdout"


def test_a_year_is_shown_before_it_is_loaded_and_makes_dates_certain(cli: Cli) -> None:
    year = max(published()[1]) + 1
    cli("upgrade")
    cli("units", "import", "units.csv", "--apply")
    cli("campaign", "start", "standard-four-phase", "--start", f"{year}-03-01")
    off = [date(year, 5, day) for day in (3, 4, 5)]
    rows = [[day.isoformat(), "0"] for day in off] + [[f"{year}-01-01", "1"]]
    (cli.folder / "year.xlsx").write_bytes(write([Sheet("日历", [("日期", 12), ("上班", 6)], rows)]))
    looked = cli.data("calendar", "load", str(year), "year.xlsx")
    assert looked["applied"] is False
    assert looked["changes"]
    assert not any(one["provisional"] for one in looked["changes"])
    assert cli.data("calendar", "load", str(year), "year.xlsx")["changes"] == looked["changes"]
    loaded = cli.data("calendar", "load", str(year), "year.xlsx", "--apply")
    assert (loaded["applied"], loaded["changes"]) == (True, looked["changes"])
    assert cli.data("calendar", "load", str(year), "year.xlsx", "--apply")["changes"] == []
    store = rounds.store_of(given.settings())
    with store.read() as session:
        loads = session.execute(sa.select(journal.c.actor).where(journal.c.kind == "calendar.loaded"))
        assert set(loads.scalars()) == {given.actor()}, "a person did it, not the system"
    store.close()


def test_a_whole_campaign_is_simulated_in_memory(here: Cli) -> None:
    words = [
        "simulate",
        "standard-four-phase",
        "--units",
        "20",
        "--start",
        "2026-11-23",
        "--until",
        "2026-12-12",
    ]
    lived = here.data(*words)
    assert lived["mails"] == len(lived["timeline"]) == sum(day["mails"] for day in lived["days"])
    assert [day["date"] for day in lived["days"]] == sorted(day["date"] for day in lived["days"])
    first = lived["days"][0]
    assert (first["date"], first["states"]) == ("2026-11-23", {"mobilise": 20})
    assert any("催办" in day["rungs"] for day in lived["days"])
    assert any(day["proposed"] for day in lived["days"])
    assert not (here.folder / "duban.db").exists()
    shown = here(*words).stdout
    assert "2026-11-23（一）" in shown
    assert "自查自纠" in shown


def test_shipped_templates_are_listed_shown_checked_and_drawn(here: Cli) -> None:
    assert {one["key"] for one in here.data("template", "list")} == set(shipped())
    for key, text in shipped().items():
        assert here("template", "show", key).stdout.rstrip("\n") == text.rstrip("\n")
        (here.folder / f"{key}.yaml").write_text(text, encoding="utf-8")
    files = sorted(path.name for path in here.folder.glob("*.yaml"))
    assert all(one["ok"] for one in here.data("template", "check", *files))
    assert "联络员" in here("template", "show", "standard-four-phase", "--summary").stdout
    assert here.data("template", "show", files[0])["key"] == files[0].removesuffix(".yaml")
    assert here("template", "diagram", "standard-four-phase").stdout.startswith("stateDiagram-v2")


def test_the_empty_unit_list_comes_back_in_without_a_fault(here: Cli) -> None:
    here("upgrade")
    here("units", "template", "名单.xlsx")
    assert here.data("units", "import", "名单.xlsx")["new"] == []


def test_a_filled_example_is_written_in_either_form_and_can_be_brought_in(here: Cli) -> None:
    here("upgrade")
    for ending in ("xlsx", "csv", "CSV"):
        here("units", "template", f"示例.{ending}", "--example")
        looked = here.data("units", "import", f"示例.{ending}")
        assert (looked["new"][0], len(looked["new"]), looked["contacts"]["new"]) == ("SX", 5, 14)
    here("units", "template", "空白.csv")
    assert here.data("units", "import", "空白.csv")["new"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["名单.pdf"], "文件名须以 .xlsx 或 .csv 结尾"),
        (["名单"], "文件名须以 .xlsx 或 .csv 结尾"),
        (["units.csv"], "已经存在；要覆盖请加 --force"),
        (["没有/名单.csv"], "读写不了 没有/名单.csv：没有这个文件，或所在的文件夹不存在"),
    ],
)
def test_a_unit_list_that_cannot_be_written_says_why(here: Cli, words: list[str], says: str) -> None:
    assert says in here("units", "template", *words, code=1).stderr
    assert (here.folder / "units.csv").read_text(encoding="utf-8") == UNITS


def test_help_is_quick_because_it_imports_neither_the_database_nor_prefect() -> None:
    """Not timed: what is not imported costs nothing."""
    program = (
        "import sys, flows.cli\n"
        "heavy = {'prefect', 'sqlalchemy', 'sqlmodel', 'fastapi', 'pydantic_settings', 'rich', 'transitions'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
