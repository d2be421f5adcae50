"""What the city keeps, how long and why, as plain data (city/retention.yml). Must not erase anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# What is done when the time is over. "keep": nothing, and the ground says why. "outside": another program
# does it (a backup's own age), and the note says which.
ACTIONS = ("erase", "delete", "anonymise", "keep", "outside")


@dataclass(frozen=True)
class RetentionRule:
    """One kind of record. ``days`` counts from ``start``; None: it has no end of its own.

    ``follows`` names the kind together with which it is treated. ``tables`` are of core.models.
    """

    kind: str
    title: str
    tables: tuple[str, ...]
    days: int | None
    start: str
    ground: str
    action: str
    note: str = ""
    follows: str | None = None

    def before(self, now: datetime) -> datetime:
        """What began before this moment is due. Raises ValueError where nothing ever is."""
        if self.days is None:
            raise ValueError(f"{self.kind} has no period")
        return now - timedelta(days=self.days)

    @property
    def is_timed(self) -> bool:
        """Whether a run has anything to do for it."""
        return (
            self.days is not None
            and self.follows is None
            and self.action not in ("keep", "outside")
        )

    @property
    def period(self) -> str:
        """How long, in Korean: 1년, 30일, 정하지 않음."""
        if self.days is None:
            return "정하지 않음"
        return f"{self.days // 365}년" if self.days % 365 == 0 else f"{self.days}일"


def rule_of(rules: Iterable[RetentionRule], kind: str) -> RetentionRule | None:
    """The rule of a kind, or None."""
    return next((rule for rule in rules if rule.kind == kind), None)
