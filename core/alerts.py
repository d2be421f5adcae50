"""What operators are told, and when (table alert_state, its one writer). Must not look for trouble or send.

Once when it begins, again every so often while it lasts, once when it is over. What comes and goes is one
trouble: it is over only after it was well for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models.alert import AlertState

# Trouble that comes back within this time has not been over.
CALM = timedelta(minutes=5)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to do about it, in words for an operator."""

    text: str
    advice: str


@dataclass(frozen=True)
class News:
    """One thing to tell. ``since`` is when the trouble began."""

    name: str
    kind: Literal["begin", "again", "over"]
    since: datetime
    text: str
    advice: str


def note(
    session: Session,
    *,
    name: str,
    problem: Problem | None,
    patience: timedelta,
    again_every: timedelta,
    now: datetime,
) -> News | None:
    """Note how it stands (None: well); returns what there is to tell until ``note_told`` says it was told.

    Nothing is told of trouble that is over within ``patience``.
    """
    row = session.get(AlertState, name, with_for_update=True)
    if problem is None:
        return _note_well(session, row, now)
    if row is None:
        row = AlertState(name=name, since=now, seen_at=now)
        session.add(row)
    row.seen_at, row.text, row.advice = now, problem.text, problem.advice
    if row.told_at is None:
        return _news(row, "begin") if now - row.since >= patience else None
    return _news(row, "again") if now - row.told_at >= again_every else None


def note_told(session: Session, news: News, *, now: datetime) -> None:
    """It was told. Trouble that is over is forgotten."""
    row = session.get(AlertState, news.name, with_for_update=True)
    if row is None:
        return
    if news.kind == "over":
        session.delete(row)
    else:
        row.told_at, row.times = now, row.times + 1


def list_alerts(session: Session) -> list[AlertState]:
    """What is wrong, the oldest first."""
    return list(session.scalars(select(AlertState).order_by(AlertState.since, AlertState.name)))


def _note_well(session: Session, row: AlertState | None, now: datetime) -> News | None:
    if row is None:
        return None
    if row.told_at is None:
        session.delete(row)
        return None
    return _news(row, "over") if now - row.seen_at >= CALM else None


def _news(row: AlertState, kind: Literal["begin", "again", "over"]) -> News:
    return News(row.name, kind, row.since, row.text, row.advice)
