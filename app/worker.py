"""The worker: takes what the other processes left, and keeps the clock's jobs. Must not serve citizens.

APScheduler is only a clock; the truth is rows with a due time, so a job that runs twice or late does
no harm.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app.audit_log import AnchorClock, cut_old_lines
from app.channels import make_channels, make_telegram_polling
from app.clock import utc_now
from app.departments import DepartmentWork, make_department_work
from app.erasure_ledger import ErasureLedger
from app.file_scans import make_file_scans
from app.operations import make_operations, make_worker_port
from app.policy_seed import seed_articles
from app.quiet import log_unexpected
from app.retention import make_retention
from app.settings import Settings
from app.steady import settle
from app.wiring import Parts, Talk, build_talk
from app.withdrawal_ledger import WithdrawalLedger
from core.errors import TemporaryFailure
from core.photo_places import PhotoPlaces
from core.posts import look_after_posts
from dialogue.case_duties import look_after_cases
from dialogue.clock import ClockMender
from dialogue.drafts import look_after_drafts
from dialogue.erasure import erase_due
from dialogue.rasa_watch import RasaWatch

log = logging.getLogger(__name__)

TURNS_EVERY = 1.0
DELIVERIES_EVERY = 1.0
DRAFTS_EVERY = 60.0
DUTIES_EVERY = 10.0
ERASURES_EVERY = 2.0
HEARTBEAT_EVERY = 5.0
POSTS_EVERY = 2.0
RASA_EVERY = 1.0
CLOCK_EVERY = 1.0
DEPARTMENTS_EVERY = 1.0
CALLBACKS_EVERY = 1.0
AUDIT_ENDS_EVERY = 20.0
AUDIT_RETENTION_EVERY = 3600.0
SCANS_EVERY = 1.0
PLACES_EVERY = 600.0
# How often it is looked whether the day's run is due.
RETENTION_EVERY = 600.0


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way."""
    operations = make_operations(settings, process="worker")
    parts = operations.parts
    channels = make_channels(parts)
    talk = build_talk(parts, channels=channels.all)
    departments = make_department_work(parts)
    _quietly(
        lambda: seed_articles(
            parts.database, city=parts.city, city_dir=settings.city_dir, now=parts.now()
        )
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs = [*_jobs(parts, talk, departments), *operations.jobs()]
    scheduler = BackgroundScheduler(
        # One for each: a job that sends for hours must not hold up another.
        executors={"default": ThreadPoolExecutor(len(jobs))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    for job, seconds in jobs:
        scheduler.add_job(job, "interval", seconds=seconds, id=job.__name__)
    scheduler.start()
    polling = make_telegram_polling(parts, talk, channels.telegram)
    if polling is not None:
        polling.start()
    _write_heartbeat(settings)
    port = make_worker_port(operations)
    settle()
    try:
        stop.wait()
    finally:
        if polling is not None:
            polling.stop()
        if port is not None:
            port.stop()
        # First, or the scheduler would wait for a job that sends for hours.
        talk.stop()
        departments.stop()
        scheduler.shutdown(wait=True)
        talk.close()
        departments.close()
        channels.close()
        operations.close()
        parts.close()
        settings.heartbeat_file.unlink(missing_ok=True)


def _jobs(parts: Parts, talk: Talk, work: DepartmentWork) -> list[tuple[Callable[[], None], float]]:
    rasa_watch = RasaWatch(database=parts.database, rasa=talk.rasa, now=parts.now)
    clock_mender = ClockMender(
        database=parts.database,
        now=parts.now,
        monotonic=time.monotonic,
        lasts=timedelta(seconds=parts.settings.lease_seconds),
    )

    anchors = AnchorClock(parts.settings, parts.database, now=parts.now)

    def audit_ends() -> None:
        _quietly(anchors.look)

    def audit_retention() -> None:
        _quietly(lambda: cut_old_lines(parts.settings, parts.database, now=parts.now()))

    ledger = ErasureLedger(parts.settings.erasure_ledger_file)
    withdrawals = WithdrawalLedger(parts.settings.erasure_ledger_file)
    keeping = make_retention(parts, talk.rasa)

    def turns() -> None:
        _quietly(talk.runner.run_waiting)

    def deliveries() -> None:
        _quietly(talk.dispatcher.dispatch_due)

    def drafts() -> None:
        _quietly(lambda: look_after_drafts(database=parts.database, city=parts.city, now=parts.now))

    def duties() -> None:
        _quietly(lambda: look_after_cases(database=parts.database, city=parts.city, now=parts.now))

    def erasures() -> None:
        _quietly(lambda: withdrawals.note_new(parts.database))
        _quietly(
            lambda: erase_due(
                database=parts.database,
                rasa=talk.rasa,
                store=parts.store,
                now=parts.now,
                leases=talk.runner.leases,
                indexes=parts.search_indexes,
                note=ledger.note,
            )
        )

    def retention() -> None:
        _quietly(keeping.run_if_due)

    def posts() -> None:
        _quietly(
            lambda: look_after_posts(parts.database, now=parts.now(), rules=parts.city.publishing)
        )

    def rasa() -> None:
        _quietly(rasa_watch.look)

    def clock() -> None:
        _quietly(clock_mender.look)

    def departments() -> None:
        _quietly(work.runner.run_due)

    def callbacks() -> None:
        _quietly(work.callbacks.run_due)

    scans_work = make_file_scans(parts)

    def scans() -> None:
        if scans_work is not None:
            _quietly(scans_work.run_due)

    places_work = PhotoPlaces(vault=parts.vault, jurisdiction=parts.city.jurisdiction)

    def forget_places() -> None:
        with parts.database.transaction() as session:
            places_work.forget_old(session, now=parts.now())

    def photo_places() -> None:
        _quietly(forget_places)

    def heartbeat() -> None:
        _write_heartbeat(parts.settings)

    return [
        (turns, TURNS_EVERY),
        (deliveries, DELIVERIES_EVERY),
        (drafts, DRAFTS_EVERY),
        (duties, DUTIES_EVERY),
        (erasures, ERASURES_EVERY),
        (retention, RETENTION_EVERY),
        (posts, POSTS_EVERY),
        (rasa, RASA_EVERY),
        (clock, CLOCK_EVERY),
        (departments, DEPARTMENTS_EVERY),
        (callbacks, CALLBACKS_EVERY),
        (audit_ends, AUDIT_ENDS_EVERY),
        (audit_retention, AUDIT_RETENTION_EVERY),
        (scans, SCANS_EVERY),
        (photo_places, PLACES_EVERY),
        (heartbeat, HEARTBEAT_EVERY),
    ]


def _quietly(job: Callable[[], object]) -> None:
    """A busy database is tried again at the next beat; that is no news for the log."""
    try:
        job()
    except TemporaryFailure as error:
        log.info("will try again: %s", error)
    except Exception as error:
        # The scheduler would log the error's words.
        log_unexpected("a job of the worker", error)


def _write_heartbeat(settings: Settings) -> None:
    path = settings.heartbeat_file
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"at": utc_now().isoformat(), "pid": os.getpid()}))
    part.replace(path)
