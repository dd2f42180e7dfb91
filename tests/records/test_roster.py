"""Unit lists written into the record: new, changed and moved units, contacts replaced, nothing by halves."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.errors import Fault, Faulty
from states.records import core, roster
from states.records.tables import Contact, Unit, Vacancy
from states.template import Role


def unit(code: str, name: str, parent: str | None, kind: str = "hospital", level: str = "") -> UnitRow:
    return UnitRow(code, name, kind, level, parent, 1)


def liaison(code: str, email: str, name: str = "王示例") -> ContactRow:
    return ContactRow(code, Role.liaison, name, email, 1)


def apply(stage, units=(), contacts=(), cleared=(), faults=()):
    listed = UnitList(tuple(units), tuple(contacts), tuple(faults), (), tuple(cleared))
    with stage.store.write() as session:
        return roster.apply(session, listed, roster.recorded(session), stage.at("2026-03-02 10:00"), "test")


def paths(stage) -> dict[str, str]:
    """Code → the codes on its line, from the root."""
    rows = stage.rows(Unit)
    codes = {str(row.id): row.code for row in rows}
    return {row.code: "/".join(codes[part] for part in row.path.strip("/").split("/")) for row in rows}


def emails(stage, code: str) -> list[str]:
    return sorted(
        one.email for one in stage.rows(Contact, Contact.unit_id == stage.one(Unit, Unit.code == code).id)
    )


def test_a_list_puts_its_units_into_the_tree_parents_first(empty_stage) -> None:
    changes = apply(
        empty_stage, [unit("A", "示例市", None), unit("A1", "示例县", "A"), unit("A1H", "示例医院", "A1")]
    )
    assert [one.code for one in changes.new] == ["A", "A1", "A1H"]
    assert paths(empty_stage) == {"A": "A", "A1": "A/A1", "A1H": "A/A1/A1H"}


def test_what_is_recorded_reads_back_as_it_was_listed(stage) -> None:
    with stage.store.read() as session:
        found = roster.recorded(session)
    assert found["R1-H1"].name == "示例甲县人民医院"
    assert found["R1-H1"].parent == "R1"
    assert found["R"].parent is None
    assert {one.role for one in found["R1-H1"].contacts} == {
        Role.liaison,
        Role.department_head,
        Role.deputy_leader,
        Role.principal,
    }


def test_the_same_list_again_changes_nothing(stage) -> None:
    with stage.store.read() as session:
        found = roster.recorded(session)
    units = [UnitRow(code, one.name, one.kind, one.level, one.parent, 1) for code, one in found.items()]
    contacts = [
        ContactRow(code, c.role, c.name, c.email.upper(), 1)
        for code, one in found.items()
        for c in one.contacts
    ]
    before = {name: rows for name, rows in stage.everything().items() if name != "journal"}
    assert apply(stage, units, contacts).empty
    assert {name: rows for name, rows in stage.everything().items() if name != "journal"} == before


def test_changed_fields_are_written_and_others_stay(stage) -> None:
    apply(stage, [unit("R1-H1", "示例甲县第一医院", "R1", "tcm_hospital", "二级")])
    row = stage.one(Unit, Unit.code == "R1-H1")
    assert (row.name, row.kind, row.level, row.id) == (
        "示例甲县第一医院",
        "tcm_hospital",
        "二级",
        stage.ids["R1-H1"],
    )
    assert row.sort_key == roster.sort_key("示例甲县第一医院")
    assert stage.one(Unit, Unit.code == "R1-H2").name == "示例甲县中医院"


def test_a_moved_unit_takes_everything_below_it_along(stage) -> None:
    apply(stage, [unit("R1", "示例甲县卫生健康局", "R2", "authority")])
    assert paths(stage) == {
        "R": "R",
        "R-D1": "R/R-D1",
        "R-D2": "R/R-D2",
        "R1": "R/R2/R1",
        "R1-D1": "R/R2/R1/R1-D1",
        "R1-H1": "R/R2/R1/R1-H1",
        "R1-H2": "R/R2/R1/R1-H2",
        "R2": "R/R2",
        "R2-H1": "R/R2/R2-H1",
        "R2-C1": "R/R2/R2-C1",
    }


def test_new_units_below_a_unit_that_moves_in_the_same_list_are_placed_right(stage) -> None:
    apply(
        stage,
        [
            unit("R1", "示例甲县卫生健康局", "R2", "authority"),
            unit("N", "示例新院", "R1"),
            unit("R3", "示例丙县卫生健康局", "R", "authority"),
            unit("R2-H1", "示例乙县人民医院", "R3"),
        ],
    )
    found = paths(stage)
    assert (found["N"], found["R2-H1"]) == ("R/R2/R1/N", "R/R3/R2-H1")


def test_two_units_can_change_places(stage) -> None:
    apply(
        stage,
        [
            unit("R1-H1", "示例甲县人民医院", "R", "hospital"),
            unit("R1", "示例甲县卫生健康局", "R1-H1", "authority"),
        ],
    )
    assert paths(stage)["R1-H2"] == "R/R1-H1/R1/R1-H2"


def test_a_unit_that_becomes_a_root_stands_alone(stage) -> None:
    apply(stage, [unit("R1", "示例甲县卫生健康局", None, "authority")])
    assert paths(stage)["R1-H1"] == "R1/R1-H1"


def test_contacts_of_a_stated_role_are_replaced_and_other_roles_stay(stage) -> None:
    changes = apply(
        stage,
        [unit("R1-H1", "示例甲县人民医院", "R1")],
        [liaison("R1-H1", "New.Person@example.org"), liaison("R1-H1", "second@example.org")],
    )
    assert len(changes.contacts_new) == 2
    assert [holder.email for _, holder in changes.contacts_gone] == [stage.address("liaison", "R1-H1")]
    kept = [stage.address(role, "R1-H1") for role in ("department_head", "deputy_leader", "principal")]
    assert emails(stage, "R1-H1") == sorted(["new.person@example.org", "second@example.org", *kept])


def test_a_name_corrected_at_the_same_address_is_a_change(stage) -> None:
    same = stage.address("liaison", "R1-H1")
    apply(stage, [unit("R1-H1", "示例甲县人民医院", "R1")], [liaison("R1-H1", same, "李示例")])
    assert stage.one(Contact, Contact.email == same).name == "李示例"


def test_a_role_that_the_list_empties_has_no_holder_and_one_it_leaves_out_keeps_its_own(stage) -> None:
    apply(stage, [unit("R1-H1", "示例甲县人民医院", "R1")], cleared=[("R1-H1", Role.liaison)])
    assert stage.address("liaison", "R1-H1") not in emails(stage, "R1-H1")
    assert stage.address("principal", "R1-H1") in emails(stage, "R1-H1")


def test_a_vacancy_that_is_filled_is_none(stage) -> None:
    stage.vacate("R1-H1", "liaison")
    with stage.store.write() as session:
        gone = {"role": "liaison", "reason": "", "since": stage.at("2026-03-02 09:00")}
        session.add_all([Vacancy(unit_id=stage.ids[code], **gone) for code in ("R1-H1", "R1-D1")])
        session.execute(sa.delete(core.contact).where(core.contact.c.unit_id == stage.ids["R1-D1"]))
    apply(stage, [unit("R1-H1", "示例甲县人民医院", "R1")], [liaison("R1-H1", "new@example.org")])
    assert [one.unit_id for one in stage.rows(Vacancy)] == [stage.ids["R1-D1"]]


def test_an_address_that_bounced_is_given_another_chance_when_it_is_listed_again(stage) -> None:
    """The mailbox was repaired; somebody has to be able to say so."""
    to = stage.address("liaison", "R1-H1")
    bounced: dict[str, datetime | str] = {"bounced_at": stage.at("2026-03-01 09:00"), "bounce": "550"}
    stage.put(core.contact, core.contact.c.email == to, **bounced)
    apply(stage, [unit("R1-H1", "示例甲县人民医院", "R1")], [liaison("R1-H1", to)])
    row = stage.one(Contact, Contact.email == to)
    assert (row.bounced_at, row.bounce) == (None, None)


def test_a_list_with_faults_is_not_written_at_all(stage) -> None:
    before = stage.everything()
    with pytest.raises(Faulty) as caught:
        apply(
            stage,
            [unit("N", "示例新院", "R1")],
            faults=[Fault("单位代码", "重复", 3), Fault("邮箱", "不对", 4)],
        )
    assert [fault.line for fault in caught.value.faults] == [3, 4]
    assert stage.everything() == before


def test_an_import_that_fails_in_the_middle_leaves_nothing(stage, monkeypatch) -> None:
    def fail(*_args, **_more):
        raise RuntimeError("power cut")

    before = stage.everything()
    monkeypatch.setattr(roster, "_write_contacts", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        apply(stage, [unit("N", "示例新院", "R1"), unit("R1", "改名", "R2", "authority")])
    assert stage.everything() == before


def test_an_import_is_one_fact_with_what_it_did(stage) -> None:
    apply(
        stage, [unit("N", "示例新院", "R1"), unit("R1-H1", "改名医院", "R1")], [liaison("N", "n@example.org")]
    )
    payload = stage.journal("units.imported")[-1].payload
    assert (payload["new"], payload["changed"], payload["contacts_new"]) == (1, ["R1-H1"], 1)


def test_after_an_import_the_database_goes_on_counting_units(stage) -> None:
    """Ids are given by the import itself; the database's own counter must not give one out again."""
    with stage.store.write() as session:
        row = Unit(code="X", name="示例", kind="other", path="/")
        session.add(row)
        session.flush()
        assert row.id == max(stage.ids.values()) + 1


def test_a_long_list_is_written_in_parts_and_tells_how_far_it_is(empty_stage, monkeypatch) -> None:
    monkeypatch.setattr(roster, "AT_ONCE", 10)
    rows = [unit("A", "示例市", None), *(unit(f"A{n}", f"示例{n}", "A") for n in range(24))]
    said: list[tuple[int, int]] = []
    with empty_stage.store.write() as session:
        listed = UnitList(
            tuple(rows), tuple(liaison(row.code, f"{row.code}@example.org") for row in rows), ()
        )
        now = empty_stage.at("2026-03-02 10:00")
        roster.apply(session, listed, {}, now, "test", lambda done, of: said.append((done, of)))
    assert said == [(10, 25), (20, 25), (25, 25)]
    assert len(empty_stage.rows(Unit)) == len(empty_stage.rows(Contact)) == 25


def test_names_sort_by_their_sound_on_both_databases(stage) -> None:
    apply(stage, [unit(f"S{n}", name, "R") for n, name in enumerate(["中心院", "安康院", "北区院"])])
    with stage.store.read() as session:
        statement = (
            sa.select(core.unit.c.name).where(core.unit.c.code.like("S%")).order_by(core.unit.c.sort_key)
        )
        assert list(session.execute(statement).scalars()) == ["安康院", "北区院", "中心院"]
