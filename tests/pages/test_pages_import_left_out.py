"""What a file holds beside what is taken from it is named above the preview: other sheets of a workbook, rows that only add up."""

from __future__ import annotations

import csv
import re
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from page_forms import filled
from page_lists import NEW, sheet
from page_site import Site

LEDGER = "/campaigns/1/ledger/import"
HEAD = "序号,项目,问题,措施,责任部门,完成时限\n"
ITEM = "1,作风,推诿扯皮,约谈,医务处,长期坚持\n"
FILES = {
    "/admin/import": (sheet(NEW).decode("utf-8-sig"), {}),
    "/admin/calendar": ("日期,上班\n2026-04-13,0\n", {"year": "2026"}),
    LEDGER: (HEAD + ITEM, {"stand_in": "true"}),
}
UNREAD = re.compile(r"只读了第一张“([^<]*)”；没有读的：([^<]*)</p>")

pytestmark = pytest.mark.xdist_group("pages")


def book(text: str, *others: str, hidden: str = "") -> bytes:
    """A workbook: its first sheet, and empty ones beside it."""
    made = Workbook()
    first: Any = made.active
    first.title = "第一<b>"
    for row in csv.reader(text.splitlines()):
        first.append(row)
    for name in others:
        made.create_sheet(name)
    if hidden:
        made.create_sheet(hidden, 0).sheet_state = "hidden"
    content = BytesIO()
    made.save(content)
    return content.getvalue()


def looked(client: Any, path: str, content: bytes, name: str, **more: str) -> str:
    form = {**filled(client.get(path).text, "send"), **more}
    answer = client.post(
        path, files=[*((key, (None, value)) for key, value in form.items()), ("file", (name, content))]
    )
    assert answer.status_code == 200, answer.text
    return str(answer.text)


@pytest.mark.parametrize("path", FILES)
def test_of_several_sheets_it_is_said_which_was_read(own: Site, path: str) -> None:
    text, more = FILES[path]
    role = "coordinator" if path == LEDGER else "administrator"
    with own.browsing(role) as client:
        alone = looked(client, path, book(text, hidden="旧"), "示例.xlsx", **more)
        assert UNREAD.findall(alone) == [], "a hidden one is nobody's concern"
        assert UNREAD.findall(looked(client, path, text.encode(), "示例.csv", **more)) == []
        several = looked(client, path, book(text, "乡镇", "村", hidden="旧"), "示例.xlsx", **more)
        assert UNREAD.findall(several) == [("第一&lt;b&gt;", "“乡镇”、“村”")]


def test_a_row_that_only_adds_up_is_no_problem_and_is_named(own: Site) -> None:
    rows = "小计,,1,,,\n2,服务,合计收费不公示,公示,医务处,长期坚持\n,合 计：,2项,,,\n总计,2,2,2,2,2\n"
    with own.browsing("coordinator") as client:
        html = looked(client, LEDGER, (HEAD + ITEM + rows).encode(), "台账.csv", stand_in="true")
        assert "不取：第3行“小计”、第5行“合计：”、第6行“总计”</p>" in html
        new = html.split('id="added"')[1].split("</table>")[0]
        assert re.findall(r'<th scope="row">([^<]+)</th>', new) == ["推诿扯皮", "合计收费不公示"]
        assert "共 2 项是新的" in html
        asked = {"stand_in": "true", "filename": "台账.csv"}
        api = client.post(f"/api/v1{LEDGER}", params=asked, content=(HEAD + ITEM + rows).encode())
        assert api.json()["totals"] == ["第3行“小计”", "第5行“合计：”", "第6行“总计”"]
        assert "只是合计" not in looked(client, LEDGER, (HEAD + ITEM).encode(), "台账.csv", stand_in="true")
