"""Reads what one browser may read of its conversation. Must not write to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from bots.web_files import UrlOf
from bots.web_input import CHANNEL
from bots.web_render import line_data
from core.conversations import find_conversation
from core.database import Database
from core.put_away import reread
from core.texts import Texts
from core.transcript import Line, has_open_line, transcript
from core.vault import Vault

HISTORY_LINES = 200


@dataclass(frozen=True)
class Cursor:
    """What a browser has already: the last delivery and the last turn, by id."""

    delivery: int = 0
    turn: int = 0


@dataclass(frozen=True)
class Page:
    """Lines after a cursor, in reading order, and whether an answer is being written."""

    lines: Sequence[Line]
    waiting: bool
    cursor: Cursor

    def to_data(self, texts: Texts, url_of: UrlOf) -> dict[str, Any]:
        """As JSON for the browser; ``after`` and ``turn`` ask for what comes next."""
        return {
            "messages": [line_data(texts, line, url_of) for line in self.lines],
            "waiting": self.waiting,
            "after": self.cursor.delivery,
            "turn": self.cursor.turn,
        }


def read_after(database: Database, *, address: str, cursor: Cursor, vault: Vault) -> Page:
    """What this address may read after ``cursor`` (at most the last 200 lines).

    What officers and departments wrote to it is read whole, from ``vault``.
    """
    with database.reading() as session:
        conversation = find_conversation(session, channel=CHANNEL, address=address)
        if conversation is None:
            return Page((), False, cursor)
        every = transcript(
            session,
            conversation_id=conversation.id,
            limit=HISTORY_LINES,
            after_turn=cursor.turn,
            after_delivery=cursor.delivery,
        )
        every = [
            replace(line, **_whole(session, line, conversation.id, vault)) if line.told else line
            for line in every
        ]
        # Not with a person (nobody knows how long that takes), and not after the citizen was told that
        # the answer is late.
        waiting = (
            conversation.mode == "bot"
            and conversation.told_late_at is None
            and has_open_line(session, conversation_id=conversation.id)
        )
    new = [line for line in every if line.kind == "turn" or line.state == "sent"]
    last = {"delivery": cursor.delivery, "turn": cursor.turn}
    for line in new:
        last[line.kind] = max(last[line.kind], line.id)
    return Page(
        lines=new,
        waiting=waiting,
        cursor=Cursor(delivery=last["delivery"], turn=last["turn"]),
    )


def _whole(session: Session, line: Line, conversation_id: int, vault: Vault) -> dict[str, Any]:
    if line.reply is None or line.state != "sent":
        return {}
    reply = reread(session, line.reply, conversation_id=conversation_id, vault=vault)
    return {"text": reply.text, "reply": reply}
