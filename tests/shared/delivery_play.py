"""What may happen in the small world, one thing at a time; after each everything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import delivery_rules
from delivery_world import HOURS, Duty, Rest, World, at, look
from interleaved import Process
from states.records import campaigning, core, deciding, foretell, granting, moving, silences

Answers = Sequence[str] | Mapping[str, str]
WHY = "汛情"
QUIET_AFTER = 150  # rounds: more than any campaign here can need


class Play:
    """A world and what it looked like before the last thing happened."""

    def __init__(self, url: str) -> None:
        self.world = World(url)
        self.before = self.world.seen
        self.steps = 0
        self.broken = False

    def judge(self) -> Play:
        """Raises AssertionError with all that is wrong."""
        after = look(self.world.witness)
        self.world.learn(after)
        found = delivery_rules.judge(self.world, self.before, after)
        self.before = self.world.seen = after
        self.steps += 1
        self.broken = bool(found)
        assert not found, "\n".join(found)
        return self

    # -- rounds ---------------------------------------------------------------------------------------

    def begins(self, worker: int, job: str, doom: str = "") -> Process:
        """A round begins and stops at its first commit."""
        process = self.world.workers[worker]
        with self.world.all_or_nothing(process, doom):
            process.begin(self.world.work(process, job))
        return process

    def goes_on(self, process: Process, answer: str = "taken", doom: str = "") -> None:
        """To the next commit or mail; `answer` is what the mail server says to the one at hand."""
        if answer in ("hang", "mute") and process.place == "send":
            self.world.passes(timedelta(seconds=20))
        with self.world.all_or_nothing(process, doom):
            process.go(answer if process.place == "send" else "")

    def to_its_mail(self, worker: int) -> Process:
        """A delivery up to the moment in which it hands its first mail over."""
        process = self.begins(worker, "deliver")
        while process.place == "commit":
            process.go()
        self.judge()
        return process

    def tick(self, answers: Answers = ("taken",)) -> None:
        """All rounds in one go, by whoever is free; the mail server answers in turn, or each address in its way."""
        process = next((one for one in self.world.workers if one.place == "idle"), None)
        if process is None:
            return
        given = iter(range(100_000))

        def answer(to: str) -> str:
            if isinstance(answers, Mapping):
                return answers.get(to, "taken")
            return answers[next(given) % len(answers)]

        process.begin(self.world.work(process, "tick", answer), stepping=False)

    def ticks(self, *moments: str, answers: Answers = ("taken",)) -> Play:
        for moment in moments:
            self.until(moment).tick(answers)
            self.judge()
        return self

    def until(self, moment: str) -> Play:
        self.world.passes(at(moment) - self.world.now)
        return self

    def next_event(self, *, morning: bool) -> None:
        """Time passes until there is something to do."""
        with self.world.store.read() as session:
            slot = foretell.next_mail_slot(session, self.world.now, HOURS)
            after = None if morning else foretell.next_event(session, self.world.now, HOURS)
        self.world.passes(min(after or slot, slot) - self.world.now)

    # -- people ---------------------------------------------------------------------------------------

    def duty(self, requirement: str, code: str) -> Duty:
        unit = self.world.units[code]
        (found,) = (
            one for one in self.world.duties.values() if (one.requirement, one.unit) == (requirement, unit)
        )
        return found

    def acts(self, duty: Duty, name: str, doom: str = "") -> None:
        """Somebody does something to a duty; the model says whether that can be, and what comes of it."""
        wanted = self.world.expected(duty, name)

        def act(session: Any) -> None:
            campaign = self.world.campaign(session, duty.campaign)
            moving.act(session, campaign, duty.id, name, self.world.now, "test", reason=WHY)

        held = self.world.does(act, doom)
        assert (wanted is None) == bool(self.world.refused), f"{name} of {duty.now}: {self.world.refused}"
        if held and wanted is not None:
            self.world.changes(duty, wanted.status, wanted.due)

    def asks(self, duty: Duty, until: str) -> bool:
        wanted = granting.Request(duty.id, until, WHY)

        def ask(session: Any) -> None:
            granting.ask(session, self.world.campaign(session, duty.campaign), wanted, self.world.now, "test")

        return self.world.does(ask)

    def decides(self, extension: Any, doom: str = "", *, grant: bool) -> None:
        def decide(session: Any) -> None:
            campaign = self.world.campaign(session, extension.campaign_id)
            decision = deciding.Decision(grant, reason=WHY)
            deciding.decide(session, campaign, extension.id, decision, self.world.now, "test")

        if self.world.does(decide, doom) and grant:
            self.redated()

    def asked(self) -> list[Any]:
        """Extensions that nobody has decided on."""
        return [one for one in self.before.extension if one.state == "asked"]

    def silence(self, code: str | None, days: int) -> None:
        until = self.world.now.astimezone(HOURS.zone).date() + timedelta(days=days)
        made: list[Any] = []

        def impose(session: Any) -> None:
            campaign, wanted = self.world.campaign(session, self.world.key), silences.Wanted(until, WHY, code)
            made.append(silences.impose(session, campaign, wanted, self.world.now, "test"))

        if self.world.does(impose):
            unit = self.world.units[code] if code else None
            rest = Rest(self.world.seq, unit, made[0].ends_at, quiet=True, number=made[0].id)
            self.world.rests.append(rest)

    def silence_ends(self, place: int) -> None:
        number = self.world.rests[place].number

        def end(session: Any) -> None:
            silences.end(
                session, self.world.campaign(session, self.world.key), number, self.world.now, "test"
            )

        if self.world.does(end):
            self.world.end(place)

    def going(self, *, quiet: bool) -> list[int]:
        """Places of silences (or rests) that nobody has ended."""
        rests = enumerate(self.world.rests)
        return [place for place, one in rests if one.quiet == quiet and one.over is None]

    def rests(self, code: str | None) -> None:
        """A unit, or everybody, is suspended."""
        unit = self.world.units[code] if code else None
        resting = [self.world.rests[place].unit for place in self.going(quiet=False)]
        if unit not in resting and self.world.does(self._mover(unit, "suspend")):
            self.world.rests.append(Rest(self.world.seq, unit))

    def resumes(self, place: int) -> bool:
        held = self.world.does(self._mover(self.world.rests[place].unit, "resume"))
        if held:
            self.world.end(place)
        return held

    def _mover(self, unit: int | None, name: str) -> Any:
        def move(session: Any) -> None:
            if unit is None:
                campaigning.move(session, self.world.key, name, self.world.now, "test", reason=WHY)
            else:
                campaign = self.world.campaign(session, self.world.key)
                moving.move(session, campaign, unit, name, self.world.now, "test", reason=WHY)

        return move

    def redated(self) -> None:
        """Somebody moved dates: the model takes them as they stand now."""
        seen = look(self.world.store)
        milestones = seen.by_id("milestone")
        for row in seen.obligation:
            due, duty = row.due_at or milestones[row.milestone_id].due_at, self.world.duties.get(row.id)
            if duty is not None and due != duty.now.due:
                self.world.changes(duty, duty.now.status, due)

    # -- to its end -----------------------------------------------------------------------------------

    def until_quiet(self) -> None:
        """Nobody rests any more, the post takes everything, and the rounds run until there is nothing to do."""
        for process in self.world.workers:
            if process.place != "idle":
                process.finish("taken")
        self.judge()
        for place in sorted(self.going(quiet=False), key=lambda one: self.world.rests[one].unit or 0):
            assert self.resumes(place), "the campaign first"
        for one in self.asked():
            self.decides(one, grant=False)
        for _ in range(QUIET_AFTER):
            if self._at_rest():
                break
            with self.world.store.read() as session:
                after = foretell.next_event(session, self.world.now, HOURS)
            self.world.passes(max((after or self.world.now) - self.world.now, timedelta(minutes=1)))
            self.tick()
            self.judge()
        found = list(delivery_rules.at_the_end(self.world, self.before))
        self.broken = bool(found)
        assert not found, "\n".join(found)

    def _at_rest(self) -> bool:
        waiting = (
            core.timer.select().where(core.timer.c.done_at.is_(None)),
            core.mail.select().where(core.mail.c.state == "queued"),
            core.notice.select().where(core.notice.c.state.in_(("pending", "held"))),
            core.milestone.select().where(
                core.milestone.c.opened_at.is_(None), core.milestone.c.opens_at.is_not(None)
            ),
        )
        with self.world.store.read() as session:
            return not any(session.execute(one.limit(1)).first() for one in waiting)

    def figures(self) -> Counter[str]:
        """What it has been through."""
        tries = self.world.tries
        keys = Counter(one.key for one in tries if one.arrived)
        counted = Counter({"steps": self.steps, "mails": len(keys), "repeats": keys.total() - len(keys)})
        return counted + Counter(one.order or "killed" for one in tries)
