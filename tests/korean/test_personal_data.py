"""What counts as personal data, how well it is found, and that nothing of it is found twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from korean.findings import (
    ADDRESS_UNIT,
    BANK_ACCOUNT,
    CARD,
    KINDS,
    NAMES,
    NOTICES,
    PHONE,
    RESIDENT_NUMBER,
    Found,
    settle,
)
from korean.redact import redact
from korean.split_numbers import find_splits, may_be_first_half
from scripts.measure_personal_data import measure, read_lines
from tests.effort import least_seconds

HERE = Path(__file__).parent
RECALL, PRECISION = 0.97, 0.95

VALUES = [
    ("국민은행 123456-78-901234 로", "bank_account", "12345678901234"),
    ("계좌는 카뱅 삼삼삼삼 공일 일이삼사오육칠이에요", "bank_account", "3333011234567"),
    ("카드 4111 1111 1111 1111", "card", "4111111111111111"),
    ("４１１１－１１１１－１１１１－１１１１", "card", "4111111111111111"),
    ("사업자번호 123 45 67890", "business_number", "1234567890"),
    ("서울 12 가 3456 차", "vehicle_plate", "서울12가3456"),
    ("십이가 삼천사백오십육 차량", "vehicle_plate", "12가3456"),
    ("차량번호 일이가 삼사오육", "vehicle_plate", "12가3456"),
    ("래미안 101동  1203호 앞", "address_unit", "101동 1203호"),
    ("저는 홍길동이고요", "person_name", "홍길동"),
    ("빨리 부탁드려요. 홍길동 올림", "person_name", "홍길동"),
    ("에이치 오 엔 지 골뱅이 지메일 점 컴", "email", "hong@gmail.com"),
    ("010에 천이백삼십사에 오천육백칠십팔", "phone", "01012345678"),
    ("치킨집 13109-48276이요", "business_number", "1310948276"),
    ("교통카드 말고 체크카드 6258-0419-2837-4651", "card", "6258041928374651"),
    ("벌금을 482901-01-837264 이런 데로 보내라는 문자", "bank_account", "48290101837264"),
    ("경유차 98고 1728 조기폐차", "vehicle_plate", "98고1728"),
    ("차량 12까 3456", "vehicle_plate", "12까3456"),
    ("도봉로 9 2층 나호", "address_unit", "2층 나호"),
    ("빌라 제비동 제202호", "address_unit", "제비동 제202호"),
    ("학교메일 s20241182@hong.hs.kr 로", "email", "s20241182@hong.hs.kr"),
    ("공1공-1이3사-오6칠8", "phone", "01012345678"),
    ("010 한칸 띄고 1234 5678", "phone", "01012345678"),
    ("ㅇ1ㅇ-1234-5678", "phone", "01012345678"),
    ("010은 빼고 3928 1847로 연락", "phone", "01039281847"),
    ("공일공 빼고 사팔이구 일공삼팔", "phone", "01048291038"),
    ("가게 폐업 신청 1248100998 확인", "business_number", "1248100998"),
    ("국민 팔이공사공일 공사 이이구삼칠육 통장", "bank_account", "82040104229376"),
    ("과태료 서울 34자 1029 개인택시", "vehicle_plate", "서울34자1029"),
    ("옥탑 5층인데 수도가 얼어요", "address_unit", "옥탑 5층"),
    ("아파트 제7층 702호", "address_unit", "제7층 702호"),
    ("남편 이름은 알리셰르 라히모프입니다", "person_name", "알리셰르 라히모프"),
    ("레 반 뚜언 입니다", "person_name", "레 반 뚜언"),
    ("통역 필요해요 도르지수렌 몽골 사람", "person_name", "도르지수렌"),
    ("룸메이트 세바스티안이 보증금을", "person_name", "세바스티안"),
    ("떡집 하는 표에스더예요", "person_name", "표에스더"),
]
REFUSED = [
    ("외국인등록번호 900101-5123456", "foreigner_number"),
    ("900101 1234567", "resident_number"),
    ("여권 M12345678", "passport"),
    ("여권번호 엠 일이삼사오육칠팔", "passport"),
    ("M123A4567", "passport"),
    ("미국 여권 583920147", "passport"),
    ("러시아 여권 64 8273645", "passport"),
    ("여권 c4829102 분실", "passport"),
    ("면허 11-12-123456-78", "driver_license"),
    ("면허번호 서울 09-123456-78", "driver_license"),
    ("운전면허 일일 일이 삼사오육칠팔 구공", "driver_license"),
    ("운전면허번호는 일일 공삼 이팔사칠일구 오공 이렇게", "driver_license"),
]


def stored(raw: str) -> str:
    """The text as the door would keep it."""
    redaction = redact(raw)
    tokens = {span: f"⟦{NAMES[span.kind]}1⟧" for span in redaction.kept()}
    return redaction.render(tokens)


@pytest.mark.parametrize(
    "name",
    [
        "own",
        "blind",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
    ],
)
def test_recall_and_precision_are_at_the_goal(name: str) -> None:
    lines = read_lines(HERE / f"personal_data_{name}.jsonl")
    figures = measure(lines)
    assert len(lines) >= 400
    assert set(KINDS) < set(figures)
    assert figures["all"].recall >= RECALL
    assert figures["all"].precision >= PRECISION
    assert min(one.recall for one in figures.values()) >= 0.9


@pytest.mark.parametrize(("said", "kind", "value"), VALUES)
def test_a_value_has_one_form_however_it_is_written(said: str, kind: str, value: str) -> None:
    (span,) = redact(said).spans
    assert (span.kind, span.value) == (kind, value)
    assert 0 < span.score <= 1


@pytest.mark.parametrize(
    "said",
    [
        "구청 민원실 02-2148-1234 안 받아요",
        "02-2620-3114 (양천구청 대표번호) 맞나요",
        "홍길동 써 있는 작성 예시대로",
        "식당 이름이 순이네인데 불법주차",
        "우리 엄마 파킨슨 환자예요",
        "저는 바리스타예요",
        "여권 신청일 20261130 입니다",
        "가게 매출 2208162517원",
        "4층 옥탑 불법증축 신고",
    ],
)
def test_an_offices_line_a_forms_example_and_what_only_looks_like_a_name_stay(said: str) -> None:
    assert redact(said).spans == ()


def test_a_mobile_number_beside_an_offices_word_is_still_somebodys() -> None:
    assert [span.kind for span in redact("구청에서 010-1234-5678로 전화 주세요").spans] == [PHONE]


@pytest.mark.parametrize(("said", "kind"), REFUSED)
def test_numbers_that_name_a_person_by_law_are_removed_and_their_digits_returned_nowhere(
    said: str, kind: str
) -> None:
    redaction = redact(said)
    assert redaction.refused == (kind,)
    assert redaction.kept() == ()
    assert [span.value for span in redaction.spans] == [""]
    assert NOTICES[kind] in redaction.render({})


def test_a_check_digit_raises_the_score_and_is_not_needed() -> None:
    fits, does_not = redact("900101-1234568").spans[0], redact("900101-1234567").spans[0]
    assert fits.score > does_not.score > 0
    assert redact("카드 4111-1111-1111-1111").spans[0].score > (
        redact("카드 4111-1111-1111-1112").spans[0].score
    )


def test_of_two_finds_that_meet_what_is_refused_stays_then_the_surer_then_the_longer() -> None:
    refused = Found(2, 6, RESIDENT_NUMBER, "", 0.1)
    sure, unsure = Found(4, 9, PHONE, "1", 0.9), Found(0, 9, CARD, "2", 0.5)
    assert settle([unsure, sure, refused]) == [refused]
    assert settle([unsure, sure]) == [sure]
    short, long = Found(5, 9, ADDRESS_UNIT, "a", 0.7), Found(0, 9, ADDRESS_UNIT, "b", 0.7)
    assert settle([short, long]) == [long]
    assert settle([Found(9, 10, PHONE, "", 0.1), long]) == [long, Found(9, 10, PHONE, "", 0.1)]


def test_a_token_beside_a_number_is_no_digit_of_it() -> None:
    assert redact("⟦전화1⟧ 010-1234-5678").spans[0].value == "01012345678"
    assert redact("⟦계좌1⟧23456789012").spans == ()


PIECES = [
    "900101-1234567",
    "900101",
    "1234567",
    "010-1234-5678",
    "국민은행 ",
    "계좌 123456-78-901234",
    "4111-1111-1111-1111",
    "12가3456",
    "101동 1203호",
    "홍길동",
    "저는 ",
    " 올림",
    "입니다",
    "M12345678",
    "여권 ",
    "면허 11-12-123456-78",
    "사업자 123-45-67890",
    "hong@naver.com",
    "골뱅이",
    "공일공",
    "이",
    "\n",
    " ",
    "-",
    "[주민등록번호 삭제]",
    "⟦전화1⟧",
    "😀",
    "\ud800",
]


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@example("900101-1234567900101-1234567")
@example("국민은행 900101-1234567 123456-78-901234")
def test_what_was_redacted_has_nothing_left_to_redact(raw: str) -> None:
    once = stored(raw)
    again = redact(once)
    assert again.spans == ()
    assert stored(once) == once.translate(str.maketrans("⟦⟧", "〔〕"))


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(st.sampled_from("0123456789 -.공일이삼동호층가나저는홍길올림@점\n①Ａ"), max_size=60))
def test_any_mixture_is_read_and_offsets_are_those_of_the_raw_text(raw: str) -> None:
    redaction = redact(raw)
    at = 0
    for span in redaction.spans:
        assert at <= span.start < span.end <= len(raw)
        at = span.end
    assert redaction.spans == redact(raw).spans


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.lists(
        st.sampled_from(["900101", "1234567", "가로등", "010-1234", "5678", "네", ""]), max_size=4
    )
)
def test_pieces_of_a_split_number_lie_inside_their_texts(texts: list[str]) -> None:
    for split in find_splits(texts):
        for text, piece in zip(texts, split.parts, strict=True):
            assert piece is None or 0 <= piece[0] < piece[1] <= len(text)


@pytest.mark.parametrize("text", ["900101", "９００１０１ ", "900101-", "주민번호 900101이고"])
def test_six_digits_of_a_date_may_be_half_a_number(text: str) -> None:
    assert may_be_first_half(text)


@pytest.mark.parametrize("text", ["", "가로등이 900101개", "1234567", "2026-000123", "네"])
def test_other_messages_are_no_half(text: str) -> None:
    assert not may_be_first_half(text)


def test_two_hundred_characters_take_less_than_five_milliseconds() -> None:
    said = (
        "저는 홍길동이고 래미안 101동 1203호 살아요. 12가3456 차 신고하고 010-1234-5678로 주세요. "
    )
    text = (said * 5)[:200]
    took = []
    for _ in range(30):
        began = time.process_time()
        redact(text)
        took.append(time.process_time() - began)
    assert sorted(took)[15] < 0.005


LONG = [
    *(
        "일",
        "저는 ",
        "호",
        "12가",
        "101동 ",
        "홍길동 올림 ",
        "신고자 ",
        "M1234",
        "계좌 123456",
        "에이 ",
    ),
    *("카드 1111 ", "이름은 ", "면허 1", "전화 333-", "천백", "은행 ", "3층 ", "서울 ", "응우옌 "),
]


@pytest.mark.parametrize("piece", LONG)
def test_twenty_thousand_characters_take_bounded_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    assert least_seconds(lambda: redact(text), enough=2) < 2


def test_an_account_is_told_by_its_words_and_not_by_its_digits() -> None:
    assert redact("123456-78-901234").spans == ()
    assert [span.kind for span in redact("입금 123456-78-901234").spans] == [BANK_ACCOUNT]
