"""Names of people from abroad, in talk without spaces, in corrections and where a person is named again."""

from __future__ import annotations

from pathlib import Path

import pytest

from korean.findings import PERSON_NAME
from korean.redact import redact
from scripts.measure_personal_data import measure, read_lines

HERE = Path(__file__).parent


def names(said: str) -> list[str]:
    return [said[span.start : span.end] for span in redact(said).spans if span.kind == PERSON_NAME]


def test_the_classes_of_names_that_strangers_sets_missed_stay_found() -> None:
    figures = measure(read_lines(HERE / "personal_data_classes.jsonl"))["all"]
    assert figures.recall >= 0.9
    assert figures.precision >= 0.96


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("비노드예요 네팔 사람이에요", ["비노드"]),
        ("수닐 구룽 산재 처리 문의", ["수닐 구룽"]),
        ("다문화센터에서 만난 흐엉 씨가 물어보라고 했어요", ["흐엉"]),
        ("아내 쑨리나가 중국 국적입니다", ["쑨리나"]),
        ("솔롱고라고 해요 몽골에서 왔습니다", ["솔롱고"]),
        ("재외동포 제임스 홍 경로우대", ["제임스 홍"]),
        ("Hello, I'm Jane Doe, I moved here", ["Jane Doe"]),
        ("외국인등록 DOE JANE 주소 변경", ["DOE JANE"]),
    ],
)
def test_a_person_from_abroad_is_told_by_known_parts_and_what_stands_around(
    said: str, found: list[str]
) -> None:
    assert names(said) == found


@pytest.mark.parametrize(
    "said",
    [
        "마이클 코어스 매장 앞 불법주차",
        "소피아 미용실 간판이 떨어져요",
        "저는 우즈벡 사람입니다",
        "바코드 8801234567893 찍힌 쓰레기봉투",
        "외국인 친구랑 스탬프 투어",
        "태국 마사지샵 호객행위",
    ],
)
def test_shops_countries_and_loan_words_are_no_persons_however_foreign_they_look(said: str) -> None:
    assert names(said) == []


def test_in_talk_without_spaces_a_name_counts_after_a_word_that_announces_somebody() -> None:
    assert names("여보세요저홍길동인데요수도가얼었어요") == ["홍길동"]
    assert names("보호자홍길동입니다") == ["홍길동"]
    assert names("저신혼부부인데요") == []
    assert names("보호자동의필요한가요") == []


def test_of_two_words_that_correct_each_other_both_are_names_when_they_look_so() -> None:
    assert names("홍길동이 아니고요 홍길종") == ["홍길동", "홍길종"]
    assert names("조영길 말고 조용길") == ["조영길", "조용길"]
    assert names("전에는 리메이화 지금은 이미화") == ["리메이화", "이미화"]
    assert names("기차역 말고 버스역") == []
    assert names("주민세 말고 재산세") == []
    assert names("이천원 아니고 이만원") == []
    assert names("이수역이 아니고 이수혁입니다") == ["이수혁"]


def test_who_was_named_is_known_again_by_the_given_name_and_in_another_spelling() -> None:
    assert names("저 이은지 엄만데요 은지가 전학을 가요") == ["이은지", "은지"]
    assert names("이름이 한소율인데 한소을로 나왔어요") == ["한소율", "한소을"]


def test_a_number_of_a_recommendation_at_a_bank_is_no_account() -> None:
    assert redact("은행에서 받아오래요 추천번호 2024-11-03821").spans == ()
