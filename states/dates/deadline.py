"""A deadline as a plan words it: a point in time, and how firmly and for how long it is meant."""

from __future__ import annotations

from dataclasses import dataclass

from states.dates.points import At, Nth, Origin, Point, Relative, Term, TermYear


@dataclass(frozen=True)
class Deadline:
    """One deadline, immutable; `words()` prints it in canonical Chinese and parses back to the same value.

    `standing` is 长期坚持: a duty that goes on after (or without) the date. `hedge` keeps 原则上 or 力争, `about` 左右.
    `goal` keeps what must be reached by the date when the plan says so in a set phrase (取得明显成效).
    `since` marks words that only name a beginning (4月起), `fitting` is 适时: some fitting day about then.
    """

    point: Point | None = None  # None only for a duty that is nothing but standing
    standing: bool = False
    hedge: str = ""
    about: bool = False
    goal: str = ""
    since: bool = False
    fitting: bool = False

    @property
    def blank(self) -> bool:
        """Something is left open or looks like a slip, so a person has to fill it in."""
        return self.point is not None and self.point.blank

    @property
    def soft(self) -> bool:
        """The plan itself does not insist on the exact day."""
        return self.about or self.fitting or bool(self.hedge)

    @property
    def anchor(self) -> Origin | None:
        """What the date is counted from; None for dates of the calendar and for durations."""
        return self.point.origin if isinstance(self.point, At | Relative | Nth) else None

    @property
    def period(self) -> str | None:
        """The period (暑期, 考核期) whose days somebody has to give in `Anchors.periods`; it counts as a blank."""
        return self.point.name if isinstance(self.point, Term | TermYear) else None

    def words(self) -> str:
        """Canonical Chinese."""
        if self.point is None:
            return "长期坚持"
        text = self.point.words() + ("起" if self.since else "")
        if self.about:
            text = self._without_within(text) + "左右"
        text += "适时" if self.fitting else ""
        return self.hedge + text + self.goal + ("并长期坚持" if self.standing else "")

    def _without_within(self, text: str) -> str:
        """`启动后3个月左右`, not `启动后3个月内左右`."""
        return text.removesuffix("内") if isinstance(self.point, Relative) and self.point.name else text
