"""A real mail server that is gone for five days: the command's own rounds hold the ladder back and say so."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from flows import rounds
from in_china import at
from loopback import served
from states import settings as settings_of
from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.records import launch, roster, schema
from states.records.launch import Order
from states.records.session import connect
from states.template import Role

PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: report, name: 自查报告, due: 2026年3月12日}
ladder: main
ladders:
  main:
    rungs:
      - {at: +1wd, name: 催办, to: [liaison]}
      - {at: +3wd, name: 督促, to: [principal]}
"""


class Post:
    """Takes everything; keeps the subjects."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:
        text = envelope.content.decode("utf-8", "replace")
        (to,) = envelope.rcpt_tos
        self.taken.append((to, text))
        return "250 taken"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def ticked(settings, *moments: str) -> dict[str, float]:
    """Rounds at the moments; what the watchdog counted last."""
    for moment in moments:
        for job in rounds.JOBS:
            report = rounds.run(job, settings, at(moment))
    return report.figures


def test_five_days_without_a_server_delay_the_next_demand_by_five_days(tmp_path: Path, port: int) -> None:
    url = f"sqlite:///{tmp_path / 'duban.db'}"
    settings = settings_of.read(
        {"DUBAN_HOME": str(tmp_path), "DUBAN_DATABASE_URL": url, "DUBAN_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        | {"DUBAN_MAIL_FROM": "duban@example.org"}
    )
    store = connect(url)
    schema.upgrade(store)
    units = (
        UnitRow("R", "示例市卫健委", "authority", "", None, 1),
        UnitRow("H", "示例医院", "hospital", "", "R", 1),
    )
    people = tuple(
        ContactRow("H", role, "王示例", f"{role.value}@example.org", 1)
        for role in (Role.liaison, Role.principal)
    )
    with store.write() as session:
        roster.apply(session, UnitList(units, people, ()), {}, at("2026-03-01 08:00"), "test")
        launch.launch(session, Order(PLAN, at("2026-03-02 08:00").date(), {}), at("2026-03-02 08:00"), "test")
    store.close()
    days = [f"2026-03-{day} {hour}" for day in (13, 16, 17, 18, 19) for hour in ("09:00", "14:00")]
    figures = ticked(settings, "2026-03-02 09:00", *days)
    assert figures["rungs_put_off"] == 1, "督促 waits for 催办"
    post = Post()
    with served(post, port), closing(rounds.store_of(settings)):
        figures = ticked(settings, "2026-03-20 09:00", "2026-03-23 09:00")
        assert (figures["credited_obligations"], figures["credited_days"]) == (1, 5)
        assert {to for to, _ in post.taken} == {"liaison@example.org"}
        ticked(settings, "2026-03-24 09:00")
        assert [to for to, _ in post.taken].count("principal@example.org") == 1
