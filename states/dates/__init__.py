"""Time as plans word it: deadlines, windows, recurrences and offsets -> instants.

    parse("8月底前并长期坚持")            -> Deadline    resolve(deadline, anchors, calendar, zone) -> Due
    parse_window("9月-11月")             -> two Deadlines    start_of(...) gives the first instant, resolve the last
                                                     resolve_window(window, ...) gives both, window_words prints it
    parse_cadence("每周五")               -> Every       occurrences(every, start, end, calendar, zone)
    parse_cadences("一周一调度，一月一通报") -> several
    parse_offset("+5wd")                 -> Offset      shift_instant(at, offset, calendar, zone)

Windows of phases that follow each other without dates: `为期2周` counts from the start of the phase it stands in
(`Anchors.phase[0]`; outside a phase from `Anchors.begins`), its first day included, so a phase of 为期2周 that
begins on a Monday ends on the second Sunday and the next phase begins on the Monday after it. The same said from
the launch alone: `启动后第1周至第2周`, `启动后第3周至第8周`, …

Festivals are the days off around them (国庆), or end with the last working day before them (国庆前). `2小时内` runs
on the clock, `2个工作小时内` through OFFICE_HOURS. 暑期, 放假前, 主题教育期间 and 考核期第2年10月上旬前 need days that only a
person can give: they are blank (`Deadline.period` names the period) until `Anchors.periods` has it; so may
a phase be named (`集中整治阶段结束后5日内`).

Nothing here guesses. What is blank (`__月__日前`, `XX月`), looks like a slip (`7月10前`), waits for an event or
names no date has no instant, and `Due.missing` says why. What is not understood is a DatesError that names the
words and shows what can be written.
"""

from states.dates.cadence import cadence, parse_cadence, parse_cadences
from states.dates.deadline import Deadline
from states.dates.faults import DatesError
from states.dates.frame import LEAVING, OFFICE_END, OFFICE_HOURS, Anchors
from states.dates.grammar import parse
from states.dates.occurrences import Occurrence, occurrences
from states.dates.offsets import Offset, parse_offset, shift_instant, spoken_offset
from states.dates.plain import with_blanks
from states.dates.points import Anchor, Event, Festival, Holiday, Unit
from states.dates.resolution import Due, resolve, resolve_window, start_of
from states.dates.rhythm import Every, Rhythm, Shift
from states.dates.windows import parse_window, window_words

__all__ = [
    "LEAVING",
    "OFFICE_END",
    "OFFICE_HOURS",
    "Anchor",
    "Anchors",
    "DatesError",
    "Deadline",
    "Due",
    "Event",
    "Every",
    "Festival",
    "Holiday",
    "Occurrence",
    "Offset",
    "Rhythm",
    "Shift",
    "Unit",
    "cadence",
    "occurrences",
    "parse",
    "parse_cadence",
    "parse_cadences",
    "parse_offset",
    "parse_window",
    "resolve",
    "resolve_window",
    "shift_instant",
    "spoken_offset",
    "start_of",
    "window_words",
    "with_blanks",
]
