"""A ledger from a file, over HTTP and without scripts: looked at cell by cell, then the very file that was looked at is taken."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from api import weights
from page_forms import filled
from page_site import ELSEWHERE, HOSTILE, PROBLEMS, Site
from page_walk import LISTED
from states.records import ledger_acting
from states.records.asker import EVERYTHING
from states.settings import read

L = "/campaigns/1/ledger"
API = f"/api/v1{L}"
HEADER = 3

pytestmark = pytest.mark.xdist_group("pages")


def exported(client: Any) -> Any:
    return load_workbook(BytesIO(client.get(f"{API}/export").content))


def cell(book: Any, no: int, title: str) -> Any:
    page = book.worksheets[0]
    columns = {one.value: one.column for one in page[HEADER]}
    row = next(row[0].row for row in page.iter_rows(min_row=HEADER + 1) if row[0].value == no)
    return page.cell(row, columns[title])


def added(book: Any, **cells: str) -> None:
    page = book.worksheets[0]
    columns = {one.value: one.column for one in page[HEADER]}
    row = page.max_row + 1
    for title, value in cells.items():
        page.cell(row, columns[title]).value = value


def send(client: Any, book: Any, name: str = "台账.xlsx", **more: str) -> Any:
    content = book if isinstance(book, bytes) else saved(book)
    sheet = {**filled(client.get(f"{L}/import").text, "send"), **more}
    files: list[Any] = [(key, (None, value)) for key, value in sheet.items()]
    files.append(("file", (name, content, "application/octet-stream")))
    return client.post(f"{L}/import", files=files)


def saved(book: Any) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def aside(site: Site) -> list[str]:
    return sorted(one.name for one in (site.settings.files / "incoming").glob("*"))


def started(site: Site, no: int) -> None:
    """Somebody else begins with an item."""
    with site.store.write() as session:
        ledger_acting.move(session, EVERYTHING, 1, no, "start", site.hands.at)


def items(client: Any) -> dict[int, Any]:
    return {one["no"]: one for one in client.get(API).json()["items"]}


def test_a_file_is_looked_at_then_taken_without_being_sent_again(own: Site) -> None:
    with own.browsing("coordinator") as client:
        book = exported(client)
        cell(book, 1, "备注").value = "从文件来的"
        cell(book, 3, "状态").value = "整改中"
        added(
            book, 项目="新项目", 存在问题="新问题", 整改措施="新措施", 完成时限="长期坚持", 单位代码=ELSEWHERE
        )
        answer = send(client, book)
        assert answer.status_code == 200
        assert "<del>示例备注</del>" in answer.text
        assert "<ins>从文件来的</ins>" in answer.text
        assert "<ins>整改中</ins>" in answer.text
        assert "新问题" in answer.text
        assert items(client)[1]["version"] == 1, "nothing is written yet"
        assert len(items(client)) == len(PROBLEMS)
        (kept,) = aside(own)
        assert re.fullmatch(r"aside-[0-9a-f]{16}-[0-9a-f]{64}", kept)
        assert (own.settings.files / "incoming" / kept).stat().st_mode & 0o777 == 0o600

        sheet = filled(answer.text, "take")
        done = client.post(f"{L}/import/apply", data=sheet)
        assert (done.status_code, done.headers["location"]) == (303, L)
        assert "已导入：新增 1 项（第 4 至 4 项），改动 2 项 2 处" in client.get(L).text
        found = items(client)
        assert (found[1]["more"]["备注"], found[3]["state"]["key"]) == ("从文件来的", "rectifying")
        assert found[4]["problem"] == "新问题"
        assert aside(own) == [], "what was taken is kept no longer"
        assert client.post(f"{L}/import/apply", data=sheet).status_code == 303, "a second click"
        assert len(items(client)) == len(PROBLEMS) + 1
        gone = client.post(f"{L}/import/apply", data={**sheet, "_once": "another"})
        assert (gone.status_code, "看过的文件已经不在" in gone.text) == (422, True)


def test_conflicts_are_taken_only_where_they_are_chosen_and_rows_may_be_left_out(own: Site) -> None:
    with own.browsing("coordinator") as client:
        book = exported(client)
        for no in (1, 3):
            cell(book, no, "项目").value = f"文件{no}"
        cell(book, 1, "备注").value = "文件"
        other = exported(client)
        for no in (1, 3):
            cell(other, no, "项目").value = f"他人{no}"
        client.post(f"{L}/import/apply", data=filled(send(client, other).text, "take"))
        page = send(client, book).text
        assert page.count("导出以后记录也改过") == 2
        sheet = {**filled(page, "take"), "pick": ["1.project"], "leave": ["1.备注"]}
        again = client.post(f"{L}/import/look", data=sheet)
        assert again.status_code == 200
        assert re.search(r'value="1\.project"[^>]* checked', again.text), "what was ticked stays so"
        assert items(client)[1]["project"] == "他人1"
        assert client.post(f"{L}/import/apply", data=filled(again.text, "take")).status_code == 303
        found = items(client)
        assert (found[1]["project"], found[3]["project"]) == ("文件1", "他人3")
        assert found[1]["more"] == {"备注": "示例备注"}
        sheet = {**filled(send(client, book).text, "take"), "conflicts": "true"}
        client.post(f"{L}/import/apply", data=sheet)
        assert items(client)[3]["project"] == "文件3"


def test_what_changed_between_looking_and_taking_is_looked_at_again(own: Site) -> None:
    with own.browsing("coordinator") as client:
        book = exported(client)
        cell(book, 1, "项目").value = "文件"
        sheet = filled(send(client, book).text, "take")
        started(own, 3)
        assert client.post(f"{L}/import/apply", data={**sheet, "leave": ["1.project"]}).status_code == 303
        sheet = filled(send(client, book).text, "take")
        started(own, 1)
        answer = client.post(f"{L}/import/apply", data=sheet)
        assert answer.status_code == 409, "item 1 is touched by the file, item 3 is not"
        assert "看过以后，台账又有变化" in answer.text
        assert "<ins>文件</ins>" in answer.text
        assert items(client)[1]["project"] == "示例项目"
        assert client.post(f"{L}/import/apply", data=filled(answer.text, "take")).status_code == 303
        assert items(client)[1]["project"] == "文件"


def test_what_can_not_be_read_is_rewritten_and_looked_at_again(own: Site) -> None:
    with own.browsing("coordinator") as client:
        book = exported(client)
        row = {"项目": "新项目", "存在问题": "新问题", "整改措施": "新措施", "完成时限": "尽早抓一下"}
        added(book, **row, 责任单位="不存在科")
        page = send(client, book).text
        assert "看不懂期限" in page
        assert "写入台账" not in page, "not before it is set right"
        sheet = filled(page, "take")
        assert client.post(f"{L}/import/apply", data=sheet).status_code == 422
        (mark,) = re.findall(r'name="leave" value="\+(\d+)"', page)
        left = client.post(f"{L}/import/look", data={**sheet, "leave": f"+{mark}"}).text
        assert ("看不懂期限" in left, "新问题" in left) == (False, True), "left out, and still to be seen"
        page = client.post(f"{L}/import/look", data={**sheet, "due": f"{mark}=2026-12-31"}).text
        assert "看不懂期限" not in page
        assert "“不存在科”不在单位表中" in page
        sheet = {**filled(page, "take"), "stand_in": "true"}
        assert sheet["due"] == f"{mark}=2026-12-31"
        wrong = client.post(f"{L}/import/look", data={**sheet, "unit": "NOWHERE"})
        assert (wrong.status_code, 'id="take-unit-wrong"' in wrong.text) == (422, True)
        assert filled(wrong.text, "take")["due"] == sheet["due"]
        assert client.post(f"{L}/import/apply", data=sheet).status_code == 303
        assert items(client)[4]["words"] == "2026-12-31"


def test_nobody_takes_in_what_another_looked_at(own: Site) -> None:
    with own.browsing("coordinator") as client:
        book = exported(client)
        cell(book, 1, "项目").value = "改"
        sheet = filled(send(client, book).text, "take")
        others = own.person("coordinator", "another")
        with own.browsing() as other:
            other.cookies.set("duban", others)
            for way in ("look", "apply"):
                answer = other.post(f"{L}/import/{way}", data={**sheet, "_once": way})
                assert (answer.status_code, "看过的文件已经不在" in answer.text) == (422, True)
                assert "<ins>" not in answer.text
        away = client.post("/campaigns/2/ledger/import/look", data=sheet)
        assert (away.status_code, "<ins>" in away.text) == (422, False)
        for token in ("", "../../etc/passwd", "x" * 64, *HOSTILE):
            answer = client.post(f"{L}/import/look", data={**sheet, "kept": token})
            assert answer.status_code == 422
            assert "<script>alert" not in answer.text
        assert items(client)[1]["project"] == "示例项目"
    with own.browsing("leader") as client:
        assert client.get(f"{L}/import").status_code == 403
        assert client.post(f"{L}/import/apply", data=sheet).status_code == 403


def test_only_the_last_files_are_kept(own: Site) -> None:
    with own.browsing("coordinator") as client:
        book = exported(client)
        pages = []
        for n in range(5):
            cell(book, 1, "项目").value = f"第{n}次"
            pages.append(filled(send(client, book).text, "take"))
        assert len(aside(own)) == 3
        assert client.post(f"{L}/import/look", data=pages[0]).status_code == 422
        assert client.post(f"{L}/import/look", data=pages[-1]).status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("台账.xlsx", b"", "文件是空的"),
        ("台账.exe", b"MZ" + b"\0" * 200, "只能导入 .xlsx 或 .csv 文件"),
        ("台账.xlsx", b"PK\x03\x04broken", ""),
        ("台账.csv", "甲,乙\n1,2\n".encode(), "没有找到台账"),
        ("台账.txt", "甲\t乙\n1\t2\n".encode("utf-16"), "没有找到台账"),
        ("台账.csv", b"\0\1\2\3", "请另存为“CSV UTF-8"),
    ],
)
def test_what_is_no_ledger_is_said_where_files_are_chosen(
    own: Site, name: str, content: bytes, says: str
) -> None:
    with own.browsing("coordinator") as client:
        answer = send(client, content, name, unit=ELSEWHERE)
        assert answer.status_code == 422
        assert 'id="send-file-wrong"' in answer.text
        assert says in answer.text
        assert filled(answer.text, "send")["unit"] == ELSEWHERE, "what was typed stays"
        before = aside(own)
        away = client.post(L.replace("1", "99") + "/import", files=[("file", (name, content))])
        assert (away.status_code, aside(own)) == (404, before), (
            "nothing is taken in for a campaign that is not there"
        )
        nothing = send(client, b"", "")
        assert (nothing.status_code, "请选择一个台账文件" in nothing.text) == (422, True)


def test_each_row_of_a_file_is_a_problem_or_is_said(own: Site) -> None:
    head = "序号,项目,问题,措施,责任部门,完成时限\n1,作风,推诿扯皮,约谈,医务处,长期坚持\n"
    with own.browsing("coordinator") as client:
        found = send(
            client,
            (head + "2,作风,作风问题,完善措施,医务处,长期坚持\n").encode(),
            "台账.csv",
            stand_in="true",
        )
        for said in ("作风问题", "完善措施", "医务处"):
            assert said in found.text, said
        found = send(client, (head.split("\n")[0] + "\n1,作风\n").encode(), "台账.csv")
        assert "台账.csv C2" in found.text
        found = send(
            client, (head + "2,作风,,再约谈,医务处,长期坚持\n").encode(), "台账.csv", stand_in="true"
        )
        assert "台账.csv C3" in found.text


def test_looking_and_taking_weigh_as_much_as_with_the_api(own: Site) -> None:
    assert weights.HEAVY_PAGES <= LISTED, "a page that was renamed weighs nothing"
    throttle = own.app.state.house.throttle
    own.app.state.house.throttle = type(throttle)(read({"DUBAN_RATE_HEAVY": "2"}).rates)
    with own.browsing("coordinator") as client:
        asked = [client.post(f"{L}/import/{way}").status_code for way in ("look", "apply", "look")]
        assert asked == [422, 422, 429]
        assert client.get(L).status_code == 200, "what is light goes on"


def test_hostile_words_of_a_file_show_as_text(own: Site) -> None:
    with own.browsing("coordinator") as client:
        for words in HOSTILE:
            book = exported(client)
            cell(book, 1, "备注").value = words[:1_500]
            added(book, 项目=words[:50], 存在问题=words[:1_500], 整改措施="改", 完成时限="长期坚持")
            page = send(client, book).text
            for sign in ("<script>alert", "<img src", "49</"):
                assert sign not in page
            assert "写入台账" in page
