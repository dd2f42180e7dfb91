"""A few invented units, a plan launched among them, and what followed told as a timeline a person can check.

A story states its timeline as lines `2026-11-26 四 | 提醒 | 联络员 | W48`: the day a mail goes out, the rung, who
hears, what about. `拟` before a rung: no mail to the unit, the rung waits for a person to confirm it. `下发` names
the phase: `动员部署：方案 动员会`; what was owed before and still is stands in the same mail as `未办结`, of which the
coordinator hears nothing. `Plot` expands such lines into every single fact, with the words of that story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from in_china import CHINA, address, at, local
from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.errors import Refused
from states.letters import EARLIER
from states.reading import shipped
from states.records import campaigning, core, figures, launch, moving, roster, schema
from states.records.campaigns import running
from states.records.columns import obligation_id
from states.records.dispatch import Proposal
from states.records.foretell import Foretold, run_through
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.session import Store, memory
from states.records.tables import Campaign, Journal, Milestone, Obligation, PhaseRow, Vacancy
from states.template import Role

HOURS = MailHours(CHINA, time(9), time(17, 30))
WEEKDAYS = "一二三四五六日"
ROLES = {
    "联络员": Role.liaison,
    "科室负责人": Role.department_head,
    "分管领导": Role.deputy_leader,
    "主要负责人": Role.principal,
    "上级主要负责人": Role.parent_principal,
    "办公室": Role.office,
    "组长": Role.group_leader,
}
IN_THE_OWNER = ("办公室", "组长")
COORDINATOR = "协调员"

Unit = tuple[str, str, str, str, str | None, str]  # code, name, kind, level, parent, roles held
Act = tuple[str, Callable[[datetime], Any]]


def lines(text: str) -> list[str]:
    """The lines of a literal; what follows # is a remark."""
    bare = (line.split("#")[0].strip() for line in text.splitlines())
    return [" ".join(line.split()) for line in bare if line]


@dataclass(frozen=True)
class Told:
    """All facts of a timeline, each as one line of words: what units hear, what the coordinator hears, what waits."""

    heard: frozenset[str]
    coordinator: frozenset[str]
    proposed: frozenset[str]

    def differs_from(self, other: Told, *kinds: str) -> list[str]:
        """Empty when both say the same (of `kinds`); else what this one has too few of and too many."""
        found = []
        for name in kinds or ("heard", "coordinator", "proposed"):
            mine, others = getattr(self, name), getattr(other, name)
            found += [f"少了 {one}" for one in sorted(others - mine)]
            found += [f"多了 {one}" for one in sorted(mine - others)]
        return found


@dataclass
class Plot:
    """The words of one story.

    `names`: short word → name of a matter. `owes`: who owes it, units by code. `vacant`: (unit, role) → the unit
    whose holder hears instead; said by hand, so that the climb is part of what the story expects.
    """

    owner: str
    names: Mapping[str, str]
    owes: Callable[[str], Sequence[str]]
    vacant: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)

    def told(self, timeline: str) -> Told:
        heard: set[str] = set()
        coordinator: set[str] = set()
        proposed: set[str] = set()
        begun: dict[tuple[str, str], set[str]] = {}
        for line in lines(timeline):
            when, rung, who, about = (part.strip() for part in line.split("|"))
            day, weekday = when.split()
            assert WEEKDAYS[date.fromisoformat(day).weekday()] == weekday, f"{when}: not that weekday"
            phase, _, matters = about.rpartition("：")
            for matter in matters.split():
                units, name = self.owes(matter), self.names[matter]
                roles = who.split("、")
                if rung.startswith("拟"):
                    said = " ".join(ROLES[role].value for role in roles)
                    proposed |= {f"{day} {rung[1:]} {unit} {name} → {said}" for unit in units}
                else:
                    heard |= {
                        f"{day} {rung} {unit} {name} → {self.address(role, unit)}"
                        for unit in units
                        for role in roles
                    }
                if not phase and rung != EARLIER:
                    coordinator.add(f"{day} “{name}”{rung.removeprefix('拟')}，涉及 {len(units)} 个单位")
                if phase:
                    begun.setdefault((day, phase), set()).update(units)
        for (day, phase), concerned in begun.items():
            began = "开始" if phase == "行动" else "阶段开始"  # 行动: a plan without phases
            coordinator.add(f"{day} “{phase}”{began}，涉及 {len(concerned)} 个单位")
        return Told(frozenset(heard), frozenset(coordinator), frozenset(proposed))

    def address(self, role: str, unit: str) -> str:
        if role in IN_THE_OWNER:
            return address(ROLES[role].value, self.owner)
        if role == "上级主要负责人":
            return address("principal", self.parents[unit])
        return address(ROLES[role].value, self.vacant.get((unit, role), unit))


class Story:
    """One campaign lived through on a virtual clock by the sender's own rounds."""

    at, local, lines, hours = staticmethod(at), staticmethod(local), staticmethod(lines), HOURS

    def __init__(self, store: Store) -> None:
        self.store = store
        self.mails: list[Foretold] = []
        self.seen: dict[str, Any] = {}
        self.campaign = 0

    # -- before ---------------------------------------------------------------------------------------

    def people(self, units: Iterable[Unit]) -> Story:
        """Put the units in with the people who hold a role in them."""
        self.units = {
            code: (name, kind, level, parent, roles) for code, name, kind, level, parent, roles in units
        }
        rows = [
            UnitRow(code, name, kind, level, parent, 1)
            for code, (name, kind, level, parent, _roles) in self.units.items()
        ]
        contacts = [
            ContactRow(code, Role(role), f"王示例（{name}）", address(role, code), 1)
            for code, (name, *_rest, roles) in self.units.items()
            for role in roles.split()
        ]
        with self.store.write() as session:
            roster.apply(
                session, UnitList(tuple(rows), tuple(contacts), ()), {}, at("2017-01-03 08:00"), "test"
            )
            self.ids = dict(session.execute(sa.select(core.unit.c.code, core.unit.c.id)).tuples().all())
        self.codes = {key: code for code, key in self.ids.items()}
        self.named = {name: code for code, (name, *_rest) in self.units.items()}
        return self

    def order(self, key: str, start: str, fills: Mapping[str, str] | None = None, **more: Any) -> Order:
        return Order(shipped()[key], date.fromisoformat(start), fills or {}, **more)

    def draft(self, order: Order, now: str) -> launch.Draft:
        with self.store.read() as session:
            return launch.draft(session, order, at(now))

    def launch(self, order: Order, now: str) -> Story:
        with self.store.write() as session:
            self.campaign = launch.launch(session, order, at(now), "test")
        self.launched = at(now)
        return self

    def start_waits_for(self, fills: Mapping[str, str], key: str, start: str, now: str) -> None:
        """Every blank is named by the refusal to start, in their order; one that is left open refuses alone."""
        with pytest.raises(Refused) as refused:
            self.launch(self.order(key, start), now)
        drafted = self.draft(self.order(key, start), now)
        assert sorted(blank.place for blank in drafted.plan.blanks) == sorted(fills)
        named = [said.split("--set ")[1].split("=")[0] for said in refused.value.refusals]
        assert named == list(fills)
        for place in fills:
            rest = {one: words for one, words in fills.items() if one != place}
            drafted = self.draft(self.order(key, start, rest), now)
            assert [blank.place for blank in drafted.plan.blanks] == [place]
            assert [f"--set {place}=" in said for said in drafted.refusals] == [True]
        assert self.everything_launched() == 0

    # -- meanwhile ------------------------------------------------------------------------------------

    def live(self, until: str, acts: Iterable[Act] = ()) -> Story:
        """From the launch to `until`; each act is done at its moment."""
        coming = sorted(((at(when), do) for when, do in acts), key=lambda act: act[0])

        def act(now: datetime) -> datetime | None:
            while coming and coming[0][0] <= now:
                coming.pop(0)[1](now)
            return coming[0][0] if coming else None

        self.mails = run_through(self.store, self.launched, at(until), HOURS, act)
        assert not coming, "the story ended before the last act"
        return self

    def act(self, unit: str, matter: str, name: str, **more: Any) -> Callable[[datetime], Any]:
        """One act on what `unit` owes; `matter` is a requirement, with its period after a space."""

        def do(now: datetime) -> Obligation:
            owed = self.owed(unit, matter).id
            with self.store.write() as session:
                return moving.act(session, running(session, self.campaign), owed, name, now, "test", **more)

        return do

    def move(self, unit: str, name: str, **more: Any) -> Callable[[datetime], Any]:
        def do(now: datetime) -> Any:
            with self.store.write() as session:
                campaign = running(session, self.campaign)
                return moving.move(session, campaign, self.ids[unit], name, now, "test", **more)

        return do

    def advance(self, now: datetime) -> None:
        """A coordinator opens the next phase by hand."""
        with self.store.write() as session:
            campaigning.move(session, self.campaign, "advance", now, "test")

    def look(self, what: Callable[[datetime], Any]) -> Callable[[datetime], Any]:
        """Keep what is seen at that moment under its local time."""

        def do(now: datetime) -> None:
            self.seen[local(now)] = what(now)

        return do

    def behind(self, now: datetime) -> tuple[str, list[str]]:
        """The campaign's state and the units behind it."""
        with self.store.read() as session:
            campaign = running(session, self.campaign)
            condition = figures.behind_condition(session, campaign, now)
            chosen = sa.select(core.run.c.unit_id).where(core.run.c.campaign_id == campaign.id, condition)
            units = session.execute(chosen).scalars()
            return campaign.row.state, sorted(self.codes[one] for one in units)

    # -- afterwards -----------------------------------------------------------------------------------

    def told(self, units: Iterable[str] = ()) -> Told:
        """What the mails and proposals said, of `units` only where named."""
        heard, coordinator = set(), set()
        wanted = set(units or self.units)
        for mail in self.mails:
            day = local(mail.at)[:10]
            assert len(mail.lines) == len(set(mail.lines)), f"said twice in one mail: {mail}"
            for rung, unit, what in mail.lines:
                if mail.to.startswith("coordinator."):
                    coordinator.add(f"{day} {what}")
                elif self.named[unit] in wanted:
                    heard.add(f"{day} {rung} {self.named[unit]} {what} → {mail.to}")
        return Told(frozenset(heard), frozenset(coordinator), frozenset(self._proposed(wanted)))

    def _proposed(self, wanted: set[str]) -> Iterator[str]:
        names = {one.id: one.name for one in self.rows(Milestone)}
        for one in self.rows(Proposal):
            if self.codes[one.unit_id] in wanted:
                said = " ".join(one.audience)
                where = f"{self.codes[one.unit_id]} {names[one.milestone_id]}"
                yield f"{local(one.at)[:10]} {one.name} {where} → {said}"

    def reasons(self, unit: str, day: str) -> set[str]:
        """The sentences that a unit's liaison read on one day."""
        to = address("liaison", unit)
        return {
            said
            for mail in self.mails
            if mail.to == to and local(mail.at)[:10] == day
            for said in mail.reasons
        }

    def mails_a_day(self) -> set[int]:
        """How many mails a person got on a day on which they got any."""
        days = [(local(one.at)[:10], one.to) for one in self.mails]
        return {days.count(day) for day in set(days)}

    def moves(self, units: Iterable[str] = ()) -> list[str]:
        """Every move of the campaign and of `units` (all when none is named), as it stands in the journal."""
        wanted = {self.ids[code] for code in units} or set(self.codes)
        return [
            f"{local(one.at)} | {self.codes.get(one.unit_id or 0, '行动')} | {one.before} → {one.after}"
            for one in self.rows(Journal)
            if one.kind == "campaign.moved" or (one.kind == "unit.moved" and one.unit_id in wanted)
        ]

    def dates(self) -> dict[str, str]:
        """Name of a matter → when it is due, `（暂定）` where that is not certain yet."""
        return {
            one.name: (local(one.due_at) if one.due_at else one.filled or one.words)
            + ("（暂定）" if one.provisional else "")
            for one in self.rows(Milestone)
        }

    def vacancies(self) -> set[tuple[str, str]]:
        return {(self.codes[one.unit_id], one.role) for one in self.rows(Vacancy)}

    def windows(self) -> list[str]:
        """`phase opens — closes` of each phase."""
        return [
            f"{one.key} {local(one.opens_at)} — {local(one.closes_at)}"
            + ("（暂定）" if one.provisional else "")
            for one in self.rows(PhaseRow)
        ]

    def late(self, unit: str) -> set[str]:
        """What a unit handed in after its date."""
        names = {one.id: one.name for one in self.rows(Milestone)}
        rows = self.rows(Obligation, Obligation.unit_id == self.ids[unit])
        return {names[one.milestone_id] for one in rows if one.late}

    def everything_launched(self) -> int:
        return len(self.rows(Campaign)) + len(self.rows(Milestone)) + len(self.rows(Obligation))

    def owed(self, unit: str, matter: str) -> Obligation:
        requirement, _, period = matter.partition(" ")
        (milestone,) = self.rows(Milestone, Milestone.requirement == requirement, Milestone.period == period)
        (found,) = self.rows(Obligation, Obligation.id == obligation_id(milestone.id, self.ids[unit]))
        return found

    def rows(self, table: type[Any], *where: Any) -> list[Any]:
        with self.store.read() as session:
            (key, *_more) = sa.inspect(table, raiseerr=True).primary_key
            return list(session.exec(select(table).where(*where).order_by(key)))


@pytest.fixture
def story() -> Iterator[Story]:
    """A story in memory."""
    made = memory()
    schema.create(made)
    yield Story(made)
    made.close()


@pytest.fixture
def filed_story(store: Store) -> Story:
    """A story in a database of each kind."""
    return Story(store)


@pytest.fixture
def plot() -> type[Plot]:
    """How a story's words are read."""
    return Plot


@pytest.fixture
def staged(story: Story, request: pytest.FixtureRequest) -> Story:
    """The story with the `UNITS` of its file."""
    return story.people(request.module.UNITS)


@pytest.fixture
def fills(request: pytest.FixtureRequest) -> dict[str, str]:
    """What a person gives for the `BLANKS` of the file: place → words."""
    return dict(line.split(" ", 1) for line in lines(request.module.BLANKS))
