"""Holds conversations' leases: takes, renews while the work lasts, gives back. Must not do the work itself.

A lease is short, so that a citizen does not wait long for a worker that died; a thread renews what this
process holds, so that a living one may take its time (docs/adr/0008). The lease's token, not the thread, is
what keeps a second worker's result out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from core.clock_jumps import ClockWatch
from core.conversations import LEASE, Lease, lease_conversation, release_lease, renew_lease
from core.database import Database
from core.errors import LeaseLost, TemporaryFailure
from core.ports import Now

log = logging.getLogger(__name__)

# Several tries before the lease runs out.
BEATS_IN_A_LEASE = 4
# Work that lasts so long hangs: somebody else may try.
LONGEST_HELD = 600.0

# Seconds between the tries to give a lease back.
RELEASE_AGAIN = (0.2, 0.5, 1.0, 2.0)


class Leases:
    """The leases of one process. Thread-safe; the thread begins with the first lease, ``stop`` ends it."""

    def __init__(
        self,
        *,
        database: Database,
        now: Now,
        lasts: timedelta = LEASE,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """``monotonic``: a clock that nobody sets, beside ``now``; without it ``now`` is believed."""
        self._database = database
        self._now = now
        self._lasts = lasts
        self._watch = (
            ClockWatch(now=now, monotonic=monotonic, settles_in=lasts) if monotonic else None
        )
        self._every = lasts.total_seconds() / BEATS_IN_A_LEASE
        self._changed = threading.Condition()
        self._held: dict[Lease, float] = {}
        self._thread: threading.Thread | None = None
        self._stopped = False

    @contextmanager
    def hold(self, conversation_id: int) -> Iterator[Lease | None]:
        """The lease for as long as the block lasts; None when somebody else has it."""
        steady = self._watch is None or self._watch.is_steady()
        with self._database.transaction(durable=False) as session:
            lease = lease_conversation(
                session,
                conversation_id=conversation_id,
                now=self._now(),
                lasts=self._lasts,
                run_out_too=steady,
            )
        if lease is None:
            yield None
            return
        self._keep(lease)
        try:
            yield lease
        finally:
            with self._changed:
                self._held.pop(lease, None)
            self._release(lease)

    def stop(self) -> None:
        """End the thread; what is still held runs out by itself."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _release(self, lease: Lease) -> None:
        """Give the conversation back, also after the database was away for a moment.

        Otherwise its citizen would wait until the lease has run out.
        """
        for pause in (*RELEASE_AGAIN, None):
            try:
                with self._database.transaction(durable=False) as session:
                    release_lease(session, lease=lease)
                return
            except TemporaryFailure:
                if pause is None:
                    raise
                with self._changed:
                    if self._changed.wait_for(lambda: self._stopped, pause):
                        raise

    def _keep(self, lease: Lease) -> None:
        with self._changed:
            self._held[lease] = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and not self._held:
                    self._changed.wait()
                if self._stopped or self._changed.wait_for(lambda: self._stopped, self._every):
                    return
                at = time.monotonic()
                # Most work is done before its first beat, and costs nothing here.
                due = [each for each, since in self._held.items() if at - since >= self._every / 2]
            for lease in due:
                self._renew(lease)

    def _renew(self, lease: Lease) -> None:
        with self._changed:
            since = self._held.get(lease)
        if since is None:
            return
        if time.monotonic() - since > LONGEST_HELD:
            log.error("conversation %s hangs; its lease is not renewed", lease.conversation_id)
            self._drop(lease)
            return
        try:
            with self._database.transaction(durable=False) as session:
                # Asked for the lock first: the moment is the one at which it is written.
                session.connection()
                renew_lease(session, lease, self._now())
        except LeaseLost:
            if self._drop(lease):  # else it has just been given back
                log.warning("conversation %s was taken over", lease.conversation_id)
        except TemporaryFailure as error:
            log.info("the lease of conversation %s: %s", lease.conversation_id, error)
        except Exception as error:
            # The thread must go on for the others.
            log.error("a lease is not renewed: %s", type(error).__name__)

    def _drop(self, lease: Lease) -> bool:
        """Renew it no more; False when we did not hold it (any more)."""
        with self._changed:
            return self._held.pop(lease, None) is not None
