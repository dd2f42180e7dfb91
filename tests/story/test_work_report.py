"""The work report of a living campaign: its figures are those of every other page, add up, and stay as of their day."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from docx import Document
from openpyxl import load_workbook

from states.documents.reportpaper import work_report
from states.documents.reportsheets import ranking
from states.documents.reportwords import blocks, percent
from states.errors import Faulty
from states.progress import Count, Reporting, reporting
from states.reading import shipped
from states.records import (
    clues,
    confirming,
    figures,
    launch,
    ledger_moving,
    ledger_rates,
    reporting_rates,
    reports,
    sample,
    schema,
    weeks,
)
from states.records.access import EVERYTHING
from states.records.actors import Actors
from states.records.campaigns import running
from states.records.clues import Said, Tip
from states.records.core import proposal, run, unit
from states.records.foretell import run_through
from states.records.launch import Order
from states.records.ledger_adding import Found, add
from states.records.outbox import MailHours
from states.records.sealing import Seal
from states.records.session import Store, memory
from states.records.working_out import worked
from states.worked import Coming, Figures, Named, Region, Worked, added

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = MailHours(ZONE, time(9), time(17, 30))
LAUNCH = datetime(2026, 3, 2, 9, tzinfo=ZONE).astimezone(UTC)
DAY = date(2026, 5, 8)
AT = datetime(2026, 5, 8, 23, 59, 59, 999_999, tzinfo=ZONE).astimezone(UTC)
LATER = datetime(2026, 6, 5, 18, tzinfo=ZONE).astimezone(UTC)
BOX = Seal(["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Two dozen units nine weeks into the standard campaign; problems and clues among them; then four weeks more."""
    made = memory()
    schema.create(made)
    with made.write() as session:
        sample.build(session, 24, LAUNCH)
        launch.launch(session, Order(shipped()["standard-four-phase"], date(2026, 3, 2), {}), LAUNCH, "test")
    act = Actors(made, 1).act
    run_through(made, LAUNCH, LAUNCH + timedelta(days=20), HOURS, act)
    _find(made, LAUNCH + timedelta(days=20, hours=1))
    run_through(made, LAUNCH + timedelta(days=20, hours=2), AT, HOURS, act)
    yield made
    made.close()


def _find(store: Store, now: datetime) -> None:
    codes = sorted(_codes(store))[:3]
    with store.write() as session:
        campaign = running(session, 1)
        found = [
            Found(code, "收费管理", "收费不公示", ("公示",), who, due="2026年6月20日", found_by="inspection")
            for code, who in zip(codes, ((), (), ("规财处",)), strict=True)
        ]
        numbers = add(session, campaign, found, now, "test")
        for name in ("claim", "close"):
            ledger_moving.move(session, campaign, numbers[0], name, now, "test")
        for grade, about in (("major", codes[0]), ("conduct", codes[1])):
            tip = Tip("web", grade, "收费不公示", about, date(2026, 3, 20))
            clues.register(session, campaign, EVERYTHING, tip, now, BOX, "test")


def _codes(store: Store) -> list[str]:
    with store.read() as session:
        wanted = sa.select(unit.c.code).join(run, run.c.unit_id == unit.c.id).where(unit.c.kind == "hospital")
        return list(session.execute(wanted).scalars())


def look(store: Store, at: datetime) -> Worked:
    with store.read() as session:
        return worked(session, running(session, 1), at)


def test_the_figures_are_those_of_every_other_page(store: Store) -> None:
    found = look(store, AT)
    with store.read() as session:
        campaign = running(session, 1)
        tally = figures.tally(session, campaign, AT)
        rates = reporting_rates.rates(session, campaign, AT)
        ledger = ledger_rates.count(session, campaign, AT)
    whole = found.whole
    assert (whole.units, whole.closed) == (tally.units, dict(tally.by_state).get("closed", 0))
    assert [one.number for one in found.states] == [number for _state, number in tally.by_state]
    told = tally.reporting
    assert whole.handed == told
    assert (whole.handed.rate, whole.closing) == (told.rate, ledger["whole"]["rate"])
    assert {one.code: one.figures.handed.due for one in found.regions if one.figures.handed.due} == {
        one.code: one.reporting.due for one in rates.regions if one.reporting.due
    }
    assert {one.code: one.figures.items for one in found.regions if one.figures.items} == {
        one["code"]: one["items"] for one in ledger["regions"]
    }
    assert [(one.name, one.number) for one in found.behind[:10]] == list(tally.worst)
    assert told.missing
    assert told.late
    assert found.mails
    assert all(one.figures != Figures() for one in found.regions), (
        "the section that owes nothing yet is no line"
    )
    assert (whole.items, whole.items_closed, whole.items_overdue) == (3, 1, ledger["whole"]["overdue"])
    assert [(one.name, one.number) for one in found.clues] == [("重大", 1), ("行风", 1)]


def test_what_is_known_of_a_day_is_the_same_four_weeks_later(store: Store) -> None:
    """Moves, reports, closings, clues and mails after the day do not change what is said of it."""
    before, codes = look(store, AT), _codes(store)
    with store.write() as session:
        campaign = running(session, 1)
        now = AT + timedelta(days=1, hours=12)
        ledger_moving.move(session, campaign, 1, "reopen", now, "test", reason="回头看")
        for name in ("claim", "close"):
            ledger_moving.move(session, campaign, 2, name, now, "test")
        clues.move(session, campaign, EVERYTHING, 1, "decline", now, BOX, Said("不属实"), "test")
        tip = Tip("web", "major", "收费不公示", codes[0], date(2026, 5, 9))
        clues.register(session, campaign, EVERYTHING, tip, now, BOX, "test")
    run_through(store, AT + timedelta(days=2), LATER, HOURS, Actors(store, 1).act)
    assert look(store, AT) == before
    assert look(store, LATER) != before


def test_the_text_the_table_and_the_charts(store: Store) -> None:
    found = look(store, AT)
    document = Document(io.BytesIO(work_report(found)))
    texts = [one.text for one in document.paragraphs]
    heads = [one for one in texts if one[:2] in ("一、", "二、", "三、")]
    assert heads == ["一、工作开展情况", "二、存在的问题", "三、下一步打算"]
    whole = "\n".join(texts)
    assert f"未报{found.whole.handed.missing}件次" in whole
    assert found.behind[0].name in whole
    assert "“收费管理”在3家单位出现3项" in whole
    assert "收到问题线索2条，均逐一编号登记，其中重大1条，行风1条；已办结0条。主动缴款____元。" in whole
    assert "召开动员部署会议____次" in whole
    assert len(document.inline_shapes) == 2
    (table,) = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    numbers = [column for column, name in enumerate(rows[0]) if column and not name.endswith("率")]
    for column in numbers:
        assert sum(int(row[column]) for row in rows[1:-1]) == int(rows[-1][column]), rows[0][column]


class Undone(Exception):
    """Nothing of the transaction stays."""


def test_letters_are_counted_once_the_mail_server_has_them(store: Store) -> None:
    with suppress(Undone), store.write() as session:
        campaign = running(session, 1)
        key = session.execute(
            sa.select(proposal.c.id).where(proposal.c.state == "proposed").limit(1)
        ).scalar_one()
        made = confirming.confirm(session, campaign, key, "王示例", "三次催办没有回音", AT, "test")
        assert worked(session, campaign, AT).letters == ()
        made.handed_at = AT - timedelta(hours=1)
        session.flush()
        found = worked(session, campaign, AT)
        assert found.letters == (Named(made.name, 1),)
        said = "".join(one.text for one in Document(io.BytesIO(work_report(found))).paragraphs)
        assert f"发出文书《{made.name}》1份" in said
        assert worked(session, campaign, AT - timedelta(hours=2)).letters == ()
        raise Undone


def test_where_nothing_came_in_at_all_is_named_first_and_where_nothing_was_due_is_not() -> None:
    parts = (
        Region("A", "甲", Figures(units=2, handed=Reporting(due=3, on_time=3))),
        Region("B", "乙", Figures(units=2, handed=Reporting(due=2, missing=2))),
        Region("C", "丙", Figures(units=1)),
    )
    found = Worked("示例", "示例局", DAY, DAY, "自查自纠", (), (), parts)
    said = "".join(one.text for one in Document(io.BytesIO(work_report(found))).paragraphs)
    assert "报送情况不平衡。乙（0.0%）报送率低于平均水平（60.0%）" in said


def test_as_of_a_day_is_the_same_bytes_for_ever(store: Store) -> None:
    with store.write() as session:
        campaign = running(session, 1)
        first = reports.as_of(session, campaign, "work", "2026-04-10", LATER, "test")
        again = reports.as_of(session, campaign, "work", "2026-04-10", LATER + timedelta(days=9), "other")
        campaign.row.title = "另一个名称"
        renamed = reports.as_of(session, campaign, "work", "2026-04-10", LATER, "test")
        campaign.row.title = "示例专项整治"
        assert first.content == again.content == renamed.content
        assert first.sha256 == again.sha256
        for words, says in (("2026-06-05", "一小时以前"), ("2026-01-01", "才启动"), ("昨天", "不是日期")):
            with pytest.raises(Faulty, match=says):
                reports.as_of(session, campaign, "work", words, LATER, "test")
        with pytest.raises(Faulty, match="work 工作汇报、ranking 情况通报、weekly 周调度表"):
            reports.live(session, campaign, "yearly", LATER)


def test_the_same_facts_give_the_same_bytes(store: Store) -> None:
    found = look(store, AT)
    made = work_report(found)
    assert made == work_report(found)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        styles = archive.read("word/styles.xml").decode()
    assert 'w:eastAsia="zh-CN"' in styles


def test_the_ranking_and_the_week(store: Store) -> None:
    with store.read() as session:
        campaign = running(session, 1)
        ranked = load_workbook(io.BytesIO(reports.live(session, campaign, "ranking", AT).content)).worksheets[
            0
        ]
        week = reports.live(session, campaign, "weekly", AT)
        monday = datetime(2026, 5, 4, tzinfo=ZONE)
        lines = weeks.lines(session, campaign, monday, AT)
    missing = look(store, AT).whole.handed.missing
    rows = [row for row in ranked.iter_rows(min_row=4, values_only=True) if row[1]]
    assert rows[-1][1] == "合计"
    rates = [row[8] for row in rows[:-1] if row[8] is not None]
    assert rates == sorted(rates, reverse=True)
    assert sum(one.missing for one in lines) == missing
    assert [one.missing for one in lines] == sorted((one.missing for one in lines), reverse=True)
    sheet = load_workbook(io.BytesIO(week.content)).worksheets[0]
    assert "2026年第19周（2026年5月4日至2026年5月10日）" in str(sheet["A2"].value)
    assert any(one.told for one in lines)


def test_a_late_nil_is_late_and_nil_and_counted_once() -> None:
    """Every line adds up sideways too: what was due is what came on time, late, as nil, or not at all."""
    counts = [
        Count("nil", due=True, late=True, number=2),
        Count("nil", due=True, late=False, number=1),
        Count("accepted", due=True, late=True, number=4),
        Count("accepted", due=True, late=False, number=8),
        Count("open", due=True, late=False, number=16),
    ]
    part = Region("A", "甲", Figures(units=2, handed=reporting(counts)))
    found = Worked("示例", "示例局", DAY, DAY, "自查自纠", (), (), (part,))
    document = Document(io.BytesIO(work_report(found)))
    head, *lines = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    parts = [head.index(name) for name in ("按时", "迟报", "零报告", "未报")]
    for line in lines:
        assert [int(line[at]) for at in parts] == [8, 4, 3, 16]
        assert int(line[head.index("应报")]) == 31
        assert line[head.index("报送率")] == "48.4%"
    said = "".join(one.text for one in document.paragraphs)
    assert "应报事项31件次，按时报送8件次，迟报4件次，零报告3件次（其中逾期2件次），未报16件次" in said
    sheet = load_workbook(io.BytesIO(ranking(found))).worksheets[0]
    assert [cell.value for cell in sheet[4]][3:9] == [31, 8, 4, 3, 16, 48.4]


def test_what_falls_due_on_one_day_is_told_once_and_periods_in_words(store: Store) -> None:
    days = (date(2026, 6, 5), date(2026, 6, 5), date(2026, 6, 8))
    coming = tuple(Coming(name, day, day.day > 5, 1) for name, day in zip("甲乙丙", days, strict=True))
    found = Worked("示例", "示例局", DAY, DAY, "自查自纠", (), (), (), coming=coming)
    said = "".join(one.text for one in blocks(found))
    assert "抓好即将到期的工作：2026年6月5日前甲、乙；2026年6月8日（暂定）前丙。" in said
    named = [one.name for one in look(store, AT).coming]
    assert any("（2026年第" in one for one in named)
    assert not any("2026-" in one for one in named)


def test_equals_share_a_place_and_blanks_stay_blank() -> None:
    parts = [
        Region("A", "甲", Figures(units=2, handed=Reporting(due=2, on_time=2))),
        Region("B", "乙", Figures(units=2, handed=Reporting(due=2, on_time=1, missing=1))),
        Region("C", "丙", Figures(units=2, handed=Reporting(due=4, on_time=4))),
        Region("D", "丁", Figures(units=1)),
    ]
    found = Worked("示例", "示例局", DAY, DAY, "自查自纠", (), (), tuple(parts))
    assert [(place, one.name) for place, one in found.places] == [
        (1, "丙"),
        (1, "甲"),
        (3, "乙"),
        (None, "丁"),
    ]
    assert added(one.figures for one in parts).handed.due == 8
    assert Figures().handed.rate is None
    assert "____" in "".join(one.text for one in Document(io.BytesIO(work_report(found))).paragraphs)


def test_libreoffice_shows_it_without_a_box(store: Store, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not on this machine")
    (tmp_path / "report.docx").write_bytes(work_report(look(store, AT)))
    command = [
        office,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "report.docx")], check=True, timeout=120
    )
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext is not on this machine")
    said = subprocess.run(
        [reader, "-layout", str(tmp_path / "report.pdf"), "-"], check=True, capture_output=True
    )
    text = "".join(said.stdout.decode().split())
    for block in blocks(look(store, AT)):
        assert "".join(block.text.split()) in text, "every sentence is on the paper, with its punctuation"
    rate = percent(look(store, AT).whole.handed.rate)
    assert text.count(rate) == 3, (
        "in the sentence, and unbroken in the narrow cells of a region and of the total"
    )
    assert not set("□\ufffd") & set(text)
