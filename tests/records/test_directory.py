"""Who holds a role is asked once for a whole slice of units, however many they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from states.audience import Person
from states.records.directory import directory
from states.template import Role


def test_thousands_of_units_are_two_statements_and_the_right_people(stage: Any) -> None:
    said: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    units = [stage.ids[code] for code in ("R1-H1", "R2-C1")]
    with stage.store.read() as session:
        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", keep)
        found = directory(session, [*units, *units, *range(10_000, 15_000)], [Role.liaison], stage.ids["R"])
        sa.event.remove(connection, "before_cursor_execute", keep)
    assert len(said) == 2, said
    assert [one.email for one in found.holders[units[0], "liaison"]] == [stage.address("liaison", "R1-H1")]
    assert list(found.line(units[1])) == [stage.ids[code] for code in ("R2-C1", "R2", "R")]
    assert found.holders[stage.ids["R"], "coordinator"] == [
        Person(
            stage.ids["R"], "coordinator", "王示例（示例市卫生健康委员会）", stage.address("coordinator", "R")
        )
    ]


def test_holders_of_a_role_stand_in_the_order_in_which_they_were_written_down(stage: Any) -> None:
    with stage.store.write() as session:
        for name in ("丙", "甲", "乙"):
            text = "INSERT INTO contact (unit_id, role, name, email) VALUES (:unit, 'liaison', :name, :name)"
            session.execute(sa.text(text), {"unit": stage.ids["R1"], "name": name})
    with stage.store.read() as session:
        found = directory(session, [stage.ids["R1"]], [Role.liaison], stage.ids["R"])
    assert [one.name for one in found.holders[stage.ids["R1"], "liaison"]][1:] == ["丙", "甲", "乙"]
