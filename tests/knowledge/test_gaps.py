"""Unanswered questions about one thing stand together, always in the same way, and without personal data."""

from __future__ import annotations

import random
import time
from datetime import timedelta

from knowledge.gaps import Asked, find_gaps
from tests.builders import MONDAY_TEN

ABOUT = {
    "전기차": [
        "전기차 보조금 언제까지 신청해요?",
        "전기차보조금 신청 기간 알려주세요",
        "전기차 보조금 얼마예요",
    ],
    "수영장": [
        "수영장 강습 신청 어떻게 해요",
        "수영장 강습 신청하고 싶어요",
        "구민 수영장 강습료 얼마예요",
    ],
    "물놀이": ["여름 물놀이장 언제 열어요", "물놀이장 개장일 알려줘"],
    "면허": ["운전면허 반납하면 뭐 주나요", "면허 반납 혜택 있나요"],
    "휠체어": ["전동휠체어 수리비 지원돼요?", "휠체어 수리 지원"],
    "일자리": ["노인 일자리 신청", "⟦이름1⟧인데요 노인 일자리 어떻게 신청하나요"],
}


def asked(*questions: str, conversations: list[int] | None = None) -> list[Asked]:
    return [
        Asked(
            number,
            conversations[number - 1] if conversations else number,
            MONDAY_TEN + timedelta(hours=number),
            question,
        )
        for number, question in enumerate(questions, 1)
    ]


def test_questions_about_one_thing_are_one_gap_however_they_are_worded() -> None:
    everything = asked(*(question for each in ABOUT.values() for question in each))
    found = find_gaps(everything)
    assert sorted(gap.count for gap in found) == sorted(map(len, ABOUT.values()))
    for gap in found:
        (topic,) = [
            name
            for name, each in ABOUT.items()
            if gap.question in each or ("(이름)" in gap.question and name == "일자리")
        ]
        assert all(words in ABOUT[topic] or "(이름)" in words for words in gap.examples)


def test_the_order_in_which_questions_come_changes_nothing() -> None:
    everything = asked(*(question for each in ABOUT.values() for question in each))
    first = find_gaps(everything)
    for seed in range(5):
        mixed = list(everything)
        random.Random(seed).shuffle(mixed)
        assert find_gaps(mixed) == first


def test_one_citizen_who_asks_often_is_one_citizen() -> None:
    found = find_gaps(
        asked(
            *["여권 사진 규격"] * 5,
            "물놀이장 언제 열어요",
            "물놀이장 여나요",
            conversations=[1, 1, 1, 1, 1, 2, 3],
        )
    )
    assert [(gap.citizens, gap.count) for gap in found] == [(2, 2), (1, 5)]


def test_a_gap_tells_the_first_and_the_last_day() -> None:
    (gap,) = find_gaps(asked("물놀이장 언제 열어요", "물놀이장 언제 열어요?"))
    assert (gap.first_at, gap.last_at) == (
        MONDAY_TEN + timedelta(hours=1),
        MONDAY_TEN + timedelta(hours=2),
    )
    assert gap.examples == ("물놀이장 언제 열어요?", "물놀이장 언제 열어요")


def test_what_stood_for_personal_data_neither_shows_nor_joins_questions() -> None:
    found = find_gaps(asked("⟦전화1⟧ ⟦이름1⟧ 여권", "⟦전화1⟧ ⟦이름1⟧ 물놀이장"))
    assert len(found) == 2
    assert all("⟦" not in words for gap in found for words in (gap.question, *gap.examples))


def test_odd_questions_are_no_trouble() -> None:
    found = find_gaps(asked("?", "!!!", "", "가", "👍", "a" * 20_000, "어떻게 하나요"))
    assert sum(gap.count for gap in found) <= 7
    assert find_gaps([]) == []


def test_many_questions_end_in_bounded_time() -> None:
    rng = random.Random(1)
    words = [question for each in ABOUT.values() for question in each]
    many = asked(*(f"{rng.choice(words)} {rng.choice(words)} {n}" for n in range(600)))
    began = time.process_time()
    assert find_gaps(many)
    assert time.process_time() - began < 20
