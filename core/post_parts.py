"""What changes of posts have in common: their place, their delivery, their line. Must not change a post."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.audit import record_audit
from core.conversations import ensure_conversation, reopen_conversation
from core.delivery_changes import cancel_delivery
from core.models.conversation import Conversation
from core.models.post import Post
from core.post_queries import open_correction


def take_back(session: Session, post: Post) -> bool:
    """Whether nothing of it has gone or goes out any more."""
    if post.delivery_id is None:
        return True
    return cancel_delivery(session, delivery_id=post.delivery_id, failure="taken back", whole=True)


def problem_with_original(session: Session, post: Post) -> str | None:
    """Why this correction cannot go out; None for a post that corrects none."""
    if post.corrects_post_id is None:
        return None
    original = session.get_one(Post, post.corrects_post_id)
    deleting = original.deletion_id is not None and original.failure is None
    if original.state != "sent" or deleting:
        return "original_gone"
    rival = open_correction(session, of=original.id, beside=post.id)
    return "correction_open" if rival is not None else None


def place_of(session: Session, post: Post, now: datetime) -> Conversation:
    """The channel's conversation. A closed one is tried again: a person has just asked for it."""
    conversation = ensure_conversation(
        session, channel=post.channel, address=post.address, visibility="public", now=now
    )
    reopen_conversation(session, conversation)
    return conversation


def note(
    session: Session,
    post: Post,
    action: str,
    now: datetime,
    *,
    officer_id: int | None = None,
    why: str = "",
) -> None:
    """One line in the audit log, with the hash of what it is about."""
    record_audit(
        session,
        actor="system" if officer_id is None else f"officer:{officer_id}",
        action=action,
        subject=f"post:{post.id}",
        purpose=f"hash={post.content_hash[:16]} {why}".strip()[:200],
        now=now,
    )
