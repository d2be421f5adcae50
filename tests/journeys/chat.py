"""A citizen on the simulated Telegram, for journeys. Must not be used by the service."""

from __future__ import annotations

import io
import itertools

from PIL import Image
from sqlalchemy import select

from core.models.case import Case
from core.models.conversation import Conversation, Draft, Turn
from tests.peers.telegram_sim import Seen, User
from tests.stack import Stack, wait_until

_numbers = itertools.count(70_001)


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return out.getvalue()


class Chat:
    """One citizen on Telegram."""

    def __init__(self, stack: Stack, *, patience: float = 40.0) -> None:
        """``patience``: seconds to wait for an answer."""
        self.stack = stack
        self.patience = patience
        self.user: User = stack.telegram.user(next(_numbers))
        self.database = stack.database()

    def said(self) -> list[Seen]:
        return list(self.user.messages)

    def rest(self) -> None:
        """Wait until everything is kept, answered and sent."""
        self.stack.telegram.wait_delivered(self.patience)

        def answered() -> bool:
            with self.database.reading() as session:
                states = session.scalars(
                    select(Turn.state)
                    .join(Conversation, Conversation.id == Turn.conversation_id)
                    .where(Conversation.address == str(self.user.chat_id))
                ).all()
            return bool(states) and all(state == "answered" for state in states)

        wait_until(answered, seconds=self.patience, what="an answer")
        self.quiet()

    def quiet(self) -> None:
        """Wait until nothing waits to go out."""

        def out() -> bool:
            with self.database.reading() as session:
                conversation = session.scalars(
                    select(Conversation).where(Conversation.address == str(self.user.chat_id))
                ).one()
                return not self.stack.open_deliveries(session, conversation.id)

        wait_until(out, seconds=self.patience, what="the end of sending")

    def say(self, text: str) -> int:
        message_id = self.user.send_text(text)
        self.rest()
        return message_id

    def press(self, title: str | int = 0) -> None:
        self.user.press(title)
        self.rest()

    def requested(self) -> str | None:
        """What the open report asks for."""
        with self.database.reading() as session:
            draft = session.scalars(
                select(Draft)
                .join(Conversation, Conversation.id == Draft.conversation_id)
                .where(Conversation.address == str(self.user.chat_id), Draft.state == "open")
            ).first()
            return draft.requested_slot if draft else None

    def draft(self) -> dict[str, object]:
        """What the newest report holds."""
        with self.database.reading() as session:
            draft = session.scalars(
                select(Draft)
                .join(Conversation, Conversation.id == Draft.conversation_id)
                .where(Conversation.address == str(self.user.chat_id))
                .order_by(Draft.id.desc())
            ).first()
        assert draft is not None
        return dict(draft.slots)

    def fill(self, until: str | None) -> None:
        """Answer what is asked until ``until`` is asked (None: until the report is filed)."""
        for _ in range(12):
            slot = self.requested()
            if slot == until:
                return
            assert slot is not None, [seen.text for seen in self.said()[-3:]]
            if slot == "contact":
                self.user.send_contact("+821012345678")
                self.rest()
            elif slot == "near":
                self.say("따로 신고할게요")
            elif slot == "photo":
                self.say("건너뛰기")
            elif slot == "where":
                self.say("시청역 2번 출구 앞이요")
            else:
                self.press(0)
        raise AssertionError(f"{until} was never asked")

    def cases(self) -> list[Case]:
        with self.database.reading() as session:
            return list(
                session.scalars(
                    select(Case)
                    .join(Conversation, Conversation.id == Case.conversation_id)
                    .where(Conversation.address == str(self.user.chat_id))
                )
            )
