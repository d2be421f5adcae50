"""The city's calendar of publishing: quiet hours and election blackouts. Pure; must not store or send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from core.clock import KST


@dataclass(frozen=True)
class Blackout:
    """From the first day to the last, both included, in Seoul. ``law`` is why."""

    name: str
    first: date
    last: date
    law: str


@dataclass(frozen=True)
class PublishingRules:
    """The city's calendar. Quiet from ``quiet_from`` until ``quiet_until``, over midnight too."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    blackouts: Sequence[Blackout] = ()

    def blackout_at(self, moment: datetime) -> Blackout | None:
        """The blackout in which the moment lies."""
        day = moment.astimezone(KST).date()
        return next((each for each in self.blackouts if each.first <= day <= each.last), None)

    def is_quiet(self, moment: datetime) -> bool:
        """Whether followers sleep; the end itself is no longer quiet."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return False
        at = moment.astimezone(KST).time()
        return begin <= at < end if begin < end else at >= begin or at < end


ALWAYS = PublishingRules()
