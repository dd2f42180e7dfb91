"""A whole tick against a real mailbox: what fails holds nothing else up, and a mail keeps its identity."""

from __future__ import annotations

import mailbox
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from flows import rounds as doors
from states import settings as settings_of
from states.letters import message_id
from states.records import core, once
from states.records.dispatch import Mail
from states.records.tables import Health, Idempotency
from states.settings import Settings

NOW = "2026-03-05 09:00"


@pytest.fixture
def house(shaped_url, tmp_path) -> Settings:
    return settings_of.read(
        {
            "DUBAN_HOME": str(tmp_path),
            "DUBAN_DATABASE_URL": shaped_url,
            "DUBAN_SMTP_URL": f"maildir:{tmp_path / 'mail'}",
            "DUBAN_MAIL_FROM": "duban@example.org",
        }
    )


def box(house: Settings) -> list[mailbox.MaildirMessage]:
    folder = Path(house.home) / "mail"
    return list(mailbox.Maildir(folder, create=False)) if folder.exists() else []


def test_a_tick_runs_every_round_and_reports_each(stage, house) -> None:
    stage.launch(stage.template(stage.one_report, stage.ladders))
    reports = doors.tick(house, stage.at(NOW))
    assert [one.job for one in reports] == list(doors.JOBS)
    assert {one.job: one.done for one in reports}["remind"] == 6
    assert len(box(house)) == 7
    assert {one.name for one in stage.rows(Health)} == {f"round:{job}" for job in doors.JOBS}


def test_the_watchdog_forgets_answers_after_thirty_days(stage, house) -> None:
    for key, day in (("old", "2026-02-03 08:59"), ("young", "2026-02-03 09:00")):
        with stage.store.write() as session:
            once.begin(session, 1, key, "digest", stage.at(day))
    doors.run("watchdog", house, stage.at(NOW))
    assert [one.key for one in stage.rows(Idempotency)] == ["young"]


def test_a_broken_campaign_stops_neither_the_rungs_nor_the_mails_of_another(stage, house) -> None:
    broken, _sound = (stage.launch(stage.template(stage.one_report, stage.ladders)) for _ in range(2))
    stage.spoil(broken)
    with pytest.raises(ExceptionGroup):
        doors.tick(house, stage.at(NOW))
    assert box(house) == [], "digests wait an hour for the rung that is still owed"
    with pytest.raises(ExceptionGroup):
        doors.tick(house, stage.at(NOW) + timedelta(minutes=61))
    assert len(box(house)) == 7
    assert {one.state for one in stage.rows(Mail)} == {"sent"}


def test_a_mail_bears_the_mark_of_its_key_and_the_time_of_its_round(stage, house) -> None:
    stage.launch(stage.template(stage.one_report, stage.ladders))
    doors.tick(house, stage.at(NOW))
    rows = {one.message_id: one for one in stage.rows(Mail)}
    assert set(rows) == {str(one["Message-ID"]) for one in box(house)}
    assert {key: message_id(one.key, "duban@example.org") for key, one in rows.items()} == {
        key: key for key in rows
    }
    assert {parsedate_to_datetime(str(one["Date"])) for one in box(house)} == {stage.at(NOW)}


def test_a_mail_that_was_taken_and_not_marked_is_repeated_as_the_same_mail(stage, house) -> None:
    stage.launch(stage.template(stage.one_report, stage.ladders))
    doors.tick(house, stage.at(NOW))
    stage.put(
        core.mail, core.mail.c.state == "sent", state="queued", next_try_at=stage.at(NOW), claimed_by="killed"
    )
    doors.tick(house, stage.at(NOW) + timedelta(minutes=11))
    marks = [str(one["Message-ID"]) for one in box(house)]
    assert (len(marks), len(set(marks))) in ((14, 7), (7, 7))
    assert {one.state for one in stage.rows(Mail)} == {"sent"}
