"""The timeline's lines: each phase has one, the occurrences of one that comes again share one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from api.pages import timeline
from states.dates.periods import named
from states.records.tables import PhaseRow
from states.workdays import Workdays

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)


def phase(key: str, weeks: tuple[int, int], ord_: int | None, base: str = "", period: str = "") -> PhaseRow:
    first, last = (BEGINS + timedelta(weeks=n) for n in weeks)
    name = named("阶段", period) if period else key
    more = {"opens_at": first, "closes_at": last, "base": base or key, "period": period}
    return PhaseRow(campaign_id=1, key=key, name=name, ord=ord_, opens="on_date", review=False, **more)


def test_occurrences_share_a_line_beside_the_row() -> None:
    rows = [
        phase("check", (0, 4), 1),
        phase("mend", (4, 8), 2),
        phase("spot-2026-03", (0, 4), None, "spot", "2026-03"),
        phase("spot-2026-04", (4, 8), None, "spot", "2026-04"),
    ]
    drawn = timeline.draw(rows, [], Workdays.of({}, [2026]), ZoneInfo("Asia/Shanghai"), BEGINS)
    assert drawn is not None
    check, mend, first, second = drawn.phases
    assert check.y < mend.y < first.y == second.y
    assert (first.name, second.name) == ("阶段", "")
    assert [bar.beside for bar in drawn.phases] == [False, False, True, True]
    assert "（2026年4月）" in second.told
    assert drawn.height == timeline.HEAD + 3 * timeline.ROW + timeline.FOOT
