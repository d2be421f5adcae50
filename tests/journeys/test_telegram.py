"""The main job over Telegram with everything real but Telegram itself, which is simulated."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from core.models.case import CaseEvent, CaseRating
from core.models.conversation import Conversation, Turn
from tests.builders import sample_city
from tests.journeys.chat import Chat, picture
from tests.journeys.officers import change_case, signed_in
from tests.stack import Stack, wait_until

TEXTS = sample_city().texts


@pytest.fixture
def chat(stack: Stack):
    chat = Chat(stack)
    yield chat
    chat.database.dispose()


def test_a_report_with_photo_and_pin_is_filed_answered_with_photos_and_rated(
    stack: Stack, chat: Chat
) -> None:
    chat.user.start()
    chat.rest()
    assert "외국에 있는 서버를 거쳐요" in chat.said()[0].text
    chat.user.send_photo(picture("orange"), "가로등이 꺼져서 깜깜해요")
    chat.rest()
    chat.user.send_location(37.5657, 126.9769)
    chat.rest()
    assert "typing" in chat.user.actions
    chat.fill(None)

    (case,) = chat.cases()
    city = sample_city()
    assert city.service(case.service_code).name.startswith("가로등")
    assert (case.lat, case.long) == pytest.approx((37.5657, 126.9769))
    assert len(case.attachment_ids) == 1
    assert case.contact_token == "⟦전화1⟧"
    receipt = next(seen for seen in reversed(chat.said()) if case.number in seen.text)
    assert f"<code>{case.number}</code>" in receipt.html
    assert re.search(r"<code>[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}</code>", receipt.html)

    with signed_in(stack) as officer:
        change_case(officer, case.id, to="in_progress", note="", photos=[])
        change_case(
            officer,
            case.id,
            to="answered",
            note="새 등으로 바꾸었습니다.",
            photos=[(picture("white"), "켜진 가로등"), (picture("yellow"), "바꾼 등")],
        )
    chat.user.wait_for("새 등으로 바꾸었습니다.", 30)
    album = chat.user.wait_for("켜진 가로등", 30)
    assert album.kind == "album"
    assert [Image.open(io.BytesIO(data)).size for data in album.items] == [(640, 480)] * 2
    chat.user.wait_for("결과를 받아 보시니 어떠셨어요?", 30)
    chat.press("5점")
    with chat.database.reading() as session:
        assert session.scalars(
            select(CaseRating.score).where(CaseRating.case_id == case.id)
        ).all() == [5]

    # The case is told with its place on the map.
    chat.say("내 민원 어떻게 됐어요?")
    assert any(seen.location is not None for seen in chat.said()[-2:])
    assert stack.telegram.violations == []


def test_an_album_of_three_and_a_voice_message_in_the_middle_lose_nothing(chat: Chat) -> None:
    chat.say("시청역 2번 출구 앞 가로등이 꺼졌어요")
    chat.fill("photo")
    chat.user.send_voice()
    chat.rest()
    assert chat.said()[-2].text.startswith("이 형식은 아직")
    chat.user.send_album([picture("red"), picture("green"), picture("blue")])
    chat.rest()
    chat.fill(None)
    (case,) = chat.cases()
    assert len(case.attachment_ids) == 3


def test_an_edited_message_corrects_the_report_and_later_the_case(chat: Chat) -> None:
    first = chat.say("종각역 3번 출구 앞 가로등이 꺼졌어요")
    asked = chat.requested()
    chat.user.edit_text(first, "시청역 12번 출구 앞 가로등이 꺼졌어요")
    chat.rest()
    assert chat.requested() == asked
    assert "시청역 12번 출구" in str(chat.draft()["where"])
    assert "종각역" not in str(chat.draft()["what"])
    chat.fill(None)
    (case,) = chat.cases()
    assert "시청역" in case.place_text
    chat.user.edit_text(first, "시청역 12번 출구 앞 가로등 세 개가 꺼졌어요")
    chat.rest()
    assert chat.said()[-1].text == TEXTS.render("added_to_case", number=case.number)
    with chat.database.reading() as session:
        notes = session.scalars(select(CaseEvent.note).where(CaseEvent.case_id == case.id)).all()
    assert "시청역 12번 출구 앞 가로등 세 개가 꺼졌어요" in notes
    assert len(chat.cases()) == 1


def test_a_message_in_a_group_goes_on_in_private_where_its_author_follows_the_link(
    stack: Stack, chat: Chat
) -> None:
    group = stack.telegram.group(-100_500_000 - chat.user.chat_id)
    chat.user.send_text_in(group, "시청역 2번 출구 앞 가로등이 꺼졌어요", mention=True)
    answered = group.wait_for("개인 대화에서", 30)
    (row,) = answered.buttons
    assert row[0].url is not None
    payload = row[0].url.partition("?start=")[2]
    chat.user.start(payload)
    chat.rest()
    assert any("시청역 2번 출구 앞 가로등이 꺼졌어요" in seen.text for seen in chat.said())
    assert chat.requested() is not None
    assert "가로등" in str(chat.draft()["what"])


def test_telegram_away_for_a_moment_loses_neither_word_nor_answer(stack: Stack, chat: Chat) -> None:
    chat.say("안녕하세요")
    before = len(chat.said())
    stack.telegram.down = True
    chat.user.send_text("시청역 2번 출구 앞 가로등이 꺼졌어요")
    stack.telegram.down = False
    chat.rest()
    assert len(chat.said()) > before
    assert "가로등" in str(chat.draft()["what"])


def test_the_worker_killed_between_commit_and_confirmation_keeps_one_message_once(
    stack: Stack, chat: Chat
) -> None:
    chat.say("안녕하세요")
    stack.arm("worker", "turn_committed")
    before = len(chat.said())
    chat.user.send_text("시청역 2번 출구 앞 가로등이 꺼졌어요")
    stack.wait_dead("worker", seconds=60)
    stack.start("worker")
    # Telegram brings it again once the dead worker's right to poll has run out.
    wait_until(lambda: stack.telegram.undelivered == 0, seconds=60, what="the confirmation")
    chat.rest()
    with chat.database.reading() as session:
        turns = session.scalars(
            select(Turn.text)
            .join(Conversation, Conversation.id == Turn.conversation_id)
            .where(Conversation.address == str(chat.user.chat_id))
        ).all()
    assert turns.count("시청역 2번 출구 앞 가로등이 꺼졌어요") == 1
    questions = [seen.text for seen in chat.said()[before:]]
    assert len(questions) == len(set(questions))
    assert chat.requested() is not None
