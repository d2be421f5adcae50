"""Whether public texts may go out now: quiet hours, blackouts, the stop. Must not send anything.

One writer of table publishing_stop. Law: 공직선거법 제86조 (a head of local government may not publicise
achievements before an election, except what law requires).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.errors import Refused
from core.locking import Chain, lock_chain
from core.models.publishing import PublishingStop
from core.publishing_rules import PublishingRules

# Why an approved post does not go out yet.
STOPPED, QUIET, BLACKOUT = "stopped", "quiet", "blackout"


def why_held(
    session: Session, *, rules: PublishingRules, legal_basis: str | None, now: datetime
) -> str | None:
    """Why nothing with this legal basis may go out now; None when it may."""
    if standing_stop(session) is not None:
        return STOPPED
    if rules.blackout_at(now) is not None and not legal_basis:
        return BLACKOUT
    return QUIET if rules.is_quiet(now) else None


def standing_stop(session: Session) -> PublishingStop | None:
    """The stop that holds now, or None."""
    query = select(PublishingStop).where(PublishingStop.resumed_at.is_(None))
    return session.scalars(query.order_by(PublishingStop.id).limit(1)).first()


def stop_publishing(
    session: Session, *, officer_id: int, reason: str, now: datetime
) -> PublishingStop:
    """Nothing public goes out from now on, not even the rest of what has begun. Twice is once.

    Raises Refused ``reason_missing``.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused("reason_missing")
    lock_chain(session, Chain.PUBLISHING)
    standing = standing_stop(session)
    if standing is not None:
        return standing
    stop = PublishingStop(stopped_at=now, stopped_by_officer_id=officer_id, reason=reason)
    session.add(stop)
    session.flush()
    _audit(session, stop, "publishing.stop", officer_id, now)
    return stop


def resume_publishing(session: Session, *, officer_id: int, now: datetime) -> PublishingStop | None:
    """Let public texts go out again. Twice is once: None where nothing was stopped."""
    lock_chain(session, Chain.PUBLISHING)
    stop = standing_stop(session)
    if stop is None:
        return None
    stop.resumed_at, stop.resumed_by_officer_id = now, officer_id
    _audit(session, stop, "publishing.resume", officer_id, now)
    return stop


def list_stops(session: Session, *, limit: int = 20) -> list[PublishingStop]:
    """All stops, the newest first."""
    query = select(PublishingStop).order_by(PublishingStop.id.desc()).limit(limit)
    return list(session.scalars(query))


def _audit(
    session: Session, stop: PublishingStop, action: str, officer_id: int, now: datetime
) -> None:
    record_audit(
        session,
        actor=f"officer:{officer_id}",
        action=action,
        subject=f"publishing_stop:{stop.id}",
        purpose=stop.reason,
        now=now,
    )
