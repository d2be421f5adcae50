"""Counts one month of the audit log by person, for the monthly check (8조 2항). Must judge nobody.

What looks unusual is marked by the plain limits below; a person decides what it means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.clock import KST
from core.models.vault import AuditEntry

REPORT = "audit.report"
NIGHT_BEGINS, NIGHT_ENDS = 22, 6
# A day is unusual with so many looks at once, or with so many and thrice this person's usual day.
MANY_A_DAY, SOME_A_DAY, TIMES_USUAL = 200, 20, 3
MANY_REFUSALS = 5
AT_ONCE = 5000
_EXPORTS = ("export", "download")
_READS = ("read", "search", "list", "words")


@dataclass
class ActorMonth:
    """What one account did in the month."""

    actor: str
    sign_ins: int = 0
    refused: int = 0
    reads: int = 0
    reveals: int = 0
    exports: int = 0
    changes: int = 0
    at_night: int = 0
    days_off: int = 0
    places: set[str] = field(default_factory=set)
    # Looks at personal data (reads, reveals, exports) on each day.
    looks: Counter[date] = field(default_factory=Counter)

    @property
    def unusual_days(self) -> list[tuple[date, int]]:
        """Days with far more looks than this person's others, with their number."""
        total, days = sum(self.looks.values()), len(self.looks)
        found = []
        for day, count in sorted(self.looks.items()):
            usual = (total - count) / (days - 1) if days > 1 else count
            if count >= MANY_A_DAY or (count >= SOME_A_DAY and count > TIMES_USUAL * usual):
                found.append((day, count))
        return found


@dataclass(frozen=True)
class MonthReport:
    """One month, by account; ``refused_unknown``: sign-ins with a login that does not exist."""

    month: str
    lines: int
    actors: list[ActorMonth]
    refused_unknown: int


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moments in Seoul of ``2026-11`` and of the month after it. Raises ValueError."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=KST)
    return first, (first + timedelta(days=32)).replace(day=1)


def month_before(now: datetime) -> str:
    """The month before the one that is now in Seoul."""
    first = now.astimezone(KST).replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


def month_report(
    session: Session, month: str, *, is_day_off: Callable[[date], bool]
) -> MonthReport:
    """Count the month. Raises ValueError for what is no month."""
    start, end = month_bounds(month)
    found: dict[str, ActorMonth] = {}
    lines = unknown = 0
    query = (
        select(
            AuditEntry.at, AuditEntry.actor, AuditEntry.place, AuditEntry.action, AuditEntry.subject
        )
        .where(AuditEntry.at >= start, AuditEntry.at < end)
        .order_by(AuditEntry.at, AuditEntry.id)
        .execution_options(yield_per=AT_ONCE)
    )
    with closing(session.execute(query)) as rows:
        for row in rows:
            lines += 1
            kind = row.action.rpartition(".")[2]
            refused = row.action in ("officer.sign_in_refused", "officer.locked")
            if refused and not row.subject.startswith("officer:"):
                unknown += 1
                continue
            # Who could not sign in is nobody yet: it counts where somebody tried.
            name = row.subject if refused else row.actor
            who = found.setdefault(name, ActorMonth(name))
            if refused:
                who.refused += 1
                continue
            _count(who, row.action, kind)
            who.places.add(row.place)
            if kind in (*_READS, *_EXPORTS) or row.action == "vault.reveal":
                local = row.at.astimezone(KST)
                who.looks[local.date()] += 1
                who.at_night += local.hour >= NIGHT_BEGINS or local.hour < NIGHT_ENDS
                who.days_off += is_day_off(local.date())
    actors = sorted(found.values(), key=lambda each: (-sum(each.looks.values()), each.actor))
    return MonthReport(month, lines, actors, unknown)


def is_reported(session: Session, month: str) -> bool:
    """Whether somebody made the month's report after its end."""
    _start, end = month_bounds(month)
    return bool(
        session.scalar(
            select(
                exists().where(
                    AuditEntry.at >= end,
                    AuditEntry.action == REPORT,
                    AuditEntry.subject == f"audit:{month}",
                )
            )
        )
    )


def has_lines(session: Session, month: str) -> bool:
    """Whether anything was written in the month."""
    start, end = month_bounds(month)
    return bool(session.scalar(select(exists().where(AuditEntry.at >= start, AuditEntry.at < end))))


def _count(who: ActorMonth, action: str, kind: str) -> None:
    if action == "officer.sign_in":
        who.sign_ins += 1
    elif action == "vault.reveal":
        who.reveals += 1
    elif kind in _EXPORTS:
        who.exports += 1
    elif kind in _READS:
        who.reads += 1
    elif action != "officer.sign_out":
        who.changes += 1
