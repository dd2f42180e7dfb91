"""Simulated people tell their numbers before they hand in what is done by persons."""

from __future__ import annotations

from states.records import foretell
from states.records.actors import Actors
from states.records.tables import Obligation, TallyRow

TEXT = "requirements: [{key: pledge, name: 承诺书, due: 启动后10日内, per: persons}]\n"


def test_simulated_units_tell_their_numbers_and_hand_in(stage) -> None:
    stage.launch(stage.template(TEXT))
    actors = Actors(stage.store, 1)
    foretell.run_through(
        stage.store, stage.at("2026-03-02 09:00"), stage.at("2026-03-20 18:00"), stage.hours, actors.act
    )
    done = [one.id for one in stage.rows(Obligation, Obligation.status == "accepted")]
    assert len(done) == 6
    assert [row.obligation_id for row in stage.rows(TallyRow)] == done
