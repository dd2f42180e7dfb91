"""duban account: who may log in, from the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from command_line import data, duban
from flows.commands import running
from states import clock, settings
from states.records import access, entering, sittings
from states.records.entering import Asked
from states.records.roles import Role
from states.records.session import connect

UNITS = """代码,名称,类别,上级代码
S,示例市卫生健康委员会,行政部门,
A,示例县卫生健康局,行政部门,S
A-H1,示例县人民医院,医院,A
"""


@pytest.fixture
def store(at_home: Path):
    (at_home / "units.csv").write_text(UNITS, encoding="utf-8")
    duban("upgrade")
    duban("units", "import", "units.csv", "--apply")
    made = connect(settings.read().database_url)
    yield made
    made.close()


def test_an_account_is_made_granted_reset_and_closed(store) -> None:
    made = data("account", "add", "Li", "李示例", "--role", "liaison", "--under", "A-H1")
    assert (made["account"]["login"], made["account"]["grants"][0]["unit"]["code"]) == ("li", "A-H1")
    now = clock.now()

    def enter(password: str) -> sittings.Sitting:
        token = entering.enter(store, Asked("li", "", now), password)
        with store.read() as session:
            found = sittings.find(session, token, now)
        assert found is not None
        return found

    assert enter(made["password"]).scope.role is Role.liaison
    assert duban("account", "grant", "li", "coordinator", "--under", "A").stdout == "已授权，编号 2\n"
    key = data("key", "create", "大屏", "--grant", "2")["key"]
    with store.read() as session:
        found = access.find(session, key, now)
        assert found is not None
    assert (found.role, found.path) == (Role.reader, "/1/2/")
    assert len(data("account", "sessions", "li")) == 1
    assert "已全部结束" in duban("account", "sessions", "li", "--end").stdout
    assert data("account", "sessions", "li") == []
    duban("account", "revoke", "li", "2")
    again = data("account", "reset", "li")["password"]
    assert enter(again).must_change
    duban("account", "link", "li", "--email", "Li@example.org")
    duban("account", "disable", "li")
    (told,) = data("account", "list")
    assert (told["disabled"], told["linked"], [one["id"] for one in told["grants"]]) == (True, True, [1])
    listed = duban("account", "list").stdout
    assert "李示例" in listed
    assert again not in listed
    duban("account", "enable", "li")


REFUSED = [
    (["account", "add", "li x", "李示例"], "应为 2 到 40 个小写字母"),
    (["account", "add", "li", "李示例", "--role", "king"], "没有这个角色"),
    (["account", "add", "li", "李示例", "--role", "liaison", "--under", "Z"], "单位表中没有代码 Z"),
    (["account", "grant", "nobody", "liaison"], "没有登录名为 nobody 的账号"),
    (["account", "add", "wang", "王示例"], "已有登录名为 wang 的账号"),
    (["account", "revoke", "wang", "7"], "wang 没有编号为 7 的授权"),
    (["key", "create", "x", "--grant", "9"], "没有编号为 9 的授权"),
]


def test_what_can_not_be_is_refused_in_a_sentence(store) -> None:
    duban("account", "add", "wang", "王示例")
    for words, says in REFUSED:
        assert says in duban(*words, code=1).stderr, words


def test_the_first_start_tells_the_password_once_and_on_the_terminal_alone(
    store, at_home: Path, capsys, caplog
) -> None:
    running._first_account(store)
    said = capsys.readouterr()
    password = said.out.partition("初始密码 ")[2].split()[0]
    token = entering.enter(store, Asked("admin", "", clock.now()), password)
    assert token
    running._first_account(store)
    assert capsys.readouterr().out == ""
    with store.read() as session:
        written = "".join(
            str(session.execute(sa.text(f"SELECT * FROM {table}")).all()) for table in ("journal", "account")
        )
    files = b"".join(one.read_bytes() for one in at_home.rglob("*") if one.is_file())
    assert password not in written + caplog.text + said.err
    assert password.encode() not in files
