"""Who is counted: the units a campaign was started for, on every sheet and screen the same."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from states.records import board, drafting, figures, lately, launch, reading_campaigns, reading_units
from states.records.access import Scope
from states.records.behind import behind_sheet
from states.records.reading_units import Wanted
from states.records.tables import Vacancy

NOW = "2026-03-25 10:00"
EVERYTHING = Scope(1, "all", False, None, None)
PHASES = """
phases:
  - {key: check, name: 自查自纠, window: 为期2周, announce: [liaison]}
  - {key: mend, name: 集中整治, opens: after_previous, window: 为期4周}
requirements:
  - {key: report, name: 自查报告, phase: check, due: 启动后10日内}
  - {key: duty, name: 处室自查, phase: check, due: 启动后10日内, scope: {departments: [监督处]}}
ledger:
  columns: [项目, 问题, 措施, 部门, 期限]
  rows:
    - {no: 1, project: 甲, problem: 问题一, measures: [措施], departments: [监督处], due: 3月20日前}
    - {no: 2, project: 乙, problem: 问题二, measures: [措施], departments: [没有的处], due: 3月20日前}
"""


@pytest.fixture
def campaign(stage) -> int:
    """Six units take part; a department and, for one that does not exist, the owner are in it for the ledger."""
    key = stage.launch(stage.template(PHASES, stage.ladders))
    stage.cycle("2026-03-02 09:00", "2026-03-16 00:00", NOW)
    assert set(stage.states(key)) == {*stage.participants, "R", "R-D2"}
    return key


def test_every_count_of_units_is_of_those_that_take_part(stage, campaign) -> None:
    now = stage.at(NOW)
    with stage.store.read() as session:
        one = stage.campaign(session, campaign)
        tally = figures.tally(session, one, now)
        told = reading_campaigns.summary(session, EVERYTHING, campaign, now)
        mailed = drafting.campaign_figures(session, one, now)
        (listed,) = board.listed(session)
        text = stage.template(PHASES, stage.ladders)
        drafted = launch.draft(session, stage.order(text, past="keep"), now)
    (launched,) = stage.journal("campaign.launched")
    assert {
        "figures": tally.units,
        "summary": told["units"],
        "mail": mailed.units,
        "list": listed.units,
        "dry run": drafted.participants,
        "journal": launched.payload["units"],
    } == dict.fromkeys(("figures", "summary", "mail", "list", "dry run", "journal"), 6)
    labels = {one["name"] + ("（待审核）" if one["stage"] else ""): one["units"] for one in told["states"]}
    assert dict(mailed.by_state) == labels
    assert sum(labels.values()) == 6


def test_a_department_left_in_a_phase_is_not_counted_among_the_units_behind(stage, campaign) -> None:
    now = stage.at(NOW)
    assert {stage.states(campaign)[code] for code in ("R1", "R-D2")} == {"check"}
    with stage.store.read() as session:
        one = stage.campaign(session, campaign)
        tally = figures.tally(session, one, now)
        told = reading_campaigns.summary(session, EVERYTHING, campaign, now)
        mailed = drafting.campaign_figures(session, one, now)
        lagging = board.lagging(session, one, now)
        lines = reading_units.page(session, EVERYTHING, campaign, Wanted(), now, 0, 50)["items"]
        filtered = reading_units.page(session, EVERYTHING, campaign, Wanted(behind=True), now, 0, 50)["items"]
    assert tally.behind == told["behind"] == mailed.behind == 6
    assert {row.code for row in lagging if row.behind} == set(stage.participants)
    assert {line["unit"]["code"] for line in lines if line["behind"]} == set(stage.participants)
    assert {line["unit"]["code"] for line in filtered} == set(stage.participants)
    assert {line["unit"]["code"] for line in lines if not line["participating"]} == {"R", "R-D2"}


def test_what_departments_owe_counts_with_what_everybody_owes(stage, campaign) -> None:
    now = stage.at(NOW)
    with stage.store.read() as session:
        one = stage.campaign(session, campaign)
        tally = figures.tally(session, one, now)
        told = reading_campaigns.summary(session, EVERYTHING, campaign, now)
        mailed = drafting.campaign_figures(session, one, now)
        lagging = board.lagging(session, one, now)
        sheet = behind_sheet(session, one, now)
    rows = list(openpyxl.load_workbook(BytesIO(sheet.content)).active.iter_rows(min_row=2, values_only=True))
    assert tally.overdue == told["overdue"] == mailed.overdue == len(rows) == 9
    assert sum(row.overdue for row in lagging) == 9
    assert {row[0] for row in rows} == {*stage.participants, "R", "R-D2"}
    assert told["open"] + told["submitted"] + told["settled"] == 9


def test_a_subtree_counts_its_own_participants(stage, campaign) -> None:
    with stage.store.read() as session:
        one = stage.campaign(session, campaign)
        whole, part = (
            figures.tally(session, one, stage.at(NOW), path=path)
            for path in (f"/{stage.ids['R']}/", f"/{stage.ids['R']}/{stage.ids['R1']}/")
        )
    assert (whole.units, part.units) == (6, 3)


def test_the_roles_that_are_listed_as_vacant_are_those_that_are_counted(stage, campaign) -> None:
    for code in ("R", "R-D2", "R1-D1"):
        stage.vacate(code, "liaison")
    with stage.store.write() as session:
        for code in ("R", "R-D2", "R1-D1"):
            session.add(Vacancy(unit_id=stage.ids[code], role="liaison", reason="", since=stage.at(NOW)))
    with stage.store.read() as session:
        one = stage.campaign(session, campaign)
        listed = lately.vacancies(session, one, 50)
        assert figures.tally(session, one, stage.at(NOW)).vacancies == len(listed) == 2
    assert {name for name, _role, _since in listed} == {"示例市卫生健康委员会", "监督处"}
