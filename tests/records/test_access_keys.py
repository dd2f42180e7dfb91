"""API keys: shown once, kept as a hash, and worth no more than their scope, for no longer than their time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from states.errors import Faulty, NotAllowed, NotFound
from states.records import access, accounts, grants
from states.records.asker import EVERYTHING
from states.records.grants import Grant
from states.records.roles import Act, Role
from states.records.tables import ApiKey

NOW = "2026-03-02 10:00"


def create(stage, **more) -> str:
    with stage.store.write() as session:
        return access.create(session, "考核系统", stage.at(NOW), **more)


def find(stage, token: str, now: str = NOW):
    with stage.store.read() as session:
        return access.find(session, token, stage.at(now))


def test_a_key_is_kept_as_a_hash_only(stage) -> None:
    token = create(stage)
    assert token.startswith("duban_")
    assert len(token) > 40
    written = "".join(str(rows) for rows in stage.everything().values())
    assert token not in written
    assert token[len("duban_") + 8 :] not in written


def test_a_key_finds_its_scope_and_others_find_nothing(stage) -> None:
    token = create(stage)
    found = find(stage, token)
    assert (found.name, found.write, found.path, found.campaigns) == ("考核系统", False, None, None)
    for other in ("", "duban_", token[:-1], token + "x", token.upper(), "密钥"):
        assert find(stage, other) is None


@pytest.mark.parametrize("name", ["", "  ", "考核\r\n系统", "考核\u202e系统", "考" * 61])
def test_a_key_has_a_name_that_the_journal_can_show(stage, name: str) -> None:
    with stage.store.write() as session, pytest.raises(Faulty, match="写明密钥给谁用"):
        access.create(session, name, stage.at(NOW))


def test_two_keys_are_never_alike(stage) -> None:
    assert len({create(stage) for _ in range(20)}) == 20


def test_a_key_ends_at_its_instant(stage) -> None:
    token = create(stage, days=1)
    assert find(stage, token, "2026-03-03 09:59") is not None
    assert find(stage, token, "2026-03-03 10:00") is None


def test_a_revoked_key_opens_nothing_and_its_end_is_a_fact(stage) -> None:
    token = create(stage)
    with stage.store.write() as session:
        access.revoke(session, token[:12], stage.at(NOW), "王示例")
    assert find(stage, token) is None
    assert [one.actor for one in stage.journal("key.revoked")] == ["王示例"]


def test_revoking_what_is_not_there_says_so(stage) -> None:
    with stage.store.write() as session, pytest.raises(NotFound, match="duban_none"):
        access.revoke(session, "duban_none", stage.at(NOW))


def test_a_key_for_a_subtree_sees_that_subtree_and_nothing_beside_it(stage) -> None:
    scope = find(stage, create(stage, under="R1"))
    inside, outside = (
        [paths(stage)[code] for code in ("R1", "R1-H1")],
        [paths(stage)[code] for code in ("R", "R2", "R2-H1")],
    )
    for path in inside:
        scope.check_path(path)
    for path in outside:
        with pytest.raises(NotAllowed):
            scope.check_path(path)
    with pytest.raises(NotAllowed):
        scope.check_path(inside[0].removesuffix("/") + "0/")


def paths(stage) -> dict[str, str]:
    from states.records.tables import Unit

    return {one.code: one.path for one in stage.rows(Unit)}


def test_the_subtree_of_a_key_moves_with_its_unit(stage) -> None:
    from states.documents.unitlist import UnitList, UnitRow
    from states.records import roster

    token = create(stage, under="R1")
    with stage.store.write() as session:
        moved = UnitRow("R1", "示例甲县卫生健康局", "authority", "", "R2", 1)
        roster.apply(session, UnitList((moved,), (), ()), roster.recorded(session), stage.at(NOW), "test")
    find(stage, token).check_path(paths(stage)["R1-H1"])


def test_a_key_for_an_unknown_unit_is_refused(stage) -> None:
    with pytest.raises(Faulty, match="NO"):
        create(stage, under="NO")
    assert stage.rows(ApiKey) == []


def test_a_key_for_some_campaigns_sees_those(stage) -> None:
    scope = find(stage, create(stage, campaigns=[1, 3]))
    scope.check_campaign(3)
    with pytest.raises(NotAllowed, match="2"):
        scope.check_campaign(2)
    with pytest.raises(NotAllowed):
        find(stage, create(stage, campaigns=[])).check_campaign(1)


def test_only_a_writing_key_may_write(stage) -> None:
    find(stage, create(stage, write=True)).check_write()
    with pytest.raises(NotAllowed, match="只能查询"):
        find(stage, create(stage)).check_write()


def test_the_last_use_is_kept_but_not_at_every_call(stage) -> None:
    key = find(stage, create(stage)).key_id
    seen = []
    for minutes in (0, 4, 6, 7):
        with stage.store.write() as session:
            access.note_use(session, key, stage.at(NOW) + timedelta(minutes=minutes))
        (row,) = stage.rows(ApiKey)
        seen.append((row.last_used_at - stage.at(NOW)) / timedelta(minutes=1))
    assert seen == [0, 0, 6, 6]


def test_the_list_of_keys_tells_no_secret(stage) -> None:
    token = create(stage)
    with stage.store.read() as session:
        (row,) = access.listed(session)
    assert row.prefix == token[:12]
    assert row.sha256 not in (token, token[len("duban_") :])


def test_the_key_of_an_administrator_administers_nothing(stage) -> None:
    """Whatever it was made for: accounts are a person's, and what a key does has no face."""
    now = stage.at(NOW)
    with stage.store.write() as session:
        row, _ = accounts.create(session, "boss", "王示例", now, "cli:test")
        given = grants.give(session, EVERYTHING, row, Grant(Role.administrator), now, "cli:test")
        token = access.create(session, "数据中台", now, write=True, grant_id=given.id)
    found = find(stage, token)
    assert (found.role, found.write, found.may(Act.administer)) == (Role.reader, False, False)
    with stage.store.write() as session, pytest.raises(Faulty, match="不能再写"):
        access.check_grant(session, given.id, narrowed=True)
