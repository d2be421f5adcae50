"""Tables of talk: conversation, turn, delivery and what hangs on them. Must not hold rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Conversation(Base):
    """One citizen's talk with the city on one channel."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("channel", "address", "visibility"),
        Index("ix_conversation_leased_until", "leased_until"),
        Index("ix_conversation_last_turn_at_id", "last_turn_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(128))
    visibility: Mapped[str] = mapped_column(String(10), default="private")
    mode: Mapped[str] = mapped_column(String(10), default="bot")
    officer_id: Mapped[int | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    # When it began, until the first turn: the officers' list goes by it.
    last_turn_at: Mapped[datetime | None] = mapped_column(default=None)
    # When the last turn was answered; Rasa's idle time is measured from here.
    last_answered_at: Mapped[datetime | None] = mapped_column(default=None)
    # The lease: who works this conversation, until when; the token fences a worker that slept too long.
    lease_token: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(default=None)
    # Set while the citizen has been told that the answer is late, so that it is said once.
    told_late_at: Mapped[datetime | None] = mapped_column(default=None)
    # When this citizen was last told that messages come too fast.
    told_flood_at: Mapped[datetime | None] = mapped_column(default=None)
    # Rasa heard what it must not keep; it forgets this conversation before it hears anything more.
    forget_in_rasa: Mapped[bool] = mapped_column(default=False, server_default=false())
    # How far the provider's allowance for this one chat is used up; see core.pacing.
    paced_until: Mapped[datetime | None] = mapped_column(default=None)
    # Who writes said to be under 14: "needed" until a guardian "agreed" (core.guardians). No age is kept.
    guardian: Mapped[str | None] = mapped_column(String(10), default=None)


class Turn(Base):
    """One inbound message; the rows form the queue of work. ``text`` holds tokens, never personal data."""

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_turn_conversation_id_id", "conversation_id", "id"),
        Index(
            "ix_turn_author",
            "author",
            sqlite_where=text("author IS NOT NULL"),
            postgresql_where=text("author IS NOT NULL"),
        ),
        Index(
            "ix_turn_open",
            "conversation_id",
            "sequence",
            "id",
            sqlite_where=text("state IN ('received', 'in_work')"),
            postgresql_where=text("state IN ('received', 'in_work')"),
        ),
        Index(
            "ix_turn_failed",
            "channel",
            "arrived_at",
            sqlite_where=text("state IN ('failed')"),
            postgresql_where=text("state IN ('failed')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="")
    choice: Mapped[str | None] = mapped_column(String(64), default=None)
    location: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    attachment_ids: Mapped[list[Any]] = mapped_column(default=list)
    # Kinds of personal data that were refused at the door ("resident_number").
    refused: Mapped[list[Any]] = mapped_column(default=list)
    # The vault token under which the raw text lies when redaction failed; nobody has read it yet.
    unread_token: Mapped[str | None] = mapped_column(String(32), default=None)
    emergency: Mapped[str | None] = mapped_column(String(40), default=None)
    # "rude", or "only" where a message says nothing else; a mark for officers, nothing is refused for it.
    abuse: Mapped[str | None] = mapped_column(String(8), default=None)
    # What the citizen must hear about parts that could not be taken ("file_too_large").
    problems: Mapped[list[Any]] = mapped_column(default=list)
    # Files that the provider still holds; each goes as soon as it is fetched or given up.
    files: Mapped[list[Any]] = mapped_column(default=list)
    # The provider's order of messages, where it has one.
    sequence: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # Identities of what was joined into this turn: parts of an album, edits.
    parts: Mapped[list[Any]] = mapped_column(default=list)
    # Grows with each edit or late part; ``revised`` says what was there at the last answer.
    revision: Mapped[int] = mapped_column(default=0)
    revised: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    edited_at: Mapped[datetime | None] = mapped_column(default=None)
    # Texts before each edit, oldest first: what a citizen wrote is never lost.
    earlier_texts: Mapped[list[Any]] = mapped_column(default=list)
    # The provider's id of the message that this one replies to.
    reply_to: Mapped[str | None] = mapped_column(String(120), default=None)
    # What a link into the private chat carried ("/start <context>").
    context: Mapped[str | None] = mapped_column(String(64), default=None)
    # In public: the private address of who wrote, so that only they can go on from here.
    author: Mapped[str | None] = mapped_column(String(128), default=None)
    state: Mapped[str] = mapped_column(String(12), default="received")
    arrived_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    failure: Mapped[str | None] = mapped_column(String(200), default=None)


class Delivery(Base):
    """One outgoing message; the rows form the queue of sending."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_delivery_conversation_id_id", "conversation_id", "id"),
        # What waits in one conversation, and what waits on one channel, each in the order of sending.
        Index(
            "ix_delivery_open",
            "conversation_id",
            "priority",
            "id",
            sqlite_where=text("state IN ('pending', 'sending')"),
            postgresql_where=text("state IN ('pending', 'sending')"),
        ),
        Index(
            "ix_delivery_queue",
            "channel",
            "priority",
            "id",
            sqlite_where=text("state IN ('pending', 'sending')"),
            postgresql_where=text("state IN ('pending', 'sending')"),
        ),
        Index(
            "ix_delivery_troubled",
            "state",
            "channel",
            "id",
            sqlite_where=text("state IN ('failed', 'unsure')"),
            postgresql_where=text("state IN ('failed', 'unsure')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(128))
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turn.id"), default=None)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("civil_case.id"), default=None)
    kind: Mapped[str] = mapped_column(String(12))
    # 0: talk, 1: a broadcast, which never makes talk wait.
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    # How many of its messages are out: a long text is several messages at the provider.
    parts_done: Mapped[int] = mapped_column(default=0)
    # Who speaks: "bot" or "officer:<id>"; shown in the transcript.
    speaker: Mapped[str] = mapped_column(String(40), default="bot")
    payload: Mapped[dict[str, Any]]
    # The first attachment in ``payload``, as a column, so that a citizen's right to see it is one look-up.
    image_id: Mapped[int | None] = mapped_column(
        ForeignKey("attachment.id"), index=True, default=None
    )
    dedupe_key: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    provider_id: Mapped[str | None] = mapped_column(String(120), default=None)
    # The provider's ids of all its messages that are out, in order.
    provider_ids: Mapped[list[Any]] = mapped_column(default=list)
    # send | edit | delete; the last two change the messages ``targets`` (provider's ids).
    action: Mapped[str] = mapped_column(String(8), default="send")
    targets: Mapped[list[Any]] = mapped_column(default=list)
    failure: Mapped[str | None] = mapped_column(String(200), default=None)


class ChannelPace(Base):
    """How far a provider's allowance for all our messages is used up (core.pacing)."""

    __tablename__ = "channel_pace"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    paced_until: Mapped[datetime | None] = mapped_column(default=None)
    # The provider has told us to be silent until then.
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    # The last chat for which the provider said "too fast", and when.
    refused_conversation_id: Mapped[int | None] = mapped_column(default=None)
    refused_at: Mapped[datetime | None] = mapped_column(default=None)


class NamedLease(Base):
    """The right of one process to do what only one may do at a time (polling a provider)."""

    __tablename__ = "named_lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64), default="")
    until: Mapped[datetime]


class Attachment(Base):
    """One stored picture, video or document. The file is named by its hash; several rows may share a file."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index(
            "ix_attachment_waiting",
            "id",
            sqlite_where=text("scan IN ('waiting')"),
            postgresql_where=text("scan IN ('waiting')"),
        ),
        Index(
            "ix_attachment_place",
            "created_at",
            sqlite_where=text("place_token IS NOT NULL"),
            postgresql_where=text("place_token IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int | None] = mapped_column(
        ForeignKey("conversation.id"), index=True, default=None
    )
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    source: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    # unscanned | waiting | clean | infected; see core.file_scan.
    scan: Mapped[str] = mapped_column(String(12), default="unscanned", server_default="unscanned")
    # What the scanner calls the thing it found.
    scan_note: Mapped[str | None] = mapped_column(String(80), default=None)
    scanned_at: Mapped[datetime | None] = mapped_column(default=None)
    scan_attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    scan_next_at: Mapped[datetime | None] = mapped_column(default=None)
    # The vault's token for where it was taken, until the citizen has said yes or no (core.photo_places).
    place_token: Mapped[str | None] = mapped_column(String(32), default=None)


class Draft(Base):
    """A report that is not yet filed: what Rasa's form holds, kept by us for 24 hours."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_state_updated_at", "state", "updated_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    slots: Mapped[dict[str, Any]]
    requested_slot: Mapped[str | None] = mapped_column(String(40), default=None)
    state: Mapped[str] = mapped_column(String(12), default="open")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)


class Handover(Base):
    """A conversation that waits for, or is with, a person."""

    __tablename__ = "handover"
    __table_args__ = (Index("ix_handover_open", "closed_at", "emergency", "opened_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    emergency: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(default=None)
    taken_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
