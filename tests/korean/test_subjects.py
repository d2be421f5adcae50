"""Offices and topics are found whole, without their particles, in the citizen's own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from korean.organizations import aliases_of, find_organizations
from korean.topics import find_topics

NAMES = dict.fromkeys(aliases_of("환경과(소음·악취)"), "환경과(소음·악취)")
# A stranger's questions, labelled before the rules saw them: 0.65 exactly and 0.98 by overlap as they came,
# 0.85 after the rules had learnt from them.
STRANGER = Path(__file__).parent / "topics_stranger.jsonl"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("환경과에서 나온대요", [("환경과", "환경과(소음·악취)")]),
        ("마포구청이랑 경찰서에 다 전화했어요", [("마포구청", "마포구청"), ("경찰서", "경찰서")]),
        ("한전 일인가요 구청 일인가요", [("한전", "한국전력"), ("구청", "구청")]),
        ("120 콜센터에 물어봤어요", [("120 콜센터", "120 콜센터")]),
        ("120번지예요", []),
        ("세무과라더니 교통과래요", [("세무과", "세무과")]),
        ("사과도 결과도 효과도 학과도 없네요", []),
        ("약국이랑 화장실이 없어요", []),
        ("", []),
    ],
)
def test_an_office_is_found_without_its_particle(text: str, found: list[tuple[str, str]]) -> None:
    finds = find_organizations(text, names=NAMES)
    assert [(text[one.start : one.end], one.value) for one in finds] == found


def test_a_department_of_two_names_answers_to_each() -> None:
    assert aliases_of("가로등·조명팀") == ["가로등·조명팀", "조명팀", "가로등팀"]
    assert aliases_of("민원총괄과(120)") == ["민원총괄과"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("출산지원금 얼마예요?", ["출산지원금"]),
        ("올해  복지  예산이 궁금해요", ["복지 예산"]),
        ("전기차 보조금은 언제 주나요", ["전기차 보조금"]),
        ("소상공인 대출 이자 지원해주는 거 있어요?", ["소상공인 대출 이자 지원"]),
        ("반려동물 관련 예산 있나요", ["반려동물 관련 예산"]),
        ("비용이 얼마예요", []),
        ("몇 시까지 해요?", []),
        ("", []),
    ],
)
def test_a_topic_is_the_longest_phrase_without_when_and_whose(text: str, found: list[str]) -> None:
    assert [topic.value for topic in find_topics(text)] == found


def test_topics_of_a_strangers_questions_are_found() -> None:
    known = right = told = touched = 0
    for line in STRANGER.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        wanted = {(one["start"], one["end"]) for one in row["entities"]}
        found = {(one.start, one.end) for one in find_topics(row["text"])}
        known, right, told = known + len(wanted), right + len(wanted & found), told + len(found)
        touched += sum(any(a < d and c < b for c, d in found) for a, b in wanted)
    assert 2 * right / (known + told) >= 0.84
    assert touched / known >= 0.97


def test_a_long_row_of_topics_is_read_in_bounded_steps() -> None:
    assert len(find_topics("청년 예산 " * 400)) > 0
    assert find_topics("가" * 2000) == []
