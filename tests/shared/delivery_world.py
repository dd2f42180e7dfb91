"""The delivery protocol in small: a campaign, the processes that carry it, and a model that remembers what people did.

The model knows statuses, dates, silences and rests, and when in the order of things (`seq`) each began to hold. It has
no notices, timers, mails or leases: what those may be is judged from outside, in `delivery_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from flows import rounds as doors
from flows.mailer import Answer
from interleaved import Killed, Process
from states import settings
from states.clock import elapsed
from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.errors import Conflict, Faulty, Refused
from states.letters import Letter, Message
from states.records import core, launch, roster, rounds
from states.records.campaigns import Running, running
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.session import Store, connect
from states.template import Role
from states.workdays import Workdays, published

CHINA = ZoneInfo("Asia/Shanghai")
HOURS = MailHours(CHINA, time(9), time(17, 30))
CALENDAR = Workdays.of(*published())
SETTINGS = settings.read(
    {"DUBAN_MAIL_FROM": "duban@example.org", "DUBAN_BASE_URL": "https://duban.example.org"}
)
UNITS = (
    ("R", "示例市卫健委", "authority", None, "coordinator office principal"),
    ("R1", "示例甲县卫健局", "authority", "R", "liaison department_head principal"),
    ("H1", "示例甲县人民医院", "hospital", "R1", "liaison department_head principal"),
    ("H2", "示例甲县中医院", "hospital", "R1", "liaison department_head"),
)
PLAN = """
key: sample
version: 1
title: 示例专项行动
phases:
  - {key: check, name: 自查自纠, window: 为期2周, announce: [liaison]}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期1周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后4日内, nil: true}
  - {key: list, name: 问题清单, phase: check, due: 启动后5日内, review: true}
  - {key: answer, name: 转办答复, phase: check, due: 收到转办之日起2个工作日内}
  - {key: ending, name: 自查小结, phase: check, due: 阶段结束前3个工作日}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前2个工作日}
extensions: {before: 届满前1个工作日, limit: 2, total: 60d, decide: 2}
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: -2h, name: 急办, to: [liaison], urgent: true}
      - {at: +1wd, name: 催办, to: [liaison, department_head]}
      - {at: +2wd, name: 督促, to: [principal], cc: [office]}
      - {at: +3wd, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书}
"""
RUNGS = {"提醒": (-1, "wd"), "急办": (-2, "h"), "催办": (1, "wd"), "督促": (2, "wd"), "约谈": (3, "wd")}
NUMBER = {name: number for number, name in enumerate(RUNGS, 1)}
HIGHEST = "督促"  # of those that are sent by themselves
NEEDS = {
    "submit": ("open", "returned"),
    "nil": ("open", "returned"),
    "accept": ("submitted",),
    "return": ("submitted", "accepted", "nil"),
    "waive": ("open", "returned", "submitted"),
}
OWED = ("open", "returned")
TAKES = ("taken", "dropped", "mute")  # answers after which the mail has arrived
TABLES = (
    "campaign",
    "phase",
    "milestone",
    "run",
    "obligation",
    "timer",
    "notice",
    "proposal",
    "mail",
    "put_off",
)
TABLES += ("credit", "silence", "extension", "journal")


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=CHINA).astimezone(UTC)


LAUNCHED = at("2026-03-02 08:30")


def falls(name: str, due: datetime) -> datetime:
    """When a rung falls: counted by the model for itself."""
    number, unit = RUNGS[name]
    if unit == "h":
        return due + timedelta(hours=number)
    day = CALENDAR.add(due.astimezone(CHINA).date(), number)
    return datetime.combine(day, time(9), CHINA).astimezone(UTC)


def address(role: str, code: str) -> str:
    """In R1 one person is liaison and head of department."""
    one = "liaison" if (role, code) == ("department_head", "R1") else role
    return f"{one}.{code.lower()}@example.org"


@dataclass(frozen=True)
class Held:
    """What held of a duty from `seq` on."""

    seq: int
    status: str
    due: datetime | None


@dataclass
class Duty:
    """What one unit owes of one milestone, as the model knows it."""

    id: int
    campaign: int
    unit: int
    requirement: str
    review: bool
    nil: bool
    history: list[Held]

    @property
    def now(self) -> Held:
        return self.history[-1]

    def when(self, seq: int) -> Held | None:
        return next((one for one in reversed(self.history) if one.seq <= seq), None)

    def dates(self) -> int:
        """How many different dates it has had one after the other."""
        due = [one.due for one in self.history if one.due is not None]
        return sum(1 for first, then in zip([None, *due], due, strict=False) if first != then)


@dataclass(frozen=True)
class Rest:
    """A silence, or a rest of a unit (`unit` None: everybody). `until` None: nobody has said so yet."""

    since: int
    unit: int | None
    until: datetime | None = None
    over: int | None = None
    quiet: bool = False
    number: int = 0


@dataclass(frozen=True)
class Sent:
    """One try to hand a mail over. `said`: (duty, rung) of each line; `seq`: what people had done when it was drafted;
    `claimed` and `answered`: when in the order of all that happened."""

    who: str
    now: datetime
    wall: datetime
    begun: float
    mono: float
    key: str
    kind: str
    to: str
    message_id: str
    said: tuple[tuple[int, str], ...]
    seq: int
    claimed: int = 0
    answered: int = 0
    order: str = ""
    state: str = ""
    owner: str | None = None
    others: tuple[Sent, ...] = ()

    @property
    def arrived(self) -> bool:
        return self.order in TAKES


@dataclass
class Seen:
    """All rows, as anybody can see them at one moment."""

    rows: dict[str, list[Any]]

    def __getattr__(self, name: str) -> list[Any]:
        return self.rows[name]

    def by_id(self, table: str) -> dict[int, Any]:
        return {one.id: one for one in self.rows[table]}


def look(store: Store) -> Seen:
    with store.read() as session:
        return Seen({name: list(session.execute(sa.select(getattr(core, name)))) for name in TABLES})


def people(store: Store) -> None:
    """The organisation; where a role is empty the unit above hears it."""
    units = [UnitRow(code, name, kind, "", parent, 1) for code, name, kind, parent, _ in UNITS]
    contacts = [
        ContactRow(code, Role(role), f"王示例（{name}）", address(role, code), 1)
        for code, name, _, _, roles in UNITS
        for role in roles.split()
    ]
    with store.write() as session:
        roster.apply(session, UnitList(tuple(units), tuple(contacts), ()), {}, at("2026-01-05 08:00"), "test")


def _jobs(store: Store, now: datetime, who: str, send: rounds.Send) -> dict[str, Callable[[], Any]]:
    """The rounds that bear on mail, in the order of a tick."""

    def deliver() -> None:
        rounds.compose(store, now, HOURS)
        rounds.deliver(store, send, now, who, HOURS)

    return {
        "open_due": lambda: rounds.open_due(store, now),
        "remind": lambda: rounds.fire(store, now, after_due=False),
        "escalate": lambda: rounds.fire(store, now, after_due=True),
        "deliver": deliver,
    }


@dataclass
class World:
    """One database, its processes, the clock that they read, and the model."""

    url: str
    now: datetime = LAUNCHED
    latest: datetime = LAUNCHED
    mono: float = 0.0
    seq: int = 0
    duties: dict[int, Duty] = field(default_factory=dict)
    rests: list[Rest] = field(default_factory=list)
    tries: list[Sent] = field(default_factory=list)
    flying: dict[str, Sent] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    judged: int = 0
    beat: int = 0
    dead: set[str] = field(default_factory=set)
    clocks: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = Process(self.url, "people")
        self.workers = [Process(self.url, f"worker{number}") for number in range(3)]
        self.store = self.people.store
        self.witness = connect(self.url)
        self._names = count(1)
        with self.store.read() as session:
            self.units = dict(session.execute(sa.select(core.unit.c.code, core.unit.c.id)).tuples().all())
            self.named = dict(session.execute(sa.select(core.unit.c.name, core.unit.c.id)).tuples().all())
        rounds.elapsed = lambda: self.mono  # how long a round has lasted goes by the world's time
        self.seen = look(self.store)

    def close(self) -> None:
        for one in (*self.workers, self.people):
            one.close()
        self.witness.close()
        rounds.elapsed = elapsed

    # -- time -----------------------------------------------------------------------------------------

    def passes(self, span: timedelta) -> None:
        """Time passes, and the clock shows it."""
        self.mono += span.total_seconds()
        self.set(self.now + span)

    def set(self, now: datetime) -> None:
        """Somebody sets the clock."""
        self.now, self.latest = now, max(self.latest, now)

    # -- people ---------------------------------------------------------------------------------------

    def does(self, act: Callable[[Any], Any], doom: str = "") -> bool:
        """One transaction of a person; whether it holds. A crash before its commit leaves nothing, after it all."""
        refused: list[Exception] = []

        def work() -> None:
            try:
                with self.store.write() as session:
                    act(session)
            except (Refused, Conflict, Faulty) as error:
                refused.append(error)

        with self.all_or_nothing(self.people, doom):
            self.people.begin(work, stepping=False)
        self.refused = refused
        holds = not refused and not (self.people.killed and doom == "before")
        self.seq += holds
        return holds

    @contextmanager
    def all_or_nothing(self, process: Process, doom: str) -> Iterator[None]:
        """Who dies in here leaves what the database held at that moment and writes nothing more."""
        kept: list[Seen] = []
        process.doom = doom
        process.seen = lambda: kept.append(look(self.witness))
        yield
        process.doom = ""
        for one in kept:
            if one.rows != look(self.witness).rows:
                self.faults.append(f"{process.name} left half of what it did ({doom} the commit)")

    def launch(self, title: str = "示例专项行动", doom: str = "") -> bool:
        order = Order(PLAN.replace("示例专项行动", title), self.now.astimezone(CHINA).date(), {}, past="keep")
        return self.does(lambda session: launch.launch(session, order, self.now, "test"), doom)

    @property
    def key(self) -> int:
        """The campaign; a launch that died may have used up a number."""
        return int(self.seen.campaign[0].id)

    def campaign(self, session: Any, key: int) -> Running:
        return running(session, key)

    def learn(self, after: Seen) -> None:
        """What was handed out since is owed by everybody who got it."""
        milestones = after.by_id("milestone")
        for row in after.obligation:
            if row.id not in self.duties:
                what = milestones[row.milestone_id]
                held = Held(self.seq, "open", row.due_at or what.due_at)
                about = (row.id, row.campaign_id, row.unit_id, what.requirement, what.review, what.nil)
                self.duties[row.id] = Duty(*about, [held])

    def changes(self, duty: Duty, status: str, due: datetime | None) -> None:
        duty.history.append(Held(self.seq, status, due))

    def expected(self, duty: Duty, name: str) -> Held | None:
        """What an act makes of a duty; None where it has to be refused."""
        held = duty.now
        if held.status not in NEEDS[name] or (name == "nil" and not duty.nil):
            return None
        if name == "return":
            redo = self._later(self.now, 3) if held.due else None
            return replace(held, status="returned", due=max(held.due, redo) if held.due and redo else None)
        after = {"submit": "submitted" if duty.review else "accepted", "accept": "accepted"}
        return replace(held, status=after.get(name, {"nil": "nil", "waive": "waived"}.get(name, "")))

    @staticmethod
    def _later(now: datetime, days: int) -> datetime:
        local = now.astimezone(CHINA)
        return datetime.combine(CALENDAR.add(local.date(), days), local.time(), CHINA).astimezone(UTC)

    def resting(self, duty: Duty, seq: int) -> bool:
        """Whether its unit, or everybody, was at rest at that point."""
        return any(
            not one.quiet
            and one.unit in (None, duty.unit)
            and one.since <= seq
            and (one.over or seq + 1) > seq
            for one in self.rests
        )

    def rested_since(self, duty: Duty, seq: int) -> bool:
        return any(
            not one.quiet and one.unit in (None, duty.unit) and (one.over is None or one.over >= seq)
            for one in self.rests
        )

    def silent(self, unit: int, now: datetime) -> bool:
        """Whether a silence covers the unit now."""
        return any(
            one.quiet and one.unit in (None, unit) and one.over is None and one.until > now
            for one in self.rests
            if one.until
        )

    def end(self, place: int) -> None:
        self.rests[place] = replace(self.rests[place], over=self.seq)

    # -- rounds ---------------------------------------------------------------------------------------

    def work(
        self, process: Process, job: str, otherwise: Callable[[str], str] = lambda _: "taken"
    ) -> Callable[[], None]:
        """One round as `job` names it (`tick`: all of them), for `process`."""
        now, begun, who = self.now, self.mono, f"{process.name}:{next(self._names)}"
        self.clocks[who] = now
        point = [self.seq, 0, 0]

        def committed() -> None:
            self.beat += 1
            point[1] = self.beat

        def looked() -> None:
            point[0], point[2] = self.seq, point[1]

        process.committed, process.looked = committed, looked
        post = Post(self, process, otherwise)
        writes = doors.sender(post, SETTINGS, now)

        def send(message: Message) -> rounds.Answer:
            post.about = Sent(
                *(who, now, self.now, begun, self.mono, message.key, message.kind, message.to, ""),
                tuple(self.lines(message)),
                point[0],
                point[2],
            )
            return writes(message)

        jobs = _jobs(process.store, now, who, send)

        def run() -> None:
            try:
                for one in jobs if job == "tick" else [job]:
                    jobs[one]()
            except Killed:
                self.dead.add(who)
                raise

        return run

    def lines(self, message: Message) -> Iterator[tuple[int, str]]:
        """(duty, rung) of what a mail says of rungs."""
        for line in message.lines:
            if line.rung in RUNGS and self.named.get(line.unit) != self.units["R"]:
                yield self._duty(line.campaign, line.unit, line.what), line.rung

    def _duty(self, title: str, unit: str, what: str) -> int:
        wanted = (
            sa.select(core.obligation.c.id)
            .join(core.milestone, core.milestone.c.id == core.obligation.c.milestone_id)
            .join(core.campaign, core.campaign.c.id == core.obligation.c.campaign_id)
            .where(core.campaign.c.title == title, core.milestone.c.name == what)
            .where(core.obligation.c.unit_id == self.named[unit])
        )
        with self.witness.read() as session:
            found = session.execute(wanted).scalar()
        if found is None:
            self.faults.append(f"a mail speaks of {title} {unit} {what}, which nobody owes")
        return found or 0

    def holder(self, key: str) -> tuple[str, str | None]:
        """State of a mail and who claims it."""
        wanted = sa.select(core.mail.c.state, core.mail.c.claimed_by).where(core.mail.c.key == key)
        with self.witness.read() as session:
            state, who = session.execute(wanted).one()
            return state, who


class Post:
    """The mail server as one process meets it: it answers as it is told."""

    def __init__(self, world: World, process: Process, otherwise: Callable[[str], str]) -> None:
        self.world, self.process, self.otherwise = world, process, otherwise
        self.about: Sent | None = None

    def send(self, letter: Letter) -> Answer:
        assert self.about is not None
        state, owner = self.world.holder(self.about.key)
        others = tuple(other for other in self.world.flying.values() if other.key == self.about.key)
        one = replace(self.about, message_id=letter.message_id, state=state, owner=owner, others=others)
        self.world.tries.append(one)
        place = len(self.world.tries) - 1
        self.world.flying[one.who] = one
        try:
            order = self.process.pause("send", self.otherwise(one.to)) or "taken"
        finally:
            self.world.flying.pop(one.who, None)
        self.world.beat += 1
        self.world.tries[place] = replace(one, order=order, answered=self.world.beat)
        if order == "taken":
            return Answer.sent("250 taken")
        return {
            "busy": Answer.temporary("450 mailbox busy"),
            "refused": Answer.permanent("550 no such user"),
            "blocked": Answer.blocked("535 please log in"),
            "hang": Answer.unanswered("没有应答"),
            "dropped": Answer.temporary("连接在正文之后断开"),  # it was taken; only we do not know
            "mute": Answer.unanswered("正文之后没有应答"),
        }[order]

    def close(self) -> None:
        pass
