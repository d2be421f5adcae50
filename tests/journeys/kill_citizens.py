"""Citizens of the web chat who outlast the death of any process. Must not be used by the service."""

from __future__ import annotations

import random
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.cli.chat_client import ChatClient, ChatError
from core.database import Database
from core.models.conversation import Turn
from core.models.erasure import Erasure
from core.transcript import has_open_line
from tests.journeys.chat import Chat
from tests.journeys.talk import Talk
from tests.stack import Stack, wait_until

# Seconds. The check's own patience, not the service's: other work may have the machine meanwhile.
PATIENCE = 120.0


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
        heard: list[str] = []
        while True:
            # Looked at before the page is read: an answer that comes out between the two is on the page.
            # The page alone does not do: after "it takes a moment" it says that nothing is being written.
            over = self._is_answered() or time.monotonic() - began > wait
            heard += super().hear(wait=wait)
            if over:
                break
            time.sleep(0.1)
        self.longest = max(self.longest, time.monotonic() - began)
        return heard

    def _is_answered(self) -> bool:
        """Whether every message has an answer (or has failed), and every answer is out."""
        with self.database.reading() as session:
            return not has_open_line(session, conversation_id=self.conversation_id())

    def say(self, text: str, *, wait: float = PATIENCE) -> list[str]:
        return super().say(text, wait=wait)

    def press(self, index: int = 0, *, wait: float = PATIENCE) -> list[str]:
        return super().press(index, wait=wait)


class TimedChat(Chat):
    """A citizen on Telegram who knows how long the longest answer took."""

    longest = 0.0

    def rest(self) -> None:
        began = time.monotonic()
        super().rest()
        self.longest = max(self.longest, time.monotonic() - began)


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
