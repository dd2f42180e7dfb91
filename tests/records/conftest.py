"""A small invented organisation, plans made for it, and the rounds over it: what the tests of the record share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from in_china import CHINA, address, at, local
from one_round import cycle
from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.letters import Message
from states.records import core, launch, outbox, roster, rounds
from states.records.campaigns import Running, running
from states.records.columns import obligation_id
from states.records.dispatch import Mail, Notice, Timer
from states.records.launch import Order
from states.records.outbox import MailHours
from states.records.rounds import Answer
from states.records.session import Store
from states.records.tables import Contact, Journal, Milestone, Obligation, UnitRun
from states.template import Role

HOURS = MailHours(CHINA, time(9), time(17, 30))
UNITS = (
    ("R", "示例市卫生健康委员会", "authority", None),
    ("R-D1", "办公室", "department", "R"),
    ("R-D2", "监督处", "department", "R"),
    ("R1", "示例甲县卫生健康局", "authority", "R"),
    ("R1-D1", "办公室", "department", "R1"),
    ("R1-H1", "示例甲县人民医院", "hospital", "R1"),
    ("R1-H2", "示例甲县中医院", "tcm_hospital", "R1"),
    ("R2", "示例乙县卫生健康局", "authority", "R"),
    ("R2-H1", "示例乙县人民医院", "hospital", "R2"),
    ("R2-C1", "示例乙县惠民诊所", "clinic", "R2"),
)
PARTICIPANTS = ("R1", "R1-H1", "R1-H2", "R2", "R2-H1", "R2-C1")
IN_A_UNIT = (Role.liaison, Role.department_head, Role.deputy_leader, Role.principal)
IN_THE_OWNER = (Role.coordinator, Role.office, Role.group_leader)

PHASES = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周, review: true, announce: [liaison]}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期2周}
  - {key: sum, name: 总结提升, opens: after_previous, window: 为期2周}
"""
REQUIREMENTS = """
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内, nil: true}
  - {key: list, name: 问题清单, phase: check, due: 启动后11日内, review: true}
  - {key: mended, name: 整改报告, phase: mend, due: 阶段结束前3个工作日}
  - {key: summary, name: 工作总结, phase: sum, due: 阶段结束前3个工作日}
"""
ONE_REPORT = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
"""
LADDERS = """
ladder: main
ladders:
  main:
    rungs:
      - {at: -7d, name: 提醒, to: [liaison]}
      - {at: -1wd, name: 再提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison, department_head]}
      - {at: +3wd, name: 督促, to: [deputy_leader], cc: [office]}
      - {at: +5wd, name: 约谈, to: [principal], confirm: true, letter: 约谈通知书}
      - {at: +7wd, name: 通报, to: [principal, parent_principal], confirm: true, letter: 通报}
"""


def template(*parts: str, key: str = "sample", title: str = "示例专项行动") -> str:
    return "\n".join([f"key: {key}\nversion: 1\ntitle: {title}", *(parts or (PHASES, REQUIREMENTS, LADDERS))])


def contact_rows(without: Iterable[tuple[str, str]] = ()) -> list[ContactRow]:
    """Every role is held everywhere except `without`: (unit code, role)."""
    gone = set(without)
    return [
        ContactRow(code, role, f"王示例（{name}）", address(role.value, code), 1)
        for code, name, _kind, _parent in UNITS
        for role in (*IN_A_UNIT, *(IN_THE_OWNER if code == "R" else ()))
        if (code, role.value) not in gone
    ]


def unit_rows() -> list[UnitRow]:
    return [UnitRow(code, name, kind, "", parent, 1) for code, name, kind, parent in UNITS]


class Stage:
    """A store with the organisation in it. `post` keeps what was sent; `answers` says how an address answers."""

    at, local, address, template = (
        staticmethod(at),
        staticmethod(local),
        staticmethod(address),
        staticmethod(template),
    )
    hours, participants = HOURS, PARTICIPANTS
    phases, requirements, ladders, one_report = PHASES, REQUIREMENTS, LADDERS, ONE_REPORT

    def __init__(self, store: Store) -> None:
        self.store = store
        self.post: list[tuple[datetime, Message]] = []
        self.answers: dict[str, Callable[[Message], Answer]] = {}
        self.ids: dict[str, int] = {}

    def people(self, without: Iterable[tuple[str, str]] = ()) -> Stage:
        """Put the organisation in; `without` names roles that nobody holds."""
        with self.store.write() as session:
            listed = UnitList(tuple(unit_rows()), tuple(contact_rows(without)), ())
            roster.apply(session, listed, {}, at("2026-01-05 08:00"), "test")
            self.ids = dict(session.execute(sa.select(core.unit.c.code, core.unit.c.id)).tuples().all())
        return self

    def order(self, text: str | None = None, start: str = "2026-03-02", **more: Any) -> Order:
        return Order(text or template(), date.fromisoformat(start), more.pop("fills", {}), **more)

    def launch(self, text: str | None = None, start: str = "2026-03-02", now: str = "", **more: Any) -> int:
        """Start a campaign on the day it begins, at half past eight unless `now` says otherwise."""
        with self.store.write() as session:
            return launch.launch(
                session, self.order(text, start, **more), at(now or f"{start} 08:30"), "test"
            )

    # -- rounds ---------------------------------------------------------------------------------------

    def cycle(self, *moments: str) -> Stage:
        """Everything that a tick does, at each of the moments."""
        for moment in moments:
            cycle(self.store, self.sender(at(moment)), at(moment), HOURS, f"test-{uuid4().hex[:6]}")
        return self

    def fire(self, *moments: str) -> int:
        """Only the rungs, at each of the moments; what they said is handed to the post before the next of them."""
        served = 0
        for place, moment in enumerate(moments):
            if place:
                self.posted(moments[place - 1])
            served += sum(rounds.fire(self.store, at(moment), after_due=after) for after in (False, True))
        return served

    def posted(self, moment: str) -> Stage:
        """Only the mails of the moment: composed and handed over."""
        now = at(moment)
        rounds.compose(self.store, now, HOURS)
        rounds.deliver(self.store, self.sender(now), now, f"test-{uuid4().hex[:6]}", HOURS)
        return self

    def sender(self, now: datetime) -> Callable[[Message], Answer]:
        def send(message: Message) -> Answer:
            answer = self.answers.get(message.to, lambda _: Answer("sent"))(message)
            if answer.kind == "sent":
                self.post.append((now, message))
            return answer

        return send

    def decide(self, now: str) -> None:
        """All but sending."""
        rounds.decide(self.store, at(now), HOURS)

    def claim(self, now: str, who: str, limit: int = 50) -> Any:
        with self.store.write() as session:
            return outbox.claim(session, at(now), who, limit)

    def deliver(self, now: str, who: str = "one") -> Any:
        return rounds.deliver(self.store, self.sender(at(now)), at(now), who, HOURS)

    def mails(self) -> list[tuple[str, str]]:
        """What arrived: (local time, address)."""
        return [(local(when), message.to) for when, message in self.post]

    def lines(self, to: str) -> list[tuple[str, str, str]]:
        """What `to` has read: (rung, unit, what), in all mails."""
        return [
            (line.rung, line.unit, line.what) for _, one in self.post if one.to == to for line in one.lines
        ]

    # -- looking --------------------------------------------------------------------------------------

    def campaign(self, session: Session, key: int) -> Running:
        return running(session, key)

    def rows(self, table: type[Any], *where: Any) -> list[Any]:
        with self.store.read() as session:
            statement = select(table).where(*where)
            for column in sa.inspect(table, raiseerr=True).primary_key:
                statement = statement.order_by(column)
            return list(session.exec(statement))

    def one(self, table: type[Any], *where: Any) -> Any:
        (found,) = self.rows(table, *where)
        return found

    def milestone(self, requirement: str, period: str = "", campaign: int = 0) -> Milestone:
        where = [Milestone.requirement == requirement, Milestone.period == period]
        return self.one(Milestone, *where, *([Milestone.campaign_id == campaign] if campaign else []))

    def owed(self, requirement: str, code: str, period: str = "", campaign: int = 0) -> Obligation:
        milestone = self.milestone(requirement, period, campaign)
        return self.one(Obligation, Obligation.id == obligation_id(milestone.id, self.ids[code]))

    def run(self, code: str, campaign: int = 0) -> UnitRun:
        where = [UnitRun.campaign_id == campaign] if campaign else []
        return self.one(UnitRun, UnitRun.unit_id == self.ids[code], *where)

    def states(self, campaign: int) -> dict[str, str]:
        codes = {key: code for code, key in self.ids.items()}
        return {codes[row.unit_id]: row.state for row in self.rows(UnitRun, UnitRun.campaign_id == campaign)}

    def notices(self, *where: Any) -> list[Notice]:
        return self.rows(Notice, *where)

    def told(self, *where: Any) -> list[tuple[str, str]]:
        """(rung, address) of the notices of rungs, sorted."""
        return sorted((one.name, one.email) for one in self.notices(Notice.kind == "rung", *where))

    def outcomes(self, requirement: str = "report", obligation: int = 0) -> dict[int, str | None]:
        """What became of each rung."""
        about = Timer.milestone_id == self.milestone(requirement).id
        return {one.rung: one.outcome for one in self.timers(about, Timer.obligation_id == obligation)}

    def mail_to(self, to: str) -> Mail:
        return self.one(Mail, Mail.email == to)

    def counted(self, column: Any, *where: Any) -> dict[Any, int]:
        """How many rows per value of `column`."""
        with self.store.read() as session:
            return dict(Counter(session.execute(sa.select(column).where(*where)).scalars()))

    def journal(self, kind: str) -> list[Journal]:
        return self.rows(Journal, Journal.kind == kind)

    def timers(self, *where: Any) -> list[Timer]:
        return self.rows(Timer, *where)

    def everything(self) -> dict[str, list[Any]]:
        """All rows of all tables, to see that nothing was written."""
        with self.store.read() as session:
            return {
                name: sorted(map(repr, session.execute(sa.select(table)).tuples()))
                for name, table in sorted(vars(core).items())
                if isinstance(table, sa.Table)
            }

    # -- acting ---------------------------------------------------------------------------------------

    def act(self, campaign: int, requirement: str, code: str, name: str, now: str, **more: Any) -> Obligation:
        from states.records import moving

        key = self.owed(requirement, code, campaign=campaign).id
        with self.store.write() as session:
            return moving.act(session, running(session, campaign), key, name, at(now), "test", **more)

    def move(self, campaign: int, code: str, name: str, now: str, **more: Any) -> Any:
        from states.records import moving

        with self.store.write() as session:
            return moving.move(
                session, running(session, campaign), self.ids[code], name, at(now), "test", **more
            )

    def one_ahead(self) -> int:
        """A campaign at 9 on 20 March in which one unit has handed in everything, the others nothing: rungs have fired."""
        campaign = int(self.launch())
        self.cycle("2026-03-02 09:00")
        for requirement in ("report", "list"):
            self.act(campaign, requirement, "R1-H1", "submit", "2026-03-03 10:00")
        self.act(campaign, "list", "R1-H1", "accept", "2026-03-03 11:00")
        self.cycle(*(f"2026-03-{day} 09:00" for day in (12, 13, 16, 18, 20)))
        return campaign

    def vacate(self, code: str, role: str) -> None:
        with self.store.write() as session:
            session.execute(
                sa.delete(Contact).where(
                    Contact.unit_id == self.ids[code],  # type: ignore[arg-type]
                    Contact.role == role,  # type: ignore[arg-type]
                )
            )

    def spoil(self, campaign: int) -> None:
        """Make a campaign's template unreadable, as a later version of duban might find it."""
        spoilt = {"template_text": "key: [", "template_sha256": uuid4().hex}
        self.put(core.campaign, core.campaign.c.id == campaign, **spoilt)

    def put(self, table: sa.Table, where: Any, **values: Any) -> None:
        """Change rows behind the record's back."""
        with self.store.write() as session:
            session.execute(sa.update(table).where(where).values(**values))


@pytest.fixture(name="new_stage")
def stage_class() -> type[Stage]:
    """The class itself, for tests that need many."""
    return Stage


@pytest.fixture
def empty_stage(store: Store) -> Stage:
    """A stage without people."""
    return Stage(store)


@pytest.fixture
def stage(empty_stage: Stage) -> Stage:
    """A stage on which every role is held."""
    return empty_stage.people()


@pytest.fixture
def campaign(stage: Stage) -> int:
    """One report due on Thursday 12 March 18:00, of six units; the first reminder is on the 5th at nine."""
    return stage.launch(stage.template(ONE_REPORT, LADDERS))
