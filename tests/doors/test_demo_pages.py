"""The pages over HTTP: what they show, to whom, with which headers; the mailbox of the demonstration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api.app import create_app
from api.pages import mailbox, timeline
from flows.mailer.maildir import Maildir
from states import settings
from states.errors import NotFound
from states.letters import Attachment, Letter
from states.reading import shipped
from states.records import board, grants, health, launch, sample, schema, sittings
from states.records.account_tables import Account
from states.records.actors import Actors
from states.records.asker import EVERYTHING
from states.records.foretell import run_through
from states.records.grants import Grant
from states.records.outbox import MailHours
from states.records.roles import Role
from states.records.scopes import Selection
from states.records.session import Store, connect
from states.settings import Settings

MONDAY = date(2026, 3, 2)
BEGAN = datetime(2026, 3, 1, 16, tzinfo=UTC)
LATER = BEGAN + timedelta(days=16, hours=3)
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("pages")
    return settings.read({"DUBAN_HOME": str(home)}, home)


@pytest.fixture(scope="module")
def store(found: Settings) -> Iterator[Store]:
    """Two campaigns of an invented province, the first lived through for sixteen days."""
    made = connect(found.database_url)
    schema.upgrade(made)
    with made.write() as session:
        sample.build(session, 24, BEGAN)
        text = shipped()["standard-four-phase"]
        first = launch.launch(session, launch.Order(text, MONDAY, {}, title=f"示例行动{EVIL}"), BEGAN, "test")
        few = launch.Order(
            text, MONDAY + timedelta(days=60), {}, Selection(kinds=("clinic",)), title="第二个行动"
        )
        launch.launch(session, few, BEGAN, "test")
    hours = MailHours(found.zone, found.mail_opens, found.mail_closes)
    run_through(made, BEGAN, LATER, hours, Actors(made, first).act)
    yield made
    made.close()


@pytest.fixture
def here(found: Settings, store: Store) -> Iterator[TestClient]:
    """A browser whose user coordinates everything."""
    with TestClient(create_app(found), base_url="http://127.0.0.1:8000") as client:
        client.cookies.set("duban", coordinator(store))
        yield client


@pytest.fixture
def demo(here: TestClient, store: Store) -> Iterator[TestClient]:
    """The same database as a demonstration at LATER."""
    health.beat(store, board.DEMO_CLOCK, True, LATER.isoformat(), LATER)
    yield here
    with store.write() as session:
        row = session.get(health.Health, board.DEMO_CLOCK)
        session.delete(row)


def coordinator(store: Store) -> str:
    """The token of a session of one who runs everything."""
    now = datetime.now(UTC)  # noqa: TID251
    with store.write() as session:
        row = session.exec(select(Account).where(Account.login == "coordinator")).first()
        if row is None:
            row = Account(login="coordinator", name="王示例", must_change=False, created_at=now)
            session.add(row)
            session.flush()
            grants.give(session, EVERYTHING, row, Grant(Role.coordinator), now, "test")
        return sittings.open_(session, row, now, "test", "")


# -- the board -------------------------------------------------------------------------------------


def test_the_board_shows_the_figures_of_the_tally(demo: TestClient, store: Store) -> None:
    from states.records import figures
    from states.records.campaigns import running

    html = demo.get("/campaigns/1").text
    with store.read() as session:
        tally = figures.tally(session, running(session, 1), LATER)
    assert tally.behind
    assert tally.overdue
    shown = dict(re.findall(r"<li class=\"\w*\"><span>(.*?)</span><strong>(?:<a[^>]*>)?([^<]*)<", html))
    assert shown["落后单位"] == str(tally.behind)
    assert shown["逾期事项"] == str(tally.overdue)
    assert shown["报送率"] == f"{tally.reporting.rate:.1%}"
    assert shown["待确认"] == str(tally.proposals)
    assert shown["空缺"] == str(tally.vacancies)
    counted = re.findall(r'</svg>(\S+?)<a href="[^"]+"><b>(\d+)</b></a></li>', html)
    assert sum(int(number) for _, number in counted) == tally.units
    assert tally.worst[0][0] in html
    assert (f"另有更早的 {tally.proposals - 8} 项" in html) == (tally.proposals > 8)
    assert "只列逾期最多的 12 个" not in html
    assert "2026年3月18日 星期三" in html


def test_a_demonstration_that_has_come_to_its_end_says_why_its_clock_stands(
    demo: TestClient, store: Store
) -> None:
    assert "已走完" not in demo.get("/campaigns/1").text
    health.beat(store, board.DEMO_CLOCK, True, LATER.isoformat(), LATER, {board.OVER: 1.0})
    assert "演示时钟，已走完" in demo.get("/campaigns/1").text


def test_another_campaign_can_be_chosen_and_an_unknown_one_is_a_page_too(here: TestClient) -> None:
    assert "第二个行动" in re.findall(r"<h1>(.*?)</h1>", here.get("/campaigns/2").text)[0]
    for path in ("/campaigns/99", "/campaigns/x"):
        answer = here.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


def test_what_people_write_is_never_markup(demo: TestClient) -> None:
    for path in ("/", "/campaigns", "/campaigns/1", f"/dev/mail?to={EVIL}"):
        html = demo.get(path).text
        assert EVIL not in html
    assert "&lt;script&gt;" in demo.get("/campaigns/1").text


# -- the mailbox of the demonstration --------------------------------------------------------------------


@pytest.fixture
def letters(found: Settings) -> list[str]:
    """Names of two mails in the mailbox, the first with an attachment and markup of its own."""
    post = Maildir(Path(found.smtp_url.removeprefix("maildir:")), found.mail_from)
    for number in (1, 2):
        letter = Letter(
            to=f"liaison{number}@example.org",
            name="王示例",
            subject=f"督办提醒 {number} {EVIL}",
            text="正文",
            html=f'<p style="color:red">正文{EVIL}</p>',
            message_id=f"<{number}@example.org>",
            date=LATER,
            attachments=(Attachment("逾期 名单.xlsx", b"PK\x03\x04", "application/zip"),)
            if number == 1
            else (),
        )
        assert post.send(letter).kind.value == "sent"
    folder = post.folder / "new"
    return sorted(
        (one.name for one in folder.iterdir()), key=lambda name: "liaison2" in (folder / name).read_text()
    )


def test_only_a_demonstration_shows_mails(here: TestClient, letters: list[str]) -> None:
    for path in ("/dev/mail", f"/dev/mail/{letters[0]}", f"/dev/mail/{letters[0]}/0"):
        assert here.get(path).status_code == 404


def test_mails_are_listed_filtered_and_opened(demo: TestClient, letters: list[str]) -> None:
    listed = demo.get("/dev/mail").text
    assert "共 2 封" in listed
    assert all(name in listed for name in letters)
    few = demo.get("/dev/mail?to=LIAISON2").text
    assert letters[1] in few
    assert letters[0] not in few
    html = demo.get(f"/dev/mail/{letters[0]}").text
    assert "&lt;1@example.org&gt;" in html
    assert "auto-generated" in html


def test_a_mail_is_shown_in_a_frame_that_may_only_be_clicked_away_from(
    demo: TestClient, letters: list[str]
) -> None:
    answer = demo.get(f"/dev/mail/{letters[0]}")
    (frame,) = re.findall(r"<iframe[^>]*>", answer.text)
    assert re.findall(r'\ssandbox="(.*?)"', frame) == ["allow-top-navigation-by-user-activation"]
    assert frame.split("srcdoc")[0].count("allow") == 1
    assert "<script>" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_an_attachment_is_saved_and_never_shown(demo: TestClient, letters: list[str]) -> None:
    answer = demo.get(f"/dev/mail/{letters[0]}/0")
    assert answer.content == b"PK\x03\x04"
    assert answer.headers["content-type"] == "application/octet-stream"
    named = answer.headers["content-disposition"]
    assert named.startswith("attachment; filename=")
    assert "; filename*=UTF-8''%E9%80%BE" in named
    for number in ("1", "-1", "x"):
        assert demo.get(f"/dev/mail/{letters[0]}/{number}").status_code == 404


@pytest.mark.parametrize("name", ["..%2Fduban.db", "%2e%2e", "*", "a" * 40, "0" * 40 + ".duban", "x" * 5000])
def test_no_other_file_can_be_reached(demo: TestClient, letters: list[str], name: str) -> None:
    assert demo.get(f"/dev/mail/{name}").status_code == 404


def test_a_name_is_matched_whole_before_the_folder_is_touched(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "secret").write_text("x")
    for name in ("../secret", "*", "secret", "../" + "0" * 40 + ".duban", "0" * 40 + ".duban/../../secret"):
        with pytest.raises(NotFound):
            mailbox.opened(tmp_path, name)


# -- the drawing ----------------------------------------------------------------------------------------


def test_the_timeline_puts_everything_in_its_order_and_inside_the_box(store: Store, found: Settings) -> None:
    from states.records.campaigns import running

    with store.read() as session:
        campaign = running(session, 1)
        nodes = board.nodes(session, campaign)
        drawn = timeline.draw(board.phases(session, campaign), nodes, campaign.calendar, found.zone, LATER)
    assert drawn is not None
    assert [bar.state for bar in drawn.phases] == ["past", "now", "ahead", "ahead"]
    assert [bar.x for bar in drawn.phases] == sorted(bar.x for bar in drawn.phases)
    assert sum(mark.number for mark in drawn.marks) == sum(one.number for one in nodes)
    assert drawn.today is not None
    for place in [bar.x for bar in drawn.phases] + [mark.x for mark in drawn.marks] + [drawn.today]:
        assert drawn.left <= place <= drawn.right
    assert {mark.state for mark in drawn.marks if mark.x < drawn.today} <= {"done", "late"}
    assert "late" in {mark.state for mark in drawn.marks}
    assert drawn.provisional == ()


def test_a_campaign_started_after_its_plan_began_keeps_the_windows_of_the_plan(
    store: Store, found: Settings
) -> None:
    from states.records.campaigns import running

    with store.read() as session:
        campaign = running(session, 1)
        rows = board.phases(session, campaign)
        planned = timeline.draw(rows, [], campaign.calendar, found.zone, LATER)
        for row in rows:
            row.opened_at = LATER + timedelta(days=200)
        late = timeline.draw(rows, [], campaign.calendar, found.zone, LATER)
        for row in rows:
            session.expunge(row)
    assert planned is not None
    assert late is not None
    assert [(bar.x, bar.width) for bar in late.phases] == [(bar.x, bar.width) for bar in planned.phases]
    assert min(bar.width for bar in late.phases) > 20


def test_nothing_dated_draws_nothing(found: Settings) -> None:
    from states.workdays import Workdays

    assert timeline.draw([], [], Workdays.of({}, []), found.zone, LATER) is None
