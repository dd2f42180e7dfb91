"""Whatever is done to a sealed journal behind the record's back is found, in the database and in an export."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlmodel import Session

from sealed_journal import LAST, NOW, ROWS, Sealed, cut, forge, put, put_batch, put_root, row
from states.chain.check import check, parsed
from states.records.chain import reading_out, sealer, signing
from states.records.core import journal, journal_batch, journal_root, journal_salt
from states.records.journal import note
from states.records.session import Store

EACH = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
PLACES = some.integers(1, LAST)
EDITS: dict[str, Any] = {
    "at": NOW + timedelta(microseconds=1),
    "kind": "other",
    "campaign_id": 2,
    "unit_id": 77,
    "item_id": 9,
    "actor": "cli:somebody",
    "before": "改",
    "after": "",
    "reason": "另一个理由",
    "payload": {"n": 1, "deep": {"b": [1.5000001], "a": None}},
}


@pytest.fixture
def sealed(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealed:
    monkeypatch.setattr(sealer, "ROWS", ROWS)
    return Sealed(store, tmp_path)


def test_untouched_it_is_whole(sealed: Sealed) -> None:
    with sealed.tampered() as session:
        found = sealed.judged(session)
    assert (found.broken, found.rows, found.batches, found.roots, found.signed) == (None, LAST, 5, 3, LAST)


@EACH
@given(key=PLACES, column=some.sampled_from(sorted(EDITS)))
def test_an_edit_is_found_and_named(sealed: Sealed, key: int, column: str) -> None:
    with sealed.tampered() as session:
        put(session, key, **{column: EDITS[column]})
        assert (found := sealed.judged(session).broken) is not None
        assert (found.row, found.says) == (key, "这一行的内容与封存时不同：被改过")


@EACH
@given(key=PLACES, number=some.integers(1, LAST))
def test_rows_taken_out_are_found_and_the_first_is_named(sealed: Sealed, key: int, number: int) -> None:
    with sealed.tampered() as session:
        session.execute(sa.delete(journal).where(journal.c.id.between(key, key + number - 1)))
        assert (found := sealed.judged(session).broken) is not None
        assert (found.row, found.says[:6]) == (key, "这一行被删去")


@EACH
@given(one=PLACES, other=PLACES, whole=some.booleans())
def test_rows_that_changed_places_are_found(sealed: Sealed, one: int, other: int, whole: bool) -> None:
    first, second = sorted((one, other if other != one else one % LAST + 1))
    with sealed.tampered() as session:
        facts = {key: row(session, key) for key in (first, second)}
        names = [name for name in facts[first] if name != "id" and (whole or name == "at")]
        for here, there in ((first, second), (second, first)):
            put(session, here, **{name: facts[there][name] for name in names})
        found = sealed.judged(session).broken
        same = all(facts[first][name] == facts[second][name] for name in names)
        assert (found.row if found else None) == (None if same else first)


@EACH
@given(key=some.sampled_from([-3, 0, *range(1, LAST + 1)]))
def test_a_row_put_in_is_found_and_named(sealed: Sealed, key: int) -> None:
    """In the place of another (which then lies behind all the rest), or before the first."""
    with sealed.tampered() as session:
        fact = row(session, max(key, 1)) | {"id": key, "reason": "伪造"}
        if key > 0:
            put(session, key, id=10_000)
        session.execute(sa.insert(journal).values(fact))
        assert (found := sealed.judged(session).broken) is not None
        assert found.row == key


def test_a_row_put_into_a_gap_is_found(store: Store, tmp_path: Path) -> None:
    with store.write() as session:
        for _ in range(5):
            note(session, NOW, "sample", "test")
        session.execute(sa.delete(journal).where(journal.c.id == 3))
    sealer.seal(store, NOW)
    with store.write() as session:
        session.execute(sa.insert(journal).values(id=3, at=NOW, kind="sample", actor="test"))
    found = check(reading_out.lines(store, NOW)).broken
    assert found is not None
    assert (found.row, found.batch) == (3, 1)
    assert "插入" in found.says


BATCHES: dict[str, Callable[[Session, int], Any]] = {
    "gone": lambda s, no: s.execute(sa.delete(journal_batch).where(journal_batch.c.no == no)),
    "hash": lambda s, no: put_batch(s, no, hash="0" * 64),
    "prev": lambda s, no: put_batch(s, no, prev="1" * 64),
    "members": lambda s, no: put_batch(s, no, members="1-99999999999"),
    "nonsense": lambda s, no: put_batch(s, no, members="x"),
    "last": lambda s, no: put_batch(s, no, last=99),
    "rows": lambda s, no: put_batch(s, no, rows=3, total=3),
    "at": lambda s, no: put_batch(s, no, at=NOW - timedelta(days=1)),
    "leaves": lambda s, no: put_batch(s, no, leaves=b"x" * 32 * ROWS),
    "no leaves": lambda s, no: put_batch(s, no, leaves=b""),
    "salts": lambda s, no: s.execute(
        sa.update(journal_salt).where(journal_salt.c.no == no).values(salts=b"")
    ),
    "no salts": lambda s, no: s.execute(sa.delete(journal_salt).where(journal_salt.c.no == no)),
}


@EACH
@given(how=some.sampled_from(sorted(BATCHES)), no=some.integers(1, 5))
def test_a_batch_that_was_touched_is_found(sealed: Sealed, how: str, no: int) -> None:
    with sealed.tampered() as session:
        BATCHES[how](session, no)
        found = sealed.judged(session, kept=[]).broken
        assert found is not None
        assert how != "gone" or no == 5 or "批次被删去" in found.says
        assert "salts" not in how or "密钥不见了" in found.says


@pytest.mark.parametrize("key", [1, 5, 9, LAST])
def test_a_journal_cut_short_with_all_its_marks_is_found_by_a_root_kept_elsewhere(
    sealed: Sealed, key: int
) -> None:
    with sealed.tampered() as session:
        cut(session, key)
        assert sealed.judged(session, kept=[]).broken is None  # nothing in it says so
        found = sealed.judged(session).broken
        assert found is not None
        assert "截去" in found.says


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ({}, ""),
        ({"prev": "1" * 64}, "接不上"),
        ({"first": 6}, "接不上"),
        ({"total": 99}, "累计行数"),
        ({"rows": 2, "total": 8}, "哈希与内容不符"),
    ],
)
def test_batches_must_hang_together_whatever_they_claim_of_themselves(
    sealed: Sealed, claim: dict[str, Any], says: str
) -> None:
    """Every hash is right here, and no root looks on."""
    with sealed.tampered() as session:
        forge(session, 1, **claim)
        session.execute(sa.delete(journal_root))
        found = sealed.judged(session, kept=[]).broken
        assert (found.batch if found else None) == (3 if claim else None)
        assert says in (found.says if found else "")


@pytest.mark.parametrize("key", [1, LAST])
def test_a_chain_made_anew_is_found_by_its_roots_and_by_a_kept_one(sealed: Sealed, key: int) -> None:
    with sealed.tampered() as session:
        forge(session, key)
        found = sealed.judged(session, kept=[]).broken
        assert found is not None
        assert "与根" in found.says
        session.execute(sa.delete(journal_root))
        assert sealed.judged(session, kept=[]).broken is None
        found = sealed.judged(session).broken
        assert found is not None
        assert "与另行保存的根" in found.says


def test_roots_that_were_touched_are_found(sealed: Sealed) -> None:
    with sealed.store.read() as session:
        first, second, third = signing.every(session)
    changed = {
        "gone": lambda s: s.execute(sa.delete(journal_root).where(journal_root.c.nth == 1)),
        "last gone": lambda s: s.execute(sa.delete(journal_root).where(journal_root.c.nth == 3)),
        "at": lambda s: put_root(s, replace(first, at="2026-01-01T00:00:00+08:00")),
        "signature of another": lambda s: put_root(s, replace(second, sig=third.sig)),
        "no signature": lambda s: put_root(s, replace(third, sig="AAAA")),
    }
    for how, change in changed.items():
        with sealed.tampered() as session:
            change(session)
            assert sealed.judged(session).broken is not None, how
    with sealed.tampered() as session:
        other = replace(sealed.kept, at="2026-01-01T00:00:00+08:00")
        assert "另行保存的根签名不对" in sealed.judged(session, kept=[other]).broken.says
        found = sealed.judged(session, trusted={}, kept=[]).broken
        assert found is not None
        assert "不受信任" in found.says


# -- in an export ----------------------------------------------------------------------------------------


def mutated(value: Any, path: int) -> Any:
    """One leaf of a JSON value changed; which one, `path` decides."""
    if isinstance(value, dict):
        name = sorted(value)[path % len(value)]
        return value | {name: mutated(value[name], path // len(value))}
    if isinstance(value, list) and value:
        place = path % len(value)
        return [*value[:place], mutated(value[place], path // len(value)), *value[place + 1 :]]
    if isinstance(value, str) and value:
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return (value or 0) + 1 if isinstance(value, int | float) else "x"


def change(lines: list[str], how: str, one: int, other: int) -> list[str]:
    if how == "edit":
        return [*lines[:one], json.dumps(mutated(json.loads(lines[one]), other)), *lines[one + 1 :]]
    if how == "swap":
        lines[one], lines[other] = lines[other], lines[one]
        return lines
    if how == "cut":
        return lines[:one]
    if how == "cut before the end":
        return [*lines[: min(one, len(lines) - 2)], lines[-1]]
    if how == "nonsense":
        return [*lines[:one], lines[one][:-5], *lines[one + 1 :]]
    return lines[:one] + lines[one + 1 :] if how == "out" else [*lines[:one], lines[other], *lines[one:]]


HOWS = ("edit", "swap", "cut", "cut before the end", "out", "in", "nonsense")


def test_every_change_of_an_exported_file_is_found(sealed: Sealed) -> None:
    with sealed.store.read() as session:
        lines = [reading_out.text(one) for one in reading_out.lines_in(session, NOW)]
    whole = check(parsed(lines), trusted=sealed.trusted, kept=[sealed.kept])
    assert (whole.broken, whole.rows, whole.unsealed) == (None, LAST, 0)
    head = next(place for place, line in enumerate(lines) if line.startswith('{"batch"'))
    place = some.integers(head, len(lines) - 1)

    @settings(max_examples=200, deadline=None, database=None)
    @given(how=some.sampled_from(HOWS), one=place, other=place, path=some.integers(0, 10_000))
    def found(how: str, one: int, other: int, path: int) -> None:
        after = change(list(lines), how, one, path if how == "edit" else other)
        result = check(parsed(after), trusted=sealed.trusted, kept=[sealed.kept])
        assert (result.broken is not None) == (after != lines), (how, one, other)

    found()


def test_a_row_taken_out_of_a_file_is_named_and_a_swap_by_its_first(sealed: Sealed) -> None:
    with sealed.store.read() as session:
        lines = list(reading_out.lines_in(session, NOW))
    places = {line["row"]["id"]: place for place, line in enumerate(lines) if "row" in line}
    for key, place in places.items():
        found = check(lines[:place] + lines[place + 1 :], trusted=sealed.trusted).broken
        assert found is not None
        assert (found.row, found.says) in (
            (key, "这一行被删去"),
            (key, "这一行被删去，或次序被调换"),
        )
        swapped = list(lines)
        other = places[key % LAST + 1]
        swapped[place], swapped[other] = swapped[other], swapped[place]
        found = check(swapped, trusted=sealed.trusted).broken
        assert found is not None
        assert found.row in (key, key % LAST + 1)


def test_an_export_can_be_checked_by_the_description_alone(sealed: Sealed) -> None:
    """As docs/journal.md tells it, with nothing of duban."""

    def told(values: list[Any]) -> bytes:
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    plain, said = (
        ("id", "at", "kind", "campaign_id", "unit_id", "item_id"),
        ("actor", "before", "after", "reason", "payload"),
    )
    head = ("no", "prev", "first", "last", "rows", "total", "members", "at")
    open_batch: dict[str, Any] = {}
    digests, hashes = b"", []
    with sealed.store.read() as session:
        lines = [json.loads(reading_out.text(one)) for one in reading_out.lines_in(session, NOW)]
    for line in lines:
        ((what, value),) = line.items()
        if what == "row":
            key = bytes.fromhex(value["salt"])
            bound = hmac.new(key, told([value[name] for name in said]), "sha256").digest()
            digests += hashlib.sha256(told([value[name] for name in plain]) + bound).digest()
        elif open_batch:
            whole = [*(open_batch[name] for name in head), hashlib.sha256(digests).hexdigest()]
            assert hashlib.sha256(told(whole)).hexdigest() == open_batch["hash"]
            hashes.append(open_batch["hash"])
            digests = b""
        open_batch = value if what == "batch" else open_batch if what == "row" else {}
    assert len(hashes) == 5
    assert f" head={hashes[-1]} " in sealed.kept.line


@pytest.mark.parametrize(
    "line",
    [
        "5",
        "{}",
        "[]",
        "null",
        "[" * 100_000,
        '{"row": 5}',
        '{"batch": null}',
        '{"a": 1, "b": 2}',
        '{"end": 1}',
    ],
)
def test_whatever_stands_in_a_file_the_check_ends_with_a_finding(line: str) -> None:
    head = '{"journal": {}}'
    for lines in (
        [line],
        [head, line],
        [head, line, '{"end": {"batches": 0, "rows": 0, "unsealed": 0}}'],
        [],
    ):
        assert check(parsed(lines)).broken is not None


def test_nothing_that_no_hash_speaks_of_can_be_slipped_into_a_file(sealed: Sealed) -> None:
    with sealed.store.read() as session:
        lines = list(reading_out.lines_in(session, NOW))
    place = next(place for place, line in enumerate(lines) if "row" in line)
    row, batch, end = lines[place]["row"], lines[place - 1]["batch"], lines[-1]["end"]
    unsealed = {name: value for name, value in row.items() if name not in ("leaf", "salt")}
    late = [place for place, line in enumerate(lines) if "batch" in line][1]
    slipped = {
        "a column": [*lines[:place], {"row": row | {"note": "看"}}, *lines[place + 1 :]],
        "a word of a batch": [*lines[: place - 1], {"batch": batch | {"note": "看"}}, *lines[place:]],
        "an old row as a new one": [*lines[:-1], {"unsealed": unsealed}, {"end": end | {"unsealed": 1}}],
        "a new row before a batch": [
            *lines[:late],
            {"unsealed": unsealed | {"id": 10_000}},
            *lines[late:-1],
            {"end": end | {"unsealed": 1}},
        ],
        "a line after the end": [*lines, {"unsealed": unsealed}],
    }
    assert check(lines).broken is None
    assert "第一行" in check(lines[1:], trusted=sealed.trusted).broken.says
    for how, changed in slipped.items():
        assert check(changed).broken is not None, how
