"""What departments send back (table department_callback, its one writer). Must not trust what it says.

A callback is kept before it is acknowledged and applied afterwards, in the order in which it happened
at the department. What is older than the case, not allowed or not its department's is kept and shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.locking import insert_missing, lock_existing
from core.models.department import DepartmentCallback

LEASE = timedelta(minutes=3)
# A case that we do not know may be one whose row is not committed yet, or restored in a moment.
UNKNOWN_WAITS = (2, 5, 15, 30, 60, 120, 300)
# A photo that could not be had is asked for again so often; then the words go without it.
PHOTO_WAITS = (5, 20, 60)
# What nobody signed is kept only so often a day for each department, and so long.
REJECTIONS_A_DAY = 50
REJECTIONS_LAST = timedelta(days=30)


@dataclass(frozen=True)
class Callback:
    """One signed callback, checked at the door. ``note`` holds no resident number.

    ``status`` is the name of a CaseStatus, or None for a note. ``photos`` are (address, words).
    """

    department_id: str
    webhook_id: str
    body_hash: str
    occurred_at: datetime
    sequence: int | None
    case_number: str
    status: str | None
    note: str
    public: bool
    photos: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """status | note"""
        return "note" if self.status is None else "status"


@dataclass(frozen=True)
class LeasedCallback:
    """A callback taken for work."""

    callback_id: int
    lease_token: int
    attempts: int
    callback: Callback


def record_callback(
    session: Session, callback: Callback, *, now: datetime
) -> Literal["new", "same", "different"]:
    """Keep it. "same": it is known and only its row counts the replay; "different": another body
    came under a known webhook-id, which changes nothing either.
    """
    # Of two at once one inserts, the other waits for it and counts as a replay.
    if insert_missing(
        session,
        DepartmentCallback,
        department_id=callback.department_id,
        dedupe_key=callback.webhook_id,
        webhook_id=callback.webhook_id,
        body_hash=callback.body_hash,
        received_at=now,
        # A clock that runs ahead must not make everything after it look old.
        occurred_at=min(callback.occurred_at, now),
        sequence=callback.sequence,
        kind=callback.kind,
        case_number=callback.case_number,
        content=_content(callback),
        next_attempt_at=now,
    ):
        return "new"
    known = session.scalars(
        select(DepartmentCallback)
        .where(
            DepartmentCallback.department_id == callback.department_id,
            DepartmentCallback.dedupe_key == callback.webhook_id,
        )
        .with_for_update()
    ).one()
    known.replays += 1
    known.replayed_at = now
    return "same" if known.body_hash == callback.body_hash else "different"


def note_replay(session: Session, *, department_id: str, webhook_id: str, now: datetime) -> bool:
    """A signed one came again long after; True when it is known."""
    done = session.execute(
        update(DepartmentCallback)
        .where(
            DepartmentCallback.department_id == department_id,
            DepartmentCallback.dedupe_key == webhook_id,
        )
        .values(replays=DepartmentCallback.replays + 1, replayed_at=now)
    )
    return bool(getattr(done, "rowcount", 0))


def record_rejection(
    session: Session,
    *,
    department_id: str,
    webhook_id: str,
    body_hash: str,
    failure: str,
    now: datetime,
) -> None:
    """Keep that something came which was not taken: its hash and name, never its body.

    After fifty in a day the last row only counts on, so that a stranger cannot fill the disk.
    """
    mine = and_(
        DepartmentCallback.department_id == department_id,
        DepartmentCallback.state == "rejected",
    )
    session.execute(
        delete(DepartmentCallback).where(
            mine, DepartmentCallback.received_at < now - REJECTIONS_LAST
        )
    )
    count, last = session.execute(
        select(func.count(), func.max(DepartmentCallback.id)).where(
            mine, DepartmentCallback.received_at > now - timedelta(days=1)
        )
    ).one()
    if count >= REJECTIONS_A_DAY:
        session.execute(
            update(DepartmentCallback)
            .where(DepartmentCallback.id == last)
            .values(replays=DepartmentCallback.replays + 1, replayed_at=now, failure=failure[:300])
        )
        return
    session.add(
        DepartmentCallback(
            department_id=department_id,
            dedupe_key=f"rejected:{uuid.uuid4().hex}",
            webhook_id=webhook_id[:120],
            body_hash=body_hash,
            received_at=now,
            occurred_at=now,
            content={},
            state="rejected",
            next_attempt_at=now,
            failure=failure[:300],
        )
    )


def callbacks_due(session: Session, *, now: datetime) -> bool:
    """Whether there may be something for ``lease_callbacks``: a look that locks nothing."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    _waits(DepartmentCallback.state),
                    DepartmentCallback.next_attempt_at <= now,
                    _is_free(now),
                )
            )
        )
    )


def lease_callbacks(session: Session, *, now: datetime, limit: int) -> list[LeasedCallback]:
    """Take what may be applied now, in the order in which it happened, one of each case."""
    earlier = aliased(DepartmentCallback)
    rows = session.scalars(
        select(DepartmentCallback)
        .where(
            _waits(DepartmentCallback.state),
            DepartmentCallback.next_attempt_at <= now,
            _is_free(now),
            ~exists().where(
                earlier.case_number == DepartmentCallback.case_number,
                earlier.department_id == DepartmentCallback.department_id,
                _waits(earlier.state),
                or_(
                    earlier.occurred_at < DepartmentCallback.occurred_at,
                    and_(
                        earlier.occurred_at == DepartmentCallback.occurred_at,
                        earlier.id < DepartmentCallback.id,
                    ),
                ),
            ),
        )
        .order_by(DepartmentCallback.occurred_at, DepartmentCallback.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=DepartmentCallback)
    ).all()
    for row in rows:
        row.lease_token += 1
        row.attempts += 1
        row.leased_until = now + LEASE
    session.flush()
    return [LeasedCallback(row.id, row.lease_token, row.attempts, _callback(row)) for row in rows]


def hold_callback(session: Session, leased: LeasedCallback) -> DepartmentCallback | None:
    """The row, locked, if the lease is still ours; None when somebody else has it."""
    row = lock_existing(session, DepartmentCallback, leased.callback_id)
    if row.lease_token != leased.lease_token or row.state != "waiting":
        return None
    return row


def postpone_callback(
    session: Session, leased: LeasedCallback, *, seconds: float, failure: str, now: datetime
) -> None:
    """Look at it again later."""
    row = hold_callback(session, leased)
    if row is not None:
        row.leased_until = None
        row.next_attempt_at = now + timedelta(seconds=seconds)
        row.failure = failure[:300]


def end_callback(
    row: DepartmentCallback, *, state: str, failure: str | None, now: datetime
) -> None:
    """It is settled. What was applied stands in the case now and is dropped here."""
    row.state, row.leased_until = state, None
    row.failure = None if failure is None else failure[:300]
    if state == "applied":
        row.applied_at = now
        row.content = {}


def settle_callback(
    session: Session, *, callback_id: int, again: bool, by: str, now: datetime
) -> bool:
    """A person has decided: try it once more, or put it away (its content goes then)."""
    row = lock_existing(session, DepartmentCallback, callback_id)
    if row.resolved_at is not None or row.state not in ("refused", "outdated", "rejected"):
        return False
    if again:
        if row.state == "rejected":
            return False  # Nobody signed it; there is nothing to try.
        row.state, row.attempts, row.failure, row.next_attempt_at = "waiting", 0, None, now
        return True
    row.resolved_by, row.resolved_at, row.content = by, now, {}
    return True


def _waits(state: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """As a literal, so that SQLite uses the index of those that wait."""
    return state == literal_column("'waiting'")


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(DepartmentCallback.leased_until.is_(None), DepartmentCallback.leased_until < now)


def _content(callback: Callback) -> dict[str, Any]:
    return {
        "status": callback.status,
        "note": callback.note,
        "public": callback.public,
        "photos": [{"url": url, "alt": alt} for url, alt in callback.photos],
    }


def _callback(row: DepartmentCallback) -> Callback:
    content: Mapping[str, Any] = row.content
    photos: Sequence[Mapping[str, str]] = content.get("photos", ())
    return Callback(
        department_id=row.department_id,
        webhook_id=row.webhook_id,
        body_hash=row.body_hash,
        occurred_at=row.occurred_at,
        sequence=row.sequence,
        case_number=row.case_number,
        status=content.get("status"),
        note=content.get("note", ""),
        public=bool(content.get("public")),
        photos=tuple((photo["url"], photo["alt"]) for photo in photos),
    )
