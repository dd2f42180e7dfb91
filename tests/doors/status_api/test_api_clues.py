"""Clues over the API: numbered, moved, counted; who gave one is nowhere but under the seal."""

from __future__ import annotations

import email
import email.policy
import io
import logging
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from flows import rounds
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
ZONE = ZoneInfo("Asia/Shanghai")


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
    assert world.post(look, {"reason": "回访赵举报"}, officer).status_code == 422
    kept = world.post(look, {"reason": "回访"}, officer, headers={"Idempotency-Key": "a"})
    assert kept.status_code == 422
    answer = world.post(look, {"reason": "回访"}, officer)
    assert answer.json() == PERSON
    assert answer.headers["cache-control"] == "no-store"
    assert "查看举报人" in [one["what"]["name"] for one in world.get(f"{CLUES}/{key}").json()["history"]]
    anonymous = told(world)["id"]
    assert world.post(f"{CLUES}/{anonymous}/informant", {"reason": "回访"}, officer).status_code == 404


READS = (
    *("", "/summary", "/units", "/obligations?limit=500", "/ledger", "/ledger/1", "/proposals", "/letters"),
    *("/extensions", "/silences", "/events", "/reporting", "/clues/figures", "/units/A-H1"),
)


def delivered(world: Any, *moments: str) -> list[str]:
    """What really goes out at these moments, as a reader has it: heads, texts and what is attached."""
    for words in moments:
        world.at(words[:10] + " 00:01")
        for job in rounds.JOBS[:4]:
            rounds.run(
                job, world.settings, datetime.fromisoformat(words).replace(tzinfo=ZONE).astimezone(UTC)
            )
    rounds.store_of(world.settings).close()
    rounds.store_of.cache_clear()
    found = []
    for path in sorted((world.settings.home / "mail" / "new").iterdir()):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        found.append("\n".join(f"{name}: {value}" for name, value in mail.items()))
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                found.append(part.get_content())
            elif not part.is_multipart():
                found.append((part.get_filename() or "") + unpacked(part.get_payload(decode=True)))
    return found


def unpacked(content: bytes) -> str:
    """All that is in an office file."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "".join(parts.read(name).decode("utf-8", "ignore") for name in parts.namelist())


def acted(world: Any) -> tuple[int, list[Any]]:
    """A clue with an informant, told twice, looked up, taken, and spoken of where it may not be: what was answered."""
    heard = [world.post(CLUES, {**TOLD, "informant": PERSON}, headers={"Idempotency-Key": "k"})]
    heard.append(world.post(CLUES, {**TOLD, "informant": PERSON}, headers={"Idempotency-Key": "k"}))
    assert [one.headers.get("idempotency-replayed") for one in heard] == [None, "true"]
    key = heard[0].json()["id"]
    officer = world.key("officer", write=True, informants=True)
    assert world.post(f"{CLUES}/{key}/informant", {"reason": "回访"}, officer).json() == PERSON
    heard.append(move(world, key, "take", body={"text": "赵举报来电", "handler": "A"}))
    assert heard[-1].status_code == 422
    heard.append(move(world, key, "take", body={"handler": "A"}))
    handed = f"/campaigns/1/obligations/{world.owes('A-H1', 'list')}/submit"
    heard.append(world.post(handed, {"text": "赵举报来过"}))
    assert heard[-1].status_code == 422
    return key, heard


def mailed(world: Any) -> str:
    """All mails until a letter has gone out."""
    mails = delivered(world, "2026-11-19 10:00", "2026-11-27 10:00")
    assert len(mails) > 5
    number = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"][0]["id"]
    world.post(f"/campaigns/1/proposals/{number}/confirm", {"person": "王示例", "reason": "没有回音"})
    mails += delivered(world, "2026-11-27 14:00")
    assert "自查报告" in "".join(mails)
    return "".join(mails)


def test_the_informant_is_nowhere_in_the_clear(
    world: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Mails, log, journal, kept answers, exports, every cell of the database and its very bytes."""
    caplog.set_level(logging.DEBUG)
    key, heard = acted(world)
    mails = mailed(world)
    world.at("2026-12-20 18:00")
    heard += [
        world.get(path) for path in (CLUES, f"{CLUES}/{key}", "/changes?limit=500", "/units/A-H1/status")
    ]
    heard += [world.get(f"/campaigns/1{path}") for path in READS]
    files = ("ledger/export", "letters/1/file", *(f"papers/{kind}" for kind in ("work", "ranking", "weekly")))
    sheets = "".join(unpacked(world.get(f"/campaigns/1/{name}").content) for name in files)
    assert "约谈" in sheets
    logged, printed = "\n".join(record.getMessage() for record in caplog.records), "".join(capfd.readouterr())
    everywhere = {
        "answers": "".join(one.text for one in heard),
        "files": sheets,
        "mails": mails,
        "log": logged,
        "output": printed,
    }
    everywhere["database"] = "".join(cells(world))
    everywhere["disk"] = "".join(
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


def refused_at(answer: Any, place: str) -> None:
    assert (answer.status_code, [one["place"] for one in answer.json()["faults"]]) == (422, [place]), (
        answer.text
    )
    assert "举报" not in answer.text.replace("赵举报", ""), (
        "whoever may not see clues is told nothing of them"
    )


def test_nobody_writes_who_it_was_anywhere_and_who_tries_leaves_a_trace(world: Any) -> None:
    key = told(world, informant=PERSON)["id"]
    own, bureau = world.key("own", write=True, under="A-H1"), world.key("bureau", write=True, under="A")
    owed, name = world.owes("A-H1", "report"), "关于赵 举报的说明"
    act, here = f"/campaigns/1/obligations/{owed}", f"/api/v1/campaigns/1/obligations/{owed}"
    parts = [("file", (f"{name}.txt", b"a")), ("until", (None, "+3wd")), ("reason", (None, "洪涝"))]
    for address in (f"{here}/submissions", f"{here}/extensions"):
        sent = parts[:1] if "submissions" in address else parts
        refused_at(world.client.post(address, files=sent, headers=own), "file")
    refused_at(world.post(f"{act}/submit", {"text": f"附{name}"}, own), "text")
    request = {"obligation": owed, "until": "+3wd", "reason": "致电１３９ 0000 1234"}
    refused_at(world.post("/campaigns/1/extensions", request, own), "reason")
    refused_at(world.post(f"{act}/waive", {"reason": name}, bureau), "reason")
    refused_at(
        world.post("/campaigns/1/silences", {"until": "2026-11-25", "reason": name, "unit": "A-H1"}, bureau),
        "reason",
    )
    item = {"unit": "A-H1", "project": "示例", "problem": name, "measures": ["改"], "found_by": "self"}
    item["due"] = "2026年12月20日"
    refused_at(world.post("/campaigns/1/ledger", {"items": [item]}), "problem")
    mass = {"move": "suspend", "filter": {"all": True}, "reason": name}
    for dry_run in (True, False):
        refused_at(world.post("/campaigns/1/moves", {**mass, "dry_run": dry_run}), "reason")
    one = {"move": "suspend", "reason": name}
    refused_at(world.post("/campaigns/1/units/A-H1/moves", one, bureau), "reason")
    assert [path for path in world.settings.files.rglob("*") if path.is_file()] == []
    with world.store.read() as session:
        traces = session.execute(sa.select(journal).where(journal.c.kind == "clue.named")).all()
    actors = [row.actor.removeprefix("key:") for row in traces]
    assert actors == ["own"] * 4 + ["bureau"] * 2 + ["all"] * 3 + ["bureau"]
    assert [row.payload for row in traces[:2]] == [{"clue": key, "places": ["file"]}] * 2
    assert [secret for secret in SECRETS for row in traces if secret in str(row)] == []
    history = [(fact["what"]["key"], fact["by"]) for fact in world.get(f"{CLUES}/{key}").json()["history"]]
    assert history[:2] == [("registered", "key:all"), ("named", "key:own")]
    assert "clue.named" not in world.get("/changes", params={"limit": 500}).text
    signed = world.post(f"{act}/submit", {"text": "已自查", "signer": "赵举报"}, own)
    assert signed.status_code == 200, "who gives a clue may sign in his own name"


def test_letters_and_their_reasons_name_nobody(world: Any) -> None:
    told(world, informant=PERSON)
    world.at("2026-11-27 10:00")
    number = world.get("/campaigns/1/proposals", params={"state": "proposed"}).json()["items"][0]["id"]
    said = {"person": "王示例", "reason": "赵举报反映属实"}
    refused_at(world.post(f"/campaigns/1/proposals/{number}/confirm", said), "reason")
    many = {**said, "confirm": True, "filter": {"all": True}}
    for dry_run in (True, False):
        refused_at(world.post("/campaigns/1/proposals/decide", {**many, "dry_run": dry_run}), "reason")
    assert world.get("/campaigns/1/letters").json()["items"] == []


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
    assert answer.status_code == 503
    assert "不属于这一条" in answer.json()["detail"]


def test_a_lost_key_says_so_and_an_older_one_still_opens(world: Any) -> None:
    from cryptography.fernet import Fernet

    key = told(world, informant=PERSON)["id"]
    officer = world.key("officer", write=True, informants=True)
    file = world.settings.home / NAME
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    file.unlink()
    answer = world.post(f"{CLUES}/{key}/informant", {"reason": "回访"}, officer)
    assert answer.status_code == 503
    assert "原来的密钥" in answer.json()["detail"]
    both = f"{Fernet.generate_key().decode()},{before.strip()}"
    object.__setattr__(world.app.state.house.settings, "clue_key", both)
    assert world.post(f"{CLUES}/{key}/informant", {"reason": "回访"}, officer).json() == PERSON


def test_a_damaged_key_file_is_named(world: Any) -> None:
    told(world, informant=PERSON)
    (world.settings.home / NAME).write_text("cut short")
    answer = world.post(CLUES, {**TOLD, "informant": PERSON})
    assert (answer.status_code, "clue.key 不是完好的密钥" in answer.json()["detail"]) == (503, True)


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
