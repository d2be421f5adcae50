"""Rounds of the kill matrix: whole journeys, one process killed in each at a random place, and what must hold.

A round is drawn from its seed alone. Three citizens of the web chat (in some rounds one on Telegram, one who
has everything erased, or an officer beside them) go their way at once; a process dies where the round says
and is started again. Must not be used by the service.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from core.models.case import Case, CaseEvent
from core.models.conversation import Conversation, Delivery, Turn
from tests.journeys.chat import picture
from tests.journeys.kill_checks import describe, faults_of_order, faults_of_rows, name_error
from tests.journeys.kill_citizens import PATIENCE, TimedChat, WebCitizen
from tests.journeys.officers import hidden_fields, signed_in
from tests.stack import Stack, wait_until

WEB_CITIZENS = 3
# Where each process may die, and how often a round passes there at least (the count is drawn from it).
TURNS = {
    "turn_committed": 18,
    "turn_leased": 18,
    "rasa_answered": 18,
    "turn_answered": 18,
    "before_send": 18,
    "after_send": 18,
    "sent_marked": 18,
}
PLACES: dict[str, dict[str, int]] = {
    "public": TURNS,
    "worker": {**dict.fromkeys(TURNS, 5), "file_fetched": 1, "rasa_forgot": 1, "rows_erased": 1},
    "actions": {"case_opened": 3, "actions_done": 30},
    "rasa": {
        "turn_heard": 18,
        "before_save": 18,
        "after_save": 18,
        "before_forget": 1,
        "after_forget": 1,
    },
    "internal": {"status_changed": 1},
}
ERASING = frozenset({"rasa_forgot", "rows_erased", "before_forget", "after_forget"})
AT_ANY_TIME = "any time"


@dataclass(frozen=True)
class Round:
    """What one round does; ``delay`` is for a kill at any time, in seconds."""

    seed: int
    process: str
    point: str
    count: int
    delay: float
    telegram: bool
    erases: bool

    def __str__(self) -> str:
        where = (
            f"after {self.delay:.2f} s"
            if self.point == AT_ANY_TIME
            else f"{self.point}:{self.count}"
        )
        return f"seed {self.seed}: {self.process} {where}"


def draw_round(seed: int) -> Round:
    """The round of this seed."""
    rng = random.Random(seed)
    process = rng.choices(list(PLACES), weights=[6, 5, 3, 4, 1])[0]
    points = [*PLACES[process], AT_ANY_TIME]
    point = rng.choice(points)
    most = PLACES[process].get(point, 1)
    return Round(
        seed=seed,
        process=process,
        point=point,
        count=rng.randint(1, most),
        delay=rng.uniform(0.0, 2.5),
        # The worker polls Telegram: without a citizen there it passes no place of a turn.
        telegram=process == "worker" and point not in ERASING,
        erases=point in ERASING,
    )


@dataclass
class Outcome:
    """What a round came to; ``faults`` is empty when everything held.

    ``recovery`` and ``telegram``: seconds of the longest wait for an answer in the web chat and there.
    """

    round: Round
    hit: bool
    seconds: float
    recovery: float | None
    telegram: float | None = None
    faults: list[str] = field(default_factory=list)


class KillMatrix:
    """Plays rounds on one stack. Start its processes first; ``close`` waits for the slow ones on Telegram."""

    def __init__(self, stack: Stack, *, say: Callable[[str], None] = lambda line: None) -> None:
        self.stack = stack
        self.database = stack.database()
        self._say = say
        self._pool = ThreadPoolExecutor(max_workers=16)
        (stack.settings.var_dir / "photo.jpg").write_bytes(picture("orange"))
        self.outcomes: list[Outcome] = []
        self._slow: list[tuple[Outcome, TimedChat, Future[list[str]]]] = []
        self._kills: Counter[str] = Counter()

    def close(self) -> None:
        """Wait for the citizens on Telegram, whose rounds others were played beside."""
        for outcome, chat, future in self._slow:
            outcome.faults += _result(future)
            outcome.telegram = chat.longest
        self._pool.shutdown()
        self.database.dispose()

    def play(self, seed: int) -> Outcome:
        """One round."""
        playing = draw_round(seed)
        rng = random.Random(seed)
        began = time.monotonic()
        citizens = [WebCitizen(self.stack, self.database, rng) for _ in range(WEB_CITIZENS)]
        if playing.point != AT_ANY_TIME:
            self.stack.arm(playing.process, f"{playing.point}:{playing.count}")
        acting = [self._pool.submit(citizen.report) for citizen in citizens]
        chat = TimedChat(self.stack, patience=2 * PATIENCE) if playing.telegram else None
        slow = self._pool.submit(self._telegram, chat) if chat else None
        extra: list[Future[None]] = []
        if playing.erases:
            extra.append(self._pool.submit(_then, acting[0], citizens[0].erase))
        if playing.process == "internal":
            extra.append(self._pool.submit(_then, acting[0], lambda: self._officer(citizens[0])))
        hit = self._supervise(playing, [*acting, *extra, *([slow] if slow else [])])
        outcome = Outcome(playing, hit, 0.0, None)
        for future in [*acting, *extra]:
            outcome.faults += _result(future)
        for citizen in citizens:
            if not (playing.erases and citizen is citizens[0]):
                outcome.faults += self._faults_of(citizen)
            citizen.client.close()
        outcome.recovery = max(citizen.talk.longest for citizen in citizens)
        outcome.seconds = time.monotonic() - began
        if chat is not None and slow is not None:
            self._slow.append((outcome, chat, slow))
        self.outcomes.append(outcome)
        self._say(
            f"{playing}{'' if hit else ' (at rest)'}: {outcome.seconds:.1f} s, longest answer "
            f"{outcome.recovery:.1f} s{'; ' + '; '.join(outcome.faults) if outcome.faults else ''}"
        )
        if outcome.faults:
            self._tell([citizen.talk.conversation_id() for citizen in citizens])
        return outcome

    def _supervise(self, playing: Round, acting: list[Future[Any]]) -> bool:
        """Kill, and start again at once; False when the process had to be killed at rest."""
        name, began = playing.process, time.monotonic()
        process = self.stack.processes[name]
        hit = True
        while process.poll() is None:
            over = all(each.done() for each in acting)
            timed = playing.point == AT_ANY_TIME and time.monotonic() - began > playing.delay
            if over or timed or time.monotonic() - began > PATIENCE:
                hit = not over
                self.stack.disarm(name)
                process.send_signal(signal.SIGKILL)
                process.wait(10)
            time.sleep(0.02)
        assert process.returncode == -signal.SIGKILL, self.stack.log(name)
        self._kills[name] += 1
        self.stack.start(name)
        return hit

    def _tell(self, conversation_ids: Iterable[int]) -> None:
        for each in conversation_ids:
            self._say(f"  conversation {each}:")
            for line in describe(self.database, each):
                self._say(f"    {line}")

    # ---- others beside the web citizens --------------------------------------------------------

    def _telegram(self, chat: TimedChat) -> list[str]:
        """One citizen on Telegram; what does not hold."""
        try:
            chat.user.send_photo(picture("orange"), "시청역 2번 출구 앞 가로등이 꺼졌어요")
            chat.rest()
            chat.fill(None)
            return self._faults_on_telegram(chat)
        finally:
            chat.database.dispose()

    def _officer(self, citizen: WebCitizen) -> None:
        """An officer changes the case; their browser sends the same form until it is answered."""
        (case,) = citizen.talk.cases()
        with signed_in(self.stack, patience=PATIENCE) as browser:
            page = browser.get(f"/cases/{case.id}")
            form = hidden_fields(page.text, f"/cases/{case.id}/status")
            done = browser.post(
                f"/cases/{case.id}/status",
                data=form | {"to": "in_progress", "reason": "현장 확인", "note": ""},
            )
        assert done.status_code == 303, done.text
        with self.database.reading() as session:
            moves = session.scalars(
                select(CaseEvent.id).where(
                    CaseEvent.case_id == case.id, CaseEvent.to_status == "in_progress"
                )
            ).all()
        assert len(moves) == 1, f"{len(moves)} changes of one case by one form"

    # ---- what must hold ----------------------------------------------------------------------------

    def _faults_of(self, citizen: WebCitizen) -> list[str]:
        conversation_id = citizen.talk.conversation_id()
        faults = self._at_rest(conversation_id)
        citizen.talk.hear(wait=1.0)
        with self.database.reading() as session:
            turns = set(
                session.scalars(select(Turn.id).where(Turn.conversation_id == conversation_id))
            )
            sent = list(
                session.scalars(
                    select(Delivery.id)
                    .where(Delivery.conversation_id == conversation_id, Delivery.state == "sent")
                    .order_by(Delivery.id)
                )
            )
        lost = citizen.client.acknowledged - turns
        if lost:
            faults.append(f"acknowledged and lost: turns {sorted(lost)}")
        keys = [line["key"] for line in citizen.talk.lines]
        if len(keys) != len(set(keys)):
            faults.append("a message was shown twice")
        if len(keys) != len(sent):
            faults.append(f"{len(sent)} messages sent, {len(keys)} seen")
        return faults

    def _faults_on_telegram(self, chat: TimedChat) -> list[str]:
        with self.database.reading() as session:
            conversation_id = session.scalars(
                select(Conversation.id).where(Conversation.address == str(chat.user.chat_id))
            ).one()
        faults = self._at_rest(conversation_id)
        with self.database.reading() as session:
            out = session.scalars(
                select(Delivery)
                .where(Delivery.conversation_id == conversation_id)
                .order_by(Delivery.id)
            ).all()
        parts = [each.parts_done for each in out]
        faults += faults_of_order(chat.said(), out)
        # A message that may have arrived is sent again (a citizen is better told twice than not at
        # all); that can be one for each death of the process that sends.
        extra = len(chat.said()) - sum(parts)
        if not 0 <= extra <= self._kills["worker"] + self._kills["public"]:
            faults.append(f"{sum(parts)} messages sent, {len(chat.said())} arrived")
        if extra:
            self._say(f"  {extra} message(s) arrived twice on Telegram")
        if faults:
            self._tell([conversation_id])
        return faults

    def _at_rest(self, conversation_id: int) -> list[str]:
        """Wait until nothing is open, then judge the rows."""

        def rests() -> bool:
            with self.database.reading() as session:
                waiting = session.scalars(
                    select(Turn.id).where(
                        Turn.conversation_id == conversation_id,
                        Turn.state.in_(("received", "in_work")),
                    )
                ).all()
                return not waiting and not self.stack.open_deliveries(session, conversation_id)

        try:
            wait_until(rests, seconds=PATIENCE, what="rest")
        except AssertionError:
            return [f"conversation {conversation_id} does not come to rest"]
        with self.database.reading() as session:
            turns = list(
                session.scalars(select(Turn).where(Turn.conversation_id == conversation_id))
            )
            out = list(
                session.scalars(
                    select(Delivery)
                    .where(Delivery.conversation_id == conversation_id)
                    .order_by(Delivery.id)
                )
            )
            cases = session.scalars(
                select(Case.number).where(Case.conversation_id == conversation_id)
            ).all()
        return list(faults_of_rows(turns, out, cases))


def _then(first: Future[None], act: Callable[[], None]) -> None:
    first.result()
    act()


def _result(future: Future[Any]) -> list[str]:
    try:
        found = future.result(timeout=3 * PATIENCE)
    except Exception as error:
        return [name_error(error)]
    return found if isinstance(found, list) else []
