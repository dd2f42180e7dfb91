"""No way of handing in gets round what must come with it; a simulation only plays that it came."""

from __future__ import annotations

import pytest

from states.errors import Refused
from states.records import mass_settling
from states.records.tables import Milestone

TEXT = """
requirements:
  - {key: photos, name: 现场照片, due: 启动后10日内, evidence: {photos: 2}}
"""
NOW = "2026-03-05 10:00"


def test_what_needs_evidence_is_handed_in_by_nobody_without_it(stage) -> None:
    stage.launch(stage.template(TEXT))
    with pytest.raises(Refused, match="至少要附 2 张照片"):
        stage.act(1, "photos", "R1-H1", "submit", NOW)

    def submit(pretend: bool = False) -> int:
        with stage.store.write() as session:
            campaign = stage.campaign(session, 1)
            about = session.get_one(Milestone, stage.milestone("photos").id)
            return mass_settling.settle_many(
                session, campaign, about, "submit", [], stage.at(NOW), "test", pretend=pretend
            )

    with pytest.raises(Refused, match="“现场照片”须附材料，请各单位逐一报送"):
        submit()
    assert submit(pretend=True) > 0
