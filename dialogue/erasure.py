"""Erases what is due: Rasa and search indexes, our rows, then the files. Must not decide what goes.

Each step may be done twice, and an erasure is done only after the last: whatever fails is tried again
at the next pass from the beginning.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.conversations import Lease, renew_lease
from core.database import Database
from core.erasure import (
    due_erasures,
    erase_conversation,
    find_erasure,
    finish_erasure,
    unused_files,
)
from core.errors import TemporaryFailure
from core.failpoints import failpoint
from core.files import FileStore
from core.masking import conversations_to_forget, note_forgotten
from core.models.conversation import Conversation
from core.ports import Now, SearchIndex
from dialogue.leases import Leases
from dialogue.rasa import RasaClient

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NotedErasure:
    """An erasure as it is written down outside the database. Ids come again after a restore: ``began``,
    when the conversation began, tells whether it is the same one.
    """

    conversation_id: int
    began: datetime
    requested_at: datetime
    by: str


NoteErasure = Callable[[NotedErasure], None]


def erase_due(
    *,
    database: Database,
    rasa: RasaClient,
    store: FileStore,
    now: Now,
    leases: Leases | None = None,
    indexes: Sequence[SearchIndex] = (),
    note: NoteErasure = lambda _erasure: None,
) -> int:
    """One pass over the due erasures; returns how many were finished. One that fails stops no other.

    ``note`` writes the erasure down outside the database before anything goes, so that a restored backup
    does not undo it.
    """
    own = leases or Leases(database=database, now=now)
    with database.reading() as session:
        due = [each.conversation_id for each in due_erasures(session, now=now())]
    forget_due(database=database, rasa=rasa, now=now, leases=own)
    done = 0
    for conversation_id in due:
        try:
            done += _erase(
                conversation_id,
                database=database,
                rasa=rasa,
                store=store,
                now=now,
                leases=own,
                indexes=indexes,
                note=note,
            )
        except TemporaryFailure as error:
            log.warning("conversation %s is erased later: %s", conversation_id, error)
        except Exception as error:
            # Only the type: an exception's words may hold a citizen's.
            log.error("conversation %s is not erased: %s", conversation_id, type(error).__name__)
    if leases is None:
        own.stop()
    if done:
        database.empty_log()
    return done


def forget_due(*, database: Database, rasa: RasaClient, now: Now, leases: Leases) -> None:
    """Have Rasa forget the conversations of which it heard what it must not keep."""
    with database.reading() as session:
        due = conversations_to_forget(session)
    for conversation_id in due:
        try:
            with leases.hold(conversation_id) as lease:
                if lease is not None:
                    forget_conversation(database, rasa, lease, now=now)
        except TemporaryFailure as error:
            log.warning("conversation %s is forgotten later: %s", conversation_id, error)


def forget_conversation(database: Database, rasa: RasaClient, lease: Lease, *, now: Now) -> None:
    """Erase Rasa's part of the conversation that the caller holds. Raises TemporaryFailure."""
    rasa.forget(lease.conversation_id)
    with database.transaction() as session:
        renew_lease(session, lease, now())
        note_forgotten(session, conversation_id=lease.conversation_id)
    # The words that were masked lie in SQLite's log until it is cut.
    database.empty_log()


def _erase(
    conversation_id: int,
    *,
    database: Database,
    rasa: RasaClient,
    store: FileStore,
    now: Now,
    leases: Leases,
    indexes: Sequence[SearchIndex],
    note: NoteErasure,
) -> bool:
    # With the lease nobody works the conversation meanwhile, so Rasa learns nothing anew.
    with leases.hold(conversation_id) as lease:
        if lease is None:
            return False
        _write_down(conversation_id, database=database, note=note)
        rasa.forget(conversation_id)
        for index in indexes:
            index.forget(conversation_id)
        failpoint("rasa_forgot")
        with database.transaction() as session:
            renew_lease(session, lease, now())
            if not due_erasures(session, now=now(), conversation_id=conversation_id):
                # A message came while Rasa forgot: it is answered first.
                return False
            erase_conversation(session, conversation_id=conversation_id, now=now())
        failpoint("rows_erased")
    with database.transaction() as session:
        erasure = find_erasure(session, conversation_id=conversation_id)
        if erasure is None:
            return False
        # Inside the transaction, so that no new row can take up a file between look and removal.
        for sha256 in unused_files(session, erasure=erasure):
            store.remove(sha256)
        finish_erasure(session, erasure=erasure, now=now())
    return True


def _write_down(conversation_id: int, *, database: Database, note: NoteErasure) -> None:
    with database.reading() as session:
        erasure = find_erasure(session, conversation_id=conversation_id)
        if erasure is None:
            return
        began = session.get_one(Conversation, conversation_id).created_at
        noted = NotedErasure(conversation_id, began, erasure.requested_at, erasure.by)
    note(noted)
