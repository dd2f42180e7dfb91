"""Mass moves and mass acts in SQL do exactly what the same moves and acts do one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from states import machine
from states.errors import Faulty, Refused
from states.records import core, mass, moving, settling
from states.records.columns import obligation_id
from states.records.dispatch import Notice, Proposal, Timer
from states.records.mass_settling import settle_many
from states.records.tables import Milestone

STATUSES = ("open", "returned", "submitted", "accepted", "nil", "waived")
UNIT_STATES = [
    state + paused
    for state in ("waiting", "check", "check.review", "mend", "sum")
    for paused in ("", machine.SUSPENDED)
] + ["closed", "exempt"]
NOW = "2026-03-31 10:00"
PLAIN = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
in_one_go = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Twins:
    """Two campaigns alike in everything but their id, six units each, all phases open."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        text = stage.template(stage.phases, stage.requirements, stage.ladders) + "\noutcomes: [办结, 保留]\n"
        self.keys = [stage.launch(text) for _ in range(2)]
        stage.cycle("2026-03-16 00:00", "2026-03-30 00:00")
        self.milestones = {
            key: {one.requirement: one.id for one in stage.rows(Milestone, Milestone.campaign_id == key)}
            for key in self.keys
        }
        self.requirements = {value: name for one in self.milestones.values() for name, value in one.items()}
        self.units = [stage.ids[code] for code in stage.participants]

    def dress(self, session: Session, drawn: dict[str, Any]) -> None:
        """Give both the same random standing."""
        stands = ("check", "mend", "sum")[drawn["ord"] - 1] + drawn["paused"]
        if drawn["paused"] == machine.CANCELLED:
            stands = machine.CANCELLED
        for key in self.keys:
            here = core.campaign.c.id == key
            session.execute(sa.update(core.campaign).where(here).values(ord=drawn["ord"], state=stands))
            with_machines = self.stage.campaign(session, key)
            for unit_id, state in zip(self.units, drawn["states"], strict=True):
                session.execute(
                    sa.update(core.run)
                    .where(core.run.c.campaign_id == key, core.run.c.unit_id == unit_id)
                    .values(state=state, ord=machine.ord_of(with_machines.machines, state))
                )
            for number, name in enumerate(sorted(self.milestones[key])):
                self._dress_milestone(session, self.milestones[key][name], drawn, number)
        session.expire_all()

    def _dress_milestone(self, session: Session, key: int, drawn: dict[str, Any], number: int) -> None:
        if not drawn["opened"][number]:
            session.execute(sa.delete(core.obligation).where(core.obligation.c.milestone_id == key))
            session.execute(
                sa.update(core.milestone).where(core.milestone.c.id == key).values(opened_at=None)
            )
        for place, unit_id in enumerate(self.units):
            status, own, told = drawn["owed"][number][place]
            values = {
                "status": status,
                "submitted_at": None if status in settling.OPEN else self.stage.at("2026-03-05 10:00"),
                "settled_at": self.stage.at("2026-03-06 10:00") if status in settling.SETTLED else None,
                "due_at": self.stage.at("2026-04-10 18:00") if own else None,
            }
            mine = (core.obligation.c.milestone_id == key, core.obligation.c.unit_id == unit_id)
            session.execute(sa.update(core.obligation).where(*mine).values(**values))
            if told and drawn["opened"][number]:
                self._tell(session, key, unit_id)

    def _tell(self, session: Session, milestone: int, unit_id: int) -> None:
        """A proposal, a pending notice and a timer of its own hang on this obligation."""
        key = obligation_id(milestone, unit_id)
        common = {
            "campaign_id": 0,
            "obligation_id": key,
            "milestone_id": milestone,
            "rung": 9,
            "name": "示例",
        }
        at = self.stage.at(NOW)
        session.add(Proposal(**common, unit_id=unit_id, reason="", at=at))
        session.add(Timer(**{k: v for k, v in common.items() if k != "name"}, after_due=True, fire_at=at))
        notice = {"kind": "rung", "role": "liaison", "email": "x@example.org", "person": "", "reason": ""}
        session.add(Notice(**common, **notice, key=f"x:{key}", unit_id=unit_id, at=at, state="pending"))
        session.flush()

    def picture(self, session: Session, key: int, since: int) -> dict[str, Any]:
        """Everything about one twin, without its ids."""
        session.expire_all()
        return {
            "runs": {
                row.unit_id: (row.state, row.ord, row.version, row.since, row.outcome)
                for row in session.execute(sa.select(core.run).where(core.run.c.campaign_id == key))
            },
            "owed": self._owed(session, key),
            **self._hanging(session, key),
            "journal": self._noted(session, key, since),
        }

    def _owed(self, session: Session, key: int) -> dict[Any, Any]:
        return {
            (self.requirements[row.milestone_id], row.unit_id): (
                *(row.status, row.version, row.late, row.submitted_at, row.settled_at, row.due_at),
            )
            for row in session.execute(sa.select(core.obligation).where(core.obligation.c.campaign_id == key))
        }

    def _hanging(self, session: Session, key: int) -> dict[str, Counter[Any]]:
        """What hangs on the obligations: how often each for which, in which state."""
        mine = set(self.milestones[key].values())
        return {
            table.name: Counter(
                (self.requirements[row.milestone_id], row.obligation_id % (1 << 24), getattr(row, column))
                for row in session.execute(sa.select(table).where(table.c.milestone_id.in_(mine)))
                if row.obligation_id
            )
            for table, column in ((core.proposal, "state"), (core.notice, "state"), (core.timer, "outcome"))
        }

    def _noted(self, session: Session, key: int, since: int) -> Counter[Any]:
        facts = session.execute(
            sa.select(core.journal).where(core.journal.c.id > since, core.journal.c.campaign_id == key)
        )
        return Counter(
            (
                *(row.kind, row.unit_id, row.before, row.after, row.reason, row.actor, row.at),
                self._about(row.payload),
            )
            for row in facts
        )

    def _about(self, payload: dict[str, Any] | None) -> str:
        found = dict(payload or {})
        if "obligation" in found:
            milestone, unit_id = divmod(found["obligation"], 1 << 24)
            found["obligation"] = [self.requirements[milestone], unit_id]
        return repr(sorted(found.items()))


OWED = st.tuples(st.sampled_from(STATUSES), st.booleans(), st.booleans())
STANDINGS = st.fixed_dictionaries(
    {
        "ord": st.integers(1, 3),
        "paused": st.sampled_from(["", "", "", machine.SUSPENDED, machine.CANCELLED]),
        "states": st.lists(st.sampled_from(UNIT_STATES), min_size=6, max_size=6),
        "opened": st.lists(st.sampled_from([True, True, True, False]), min_size=4, max_size=4),
        "owed": st.lists(st.lists(OWED, min_size=6, max_size=6), min_size=4, max_size=4),
    }
)


@pytest.fixture
def twins(stage) -> Twins:
    return Twins(stage)


def last_fact(session: Session) -> int:
    return int(session.execute(sa.select(sa.func.max(core.journal.c.id))).scalar_one())


def examples(twins: Twins, number: int) -> settings:
    return settings(in_one_go, max_examples=number if twins.stage.store.sqlite else number // 3)


def both(twins: Twins, drawn: dict[str, Any], one: Any, many: Any) -> None:
    """Run `one` per unit on the first twin and `many` on the second; they must leave the same picture."""
    with twins.stage.store.trial() as session:  # nothing of it is committed
        twins.dress(session, drawn)
        since = last_fact(session)
        first, second = (twins.stage.campaign(session, key) for key in twins.keys)
        singly = 0
        for unit_id in twins.units:
            try:
                one(session, first, unit_id)
            except Refused:
                continue
            singly += 1
        try:
            moved, refused = many(session, second, False)
        except Refused:
            moved, refused = 0, len(twins.units)
        pictures = [twins.picture(session, key, since) for key in twins.keys]
        assert pictures[0] == pictures[1]
        assert (moved, refused) == (singly, len(twins.units) - singly)


def test_a_mass_move_leaves_what_the_same_moves_one_by_one_leave(twins) -> None:
    @examples(twins, 70)
    @given(
        drawn=STANDINGS,
        name=st.sampled_from(machine.MOVES["unit"]),
        reason=st.sampled_from(["情况属实", "", None]),
        outcome=st.sampled_from([None, None, "保留", "没有这种结果"]),
    )
    def agree(drawn, name, reason, outcome) -> None:
        now = twins.stage.at(NOW)

        def one(session, campaign, unit_id):
            moving.move(session, campaign, unit_id, name, now, "test", reason=reason, outcome=outcome)

        def many(session, campaign, dry_run):
            how = {"reason": reason, "outcome": outcome}
            expected = mass.mass_move(session, campaign, name, [], now, "test", **how, dry_run=True)
            made = mass.mass_move(session, campaign, name, [], now, "test", **how)
            assert made == expected, "the dry run counts what is then done"
            return made.moved, made.refused

        both(twins, drawn, one, many)

    agree()


def test_a_mass_act_leaves_what_the_same_acts_one_by_one_leave(twins) -> None:
    @examples(twins, 45)
    @given(
        drawn=STANDINGS,
        requirement=st.sampled_from(["report", "list", "mended"]),
        name=st.sampled_from(["submit", "nil", "accept", "waive"]),
        reason=st.sampled_from(["情况属实", "", None]),
        when=st.sampled_from(["2026-03-12 18:00", "2026-03-12 18:01", NOW, "2026-04-11 10:00"]),
    )
    def agree(drawn, requirement, name, reason, when) -> None:
        assume(drawn["opened"][sorted(["report", "list", "mended", "summary"]).index(requirement)])
        now = twins.stage.at(when)

        def one(session, campaign, unit_id):
            key = obligation_id(twins.milestones[campaign.id][requirement], unit_id)
            settling.settle(session, campaign, key, name, now, "test", reason=reason)

        def many(session, campaign, _dry_run):
            milestone = session.get_one(Milestone, twins.milestones[campaign.id][requirement])
            done = settle_many(session, campaign, milestone, name, [], now, "test", reason)
            return done, len(twins.units) - done

        both(twins, drawn, one, many)

    agree()


def test_settled_units_follow_a_phase_as_they_would_one_by_one(twins) -> None:
    @examples(twins, 25)
    @given(drawn=STANDINGS)
    def agree(drawn) -> None:
        now = twins.stage.at(NOW)
        with twins.stage.store.trial() as session:  # nothing of it is committed
            twins.dress(session, drawn)
            since = last_fact(session)
            first, second = (twins.stage.campaign(session, key) for key in twins.keys)
            made = sum(len(moving.follow(session, first, unit_id, now)) for unit_id in twins.units)
            assert mass.advance_settled(session, second, now) == made
            assert twins.picture(session, first.id, since) == twins.picture(session, second.id, since)

    agree()


def test_a_mass_move_takes_only_the_chosen_units_and_counts_the_others_as_neither(twins) -> None:
    key = twins.keys[0]
    with twins.stage.store.write() as session:
        campaign = twins.stage.campaign(session, key)
        chosen = [core.run.c.unit_id.in_(twins.units[:2])]
        made = mass.mass_move(session, campaign, "suspend", chosen, twins.stage.at(NOW), "test")
    assert (made.moved, made.refused) == (2, 0)
    assert Counter(twins.stage.states(key).values()) == {"check.suspended": 2, "check": 4}
    assert Counter(twins.stage.states(twins.keys[1]).values()) == {"check": 6}


def test_a_move_that_the_template_does_not_have_is_open_for_nobody(stage) -> None:
    key = stage.launch(stage.template(PLAIN, stage.ladders))
    with stage.store.write() as session:
        campaign = stage.campaign(session, key)
        made = mass.mass_move(session, campaign, "approve", [], stage.at(NOW), "test")
    assert (made.moved, made.refused) == (0, 6)


def test_a_move_that_no_machine_has_is_a_fault_that_names_the_moves_there_are(stage) -> None:
    key = stage.launch()
    with stage.store.write() as session, pytest.raises(Faulty, match="approve"):
        mass.mass_move(session, stage.campaign(session, key), "jump", [], stage.at(NOW), "test")


def test_no_unit_moves_twice_in_one_mass_move(twins) -> None:
    stage, key = twins.stage, twins.keys[0]
    for code in stage.participants:
        for requirement in ("report", "list", "mended"):
            stage.act(key, requirement, code, "submit", "2026-03-31 09:00")
    with stage.store.write() as session:
        campaign = stage.campaign(session, key)
        made = mass.mass_move(session, campaign, "override", [], stage.at(NOW), "test", reason="限期推进")
    assert (made.moved, set(stage.states(key).values())) == (6, {"mend"})


def test_a_mass_act_writes_no_fact_about_an_obligation_that_another_was_quicker_with(stage) -> None:
    """The journal must not say `submitted` twice for one unit because two doors were open at once."""
    from threading import Event, Thread

    key = stage.launch()
    held, go_on = Event(), Event()

    def slow() -> None:
        with stage.store.write() as session:
            owed = stage.owed("report", "R1-H1").id
            moving.act(session, stage.campaign(session, key), owed, "submit", stage.at(NOW), "slow")
            held.set()
            go_on.wait(2)

    def many() -> None:
        with stage.store.write() as session:
            milestone = session.get_one(Milestone, stage.milestone("report").id)
            settle_many(session, stage.campaign(session, key), milestone, "submit", [], stage.at(NOW), "many")

    first, second = Thread(target=slow), Thread(target=many)
    first.start()
    held.wait()
    second.start()
    second.join(0.7)
    go_on.set()
    first.join()
    second.join()
    facts = Counter(one.unit_id for one in stage.journal("obligation.submit"))
    assert facts == dict.fromkeys((stage.ids[code] for code in stage.participants), 1)
