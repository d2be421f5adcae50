"""What officers' lists show, as read-only queries over several tables. Must not change anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.attachments import StoredFile, as_stored
from core.conversations import ERASED
from core.handovers import waiting
from core.models.case import Case
from core.models.conversation import Attachment, Conversation, Handover, Turn
from core.policy_questions import asked_before_handover

CASE_NUMBER = re.compile(r"(\d{4})-?(\d{1,6})")


@dataclass(frozen=True)
class LastWords:
    """The newest message of a citizen in one conversation; ``text`` holds tokens."""

    text: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class WaitingRow:
    """A conversation that waits for, or is with, a person."""

    conversation_id: int
    channel: str
    visibility: str
    mode: str
    reason: str
    emergency: bool
    opened_at: datetime
    taken_by: int | None
    last: LastWords | None
    # The policy question that found no answer, or none that helped, where that is the reason; holds tokens.
    question: str | None = None


@dataclass(frozen=True)
class ConversationRow:
    """One line of the list of conversations."""

    id: int
    channel: str
    visibility: str
    mode: str
    erased: bool
    officer_id: int | None
    last_at: datetime
    last: LastWords | None
    case_numbers: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """Somebody who wrote where others read along: their number there, their private conversation."""

    number: int
    conversation_id: int | None


def waiting_rows(session: Session) -> list[WaitingRow]:
    """Open handovers in the order of ``core.handovers.waiting``, each with the citizen's last words."""
    handovers = waiting(session)
    ids = [handover.conversation_id for handover in handovers]
    talks = {
        talk.id: talk
        for talk in session.scalars(select(Conversation).where(Conversation.id.in_(ids)))
    }
    last = _last_words(session, ids)
    asked = asked_before_handover(session, (handover.reason for handover in handovers))
    return [
        WaitingRow(
            conversation_id=handover.conversation_id,
            channel=talks[handover.conversation_id].channel,
            visibility=talks[handover.conversation_id].visibility,
            mode=talks[handover.conversation_id].mode,
            reason=handover.reason,
            emergency=handover.emergency,
            opened_at=handover.opened_at,
            taken_by=handover.taken_by,
            last=last.get(handover.conversation_id),
            question=asked.get(handover.reason),
        )
        for handover in handovers
    ]


def list_conversations(
    session: Session, *, search: str = "", channel: str = "", limit: int = 50, offset: int = 0
) -> list[ConversationRow]:
    """Conversations, the latest first, of one ``channel`` or ("") of all.

    ``search`` is a case number (``2026-000123`` or ``2026-123``).

    A search that is no case number finds nothing rather than everything.
    """
    query = select(Conversation).order_by(Conversation.last_turn_at.desc(), Conversation.id.desc())
    if search.strip():
        number = parse_case_number(search)
        if number is None:
            return []
        query = query.where(
            Conversation.id.in_(select(Case.conversation_id).where(Case.number == number))
        )
    if channel:
        query = query.where(Conversation.channel == channel)
    rows = list(session.scalars(query.limit(limit).offset(offset)))
    ids = [row.id for row in rows]
    last, numbers = _last_words(session, ids), _case_numbers(session, ids)
    return [
        ConversationRow(
            id=row.id,
            channel=row.channel,
            visibility=row.visibility,
            mode=row.mode,
            erased=is_erased(row),
            officer_id=row.officer_id,
            last_at=row.last_turn_at or row.created_at,
            last=last.get(row.id),
            case_numbers=tuple(numbers.get(row.id, ())),
        )
        for row in rows
    ]


def parse_case_number(text: str) -> str | None:
    """A case number as we write it, or None: ``2026 - 123`` → ``2026-000123``."""
    found = CASE_NUMBER.fullmatch(re.sub(r"\s+", "", text))
    return None if found is None else f"{found[1]}-{int(found[2]):06d}"


def channels_in_use(session: Session) -> list[str]:
    """The channels that have a conversation, in the order of their names."""
    # Each by a step in the index: DISTINCT would look at every conversation.
    names: list[str] = []
    while True:
        after = names[-1] if names else ""
        name = session.scalar(
            select(func.min(Conversation.channel)).where(Conversation.channel > after)
        )
        if name is None:
            return names
        names.append(name)


def is_erased(conversation: Conversation) -> bool:
    """Whether the citizen had everything in this conversation erased."""
    return conversation.address.startswith(ERASED)


def people_in(session: Session, *, conversation: Conversation) -> Mapping[str, Person]:
    """Who wrote in a conversation that others read, by ``turn.author``, in the order of their first words."""
    authors = list(
        session.scalars(
            select(Turn.author)
            .where(Turn.conversation_id == conversation.id, Turn.author.is_not(None))
            .group_by(Turn.author)
            .order_by(func.min(Turn.id))
        )
    )
    private = select(Conversation.address, Conversation.id).where(
        Conversation.channel == conversation.channel,
        Conversation.visibility == "private",
        Conversation.address.in_(authors),
    )
    found = {row.address: row.id for row in session.execute(private)}
    return {
        author: Person(number, found.get(author))
        for number, author in enumerate(authors, 1)
        if author is not None
    }


def find_conversation_by_id(session: Session, conversation_id: int) -> Conversation | None:
    """The conversation, or None."""
    return session.get(Conversation, conversation_id)


def open_handover_of(session: Session, *, conversation_id: int) -> Handover | None:
    """The handover of this conversation that is not closed, or None."""
    return session.scalars(
        select(Handover)
        .where(Handover.conversation_id == conversation_id, Handover.closed_at.is_(None))
        .limit(1)
    ).first()


def find_case_by_id(session: Session, case_id: int) -> Case | None:
    """The case, or None."""
    return session.get(Case, case_id)


def find_file(session: Session, attachment_id: int) -> StoredFile | None:
    """The stored file, or None when there is none or its type is never given out."""
    row = session.get(Attachment, attachment_id)
    return None if row is None else as_stored(row)


def _last_words(session: Session, ids: Sequence[int]) -> dict[int, LastWords]:
    # In two steps: as one, a planner may rather read all turns than look up fifty.
    newest = session.scalars(
        select(func.max(Turn.id))
        .where(Turn.conversation_id.in_(ids))
        .group_by(Turn.conversation_id)
    ).all()
    return {
        turn.conversation_id: LastWords(text=turn.text, kind=turn.kind, at=turn.arrived_at)
        for turn in session.scalars(select(Turn).where(Turn.id.in_(newest)))
    }


def _case_numbers(session: Session, ids: Iterable[int]) -> dict[int, list[str]]:
    numbers: dict[int, list[str]] = {}
    query = select(Case.conversation_id, Case.number).where(Case.conversation_id.in_(list(ids)))
    for conversation_id, number in session.execute(query.order_by(Case.id)):
        numbers.setdefault(conversation_id, []).append(number)
    return numbers
