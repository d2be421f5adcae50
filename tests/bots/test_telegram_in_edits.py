"""Messages of Telegram that were changed after they were sent: one turn, whatever comes when."""

from __future__ import annotations

import pytest

from core.case_queries import events_of
from core.models.conversation import Turn
from tests.bots.contract import picture
from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import until
from tests.builders import make_case

QUESTION = "이대로 접수할까요?"


def edit(house: TelegramHouse, message_id: int, text: str, *, at: int | None = None) -> dict:
    """The update of an edit, which is still to be brought; ``at`` in seconds after the message."""
    user = house.citizen()
    with house.keeping_back(user) as kept:
        user.edit_text(message_id, text)
    (update,) = kept
    body = update["edited_message"]
    if at is not None:
        body["edit_date"] = body["date"] + at
    return update


def again(house: TelegramHouse, update: dict) -> dict:
    """The same update under a new number, as polling would bring it."""
    return {**update, "update_id": house.sim.updates.take_id()}


def file_case(house: TelegramHouse, text: str) -> str:
    """The number of a case that was made from the last turn."""
    with house.database.transaction() as session:
        turn = session.get_one(Turn, house.turns()[-1].id)
        return make_case(session, turn=turn, now=house.clock(), what=text).case.number


def notes(house: TelegramHouse) -> list[str]:
    """What citizens' edits have added to the first case."""
    with house.database.reading() as session:
        events = events_of(session, case_id=1)
    return [event.note for event in events if event.reason.startswith("시민이 글을 고침")]


def test_an_edit_before_the_answer_takes_the_place_of_what_was_written(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    telegram.rasa.gate.clear()
    user.send_text("안녕하세요")
    message_id = user.send_text("가로등이 꺼젔어요")
    until(lambda: len(telegram.turns()) == 2)
    user.edit_text(message_id, "가로등이 꺼졌어요")
    telegram.sim.wait_delivered()
    telegram.rasa.gate.set()
    user.wait_for(QUESTION)
    telegram.settle()
    assert [heard.text for heard in telegram.rasa.heard] == ["안녕하세요", "가로등이 꺼졌어요"]
    assert "corrects" not in telegram.rasa.heard[1].metadata
    assert len(telegram.turns()) == 2


def test_an_edit_while_rasa_thinks_is_worked_after_it(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    telegram.rasa.gate.clear()
    message_id = user.send_text("가로등이 꺼젔어요")
    until(lambda: [turn.state for turn in telegram.turns()] == ["in_work"])
    user.edit_text(message_id, "가로등이 꺼졌어요")
    telegram.sim.wait_delivered()
    telegram.rasa.gate.set()
    until(lambda: len(telegram.rasa.heard) == 2)
    telegram.settle()
    assert telegram.rasa.heard[1].text == "가로등이 꺼졌어요"
    assert telegram.rasa.heard[1].metadata["corrects"] == "가로등이 꺼젔어요"
    assert len(telegram.turns()) == 1


def test_an_edit_before_rasa_has_heard_anything_is_no_correction(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    telegram.sim.delay("getFile", 1)
    message_id = user.send_photo(picture(), "가로등이 꺼젔어요")
    until(lambda: [turn.state for turn in telegram.turns()] == ["in_work"])
    user.edit_caption(message_id, "가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    telegram.settle()
    (heard,) = telegram.rasa.heard
    assert heard.text == "가로등이 꺼졌어요"
    assert "corrects" not in heard.metadata
    assert len(heard.metadata["attachment_ids"]) == 1


def test_two_edits_while_rasa_thinks_correct_what_it_has_heard(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    telegram.rasa.gate.clear()
    message_id = user.send_text("가로등이 꺼젔어요")
    until(lambda: [turn.state for turn in telegram.turns()] == ["in_work"])
    for words in ("가로등 하나가 꺼졌어요", "가로등 두 개가 꺼졌어요"):
        user.edit_text(message_id, words)
    telegram.sim.wait_delivered()
    telegram.rasa.gate.set()
    until(lambda: len(telegram.rasa.heard) == 2)
    telegram.settle()
    assert telegram.rasa.heard[1].text == "가로등 두 개가 꺼졌어요"
    assert telegram.rasa.heard[1].metadata["corrects"] == "가로등이 꺼젔어요"


def test_an_edit_after_the_answer_is_worked_once_more_as_a_correction_of_the_same_turn(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    message_id = user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    user.edit_text(message_id, "시청역 앞 가로등이 꺼졌어요")
    user.wait_count(2)
    telegram.settle()
    (turn,) = telegram.turns()
    assert (turn.text, turn.state) == ("시청역 앞 가로등이 꺼졌어요", "answered")
    assert [each["text"] for each in turn.earlier_texts] == ["가로등이 꺼졌어요"]
    assert telegram.rasa.heard[1].turn_id == turn.id
    assert telegram.rasa.heard[1].metadata["corrects"] == "가로등이 꺼졌어요"
    assert telegram.rasa.heard[1].revision == 1
    assert len(user.messages) == 2


def test_an_edit_after_the_case_was_filed_is_added_to_it_and_its_number_is_said(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    message_id = user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    number = file_case(telegram, "가로등이 꺼졌어요")
    user.edit_text(message_id, "가로등 두 개가 꺼졌어요. 010-2345-6789")
    user.wait_for(number)
    telegram.settle()
    (note,) = notes(telegram)
    assert note.startswith("가로등 두 개가 꺼졌어요. ⟦전화")
    assert "2345" not in telegram.everything()
    assert len(telegram.rasa.heard) == 1


def test_the_same_edit_twice_is_one(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    message_id = user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    number = file_case(telegram, "가로등이 꺼졌어요")
    update = edit(telegram, message_id, "가로등 두 개가 꺼졌어요")
    telegram.bring(update)
    user.wait_for(number)
    telegram.bring(again(telegram, update))
    user.send_text("고마워요")
    user.wait_for("4자를")
    telegram.settle()
    assert notes(telegram) == ["가로등 두 개가 꺼졌어요"]
    assert sum(number in seen.text for seen in user.messages) == 1


@pytest.mark.parametrize("seconds", [(5, 9), (5, 5)], ids=["later", "in the same second"])
def test_an_older_edit_that_comes_after_a_newer_one_changes_nothing(
    hooked: TelegramHouse, seconds
) -> None:
    user = hooked.citizen()
    message_id = user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    older = edit(hooked, message_id, "가로등 두 개가 꺼졌어요", at=seconds[0])
    newer = edit(hooked, message_id, "가로등 세 개가 꺼졌어요", at=seconds[1])
    hooked.bring(newer, older)
    hooked.settle()
    (turn,) = hooked.turns()
    assert turn.text == "가로등 세 개가 꺼졌어요"
    assert hooked.rasa.heard[-1].text == "가로등 세 개가 꺼졌어요"
    assert len(hooked.rasa.heard) == 2


def test_of_two_edits_in_one_second_that_come_twice_the_last_one_stays(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    message_id = user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    first = edit(telegram, message_id, "가로등 두 개가 꺼졌어요", at=5)
    second = edit(telegram, message_id, "가로등 세 개가 꺼졌어요", at=5)
    telegram.bring(first)
    until(lambda: len(telegram.rasa.heard) == 2)
    telegram.bring(second)
    until(lambda: len(telegram.rasa.heard) == 3)
    telegram.settle()
    telegram.intake.take(first)
    telegram.intake.take(second)
    telegram.settle()
    (turn,) = telegram.turns()
    assert turn.text == "가로등 세 개가 꺼졌어요"
    assert len(telegram.rasa.heard) == 3


def test_an_edit_that_comes_before_its_message_is_the_message(hooked: TelegramHouse) -> None:
    user = hooked.citizen()
    with hooked.keeping_back(user) as kept:
        message_id = user.send_text("가로등이 꺼젔어요")
        user.edit_text(message_id, "가로등이 꺼졌어요")
    sent, changed = kept
    hooked.bring(changed, sent)
    user.wait_for(QUESTION)
    hooked.settle()
    assert [turn.text for turn in hooked.turns()] == ["가로등이 꺼졌어요"]
    assert len(user.messages) == 1


def test_new_words_under_a_photo_are_a_correction_and_the_photo_is_fetched_once(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    message_id = user.send_photo(picture(), "가로등이 꺼젔어요")
    user.wait_for(QUESTION)
    user.edit_caption(message_id, "가로등이 꺼졌어요")
    until(lambda: len(telegram.rasa.heard) == 2)
    telegram.settle()
    (turn,) = telegram.turns()
    assert turn.text == "가로등이 꺼졌어요"
    assert len(turn.attachment_ids) == len(telegram.sim.calls("getFile")) == 1
    assert telegram.rasa.heard[1].metadata["attachment_ids"] == []
