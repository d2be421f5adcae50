from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.questions import is_question, is_request

QUESTIONS = [
    "이거 얼마예요",
    "언제 고쳐져요?",
    "언제까지 되나요",
    "어디서 신청해요",
    "어떻게 신청하나요",
    "여권은 어디에서 만들어요?",
    "뭐가 필요해요",
    "무엇이 필요한가요",
    "신청할 수 있어요?",
    "대형폐기물 버리려면 어떻게 해야 돼요",
    "수수료가 얼마인가요",
    "알려 주세요",
    "재활용 수거일이 궁금해요",
    "쓰레기 언제 가져가요?",
    "주차요금 좀 알려줘",
    "지금 접수되나요",
    "며칠 걸려요",
    "담당자가 누구예요",
    "내 민원 어떻게 됐어요",
    "내 민원 어떻게 됐어요?",
    "이거 해도 될까요",
    "과태료는 왜 나온 거예요?",
    "주민센터 몇 시에 열어요",
    "반려동물 등록은 어떻게 하는지 알고 싶어요",
    "예산이 얼마나 되는지요",
    "전입신고 인터넷으로도 되나요?",
    "누가 처리해요",
]

NO_QUESTIONS = [
    "고쳐 주세요",
    "치워 주실 수 있나요?",
    "가로등이 고장났어요",
    "언제부터인지 모르겠는데 가로등이 나갔어요",
    "어디서 냄새가 나요",
    "쓰레기를 안 치워가요",
    "왜 이렇게 안 치워요",
    "고쳐 주시면 안 될까요?",
    "빨리 처리해 주시겠어요?",
    "불이 나갔어요",
    "네",
    "시청역 앞이요",
    "물이 새니까요",
    "단속해 주시기 바랍니다",
    "과속방지턱을 만들어 주세요",
    "차들이 다 지나가요",
    "누가 쓰레기를 버렸어요",
    "사진 없어요",
    "여기 좀 치워줘요",
    "신호등 좀 고쳐주실래요?",
    "언제나 어두워요",
    "아무도 안 나와요",
    "",
    "???",
]

REQUESTS = [
    "고쳐 주세요",
    "치워 주실 수 있나요?",
    "단속해 주시기 바랍니다",
    "과속방지턱을 만들어 주세요",
    "빨리 처리해 주시겠어요?",
    "가로등 설치 부탁드립니다",
    "여기 좀 치워줘요",
    "조치 바랍니다",
]

NO_REQUESTS = [
    "알려 주세요",
    "가르쳐 주세요",
    "얼마예요?",
    "가로등이 고장났어요",
    "언제 되나요?",
    "뭐가 필요해요",
    "네",
]


@pytest.mark.parametrize("said", QUESTIONS)
def test_a_question_is_told_by_its_form(said: str) -> None:
    assert is_question(said)


@pytest.mark.parametrize("said", NO_QUESTIONS)
def test_a_statement_or_a_request_is_no_question(said: str) -> None:
    assert not is_question(said)


@pytest.mark.parametrize("said", REQUESTS)
def test_a_request_for_work_is_a_request_even_as_a_question(said: str) -> None:
    assert is_request(said)
    assert not is_question(said)


@pytest.mark.parametrize("said", NO_REQUESTS)
def test_asking_for_an_answer_is_no_request_for_work(said: str) -> None:
    assert not is_request(said)


def test_a_question_after_a_statement_is_heard() -> None:
    assert is_question("가로등이 고장났어요. 언제 고쳐지나요?")


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert is_question(text) in (True, False)
    assert is_request(text) in (True, False)


def test_who_does_it_is_a_question_in_the_form_of_a_request() -> None:
    assert is_question("보상은 누가 해줘요?")
    assert not is_question("빨리 좀 치워줘요")
