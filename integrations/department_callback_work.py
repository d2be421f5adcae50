"""Applies kept callbacks and fetches their photos. Must not hold a transaction open while it fetches.

A photo that cannot be had is asked for again a few times; then the words go to the citizen without it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from core.city import City, UnknownName
from core.database import Database
from core.department_callbacks import (
    PHOTO_WAITS,
    LeasedCallback,
    callbacks_due,
    lease_callbacks,
    postpone_callback,
)
from core.department_replies import apply_callback, wants_photos
from core.errors import PermanentFailure, Refused, TemporaryFailure
from core.inbound import Photo
from core.ports import Now
from integrations.safe_fetch import Rules, SafeFetcher

log = logging.getLogger(__name__)

# A picture's own refusals (dialogue.photos) → how officers are told.
_REFUSALS = {"photo_too_large": "too_large"}
LOOK_AGAIN = 0.5


class _NotYet(Exception):
    """A photo may still come."""


class CallbackRunner:
    """Works kept callbacks. ``accept_photo`` checks, cleans and stores a picture (Refused: none)."""

    def __init__(
        self,
        *,
        database: Database,
        city: City,
        fetcher: SafeFetcher,
        accept_photo: Callable[[bytes], Photo],
        now: Now,
        threads: int = 4,
    ) -> None:
        self._database, self._city, self._fetcher = database, city, fetcher
        self._accept, self._now, self._threads = accept_photo, now, threads
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="callbacks")
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish what is under way and take nothing new."""
        self._stopping.set()
        self._pool.shutdown(wait=True)

    def run_due(self) -> int:
        """Apply what may be applied now; returns how many were taken."""
        busy: set[Future[None]] = set()
        count = 0
        while not self._stopping.is_set():
            for done in [task for task in busy if task.done()]:
                busy.remove(done)
                done.result()
            with self._database.reading() as session:
                due = callbacks_due(session, now=self._now())
            batch: list[LeasedCallback] = []
            if due and len(busy) < self._threads:
                with self._database.transaction() as session:
                    batch = lease_callbacks(
                        session, now=self._now(), limit=self._threads - len(busy)
                    )
            for leased in batch:
                try:
                    busy.add(self._pool.submit(self._work, leased))
                except RuntimeError:  # Stopped meanwhile: the lease runs out.
                    break
            count += len(batch)
            if not batch and not busy:
                break
            wait(busy, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
        wait(busy)
        return count

    def _work(self, leased: LeasedCallback) -> None:
        photos: list[tuple[Photo, str]] = []
        missing: list[str] = []
        with self._database.reading() as session:
            wanted = wants_photos(session, leased.callback)
        try:
            if wanted:
                photos, missing = self._photos(leased)
        except _NotYet as error:
            with self._database.transaction() as session:
                seconds = PHOTO_WAITS[leased.attempts - 1]
                postpone_callback(
                    session, leased, seconds=seconds, failure=str(error), now=self._now()
                )
            return
        with self._database.transaction() as session:
            state = apply_callback(
                session,
                leased,
                city=self._city,
                photos=photos,
                missing=missing,
                now=self._now(),
            )
        if state not in (None, "applied"):
            log.info(
                "callback %s of %s: %s", leased.callback_id, leased.callback.department_id, state
            )

    def _photos(self, leased: LeasedCallback) -> tuple[list[tuple[Photo, str]], list[str]]:
        """The photos that can be had, and why others cannot. Raises _NotYet."""
        try:
            way = self._city.department(leased.callback.department_id).way
            rules = Rules(inner_networks=way.inner_networks, http_hosts=way.http_hosts)
        except UnknownName:
            rules = Rules()
        photos: list[tuple[Photo, str]] = []
        missing: list[str] = []
        for url, alt in leased.callback.photos:
            try:
                photos.append((self._accept(self._fetcher.fetch(url, rules=rules)), alt))
            except PermanentFailure as error:
                missing.append(error.code)
            except Refused as error:
                missing.append(_REFUSALS.get(error.code, "unreadable"))
            except TemporaryFailure as error:
                if leased.attempts <= len(PHOTO_WAITS):
                    raise _NotYet(f"photo: {error}") from error
                missing.append("away")
        return photos, missing
