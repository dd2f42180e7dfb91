"""What `make chaos` says afterwards, tried on a campaign that went well and was then tampered with: nothing it looks for can
go missing in silence. Also that the copy which foretells lives through the same things as the record itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from in_china import at
from states.letters import Message, message_id, render, to_email
from states.records import core, rounds
from states.records.actors import Actors
from states.records.chain import sealer
from tests.chaos.databases import Sqlite
from tests.chaos.office import Handed, Office
from tests.chaos.processes import Processes
from tests.chaos.story import STOP, Plot, World
from tests.chaos.verdict import judge
from tests.story.kill_campaign import CHINA, HOURS, SENDER

UNTIL = "2026-10-09 18:00"
ADDRESS = "https://duban.example.org"
Handeds = list[Handed]
EDITS: dict[str, Callable[[], Any]] = {
    "timers": lambda: sa.update(core.timer).where(core.timer.c.outcome == "fired").values(outcome="missed"),
    "notices": lambda: sa.delete(core.notice).where(core.notice.c.id == _first(core.notice)),
    "mails": lambda: sa.update(core.mail).where(core.mail.c.id == _first(core.mail)).values(state="failed"),
    "units": lambda: (
        sa.update(core.run)
        .where(core.run.c.unit_id == sa.select(sa.func.min(core.run.c.unit_id)).scalar_subquery())
        .values(state="other")
    ),
    "duties": lambda: sa.update(core.obligation).values(status="other"),
    "proposals": lambda: sa.delete(core.proposal),
    "vacancies": lambda: sa.delete(core.vacancy),
    "journal": lambda: sa.update(core.journal).where(core.journal.c.id == 3).values(reason="改"),
}
CHANGED = ("timers", "mails", "units", "duties")  # what stands otherwise is missing there, and too much here


def _first(table: sa.Table) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.min(table.c.id)).scalar_subquery()


class Lived:
    """The world of a chaos in which nothing goes wrong; `office` took its mails from one process."""

    def __init__(self, folder: Path) -> None:
        dice = Random("judged")
        self.world = World(Plot(21, UNTIL, 0), Sqlite(folder), folder, dice, lambda _line: None)
        self.office = Office(dice, self.world.refused)
        self.processes = Processes(folder, {}, 0)
        actors = Actors(self.world.store, self.world.key)
        busy = {one.at for one in self.world.foreseen.moments}
        for now in self.world.foreseen.acts:
            actors.act(now)
            if now in busy:
                self._rounds(now)
        self.world._set(at(UNTIL))
        sealer.seal(self.world.store, at(UNTIL))

    def _rounds(self, now: datetime) -> None:
        def send(message: Message) -> rounds.Answer:
            if message.to in self.world.refused:
                return rounds.Answer("permanent", "550 5.1.1 no such mailbox")
            letter = render(message, sender=SENDER, base_url=ADDRESS, now=now, zone=CHINA)
            content = to_email(letter, SENDER).as_bytes()
            self.office.handed.append(
                Handed("one", message.to, content, float(len(self.office.handed)), True)
            )
            return rounds.Answer("sent", "", letter.message_id)

        for _ in range(3):  # who was refused is passed over: what was meant for him goes to the next in line
            rounds.decide(self.world.store, now, HOURS)
            rounds.deliver(self.world.store, send, now, "one", HOURS)

    def wrong(self, handed: Handeds | None = None, stuck: str = "") -> list[str]:
        office = replace(self.office, handed=self.office.handed if handed is None else handed)
        return judge("sqlite", self.world, self.processes, office, stuck).wrong


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    found = Lived(tmp_path_factory.mktemp("judged"))
    yield found
    found.world.store.close()


def test_a_campaign_in_which_nothing_went_wrong_came_as_foretold(lived: Lived) -> None:
    foretold = lived.world.foreseen
    assert lived.wrong() == []
    assert len(lived.office.handed) == len(foretold.mails) > 200
    assert not [one for one in foretold.acts if STOP[0] < one < STOP[1]], "no clock ran then"
    assert foretold.standing["vacancies"], "an address that does not exist makes a vacancy"
    assert all(foretold.standing.values()), "a part of the record that is empty shows nothing"


def _named(handed: Handed, like: Handed) -> Handed:
    """The words of one mail under the name, and to the receiver, of another."""
    own, other = (one.mail().key.encode() for one in (handed, like))
    return replace(like, content=handed.content.replace(own, other))


def test_each_mail_that_went_astray_is_named(lived: Lived) -> None:
    lost, again, elsewhere, *others = lived.office.handed
    day = [one for one in others if one.mail().day == again.mail().day]
    other, swapped = next(pair for pair in pairwise(day) if pair[0].mail().lines != pair[1].mail().lines)
    others.remove(swapped)
    late = others.pop()
    stranger = message_id("nobody foretold it", SENDER)
    came = lost.content.replace(lost.mail().key.encode(), stranger.encode())
    dated = re.sub(rb"(?m)^Date: .*$", b"Date: Mon, 07 Sep 2020 10:00:00 +0800", late.content)
    astray = [replace(elsewhere, to="other@example.org"), _named(other, swapped)]
    astray += [replace(late, content=dated), replace(lost, content=came)]
    found = lived.wrong([again, again, *others, *astray], stuck="nothing moves")
    assert Counter(one.partition(":")[0] for one in found) == {
        "stuck": 1,
        "lost": 1,
        "doubled": 1,
        "not foretold": 1,
        "other than foretold": 3,
    }
    assert found[0] == "stuck: nothing moves", "first what explains the rest"


def test_each_part_of_the_record_that_stands_elsewhere_is_named(lived: Lived) -> None:
    for name, edit in EDITS.items():
        assert not [one for one in lived.wrong([]) if one.startswith(f"{name}: ")], name
        with lived.world.store.write() as session:
            assert session.execute(edit()).rowcount, name
        said = [one for one in lived.wrong([]) if one.startswith(f"{name}: ")]
        assert [one for one in said if "missing" in one or name == "journal"], name
        assert name not in CHANGED or [one for one in said if "too many" in one], name
