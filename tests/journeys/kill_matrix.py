"""Rounds of the kill matrix: whole journeys, one process killed in each at a random place, and what must hold.

A round is drawn from its seed alone. Three citizens of the web chat (in some rounds one on Telegram, one who
has everything erased, or an officer beside them) go their way at once; a process dies where the round says
and is started again. Must not be used by the service.
"""

from __future__ import annotations

import random
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from app.cli.chat_client import ChatClient, ChatError
from core.database import Database
from core.models.case import Case, CaseEvent
from core.models.conversation import Conversation, Delivery, Turn
from core.models.erasure import Erasure
from tests.journeys.chat import Chat, picture
from tests.journeys.officers import hidden_fields, signed_in
from tests.journeys.talk import Talk
from tests.stack import Stack, wait_until

WEB_CITIZENS = 3
PATIENCE = 90.0
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
    """What a round came to; ``faults`` is empty when everything held."""

    round: Round
    hit: bool
    seconds: float
    recovery: float | None
    faults: list[str] = field(default_factory=list)


class PatientClient(ChatClient):
    """A browser that sends again what was not acknowledged, under the same id, until it is."""

    def __init__(self, *, url: str, session_file: Path) -> None:
        self.acknowledged: set[int] = set()
        self.waits: list[float] = []
        end = time.monotonic() + PATIENCE
        while True:
            try:
                super().__init__(url=url, session_file=session_file)
                return
            except ChatError:
                self._http.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _call(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = super()._call(method, path, **kwargs)
            except ChatError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
                continue
            if method == "POST":
                self.acknowledged.add(found["turn_id"])
            return found


class TimedTalk(Talk):
    """A talk that waits long, and knows how long the longest answer took."""

    longest = 0.0

    def hear(self, *, wait: float = PATIENCE) -> list[str]:
        began = time.monotonic()
        heard = super().hear(wait=wait)
        # "It takes a moment" is no answer yet.
        while self.open_turns() and time.monotonic() - began < wait:
            time.sleep(0.1)
            heard += super().hear(wait=wait)
        self.longest = max(self.longest, time.monotonic() - began)
        return heard

    def say(self, text: str, *, wait: float = PATIENCE) -> list[str]:
        return super().say(text, wait=wait)

    def press(self, index: int = 0, *, wait: float = PATIENCE) -> list[str]:
        return super().press(index, wait=wait)


class WebCitizen:
    """Reports by the web chat, whatever happens meanwhile."""

    def __init__(self, stack: Stack, database: Database, rng: random.Random) -> None:
        self.client = PatientClient(
            url=stack.settings.public_url,
            session_file=stack.settings.var_dir / "sessions" / uuid.uuid4().hex,
        )
        self.talk = TimedTalk(self.client, database)
        self._shows = rng.random() < 0.4
        self._photo = stack.settings.var_dir / "photo.jpg"

    def report(self) -> None:
        """The whole form, and the wait for the receipt."""
        talk = self.talk
        talk.say("시청역 2번 출구 앞 가로등이 꺼졌어요")
        if self._shows:
            talk.fill_until("photo")
            self.client.photo(self._photo)
            talk.hear()
        talk.fill_until(None)
        wait_until(talk.cases, seconds=PATIENCE, what="a case")
        talk.await_text(talk.cases()[0].number, seconds=PATIENCE)

    def erase(self) -> None:
        """Have everything erased, and wait for it."""
        conversation_id = self.talk.conversation_id()
        self.talk.say("내 정보 지워 주세요", wait=PATIENCE)
        self.talk.press_title("모두 지워")

        def done() -> bool:
            with self.talk.database.reading() as session:
                return bool(
                    session.scalars(
                        select(Erasure.done_at).where(Erasure.conversation_id == conversation_id)
                    ).first()
                )

        wait_until(done, seconds=PATIENCE, what="the erasure")
        with self.talk.database.reading() as session:
            left = session.scalars(
                select(Turn.id).where(Turn.conversation_id == conversation_id, Turn.text != "")
            ).all()
        assert not left, f"{len(left)} texts are left after an erasure"


class KillMatrix:
    """Plays rounds on one stack. Start its processes first; ``close`` waits for the slow ones on Telegram."""

    def __init__(self, stack: Stack, *, say: Callable[[str], None] = lambda line: None) -> None:
        self.stack = stack
        self.database = stack.database()
        self._say = say
        self._pool = ThreadPoolExecutor(max_workers=16)
        (stack.settings.var_dir / "photo.jpg").write_bytes(picture("orange"))
        self.outcomes: list[Outcome] = []
        self._slow: list[tuple[Outcome, Future[list[str]]]] = []
        self._kills: Counter[str] = Counter()

    def close(self) -> None:
        """Wait for the citizens on Telegram, whose rounds others were played beside."""
        for outcome, future in self._slow:
            outcome.faults += _result(future)
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
        chat = Chat(self.stack, patience=PATIENCE) if playing.telegram else None
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
        if slow is not None:
            self._slow.append((outcome, slow))
        self.outcomes.append(outcome)
        self._say(
            f"{playing}{'' if hit else ' (at rest)'}: {outcome.seconds:.1f} s, longest answer "
            f"{outcome.recovery:.1f} s{'; ' + '; '.join(outcome.faults) if outcome.faults else ''}"
        )
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

    # ---- others beside the web citizens --------------------------------------------------------

    def _telegram(self, chat: Chat) -> list[str]:
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
        with signed_in(self.stack) as browser:
            page = browser.get(f"/cases/{case.id}")
            form = hidden_fields(page.text, f"/cases/{case.id}/status")
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    done = browser.post(
                        f"/cases/{case.id}/status",
                        data=form | {"to": "in_progress", "reason": "현장 확인", "note": ""},
                    )
                    break
                except httpx.HTTPError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)
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

    def _faults_on_telegram(self, chat: Chat) -> list[str]:
        with self.database.reading() as session:
            conversation_id = session.scalars(
                select(Conversation.id).where(Conversation.address == str(chat.user.chat_id))
            ).one()
        faults = self._at_rest(conversation_id)
        with self.database.reading() as session:
            parts = session.scalars(
                select(Delivery.parts_done).where(Delivery.conversation_id == conversation_id)
            ).all()
        # A message that may have arrived is sent again (a citizen is better told twice than not at
        # all); that can be one for each death of the process that sends.
        extra = len(chat.said()) - sum(parts)
        if not 0 <= extra <= self._kills["worker"] + self._kills["public"]:
            faults.append(f"{sum(parts)} messages sent, {len(chat.said())} arrived")
        if extra:
            self._say(f"  {extra} message(s) arrived twice on Telegram")
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
        return list(_faults_of_rows(turns, out, cases))


def _faults_of_rows(turns: list[Turn], out: list[Delivery], cases: Any) -> Any:
    told = {delivery.dedupe_key for delivery in out}
    for turn in turns:
        if turn.state == "failed" and f"failed:{turn.id}" not in told:
            yield f"turn {turn.id} failed and its citizen was not told"
    if len(cases) != 1:
        yield f"{len(cases)} cases of one report"
    for delivery in out:
        if delivery.state == "sent":
            continue
        if delivery.state != "unsure" or not delivery.failure:
            yield f"delivery {delivery.id} is {delivery.state} ({delivery.failure})"
    answers = [delivery for delivery in out if delivery.kind == "reply" and delivery.turn_id]
    if [each.turn_id for each in answers] != sorted(each.turn_id or 0 for each in answers):
        yield "answers are not in the order of what was asked"
    moments = [each.sent_at for each in out if each.sent_at is not None]
    if moments != sorted(moments):
        yield "messages went out in another order than they were decided"
    for number in cases:
        receipts = [each for each in answers if number in str(each.payload.get("text"))]
        if len(receipts) != 1:
            yield f"{len(receipts)} receipts for one case"


def _then(first: Future[None], act: Callable[[], None]) -> None:
    first.result()
    act()


def _result(future: Future[Any]) -> list[str]:
    try:
        found = future.result(timeout=3 * PATIENCE)
    except Exception as error:
        return [f"{type(error).__name__}: {str(error)[:300]}"]
    return found if isinstance(found, list) else []
