"""Puts personal data in a department's callback away before it is kept. Must not record or apply it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from core.case_queries import find_case
from core.department_callbacks import Callback
from core.put_away import Words, in_plain_words


def put_callback_away(
    session: Session, callback: Callback, *, words: Words, now: datetime
) -> Callback:
    """The callback with tokens of its case's conversation, in the caller's transaction.

    A case that is not there has no vault: then words such as "(전화번호)" stand in their place.
    """
    case = find_case(session, number=callback.case_number)

    def away(text: str) -> str:
        if case is None:
            return in_plain_words(text, public=words.public_numbers)
        return words.put_away(session, text, conversation_id=case.conversation_id, now=now)

    return replace(
        callback,
        note=away(callback.note),
        photos=tuple((url, away(alt)) for url, alt in callback.photos),
    )
