"""The run's own service with Telegram before it, and a citizen who writes there. It must know no stand-in.

Rasa, the actions app, the database and the photos are those of the fixture `stack`; a public app and a
worker of our own have Telegram's settings. So a real talk costs four seconds, not another Rasa.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import func, select

from app.settings import Settings
from core.attachments import AttachmentStore
from core.database import Database
from core.models.conversation import Attachment, Conversation, Delivery, Turn
from tests.journeys.talk import FormTalk
from tests.peers.chat_view import ChatUser, Seen
from tests.ports import free_port
from tests.stack import Stack, wait_until

CHANNEL = "telegram"
# To the end of an answer of several messages: one a second goes to a chat after the first four.
PATIENCE = 30.0


@contextmanager
def telegram_service(stack: Stack, *names: str, **telegram: str) -> Iterator[Stack]:
    """Run the programs ``names`` over the state of ``stack`` with these `telegram_…` settings.

    The worker of ``stack`` rests meanwhile: its Telegram is the simulated one, where nobody knows the
    citizens of this one. For the same reason nothing may be left to say in the end.
    """
    values = stack.settings.model_dump(exclude_none=True)
    settings = Settings.load(**{**values, "public_port": free_port(), **telegram})
    service = Stack(settings, stack.telegram)
    stack.stop("worker")
    try:
        with _all_is_said(service):
            service.start(*names)
            yield service
    finally:
        service.stop()
        stack.start("worker")


@contextmanager
def _all_is_said(service: Stack) -> Iterator[None]:
    """In the talks that begin in the block no turn may fail, and every answer must go out."""
    database = service.database()

    def states() -> set[str]:
        with database.reading() as session:
            turns = select(Turn.state).where(Turn.conversation_id > newest)
            sent = select(Delivery.state).where(Delivery.conversation_id > newest)
            return {*session.scalars(turns), *session.scalars(sent)}

    def ended() -> bool:
        found = states()
        assert "failed" not in found, found
        return found <= {"answered", "sent"}

    try:
        with database.reading() as session:
            newest = session.scalar(select(func.max(Conversation.id))) or 0
        yield
        wait_until(ended, what="the end of everything under way")
    finally:
        database.dispose()


class TelegramTalk(FormTalk):
    """One citizen before a stand-in, and what the service keeps of the talk."""

    def __init__(self, user: ChatUser, service: Stack, database: Database) -> None:
        self.user = user
        self.database = database
        self.store = AttachmentStore(service.settings.attachments_dir)
        self.seen: list[Seen] = []
        self.acted = 0

    def act(self, send: Callable[[], object]) -> list[str]:
        """Do something at the stand-in and wait until it is kept and answered to the last message."""
        before = len(self.turns())
        self.acted += 1
        send()
        wait_until(
            lambda: len(self.turns()) > before and self._at_rest(),
            seconds=PATIENCE,
            what="the answer of the service",
        )
        new = self.user.next_messages()
        self.seen += new
        return [seen.text for seen in new]

    def say(self, text: str) -> list[str]:
        """Write to the bot; its answer."""
        return self.act(lambda: self.user.send_text(text))

    def press(self, index: int = 0) -> list[str]:
        """Press a button under the last question; the answer."""
        question = self.question()
        return self.act(lambda: self.user.press(question, question.buttons[index].label))

    def question(self) -> Seen:
        """The last message with buttons, as it came."""
        return next(seen for seen in reversed(self.seen) if seen.buttons)

    def texts(self) -> list[str]:
        """All that the citizen was told, oldest first."""
        return [seen.text for seen in self.seen]

    def await_text(self, part: str) -> Seen:
        """The first message with ``part``, once it is there."""

        def found() -> Seen | None:
            return next((seen for seen in self.user.messages() if part in seen.text), None)

        seen = wait_until(found, seconds=PATIENCE, what=f"a message with {part!r}")
        assert isinstance(seen, Seen)
        return seen

    def await_labels(self, message_id: int, *labels: str) -> None:
        """Wait until exactly these buttons are left under a message."""

        def left() -> bool:
            now = next(seen for seen in self.user.messages() if seen.message_id == message_id)
            return tuple(button.label for button in now.buttons) == labels

        wait_until(left, what=f"the buttons {labels}")

    def conversation_id(self) -> int:
        """Our conversation; a chat's first word opens it."""
        found = self._conversation()
        assert found is not None, "nothing of this chat was kept yet"
        return found

    def turns(self) -> Sequence[Turn]:
        """What we said, as kept."""
        with self.database.reading() as session:
            return session.scalars(
                select(Turn).where(Turn.conversation_id == self._conversation()).order_by(Turn.id)
            ).all()

    def deliveries(self) -> Sequence[Delivery]:
        """What the service said, as kept."""
        with self.database.reading() as session:
            return session.scalars(
                select(Delivery)
                .where(Delivery.conversation_id == self.conversation_id())
                .order_by(Delivery.id)
            ).all()

    def photos(self, *ids: int) -> list[bytes]:
        """The stored content of these attachments."""
        with self.database.reading() as session:
            hashes = [session.get_one(Attachment, number).sha256 for number in ids]
        return [self.store.path(each).read_bytes() for each in hashes]

    def _conversation(self) -> int | None:
        with self.database.reading() as session:
            return session.scalars(
                select(Conversation.id).where(
                    Conversation.channel == CHANNEL,
                    Conversation.address == str(self.user.chat_id),
                )
            ).first()

    def _at_rest(self) -> bool:
        return not self.open_turns() and {each.state for each in self.deliveries()} <= {"sent"}
