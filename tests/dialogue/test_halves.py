"""A number in two messages: the second takes the first half out of wherever it lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from core.drafts import save_draft
from core.models.conversation import Conversation, Draft, Turn
from dialogue.erasure import forget_due
from dialogue.leases import Leases
from tests.dialogue.runner_house import House, text

FIRST, SECOND = "900101", "1234567"


def stored(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def must_forget(house: House) -> bool:
    with house.database.reading() as session:
        return session.scalars(select(Conversation.forget_in_rasa)).one()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("900101", "1234567"),
        ("900101-", "1234567"),
        ("９００１０１", "１２３４５６７이에요"),
        ("주민번호 앞자리는 900101이고", "뒷자리는 1234567이요"),
        ("구공공일공일", "일이삼사오육칠"),
        ("제 번호는 900101", "-1234567 입니다"),
    ],
)
def test_a_resident_number_in_two_messages_is_stored_nowhere(
    house: House, tmp_path: Path, first: str, second: str
) -> None:
    one = house.hear(first)
    two = house.hear(second)
    assert "[주민등록번호 삭제]" in house.turn(one).text
    assert "[주민등록번호 삭제]" in house.turn(two).text
    assert house.turn(two).refused == ["resident_number"]
    house.clock.forward(seconds=5)
    house.runner.run_waiting()
    assert text("resident_number_removed") in house.said()
    with house.database.reading() as session:
        rows = [turn.text for turn in session.scalars(select(Turn))]
    assert not [row for row in rows if "900101" in row or "1234567" in row or "구공공" in row]


def test_what_is_sent_at_once_never_reaches_rasa(house: House, tmp_path: Path) -> None:
    house.hear(FIRST)
    house.hear(SECOND)
    house.clock.forward(seconds=5)
    house.runner.run_waiting()
    assert house.rasa.requests == []
    assert house.said() == [text("resident_number_removed")]
    leases = Leases(database=house.database, now=house.clock)
    forget_due(database=house.database, rasa=house.client, now=house.clock, leases=leases)
    leases.stop()
    house.database.dispose()
    assert FIRST.encode() not in stored(tmp_path)


def test_rasa_forgets_a_first_half_that_it_heard_before_it_hears_more(house: House) -> None:
    house.hear(FIRST)
    house.clock.forward(seconds=60)
    house.runner.run_waiting()
    assert [body["text"] for body in house.rasa.requests] == [FIRST]
    house.hear(SECOND)
    assert must_forget(house)
    house.hear("가로등이 나갔어요")
    assert len(house.rasa.forgotten) == 1
    assert not must_forget(house)
    assert FIRST not in json.dumps(house.rasa.requests[1:], ensure_ascii=False)


def test_the_worker_makes_rasa_forget_when_nothing_more_is_said(house: House) -> None:
    house.hear(FIRST)
    house.clock.forward(seconds=60)
    house.runner.run_waiting()
    house.hear(SECOND)
    leases = Leases(database=house.database, now=house.clock)
    house.rasa.forget = lambda path: 503
    forget_due(database=house.database, rasa=house.client, now=house.clock, leases=leases)
    assert must_forget(house)
    house.rasa.forget = lambda path: 200
    forget_due(database=house.database, rasa=house.client, now=house.clock, leases=leases)
    leases.stop()
    assert len(house.rasa.forgotten) == 1
    assert not must_forget(house)


def test_drafts_our_own_messages_and_edits_lose_the_first_half_too(house: House) -> None:
    one = house.hear(FIRST)
    house.clock.forward(seconds=60)
    house.runner.run_waiting()  # the scripted Rasa repeats what it heard
    assert f"답: {FIRST}" in house.said()
    with house.database.transaction() as session:
        conversation_id = session.get_one(Turn, one).conversation_id
        save_draft(
            session,
            conversation_id=conversation_id,
            slots={"what": f"번호 {FIRST}", "answers": {"pole": FIRST}},
            requested_slot="where",
            now=house.clock(),
        )
        turn = session.get_one(Turn, one)
        turn.earlier_texts = [{"text": FIRST, "until": house.clock().isoformat()}]
    house.hear(SECOND)
    with house.database.reading() as session:
        draft = session.scalars(select(Draft)).one()
        assert FIRST not in json.dumps(draft.slots, ensure_ascii=False)
        assert FIRST not in json.dumps(session.get_one(Turn, one).earlier_texts, ensure_ascii=False)
    assert not [said for said in house.said() if FIRST in said]


def test_a_word_between_the_halves_does_not_hide_them(house: House) -> None:
    one = house.hear(FIRST)
    house.hear("잠깐만요")
    two = house.hear(SECOND)
    assert FIRST not in house.turn(one).text
    assert SECOND not in house.turn(two).text


def test_a_phone_number_in_two_messages_is_one_token(house: House) -> None:
    one = house.hear("010-1234")
    two = house.hear("5678이에요")
    assert house.turn(one).text == "⟦전화1⟧"
    assert house.turn(two).text == "⟦전화1⟧이에요"


def test_numbers_that_have_nothing_to_do_with_each_other_stay(house: House) -> None:
    one = house.hear("900101")
    house.clock.forward(seconds=11 * 60)
    two = house.hear("1234567")
    assert (house.turn(one).text, house.turn(two).text) == ("900101", "1234567")
    three = house.hear("1234번 버스가 안 와요")
    four = house.hear("2026-000123 어떻게 됐나요")
    five = house.hear("기둥 번호는 12-3456이에요")
    assert "[" not in "".join(house.turn(each).text for each in (three, four, five))


def test_a_date_by_itself_is_answered_after_a_short_wait(house: House) -> None:
    turn_id = house.hear(FIRST)
    assert house.turn(turn_id).state == "received"
    house.clock.forward(seconds=4)
    house.runner.run_waiting()
    assert house.turn(turn_id).state == "answered"


def test_every_kind_that_is_kept_reaches_rasa_as_a_token_only(house: House, tmp_path: Path) -> None:
    house.hear(
        "저는 홍길동이고 래미안 101동 1203호 살아요. 12가3456 차 신고요. 국민은행 123456-78-901234, "
        "카드 4111-1111-1111-1111, 사업자번호 123-45-67890, hong@naver.com, 010-1234-5678"
    )
    heard = house.rasa.requests[0]["text"]
    for token in ("이름1", "동호1", "차량1", "계좌1", "카드1", "사업자1", "메일1", "전화1"):
        assert f"⟦{token}⟧" in heard
    house.database.dispose()
    lies = stored(tmp_path).decode("utf-8", "replace")
    for words in ("홍길동", "1203호", "12가3456", "901234", "1111-1111", "67890", "hong@", "5678"):
        assert words not in lies


def test_a_passport_number_is_removed_and_said(house: House, tmp_path: Path) -> None:
    house.hear("여권번호 M12345678 재발급 문의, 면허는 11-12-123456-78")
    assert house.said()[0] == text("paper_number_removed")
    assert "12345678" not in json.dumps(house.rasa.requests, ensure_ascii=False)
    house.database.dispose()
    assert b"123456" not in stored(tmp_path)
