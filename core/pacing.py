"""How fast a provider lets us speak: overall, to one chat, to one group. Pure; must not sleep or store.

The generic cell rate algorithm (ITU-T I.371, Annex A): one moment says how far an allowance is used
up. Each message moves it on by the interval; a message may go while it lies at most ``burst`` - 1
intervals ahead. In any window of w seconds at most burst + (w + late) / interval messages go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Allowance:
    """One message each ``interval``, with ``burst`` at once after a pause.

    Whoever wakes up to ``late`` (less than ``interval``) after the moment does not push back those
    that follow; without it each small delay would be lost for ever.
    """

    interval: timedelta
    burst: int = 1
    late: timedelta = timedelta(0)

    @property
    def ahead(self) -> timedelta:
        """How far ahead the used-up moment may lie when a message goes out."""
        return self.interval * (self.burst - 1)

    def free_at(self, paced_until: datetime | None) -> datetime | None:
        """When the next message may go; None: at any time."""
        return None if paced_until is None else paced_until - self.ahead

    def take(self, paced_until: datetime | None, *, now: datetime, messages: int = 1) -> datetime:
        """The used-up moment after ``messages`` that go out now."""
        begin = now if paced_until is None else max(paced_until, now - self.late)
        return begin + self.interval * messages


@dataclass(frozen=True)
class Pace:
    """A provider's allowances. ``group`` is for whatever several people read.

    ``answers_within``: after so long a sending is given up (``pictures_within`` where it carries some and
    needs longer). Nobody else may take it up before.
    """

    overall: Allowance
    private: Allowance
    group: Allowance
    answers_within: timedelta = timedelta(seconds=20)
    pictures_within: timedelta | None = None

    def answer_to(self, *, pictures: bool) -> timedelta:
        """After how long a sending is given up."""
        longer = self.pictures_within if pictures else None
        return max(self.answers_within, longer or self.answers_within)

    @property
    def longest_answer(self) -> timedelta:
        """After how long any sending is given up."""
        return self.answer_to(pictures=True)

    def of(self, visibility: str) -> Allowance:
        """The allowance of one conversation."""
        return self.private if visibility == "private" else self.group
