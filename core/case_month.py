"""A month of the city's calendar, in Seoul. Must not count working time: core.clock does that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.clock import KST
from core.errors import Refused

_MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Month:
    """``start`` is its first moment, ``end`` the first moment after it; both aware."""

    year: int
    number: int

    @staticmethod
    def parse(text: str) -> Month:
        """Such as 2026-11. Raises Refused("month_malformed")."""
        found = _MONTH.fullmatch(text.strip())
        if found is None:
            raise Refused("month_malformed")
        return Month(int(found[1]), int(found[2]))

    @staticmethod
    def of(moment: datetime) -> Month:
        """The month of a moment."""
        local = moment.astimezone(KST)
        return Month(local.year, local.month)

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(date(self.year, self.number, 1), time(), KST)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.next().start

    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def before(self) -> Month:
        """The month before it."""
        return Month.of(self.start - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"

    def in_korean(self) -> str:
        """Such as 2026년 11월."""
        return f"{self.year}년 {self.number}월"
