"""Takes one update in: parse, keep, start the work, answer the touch. Must not wait for Rasa or Telegram.

When it returns, what was said is committed; when it raises TemporaryFailure nothing is lost, because
Telegram keeps the update and brings it again (for 24 hours).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from bots.limits import RateLimit
from bots.received import ReceivedTurn
from bots.telegram_client import Me
from bots.telegram_parse import (
    CHANNEL,
    Ignored,
    Moved,
    NameNeeded,
    Reach,
    Talk,
    parse_update,
    salvage,
)
from core.conversations import (
    close_conversation,
    find_conversation,
    move_conversations,
    reopen_conversation,
)
from core.database import Database
from core.errors import TemporaryFailure
from core.inbound import InboundMessage
from core.texts import Texts

log = logging.getLogger(__name__)

# A person in a hurry and a forwarded handful of photos stay below it.
MESSAGES_PER_MINUTE = 40
MESSAGES_AT_ONCE = 25
# Of all who write in one group.
GROUP_PER_MINUTE = 120
GROUP_AT_ONCE = 80
# Seconds until a group's message is brought again that came before the bot knew its own name.
NAME_WAIT = 2.0
# Seconds after which nobody waits any more for an update that was passed over.
MISSING_FOR = 0.5
# A gap that is larger is none: after a quiet week ids begin anew somewhere.
MOST_MISSING = 100


class Answers(Protocol):
    """How a pressed button is answered; see ``bots.telegram_sender.TelegramAnswers``."""

    def answer_press(self, callback_id: str, *, notice: str = "") -> None:
        """End the button's spinning."""
        ...

    def keep_only(self, address: str, message_id: int, *, choice: tuple[str, str] | None) -> None:
        """Leave the chosen button under the question, or none."""
        ...


@dataclass(frozen=True)
class Press:
    """What a pressed button means now: "chosen", "stale", "repeated" or "unknown", and its title.

    ``settled``: another one under the same question was pressed before and stays there.
    """

    outcome: str
    title: str = ""
    settled: bool = False


@dataclass(frozen=True)
class IntakeDeps:
    """What the intake needs from the rest of the service.

    ``keep_unread`` keeps the words alone where ``receive`` breaks on a message.
    ``kick(conversation_id, after)`` starts the work in the background; ``press_of`` says what the
    press of a kept turn means; ``me`` who the bot is, or None while that is not known.
    """

    database: Database
    receive: Callable[[InboundMessage], ReceivedTurn]
    keep_unread: Callable[[InboundMessage], ReceivedTurn]
    kick: Callable[[int, float], None]
    press_of: Callable[[int], Press]
    answers: Answers
    me: Callable[[], Me | None]
    texts: Texts


class Intake:
    """Serves all of a process's updates; thread-safe."""

    def __init__(self, deps: IntakeDeps, *, limit: RateLimit | None = None) -> None:
        self._deps = deps
        # Where many people write, together.
        self._group_limit = RateLimit(
            per_minute=GROUP_PER_MINUTE, burst=GROUP_AT_ONCE, clock=time.time
        )
        self._limit = limit or RateLimit(
            per_minute=MESSAGES_PER_MINUTE, burst=MESSAGES_AT_ONCE, clock=time.time
        )
        self._highest: int | None = None
        # Updates that were passed over, and when that was seen.
        self._missing: dict[int, float] = {}
        self._lock = threading.Lock()

    def take(self, update: object) -> None:
        """Keep what one update says. Raises TemporaryFailure if it could not be kept."""
        if not isinstance(update, Mapping) or not isinstance(update.get("update_id"), int):
            log.warning("telegram: an update without an id was left out")
            return
        try:
            parsed = parse_update(update, me=self._deps.me())
        except Exception as error:
            # Only the type: an exception's words may hold a citizen's.
            log.error("update %s cannot be read: %s", update["update_id"], type(error).__name__)
            saved = salvage(update)
            parsed = Talk(saved) if saved is not None else Ignored("broken")
        if isinstance(parsed, Talk):
            self._keep(parsed, unsettled=self._is_ahead(update["update_id"]))
            return
        if isinstance(parsed, NameNeeded):
            # The client is asking just now; Telegram brings the message again.
            raise TemporaryFailure("telegram: the bot's own name is not known yet", NAME_WAIT)
        self._is_ahead(update["update_id"])
        if isinstance(parsed, Reach):
            self._note_reach(parsed)
        elif isinstance(parsed, Moved):
            with self._deps.database.transaction() as session:
                move_conversations(session, channel=CHANNEL, old=parsed.old, new=parsed.new)
        else:
            log.debug("update %s ignored: %s", update["update_id"], parsed.why)

    def _keep(self, talk: Talk, *, unsettled: bool) -> None:
        message = replace(talk.message, unsettled=unsettled)
        who = message.author or message.address
        # By the time of writing: what comes in a heap after an outage was not written in a heap.
        written = message.edited_at or message.sent_at
        at = written.timestamp() if written is not None else None
        too_much = self._limit.take(who, at=at) is not None
        if message.author is not None:
            too_much = self._group_limit.take(message.address, at=at) is not None or too_much
        if too_much:
            message = replace(message, flood=True, files=())
        received = self._receive(message)
        if talk.callback_id is not None:
            self._answer_press(talk, received)
        if not received.duplicate and not message.flood:
            # What is too much is not worked; what there is to say of it, the worker sends.
            self._kick(received.conversation_id, message)

    def _receive(self, message: InboundMessage) -> ReceivedTurn:
        try:
            return self._deps.receive(message)
        except TemporaryFailure:
            raise
        except Exception as error:
            # A fault of ours must not cost the words, nor have Telegram bring them for ever. Only
            # the type: an exception's words may hold a citizen's.
            log.error("a message is kept unread: %s", type(error).__name__)
            return self._deps.keep_unread(message)

    def _kick(self, conversation_id: int, message: InboundMessage) -> None:
        held = 1.25 if message.part is not None else 0.35 if message.unsettled else 0.0
        self._deps.kick(conversation_id, held)

    def _answer_press(self, talk: Talk, received: ReceivedTurn) -> None:
        assert talk.callback_id is not None
        press = self._deps.press_of(received.turn_id)
        stale = press.outcome in ("stale", "unknown")
        notice = self._deps.texts.render("telegram_stale") if stale else ""
        self._deps.answers.answer_press(talk.callback_id, notice=notice)
        if received.duplicate or talk.message_id is None:
            return
        if press.outcome == "repeated" or press.settled:
            return
        choice = (press.title, talk.message.choice or "") if press.outcome == "chosen" else None
        self._deps.answers.keep_only(talk.message.address, talk.message_id, choice=choice)

    def _is_ahead(self, update_id: int) -> bool:
        """Whether updates before this one are missing so far. Ids grow by one (Bot API, Update)."""
        now = time.monotonic()
        with self._lock:
            before, self._highest = self._highest, max(self._highest or update_id, update_id)
            self._missing.pop(update_id, None)
            if before is not None and update_id > before + 1:
                gap = range(max(before + 1, update_id - MOST_MISSING), update_id)
                self._missing |= dict.fromkeys(gap, now)
            for each in [each for each, at in self._missing.items() if now - at > MISSING_FOR]:
                del self._missing[each]
            return any(each < update_id for each in self._missing)

    def _note_reach(self, reach: Reach) -> None:
        with self._deps.database.transaction() as session:
            conversation = find_conversation(
                session, channel=CHANNEL, address=reach.address, visibility=reach.visibility
            )
            if conversation is None:
                return
            if reach.open:
                reopen_conversation(session, conversation)
            else:
                close_conversation(session, conversation_id=conversation.id, reason="blocked")
