"""RFC 5545 rules, kept within bounds: days and longer only, no rule without an end to its search.

A rule is laid out from the first day of its window. What would hang on that day in silence (a monthly rule
without a day) is refused, so is a rule that no day can ever meet.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, cast

from dateutil.rrule import rrule, rrulestr

from states.dates.faults import DatesError

LONGEST: Final = 200
_WEEKDAY: Final = "(?:MO|TU|WE|TH|FR|SA|SU)"
_ORDINAL: Final = r"(?:[+-]?[1-9]\d?)"
_SHAPES: Final = {
    "FREQ": ("DAILY|WEEKLY|MONTHLY|YEARLY", "DAILY、WEEKLY、MONTHLY、YEARLY之一，时刻写在time里"),
    "INTERVAL": ("[1-9]|[1-9][0-9]", "1至99"),
    "COUNT": (r"[1-9]\d{0,3}", "1至9999"),
    "UNTIL": (r"\d{8}", "日期，如20261231"),
    "WKST": (_WEEKDAY, "星期，如MO"),
    "BYDAY": (rf"{_ORDINAL}?{_WEEKDAY}(?:,{_ORDINAL}?{_WEEKDAY})*", "星期，如MO,TH或-1FR"),
    "BYMONTH": (r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*", "月份，如3,6,9,12"),
    "BYMONTHDAY": (rf"{_ORDINAL}(?:,{_ORDINAL})*", "日，如15,-1（-1是最后一日）"),
    "BYYEARDAY": (r"-?[1-9]\d{0,2}(?:,-?[1-9]\d{0,2})*", "一年中的第几日"),
    "BYWEEKNO": (rf"{_ORDINAL}(?:,{_ORDINAL})*", "一年中的第几周"),
    "BYSETPOS": (rf"{_ORDINAL}(?:,{_ORDINAL})*", "第几个，如1或-1"),
}
_NEEDS: Final = {
    "DAILY": (),
    "WEEKLY": ("BYDAY",),
    "MONTHLY": ("BYMONTHDAY", "BYDAY"),
    "YEARLY": ("BYMONTHDAY", "BYDAY", "BYYEARDAY"),
}
# the last 28 years of the calendar hold every pairing of weekday and leap day; a search there ends soon
_TRIAL: Final = datetime(9972, 1, 1)  # noqa: DTZ001 - a calendar day, not an instant


def checked(text: str) -> str:
    """The rule in one form (upper case, no RRULE:), or DatesError saying which part cannot stand."""
    rule = text.strip().upper().removeprefix("RRULE:")
    if len(rule) > LONGEST:
        raise DatesError(f"rrule太长（{len(rule)}字），最多{LONGEST}字")
    given = parts(rule)
    _shaped(given)
    _settled(given)
    _possible(rule)
    return rule


def parts(rule: str) -> dict[str, str]:
    """`FREQ=WEEKLY;BYDAY=FR` as a dictionary."""
    pairs = [part.partition("=") for part in rule.split(";")]
    given = {name: value for name, _, value in pairs}
    if not all(name and value for name, _, value in pairs) or len(given) != len(pairs):
        raise DatesError(f"看不懂rrule“{rule}”。可以这样写：FREQ=MONTHLY;BYMONTHDAY=25")
    return given


def laid_out(rule: str, first: datetime) -> rrule:
    """The rule from a first local day on (a naive midnight: rules speak of calendar days)."""
    return cast("rrule", rrulestr(rule, dtstart=first))


def once_per_period(rule: str) -> bool:
    """The rule names one day in each of its periods, so the period can name the occurrence."""
    given = parts(rule)
    if "," in given.get("BYMONTH", "") and given["FREQ"] == "YEARLY":
        return False
    if "BYSETPOS" in given:
        return "," not in given["BYSETPOS"]
    days = [given[name] for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY") if name in given]
    if len(days) != 1 or "," in days[0]:
        return False
    return _single_day(given, days[0])


def _single_day(given: dict[str, str], day: str) -> bool:
    match given["FREQ"]:
        case "WEEKLY":
            return True
        case "MONTHLY":
            return "BYMONTHDAY" in given or day[:1] in "+-123456789"
        case "YEARLY":
            return "BYYEARDAY" in given or (
                "BYMONTH" in given and ("BYMONTHDAY" in given or day[:1] in "+-12345")
            )
    return False


def _shaped(given: dict[str, str]) -> None:
    strange = sorted(set(given) - set(_SHAPES))
    if strange:
        raise DatesError(f"rrule里不能用{'、'.join(strange)}：最细到日，时刻写在time里，起止以时间窗为准")
    if "FREQ" not in given:
        raise DatesError("rrule没有写FREQ。可以这样写：FREQ=MONTHLY;BYMONTHDAY=25")
    for name, value in given.items():
        shape, allowed = _SHAPES[name]
        if not re.fullmatch(shape, value):
            raise DatesError(f"rrule的{name}不能写“{value}”，只能写{allowed}")


def _settled(given: dict[str, str]) -> None:
    """Nothing is left to hang on the first day of the window, and no interval can run past its months for ever."""
    freq = given["FREQ"]
    if _NEEDS[freq] and not any(part in given for part in _NEEDS[freq]):
        raise DatesError(f"rrule没有写明哪一天：FREQ={freq}须有{'或'.join(_NEEDS[freq])}")
    if freq in {"DAILY", "WEEKLY"} and any(letter.isdigit() for letter in given.get("BYDAY", "")):
        raise DatesError(f"FREQ={freq}的BYDAY只写星期，如MO,TH，不能写“{given['BYDAY']}”")
    filters = {"BYMONTH", "BYYEARDAY", "BYWEEKNO"} | ({"BYDAY", "BYMONTHDAY"} if freq == "DAILY" else set())
    clash = sorted(filters & set(given))
    if given.get("INTERVAL", "1") != "1" and clash:
        raise DatesError(f"rrule的INTERVAL不能与{'、'.join(clash)}同用，可能永远排不出日期")


def _possible(rule: str) -> None:
    endless = ";".join(part for part in rule.split(";") if not part.startswith(("UNTIL=", "COUNT=")))
    try:
        laid_out(rule, _TRIAL)
        found = next(iter(laid_out(endless, _TRIAL)), None)
    except ValueError as fault:
        raise DatesError(f"看不懂rrule“{rule}”（{fault}）。可以这样写：FREQ=MONTHLY;BYMONTHDAY=25") from fault
    if found is None:
        raise DatesError(f"rrule“{rule}”排不出任何日期，请核对月份和日期")
