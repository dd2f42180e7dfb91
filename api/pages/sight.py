"""Everything that the first page shows of one campaign, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlmodel import Session

from api.pages import telling, timeline
from api.pages.timeline import Timeline
from states import actorwords
from states.machine import state_name
from states.progress import Tally
from states.records import board, figures, lately, matters, reading_scope
from states.records.asker import Scope
from states.records.board import Lagging, Node
from states.records.campaigns import Running, running
from states.records.dispatch import Mail, Proposal
from states.records.matters import Matters
from states.template import Kind

WORST, LATEST_MAILS, LATEST_LINES, LATEST_PROPOSALS, VACANT = 12, 10, 12, 8, 8
Owed = Sequence[Matters]
BEFORE, AFTER = 4, 7  # milestones shown around today


@dataclass(frozen=True)
class Share:
    """One state of the units: how many, and its piece of the bar in thousandths."""

    state: str
    label: str
    number: int
    tone: str
    x: float
    width: float


@dataclass(frozen=True)
class Told:
    """A line of the journal in words."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True)
class Sent:
    """A mail that went out and what it was about."""

    at: datetime | None
    person: str
    email: str
    about: str


@dataclass(frozen=True)
class Near:
    """A milestone around today, or all ledger rows of one date."""

    due: datetime
    name: str
    provisional: bool
    opened: bool
    handed_in: int
    expected: int


@dataclass(frozen=True)
class Latest:
    """What happened and was said in the whole of a campaign."""

    proposals: tuple[tuple[Proposal, str, str], ...]
    vacancies: tuple[tuple[str, str, datetime], ...]
    mails: tuple[Sent, ...]
    lines: tuple[Told, ...]


@dataclass(frozen=True)
class Sight:
    """One campaign at one instant, within reach; `latest` None: only a part of it is."""

    campaign: Running
    label: str
    zone: ZoneInfo
    tally: Tally
    shares: tuple[Share, ...]
    drawing: Timeline | None
    nodes: tuple[Near, ...]
    lagging: tuple[Lagging, ...]
    more_lagging: bool
    latest: Latest | None


@dataclass(frozen=True)
class Glance:
    """Of a campaign only how its dates lie."""

    title: str
    zone: ZoneInfo
    drawing: Timeline | None


def glance(session: Session, now: datetime) -> Glance | None:
    """The newest campaign of the demonstration, for whoever stands at its door."""
    listed = board.listed(session)
    if not listed:
        return None
    campaign = running(session, listed[0].id)
    nodes, phases = board.nodes(session, campaign), board.phases(session, campaign)
    drawn = timeline.draw(phases, nodes, campaign.calendar, campaign.zone, now)
    return Glance(campaign.row.title, campaign.zone, drawn)


def see(session: Session, scope: Scope, campaign: Running, now: datetime, owed: Owed | None = None) -> Sight:
    """One campaign as it stands at `now`, within reach; what is said of the whole only to who holds the unit that runs it.
    `owed`: what is owed within reach, where it was counted already."""
    whole, path = reading_scope.runs(session, scope, campaign), scope.path
    counted = matters.of_campaign(session, campaign.id, now, path) if owed is None else owed
    tally = figures.tally(session, campaign, now, 0, path, counted)
    nodes = board.nodes(session, campaign, counted, path, whole=whole)
    phases = board.phases(session, campaign)
    lagging = board.lagging(session, campaign, now, WORST + 1, path)
    return Sight(
        campaign=campaign,
        label=state_name(campaign.machines, campaign.row.state).label,
        zone=campaign.zone,
        tally=tally,
        shares=tuple(_shares(campaign, tally)),
        drawing=timeline.draw(phases, nodes, campaign.calendar, campaign.zone, now),
        nodes=tuple(_near(nodes, now)),
        lagging=tuple(lagging[:WORST]),
        more_lagging=len(lagging) > WORST,
        latest=_latest(session, campaign) if whole else None,
    )


def _latest(session: Session, campaign: Running) -> Latest:
    return Latest(
        proposals=tuple(lately.proposals(session, campaign, LATEST_PROPOSALS)),
        vacancies=tuple(
            (name, board.ROLE_NAMES.get(role, role), since)
            for name, role, since in lately.vacancies(session, campaign, VACANT)
        ),
        mails=tuple(_sent(session, campaign)),
        lines=tuple(_told(session, campaign)),
    )


def _shares(campaign: Running, tally: Tally) -> list[Share]:
    """The bar of states; a sliver stays visible however small its share."""
    made: list[Share] = []
    x = 0.0
    for state, number in tally.by_state:
        name = campaign.machines.unit.states[state]
        width = round(1000 * number / tally.units, 2)
        made.append(Share(state, name.label, number, _tone(name.key, name.stage, name.ord), x, width))
        x += width
    return made


def _tone(key: str, stage: str | None, place: int) -> str:
    """A class of the style sheet: where the units stand gives the shade."""
    if key in ("waiting", "closed", "exempt"):
        return key
    if stage == "suspended":
        return "paused"
    return f"p{(place - 1) % 5 + 1}" + ("r" if stage == "review" else "")


def _near(nodes: list[Node], now: datetime) -> list[Near]:
    """The milestones around `now`; rows of the ledger with the same date are one."""
    found: list[Near] = []
    groups = groupby(nodes, key=lambda one: (one.due_at, one.kind == Kind.ledger or one.key))
    for (due, _), members in groups:
        if due is not None:
            found.append(_nearby(due, list(members)))
    over = [one for one in found if one.due < now]
    coming = [one for one in found if one.due >= now]
    return [*over[-BEFORE:], *coming[:AFTER]]


def _nearby(due: datetime, members: list[Node]) -> Near:
    first, number = members[0], sum(one.number for one in members)
    return Near(
        due=due,
        name=first.name if number == 1 else board.LEDGER.format(number=number),
        provisional=first.provisional,
        opened=first.opened,
        handed_in=sum(one.handed_in for one in members),
        expected=sum(one.expected for one in members),
    )


def _sent(session: Session, campaign: Running) -> list[Sent]:
    found = lately.mails(session, campaign, LATEST_MAILS)
    told = lately.rungs_of(session, [one.id for one in found])
    return [_mail(one, told[one.id]) for one in found]


def _mail(one: Mail, told: Mapping[str, int]) -> Sent:
    about = "、".join(f"{name} {number}" if number > 1 else name for name, number in told.items())
    return Sent(one.sent_at, one.person, one.email, about)


def _told(session: Session, campaign: Running) -> list[Told]:
    found = lately.happened(session, campaign, 3 * LATEST_LINES)
    milestones, lines = lately.about(session, found), []
    for one in found:
        said = telling.sentence(one, campaign, milestones)
        if said:
            lines.append(Told(one.at, actorwords.actor(one.actor), said))
    return lines[:LATEST_LINES]
