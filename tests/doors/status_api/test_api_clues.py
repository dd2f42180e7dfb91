"""Clues over the API: numbered, moved, counted; who gave one is nowhere but under the seal."""

from __future__ import annotations

import io
import logging
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from states.records import access
from states.records.core import clue, journal
from states.records.sealing import NAME

SECRETS = ("赵举报", "13900001234", "示例巷7号", "1390000")
PERSON = {"name": "赵举报", "contact": "139-0000-1234", "address": "示例巷7号"}
TOLD = {
    "channel": "phone",
    "grade": "major",
    "text": "某科室收费不公示",
    "about": "A-H1",
    "received": "2026-11-01",
}
CLUES = "/campaigns/1/clues"


def told(world: Any, **more: Any) -> Any:
    answer = world.post(CLUES, {**TOLD, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def move(world: Any, number: int, name: str, **more: Any) -> Any:
    return world.post(f"{CLUES}/{number}/moves", {"move": name, **more.pop("body", {})}, **more)


def test_a_clue_from_the_telephone_to_the_feedback(world: Any) -> None:
    first, second = (
        told(world, informant=PERSON, due="2026-11-20"),
        told(world, channel="web", grade="conduct"),
    )
    assert [first["number"], second["number"]] == ["线索〔2026〕1号", "线索〔2026〕2号"]
    assert (first["informant"], second["informant"]) == (True, False)
    assert [one["key"] for one in first["moves"]] == ["take", "hand", "decline"]
    taken = move(world, first["id"], "take", body={"handler": "A"}).json()
    assert taken["handler"] == {"code": "A", "name": "示例东县卫生健康局"}
    told_off = move(world, first["id"], "close", body={"version": 1, "text": "属实"})
    assert told_off.status_code == 409
    assert "版本 2" in told_off.json()["detail"]
    handed = move(
        world, first["id"], "hand", body={"handed_to": "示例市公安局", "handed_no": "移送〔2026〕3号"}
    )
    assert handed.json()["state"] == {"key": "handed", "name": "已移交"}
    ended = move(world, first["id"], "feed_back", body={"text": "查实，已列入台账", "ledger_no": 1}).json()
    assert (ended["result"], ended["ledger_no"]) == ("查实，已列入台账", 1)
    assert [one["what"]["name"] for one in ended["history"]] == ["登记", "受理", "移交", "反馈"]
    figures = world.get(f"{CLUES}/figures").json()
    assert (figures["total"], figures["ended"]) == (2, 1)
    for split in ("classes", "channels", "states"):
        assert sum(one["total"] for one in figures[split]) == 2
        assert sum(one["ended"] for one in figures[split]) == 1
    assert [one["id"] for one in world.get(CLUES, params={"state": "registered"}).json()["items"]] == [2]


def test_overdue_from_the_day_after_its_date(world: Any) -> None:
    told(world, due="2026-11-05")
    assert world.get(CLUES, params={"overdue": "true"}).json()["items"] == []
    world.at("2026-11-06 00:01")
    (late,) = world.get(CLUES, params={"overdue": "true"}).json()["items"]
    assert late["overdue"]
    assert world.get(f"{CLUES}/figures").json()["overdue"] == 1


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"channel": "rumour"}, "body.channel"),
        ({"about": "NOBODY"}, "about"),
        ({"received": "2026-11-03"}, "received_on"),
        ({"due": "2026-10-01"}, "due_on"),
        ({"text": "赵举报说收费不公示", "informant": PERSON}, "text"),
        ({"text": "请打139 0000 1234", "informant": PERSON}, "text"),
        ({"informant": {**PERSON, "nickname": "x"}}, "body.informant.nickname"),
    ],
)
def test_a_faulty_clue_is_refused_at_its_place(world: Any, body: dict[str, Any], place: str) -> None:
    answer = world.post(CLUES, {**TOLD, **body})
    assert answer.status_code == 422
    assert [one["place"] for one in answer.json()["faults"]] == [place]
    assert not [one for one in SECRETS if one in answer.text and one not in body.get("text", "")]
    assert world.get(f"{CLUES}/figures").json()["total"] == 0


def test_nobody_sees_a_clue_about_himself(world: Any) -> None:
    east, west = world.key("east", write=True, under="A"), world.key("west", write=True, under="B")
    hospital = world.key("hospital", write=True, under="A-H1")
    own = told(world)["id"]
    for key in (east, west, hospital):
        assert world.get(CLUES, key).json()["items"] == []
        assert world.get(f"{CLUES}/{own}", key).status_code == 403
        assert world.post(CLUES, TOLD, key).status_code == 403
    assert move(world, own, "take", body={"handler": "A-H1"}).status_code == 409
    assert move(world, own, "take", body={"handler": "A"}).status_code == 200
    assert world.get(f"{CLUES}/{own}", east).status_code == 200
    assert move(world, own, "assign", body={"handler": "B"}, key=east).status_code == 403
    assert move(world, own, "close", body={"text": "不属实"}, key=east).status_code == 200
    assert world.get(f"{CLUES}/{own}", hospital).status_code == 403


def test_only_one_kind_of_key_sees_who_it_was_and_every_look_is_kept(world: Any) -> None:
    key = told(world, informant=PERSON)["id"]
    look = f"{CLUES}/{key}/informant"
    assert world.post(look, {"reason": "回访"}).status_code == 403
    officer = world.key("officer", write=True, informants=True)
    assert world.post(look, {"reason": " "}, officer).status_code == 409
    assert world.post(look, {"reason": "回访赵举报"}, officer).status_code == 409
    kept = world.post(look, {"reason": "回访"}, officer, headers={"Idempotency-Key": "a"})
    assert kept.status_code == 422
    answer = world.post(look, {"reason": "回访"}, officer)
    assert answer.json() == PERSON
    assert answer.headers["cache-control"] == "no-store"
    assert "查看举报人" in [one["what"]["name"] for one in world.get(f"{CLUES}/{key}").json()["history"]]
    anonymous = told(world)["id"]
    assert world.post(f"{CLUES}/{anonymous}/informant", {"reason": "回访"}, officer).status_code == 404


def test_the_informant_is_nowhere_in_the_clear(
    world: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Mails, log, journal, kept answers, exports, every cell of the database and its very bytes."""
    caplog.set_level(logging.DEBUG)
    heard = [world.post(CLUES, {**TOLD, "informant": PERSON}, headers={"Idempotency-Key": "k"})]
    heard.append(world.post(CLUES, {**TOLD, "informant": PERSON}, headers={"Idempotency-Key": "k"}))
    assert [one.headers.get("idempotency-replayed") for one in heard] == [None, "true"]
    key = heard[0].json()["id"]
    officer = world.key("officer", write=True, informants=True)
    assert world.post(f"{CLUES}/{key}/informant", {"reason": "回访"}, officer).json() == PERSON
    heard.append(move(world, key, "take", body={"text": "赵举报来电", "handler": "A"}))
    assert heard[-1].status_code == 422
    heard.append(move(world, key, "take", body={"handler": "A"}))
    heard += [world.get(CLUES), world.get(f"{CLUES}/{key}"), world.get("/campaigns/1/summary")]
    world.at("2026-12-20 18:00")
    with zipfile.ZipFile(io.BytesIO(world.get("/campaigns/1/ledger/export").content)) as book:
        sheets = b"".join(book.read(name) for name in book.namelist()).decode()
    logged, printed = "\n".join(record.getMessage() for record in caplog.records), "".join(capfd.readouterr())
    everywhere = {
        "answers": "".join(one.text for one in heard),
        "export": sheets,
        "log": logged,
        "output": printed,
    }
    everywhere["database"] = "".join(cells(world))
    everywhere["files"] = "".join(
        path.read_bytes().decode("utf-8", "ignore") for path in tmp_path.rglob("*") if path.is_file()
    )
    assert len(everywhere["database"]) > 10_000
    for place, content in everywhere.items():
        assert [one for one in SECRETS if one in content] == [], place


def test_an_item_of_the_ledger_that_says_who_it_was_is_not_named_by_the_clue(world: Any) -> None:
    key = told(world, informant={"name": "台账不", "contact": "139-0000-1234"})["id"]  # as item 2 is worded
    move(world, key, "take")
    refused = move(world, key, "close", body={"text": "查实", "ledger_no": 2})
    assert (refused.status_code, refused.json()["faults"][0]["place"]) == (422, "ledger_no")
    assert "台账第2项写有举报人的信息" in refused.text
    assert world.get(f"{CLUES}/{key}").json()["ledger_no"] is None
    assert move(world, key, "close", body={"text": "查实", "ledger_no": 1}).json()["ledger_no"] == 1


def cells(world: Any) -> list[str]:
    """Every cell of every table as text; JSON with letters as they are."""
    names = sa.inspect(world.store.engine).get_table_names()
    with world.store.read() as session:
        return [
            str(cell).encode().decode("unicode_escape", "ignore") + str(cell)
            for name in names
            for row in session.execute(sa.text(f'SELECT * FROM "{name}"'))
            for cell in row
        ]


def test_the_digest_kept_with_an_idempotency_key_cant_be_guessed_back(world: Any) -> None:
    """The same body gives another digest under another key, so that knowing the rest of it does not help."""
    for name in ("before", "after"):
        world.post(CLUES, {**TOLD, "informant": PERSON}, headers={"Idempotency-Key": name})
        (world.settings.home / NAME).unlink()
    with world.store.read() as session:
        kept = session.execute(sa.text("SELECT request FROM idempotency")).scalars().all()
    assert len(set(kept)) == 2


def test_a_sealed_informant_can_not_be_moved_to_another_clue(world: Any) -> None:
    first, second = told(world, informant=PERSON)["id"], told(world)["id"]
    officer = world.key("officer", write=True, informants=True)
    with world.store.write() as session:
        sealed = session.execute(sa.select(clue.c.sealed).where(clue.c.id == first)).scalar_one()
        session.execute(sa.update(clue).where(clue.c.id == second).values(sealed=sealed))
    answer = world.post(f"{CLUES}/{second}/informant", {"reason": "回访"}, officer)
    assert answer.status_code == 500
    assert "不属于这条线索" in answer.json()["detail"]


def test_a_lost_key_says_so_and_an_older_one_still_opens(world: Any) -> None:
    from cryptography.fernet import Fernet

    key = told(world, informant=PERSON)["id"]
    officer = world.key("officer", write=True, informants=True)
    file = world.settings.home / NAME
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    file.unlink()
    answer = world.post(f"{CLUES}/{key}/informant", {"reason": "回访"}, officer)
    assert answer.status_code == 500
    assert "原来的密钥" in answer.json()["detail"]
    both = f"{Fernet.generate_key().decode()},{before.strip()}"
    object.__setattr__(world.app.state.house.settings, "clue_key", both)
    assert world.post(f"{CLUES}/{key}/informant", {"reason": "回访"}, officer).json() == PERSON


def test_eight_at_once_get_eight_numbers(world: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: told(world)["number"], range(8)))
    assert sorted(numbers) == sorted(f"线索〔2026〕{no}号" for no in range(1, 9))


def test_the_journal_has_a_row_for_every_move_and_no_text_of_the_clue(world: Any) -> None:
    key = told(world, informant=PERSON)["id"]
    move(world, key, "decline", body={"text": "不属于受理范围"})
    with world.store.read() as session:
        rows = session.execute(sa.select(journal).where(journal.c.kind.like("clue.%"))).all()
    assert [(row.kind, row.before, row.after, row.reason) for row in rows] == [
        ("clue.registered", None, "registered", None),
        ("clue.decline", "registered", "declined", "不属于受理范围"),
    ]
    assert all(row.actor == "key:all" and TOLD["text"] not in str(row.payload) for row in rows)


def test_a_key_that_sees_informants_is_listed_as_one(world: Any) -> None:
    world.key("officer", write=True, informants=True)
    with world.store.read() as session:
        assert [row.informants for row in access.listed(session)] == [True, False]
