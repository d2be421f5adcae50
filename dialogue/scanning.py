"""Has waiting files looked at by the virus scanner and acts on its word. Must not hold a session meanwhile.

No verdict leaves the file in quarantine; it is tried again, ever more seldom, until there is one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from core.database import Database
from core.errors import TemporaryFailure
from core.file_scan import due_files, record_clean, record_infected, record_unanswered
from core.files import FileGone, FileStore
from core.ports import Now
from core.texts import Texts

log = logging.getLogger(__name__)


class Scanner(Protocol):
    """A virus scanner."""

    def scan(self, pieces: Iterable[bytes]) -> str | None:
        """The name of what was found, or None. Raises TemporaryFailure: no verdict."""
        ...


class FileScans:
    """One pass over what waits. ``released`` is called once where files became free for others."""

    def __init__(
        self,
        *,
        database: Database,
        store: FileStore,
        scanner: Scanner,
        texts: Texts,
        now: Now,
        released: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._store, self._scanner = database, store, scanner
        self._texts, self._now, self._released = texts, now, released

    def run_due(self) -> int:
        """Scan what is due; returns how many contents have a verdict now."""
        with self._database.reading() as session:
            due = due_files(session, now=self._now())
        done = 0
        for file in due:
            try:
                found = self._scanner.scan(self._store.stream(file.sha256))
            except FileGone:
                # Erased meanwhile, or lost: there is nothing that anybody could get.
                found = None
            except TemporaryFailure as failure:
                log.warning("a file stays in quarantine: %s", failure)
                with self._database.transaction() as session:
                    record_unanswered(
                        session, sha256=file.sha256, attempts=file.attempts, now=self._now()
                    )
                # The next one would wait as long for the same silence.
                break
            self._record(file.sha256, found)
            done += 1
        if done:
            self._released()
        return done

    def _record(self, sha256: str, found: str | None) -> None:
        if found is None:
            with self._database.transaction() as session:
                record_clean(session, sha256=sha256, now=self._now())
            return
        with self._database.transaction() as session:
            ids = record_infected(
                session, sha256=sha256, name=found, texts=self._texts, now=self._now()
            )
        # After the rows say so: nobody is given it even if this fails, and the next check finds it.
        self._store.remove(sha256)
        log.warning("%s found in attachments %s: content removed", found, ids)
