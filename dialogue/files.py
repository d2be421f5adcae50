"""Fetches the files of a turn from its channel, one by one. Must not hold a transaction while it fetches.

Each file that is here, or given up, is recorded at once: what was fetched is not fetched again, and a
file that never comes does not hold up the citizen's other words for long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from core.conversations import Lease
from core.database import Database
from core.errors import PermanentFailure, ProviderAway, Refused, TemporaryFailure
from core.failpoints import failpoint
from core.inbound import Photo, RemoteFile
from core.photo_places import PhotoPlaces
from core.ports import FileSource, Now
from core.turn_changes import record_fetched

log = logging.getLogger(__name__)

# With waits of 2, 4, 8 and 16 s between them.
MOST_TRIES = 5


def fetch_files(
    *,
    database: Database,
    lease: Lease,
    turn_id: int,
    files: Sequence[RemoteFile],
    source: FileSource,
    accept: Callable[[bytes], Photo],
    may_keep: Callable[[int, int], None],
    attempts: int,
    now: Now,
    places: PhotoPlaces | None = None,
) -> None:
    """Fetch, check and record each file. Raises TemporaryFailure while one may still come.

    ``may_keep(conversation_id, size)`` raises Refused where there is no room for it.
    """
    waiting: TemporaryFailure | None = None
    for file in files:
        photo, problem = None, None
        try:
            # Before it is fetched where its size is known, and again with its true one.
            may_keep(lease.conversation_id, file.size or 0)
            data = source.fetch(file)
            may_keep(lease.conversation_id, len(data))
            photo = accept(data)
        except Refused as refused:
            problem = refused.code
        except PermanentFailure as failure:
            problem = failure.code
        except TemporaryFailure as failure:
            # While the provider is away, nothing could be said to the citizen either.
            if attempts < MOST_TRIES or isinstance(failure, ProviderAway):
                waiting = failure
                continue
            log.warning("a file of turn %s is given up: %s", turn_id, failure)
            problem = "file_lost"
        failpoint("file_fetched")
        with database.transaction() as session:
            ids = record_fetched(
                session,
                lease=lease,
                turn_id=turn_id,
                file=file,
                photo=photo,
                problem=problem,
                now=now(),
            )
            if photo is not None and ids and places is not None:
                places.keep(
                    session,
                    conversation_id=lease.conversation_id,
                    photos=[photo],
                    attachment_ids=ids,
                    now=now(),
                )
    if waiting is not None:
        raise waiting
