"""Keeps Rasa's dialogue trackers in a SQLite file or a PostgreSQL database of their own; hides no failure.

Rasa wraps every store so that errors are only logged and trackers silently go to memory. This
store raises TrackerFailed, which passes through that wrapper, so that the channel can answer 503.
It must not keep anything that core needs: losing this file costs one re-asked question.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from sqlalchemy.engine import make_url

from nlu.failures import TrackerFailed
from nlu.quiet import describe

LOCK_TIMEOUT_SECONDS = 2.0
STATEMENT_SECONDS = 5

Result = TypeVar("Result")


class GuardedTrackerStore(SQLTrackerStore):
    """A store that works in a thread, waits two seconds for a lock, and tells of failure.

    endpoints.yml: `type: nlu.tracker_store.GuardedTrackerStore`, `db: ${SOTONG_RASA_TRACKER}`, which is
    the path of a SQLite file or, where several Rasas share the trackers, `postgresql://user:…@host/name`.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        db: str = "rasa-tracker.db",
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        timeout = float(kwargs.pop("timeout", LOCK_TIMEOUT_SECONDS))
        place = where(db, timeout)
        super().__init__(domain=domain, event_broker=event_broker, **place, **kwargs)
        # An SQLAlchemy error shows its parameters, which are the citizen's words.
        self.engine.hide_parameters = True
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _erase_what_is_deleted)
        else:
            # A connection that the server closed meanwhile must not cost a turn.
            self.engine.pool._pre_ping = True

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker with the events since the latest session start, or None."""
        return await self._guarded(self._load, sender_id, False)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The tracker with the events of all sessions, or None."""
        return await self._guarded(self._load, conversation_id, True)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the events that are not stored yet, in one transaction."""
        await self.stream_events(tracker)
        await self._guarded(self._store, tracker)

    async def keys(self) -> Iterable[str]:
        """The conversations that have a tracker."""
        return await self._guarded(self._senders)

    async def senders_after(self, after: str, limit: int) -> list[str]:
        """At most ``limit`` conversations with a tracker whose names come after ``after``, in order."""
        return await self._guarded(self._senders_after, after, limit)

    async def delete(self, sender_id: str) -> int:
        """Erase a conversation's tracker; returns how many events were erased."""
        return await self._guarded(self._delete, sender_id)

    async def answer_of(self, sender_id: str, message_id: str) -> list[BotUttered] | None:
        """What the bot said to this message, or None when the message was never finished.

        A tracker is saved only at the end of a turn, so a stored message is a finished one. All
        sessions are searched: a turn sent again after a new session must not be worked twice.
        """
        return await self._guarded(self._answer_of, sender_id, message_id)

    async def _guarded(self, work: Callable[..., Result], *args: Any) -> Result:
        # In a thread: waiting for a lock must not stop other conversations and the health check.
        try:
            return await asyncio.to_thread(work, *args)
        except Exception as error:
            raise TrackerFailed(f"{work.__name__}: {describe(error)}") from None

    def _load(self, sender_id: str, all_sessions: bool) -> DialogueStateTracker | None:
        with self.session_scope() as session:
            rows = self._event_query(
                session, sender_id, fetch_events_from_all_sessions=all_sessions
            ).all()
            events = [json.loads(row.data) for row in rows]
        if not events:
            return None
        return DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)

    def _store(self, tracker: DialogueStateTracker) -> None:
        with self.session_scope() as session:
            for event in self._additional_events(session, tracker):
                data = event.as_dict()
                session.add(
                    self.SQLEvent(
                        sender_id=tracker.sender_id,
                        type_name=event.type_name,
                        timestamp=data.get("timestamp"),
                        intent_name=data.get("parse_data", {}).get("intent", {}).get("name"),
                        action_name=data.get("name"),
                        data=json.dumps(data),
                    )
                )
            session.commit()

    def _senders(self) -> list[str]:
        with self.session_scope() as session:
            return [sender for (sender,) in session.query(self.SQLEvent.sender_id).distinct()]

    def _senders_after(self, after: str, limit: int) -> list[str]:
        name = self.SQLEvent.sender_id
        with self.session_scope() as session:
            query = session.query(name).filter(name > after).distinct().order_by(name).limit(limit)
            return [sender for (sender,) in query]

    def _delete(self, sender_id: str) -> int:
        with self.session_scope() as session:
            erased = (
                session.query(self.SQLEvent)
                .filter(self.SQLEvent.sender_id == sender_id)
                .delete(synchronize_session=False)
            )
            session.commit()
            return int(erased)

    def _answer_of(self, sender_id: str, message_id: str) -> list[BotUttered] | None:
        row = self.SQLEvent
        with self.session_scope() as session:
            said = session.query(row.id, row.data).filter(
                row.sender_id == sender_id,
                row.type_name == UserUttered.type_name,
                # A quick pre-selection; the exact comparison follows on the parsed event.
                row.data.contains(json.dumps(message_id), autoescape=True),
            )
            found = next(
                (key for key, data in said if json.loads(data).get("message_id") == message_id),
                None,
            )
            if found is None:
                return None
            later = (
                session.query(row.type_name, row.data)
                .filter(row.sender_id == sender_id, row.id > found)
                .order_by(row.id)
            )
            answer: list[BotUttered] = []
            for type_name, data in later:
                if type_name == UserUttered.type_name:
                    break
                if type_name == BotUttered.type_name:
                    answer.append(BotUttered._from_parameters(json.loads(data)))
            return answer


def where(db: str, timeout: float) -> dict[str, Any]:
    """What Rasa's own store must be told to keep its table at ``db``; ``timeout`` in seconds for a lock."""
    if "://" not in db:
        Path(db).parent.mkdir(parents=True, exist_ok=True)
        return {"db": db, "query": {"timeout": str(timeout)}}
    url = make_url(db)
    if url.get_backend_name() != "postgresql":
        raise RasaException(
            f"the trackers can lie in SQLite or PostgreSQL, not in {url.get_backend_name()}."
        )
    limits = (
        f"-c lock_timeout={int(timeout * 1000)} -c statement_timeout={STATEMENT_SECONDS * 1000}"
    )
    # psycopg 3, which the rest of Sotong uses, is not in Rasa's environment.
    url = url.set(drivername="postgresql+psycopg2").update_query_dict(
        {"connect_timeout": "5", "options": limits, "application_name": "sotong-rasa"}
    )
    return {"host": url.render_as_string(hide_password=False)}


def _erase_what_is_deleted(connection: Any, _record: Any) -> None:
    """Let SQLite overwrite deleted rows: erasing a citizen means that the bytes go too."""
    connection.execute("PRAGMA secure_delete = ON")
