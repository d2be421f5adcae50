"""One pass of erasing: all of it or nothing, Rasa first, and whatever fails is done at a later pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from core.attachments import AttachmentStore
from core.erasure import find_erasure, request_erasure
from core.inbound import Photo, TurnKind
from core.models.conversation import Conversation, Delivery, Turn
from dialogue.erasure import erase_due
from tests.builders import make_message
from tests.dialogue.runner_house import House, say

WORDS = "골목이 캄캄해서 넘어졌어요"


class Eraser:
    """A house whose citizen has written, sent a photo and asked to be erased."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.store = AttachmentStore(folder / "attachments")
        self.sha256 = self.store.put(b"a picture")
        picture = Photo(self.sha256, "image/jpeg", 9, 4, 3)
        house.hear(WORDS)
        turn_id = house.hear(kind=TurnKind.PHOTO, photos=(picture,))
        self.conversation_id = house.turn(turn_id).conversation_id
        self.ask()

    def ask(self, conversation_id: int | None = None) -> None:
        with self.house.database.transaction() as session:
            request_erasure(
                session,
                conversation_id=conversation_id or self.conversation_id,
                by="citizen",
                now=self.house.clock(),
            )

    def run(self) -> int:
        return erase_due(
            database=self.house.database,
            rasa=self.house.client,
            store=self.store,
            now=self.house.clock,
        )

    def words(self) -> list[str]:
        with self.house.database.reading() as session:
            return [
                text
                for text in session.scalars(
                    select(Turn.text).where(Turn.conversation_id == self.conversation_id)
                )
                if text
            ]

    def done(self) -> bool:
        with self.house.database.reading() as session:
            erasure = find_erasure(session, conversation_id=self.conversation_id)
            return erasure is not None and erasure.done_at is not None

    def untouched(self) -> bool:
        return self.words() == [WORDS] and self.picture_is_there() and not self.done()

    def picture_is_there(self) -> bool:
        return self.store.path(self.sha256).exists()

    def add_delivery(self) -> int:
        """A message that waits to be sent."""
        with self.house.database.transaction() as session:
            conversation = session.get_one(Conversation, self.conversation_id)
            delivery = Delivery(
                conversation_id=conversation.id,
                channel="blocked",
                address=conversation.address,
                kind="notice",
                payload={"text": "곧 지울게요"},
                dedupe_key="waiting",
                created_at=self.house.clock(),
                next_attempt_at=self.house.clock(),
            )
            session.add(delivery)
            session.flush()
            return delivery.id


@pytest.fixture
def eraser(house: House, tmp_path: Path) -> Eraser:
    return Eraser(house, tmp_path)


def test_rasa_forgets_rows_are_emptied_and_the_photo_is_gone(eraser: Eraser) -> None:
    assert eraser.run() == 1
    assert eraser.house.rasa.forgotten == [
        f"/webhooks/turns/conversations/c{eraser.conversation_id}"
    ]
    assert eraser.words() == []
    assert not eraser.picture_is_there()
    assert eraser.done()
    assert eraser.run() == 0


@pytest.mark.parametrize("status", [401, 500, 503])
def test_while_rasa_does_not_forget_nothing_is_erased(eraser: Eraser, status: int) -> None:
    eraser.house.rasa.forget = lambda path: status
    assert eraser.run() == 0
    assert eraser.untouched()
    eraser.house.rasa.forget = lambda path: 200
    assert eraser.run() == 1
    assert eraser.words() == []


def test_rasa_out_of_reach_erases_nothing_even_after_days(eraser: Eraser) -> None:
    eraser.house.rasa.close()
    assert eraser.run() == 0
    eraser.house.clock.forward(days=3)
    assert eraser.run() == 0
    assert eraser.untouched()


def test_a_message_that_is_not_sent_yet_is_waited_for(eraser: Eraser) -> None:
    delivery_id = eraser.add_delivery()
    assert eraser.run() == 0
    assert eraser.untouched()
    assert eraser.house.rasa.forgotten == []
    with eraser.house.database.transaction() as session:
        session.get_one(Delivery, delivery_id).state = "sent"
    assert eraser.run() == 1


def test_a_message_that_never_leaves_is_waited_for_one_day(eraser: Eraser) -> None:
    delivery_id = eraser.add_delivery()
    eraser.house.clock.forward(hours=23)
    assert eraser.run() == 0
    eraser.house.clock.forward(hours=1)
    assert eraser.run() == 1
    assert eraser.words() == []
    with eraser.house.database.reading() as session:
        delivery = session.get_one(Delivery, delivery_id)
        assert (delivery.state, delivery.payload["text"]) == ("failed", "")


def test_a_message_that_is_not_answered_yet_is_answered_first(eraser: Eraser) -> None:
    eraser.house.door.receive(make_message(text="고맙습니다"))
    assert eraser.run() == 0
    eraser.house.runner.run(eraser.conversation_id)
    assert "답: 고맙습니다" in eraser.house.said()
    assert eraser.run() == 1


def test_a_message_that_comes_while_rasa_forgets_is_answered_first(eraser: Eraser) -> None:
    def forget(path: str) -> int:
        eraser.house.door.receive(make_message(text="잠깐만요"))
        return 200

    eraser.house.rasa.forget = forget
    assert eraser.run() == 0
    assert eraser.picture_is_there()
    eraser.house.runner.run(eraser.conversation_id)
    assert "답: 잠깐만요" in eraser.house.said()
    eraser.house.rasa.forget = lambda path: 200
    assert eraser.run() == 1
    assert eraser.words() == []


def test_a_conversation_that_a_worker_holds_is_left_to_the_next_pass(eraser: Eraser) -> None:
    with eraser.house.database.transaction() as session:
        conversation = session.get_one(Conversation, eraser.conversation_id)
        conversation.leased_until = eraser.house.clock()
    assert eraser.run() == 0
    eraser.house.clock.forward(seconds=31)
    assert eraser.run() == 1


def test_a_photo_that_cannot_be_removed_is_removed_at_a_later_pass(
    eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: AttachmentStore, sha256: str) -> None:
        raise PermissionError(sha256)

    with monkeypatch.context() as patched:
        patched.setattr(AttachmentStore, "remove", broken)
        assert eraser.run() == 0
    assert eraser.words() == []
    assert eraser.picture_is_there()
    assert not eraser.done()
    assert eraser.run() == 1
    assert not eraser.picture_is_there()
    with eraser.house.database.reading() as session:
        erasure = find_erasure(session, conversation_id=eraser.conversation_id)
        assert erasure is not None
        assert erasure.files == []


def test_a_photo_that_another_citizen_sent_too_stays(eraser: Eraser) -> None:
    picture = Photo(eraser.sha256, "image/jpeg", 9, 4, 3)
    eraser.house.hear(kind=TurnKind.PHOTO, photos=(picture,), address="b" * 64)
    assert eraser.run() == 1
    assert eraser.picture_is_there()


def test_one_that_fails_holds_up_no_other(eraser: Eraser) -> None:
    turn_id = eraser.house.hear("다른 사람이에요", address="b" * 64)
    other = eraser.house.turn(turn_id).conversation_id
    eraser.ask(other)
    first = f"/c{eraser.conversation_id}"
    eraser.house.rasa.forget = lambda path: 503 if path.endswith(first) else 200
    assert eraser.run() == 1
    assert eraser.untouched()
    assert eraser.house.turn(turn_id).text == ""


def test_the_next_message_is_answered_in_a_new_conversation(eraser: Eraser) -> None:
    eraser.house.rasa.answer = lambda body: say(f"{body['conversation']}: {body['draft']}")
    eraser.run()
    turn_id = eraser.house.hear("안녕하세요")
    assert eraser.house.turn(turn_id).conversation_id != eraser.conversation_id
    assert eraser.house.said()[-1].endswith("None")


def test_the_bytes_are_gone_from_the_database_s_files(eraser: Eraser, tmp_path: Path) -> None:
    def on_disk() -> bool:
        return any(WORDS.encode() in path.read_bytes() for path in tmp_path.glob("test.db*"))

    assert on_disk()
    assert eraser.run() == 1
    assert not on_disk()
