"""Looks for trouble and tells operators. Must be done by one process at a time, whichever lives.

The worker and the internal app both ask for the lease ``alerts``; who has it looks. So a dead worker is
noticed by the internal app, and the other way round another process takes over within two minutes.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.alert_rules import RULES, Rule
from app.operators import OperatorChannel
from app.quiet import log_unexpected
from app.wiring import Parts
from core.alerts import News, Problem, note, note_told
from core.clock import KST
from core.errors import SotongError, TemporaryFailure
from core.leases import hold_lease

log = logging.getLogger(__name__)

LEASE_NAME = "alerts"
LEASE_LASTS = timedelta(seconds=90)
LOOK_EVERY = 30.0
# So long nobody can look into the database before operators are told of that.
DATABASE_PATIENCE = timedelta(minutes=2)
TITLES = {"begin": "[소통 장애]", "again": "[소통 장애 계속]", "over": "[소통 복구]"}


def holder_name() -> str:
    """This process, among all machines."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


class AlertWatch:
    """One process's part in watching. ``look`` is called every half minute."""

    def __init__(
        self,
        parts: Parts,
        channels: Callable[[], Sequence[OperatorChannel]],
        *,
        rules: Sequence[Rule] = RULES,
        holder: str | None = None,
    ) -> None:
        """``channels`` are made when the first look begins."""
        self._parts, self._make_channels, self._rules = parts, channels, rules
        self._channels: Sequence[OperatorChannel] | None = None
        self._holder = holder or holder_name()
        # What a rule said last, and when it was asked.
        self._known: dict[str, tuple[datetime, Problem | None]] = {}
        self._lost_since: datetime | None = None
        self._lost_told: datetime | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """One look: nothing without channels, or while another process has the lease."""
        if self._channels is None:
            self._channels = self._make_channels()
        if not self._channels:
            return
        try:
            mine = self._hold()
            self._database_is_back()
            if mine:
                for rule in self._rules:
                    self._follow(rule)
        except TemporaryFailure:
            self._database_is_lost()
        except Exception as error:
            log_unexpected("the look for trouble", error)
            self._database_is_lost()

    def start(self) -> None:
        """Look in a thread of its own, for a process that has no clock."""
        self._thread = threading.Thread(target=self._go_on, name="alerts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking and let go of connections."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        for channel in self._channels or ():
            channel.close()

    def _go_on(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            self.look()

    def _hold(self) -> bool:
        with self._parts.database.transaction() as session:
            return hold_lease(
                session,
                name=LEASE_NAME,
                holder=self._holder,
                now=self._parts.now(),
                lasts=LEASE_LASTS,
            )

    def _follow(self, rule: Rule) -> None:
        now = self._parts.now()
        asked, problem = self._known.get(rule.name, (None, None))
        if asked is None or now - asked >= rule.every:
            try:
                problem = rule.look(self._parts)
            except TemporaryFailure:
                raise
            except Exception as error:
                # One rule that cannot look must not keep the others from it.
                log_unexpected(f"the rule {rule.name}", error)
                return
            self._known[rule.name] = (now, problem)
        with self._parts.database.transaction() as session:
            news = note(
                session,
                name=rule.name,
                problem=problem,
                patience=rule.patience,
                again_every=self._again_every,
                now=now,
            )
        # Sending may take long: another process must not have taken over meanwhile.
        if news is not None and self._hold() and self._tell(rule.title, news, now):
            with self._parts.database.transaction() as session:
                note_told(session, news, now=now)

    @property
    def _again_every(self) -> timedelta:
        return timedelta(hours=self._parts.settings.alert_again_hours)

    def _tell(self, title: str, news: News, now: datetime) -> bool:
        """Whether any operator was reached."""
        reached = False
        for channel in self._channels or ():
            try:
                channel.send(title=f"{TITLES[news.kind]} {title}", text=words_of(news, now))
                reached = True
            except SotongError as error:
                log.warning("operators are not reached by %s: %s", channel.name, error)
            except Exception as error:
                log_unexpected(f"telling operators by {channel.name}", error)
        return reached

    def _database_is_lost(self) -> None:
        """Without the database there is no memory but our own: each process tells once."""
        now = self._parts.now()
        self._lost_since = self._lost_since or now
        waited = now - (self._lost_told or self._lost_since)
        if waited >= (self._again_every if self._lost_told else DATABASE_PATIENCE):
            kind = "again" if self._lost_told else "begin"
            if self._tell("데이터베이스 멈춤", self._database_news(kind, self._lost_since), now):
                self._lost_told = now

    def _database_is_back(self) -> None:
        if self._lost_since is not None and self._lost_told is not None:
            now = self._parts.now()
            self._tell("데이터베이스 멈춤", self._database_news("over", self._lost_since), now)
        self._lost_since = self._lost_told = None

    @staticmethod
    def _database_news(kind: str, since: datetime) -> News:
        return News(
            "database_lost",
            kind,  # type: ignore[arg-type]
            since,
            "데이터베이스를 쓸 수 없습니다.",
            "데이터베이스와 디스크를 확인하세요(`sotong doctor`). 그동안 시민 메시지를 받지 못합니다.",
        )


def words_of(news: News, now: datetime) -> str:
    """What operators read below the title."""
    since = f"{news.since.astimezone(KST):%Y-%m-%d %H:%M}"
    if news.kind == "over":
        until = f"{now.astimezone(KST):%Y-%m-%d %H:%M}"
        return f"복구되었습니다. {since}부터 {until}까지였습니다.\n(당시: {news.text})"
    return f"무엇: {news.text}\n언제부터: {since}\n할 일: {news.advice}"
