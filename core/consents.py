"""Consents and notices (table consent), their one writer. Must not word anything: city/consents.yml does.

A consent holds for the version in whose words it was given; another version is asked for anew. Withdrawing
takes effect in the same transaction: contacts leave the cases, nothing more goes out to a channel abroad.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.case_contacts import remove_contacts
from core.consent_texts import ABROAD, CONTACT, GUARDIAN, ConsentText
from core.deliveries import end_deliveries
from core.errors import Refused
from core.locking import lock_conversation
from core.models.conversation import Conversation
from core.models.privacy import Consent

# What a citizen can take back; a notice is no consent.
WITHDRAWABLE = (CONTACT, ABROAD, GUARDIAN)


def record_consent(
    session: Session, *, conversation_id: int, text: ConsentText, how: str, now: datetime
) -> Consent:
    """Keep that this version was agreed to (or shown). The same version twice is once.

    ``how``: shown | pressed | form | continued.
    """
    lock_conversation(session, conversation_id)
    known = find_consent(session, conversation_id=conversation_id, kind=text.kind)
    if known is not None and known.version == text.version:
        return known
    consent = Consent(
        conversation_id=conversation_id,
        kind=text.kind,
        version=text.version,
        purpose=text.purpose,
        retention=text.retention,
        abroad=text.abroad,
        given_at=now,
        how=how,
    )
    session.add(consent)
    session.flush()
    return consent


def find_consent(session: Session, *, conversation_id: int, kind: str) -> Consent | None:
    """The newest consent of this kind that holds, of whatever version."""
    return session.scalars(
        select(Consent)
        .where(
            Consent.conversation_id == conversation_id,
            Consent.kind == kind,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.id.desc())
        .limit(1)
    ).first()


def holds(session: Session, *, conversation_id: int, text: ConsentText) -> bool:
    """Whether this very version was agreed to or shown."""
    known = find_consent(session, conversation_id=conversation_id, kind=text.kind)
    return known is not None and known.version == text.version


def was_withdrawn(session: Session, *, conversation_id: int, kind: str) -> bool:
    """Whether the last word on this kind was a withdrawal."""
    last = session.scalars(
        select(Consent)
        .where(Consent.conversation_id == conversation_id, Consent.kind == kind)
        .order_by(Consent.id.desc())
        .limit(1)
    ).first()
    return last is not None and last.withdrawn_at is not None


def list_consents(session: Session, *, conversation_id: int) -> list[Consent]:
    """All consents and notices of a conversation, oldest first."""
    return list(
        session.scalars(
            select(Consent).where(Consent.conversation_id == conversation_id).order_by(Consent.id)
        )
    )


def withdraw_consent(
    session: Session, *, conversation_id: int, kind: str, by: str, now: datetime
) -> Sequence[str]:
    """Take a consent back, with its effect, and write an audit line; the numbers of cases that changed.

    Withdrawing a consent abroad ends what waits to go out. Twice is once.
    Raises Refused("consent_unknown") for a kind that is no consent.
    """
    if kind not in WITHDRAWABLE:
        raise Refused("consent_unknown")
    lock_conversation(session, conversation_id)
    open_ones = session.scalars(
        select(Consent).where(
            Consent.conversation_id == conversation_id,
            Consent.kind == kind,
            Consent.withdrawn_at.is_(None),
        )
    ).all()
    for consent in open_ones:
        consent.withdrawn_at = now
    numbers: list[str] = []
    if kind in (CONTACT, GUARDIAN):
        cases = remove_contacts(session, conversation_id=conversation_id, now=now)
        numbers = [case.number for case in cases]
    if kind == GUARDIAN:
        conversation = session.get_one(Conversation, conversation_id)
        conversation.guardian = "needed" if conversation.guardian else None
    if kind == ABROAD:
        # From now on core.deliveries lets only answers out.
        end_deliveries(session, conversation_id=conversation_id, failure="consent_withdrawn")
    if open_ones or numbers:
        record_audit(
            session,
            actor=by,
            action="consent.withdraw",
            subject=f"conversation:{conversation_id}",
            purpose=f"{kind} (version {', '.join(sorted({c.version for c in open_ones})) or '-'})",
            now=now,
        )
    session.flush()
    return numbers
