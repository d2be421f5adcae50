"""Reads and writes lengths of time as a law or a promise states them; counts nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from core.errors import Refused

IMMEDIATE_HOURS = 3


class Unit(StrEnum):
    """What a period is measured in."""

    IMMEDIATE = "즉시"
    HOURS = "h"
    DAYS = "d"
    WEEKS = "w"
    MONTHS = "m"
    YEARS = "y"


_KOREAN_UNITS = {
    Unit.HOURS: "시간",
    Unit.DAYS: "일",
    Unit.WEEKS: "주",
    Unit.MONTHS: "개월",
    Unit.YEARS: "년",
}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as a law or a promise states it, such as `7d`."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `3h`, `5d`, `2w`, `1m` (months), `1y` or `즉시`; else Refused("period_unreadable").

        The error carries `period`, the text as given.
        """
        written = text.strip()
        if written == Unit.IMMEDIATE:
            return cls(1, Unit.IMMEDIATE)
        found = re.fullmatch(r"([1-9][0-9]{0,3})([hdwmy])", written, re.IGNORECASE)
        if found is None:
            raise Refused("period_unreadable", period=text)
        return cls(int(found[1]), Unit(found[2].lower()))

    def __str__(self) -> str:
        return "즉시" if self.unit is Unit.IMMEDIATE else f"{self.count}{self.unit.value}"

    def in_korean(self) -> str:
        """The period as a citizen reads it, such as `7일` or `3개월`."""
        if self.unit is Unit.IMMEDIATE:
            return f"즉시(근무시간 {IMMEDIATE_HOURS}시간 안)"
        return f"{self.count}{_KOREAN_UNITS[self.unit]}"
