"""The ledger over HTTP: written down, moved, looked for, out to a workbook and back in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from openpyxl import load_workbook

L = "/campaigns/1/ledger"
FOUND = {
    "unit": "A-H1",
    "project": "收费",
    "problem": "重复收费",
    "measures": ["退费", "培训"],
    "due": "发现后10个工作日内",
    "found_by": "self",
}


def add(world: Any, key: dict[str, str] | None = None, **more: Any) -> Any:
    return world.post(L, {"items": [{**FOUND, **more}]}, key=key)


def move(world: Any, no: int, name: str, key: dict[str, str] | None = None, **more: Any) -> Any:
    return world.post(f"{L}/{no}/moves", {"move": name, **more}, key=key)


def numbers(world: Any, key: dict[str, str] | None = None, **which: Any) -> list[int]:
    return [one["no"] for one in world.get(L, key=key, params=which).json()["items"]]


def send(world: Any, content: bytes, name: str, key: dict[str, str] | None = None, **asked: Any) -> Any:
    return world.client.post(
        f"/api/v1{L}/import",
        content=content,
        params={"filename": name, **asked},
        headers={**(key or world.all), "Content-Type": "application/octet-stream"},
    )


# -- written down -----------------------------------------------------------------------------------------


def test_a_unit_writes_down_what_it_found_and_it_is_owed_at_once(world: Any) -> None:
    hospital = world.key("A-H1", write=True, under="A-H1")
    answer = add(world, hospital)
    assert (answer.status_code, answer.json()) == (201, {"added": [3]})
    told = world.get(f"{L}/3", key=hospital).json()
    assert told["unit"]["code"] == "A-H1"
    assert told["state"] == {"key": "open", "name": "待整改"}
    assert told["found_by"] == {"key": "self", "name": "自查"}
    assert told["due"] == "2026-11-16T18:00:00+08:00", "ten working days after Monday 2 November"
    assert (told["lenient"], told["lenient_why"]) == (
        True,
        "自查发现，2026-11-02 报告，“自查自纠”至 2026-11-27",
    )
    assert [(one["what"]["name"], one["after"]) for one in told["history"]] == [("登记", "待整改")]
    owed = world.get("/campaigns/1/obligations", params={"unit": "A-H1", "limit": 500}).json()["items"]
    assert [one["milestone"]["name"] for one in owed if one["milestone"]["kind"] == "ledger"] == [
        "台账第3项（收费）"
    ]


def test_the_time_of_report_decides_on_leniency_and_a_unit_cannot_date_it_back(world: Any) -> None:
    world.at("2026-12-02 10:00")
    hospital = world.key("A-H1", write=True, under="A-H1")
    add(world, hospital)
    assert world.get(f"{L}/3").json()["lenient"] is False
    early = {"reported_at": "2026-11-20T10:00:00+08:00"}
    refused = add(world, hospital, **early)
    assert (refused.status_code, "报告时间由登记时间确定" in refused.json()["detail"]) == (403, True)
    add(world, **early)
    assert world.get(f"{L}/4").json()["lenient"] is True
    add(world, found_by="inspection", **early)
    assert world.get(f"{L}/5").json()["lenient"] is False


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        ({"due": "长期抓下去"}, 422, "看不懂期限“长期抓下去”"),
        ({"due": None}, 422, "没有写完成时限"),
        ({"due": "__月__日前"}, 422, "留空，须填写"),
        ({"departments": ["不存在科"]}, 422, "责任部门“不存在科”不在单位表中"),
        ({"unit": "NOWHERE"}, 404, "单位表中没有代码 NOWHERE"),
        ({"type": "重大"}, 422, "没有“重大”这种问题类型"),
        ({"reported_at": "2027-01-01T00:00:00+08:00"}, 422, "报告时间晚于现在"),
        ({"measures": []}, 422, "measures"),
        ({"found_by": "rumour"}, 422, "found_by"),
    ],
)
def test_what_cannot_be_written_down_is_refused_and_nothing_is(
    world: Any, more: dict[str, Any], status: int, says: str
) -> None:
    body = {"items": [FOUND, {**FOUND, **more}]}
    answer = world.post(L, body)
    assert answer.status_code == status
    assert says in answer.text
    assert numbers(world) == [1, 2]


def test_a_unit_writes_down_nothing_for_another(world: Any) -> None:
    west = world.key("B", write=True, under="B")
    assert add(world, west).status_code == 403
    assert move(world, 1, "claim", west).status_code == 403
    assert world.get(f"{L}/1", key=west).status_code == 403
    assert numbers(world, west) == []


def test_a_repeated_request_writes_once(world: Any) -> None:
    headers = {"Idempotency-Key": "one"}
    first = world.post(L, {"items": [FOUND]}, headers=headers)
    again = world.post(L, {"items": [FOUND]}, headers=headers)
    assert (first.json(), again.json()) == ({"added": [3]}, {"added": [3]})
    assert numbers(world) == [1, 2, 3]


# -- moved ------------------------------------------------------------------------------------------------


def test_each_level_does_its_part_and_the_choices_say_why_not(world: Any) -> None:
    hospital = world.key("A-H1", write=True, under="A-H1")
    county = world.key("A", write=True, under="A")
    add(world, hospital)
    assert move(world, 3, "claim", hospital).json()["state"]["key"] == "claimed"
    choices = {one["move"]: one for one in world.get(f"{L}/3", key=hospital).json()["moves"]}
    assert choices["check"]["refusals"] == ["由上级核查：授权只管问题所在单位"]
    refused = move(world, 3, "close", hospital)
    assert (refused.status_code, refused.json()["refusals"]) == (
        409,
        ["由上级核查：授权只管问题所在单位"],
    )
    told = move(world, 3, "close", county).json()
    assert (told["state"]["key"], told["closed"]) == ("closed", True)
    told = move(world, 3, "reopen", county, reason="回头看发现反弹").json()
    assert (told["state"]["key"], told["reopened"], told["closed"]) == ("rectifying", 1, False)
    assert [one["what"]["key"] for one in told["history"]] == ["added", "claim", "close", "reopen"]


def test_two_who_decide_at_once_are_told_what_changed(world: Any) -> None:
    version = world.get(f"{L}/1").json()["version"]
    assert move(world, 1, "start", version=version).status_code == 200
    late = move(world, 1, "claim", version=version)
    assert late.status_code == 409
    assert late.json()["type"] == "urn:duban:conflict"
    assert "现为“整改中”，版本 2；接口 all：开始整改" in late.json()["detail"]


def test_many_move_at_once_after_a_dry_run(world: Any) -> None:
    for _ in range(3):
        add(world)
    wish = {"move": "claim", "filter": {"under": ["A"]}}
    tried = world.post(f"{L}/moves", wish).json()
    assert (tried["dry_run"], tried["moved"]) == (True, 3)
    assert numbers(world, state="claimed") == []
    assert world.post(f"{L}/moves", {**wish, "dry_run": False}).json()["moved"] == 3
    assert numbers(world, state="claimed") == [3, 4, 5]
    closed = world.post(f"{L}/moves", {"move": "close", "filter": {"all": True}, "dry_run": False}).json()
    assert (closed["moved"], closed["refused"]) == (3, 2)
    assert world.get("/campaigns/1/summary").json()["ledger"] == {
        "closed": 3,
        "items": 5,
        "rate": 0.75,
        "standing": 1,
        "reviewed": 0,
    }
    assert world.post(f"{L}/moves", {"move": "claim", "filter": {}}).status_code == 422
    assert (
        "须逐项办理" in world.post(f"{L}/moves", {"move": "return", "filter": {"all": True}}).json()["detail"]
    )


def test_of_two_who_check_and_return_at_once_one_hears_what_the_other_did(world: Any) -> None:
    """Two coordinators with the same page before them, on connections of their own."""
    with ThreadPoolExecutor(2) as pool:
        for no, pair in ((1, ("close", "return")), (2, ("check", "check"))):
            move(world, no, "claim")
            version = world.get(f"{L}/{no}").json()["version"]
            both = Barrier(2)

            def one(name: str, no: int = no, version: int = version, both: Barrier = both) -> Any:
                both.wait()
                return move(world, no, name, version=version, reason="材料不全")

            made = sorted(pool.map(one, pair), key=lambda answer: answer.status_code)
            assert [answer.status_code for answer in made] == [200, 409]
            state = made[0].json()["state"]["name"]
            assert (
                f"台账第{no}项刚刚被他人改动（现为“{state}”，版本 {version + 1}；接口 all：" in made[1].text
            )
            history = world.get(f"{L}/{no}").json()["history"]
            assert len([line for line in history if line["what"]["key"] in pair]) == 1


def test_what_was_written_wrongly_is_withdrawn_with_a_reason_and_is_seen_but_not_counted(world: Any) -> None:
    hospital = world.key("A-H1", write=True, under="A-H1")
    add(world, hospital)
    refused = move(world, 3, "withdraw", hospital, reason="写错了")
    assert (refused.status_code, "由上级核查" in refused.text) == (409, True)
    assert move(world, 3, "withdraw").json()["refusals"] == ["“撤销登记”须写明理由"]
    told = move(world, 3, "withdraw", reason="写错了").json()
    assert (told["state"]["key"], told["withdrawn"]) == ("withdrawn", "2026-11-02T09:00:00+08:00")
    assert told["history"][-1]["reason"] == "写错了"
    assert numbers(world, hospital) == [3]
    assert numbers(world, state="withdrawn") == [3]
    assert world.get(f"{L}/figures").json()["whole"]["items"] == 2
    assert world.get("/campaigns/1/summary").json()["ledger"]["items"] == 2
    page = exported(world).worksheets[0]
    assert cell(page, 3, "状态").value == "已撤销"
    assert page["A2"].value.endswith("共2项，应销号1项，已销号0项，长期坚持1项，另有已撤销1项")
    cell(page, 3, "状态").value = "待整改"
    assert "不能由“已撤销”直接改为“待整改”" in send(world, saved(page.parent), "台账.xlsx").text


def test_evidence_for_an_item_is_handed_in_with_files_and_found_from_the_item(world: Any) -> None:
    hospital = world.key("A-H1", write=True, under="A-H1")
    add(world, hospital)
    (owed,) = world.get(f"{L}/3").json()["answers"]
    assert (owed["unit"]["code"], owed["status"]["key"], owed["submissions"]) == ("A-H1", "open", 0)
    address = f"/api/v1/campaigns/1/obligations/{owed['obligation']}/submissions"
    files = [("file", ("退费凭证.pdf", b"%PDF-1.7\n%%EOF\n")), ("text", (None, "已退费12笔"))]
    made = world._checked(world.client.post(address, files=files, headers=hospital))
    assert made.status_code == 201, made.text
    told = world.get(f"{L}/3").json()
    assert told["state"]["key"] == "claimed", "all that was owed for it is handed in"
    (owed,) = told["answers"]
    assert (owed["status"]["key"], owed["submissions"]) == ("submitted", 1)
    (kept,) = world.get(f"/obligations/{owed['obligation']}").json()["submissions"]
    assert [one["name"] for one in kept["files"]] == ["退费凭证.pdf"]
    assert move(world, 3, "return", reason="缺整改照片").json()["answers"][0]["status"]["key"] == "returned"
    again = world._checked(world.client.post(address, files=files[:1], headers=hospital))
    assert again.status_code == 201, again.text
    assert world.get(f"{L}/3").json()["answers"][0]["submissions"] == 2
    other = world.key("B", write=True, under="B")
    assert world.client.post(address, files=files, headers=other).status_code == 403


def test_a_problem_is_handed_over(world: Any) -> None:
    told = world.post(f"{L}/1/handover", {"to": "示例市医疗保障局", "number": "移〔2026〕3号"}).json()
    assert told["handed"] == {
        "to": "示例市医疗保障局",
        "number": "移〔2026〕3号",
        "at": "2026-11-02T09:00:00+08:00",
    }
    assert told["history"][-1]["what"]["name"] == "移交"


# -- looked for -------------------------------------------------------------------------------------------


def test_items_are_found_by_what_is_known_of_them(world: Any) -> None:
    add(world)
    add(world, unit="B-H1", found_by="complaint", problem="台账缺页", departments=["示例办公室"])
    add(world, due="长期坚持", lead="示例办公室")
    assert numbers(world, under="A") == [3, 5]
    assert numbers(world, found_by="complaint") == [4]
    assert numbers(world, department="示例办公室") == [1, 2, 4, 5]
    assert numbers(world, standing=True) == [2, 5]
    assert numbers(world, undated=True) == [5]
    assert numbers(world, lenient=True) == [3, 5]
    assert numbers(world, q="缺页") == [4]
    assert numbers(world, overdue=True) == []
    world.at("2026-11-17 10:00")
    assert numbers(world, overdue=True) == [3, 4]
    page = world.get(L, params={"limit": 2})
    assert [one["no"] for one in page.json()["items"]] == [1, 2]
    assert numbers(world, cursor=page.json()["next"], limit=2) == [3, 4]
    assert world.get(L, params={"state": "done"}).status_code == 422
    assert world.get(L, params={"colour": "red"}).status_code == 422


def test_figures_add_up_by_region_and_department_and_name_what_recurs(world: Any) -> None:
    add(world)
    add(world, unit="B-H1")
    add(world, unit="B-H2", project="采购")
    move(world, 3, "claim")
    move(world, 3, "close")
    told = world.get(f"{L}/figures").json()
    assert (told["whole"]["items"], told["whole"]["closed"], told["whole"]["rate"]) == (5, 1, 0.25)
    for part in ("regions", "departments"):
        assert sum(one["items"] for one in told[part]) == 5
        assert sum(one["closed"] for one in told[part]) == 1
    rates = {one["name"]: (one["items"], one["rate"]) for one in told["regions"]}
    assert rates == {"本级": (2, 0.0), "示例东县卫生健康局": (1, 1.0), "示例西县卫生健康局": (2, 0.0)}
    assert [(one["name"], one["items"], one["units"]) for one in told["recurring"]] == [("收费", 2, 2)]
    move(world, 3, "reopen", reason="反弹")
    assert world.get(f"{L}/figures").json()["recurring"][0]["reopened"] == 1


# -- out and in again -------------------------------------------------------------------------------------


def exported(world: Any, key: dict[str, str] | None = None) -> Any:
    answer = world.get(f"{L}/export", key=key)
    assert answer.status_code == 200
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    return load_workbook(BytesIO(answer.content))


def saved(book: Any) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cell(page: Any, no: int, title: str) -> Any:
    columns = {one.value: one.column for one in page[3]}
    row = next(row[0].row for row in page.iter_rows(min_row=4) if row[0].value == no)
    return page.cell(row, columns[title])


def written_over(page: Any) -> None:
    """Two cells of item 3 and two of item 1 say something else, and a row is new."""
    cell(page, 3, "项目名称").value = "医保"
    cell(page, 3, "状态").value = "已申报销号"
    cell(page, 1, "问题").value = "收费不公示、不透明"
    cell(page, 1, "项目名称").value = "示例甲"
    new, columns = page.max_row + 1, {one.value: one.column for one in page[3]}
    row = {"项目名称": "新项目", "问题": "新问题", "措施": "新措施", "完成时限": "12月底前"}
    for title, value in {**row, "单位代码": "B-H1"}.items():
        page.cell(new, columns[title]).value = value


def meanwhile_changed(world: Any) -> None:
    """Somebody else brings back another copy with two cells of item 1."""
    other = exported(world)
    cell(other.worksheets[0], 1, "项目名称").value = "示例乙"
    cell(other.worksheets[0], 1, "完成时限").value = "12月15日前"
    assert send(world, saved(other), "台账.xlsx", dry_run="false").json()["applied"] is True


@pytest.fixture
def copied(world: Any) -> bytes:
    """A copy that was written over while the ledger changed."""
    add(world, problem="=cmd|' /C calc'!A0")
    book = exported(world)
    page = book.worksheets[0]
    assert cell(page, 3, "问题").data_type == "s", "text, whatever it begins with"
    untouched = send(world, saved(book), "台账.xlsx").json()
    assert (untouched["added"], untouched["changed"], untouched["unchanged"]) == ([], [], 3)
    written_over(page)
    meanwhile_changed(world)
    return saved(book)


def test_a_copy_comes_back_with_every_cell_that_differs_and_the_conflicts(world: Any, copied: bytes) -> None:
    told = send(world, copied, "台账.xlsx").json()
    assert told["applied"] is False
    assert [(one["mark"], one["project"]) for one in told["added"]] == [("+7", "新项目")]
    cells = {
        (one["no"], c["field"]["key"]): (c["before"], c["after"], c["conflict"])
        for one in told["changed"]
        for c in one["cells"]
    }
    assert cells == {
        (1, "project"): ("示例乙", "示例甲", "导出以后记录也改过"),
        (1, "problem"): ("收费不公示", "收费不公示、不透明", None),
        (3, "project"): ("收费", "医保", None),
        (3, "state"): ("待整改", "已申报销号", None),
    }
    assert told["conflicts"] == 1


def test_a_copy_that_comes_back_is_taken_but_for_the_conflicts_that_are_not_chosen(
    world: Any, copied: bytes
) -> None:
    done = send(world, copied, "台账.xlsx", dry_run="false").json()
    assert done["numbers"] == [4]
    first, third = world.get(f"{L}/1").json(), world.get(f"{L}/3").json()
    assert (first["project"], first["problem"]) == ("示例乙", "收费不公示、不透明")
    assert first["due"] == "2026-12-15T18:00:00+08:00"
    assert (third["project"], third["state"]["key"]) == ("医保", "claimed")
    chosen = send(world, copied, "台账.xlsx", dry_run="false", take="1.project").json()
    assert chosen["numbers"] == []
    assert world.get(f"{L}/1").json()["project"] == "示例甲"


def test_only_what_is_chosen_is_taken(world: Any) -> None:
    book = exported(world)
    for no in (1, 2):
        cell(book.worksheets[0], no, "项目名称").value = f"新{no}"
        cell(book.worksheets[0], no, "措施").value = "甲\n乙"
    send(world, saved(book), "台账.xlsx", dry_run="false", take=["1", "2.measures"])
    first, second = world.get(f"{L}/1").json(), world.get(f"{L}/2").json()
    assert (first["project"], first["measures"]) == ("新1", ["甲", "乙"])
    assert (second["project"], second["measures"]) == ("示例项目", ["甲", "乙"])
    refused = send(world, saved(book), "台账.xlsx", dry_run="false", take=["9"])
    assert (refused.status_code, "没有“9”可选" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("title", "value", "says"),
    [
        ("状态", "已销号", "不能由“待整改”直接改为“已销号”"),
        ("状态", "差不多了", "没有“差不多了”这个状态"),
        ("完成时限", "尽早抓一下", "看不懂期限"),
        ("责任部门", "不存在科", "责任部门“不存在科”不在单位表中"),
        ("问题", None, "不能改成空的"),
        ("发现途径", "自查", "随方案下发的事项没有发现途径"),
        ("行编号", "999", "行编号“999”不在这本台账中"),
        ("行编号", "2", "是同一项"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named_and_nothing_is_written(
    world: Any, title: str, value: Any, says: str
) -> None:
    book = exported(world)
    cell(book.worksheets[0], 1, title).value = value
    cell(book.worksheets[0], 2, "项目名称").value = "另一处改动"
    told = send(world, saved(book), "台账.xlsx").json()
    assert [one for one in told["faults"] if says in one["says"]], told["faults"]
    refused = send(world, saved(book), "台账.xlsx", dry_run="false")
    assert (refused.status_code, says in refused.text) == (422, True)
    assert world.get(f"{L}/2").json()["project"] == "示例项目"


def test_a_copy_without_its_stamps_changes_nothing_unasked(world: Any) -> None:
    book = exported(world)
    cell(book.worksheets[0], 1, "项目名称").value = "改"
    cell(book.worksheets[0], 1, "校验").value = None
    told = send(world, saved(book), "台账.xlsx").json()
    assert told["conflicts"] == 1
    assert "没有导出时的校验" in told["changed"][0]["cells"][0]["conflict"]


def test_a_unit_brings_back_its_own_and_nothing_after_its_claim(world: Any) -> None:
    hospital = world.key("A-H1", write=True, under="A-H1")
    add(world)
    book = exported(world, hospital)
    page = book.worksheets[0]
    assert [row[0].value for row in page.iter_rows(min_row=4)] == [3], "it sees its own only"
    cell(page, 3, "问题").value = "重复收费12笔"
    assert send(world, saved(book), "台账.xlsx", hospital, dry_run="false").status_code == 200
    move(world, 3, "claim", hospital)
    cell(page, 3, "问题").value = "没有问题"
    cell(page, 3, "校验").value = cell(exported(world, hospital).worksheets[0], 3, "校验").value
    refused = send(world, saved(book), "台账.xlsx", hospital, dry_run="false")
    assert (refused.status_code, "“已申报销号”，改动须由上级办理" in refused.text) == (422, True)
    cell(page, 3, "单位代码").value = "B-H1"
    cell(page, 3, "行编号").value = None
    refused = send(world, saved(book), "台账.xlsx", hospital, dry_run="false")
    assert (refused.status_code, "单位 B-H1 不在授权范围" in refused.text) == (422, True)


def test_the_copy_is_made_for_officials(world: Any) -> None:
    add(world)
    page = exported(world).worksheets[0]
    assert page.title == "问题台账"
    assert page["A1"].value == "示例专项整治问题台账"
    assert page.print_title_rows == "$3:$3"
    assert page.page_setup.orientation == "landscape"
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToHeight == 0, "as many pages as it takes, one page wide"
    columns = {one.value: one.column_letter for one in page[3]}
    assert page.column_dimensions[columns["行编号"]].hidden
    assert page.column_dimensions[columns["问题"]].width > 30
    assert page.print_area == f"'问题台账'!$A$1:${columns['状态']}${page.max_row}"
    assert [columns["状态"], columns["办理说明"]] == ["J", "K"], "what is printed stands before the rest"
    assert page.row_dimensions[4].height == 36, "as high as two lines, the name of the unit"
    offered = {
        str(rule.sqref).split(":")[0].rstrip("0123456789"): rule
        for rule in page.data_validations.dataValidation
    }
    assert offered[columns["状态"]].showErrorMessage
    assert set(offered) == {columns[name] for name in ("状态", "发现途径", "牵头部门", "责任部门")}
