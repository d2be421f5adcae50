"""Drives a real conversation: answers whatever the form asks, by the draft that core keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from sqlalchemy import select

from app.cli.chat_client import ChatClient
from core.database import Database
from core.models.case import Case
from core.models.conversation import Draft, Turn
from tests.stack import wait_until

ANSWERS = {
    "what": "가로등이 꺼져서 깜깜해요",
    "where": "시청역 2번 출구 앞이요",
    "near": "따로 신고할게요",
    "photo": "건너뛰기",
    "contact": "010-1234-5678",
}


class FormTalk(ABC):
    """A talk over any channel: what the form asks, and how its questions are answered."""

    database: Database

    @abstractmethod
    def say(self, text: str) -> list[str]:
        """Write to the bot; its answer."""

    @abstractmethod
    def press(self, index: int = 0) -> list[str]:
        """Press a choice of the last question; the answer."""

    @abstractmethod
    def texts(self) -> list[str]:
        """All that the citizen was told, oldest first."""

    @abstractmethod
    def conversation_id(self) -> int:
        """Our conversation."""

    def requested(self) -> str | None:
        """What the form waits for; None when no report is open."""
        with self.database.reading() as session:
            draft = session.scalars(
                select(Draft)
                .where(Draft.conversation_id == self.conversation_id(), Draft.state == "open")
                .order_by(Draft.id.desc())
            ).first()
            return draft.requested_slot if draft else None

    def open_turns(self) -> int:
        """How many of our turns have no answer yet."""
        with self.database.reading() as session:
            return len(
                session.scalars(
                    select(Turn.id).where(
                        Turn.conversation_id == self.conversation_id(), Turn.state != "answered"
                    )
                ).all()
            )

    def cases(self) -> list[Case]:
        with self.database.reading() as session:
            return list(
                session.scalars(select(Case).where(Case.conversation_id == self.conversation_id()))
            )

    def fill_until(self, stop: str | None, *, answers: dict[str, str] | None = None) -> None:
        """Answer question after question until ``stop`` is asked (None: until the report is filed)."""
        given = ANSWERS | (answers or {})
        for _ in range(12):
            slot = self.requested()
            if slot == stop:
                return
            assert slot is not None, f"the form ended before {stop}: {self.texts()[-3:]}"
            if slot in given:
                self.say(given[slot])
            else:
                self.press(0)
        raise AssertionError(f"{stop} was never asked: {self.texts()}")


class Talk(FormTalk):
    """One citizen of the web chat and what they were told."""

    def __init__(self, citizen: ChatClient, database: Database) -> None:
        self.citizen = citizen
        self.database = database
        self.lines: list[dict[str, Any]] = []
        self._conversation_id: int | None = None

    def hear(self, *, wait: float = 30.0) -> list[str]:
        """The bot's and officers' new texts."""
        new = list(self.citizen.answers(wait=wait))
        self.lines += new
        return [line["text"] for line in new]

    def say(self, text: str, *, wait: float = 30.0) -> list[str]:
        self.citizen.say(text)
        return self.hear(wait=wait)

    def press(self, index: int = 0, *, wait: float = 30.0) -> list[str]:
        self.citizen.choose(self.citizen.last_choices[index]["id"])
        return self.hear(wait=wait)

    def press_title(self, part: str) -> list[str]:
        """Press the choice whose title holds ``part``."""
        for choice in self.citizen.last_choices:
            if part in choice["title"]:
                self.citizen.choose(choice["id"])
                return self.hear()
        raise AssertionError(f"no choice with {part!r} in {self.citizen.last_choices}")

    def await_text(self, part: str, *, seconds: float = 90.0) -> str:
        """Wait until a text with ``part`` comes and return it."""

        def found() -> str | None:
            self.hear(wait=1.0)
            return next((line["text"] for line in self.lines if part in line["text"]), None)

        return str(wait_until(found, seconds=seconds, what=f"a message with {part!r}"))

    def texts(self) -> list[str]:
        return [line["text"] for line in self.lines]

    def conversation_id(self) -> int:
        """Our conversation, found by a turn of ours."""
        if self._conversation_id is None:
            self._conversation_id = self._find_conversation()
        return self._conversation_id

    def _find_conversation(self) -> int:
        page = self.citizen._read(after=0, turn=0)
        turn_id = next(line["id"] for line in page["messages"] if line["kind"] == "turn")
        with self.database.reading() as session:
            return session.get_one(Turn, turn_id).conversation_id
