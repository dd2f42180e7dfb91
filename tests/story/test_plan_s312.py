"""The county's plan against outstanding issues: weekly progress in words, and a monthly form of its own figures.

Every date is filled in for this story: January to March 2027. Working days that matter: 1–3 January off (a Friday to a
Sunday); 2027 is not published yet, so Spring Festival is no holiday here and every date is provisional.
"""

from __future__ import annotations

from typing import Any

import pytest

from states.errors import Refused
from states.reading import load, shipped
from states.records import figures, filling, form_sums, reporting_rates
from states.records.campaigns import running

KEY = "county-outstanding-issues"
START, LAUNCH = "2027-01-04", "2027-01-04 08:00"
HELD = "liaison department_head deputy_leader principal"
UNITS = (
    ("R", "示例县卫生健康局", "authority", "县", None, "coordinator office group_leader principal"),
    ("M", "示例县医疗集团", "hospital", "", "R", HELD),
    ("H", "示例县人民医院", "hospital", "", "M", HELD),
    ("T", "示例县中医院", "tcm_hospital", "", "R", HELD),
    ("C", "示例县疾控中心", "cdc", "", "R", HELD),
)
BLANKS = """
begins 2027年1月4日
ends 2027年3月31日
mobilise.until 1月8日前
investigate.from 1月11日
investigate.until 1月31日
rectify.from 2027年2月
rectify.until 2027年2月
summarise.from 2027年3月
summarise.until 2027年3月
summary.due 3月25日前
dispatch-meeting.every 不定期
joint-consultation.every 不定期
"""
# H finds and says so; M reports late, then nothing at all; T has nothing to report and says that, once late; C is silent.
FOUND = {"found": 6, "self-found": 3, "reported": 2, "handed-down": 1, "letters": 0}
KINDS = {"deception": 1, "practice": 2, "insurance-fraud": 3, "order": 0}


@pytest.fixture
def launched(story: Any) -> Any:
    story.people(UNITS)
    fills = dict(line.split(" ", 1) for line in story.lines(BLANKS))
    return story.launch(story.order(KEY, START, fills), LAUNCH)


def fill(told: Any, unit: str, period: str, sent: dict[str, Any]) -> Any:
    def do(now: Any) -> Any:
        key = told.owed(unit, f"monthly-form {period}").id
        with told.store.write() as session:
            return filling.fill(session, running(session, told.campaign), key, sent, now, f"unit:{unit}")

    return do


def test_every_figure_of_the_monthly_form_stands_in_the_plan() -> None:
    plan = load(shipped()[KEY])
    weekly, monthly = (
        next(one for one in plan.requirements if one.key == key)
        for key in ("weekly-progress", "monthly-form")
    )
    assert weekly.form is None, "the plan asks for 进展情况 and says no more"
    assert monthly.form is not None
    assert all(one.source and one.source.text for one in monthly.form.fields)
    assert not any(one.required for one in monthly.form.fields)
    assert [len(one.parts) for one in monthly.form.splits] == [4, 4]
    assert (weekly.carried_by, monthly.carried_by) == ("扫黑除恶周报",) * 2


def test_weeks_and_months_are_reported_or_nil_or_missing_and_every_rate_says_the_same(launched: Any) -> None:
    act = launched.act
    acts = [
        ("2027-01-08 10:00", act("H", "weekly-progress 2027-W01", "submit")),
        ("2027-01-08 11:00", act("T", "weekly-progress 2027-W01", "nil")),
        ("2027-01-11 10:00", act("M", "weekly-progress 2027-W01", "submit")),
        ("2027-01-28 10:00", fill(launched, "H", "2027-01", {**FOUND, **KINDS, "punished": None})),
        ("2027-01-29 10:00", act("H", "monthly-form 2027-01", "submit")),
        ("2027-01-29 11:00", fill(launched, "M", "2027-01", {"found": 2, "put-right": 1})),
        ("2027-02-02 10:00", act("M", "monthly-form 2027-01", "submit")),
        ("2027-02-02 11:00", act("T", "monthly-form 2027-01", "nil")),
        ("2027-02-02 12:00", launched.look(lambda now: seen(launched, now))),
    ]
    launched.live("2027-02-03 09:00", acts)
    assert launched.seen["2027-02-02 12:00"] == {
        # due, on time, late, nil, of those late, missing
        "rates": {"2027-W01": (4, 1, 1, 1, 0, 1, 0.75), "2027-01": (4, 1, 2, 1, 1, 1, 0.75)},
        "units": (4, 2, 1, 1),
        "found": (8, 2, 0),
        "self-found": (3, 1, 1),
        "put-right": (1, 1, 1),
        "punished": (None, 0, 2),
        "letters": (0, 1, 1),
    }
    assert launched.late("T") == {"专项整治月报表（2027年1月）"}
    assert launched.late("M") == {"进展情况（2027年第1周）", "专项整治月报表（2027年1月）"}


def seen(told: Any, now: Any) -> Any:
    with told.store.read() as session:
        campaign = running(session, told.campaign)
        found = reporting_rates.rates(session, campaign, now)
        assert found.whole == figures.tally(session, campaign, now).reporting
        by = {
            one.milestone.period: one.reporting
            for one in found.periods
            if one.milestone.period in ("2027-W01", "2027-01")
        }
        (form,) = form_sums.sums(session, campaign, "monthly-form", "2027-01")
    sums = {one.field.key: (one.total, one.given, one.blank) for one in form.fields}
    return {
        "rates": {
            period: (one.due, one.on_time, one.late, one.nil, one.late_nil, one.missing, one.rate)
            for period, one in by.items()
        },
        "units": (form.units, form.handed_in, form.nil, form.absent),
        "found": sums["found"],
        "self-found": sums["self-found"],
        "put-right": sums["put-right"],
        "punished": sums["punished"],
        "letters": sums["letters"],
    }


def test_figures_that_do_not_add_up_are_refused_at_the_total(launched: Any) -> None:
    launched.live("2027-01-05 09:00")
    with pytest.raises(Exception, match="“本月摸排发现的突出问题”是 6，各分项相加是 7"):
        fill(launched, "H", "2027-01", {**FOUND, "letters": 1})(launched.at("2027-01-05 10:00"))


def test_who_reports_nothing_hears_of_it_by_the_ladder_and_a_nil_report_ends_it(launched: Any) -> None:
    acts = [("2027-01-08 11:00", launched.act("T", "weekly-progress 2027-W01", "nil"))]
    launched.live("2027-01-13 18:00", acts)
    reminded = {
        mail.to.split("@")[0].split(".")[1]
        for mail in launched.mails
        for rung, _unit, what in mail.lines
        if rung == "催办" and what == "进展情况（2027年第1周）" and mail.to.startswith("liaison")
    }
    assert reminded == {"m", "h", "c"}


def test_a_launch_without_its_dates_is_refused(story: Any) -> None:
    story.people(UNITS)
    with pytest.raises(Refused) as refused:
        story.launch(story.order(KEY, START), LAUNCH)
    assert len(refused.value.refusals) == len(story.lines(BLANKS))
