"""A broadcast to many chats in simulated time, with talk beside it: the real queue and dispatcher, a peer that counts."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bots.telegram_parse import CHANNEL
from bots.telegram_sender import PACE
from bots.web_sender import WebSender
from core.conversations import ensure_conversation
from core.database import Database
from core.deliveries import BROADCAST, Outgoing, enqueue
from core.delivery_queue import OPEN_STATES
from core.errors import RateLimited
from core.models.conversation import Delivery
from core.ports import Channel, Sent
from core.replies import Reply
from dialogue.dispatch import Dispatcher
from tests.builders import MONDAY_TEN, make_database
from tests.peers.telegram_limits import LimitCheck, Limits

AT_ONCE = 1000  # so many go into the queue in one transaction
GROUP_EVERY = 100  # one chat in so many is a group
REPLIES_A_SECOND = 2.0
SECOND = timedelta(seconds=1)


@dataclass
class Outcome:
    """What came of it; times are simulated seconds."""

    chats: int = 0
    sent: int = 0
    replies: int = 0
    refused: int = 0
    seconds: float = 0.0  # from the first message to the last one of the broadcast
    within: int = 0  # messages that went out in that time
    worst_wait: float = 0.0  # of a reply, beyond its own chat's allowance
    waits: list[float] = field(default_factory=list, repr=False)
    doubled: int = 0
    left: int = 0

    @property
    def rate(self) -> float:
        """Messages a second while the broadcast lasted."""
        return (self.within - 1) / self.seconds if self.seconds else 0.0


class CountingPeer:
    """Telegram as far as its limits go: admits or refuses, at the simulated moment."""

    channel = CHANNEL
    pace = PACE

    def __init__(self, outcome: Outcome, now: Callable[[], datetime]) -> None:
        self.outcome = outcome
        self.decided: dict[int, datetime] = {}  # replies that are not out yet
        self.posts_left = 0
        self.progress: Callable[[int], None] = lambda sent: None
        self._now = now
        self._check = LimitCheck(Limits())
        self._used: dict[int, datetime] = {}  # how far each chat's own allowance is used up
        self._out: set[int] = set()

    def may_repeat(self, outgoing: Outgoing) -> bool:
        return outgoing.visibility == "private"

    def send(self, outgoing: Outgoing) -> Sent:
        now, chat, outcome = self._now(), int(outgoing.address), self.outcome
        at = (now - MONDAY_TEN).total_seconds()
        wait = self._check.admit(chat, at)
        if wait is not None:
            outcome.refused += 1
            raise RateLimited("too fast", wait)
        outcome.doubled += outgoing.delivery_id in self._out
        self._out.add(outgoing.delivery_id)
        outcome.sent += 1
        allowance = PACE.of(outgoing.visibility)
        decided = self.decided.pop(outgoing.delivery_id, None)
        if decided is not None:
            own = allowance.free_at(self._used.get(chat)) or decided
            outcome.waits.append((now - max(decided, own)).total_seconds())
        else:
            self.posts_left -= 1
            outcome.seconds, outcome.within = at, outcome.sent
        self._used[chat] = allowance.take(self._used.get(chat), now=now)
        self.progress(outcome.sent)
        return Sent(str(outcome.sent), provider_ids=(str(outcome.sent),))


class Talk:
    """Citizens who are answered meanwhile: when, and which chat. Some get three or eight at once."""

    def __init__(self, chats: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._chats = chats
        self._coming: deque[tuple[datetime, int]] = deque()
        self._last = MONDAY_TEN

    def until(self, moment: datetime) -> Iterator[tuple[datetime, int]]:
        """The answers that are decided by then, in order."""
        while True:
            if not self._coming:
                self._plan()
            if self._coming[0][0] > moment:
                return
            yield self._coming.popleft()

    def _plan(self) -> None:
        chance = self._chance.random()
        size = 8 if chance < 0.01 else 3 if chance < 0.1 else 1
        # A burst counts as what it is, so that there are as many a second as said.
        self._last += self._chance.expovariate(REPLIES_A_SECOND / size) * SECOND
        number = self._chance.randrange(self._chats)
        self._coming += [(self._last, number)] * size


class Broadcast:
    """Puts the messages into a real queue, then sends them all with a clock that sleeping moves."""

    def __init__(self, folder: Path, *, chats: int, seed: int = 1, threads: int = 0) -> None:
        self.at = MONDAY_TEN
        self.outcome = Outcome(chats=chats)
        self.database: Database = make_database(folder)
        self.peer = CountingPeer(self.outcome, self.now)
        self.dispatcher = Dispatcher(
            database=self.database,
            channels=[Channel(self.peer), Channel(WebSender())],
            now=self.now,
            threads=threads,
            sleep=self.sleep,
        )
        self._talk = Talk(chats, seed)

    def now(self) -> datetime:
        return self.at

    def put_posts(self) -> None:
        """The broadcast: one message to each chat."""
        chats = self.outcome.chats
        for begin in range(0, chats, AT_ONCE):
            with self.database.transaction() as session:
                for number in range(begin, min(begin + AT_ONCE, chats)):
                    address, visibility = chat_of(number)
                    conversation = ensure_conversation(
                        session,
                        channel=CHANNEL,
                        address=address,
                        visibility=visibility,
                        now=self.at,
                    )
                    enqueue(
                        session,
                        conversation=conversation,
                        reply=Reply("시청에서 알려 드려요."),
                        kind="post",
                        dedupe_key=f"post:1:{number}",
                        priority=BROADCAST,
                        now=self.at,
                    )
        self.peer.posts_left = chats

    def run(self) -> Outcome:
        """Send everything; the talk ends with the broadcast."""
        outcome = self.outcome
        while self.peer.posts_left or self.peer.decided:
            if not self.dispatcher.dispatch_due():
                self.sleep(0.5)
            if self.at - MONDAY_TEN > timedelta(seconds=60 + outcome.chats / 10):
                break  # never for ever
        self.dispatcher.stop()
        with self.database.reading() as session:
            outcome.left = (
                session.scalar(select(func.count()).where(Delivery.state.in_(OPEN_STATES))) or 0
            )
        self.database.dispose()
        outcome.replies = len(outcome.waits)
        outcome.worst_wait = max(outcome.waits, default=0.0)
        return outcome

    def sleep(self, seconds: float) -> None:
        """Time passes, and what is decided meanwhile goes into the queue at its moment."""
        end = self.at + timedelta(seconds=seconds)
        if self.peer.posts_left:
            for moment, number in self._talk.until(end):
                self.at = moment
                self._decide(number)
        self.at = end

    def _decide(self, number: int) -> None:
        address, visibility = chat_of(number)
        with self.database.transaction() as session:
            conversation = ensure_conversation(
                session, channel=CHANNEL, address=address, visibility=visibility, now=self.at
            )
            delivery = enqueue(
                session,
                conversation=conversation,
                reply=Reply("접수했어요."),
                kind="reply",
                dedupe_key=f"reply:{len(self.outcome.waits) + len(self.peer.decided)}",
                now=self.at,
            )
            self.peer.decided[delivery.id] = self.at


def chat_of(number: int) -> tuple[str, str]:
    """Address and visibility of a chat."""
    if number % GROUP_EVERY == GROUP_EVERY - 1:
        return str(-1_000_000_000 - number), "public"
    return str(1_000_000 + number), "private"
