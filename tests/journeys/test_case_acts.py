"""A filed case from both sides, over web chat and Telegram with a real Rasa: supplement, more time, extension,
photos, result, rating, reopening, objection, transfer, withdrawal.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from app.cli.chat_client import ChatError
from app.clock import utc_now
from core.database import Database
from core.models.case import Case, CaseClock, CaseEvent, CaseRating
from core.models.conversation import Conversation, Turn
from tests.builders import make_case
from tests.journeys.chat import Chat, picture
from tests.journeys.officers import change_case, clock_act, signed_in
from tests.journeys.talk import Talk
from tests.stack import Stack, wait_until


class Citizen(ABC):
    """One citizen on some channel: everything below is the same for all."""

    database: Database

    @abstractmethod
    def say(self, text: str) -> str:
        """The answer."""

    @abstractmethod
    def press(self, title: str) -> str:
        """Press the newest choice whose title holds these words; the answer."""

    @abstractmethod
    def photo(self) -> str:
        """Send a photo without words; the answer."""

    @abstractmethod
    def await_text(self, part: str) -> None:
        """Wait for what comes unasked."""

    @abstractmethod
    def conversation_id(self) -> int:
        """Our conversation."""

    @abstractmethod
    def report(self, text: str) -> Case:
        """File a report."""

    def case(self, case: Case) -> Case:
        """The case as it is now."""
        with self.database.reading() as session:
            return session.get_one(Case, case.id)

    def events(self, case: Case) -> list[CaseEvent]:
        with self.database.reading() as session:
            query = select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)
            return list(session.scalars(query))

    def said_by_citizen(self, case: Case) -> list[str]:
        return [e.note for e in self.events(case) if e.actor_kind == "citizen" and e.note]

    def filed(self, service: str, what: str, place: str) -> Case:
        """A case of this conversation, as if its last message had been the report."""
        self.say("안녕하세요")
        with self.database.transaction() as session:
            query = select(Turn).where(Turn.conversation_id == self.conversation_id())
            turn = session.scalars(query.order_by(Turn.id.desc()).limit(1)).one()
            return make_case(
                session,
                turn=turn,
                now=utc_now(),
                service_code=service,
                what=what,
                place_text=place,
            ).case

    def make_legal(self, case: Case) -> None:
        """As if the city had filed it under a service of kind 법정, of which the sample has none."""
        with self.database.transaction() as session:
            session.get_one(Case, case.id).kind = "법정"


class OnWeb(Citizen):
    def __init__(self, stack: Stack, folder: Path) -> None:
        self.database = stack.database()
        self.talk = Talk(stack.citizen(uuid.uuid4().hex), self.database)
        self.talk.say("안녕하세요")
        self.file = folder / "사진.jpg"
        self.file.write_bytes(picture("orange"))

    def _send(self, act: Callable[[], object]) -> str:
        """Send once the page's own limit allows it; the answer."""

        def sent() -> bool:
            try:
                act()
            except ChatError:
                return False
            return True

        wait_until(sent, seconds=60, what="room for one more message")
        return "\n".join(self.talk.hear())

    def say(self, text: str) -> str:
        return self._send(lambda: self.talk.citizen.say(text))

    def press(self, title: str) -> str:
        lines = [line for line in self.talk.lines if line.get("choices")]
        for line in reversed(lines):
            for choice in line["choices"]:
                if title in choice["title"]:
                    return self._send(partial(self.talk.citizen.choose, choice["id"]))
        raise AssertionError(f"no choice with {title!r}: {lines[-2:]}")

    def photo(self) -> str:
        return self._send(lambda: self.talk.citizen.photo(self.file))

    def await_text(self, part: str) -> None:
        self.talk.await_text(part)

    def conversation_id(self) -> int:
        return self.talk.conversation_id()

    def report(self, text: str) -> Case:
        before = {case.id for case in self.talk.cases()}
        self.talk.say(text)
        self.talk.fill_until(None)
        return next(case for case in self.talk.cases() if case.id not in before)


class OnTelegram(Citizen):
    def __init__(self, stack: Stack) -> None:
        self.chat = Chat(stack)
        self.chat.say("안녕하세요")
        self.database = self.chat.database

    def _after(self, count: int) -> str:
        return "\n".join(seen.text for seen in self.chat.said()[count:])

    def say(self, text: str) -> str:
        count = len(self.chat.said())
        self.chat.say(text)
        return self._after(count)

    def press(self, title: str) -> str:
        count = len(self.chat.said())
        self.chat.press(title)
        return self._after(count)

    def photo(self) -> str:
        count = len(self.chat.said())
        self.chat.user.send_photo(picture("orange"), "")
        self.chat.rest()
        return self._after(count)

    def await_text(self, part: str) -> None:
        self.chat.user.wait_for(part, 60)

    def conversation_id(self) -> int:
        with self.database.reading() as session:
            address = str(self.chat.user.chat_id)
            query = select(Conversation.id).where(Conversation.address == address)
            return session.scalars(query).one()

    def report(self, text: str) -> Case:
        before = {case.id for case in self.chat.cases()}
        self.chat.say(text)
        self.chat.fill(None)
        return next(case for case in self.chat.cases() if case.id not in before)


@pytest.fixture(params=["web", "telegram"])
def citizen(request: pytest.FixtureRequest, stack: Stack, tmp_path: Path) -> Iterator[Citizen]:
    one: Citizen = OnWeb(stack, tmp_path) if request.param == "web" else OnTelegram(stack)
    yield one
    one.database.dispose()


@pytest.fixture(scope="module")
def officer(stack: Stack) -> Iterator[httpx.Client]:
    with signed_in(stack) as browser:
        yield browser


def has(answer: str, *parts: str) -> None:
    assert all(part in answer for part in parts), f"{answer!r} lacks one of {parts}"


def test_supplement_more_time_extension_photo_result_rating_and_reopening(
    citizen: Citizen, officer: httpx.Client
) -> None:
    lamp = citizen.report("시청역 2번 출구 앞 가로등이 꺼졌어요")

    clock_act(officer, lamp.id, "supplement", words="기둥 번호를 알려 주세요.", number="7")
    citizen.await_text("알려 주실 것이 더 있어요")
    assert citizen.case(lamp).paused_at is not None
    has(citizen.press("시간이 더 필요해요"), lamp.number, "며칠이 더")
    has(citizen.press("3일 더"), "한 줄로")
    has(citizen.say("출장 중이라 사진을 못 찍어요"), "늦췄어요", "한 번 더")
    page = officer.get(f"/cases/{lamp.id}").text
    assert "출장 중이라 사진을 못 찍어요" in page
    assert "보완 기한을 늦춤" in page

    has(citizen.say("기둥 번호는 12-3이에요"), "보완으로", "이어서 처리")
    assert citizen.case(lamp).status == "in_progress"
    with citizen.database.reading() as session:
        rows = session.scalars(select(CaseClock).where(CaseClock.case_id == lamp.id)).all()
    assert [row.ends_at is not None for row in rows] == [True]
    assert "기둥 번호는 12-3이에요" in officer.get(f"/cases/{lamp.id}").text

    clock_act(officer, lamp.id, "extend", words="부품을 기다려요.", number="1")
    citizen.await_text("부품을 기다려요.")
    has(citizen.say("그 가로등에 사진 추가할게요"), "사진을 보내 주세요")
    has(citizen.photo(), lamp.number, "덧붙였어요")
    assert len(citizen.case(lamp).attachment_ids) == 1

    change_case(
        officer,
        lamp.id,
        to="answered",
        note="새 등으로 바꾸었습니다.",
        photos=[(picture("white"), "켜진 가로등")],
    )
    citizen.await_text("켜진 가로등")
    citizen.await_text("어떠셨어요")
    has(citizen.press("2점"), "써 주시겠어요")
    has(citizen.say("아직도 밤에 어두워요"), "적어 두었어요")
    with citizen.database.reading() as session:
        rating = session.scalars(select(CaseRating).where(CaseRating.case_id == lamp.id)).one()
    assert (rating.score, rating.comment) == (2, "아직도 밤에 어두워요")

    has(citizen.say("그때 그 가로등 다시 처리해 주세요"), lamp.number, "무엇이 아직 그대로")
    has(citizen.say("어젯밤에도 꺼져 있었어요"), "전했어요")
    assert citizen.case(lamp).status == "reopened"
    assert "어젯밤에도 꺼져 있었어요" in citizen.said_by_citizen(lamp)


def test_an_objection_is_taken_only_where_the_law_gives_one(
    citizen: Citizen, officer: httpx.Client
) -> None:
    drain = citizen.filed("drain_clog", "하수구가 막혔어요", "망원시장 입구")

    clock_act(officer, drain.id, "reject", words="개인 땅이라 처리할 수 없습니다.")
    citizen.await_text("개인 땅이라")
    has(citizen.say("그 하수구 결과에 이의신청할게요"), drain.number, "법정민원의 거부에만", "110")
    citizen.make_legal(drain)
    has(citizen.say("그 하수구 결과에 이의신청할게요"), "35조")
    has(citizen.say("시가 관리하는 길이라는 서류가 있어요"), "이렇게 이의신청을 할까요")
    has(citizen.say("네"), drain.number, "이의신청을 접수했어요")
    again = citizen.case(drain)
    assert (again.status, again.due_at > drain.received_at) == ("reopened", True)
    assert "이의신청" in officer.get(f"/cases/{drain.id}").text


def test_one_among_several_is_withdrawn_brought_back_and_sent_on(
    citizen: Citizen, officer: httpx.Client
) -> None:
    lamp = citizen.filed("streetlight", "가로등이 꺼졌어요", "시청역 2번 출구 앞")
    drain = citizen.filed("drain_clog", "하수구가 막혔어요", "망원시장 입구")
    citizen.say("안녕하세요")
    has(citizen.say("신고한 거 취하할게요"), "어느 민원")
    has(citizen.press("하수구"), drain.number, "거둘까요")
    has(citizen.press("그대로 두기"), "그대로")
    has(citizen.say("그때 그 시청역 가로등 신고 취하할게요"), lamp.number, "거둘까요")
    has(citizen.press("민원 거두기"), "거두었어요")
    assert citizen.case(lamp).status == "withdrawn"
    has(citizen.press("되돌리기"), "다시 살펴봐")
    assert citizen.case(lamp).status == "reopened"

    clock_act(officer, lamp.id, "transfer", agency="한국전력공사", words="한전의 기둥이에요.")
    citizen.await_text("한국전력공사")
    has(citizen.say("그 가로등 신고 취하할게요"), "한국전력공사", "그곳에서 처리")
    assert citizen.case(lamp).status == "transferred"
