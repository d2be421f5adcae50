"""What every channel must do, as one suite: a channel's test subclasses Contract and brings a Desk.

Must not know any channel. A Desk acts as one citizen of the channel and tells what that citizen sees.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass

import pytest
from PIL import Image as Picture
from sqlalchemy import func, inspect, select, text

from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.database import Database
from core.deliveries import enqueue
from core.erasure import request_erasure
from core.files import FileStore
from core.handovers import answer, hand_back, open_handover, take
from core.models.case import Case
from core.models.conversation import Attachment, Conversation, Delivery, Turn
from core.replies import Reply
from dialogue.erasure import erase_due
from dialogue.photos import accept_photo
from tests.bots.web_house import CONFIRM, StandInRasa, until
from tests.builders import Clock, make_case, make_officer, sample_city


@dataclass(frozen=True)
class Heard:
    """One message as the citizen sees it."""

    text: str
    choices: tuple[str, ...] = ()
    photos: int = 0
    location: bool = False


class Desk(ABC):
    """One citizen at one channel, over the real door, runner and dispatcher."""

    channel: str
    database: Database
    store: FileStore
    rasa: StandInRasa
    now: Clock
    # The longest text that the channel carries in one message, as its own clients allow.
    longest_text: int

    @abstractmethod
    def say(self, text: str) -> object:
        """Send a text; what it returns can be sent again with ``repeat``."""

    @abstractmethod
    def repeat(self, sent: object) -> None:
        """The channel brings the same message once more."""

    @abstractmethod
    def say_late(self, first: str, second: str) -> None:
        """Send two texts; the channel brings the second one first."""

    @abstractmethod
    def photo(self, data: bytes, caption: str = "") -> object:
        """Send a photo."""

    @abstractmethod
    def place(self, lat: float, long: float) -> object:
        """Send a point on the map."""

    @abstractmethod
    def unsupported(self) -> None:
        """Send something that no channel reads (a voice message), or what comes closest."""

    @abstractmethod
    def press(self, title: str) -> None:
        """Press a choice under the last message that offers one."""

    @abstractmethod
    def press_unknown(self) -> None:
        """Press something that we never offered."""

    @abstractmethod
    def block(self) -> None:
        """Leave the channel for good, as far as the channel knows such a thing."""

    @abstractmethod
    def come_back(self) -> None:
        """Be reachable again after ``block``."""

    @abstractmethod
    def heard(self) -> list[Heard]:
        """What the service has said to this citizen, oldest first."""

    @abstractmethod
    def kick(self) -> None:
        """Have what is due sent now (the worker's job)."""

    def wait(self, count: int) -> list[Heard]:
        """What was heard, once there are ``count`` messages."""

        def look() -> list[Heard] | None:
            found = self.heard()
            return found if len(found) >= count else None

        found = until(look, seconds=20)
        assert found is not None
        return found

    def wait_for(self, part: str) -> Heard:
        """The first message with ``part``, once it is there."""

        def look() -> Heard | None:
            return next((each for each in self.heard() if part in each.text), None)

        found = until(look, seconds=20)
        assert found is not None
        return found

    def conversation(self) -> Conversation:
        """The row of this citizen's talk."""
        with self.database.reading() as session:
            return session.scalars(
                select(Conversation)
                .where(Conversation.channel == self.channel)
                .order_by(Conversation.id)
                .limit(1)
            ).one()

    def turns(self) -> list[Turn]:
        with self.database.reading() as session:
            return list(session.scalars(select(Turn).order_by(Turn.id)))


def picture(size: tuple[int, int] = (640, 480)) -> bytes:
    out = io.BytesIO()
    Picture.linear_gradient("L").resize(size).convert("RGB").save(out, "JPEG")
    return out.getvalue()


class Contract:
    """Subclass it as ``Test…`` with a fixture ``desk``."""

    def _case(self, desk: Desk) -> int:
        """A case of this citizen, filed from their last turn."""
        now = desk.now()
        with desk.database.transaction() as session:
            turn = session.get_one(Turn, desk.turns()[-1].id)
            return make_case(session, turn=turn, now=now).case.id

    # ---- in -----------------------------------------------------------------------------------

    def test_a_text_is_kept_and_answered(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        (answered,) = desk.wait(1)
        assert "이대로 접수할까요?" in answered.text
        assert [turn.text for turn in desk.turns()] == ["가로등이 꺼졌어요"]

    def test_choices_can_be_pressed(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        (question,) = desk.wait(1)
        assert question.choices == tuple(choice.title for choice in CONFIRM)
        desk.press(CONFIRM[0].title)
        assert "2026-000123" in desk.wait(2)[1].text

    def test_choices_can_be_typed_by_their_number(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        desk.say("1번이요")
        assert "2026-000123" in desk.wait(2)[1].text

    def test_a_double_press_is_answered_once(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        desk.press(CONFIRM[0].title)
        desk.wait(2)
        desk.press(CONFIRM[0].title)
        desk.say("고마워요")
        desk.wait(3)
        assert sum("2026-000123" in each.text for each in desk.heard()) == 1

    def test_a_choice_of_nobody_gets_a_clear_answer(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        desk.press_unknown()
        assert desk.wait(2)[1].text == sample_city().texts.render("wrong_choice")

    def test_a_photo_is_kept_without_what_the_camera_wrote_into_it(self, desk: Desk) -> None:
        desk.photo(picture())
        desk.wait_for("사진을 잘 받았어요")
        with desk.database.reading() as session:
            kept = session.scalars(select(Attachment)).one()
        assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 640, 480)
        stored = Picture.open(io.BytesIO(desk.store.read(kept.sha256)))
        assert not stored.getexif()

    def test_a_photo_that_lies_about_its_type_is_told_and_the_talk_goes_on(
        self, desk: Desk
    ) -> None:
        desk.photo(b"MZ this is no picture" * 100)
        desk.say("가로등이 꺼졌어요")
        desk.wait_for("이대로 접수할까요?")
        assert all("사진을 잘 받았어요" not in each.text for each in desk.heard())
        with desk.database.reading() as session:
            assert session.scalar(select(func.count(Attachment.id))) == 0

    def test_a_place_is_kept_with_its_point(self, desk: Desk) -> None:
        desk.place(37.5663, 126.9779)
        desk.wait_for("위치를 잘 받았어요")
        (turn,) = desk.turns()
        assert turn.location is not None
        assert (turn.location["lat"], turn.location["long"]) == pytest.approx((37.5663, 126.9779))

    def test_what_comes_twice_is_one_turn_and_one_answer(self, desk: Desk) -> None:
        sent = desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        desk.repeat(sent)
        desk.say("고마워요")
        desk.wait(2)
        assert len(desk.turns()) == 2
        assert len(desk.rasa.heard) == 2

    def test_what_comes_late_is_answered_all_the_same(self, desk: Desk) -> None:
        desk.rasa.gate.clear()
        desk.say("가로등이 꺼졌어요")
        until(desk.turns)
        desk.rasa.gate.set()
        desk.wait_for("이대로 접수할까요?")

    def test_what_comes_out_of_order_is_answered_once_each(self, desk: Desk) -> None:
        desk.say_late("첫째예요", "둘째 이야기예요")
        desk.wait(2)
        desk.say("셋째 이야기까지예요")
        desk.wait(3)
        heard = [turn.text or "" for turn in desk.rasa.heard]
        assert sorted(heard) == sorted(["첫째예요", "둘째 이야기예요", "셋째 이야기까지예요"])
        assert heard[-1] == "셋째 이야기까지예요"

    def test_the_longest_text_is_kept_whole(self, desk: Desk) -> None:
        long = "가로등이 자꾸 꺼져요. " * (desk.longest_text // 13)
        desk.say(long)
        desk.wait(1)
        assert desk.turns()[0].text.strip() == long.strip()

    def test_what_cannot_be_read_is_said_and_the_form_goes_on(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        desk.unsupported()
        desk.wait(2)
        desk.say("1")
        desk.wait_for("2026-000123")

    def test_a_resident_number_is_stored_nowhere(self, desk: Desk) -> None:
        desk.say("제 주민번호는 900101-1234567이에요")
        desk.wait(1)
        assert "1234567" not in everything_in(desk.database)

    def test_a_phone_number_is_only_in_the_vault(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요. 제 번호는 010-2345-6789예요")
        desk.wait(1)
        assert "⟦전화1⟧" in desk.turns()[0].text
        written = everything_in(desk.database)
        assert "2345-6789" not in written
        assert "23456789" not in written

    # ---- out ----------------------------------------------------------------------------------

    def test_a_long_answer_arrives_whole_and_in_order(self, desk: Desk) -> None:
        desk.say("안녕하세요")
        desk.wait(1)
        sentences = [f"{n}번째 문장이에요." for n in range(1200)]
        self._tell(desk, Reply(" ".join(sentences)))
        desk.wait_for("1199번째 문장이에요.")
        told = " ".join(each.text for each in desk.heard()[1:])
        assert told.split() == " ".join(sentences).split()

    def test_marks_that_mean_something_elsewhere_arrive_as_written(self, desk: Desk) -> None:
        desk.say("안녕하세요")
        desk.wait(1)
        odd = '<b>굵게</b> & "따옴표" <a href="x">*별* _밑줄_ `코드` [링크](http://x) &lt; 끝'
        self._tell(desk, Reply(odd))
        assert desk.wait(2)[1].text == odd

    def test_an_officer_takes_over_and_the_bot_keeps_silent(self, desk: Desk) -> None:
        desk.say("상담원과 이야기할래요")
        desk.wait(1)
        conversation, now = desk.conversation(), desk.now()
        with desk.database.transaction() as session:
            officer = make_officer(session)
            open_handover(session, conversation_id=conversation.id, reason="asked", now=now)
            take(
                session,
                conversation_id=conversation.id,
                officer_id=officer,
                notice=Reply("상담원이 왔어요."),
                now=now,
            )
            answer(
                session,
                conversation_id=conversation.id,
                officer_id=officer,
                text="무엇을 도와드릴까요?",
                form_id="first",
                now=now,
            )
        desk.kick()
        desk.wait_for("무엇을 도와드릴까요?")
        before = len(desk.rasa.heard)
        desk.say("가로등이 꺼졌어요")
        until(lambda: desk.turns()[-1].state == "answered", seconds=20)
        assert len(desk.rasa.heard) == before
        with desk.database.transaction() as session:
            hand_back(
                session,
                conversation_id=conversation.id,
                officer_id=officer,
                notice=Reply("상담이 끝났어요."),
                now=desk.now(),
            )
        desk.kick()
        desk.wait_for("상담이 끝났어요.")
        desk.say("가로등이 꺼졌어요")
        desk.wait_for("이대로 접수할까요?")

    def test_a_result_comes_back_with_its_photos(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        case_id = self._case(desk)
        photos = [
            (accept_photo(picture(size), name="", store=desk.store), alt)
            for size, alt in (((320, 240), "켜진 가로등"), ((300, 200), "바꾼 등"))
        ]
        self._change(desk, case_id, CaseStatus.IN_PROGRESS)
        self._change(desk, case_id, CaseStatus.ANSWERED, "새 등으로 바꾸었습니다.", photos)
        desk.wait_for("새 등으로 바꾸었습니다.")
        pictured = desk.wait_for("켜진 가로등")
        assert pictured.photos == 2

    def test_who_has_left_costs_nothing_keeps_the_case_and_may_come_back(self, desk: Desk) -> None:
        desk.say("가로등이 꺼졌어요")
        desk.wait(1)
        case_id = self._case(desk)
        desk.block()
        self._change(desk, case_id, CaseStatus.IN_PROGRESS)
        self._tell(desk, Reply("더 알려 드릴 것이 있어요."))

        def ended() -> bool:
            with desk.database.reading() as session:
                states = set(session.scalars(select(Delivery.state)))
            return states <= {"sent", "failed"}

        until(ended, seconds=20)
        with desk.database.reading() as session:
            assert session.get_one(Case, case_id).status == CaseStatus.IN_PROGRESS.value
        desk.come_back()
        desk.say("가로등이 또 꺼졌어요")
        until(lambda: len(desk.rasa.heard) == 2, seconds=20)
        until(lambda: sum("접수할까요" in each.text for each in desk.heard()) >= 2, seconds=20)

    def test_who_has_everything_erased_leaves_no_word_and_begins_anew(self, desk: Desk) -> None:
        desk.say("홍당무처럼 빨간 가로등이 꺼졌어요. 010-2345-6789")
        desk.wait(1)
        desk.photo(picture())
        desk.wait(2)
        first = desk.conversation()
        with desk.database.transaction() as session:
            request_erasure(session, conversation_id=first.id, by="citizen", now=desk.now())

        def erased() -> bool:
            # Not before the last answer is recorded as sent, which the citizen sees a moment earlier.
            return bool(
                erase_due(database=desk.database, rasa=desk.rasa, store=desk.store, now=desk.now)
            )

        until(erased, seconds=20)
        left = everything_in(desk.database)
        assert "홍당무" not in left
        assert first.address not in left
        assert desk.rasa.forgotten == [first.id]
        desk.say("가로등이 꺼졌어요")
        until(lambda: desk.rasa.heard[-1].conversation_id != first.id, seconds=20)

    # ---- helpers ------------------------------------------------------------------------------

    def _tell(self, desk: Desk, reply: Reply) -> None:
        with desk.database.transaction() as session:
            conversation = session.get_one(Conversation, desk.conversation().id)
            enqueue(
                session,
                conversation=conversation,
                reply=reply,
                kind="notice",
                dedupe_key=f"contract:{reply.text[:40]}",
                now=desk.now(),
            )
        desk.kick()

    def _change(self, desk: Desk, case_id: int, to: CaseStatus, note: str = "", photos=()) -> None:
        with desk.database.transaction() as session:
            change_status(
                session,
                city=sample_city(),
                case_id=case_id,
                to=to,
                actor=Actor("officer", "1"),
                reason="계약",
                note=note,
                photos=photos,
                now=desk.now(),
            )
        desk.kick()


def everything_in(database: Database) -> str:
    """All rows of all tables as text."""
    with database.reading() as session:
        names = inspect(session.get_bind()).get_table_names()
        return " ".join(
            str(row) for name in names for row in session.execute(text(f'SELECT * FROM "{name}"'))
        )
