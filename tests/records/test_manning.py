"""Contacts are put right one by one as an import would do it; units are found as a tree, by words, and where nobody is reached."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from states.errors import Faulty, NotAllowed, NotFound, Refused
from states.records import core, manning, reading_roster
from states.records.access import EVERYTHING
from states.records.manning import Holder
from states.records.reading_roster import Choice
from states.records.rounds import Answer
from states.template import Role

NOW = "2026-03-05 09:30"
ADMIN = replace(EVERYTHING, by="user:guan")


def put(stage, code, role, name, email, before="", scope=ADMIN):
    with stage.store.write() as session:
        return manning.put(session, scope, code, Holder(Role(role), name, email, before), stage.at(NOW))


def holders(stage, code, role="liaison"):
    where = core.contact.c.unit_id == stage.ids[code], core.contact.c.role == role
    asked = sa.select(core.contact.c.name, core.contact.c.email, core.contact.c.bounced_at.is_not(None))
    with stage.store.read() as session:
        return [tuple(one) for one in session.execute(asked.where(*where).order_by(core.contact.c.id))]


def of(stage, code):
    """The scope of whoever administers a unit and those below it."""
    place = "".join(f"{stage.ids[code[:length]]}/" for length in (1, 2) if length <= len(code))
    return replace(ADMIN, path=f"/{place}")


def test_whoever_takes_a_place_hears_what_is_open_and_what_was_on_its_way(stage, campaign) -> None:
    old = stage.address("liaison", "R1-H1")
    stage.decide("2026-03-05 09:00")
    made = put(stage, "R1-H1", "liaison", "新示例", "Xin@example.org", before=old.upper())
    assert (len(made.contacts_new), len(made.contacts_gone), made.changed) == (1, 1, ())
    assert holders(stage, "R1-H1") == [("新示例", "xin@example.org", False)]
    (fact,) = stage.journal("contact.handed_over")
    assert (fact.actor, fact.before, fact.after) == ("user:guan", old, "xin@example.org")
    stage.posted("2026-03-05 09:31")
    assert old not in [to for _at, to in stage.mails()]
    assert "xin@example.org" in [to for _at, to in stage.mails()]


def test_a_name_is_put_right_somebody_is_added_and_taken_out(stage) -> None:
    old = stage.address("liaison", "R1-H1")
    put(stage, "R1-H1", "liaison", "改名示例", old, before=old)
    put(stage, "R1-H1", "liaison", "二示例", "er@example.org")
    assert holders(stage, "R1-H1") == [("改名示例", old, False), ("二示例", "er@example.org", False)]
    put(stage, "R1-H1", "liaison", "", "", before=old)
    assert holders(stage, "R1-H1") == [("二示例", "er@example.org", False)]
    put(stage, "R1-H1", "liaison", "", "", before="er@example.org")
    assert holders(stage, "R1-H1") == []
    assert holders(stage, "R1-H1", "principal") != [], "other roles stay"
    assert len(stage.journal("units.imported")) == 5


def test_only_the_address_that_was_looked_at_counts_as_reachable_again(stage, campaign) -> None:
    put(stage, "R1-H1", "liaison", "二示例", "er@example.org")
    old = stage.address("liaison", "R1-H1")
    for email in (old, "er@example.org"):
        stage.answers[email] = lambda _message: Answer("permanent", "550 no such user")
    stage.decide("2026-03-05 09:00")
    stage.deliver("2026-03-05 09:02")
    assert [bad for _name, _email, bad in holders(stage, "R1-H1")] == [True, True]
    with stage.store.read() as session:
        returned, number = reading_roster.returned(session, ADMIN)
        missing, vacancies = reading_roster.vacancies(session, ADMIN)
        elsewhere = reading_roster.returned(session, of(stage, "R2"))
    assert (sorted(one.email for one in returned), number) == (["er@example.org", old], 2)
    assert ([(one.code, one.role) for one in missing], vacancies) == ([("R1-H1", "liaison")], 1)
    assert elsewhere == ([], 0)
    put(stage, "R1-H1", "liaison", "二示例", "er@example.org", before="er@example.org")
    assert [bad for _name, _email, bad in holders(stage, "R1-H1")] == [True, False]
    with stage.store.read() as session:
        assert reading_roster.vacancies(session, ADMIN) == ([], 0)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(stage) -> None:
    old = stage.address("liaison", "R1-H1")
    before = stage.everything()
    for name, email, at, place in (
        ("", "a@example.org", "", {"name"}),
        ("示例", "", "", {"email"}),
        ("=cmd()", "kein", "", {"name", "email"}),
        ("示例", old, "", {"email"}),
        ("示例", "", old, {"email"}),
    ):
        with pytest.raises(Faulty) as caught:
            put(stage, "R1-H1", "liaison", name, email, before=at)
        assert {one.place for one in caught.value.faults} == place
    with pytest.raises(Refused, match="已不是"):
        put(stage, "R1-H1", "liaison", "示例", "a@example.org", before="gone@example.org")
    with pytest.raises(NotFound):
        put(stage, "NONE", "liaison", "示例", "a@example.org")
    assert stage.everything() == before


def test_nobody_reaches_beyond_his_units_or_above_his_own_head(stage) -> None:
    county = of(stage, "R1")
    put(stage, "R1-H1", "principal", "示例", "a@example.org", scope=county)
    put(stage, "R1", "liaison", "示例", "b@example.org", scope=county)
    put(stage, "R", "principal", "示例", "c@example.org", scope=of(stage, "R"))
    for code, role, scope in (
        ("R1", "principal", county),
        ("R2-H1", "liaison", county),
        ("R", "liaison", county),
        ("R1-H1", "liaison", replace(ADMIN, campaigns=frozenset({1}))),
        ("R1-H1", "liaison", replace(ADMIN, write=False)),
    ):
        with pytest.raises(NotAllowed):
            put(stage, code, role, "示例", "x@example.org", scope=scope)


def test_units_are_a_tree_without_a_filter_and_a_list_with_one(stage) -> None:
    stage.vacate("R2-H1", "liaison")

    def codes(scope=ADMIN, after=0, limit=100, **wanted):
        with stage.store.read() as session:
            lines, following = reading_roster.page(session, scope, Choice(**wanted), after, limit)
            return [one.code for one in lines], following

    assert codes() == (["R"], None)
    assert codes(under="R1")[0] == ["R1-D1", "R1-H1", "R1-H2"]
    assert codes(of(stage, "R1"))[0] == ["R1"], "who holds a part begins there"
    assert codes(words="r1-h")[0] == ["R1-H1", "R1-H2"]
    assert codes(words="人民医院", under="R2")[0] == ["R2-H1"]
    assert codes(words="_")[0] == [], "a sign of the pattern is a sign"
    assert codes(kind="hospital")[0] == ["R1-H1", "R2-H1"]
    assert codes(only="nobody")[0] == ["R2-H1"]
    assert codes(of(stage, "R1"), words="人民医院")[0] == ["R1-H1"]
    first, following = codes(words="示例", limit=2)
    assert codes(words="示例", after=int(following))[0] == codes(words="示例")[0][2:]
    assert first == codes(words="示例")[0][:2]
    with pytest.raises(Faulty):
        codes(only="nonsense")
    with pytest.raises(NotAllowed):
        codes(of(stage, "R1"), under="R2")
    with stage.store.read() as session:
        (root,), _none = reading_roster.page(session, ADMIN, Choice(), 0, 10)
        seen = reading_roster.in_full(session, of(stage, "R1"), "R1-H1")
    assert (root.below, root.liaisons) == (4, ("王示例（示例市卫生健康委员会）",))
    assert (seen.line, seen.below) == ((("R1", "示例甲县卫生健康局"),), 0)
    assert [one.role for one in seen.holders] == ["liaison", "department_head", "deputy_leader", "principal"]
