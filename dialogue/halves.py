"""Numbers that a citizen sends in two messages: the second completes the redaction of the first.

Must not talk to Rasa; a conversation of which Rasa heard the first half is marked, and forgotten there
before its next turn (`dialogue.runner`) or by the worker (`dialogue.erasure`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.masking import mask_turn, turns_just_before
from core.models.conversation import Conversation
from korean.findings import NOTICES
from korean.redact import Redaction
from korean.split_numbers import Split, find_splits, may_be_first_half

# A message that is nothing but six digits of a date waits so long for the rest, so that in most cases
# nobody hears the first half.
FIRST_HALF_WAITS = timedelta(seconds=3)
# A piece that is shorter may stand in other words by chance and is only taken out of its own message.
_LONG_ENOUGH = 6


def wait_for_second_half(text: str) -> timedelta:
    """How long a message is held back because the other half of a number may follow."""
    return FIRST_HALF_WAITS if text and len(text) < 60 and may_be_first_half(text) else timedelta(0)


def join_halves(
    session: Session,
    *,
    conversation: Conversation,
    redaction: Redaction,
    before: int | None,
    public_numbers: Collection[str],
    keep: Callable[[str, str], str],
    now: datetime,
) -> Redaction:
    """What is found in a message together with those just before it; the earlier pieces are masked.

    ``before``: the id of the message's own turn when it is known already. ``keep(kind, value)`` puts a
    value into the vault and gives its token.
    """
    earlier = turns_just_before(session, conversation_id=conversation.id, before=before, now=now)
    texts = [turn.text for turn in earlier]
    splits: list[tuple[Split, int]] = [
        (split, 0) for split in find_splits([*texts, redaction.text], public_numbers=public_numbers)
    ]
    # A word between the halves does not part them: 900101, "그게", 1234567.
    for index in range(len(texts) - 1):
        if splits:
            break
        pair = [texts[index], redaction.text]
        splits = [(split, index) for split in find_splits(pair, public_numbers=public_numbers)]
        splits = [(split, at) for split, at in splits if split.parts[0] is not None]
    for split, at in splits:
        put = NOTICES.get(split.kind) or keep(split.kind, split.value)
        for turn, piece in zip(earlier[at:], split.parts[:-1], strict=False):
            if piece is None:
                continue
            digits = sum(one.isalnum() for one in turn.text[piece[0] : piece[1]])
            everywhere = digits >= _LONG_ENOUGH
            mask_turn(
                session, conversation, turn, piece=piece, put=put, everywhere=everywhere, now=now
            )
    return _with(redaction, [split for split, _ in splits])


def _with(redaction: Redaction, splits: list[Split]) -> Redaction:
    if not splits:
        return redaction
    found = [split.last() for split in splits]
    spans = [
        span
        for span in redaction.spans
        if not any(span.start < one.end and one.start < span.end for one in found)
    ]
    refused = [*redaction.refused, *(one.kind for one in found if one.kind in NOTICES)]
    return replace(
        redaction,
        spans=tuple(sorted([*spans, *found], key=lambda span: span.start)),
        refused=tuple(dict.fromkeys(refused)),
    )
