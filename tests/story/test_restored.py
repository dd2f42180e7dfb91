"""A service dies days after its last backup. Put back, its rounds hold until somebody says what went out meanwhile; then
every mail of those days and after them has gone out once, as foretold before the loss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from command_line import duban
from flows import rounds, sent
from in_china import at
from states import clock
from states import settings as settings_of
from states.chain.check import check
from states.errors import Refused
from states.letters import message_id
from states.records import foretell, health, launch, sample, schema
from states.records.backup import archive, holding, restoring, resuming, writing
from states.records.chain import reading_out
from states.records.launch import Order
from states.records.session import Store, connect
from states.settings import Settings

START, SENDER = "2026-09-07", "duban@example.org"
TAKEN, DIED, BACK, END = (at(f"2026-09-{day}") for day in ("10 12:00", "17 12:00", "18 08:00", "25 18:00"))
PLAN = """
key: sample
version: 1
title: 示例专项行动
requirements:
  - {key: report, name: 自查报告, due: 2026年9月11日}
  - {key: weekly, name: 周报, every: 每周三}
ladder: main
ladders:
  main:
    rungs:
      - {at: -1wd, name: 提醒, to: [liaison]}
      - {at: +1wd, name: 催办, to: [liaison]}
      - {at: +3wd, name: 督促, to: [principal]}
      - {at: +4wd, name: 再督促, to: [principal, parent_principal]}
ends: 2026年9月30日
"""


def quiet(_done: float, _total: float) -> None:
    """Nobody looks."""


class Service:
    """A database, a folder, and a mailbox that outlives both."""

    def __init__(self, url: str, home: Path, mailbox: Path) -> None:
        self.mailbox = mailbox
        self.settings: Settings = settings_of.read(
            {"DUBAN_HOME": str(home), "DUBAN_DATABASE_URL": url, "DUBAN_SMTP_URL": f"maildir:{mailbox}"}
            | {"DUBAN_MAIL_FROM": SENDER}
        )
        self.store: Store = connect(url, home=home)

    def run(self, moments: list[datetime]) -> None:
        for now in moments:
            rounds.tick(self.settings, now)

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """When something is due, and who gets what then, if nobody does anything."""
        found = foretell.foretell(self.store, since, until, rounds.mail_hours(self.settings))
        self.foretold = {message_id(one.key, SENDER): one for one in found}
        return sorted({one.at for one in found})

    def arrived(self) -> Counter[str]:
        texts = (one.read_text(errors="replace") for one in self.mailbox.rglob("*") if one.is_file())
        return Counter(f"<{name}>" for text in texts for name in sent.OURS.findall(text.split("\n\n")[0]))

    def close(self) -> None:
        self.store.close()
        rounds.store_of.cache_clear()


def launched(service: Service) -> None:
    schema.upgrade(service.store)
    with service.store.write() as session:
        sample.build(session, 8, at(f"{START} 08:00"))
    with service.store.write() as session:
        launch.launch(session, Order(PLAN, date.fromisoformat(START), {}), at(f"{START} 08:30"), "test")


def lost(database_url: str, second_url: str, tmp_path: Path) -> tuple[Service, set[str], str]:
    """Backed up, three more days of mails, and gone; one of those mails never reached the server. What goes on is the
    restored service, which holds; what must have gone out in the end; and the mail that did not.
    """
    first = Service(database_url, tmp_path / "first", tmp_path / "mail")
    launched(first)
    first.run(first.moments(at(f"{START} 08:30"), TAKEN))
    path = tmp_path / "a.backup"
    writing.take(first.store, first.settings, path, TAKEN, "test", "0.1", with_keys=True, told=quiet)
    early = set(first.arrived())
    first.run(first.moments(TAKEN, DIED))
    first.moments(DIED, END)
    whole = set(first.arrived()) | set(first.foretold)
    never = min(set(first.arrived()) - early)
    for one in first.mailbox.rglob("*"):
        if one.is_file() and never in one.read_text(errors="replace"):
            one.unlink()
    for log in sent.kept(first.settings.home):
        log.write_text("".join(f"postfix/cleanup: message-id={line}" for line in _but(log, never)))
    first.close()
    second = Service(second_url, tmp_path / "second", tmp_path / "mail")
    with archive.opened(path) as reader:
        plan = restoring.plan(second.store, second.settings, reader, quiet, without_keys=False)
        restoring.restore(second.store, second.settings, reader, plan, BACK, "test", quiet)
    return second, whole, never


def _but(log: Path, never: str) -> list[str]:
    return [line.split(" ")[1] for line in log.read_text().splitlines(keepends=True) if never not in line]


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'first.db'}", f"sqlite:///{tmp_path / 'second.db'}"
        return
    databases = request.getfixturevalue("databases")
    with databases.one() as first, databases.one() as second:
        yield first, second


def test_what_went_out_after_the_backup_goes_out_no_second_time(urls, tmp_path: Path) -> None:
    service, whole, never = lost(*urls, tmp_path)
    before = service.arrived()
    service.run([BACK])
    assert service.arrived() == before, "the rounds hold"
    assert any("duban resume" in one for one in health.look(service.store, BACK).troubles)
    known = sent.read(sent.kept(tmp_path / "first"))
    assert known == set(before)

    def went(key: str) -> str | None:
        found = message_id(key, SENDER)
        return found if found in known else None

    hours = rounds.mail_hours(service.settings)
    with pytest.raises(Refused, match="应在备份"):
        resuming.resume(service.store, BACK, "test", "log", hours, END, went)
    done = resuming.resume(service.store, BACK, "test", "log", hours, DIED, went)
    assert done.waiting == 1
    goes_on(service, whole)
    assert never in service.arrived(), "nothing lost"
    service.close()


def test_without_any_log_all_counts_as_sent_and_nothing_goes_out_twice(tmp_path: Path) -> None:
    first, second = (f"sqlite:///{tmp_path / name}.db" for name in ("first", "second"))
    service, whole, never = lost(first, second, tmp_path)
    said = resume_by_command(service, "--until", DIED.isoformat(), "--all-sent")
    assert "待发 0 封" in said
    goes_on(service, whole - {never})
    service.close()


def resume_by_command(service: Service, *words: str) -> str:
    """`duban resume` with these words, on the day of the return."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUBAN_HOME", str(service.settings.home))
        patch.setenv("DUBAN_DATABASE_URL", service.settings.database_url)
        patch.setenv("DUBAN_SMTP_URL", f"maildir:{service.mailbox}")
        patch.setenv("DUBAN_MAIL_FROM", SENDER)
        patch.setattr(clock, "now", lambda: BACK)
        return duban("resume", *words).stdout


def goes_on(service: Service, wanted: set[str]) -> None:
    """To the end: exactly these mails, each once, and a journal that fits."""
    service.run([at("2026-09-18 09:00"), *service.moments(at("2026-09-18 09:00"), END)])
    arrived = service.arrived()
    assert set(arrived.values()) == {1}, "nothing twice"
    assert set(arrived) == wanted
    assert check(reading_out.lines(service.store, END)).broken is None
    with service.store.read() as session:
        assert holding.held(session) is None
