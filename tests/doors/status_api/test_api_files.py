"""Handing in with files over HTTP: kept as they came, by version; fetched by those who may; refused in a sentence."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from same_words import words
from states.records.core import handed_file, idempotency, journal, stored_file, submission

PDF = b"%PDF-1.7\n" + "自查报告".encode() + b"\n%%EOF\n"
PHOTOS = [b"\x89PNG\r\n\x1a\n" + bytes([n]) * 40 for n in range(4)]
NAME = "示例东县人民医院 自查报告（终稿）.pdf"


def send(world: Any, key: int, *files: tuple[str, bytes], campaign: int = 1, **more: Any) -> Any:
    """One multipart request; `fields` beside the files, `by` another key."""
    by, again = more.pop("by", world.all), more.pop("again", None)
    headers = {**by, **({"Idempotency-Key": again} if again else {})}
    parts: list[Any] = [("file", (name, content)) for name, content in files]
    parts += [(name, (None, str(one))) for name, value in more.items() for one in _each(value)]
    address = f"/api/v1/campaigns/{campaign}/obligations/{key}/submissions"
    return world._checked(world.client.post(address, files=parts, headers=headers))


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def on_disk(world: Any) -> list[str]:
    """Everything that lies in the vault, also what is still coming in."""
    folder: Path = world.settings.files
    return sorted(one.name for one in folder.rglob("*") if one.is_file())


def count(world: Any, table: sa.Table) -> int:
    with world.store.read() as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def replaced(world: Any, before: str, after: str) -> None:
    """The running campaign takes a new text of its plan at once."""
    text = world.template.replace(before, after)
    assert text != world.template
    with world.store.write() as session:
        session.execute(
            sa.text("UPDATE campaign SET template_text = :t, template_sha256 = :h"),
            {"t": text, "h": hashlib.sha256(text.encode()).hexdigest()},
        )


REPORT = "due: 2026年11月20日, review: true"
WANTS = (
    f"{REPORT}, to: 示例市卫生健康委员会, copies: [示例市纪委派驻纪检组],"
    " evidence: {photos: 2, kinds: [image, pdf], signer: true}"
)


@pytest.fixture
def report(world: Any) -> int:
    """What A-H1 owes, with its evidence, on the day before it is due."""
    replaced(world, REPORT, WANTS)
    world.at("2026-11-19 10:00")
    key: int = world.owes("A-H1", "report")
    return key


def test_a_report_without_its_photos_and_signer_is_refused_and_nothing_is_kept(
    world: Any, report: int
) -> None:
    owed = world.get(f"/obligations/{report}").json()
    assert (owed["to"], owed["copies"]) == ("示例市卫生健康委员会", ["示例市纪委派驻纪检组"])
    assert owed["evidence"]["photos"] == 2
    short = send(world, report, (NAME, PDF), ("现场.png", PHOTOS[0]), ("现场2.png", PHOTOS[0]))
    assert (short.status_code, short.json()["refusals"]) == (
        409,
        ["“自查报告”至少要附 2 张照片（内容不同），现有 1 张", "“自查报告”须写明签发人"],
    )
    assert on_disk(world) == []
    bare = world.post(f"/campaigns/1/obligations/{report}/submit", {})
    assert bare.status_code == 409, "without a form there is no evidence either"


def hand_in_twice(world: Any, key: int) -> None:
    """Handed in, returned, handed in again after the new date, accepted."""
    pair = [("现场1.png", PHOTOS[0]), ("现场2.png", PHOTOS[1])]
    made = send(world, key, (NAME, PDF), *pair, signer="王示例", seal="已盖公章", text="已自查。")
    assert made.status_code == 201, made.text
    assert made.json()["status"]["key"] == "submitted"
    assert world.get(f"/obligations/{key}").json()["version"] == 2
    returned = world.post(f"/campaigns/1/obligations/{key}/return", {"reason": "缺少签章", "version": 2})
    due = returned.json()["due"]
    assert due == "2026-11-24T10:00:00+08:00", "the stated rule: three working days from now"
    world.at("2026-11-25 10:00")
    again = send(world, key, ("改后.pdf", PDF + b"2"), *pair, signer="王示例")
    assert again.status_code == 201, again.text
    assert world.post(f"/campaigns/1/obligations/{key}/accept", {}).status_code == 200


def test_a_report_is_handed_in_returned_handed_in_again_and_both_versions_are_kept(
    world: Any, report: int
) -> None:
    hand_in_twice(world, report)
    second, first = world.get(f"/obligations/{report}").json()["submissions"]
    assert [one["name"] for one in first["files"]] == [NAME, "现场1.png", "现场2.png"]
    assert (first["version"], first["late"]) == (1, False)
    assert (first["signer"], first["seal"]) == ("王示例", "已盖公章")
    assert (first["to"], first["copies"]) == ("示例市卫生健康委员会", ["示例市纪委派驻纪检组"])
    assert (first["judged"]["act"]["key"], first["judged"]["reason"]) == ("return", "缺少签章")
    assert (second["version"], second["late"], second["judged"]["act"]["key"]) == (2, True, "accept")
    assert second["files"][1]["sha256"] == first["files"][1]["sha256"]
    assert count(world, stored_file) == 4, "the same photo is kept once"
    assert count(world, handed_file) == 6
    assert world.get(first["files"][0]["address"].removeprefix("/api/v1")).content == PDF
    with world.store.read() as session:
        kinds = session.execute(
            sa.select(journal.c.kind).where(journal.c.kind.like("obligation.%")).order_by(journal.c.id)
        )
        assert list(kinds.scalars()) == [
            *("obligation.submit", "obligation.handed", "obligation.return"),
            *("obligation.submit", "obligation.handed", "obligation.accept"),
        ]


def test_a_download_is_saved_under_its_name_and_never_shown(world: Any) -> None:
    key = world.owes("A-H1", "report")
    address = send(world, key, (NAME, PDF)).json()["submissions"][0]["files"][0]["address"]
    path, digest = address.removeprefix("/api/v1"), hashlib.sha256(PDF).hexdigest()

    def asked(**headers: str) -> Any:
        return world.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    whole = asked()
    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, PDF, str(len(PDF)))
    assert whole.headers["content-disposition"] == (
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''"
        "%E7%A4%BA%E4%BE%8B%E4%B8%9C%E5%8E%BF%E4%BA%BA%E6%B0%91%E5%8C%BB%E9%99%A2%20"
        "%E8%87%AA%E6%9F%A5%E6%8A%A5%E5%91%8A%EF%BC%88%E7%BB%88%E7%A8%BF%EF%BC%89.pdf"
    )
    assert whole.headers["etag"] == f'"{digest}"'
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"] == "sandbox; default-src 'none'"
    part = asked(Range="bytes=0-3")
    assert (part.status_code, part.content) == (206, b"%PDF")
    assert part.headers["content-range"] == f"bytes 0-3/{len(PDF)}"
    assert asked(Range="bytes=-6").content == b"%%EOF\n"
    assert asked(Range="bytes=5-").content == PDF[5:]
    assert asked(Range="bytes=0-3", If_Range=f'"{digest}"').status_code == 206
    assert asked(Range="bytes=0-3", If_Range='"other"').status_code == 200
    for strange in ("bytes=4-1", "bytes=-", "lines=1-2", "bytes=0-1,3-4"):
        assert (asked(Range=strange).status_code, asked(Range=strange).content) == (200, PDF)
    for beyond in (f"bytes={len(PDF)}-", "bytes=-0"):
        none = asked(Range=beyond)
        assert (none.status_code, none.headers["content-range"]) == (416, f"bytes */{len(PDF)}")
        assert none.headers["content-type"] == "application/problem+json"
    assert asked(If_None_Match=f'"{digest}"').status_code == 304
    assert world.get(path.replace("/files/1", "/files/2")).status_code == 404
    world.settings.files.joinpath(digest[:2], digest[2:4], digest).write_bytes(PDF[:-1])
    assert asked().status_code == 500, "what is not the recorded content is never sent as it"


def test_a_key_sees_its_own_files_and_can_use_no_others(world: Any) -> None:
    mine, theirs = world.owes("A-H1", "report"), world.owes("B-H1", "report")
    east = world.key("east", write=True, under="A")
    digest = hashlib.sha256(PDF).hexdigest()
    address = send(world, theirs, (NAME, PDF)).json()["submissions"][0]["files"][0]["address"]
    hidden, none = (
        world.get(path.removeprefix("/api/v1"), east)
        for path in (address, address.replace(str(theirs), "99"))
    )
    assert (hidden.status_code, words(hidden)) == (403, words(none)), "as if it did not exist"
    assert send(world, theirs, ("a.pdf", PDF), by=east).status_code == 403
    for reference in (digest, f"{theirs}/1", "0" * 64):
        refused = send(world, mine, by=east, earlier=reference)
        assert (refused.status_code, refused.json()["title"]) == (404, "找不到"), reference
    assert send(world, mine, by=world.key("reader"), earlier=digest).status_code == 403
    assert send(world, mine, earlier="报告").status_code == 422
    for key, by in ((theirs, east), (mine, world.key("looker"))):
        address = f"/api/v1/campaigns/1/obligations/{key}/submissions"
        early = world.client.post(address, content=b"no form", headers=by)
        assert early.status_code == 403, "said before anything is read"
    own = send(world, mine, ("自己的.pdf", PDF), by=east)
    assert own.status_code == 201, own.text
    assert count(world, stored_file) == 1
    assert (
        send(world, world.owes("A-C1", "report"), by=east, earlier=digest).json()["submissions"][0]["files"][
            0
        ]["name"]
        == "自己的.pdf"
    ), "known under the name that it was seen by"


def test_one_document_answers_in_several_campaigns(world: Any) -> None:
    first = world.owes("A-H1", "report")
    send(world, first, (NAME, PDF), ("图.png", PHOTOS[0]))
    world.post("/campaigns", {"text": world.template, "start": "2026-11-02"})
    found = world.get("/campaigns/2/obligations", params={"unit": "A-H1"}).json()["items"]
    second = found[0]["id"]
    body = {"earlier": [f"{first}/1"], "signer": "王示例"}
    told = world.post(f"/campaigns/2/obligations/{second}/submit", body).json()
    assert [one["name"] for one in told["submissions"][0]["files"]] == [NAME, "图.png"]
    assert told["status"]["key"] == "submitted"
    limited = world.key("second", write=True, campaigns=[2])
    by_hash = hashlib.sha256(PDF).hexdigest()
    other = world.get("/campaigns/2/obligations", params={"unit": "B-H1"}).json()["items"][0]["id"]
    assert send(world, other, campaign=2, by=limited, earlier=by_hash).status_code == 201, (
        "seen in campaign 2"
    )
    assert send(world, other, campaign=2, by=limited, earlier=f"{first}/1").status_code == 404
    assert on_disk(world) == sorted(hashlib.sha256(one).hexdigest() for one in (PDF, PHOTOS[0]))


def test_the_same_twice_is_kept_once(world: Any) -> None:
    key = world.owes("A-H1", "report")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _n: send(world, key, (NAME, PDF), text="一"), range(4)))
    assert {one.status_code for one in made} == {201}, [one.text for one in made]
    assert (count(world, submission), on_disk(world)) == (1, [hashlib.sha256(PDF).hexdigest()])
    other = send(world, key, (NAME, PDF), text="二")
    assert (other.status_code, other.json()["refusals"]) == (409, ["“自查报告”已报送待审核，不能再报送"])
    world.post(f"/campaigns/1/obligations/{key}/return", {"reason": "重报"})
    assert send(world, key, (NAME, PDF), text="一").json()["submissions"][0]["version"] == 2


def test_the_same_file_from_four_units_at_once_is_kept_once_and_named_by_each(world: Any) -> None:
    keys = [world.owes(code, "report") for code in ("A-H1", "A-C1", "B-H1", "B-H2")]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda key: send(world, key, (f"{key}.pdf", PDF)), keys))
    assert [one.status_code for one in made] == [201] * 4, [one.text for one in made]
    assert [one.json()["submissions"][0]["files"][0]["name"] for one in made] == [
        f"{key}.pdf" for key in keys
    ]
    assert (count(world, stored_file), count(world, handed_file)) == (1, 4)
    assert on_disk(world) == [hashlib.sha256(PDF).hexdigest()]


def test_an_idempotency_key_counts_for_forms_whatever_their_boundary(world: Any) -> None:
    key = world.owes("A-H1", "report")
    first, again = (send(world, key, (NAME, PDF), again="k1") for _ in range(2))
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert send(world, key, (NAME, PDF + b"x"), again="k1").status_code == 409
    assert (count(world, submission), count(world, idempotency), len(on_disk(world))) == (1, 1, 1)


def test_what_is_kept_at_the_unit_is_confirmed_and_not_sent(world: Any) -> None:
    replaced(world, REPORT, f"{REPORT}, keep_at_unit: true")
    key, other = world.owes("A-H1", "report"), world.owes("A-H1", "list")
    told = world.get(f"/obligations/{key}").json()
    acts = {one["act"]: one["refusals"] for one in told["acts"]}
    says = "“自查报告”留在单位备查，不必上传，只须确认"
    assert told["keep_at_unit"]
    assert (acts["confirm"], acts["submit"]) == ([], [says])
    assert send(world, key, (NAME, PDF)).json()["refusals"] == [says]
    assert send(world, key, (NAME, PDF), act="confirm").status_code == 422
    own = world.key("own", write=True, under="A-H1")
    done = world.post(f"/campaigns/1/obligations/{key}/confirm", {"signer": "王示例"}, own).json()
    assert (done["status"]["key"], done["submissions"][0]["act"]["key"]) == ("submitted", "confirm")
    refused = world.post(f"/campaigns/1/obligations/{other}/confirm", {})
    assert refused.json()["refusals"] == ["“问题清单”须报送，不能只作确认"]
    nil = send(world, other, ("a.pdf", PDF), act="nil")
    assert (nil.status_code, "零报告" in nil.text) == (422, True)
    assert send(world, other, act="nil", text="本期无").json()["submissions"][0]["act"]["name"] == "零报告"
    assert on_disk(world) == []


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("报告.pdf", PHOTOS[0], "扩展名是 .pdf，内容却是PNG 图片"),
        ("报告.pdf", b"", "文件是空的"),
        ("程序.pdf", b"MZ\x90\0", "可执行程序"),
        ("表.xlsm", b"PK\x03\x04", "含有宏"),
    ],
)
def test_what_is_not_taken_leaves_nothing(world: Any, name: str, content: bytes, says: str) -> None:
    key = world.owes("A-H1", "report")
    answer = send(world, key, ("好的.pdf", PDF), (name, content))
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert fault["place"] == name
    assert says in fault["says"]
    assert (on_disk(world), count(world, submission)) == ([], 0)


def test_a_form_that_is_none_is_refused(world: Any) -> None:
    address = f"/api/v1/campaigns/1/obligations/{world.owes('A-H1', 'report')}/submissions"

    def post(body: bytes, kind: str) -> Any:
        return world.client.post(address, content=body, headers={**world.all, "Content-Type": kind})

    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\nx\r\n'
    named = "multipart/form-data; boundary=b"
    for body, kind, place in (
        (b"{}", "application/json", "Content-Type"),
        (b"x", "multipart/form-data", "Content-Type"),
        (b"x", named, "body"),
        (part % (b"file", b'; filename="a.txt"'), named, "body"),
        (part % (b"else", b'; filename="a.txt"') + b"--b--", named, "else"),
        (part % (b"colour", b"") + b"--b--", named, "colour"),
        (part % (b"text", b"") * 2 + b"--b--", named, "text"),
        (part % (b"version", b"") + b"--b--", named, "version"),
        (part % (b"text", b"") * 70 + b"--b--", named, "body"),
        (part % (b"file", b'; filename="a.txt"') * 21 + b"--b--", named, "file"),
    ):
        answer = post(body, kind)
        assert (answer.status_code, answer.json()["faults"][0]["place"]) == (422, place), answer.text
        assert on_disk(world) == []
        assert "现有" not in answer.text, "what is too much is not taken in and then counted"
    long = b"".join(
        (part % (name, b"")).replace(b"\nx\r", b"\n" + b"x" * 100_001 + b"\r") for name in (b"text", b"seal")
    )
    assert "文字太长" in post(long + b"--b--", named).text, "all fields together"


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_files_of_before_count_with_those_that_come(world: Any) -> None:
    first, second = world.owes("A-H1", "report"), world.owes("A-H1", "list")
    many = send(world, first, *((f"{number}.txt", b"%d" % number) for number in range(20)))
    assert many.status_code == 201, many.text
    over = send(world, second, ("a.txt", b"a"), earlier=f"{first}/1")
    assert (over.status_code, "现有 21 个" in over.text) == (422, True)
    assert len(on_disk(world)) == 20
    kept = [one.parent for one in world.settings.files.rglob("*") if one.is_file()]
    assert [one for one in (*kept, world.settings.files / "incoming") if one.stat().st_mode & 0o077] == [], (
        "nobody else on the machine reads them"
    )


def test_names_come_as_people_and_programs_write_them(world: Any) -> None:
    names = ["..\\..\\etc\\报告.pdf", "/tmp/报告.pdf", "报告\u202efdp.pdf", '"引号".pdf', f"{'长' * 300}.pdf"]
    key = world.owes("A-H1", "report")
    told = send(world, key, *((name, PDF) for name in names)).json()["submissions"][0]["files"]
    assert [one["name"] for one in told] == [
        "报告.pdf",
        "报告.pdf",
        "报告fdp.pdf",
        '"引号".pdf',
        f"{'长' * 146}.pdf",
    ]
