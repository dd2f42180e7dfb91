"""A list of units comes in by a page: looked at with all that it changes, then the same file is taken, once, or refused whole."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from page_forms import hidden
from page_lists import CHANGED, NEW, sheet
from page_site import COUNTY, HOSPITAL, HOSTILE, Site, unit_of
from states.documents import unitsheet
from states.documents.sheet import read
from states.records import core, roster
from states.records.roles import Role

pytestmark = pytest.mark.xdist_group("pages")

IMPORT = "/admin/import"


def send(client: Any, content: bytes, name: str = "名单.csv") -> Any:
    form = hidden(client.get(IMPORT).text, "send")
    return client.post(IMPORT, data=form, files={"file": (name, content)})


def codes(site: Site) -> set[str]:
    with site.store.read() as session:
        return set(session.execute(sa.select(core.unit.c.code)).scalars())


def test_a_list_is_looked_at_and_then_the_same_file_is_taken_once(own: Site) -> None:
    before, name = codes(own), unit_of(own, HOSPITAL).name
    with own.browsing("administrator") as client:
        looked = send(client, sheet(NEW, CHANGED))
        assert looked.status_code == 200
        for said in (
            "名单.csv",
            f"<del>{name}</del>",
            "<ins>改名示例医院</ins>",
            "jie@example.org",
            "新示例医院",
            "不再担任联系人",
        ):
            assert said in looked.text, said
        assert codes(own) == before, "nothing is written by looking"
        form = hidden(looked.text, "take")
        done = client.post(f"{IMPORT}/apply", data=form)
        assert (done.status_code, done.headers["location"]) == (303, "/admin/units")
        page = client.get("/admin/units").text
        assert "已写入：新增 1 个单位，修改 1 个；联系人新增 2、改名 0、移除 1" in page
        assert codes(own) == before | {"XIN-1"}
        assert client.post(f"{IMPORT}/apply", data=form).status_code == 303, (
            "a second click does nothing more"
        )
        gone = client.post(f"{IMPORT}/apply", data={**form, "_once": "another"})
        assert (gone.status_code, "请重新选择文件" in gone.text) == (422, True)
        again = send(client, sheet(NEW, CHANGED)).text
        assert "文件与登记的内容一致" in again
        assert ">写入<" not in again
    with own.store.read() as session:
        facts = sa.select(core.journal.c.actor, core.journal.c.payload).where(
            core.journal.c.kind == "units.imported"
        )
        (fact,) = [one for one in session.execute(facts) if one.actor.startswith("user:")]
    assert (fact.payload["new"], fact.payload["changed"]) == (1, [HOSPITAL])


def test_a_list_with_faults_is_shown_with_their_lines_and_not_taken(own: Site) -> None:
    before = codes(own)
    wrong = {
        "code": "XIN-2",
        "name": HOSTILE[0],
        "kind": "没有这种",
        "parent": "NONE",
        "liaison.email": "kein",
    }
    with own.browsing("administrator") as client:
        looked = send(client, sheet(NEW, wrong))
        for said in ("不认识类别", "既不在表中也不在系统中", "不是邮箱地址", 'class="number">3</td>'):
            assert said in looked.text, said
        assert "<script>alert" not in looked.text
        assert ">写入<" not in looked.text
        forced = client.post(f"{IMPORT}/apply", data=hidden(looked.text, "take"))
        assert (forced.status_code, "什么都没有写入" in forced.text) == (409, True)
        assert codes(own) == before
        for content, name in ((b"%PDF-1.7 x", "名单.pdf"), (b"", "名单.csv"), (b"a,b\n1,2\n", "名单.csv")):
            answer = send(client, content, name)
            assert answer.status_code in (200, 422)
            assert "没有" in answer.text or "缺少" in answer.text or "不" in answer.text
        unicode_text = "单位代码\t单位名称\nXIN-9\t新单位\n".encode("utf-16")  # as Excel saves “Unicode 文本”
        assert "XIN-9" in send(client, unicode_text, "名单.txt").text
        none = client.post(IMPORT, data=hidden(client.get(IMPORT).text, "send"), files={"file": ("", b"")})
        assert (none.status_code, "请选择一个文件" in none.text) == (422, True)


def test_what_changed_between_looking_and_taking_is_looked_at_again(own: Site) -> None:
    with own.browsing("administrator") as client:
        form = hidden(send(client, sheet(CHANGED)).text, "take")
        with own.store.write() as session:
            session.execute(sa.update(core.unit).where(core.unit.c.code == HOSPITAL).values(name="别人改的"))
        late = client.post(f"{IMPORT}/apply", data=form)
        assert (late.status_code, "又有变化" in late.text, "<del>别人改的</del>" in late.text) == (
            409,
            True,
            True,
        )
        assert client.post(f"{IMPORT}/apply", data=hidden(late.text, "take")).status_code == 303
    assert unit_of(own, HOSPITAL).name == "改名示例医院"


def test_what_is_recorded_comes_out_as_a_list_that_changes_nothing(site: Site) -> None:
    with site.browsing("administrator") as client:
        book = client.get(f"{IMPORT}/recorded")
        assert "attachment" in book.headers["content-disposition"]
        assert "文件与登记的内容一致" in send(client, book.content, "名单.xlsx").text
        assert client.get(f"{IMPORT}/blank").content[:2] == b"PK"
    with site.store.read() as session:
        recorded = roster.recorded(session)
    assert len(read(book.content, "名单.xlsx")) == len(unitsheet.units_sheet(recorded).rows) + 1


def test_nobody_but_who_administers_everything_takes_a_list_in(own: Site) -> None:
    token = own.person(Role.administrator, "part", under=COUNTY)
    with own.browsing("administrator") as client:
        form = hidden(send(client, sheet(NEW)).text, "take")
    for other in (token, own.tokens["coordinator"]):
        with own.browsing() as client:
            client.cookies.set("duban", other)
            files = {"file": ("名单.csv", sheet(NEW))}
            assert client.post(IMPORT, data={"_once": "x"}, files=files).status_code == 403
            assert client.post(f"{IMPORT}/apply", data=form).status_code == 403
            for path in (IMPORT, f"{IMPORT}/recorded", f"{IMPORT}/blank"):
                assert client.get(path).status_code == 403, path
    second = own.person(Role.administrator, "second")
    with own.browsing() as client:
        client.cookies.set("duban", second)
        answer = client.post(f"{IMPORT}/apply", data=form)
        assert (answer.status_code, "请重新选择文件" in answer.text) == (422, True), (
            "a file is its sender's alone"
        )
    assert "XIN-1" not in codes(own)
