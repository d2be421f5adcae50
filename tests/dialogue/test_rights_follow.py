"""Following is ended in the chat by a press or in words, with or without Rasa, and shown among the own data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.case_follow import count_followers, follow_case
from core.models import Case
from tests.builders import make_database, make_result
from tests.dialogue.runner_house import House, ScriptedRasa, say
from tests.dialogue.test_rights import Talk

B = "b" * 64


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database, rasa = make_database(tmp_path), ScriptedRasa()
    rasa.answer = lambda body: say("Rasa가 답함")
    house = House(database, rasa, with_rights=True)
    yield house
    house.runner.stop()
    house.client.close()
    rasa.close()
    database.dispose()


@pytest.fixture
def talk(house: House) -> Talk:
    """A citizen who follows somebody else's case."""
    Talk(house).file_case(contact=False)
    talk = Talk(house, address=B)
    talk.say("안녕하세요")
    with house.database.transaction() as session:
        follow_case(session, conversation_id=talk.id, case_id=1, now=house.clock())
    return talk


def number(house: House) -> str:
    with house.database.reading() as session:
        return session.get_one(Case, 1).number


def followers(house: House) -> int:
    with house.database.reading() as session:
        return count_followers(session, case_id=1)


def test_the_news_carries_the_choice_to_stop_and_a_second_press_changes_nothing(
    house: House, talk: Talk
) -> None:
    with house.database.transaction() as session:
        make_result(session, case=session.get_one(Case, 1), now=house.clock())
    asked = len(house.rasa.requests)
    assert number(house) in talk.press("소식 그만 받기")[0].text
    assert followers(house) == 0
    assert "받고 계신" in talk.press("소식 그만 받기")[0].text
    assert len(house.rasa.requests) == asked


def test_words_stop_it_and_the_same_words_of_others_are_rasas(house: House, talk: Talk) -> None:
    asked = len(house.rasa.requests)
    assert number(house) in talk.say(f"{number(house)} 소식 그만 받을게요")[0].text
    assert followers(house) == 0
    assert len(house.rasa.requests) == asked
    assert talk.say("소식 그만 받을게요")[0].text == "Rasa가 답함"
    assert len(house.rasa.requests) == asked + 1


def test_it_stands_among_the_own_data_without_anything_of_the_other(
    house: House, talk: Talk
) -> None:
    (said,) = talk.say("제 정보 뭐 갖고 있어요?")
    assert f"같이 겪는다고 알려 주신 민원 {number(house)}" in said.text
    assert "시청역" not in said.text
