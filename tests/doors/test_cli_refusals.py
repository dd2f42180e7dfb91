"""What every command says when it is asked wrongly: sentences on stderr, no traceback, nothing half done."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows import rounds
from flows.cli import app
from flows.commands.talking import OneLine, sentences
from states.records import session as sessions

UNITS = "单位代码,单位名称,上级代码,协调员,协调员邮箱\nSX,示例县卫生健康局,,钱示例,qian@example.org\n"
START = ["campaign", "start", "standard-four-phase", "--start", "2026-11-23"]


def duban(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refused(*words: str, code: int = 1) -> str:
    """What stderr says; the command ends with `code` and has thrown nothing at anybody."""
    done = duban(*words)
    assert done.exit_code == code, f"{words}\n{done.stdout}{done.stderr}{done.exception!r}"
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "Traceback" not in done.output
    return done.stderr


@pytest.fixture
def home(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in; the data are to lie below it."""
    monkeypatch.setenv("DUBAN_HOME", str(at_home / "data"))
    return at_home


@pytest.fixture
def upgraded(home: Path) -> Path:
    """The same with a database and one unit in it."""
    assert duban("upgrade").exit_code == 0
    (home / "units.csv").write_text(UNITS, encoding="utf-8")
    assert duban("units", "import", "units.csv", "--apply").exit_code == 0
    return home


# -- asked wrongly: 2 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frobnicate"], "没有命令 frobnicate"),
        (["campaign", "start", "standard-four-phase"], "缺少 --start"),
        (["campaign", "start", "standard-four-phase", "--start", "2026-13-01"], "“2026-13-01”不是日期"),
        ([*START, "--set", "rectify.until"], "应写作 位置=日期"),
        ([*START, "--set", "a.until=2026-12-01", "--set", "a.until=2026-12-02"], "a.until 写了两次"),
        ([*START, "--past", "drop"], "只能写 keep"),
        (["campaign", "status", "一号"], "ID：应为整数"),
        (["preview", "1", "--from", "2026-12-02", "--to", "2026-12-01"], "--to：不能早于 --from"),
        (["tick", "--now", "2026-12-01"], "没有写明几点"),
        (["tick", "--now", "明天"], "不是时刻"),
        (["simulate", "standard-four-phase", "--units", "0"], "--units：不能小于 1"),
        (["up", "--bogus"], "没有选项 --bogus"),
        (["up", "--port", "70000"], "--port：不能大于 65535"),
    ],
)
def test_a_wrong_word_is_named_and_ends_with_2(home: Path, words: list[str], says: str) -> None:
    said = refused(*words, code=2)
    assert says in said
    assert "--help" in said
    assert not (home / "data").exists()


def test_a_group_without_a_command_shows_its_help(home: Path) -> None:
    assert "start" in refused("campaign", code=2)


# -- settings and databases -----------------------------------------------------------------------------


def test_every_wrong_setting_is_named_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_SMTP_URL", "ftp://mail.example.org")
    monkeypatch.setenv("DUBAN_TIMEZONE", "Mars/Olympus")
    lines = refused("tick").splitlines()
    assert [line.split("：")[1] for line in lines] == ["DUBAN_SMTP_URL", "DUBAN_TIMEZONE"]


def test_a_database_without_our_tables_says_to_upgrade(home: Path) -> None:
    for words in (["tick"], ["campaign", "list"], ["key", "list"], ["units", "import", "units.csv"]):
        (home / "units.csv").write_text(UNITS, encoding="utf-8")
        assert "请先运行 duban upgrade" in refused(*words)


@pytest.mark.parametrize("folder", ["nowhere/at/all", "file"])
def test_a_database_in_a_folder_that_is_none_is_refused_and_nothing_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"sqlite:///{home / folder / 'duban.db'}")
    for words in (["upgrade"], ["tick"], ["up", "--port", "0"]):
        (line,) = refused(*words).splitlines()
        assert f"DUBAN_DATABASE_URL：没有文件夹 {home / folder}；请先建好它" in line
    assert sorted(one.name for one in home.iterdir()) == ["file"]


@pytest.mark.parametrize("folder", ["file", "file/deep", "/proc", "/proc/duban"])
def test_a_bad_home_is_blamed_itself(home: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("DUBAN_HOME", str(home / folder))
    for words in (["upgrade"], ["tick"], ["up", "--port", "0"]):
        (line,) = refused(*words).splitlines()
        assert f"DUBAN_HOME：不能在 {home / folder} 里建数据库" in line
        assert "DUBAN_DATABASE_URL" not in line


def test_a_folder_inside_home_is_made_for_the_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"sqlite:///{home / 'data' / 'base' / 'duban.db'}")
    assert duban("upgrade").exit_code == 0
    assert (home / "data" / "base" / "duban.db").exists()


def test_a_prefect_address_that_is_none_stops_the_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "xx")
    (line,) = refused("up", "--port", "0").splitlines()
    assert line.startswith("设置有误：PREFECT_API_URL：应写作 http://主机:4200/api")
    assert not (home / "data").exists()


def test_a_file_that_is_no_database_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "notes.txt").write_text("这不是数据库" * 200, encoding="utf-8")
    monkeypatch.setenv("DUBAN_DATABASE_URL", f"sqlite:///{home / 'notes.txt'}")
    for words in (["upgrade"], ["tick"]):
        (line,) = refused(*words).splitlines()
        assert line.startswith("数据库用不了：")


def test_a_server_that_does_not_answer_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_DATABASE_URL", "postgresql+psycopg://someone:geheim@127.0.0.1:1/duban")
    for words in (["upgrade"], ["tick"]):
        (line,) = refused(*words).splitlines()
        assert "数据库" in line
        assert "geheim" not in line


def test_a_locked_database_is_one_sentence(upgraded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "BUSY_SECONDS", 0.2)
    rounds.store_of.cache_clear()
    other = sqlite3.connect(upgraded / "data" / "duban.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        for words in (["units", "import", "units.csv", "--apply"], ["tick"], ["key", "create", "大屏"]):
            (line,) = refused(*words).splitlines()
            assert line.startswith("数据库用不了：一直被另一个程序占着，请等它做完或结束它")
    finally:
        other.close()


def test_a_port_in_use_is_said_before_anything_is_made(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (["up", "--port", port, "--lite"], ["demo", "--port", port]):
            said = refused(*words)
            assert f"端口 {port} 已被占用" in said
            assert "--port" in said
            assert "make demo PORT=8010" in said
    assert not (home / "data").exists()


# -- templates ------------------------------------------------------------------------------------------


def test_a_faulty_template_lists_all_faults_with_lines_and_starts_nothing(upgraded: Path) -> None:
    bad = "key: sample\nversion: one\ntitle: 示例\nphasen: []\nrequirements:\n  - {key: a, name: 甲, due: 改天}\n"
    (upgraded / "bad.yaml").write_text(bad, encoding="utf-8")
    checked = duban("template", "check", "bad.yaml", "missing.yaml", "--json")
    assert checked.exit_code == 1
    first, second = json.loads(checked.stdout)
    assert {fault["line"] for fault in first["faults"]} >= {2, 4, 6}
    assert "没有文件 missing.yaml" in second["faults"][0]["says"]
    said = refused("campaign", "start", "bad.yaml", "--start", "2026-11-23")
    assert "第2行 version" in said
    assert "第6行" in said
    assert json.loads(duban("campaign", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff\xfe\x00", "不是 UTF-8"), (b"title: [", "第"), (b"", "空")]
)
def test_a_file_that_is_no_template_is_refused(home: Path, content: bytes, says: str) -> None:
    (home / "x.yaml").write_bytes(content)
    assert says in refused("template", "show", "x.yaml", "--json")


def test_an_unknown_template_names_the_known_ones(upgraded: Path) -> None:
    assert "standard-four-phase" in refused("campaign", "start", "four", "--start", "2026-11-23")


# -- campaigns ------------------------------------------------------------------------------------------


def test_an_unknown_place_names_the_near_ones(upgraded: Path) -> None:
    said = refused(*START, "--set", "rectifi.until=2027-03-01", "--dry-run")
    assert "rectifi.until" in said
    assert "rectify.until" in said


def test_dates_already_past_ask_for_a_decision_and_nothing_starts(upgraded: Path) -> None:
    (upgraded / "more.csv").write_text("单位代码,单位名称,上级代码\nSX-1,示例医院,SX\n", encoding="utf-8")
    assert duban("units", "import", "more.csv", "--apply").exit_code == 0
    old = ["campaign", "start", "standard-four-phase", "--start", "2020-03-02"]
    assert "--past keep" in refused(*old)
    assert json.loads(duban("campaign", "list", "--json").stdout) == []
    assert duban(*old, "--past", "keep").exit_code == 0


def test_blanks_of_a_plan_are_named_with_the_option_that_fills_them(upgraded: Path) -> None:
    words = ["campaign", "start", "county-outstanding-issues", "--start", "2026-11-23", "--dry-run"]
    done = duban(*words, "--json")
    assert done.exit_code == 1
    blanks = json.loads(done.stdout)["blanks"]
    assert blanks
    for blank in blanks:
        assert f"--set {blank['place']}=" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["campaign", "status", "7"], "没有编号为 7 的专项行动"),
        (["preview", "7", "--from", "2027-01-01", "--to", "2027-01-02"], "没有编号为 7 的专项行动"),
        (["move", "7", "SX", "submit"], "没有编号为 7 的专项行动"),
        (["key", "revoke", "duban_nobody"], "没有以 duban_nobody 开头的密钥"),
        (["key", "create", "大屏", "--under", "NO-1"], "NO-1：单位表中没有这个代码"),
        (["key", "create", "大屏", "--campaign", "7"], "没有编号为 7 的专项行动"),
        ([*START, "--units", "NO-1"], "NO-1：单位表中没有这个代码"),
        ([*START, "--kinds", "飞机场"], "飞机场：没有这个类别"),
        ([*START, "--owner", "NO-1"], "NO-1：单位表中没有这个代码"),
        (START, "没有单位参加"),
    ],
)
def test_what_is_not_there_is_named(upgraded: Path, words: list[str], says: str) -> None:
    assert says in refused(*words)


# -- sheets ---------------------------------------------------------------------------------------------


def test_a_unit_list_with_faults_names_rows_and_writes_nothing(upgraded: Path) -> None:
    rows = [
        "单位代码,单位名称,上级代码,联络员,联络员邮箱",
        "A,甲医院,SX,王示例,wang@example.org",
        "A,乙医院,SX,,",
    ]
    rows += ["B,丙医院,C,,", "C,丁医院,B,,", "D,=1+1,SX,,", "E,戊医院,SX,王示例,not-an-address"]
    (upgraded / "bad.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = refused("units", "import", "bad.csv", "--apply")
    for part in ("单位代码 A 重复", "互为上级", "第6行", "第7行", "什么都没有写入"):
        assert part in said
    faults = json.loads(duban("units", "import", "bad.csv", "--json").stdout)
    assert faults["applied"] is False
    assert {fault["line"] for fault in faults["faults"]} >= {3, 6, 7}
    (upgraded / "units.csv").write_text(UNITS, encoding="utf-8")
    assert json.loads(duban("units", "import", "units.csv", "--json").stdout)["unchanged"] == 1
    assert json.loads(duban("units", "import", "units.csv", "--json").stdout)["absent"] == []


def test_a_crafted_workbook_is_refused(upgraded: Path) -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 200_000_000)
    (upgraded / "bomb.xlsx").write_bytes(bomb.getvalue())
    assert "bomb.xlsx" in refused("units", "import", "bomb.xlsx")


def test_a_year_with_faults_names_rows_and_loads_nothing(upgraded: Path) -> None:
    rows = "日期,上班\n2031-01-01,0\n2031-01-01,1\n2030-12-31,0\n改天,1\n2031-02-03,也许\n"
    (upgraded / "year.csv").write_text(rows, encoding="utf-8")
    said = refused("calendar", "load", "2031", "year.csv", "--apply")
    for part in ("第3行 日期：2031-01-01 写了两次", "第4行", "不在 2031 年", "第5行", "第6行 上班"):
        assert part in said
    (upgraded / "empty.csv").write_text("日期,上班\n", encoding="utf-8")
    assert "一天也没有" in refused("calendar", "load", "2031", "empty.csv")
    (upgraded / "head.csv").write_text("甲,乙\n2031-01-01,0\n", encoding="utf-8")
    assert "表头" in refused("calendar", "load", "2031", "head.csv")


def test_an_existing_file_is_not_written_over(home: Path) -> None:
    (home / "名单.xlsx").write_text("我的")
    assert "--force" in refused("units", "template", "名单.xlsx")
    assert (home / "名单.xlsx").read_text() == "我的"
    assert duban("units", "template", "名单.xlsx", "--force").exit_code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_sentence(home: Path) -> None:
    Path("名单.csv").symlink_to("/dev/full")
    said = refused("units", "template", "名单.csv", "--force")
    assert said.startswith("读写不了 ")
    assert "磁盘已满" in said


def test_an_error_that_is_a_bug_is_not_dressed_up_as_a_sentence() -> None:
    known, bug = OSError(28, "No space left on device", "x"), KeyError("oops")
    assert sentences(ExceptionGroup("rounds", [known, known])) == ["读写不了 x：磁盘已满"]
    assert sentences(ExceptionGroup("rounds", [known, bug])) == []


def test_a_warning_of_a_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.Logger("sample")
    log.addHandler(OneLine())
    try:
        raise ValueError("坏了\n还有")  # noqa: TRY301
    except ValueError:
        log.exception("timer %s failed", [3])
    assert capsys.readouterr().err == "timer [3] failed：坏了\n"
