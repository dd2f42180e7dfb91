"""What must never happen, judged from outside: rows before and after a step, and what the post was handed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from delivery_world import (
    CALENDAR,
    CHINA,
    HIGHEST,
    HOURS,
    NUMBER,
    OWED,
    RUNGS,
    Duty,
    Seen,
    Sent,
    World,
    falls,
)
from states.records.outbox import LEASE

Rule = Callable[[World, Seen, Seen], Iterator[str]]
SECONDS = LEASE.total_seconds()
FINISHED = {"sent", "refused", "failed", "withdrawn"}
TOLD = {"mailed", "withdrawn", "vacant", "skipped"}


# -- what people did holds, and nothing else moved ---------------------------------------------------------


def statuses_are_what_people_made_them(world: World, _before: Seen, after: Seen) -> Iterator[str]:
    for row in after.obligation:
        duty = world.duties.get(row.id)
        if duty is not None and row.status != duty.now.status:
            yield f"{row.id} is {row.status}, people left it {duty.now.status}"


def dates_move_when_somebody_moves_them(world: World, _before: Seen, after: Seen) -> Iterator[str]:
    milestones = after.by_id("milestone")
    for row in after.obligation:
        duty, due = world.duties.get(row.id), row.due_at or milestones[row.milestone_id].due_at
        if duty is not None and due != duty.now.due:
            yield f"{row.id} is due {due}, people left it {duty.now.due}"


def states_move_by_legal_moves_with_a_row_each(_world: World, before: Seen, after: Seen) -> Iterator[str]:
    last = {(one.campaign_id, one.unit_id): one.state for one in before.run}
    fresh = after.journal[len(before.journal) :]
    for fact in fresh:
        if fact.kind != "unit.moved":
            continue
        key = (fact.campaign_id, fact.unit_id)
        if last.get(key, fact.before) != fact.before:
            yield f"{key}: the journal goes from {fact.before}, it was {last[key]}"
        if not legal(fact.before, fact.after):
            yield f"{key}: {fact.before} → {fact.after}"
        last[key] = fact.after
    began = {"waiting", "check"}
    for one in after.run:
        known = last.get((one.campaign_id, one.unit_id))
        if known != one.state and not (known is None and one.state in began):
            yield f"unit {one.unit_id} is {one.state} and no row of the journal says so (last: {known})"


def legal(before: str, after: str) -> bool:
    order = ["waiting", "check", "mend", "closed"]
    if after == f"{before}.suspended" or before == f"{after}.suspended":
        return True
    return before in order and after in order and order.index(after) == order.index(before) + 1


# -- notices and timers ------------------------------------------------------------------------------------


def every_notice_exists_once(_world: World, _before: Seen, after: Seen) -> Iterator[str]:
    yield from (f"{key} {n} times" for key, n in Counter(one.key for one in after.notice).items() if n > 1)


def a_rung_is_decided_once_for_each_date(world: World, _before: Seen, after: Seen) -> Iterator[str]:
    """Counted without the key, so that a key which is not unique does not hide it."""
    told = Counter(
        (one.obligation_id, one.rung, one.email or one.role) for one in after.notice if one.kind == "rung"
    )
    for (duty, rung, to), number in told.items():
        if duty in world.duties and number > world.duties[duty].dates():
            yield f"rung {rung} of {duty} decided {number} times for {to}"


def no_rung_is_decided_before_its_time(world: World, before: Seen, after: Seen) -> Iterator[str]:
    for one, duty in fresh_rungs(world, before, after):
        due = duty.now.due
        if due is None or falls(one.name, due) > max(one.at, world.latest):
            yield f"{one.name} of {duty.id} decided at {one.at}, due {due}"


def only_who_owes_is_told(world: World, before: Seen, after: Seen) -> Iterator[str]:
    for one, duty in fresh_rungs(world, before, after):
        if duty.now.status not in OWED:
            yield f"{one.name} decided for {duty.id}, which is {duty.now.status}"
        if world.resting(duty, world.seq):
            yield f"{one.name} decided for {duty.id}, which rests"


def a_demand_waits_for_what_was_said_before_it(world: World, before: Seen, after: Seen) -> Iterator[str]:
    """The fair clock: no rung after a date while an earlier one of it has not reached the mail server."""
    waiting = {one.id for one in before.mail if one.state == "queued"}
    still = waiting & {one.id for one in after.mail if one.state == "queued"}
    unsaid = {one.id for one in before.notice if one.state == "pending"}
    unsaid &= {one.id for one in after.notice if one.state == "pending"}
    held = defaultdict(set)
    for one in after.notice:
        if one.kind == "rung" and (one.id in unsaid or (one.state == "mailed" and one.mail_id in still)):
            held[one.obligation_id].add(one.rung)
    for one, duty in fresh_rungs(world, before, after):
        lower = {rung for rung in held[duty.id] if rung < one.rung}
        if lower and RUNGS[one.name][0] > 0:
            yield f"{one.name} of {duty.id} decided, rungs {lower} wait for the mail server"


def a_demand_comes_later_by_what_was_lost(world: World, before: Seen, after: Seen) -> Iterator[str]:
    """A lower bound of the credit: the longest delay of one earlier mail of the same date, in working days."""
    mails = after.by_id("mail")
    for one, duty in fresh_rungs(world, before, after):
        due = duty.now.due
        if due is None or RUNGS[one.name][0] <= 0:
            continue
        lost = [
            late(other, mails[other.mail_id], due) for other in after.notice if earlier(other, one, mails)
        ]
        days = CALENDAR.between(
            falls(one.name, due).astimezone(CHINA).date(), one.at.astimezone(CHINA).date()
        )
        if days < max(lost, default=0):
            yield f"{one.name} of {duty.id} decided {days} working days after its day, {max(lost)} were lost"


def earlier(one: Any, than: Any, mails: dict[int, Any]) -> bool:
    """Of the same date and lower, and arrived."""
    same = one.obligation_id == than.obligation_id and one.kind == "rung" and one.rung < than.rung
    same = same and one.key.split(":")[2] == than.key.split(":")[2] and one.state == "mailed"
    return bool(same and one.mail_id in mails and mails[one.mail_id].state == "sent")


def late(one: Any, mail: Any, due: Any) -> int:
    """Working days between when it could have gone and when it went, after the date."""
    if (mail.sent_at - one.at).total_seconds() < 12 * 3600:
        return 0
    local = one.at.astimezone(CHINA)
    first = (
        CALENDAR.on_or_after(local.date()) if local.time() < HOURS.closes else CALENDAR.add(local.date(), 1)
    )
    first = max(first, due.astimezone(CHINA).date())
    return max(0, CALENDAR.between(first, mail.sent_at.astimezone(CHINA).date()))


def only_the_highest_rung_owed_is_decided(world: World, before: Seen, after: Seen) -> Iterator[str]:
    """Unless its unit is behind through us: then each rung comes in its turn."""
    through_us = {one.obligation_id for one in (*before.put_off, *before.credit)}
    for one, duty in fresh_rungs(world, before, after):
        if duty.id in through_us or duty.now.due is None:
            continue
        higher = [name for name in RUNGS if NUMBER[name] in range(one.rung + 1, NUMBER[HIGHEST] + 1)]
        if due := [name for name in higher if falls(name, duty.now.due) <= one.at]:
            yield f"{one.name} of {duty.id} decided at {one.at}, when {due} had come"


def what_is_silenced_goes_into_no_mail(world: World, before: Seen, after: Seen) -> Iterator[str]:
    bound = {one.id for one in before.notice if one.mail_id is not None}
    mails = after.by_id("mail")
    for one in after.notice:
        fresh = one.mail_id is not None and one.id not in bound
        if fresh and one.kind == "rung" and world.silent(one.unit_id, mails[one.mail_id].queued_at):
            yield f"{one.key} went into {mails[one.mail_id].key} under a silence"


def no_timer_is_lost(world: World, _before: Seen, after: Seen) -> Iterator[str]:
    """Every rung of the date in force has a timer; one that is still to come has not ended."""
    timers = defaultdict(dict)
    for one in after.timer:
        if one.phase_id == 0:
            timers[one.milestone_id, one.obligation_id, one.local_id].setdefault(one.cycle, {})[one.rung] = (
                one
            )
    for row in after.obligation:
        duty = world.duties.get(row.id)
        if duty is None or duty.now.due is None or duty.now.status not in OWED:
            continue
        mine = row.id if row.due_at is not None and row.local_id is None else 0
        found = timers[row.milestone_id, mine, row.local_id or 0]
        steps = found[max(found)] if found else {}
        for name, number in NUMBER.items():
            if (fault := _missing(world, steps.get(number), falls(name, duty.now.due))) is not None:
                yield f"{name} of {row.id}: {fault}"


def _missing(world: World, one: Any, when: Any) -> str | None:
    if one is None:
        return "has no timer"
    if when > world.latest and one.done_at is not None:
        return f"is still to come and has ended: {one.outcome}"
    return (
        None if one.done_at is not None or one.held or one.fire_at >= when else f"would come at {one.fire_at}"
    )


def fresh_rungs(world: World, before: Seen, after: Seen) -> Iterator[tuple[Any, Duty]]:
    """Rungs decided in this step; who hears them instead of somebody else, or that nobody does, comes of a bounce."""
    known = {one.id for one in before.notice}
    for one in after.notice:
        if (
            one.id not in known
            and one.kind == "rung"
            and one.email
            and one.via_unit_id is None
            and one.obligation_id in world.duties
        ):
            yield one, world.duties[one.obligation_id]


# -- mails -------------------------------------------------------------------------------------------------


def a_mail_is_sent_by_its_holder_alone(world: World, _before: Seen, _after: Seen) -> Iterator[str]:
    """While one hands it over nobody else does, but after the lease of the first."""
    for one in world.tries[world.judged :]:
        overtaken = any(now >= one.now + LEASE for now in world.clocks.values())
        if (one.state, one.owner) != ("queued", one.who) and not overtaken:
            yield f"{one.who} sends {one.key}, which is {one.state} and {one.owner}'s"
        for other in one.others:
            if one.now < other.now + LEASE:
                yield f"{one.who} sends {one.key} while {other.who} does"
        if one.mono - one.begun > SECONDS / 2:
            yield f"{one.who} begins to send after half its lease"


def a_mail_comes_twice_only_as_the_same_and_in_the_stated_window(
    world: World, _before: Seen, after: Seen
) -> Iterator[str]:
    for place, one in enumerate(world.tries):
        if place < world.judged or not one.arrived:
            continue
        for other in world.tries[:place]:
            if other.key != one.key or not other.arrived:
                continue
            if other.message_id != one.message_id:
                yield f"{one.key} came again under another Message-ID"
            if other.order == "taken" and not excused(world, other, one):
                yield f"{one.key} came twice and nobody had reason to send it again"
    marks = Counter(one.after for one in after.journal if one.kind == "mail.sent")
    yield from (f"{key} marked as sent {number} times" for key, number in marks.items() if number > 1)


def excused(world: World, first: Sent, again: Sent) -> bool:
    """Whether a mail that was taken may be sent again: its sender died before it could write that down, or was so
    slow that its lease had passed to the other before the answer came."""
    later = any(
        one.who == first.who
        and one.claimed >= first.claimed
        and one.key != first.key
        and one.answered > first.answered
        for one in world.tries
    )
    died = first.who in world.dead and not later and again.now >= first.now + LEASE
    return died or (first.answered > again.claimed and again.now >= first.now + LEASE)


def a_matter_is_told_once_for_each_date(world: World, _before: Seen, _after: Seen) -> Iterator[str]:
    mails = defaultdict(set)
    for one in world.tries:
        for duty, rung in one.said if one.arrived else ():
            mails[one.to, duty, rung].add(one.key)
    for (to, duty, rung), keys in mails.items():
        if len(keys) > world.duties[duty].dates():
            yield f"{to} read {rung} of {duty} in {sorted(keys)}"


def nothing_is_said_of_what_was_settled_before(world: World, _before: Seen, _after: Seen) -> Iterator[str]:
    for one in world.tries[world.judged :]:
        for key, rung in one.said:
            duty = world.duties[key]
            held = duty.when(one.seq)
            if held is None or held.status not in OWED:
                yield f"{one.key} says {rung} of {key}, which was {held and held.status}"
            elif held.due is not None and falls(rung, held.due) > max(world.latest, one.wall):
                yield f"{one.key} says {rung} of {key} before its time"
            if world.resting(duty, one.seq):
                yield f"{one.key} says {rung} of {key}, which rests"


def of_one_matter_only_the_highest_rung_speaks(world: World, _before: Seen, _after: Seen) -> Iterator[str]:
    for one in world.tries[world.judged :]:
        said = Counter(duty for duty, _ in one.said)
        yield from (f"{one.key} says {n} rungs of {duty}" for duty, n in said.items() if n > 1)


def ordinary_mail_keeps_its_hours(world: World, _before: Seen, _after: Seen) -> Iterator[str]:
    for one in world.tries[world.judged :]:
        local = one.now.astimezone(CHINA)
        if one.kind != "urgent" and not (HOURS.cover(local) and CALENDAR.is_workday(local.date())):
            yield f"{one.key} handed over at {local}"


ALWAYS: tuple[Rule, ...] = (
    statuses_are_what_people_made_them,
    dates_move_when_somebody_moves_them,
    states_move_by_legal_moves_with_a_row_each,
    every_notice_exists_once,
    a_rung_is_decided_once_for_each_date,
    no_rung_is_decided_before_its_time,
    only_who_owes_is_told,
    a_demand_waits_for_what_was_said_before_it,
    a_demand_comes_later_by_what_was_lost,
    only_the_highest_rung_owed_is_decided,
    what_is_silenced_goes_into_no_mail,
    no_timer_is_lost,
    a_mail_is_sent_by_its_holder_alone,
    a_mail_comes_twice_only_as_the_same_and_in_the_stated_window,
    a_matter_is_told_once_for_each_date,
    nothing_is_said_of_what_was_settled_before,
    of_one_matter_only_the_highest_rung_speaks,
    ordinary_mail_keeps_its_hours,
)


def judge(world: World, before: Seen, after: Seen) -> list[str]:
    """All that is wrong after a step."""
    found = [f"{rule.__name__}: {says}" for rule in ALWAYS for says in rule(world, before, after)]
    world.judged = len(world.tries)
    return world.faults + found


# -- at the end --------------------------------------------------------------------------------------------


def at_the_end(world: World, after: Seen) -> Iterator[str]:
    """Everything was told to somebody, or shows as what could not be."""
    mails = after.by_id("mail")
    arrived: dict[str, set[str]] = defaultdict(set)
    for one in world.tries:
        if one.arrived:
            arrived[one.key].add(one.message_id)
    for one in after.mail:
        if one.state not in FINISHED:
            yield f"{one.key} is still {one.state}"
        if one.state == "sent" and one.key not in arrived:
            yield f"{one.key} counts as sent and has not arrived"
    for one in after.notice:
        if one.state not in TOLD:
            yield f"{one.key} is still {one.state}"
    yield from (f"timer {one.id} has not fired: {one}" for one in after.timer if one.done_at is None)
    for duty in world.duties.values():
        yield from _untold(world, duty, after, mails)


def _untold(world: World, duty: Duty, after: Seen, mails: dict[int, Any]) -> Iterator[str]:
    """The last automatic rung of what is owed to the end has reached somebody."""
    held = duty.now
    if held.status not in OWED or held.due is None or world.rested_since(duty, held.seq):
        return
    row = next(one for one in after.obligation if one.id == duty.id)
    rung = [one for one in after.notice if one.obligation_id == row.id and one.name == HIGHEST]
    told = [
        one
        for one in rung
        if one.at >= falls(HIGHEST, held.due)
        and (one.state == "vacant" or (one.state == "mailed" and mails[one.mail_id].state in FINISHED))
    ]
    if not told and falls(HIGHEST, held.due) <= world.latest:
        yield f"nobody heard {HIGHEST} of {duty.id}, due {held.due}: {[(one.key, one.state) for one in rung]}"


__all__ = ["ALWAYS", "Sent", "at_the_end", "judge"]
