"""Many updates with faults between a simulated Telegram and the bot, and the check that each turn was taken once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import func, select

from core.database import Database
from core.models.conversation import Conversation, Delivery, Turn
from core.replies import Reply
from dialogue.rasa import RasaAnswer, RasaTurn, Understood
from tests.bots.telegram_house import TelegramHouse, make_telegram_house
from tests.bots.web_house import StandInRasa, photo_bytes
from tests.peers.telegram_sim import Delivery as Way
from tests.peers.telegram_sim import Group, TelegramSim

PHOTOS, PLACES, IN_GROUPS = 0.04, 0.02, 0.01
MOST_OPEN = 150  # messages that wait for their answer at once
SLOW_FILE = 0.5


class EchoRasa(StandInRasa):
    """Says what it heard, so that each answer is known by its question; remembers nothing."""

    def converse(self, turn: RasaTurn) -> RasaAnswer:
        if turn.text is not None:
            return RasaAnswer(replies=(Reply(f"들었어요: {turn.text}"),))
        return RasaAnswer(replies=(self._reply(turn),))

    def understand(self, text: str) -> Understood:
        return Understood("report_complaint", 0.9)

    def forget(self, conversation_id: int) -> None:
        pass


@dataclass(frozen=True)
class FarTelegram:
    """A simulator in another process, as far as the bot needs it."""

    url: str
    token: str


@contextmanager
def storm_house(folder: Path, *, sim: TelegramSim | FarTelegram) -> Iterator[TelegramHouse]:
    """The bot with polling, answered by an echo."""
    with make_telegram_house(folder, sim=cast(TelegramSim, sim), rasa=EchoRasa()) as house:
        yield house


class Storm:
    """Citizens who write, and a Telegram that goes wrong at every ``fault_every`` th message."""

    def __init__(
        self,
        sim: TelegramSim,
        *,
        people: int,
        groups: int = 5,
        duplicates: float = 0.2,
        fault_every: int = 25,
        seed: int = 1,
    ) -> None:
        self.sim = sim
        self.pushed = 0
        self.faults: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._people = [sim.user(10_000 + number) for number in range(people)]
        self._groups: list[Group] = [sim.group(-1_000_500 - number) for number in range(groups)]
        self._fault_every = fault_every
        self._photo = photo_bytes(size=(160, 120))
        sim.delivery = Way(duplicates=duplicates, reorder=True, seed=seed)
        sim.slow_file(SLOW_FILE)

    def push(self) -> None:
        """One more message, and now and then one more fault."""
        self.pushed += 1
        # In turn, so that nobody writes as fast as only a machine would.
        who = self._people[self.pushed % len(self._people)]
        what = self._chance.random()
        if what < PHOTOS:
            who.send_photo(self._photo, f"사진 {self.pushed}")
        elif what < PHOTOS + PLACES:
            who.send_location(37.5, 127.0)
        elif what < PHOTOS + PLACES + IN_GROUPS:
            group = self._groups[self.pushed % len(self._groups)]
            who.send_text_in(group, f"물음 {self.pushed}", mention=True)
        else:
            who.send_text(f"물음 {self.pushed}이에요")
        if self.pushed % self._fault_every == 0:
            self._go_wrong(self.pushed // self._fault_every)

    def push_to(
        self, pushed: int, *, seconds: float, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        """Push until there were so many, no faster than they are answered; fails after ``seconds``."""
        end = time.monotonic() + seconds
        while self.pushed < pushed:
            while self.pushed - self.answered > MOST_OPEN:
                assert time.monotonic() < end, f"{self.answered} of {self.pushed} answered"
                time.sleep(0.02)
            self.push()
            progress(self.pushed)

    @property
    def answered(self) -> int:
        """About how many answers are out; lost ones count twice."""
        return self.sim.counts["sendMessage"] - sum(
            count for (method, _), count in self.sim.error_counts.items() if method == "sendMessage"
        )

    def _go_wrong(self, number: int) -> None:
        sim = self.sim
        faults: list[tuple[str, Callable[[], None]]] = [
            ("429", lambda: sim.fail("sendMessage", 429, retry_after=1)),
            ("answer lost", lambda: sim.drop_answer("sendMessage")),
            ("502", lambda: sim.fail("sendMessage", 502)),
            ("slow answer", lambda: sim.delay("sendMessage", 1.0)),
            ("500", lambda: sim.fail("sendMessage", 500)),
            ("connection refused", lambda: sim.refuse_connection("sendMessage")),
            ("file: 500", lambda: sim.fail("getFile", 500)),
            ("answer lost", lambda: sim.drop_answer("sendMessage")),
        ]
        polls: list[tuple[str, Callable[[], None]]] = [
            ("poll: 502", lambda: sim.fail("getUpdates", 502)),
            ("poll: answer lost", lambda: sim.drop_answer("getUpdates")),
            ("poll: 429", lambda: sim.fail("getUpdates", 429, retry_after=1)),
        ]
        turn, step = divmod(number, len(faults) + 1)
        name, act = faults[step] if step < len(faults) else polls[turn % len(polls)]
        self.faults[name] += 1
        act()


def at_rest(database: Database) -> bool:
    """Whether nothing waits for an answer or for its way out."""
    with database.reading() as session:
        turns = select(func.count()).where(Turn.state.in_(("received", "in_work")))
        going = select(func.count()).where(Delivery.state.in_(("pending", "sending")))
        return not session.scalar(turns) and not session.scalar(going)


@dataclass
class Verdict:
    """What a storm left; everything but ``turns`` and ``repeated`` should be 0."""

    turns: int
    turns_missing: int
    turns_unanswered: int
    turns_without_one_reply: int
    never_shown: int
    shown_too_often: int
    failed: int
    unsure_in_private: int
    violations: int
    # Shown again because the answer was lost on its way back, as it must be.
    repeated: int
    unsure: int

    def problems(self) -> list[str]:
        """What should not be, in words."""
        return [
            f"{name}: {value}"
            for name, value in vars(self).items()
            if value and name not in ("turns", "repeated", "unsure")
        ]


def judge(database: Database, storm: Storm) -> Verdict:
    """Compare what was pushed, what the database holds and what the chats show."""
    sim = storm.sim
    with database.reading() as session:
        turns = list(session.scalars(select(Turn)))
        rows = session.execute(
            select(Delivery, Conversation.visibility).join(
                Conversation, Conversation.id == Delivery.conversation_id
            )
        ).all()
    replies = Counter(row.turn_id for row, _ in rows if row.kind == "reply")
    shown: Counter[tuple[str, str]] = Counter()
    for chat_id, chat in sim.world.chats.items():
        shown.update((str(chat_id), seen.text) for seen in chat.messages)
    sent: Counter[tuple[str, str]] = Counter()
    unsure: Counter[tuple[str, str]] = Counter()
    for row, _ in rows:
        text = str(row.payload["text"])
        link = row.payload.get("link")
        assert not link or row.address.startswith("-")
        if row.state in ("sent", "unsure"):
            (sent if row.state == "sent" else unsure)[row.address, text] += 1
    extra = shown - sent - unsure
    again = Counter[str]()
    for (address, _), count in extra.items():
        again[address] += count
    lost = Counter(
        str(call.params["chat_id"])
        for call in sim.calls("sendMessage")
        if call.outcome == "dropped" and int(call.params["chat_id"]) > 0
    )
    return Verdict(
        turns=len(turns),
        turns_missing=abs(storm.pushed - len({turn.external_id for turn in turns})),
        turns_unanswered=sum(turn.state != "answered" for turn in turns),
        turns_without_one_reply=sum(replies[turn.id] != 1 for turn in turns),
        never_shown=(sent - shown).total(),
        shown_too_often=(again - lost).total(),
        failed=sum(row.state == "failed" for row, _ in rows),
        unsure_in_private=sum(
            row.state == "unsure" and visibility == "private" for row, visibility in rows
        ),
        violations=len(sim.violations),
        repeated=extra.total(),
        unsure=unsure.total(),
    )
