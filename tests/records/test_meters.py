"""What rounds count adds up, however many add at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from states.records import health, meters, rounds
from states.records.meters import Meters
from states.records.rounds import Answer

MORNING = "2026-03-02 09:00"


def totals(stage) -> dict[str, dict[str, float]]:
    with stage.store.read() as session:
        return meters.totals(session)


def test_many_that_add_at_once_lose_nothing(stage) -> None:
    names = [("mails", "sent"), ("mails", "refused"), ("rounds", "deliver:ok"), ("mail_late", "60")]

    def add(number: int) -> None:
        counts = dict.fromkeys(names[:: 1 if number % 2 else -1], 1.0)
        for _ in range(5):
            with stage.store.write() as session:
                meters.add(session, counts)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    found = totals(stage)
    assert [found[name][label] for name, label in names] == [40.0] * 4


def test_lateness_is_kept_by_bounds() -> None:
    counted = Meters()
    for seconds, times in ((0, 2), (60, 1), (60.5, 1), (90_000, 3)):
        counted.late("rung_late", seconds, times)
    assert counted == {
        ("rung_late", "60"): 3,
        ("rung_late", "300"): 1,
        ("rung_late", "+Inf"): 3,
        ("rung_late", "sum"): 60 + 60 + 270_000,
    }


def test_a_round_is_counted_by_how_it_ended(stage) -> None:
    for ok in (True, True, False):
        health.beat(stage.store, "round:remind", ok, "", stage.at(MORNING), {}, {("round_done", "remind"): 2})
    health.beat(stage.store, "prefect", True, "", stage.at(MORNING))
    assert totals(stage) == {"rounds": {"remind:ok": 2, "remind:failed": 1}, "round_done": {"remind": 6}}


def test_units_are_counted_by_how_late_they_were_told(stage) -> None:
    stage.launch()
    stage.cycle(MORNING)
    counted = Meters()
    late = stage.at("2026-03-05 09:20")  # the first rung was due at 09:00
    served = rounds.fire(stage.store, late, after_due=False, counts=counted)
    assert served
    assert counted == {("rung_late", "3600"): served, ("rung_late", "sum"): served * 20 * 60}


def test_mails_that_do_not_go_out_are_counted_by_reason(stage) -> None:
    answers = {
        "R1": Answer("permanent", "550 no such user"),
        "R1-H1": Answer("temporary", "451 later"),
        "R1-H2": Answer("temporary", "login refused", ours=True),
    }
    for code, answer in answers.items():
        stage.answers[stage.address("liaison", code)] = lambda _message, answer=answer: answer

    def unwritable(_message: object) -> Answer:
        raise ValueError("no such glyph")

    stage.answers[stage.address("liaison", "R2")] = unwritable
    stage.launch()
    now = stage.at(MORNING)
    rounds.decide(stage.store, now, stage.hours)
    done = rounds.deliver(stage.store, stage.sender(now), now, "test", stage.hours)
    found = {label: value for (name, label), value in done.counts.items() if name == "mail_failures"}
    assert found == {"refused": 1, "later": 1, "post": 1, "unwritten": 1}
    assert done.sent
    assert done.counts["mail_late", "60"] == done.sent


def test_a_post_that_falls_silent_and_a_mail_given_up_have_reasons_of_their_own(stage) -> None:
    stage.answers[stage.address("liaison", "R1")] = lambda _message: Answer(
        "temporary", "", ours=True, silent=True
    )
    stage.launch()
    hours = ("09:00", "09:01", "09:03", "09:07", "09:15", "09:31", "10:03", "11:07", "13:15")
    found = Meters()
    for moment in [*(f"2026-03-02 {hour}" for hour in hours), "2026-03-09 09:30"]:
        now = stage.at(moment)
        rounds.decide(stage.store, now, stage.hours)
        for key, value in rounds.deliver(
            stage.store, stage.sender(now), now, "test", stage.hours
        ).counts.items():
            found[key] += value
    assert found["mail_failures", "silent"] == 9
    assert found["mail_failures", "given_up"] == 1
