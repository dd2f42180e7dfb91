"""A plan as a Word file with the whole of its ledger, all thirty-three rows: every date of it is found, none is made up."""

from __future__ import annotations

import re

import pytest

from states.documents import worddoc
from states.drafts import Draft, draft
from states.reading import load, shipped
from word_plans import before_the_table, word_file

LEDGER = load(shipped()["sichuan-2017-122"]).ledger
ROWS = LEDGER.rows if LEDGER else ()


@pytest.fixture(scope="module")
def drafted() -> Draft:
    content = word_file(before_the_table("s4"), ROWS)
    return draft(worddoc.read(content, "s4.docx"), "s4")


def test_every_row_has_the_date_that_is_printed_in_it(drafted: Draft) -> None:
    found = {row.fields["no"]: row.fields.get("due") for row in drafted.findings.rows}
    assert found == {row.no: row.due for row in ROWS}
    assert len(found) == 33


def test_problems_measures_and_departments_of_every_row_are_kept(drafted: Draft) -> None:
    def plain(words: str) -> str:
        return re.sub(r"\s|^\d+\.", "", words)

    rows = {row.fields["no"]: row.fields for row in drafted.findings.rows}
    for row in ROWS:
        found = rows[row.no]
        assert found["project"] == row.project, row.no
        assert plain(found["problem"]) == plain(row.problem), row.no
        assert [plain(one) for one in found["measures"]] == [plain(one) for one in row.measures], row.no
        assert found["departments"] == list(row.departments), row.no


def test_phases_and_conflicts_are_those_of_the_text(drafted: Draft) -> None:
    stages = [(one.proposal.fields["name"], one.proposal.fields["window"]) for one in drafted.findings.stages]
    assert stages == [("自查自纠", "8月"), ("整改落实", "9月-11月"), ("督导检查", "11月-12月")]
    assert {about for about, _says, _source in drafted.findings.conflicts} == {"ledger-4.due"}
    assert drafted.faults == ()
    assert len(load(drafted.text).ledger.rows) == 33
