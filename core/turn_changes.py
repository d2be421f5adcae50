"""What joins or changes a turn after it was recorded: album parts, edits, fetched files. Must not answer.

A turn that was answered before is worked once more (``revision`` grows, ``revised`` says what was
there at the last answer); one that still waits is simply changed. So a message stays one turn, however
late its parts and edits arrive.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.conversations import Lease, renew_lease
from core.inbound import InboundMessage, Photo, RemoteFile
from core.models.conversation import Turn
from core.turn_queue import is_open

# The parts of an album arrive within a moment of each other; each one starts this wait anew.
GATHER = timedelta(seconds=1.2)
# How long a message waits for one before it that may still be on its way.
SETTLE = timedelta(seconds=0.3)
# An edit among a turn's parts.
_EDIT = "edit:"


def join_part(turn: Turn, *, message: InboundMessage, text: str, now: datetime) -> bool:
    """Add one part of an album, with its redacted caption. False: this part was there already."""
    if message.part in turn.parts:
        return False
    if not _waits_unseen(turn):
        _revise(turn)
    turn.parts = [*turn.parts, message.part]
    turn.files = [*turn.files, *(file.to_data() for file in message.files)]
    turn.problems = [*turn.problems, *message.problems]
    if text:
        turn.text = f"{turn.text}\n{text}" if turn.text else text
    if turn.state == "received":
        turn.next_attempt_at = now + GATHER
        # The new file has not been tried yet, however often the turn was.
        turn.attempts = 0
    return True


def edit_turn(
    turn: Turn, *, text: str, edited_at: datetime, now: datetime, sequence: int | None = None
) -> Literal["changed", "same", "old"]:
    """Put the redacted ``text`` in the place of what was written; the words before it are kept.

    ``sequence`` is the edit's own place in the provider's order. "old": this edit, or a later one, is
    known already.
    """
    # Providers count whole seconds: two edits may bear the same one. Then the provider's order
    # counts, and without one the last to come.
    if turn.edited_at is not None:
        known = _last_edit(turn) if sequence is not None else None
        same_second = edited_at == turn.edited_at and known is not None
        if edited_at < turn.edited_at or (same_second and (sequence or 0) <= (known or 0)):
            return "old"
    turn.edited_at = edited_at
    if sequence is not None:
        turn.parts = [*turn.parts, f"{_EDIT}{sequence}"]
    if text == turn.text:
        return "same"
    if not _waits_unseen(turn):
        _revise(turn)
    turn.earlier_texts = [*turn.earlier_texts, {"text": turn.text, "until": now.isoformat()}]
    turn.text = text
    if turn.state == "received":
        turn.next_attempt_at = now
    return "changed"


def record_fetched(
    session: Session,
    *,
    lease: Lease,
    turn_id: int,
    file: RemoteFile,
    photo: Photo | None,
    problem: str | None,
    now: datetime,
) -> list[int]:
    """One file of a turn is here (``photo``) or given up (``problem``, a code). Twice is once.

    Returns the ids of the new attachments.
    """
    renew_lease(session, lease, now)
    turn = session.get_one(Turn, turn_id)
    left = [data for data in turn.files if data["reference"] != file.reference]
    if len(left) == len(turn.files):
        return []
    turn.files = left
    ids: list[int] = []
    if photo is not None:
        ids = record_attachments(
            session,
            photos=[photo],
            conversation_id=turn.conversation_id,
            source="citizen",
            now=now,
        )
        turn.attachment_ids = [*turn.attachment_ids, *ids]
    if problem is not None:
        turn.problems = [*turn.problems, problem]
    return ids


def are_waiting_for(session: Session, *, failure: str) -> bool:
    """Whether a turn waits for its next attempt because of a ``failure`` that begins so."""
    return session.scalars(_waiting_for(failure).limit(1)).first() is not None


def hurry_those_waiting_for(session: Session, *, failure: str, now: datetime) -> int:
    """What made those turns wait is over: they are due now. Returns how many."""
    found = session.execute(
        update(Turn)
        .where(Turn.id.in_(_waiting_for(failure)), Turn.next_attempt_at > now)
        .values(next_attempt_at=now)
    )
    return int(getattr(found, "rowcount", 0))


def _waiting_for(failure: str) -> Select[int]:
    return select(Turn.id).where(
        is_open(Turn.state), Turn.state == "received", Turn.failure.startswith(failure)
    )


def _last_edit(turn: Turn) -> int | None:
    """The highest place in the provider's order of an edit that is in this turn."""
    edits = [int(part.removeprefix(_EDIT)) for part in turn.parts if part.startswith(_EDIT)]
    # A message that came first as an edit bears that edit's number.
    return max([*edits, *([turn.sequence] if turn.sequence is not None else [])], default=None)


def _waits_unseen(turn: Turn) -> bool:
    """Whether nobody has begun to work this state of the turn."""
    return turn.state == "received" and (turn.answered_at is None or turn.revised is not None)


def _revise(turn: Turn) -> None:
    """Have the turn worked once more; while it is in work, its worker will see that it changed."""
    turn.revision += 1
    if turn.revised is None:
        turn.revised = {"text": turn.text, "attachments": len(turn.attachment_ids)}
    if turn.state in ("answered", "failed"):
        turn.state = "received"
        turn.attempts = 0
        turn.failure = None
