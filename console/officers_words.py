"""Officers' words pass here before they are kept: personal data go to the vault. Must not keep a word itself.

Every form whose words are stored with a conversation or a case uses it, inside its transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from console.deps import ConsoleDeps
from core.put_away import Words


def put_away(
    deps: ConsoleDeps, *, conversation_id: int, now: datetime
) -> Callable[[Session, str], str]:
    """What takes a text and gives it with tokens of this conversation (``core.put_away``)."""
    words = Words.of(deps.city, deps.vault)
    return lambda session, text: words.put_away(
        session, text, conversation_id=conversation_id, now=now
    )
