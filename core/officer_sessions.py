"""Signed-in browsers and forms already sent. Must not know cookies: it deals in tokens and their hashes.

A session ends after 30 minutes without the officer's own action and after 12 hours in any case.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.errors import Refused
from core.locking import insert_missing
from core.models.officers import OfficerSession, UsedForm
from core.officers import OfficerView, view_of

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
# Writing on every page would queue all officers behind one another for nothing.
TOUCH_EVERY = timedelta(minutes=1)
USED_FORMS_KEPT = timedelta(days=2)


@dataclass(frozen=True)
class NewSession:
    """A session just opened; ``token`` goes into the cookie and is kept nowhere."""

    token: str
    csrf: str


@dataclass(frozen=True)
class SignedIn:
    """Who a cookie stands for, and the token that each of their forms must carry."""

    officer: OfficerView
    csrf: str
    token_hash: str
    touch_due: bool


def open_session(session: Session, *, officer_id: int, now: datetime) -> NewSession:
    """Open a session, and clear away what is past."""
    session.execute(delete(OfficerSession).where(OfficerSession.expires_at <= now))
    session.execute(delete(OfficerSession).where(OfficerSession.last_seen_at <= now - IDLE))
    session.execute(delete(UsedForm).where(UsedForm.used_at <= now - USED_FORMS_KEPT))
    new = NewSession(token=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32))
    session.add(
        OfficerSession(
            token_hash=hash_token(new.token),
            officer_id=officer_id,
            csrf=new.csrf,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return new


def find_session(session: Session, *, token: str, now: datetime) -> SignedIn | None:
    """Who this token stands for; None when it is unknown or over, or the account is closed."""
    row = session.get(OfficerSession, hash_token(token))
    if row is None or now >= row.expires_at or now - row.last_seen_at >= IDLE:
        return None
    officer = view_of(session, officer_id=row.officer_id)
    if officer.disabled_at is not None:
        return None
    return SignedIn(
        officer=officer,
        csrf=row.csrf,
        token_hash=row.token_hash,
        touch_due=now - row.last_seen_at >= TOUCH_EVERY,
    )


def touch_session(session: Session, *, token_hash: str, now: datetime) -> None:
    """Note that the officer just did something; a session that is gone stays gone."""
    row = session.get(OfficerSession, token_hash)
    if row is not None:
        row.last_seen_at = max(row.last_seen_at, now)


def close_session(session: Session, *, token: str) -> None:
    """End a session; an unknown token changes nothing."""
    session.execute(delete(OfficerSession).where(OfficerSession.token_hash == hash_token(token)))


def use_form(session: Session, *, token: str, officer_id: int, now: datetime) -> bool:
    """True the first time a form is sent, False when it was sent before: the caller then changes nothing.

    Call it in the transaction of the change itself, so both stand or neither does.
    Raises Refused ``form_malformed``.
    """
    if not 16 <= len(token) <= 64:
        raise Refused("form_malformed")
    # The second of two at once waits for the first, and hears what became of it.
    return insert_missing(session, UsedForm, token=token, officer_id=officer_id, used_at=now)


def hash_token(token: str) -> str:
    """SHA-256 of a session token: tokens are 256 random bits, so no salt or slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
