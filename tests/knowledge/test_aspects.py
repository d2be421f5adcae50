"""A follow-up is told from the part of an article that is about it, or not at all."""

from __future__ import annotations

import pytest

from knowledge.aspects import tells
from korean.follow_ups import HOW, HOW_MUCH, PAPERS, PHONE, WHEN, WHERE, WHO

BODY = (
    "거북이 학교는 거북이를 기르는 사람이 다니는 곳이에요.\n\n"
    "## 누가 받나요\n\n만 19세 이상 시민이면 누구나 다닐 수 있어요. 학생은 방학에만 다녀요.\n\n"
    "## 얼마나 내나요\n\n한 달에 2만 원을 내요. 쌍둥이는 반값이에요.\n\n"
    "## 언제 신청하나요\n\n신청은 3월 2일부터 4월 30일까지 받아요.\n\n"
    "## 어떻게 신청하나요\n\n동 주민센터나 시 누리집에서 신청해요."
)


@pytest.mark.parametrize(
    ("aspect", "question", "told"),
    [
        (WHO, "저도 되나요?", "만 19세 이상 시민이면 누구나 다닐 수 있어요."),
        (HOW_MUCH, "얼마예요?", "한 달에 2만 원을 내요."),
        (WHEN, "언제까지요?", "신청은 3월 2일부터 4월 30일까지 받아요."),
        (HOW, "어떻게 신청해요?", "동 주민센터나 시 누리집에서 신청해요."),
        (WHERE, "어디로 가요?", "동 주민센터나 시 누리집에서 신청해요."),
    ],
)
def test_the_sentences_of_that_part_are_told(aspect: str, question: str, told: str) -> None:
    found = tells(BODY, question, aspect=aspect)
    assert told in found
    assert [BODY.index(each) for each in found] == sorted(BODY.index(each) for each in found)


def test_what_the_article_does_not_say_is_not_told() -> None:
    assert tells(BODY, "서류는요?", aspect=PAPERS) == ()
    assert tells(BODY, "전화번호는?", aspect=PHONE) == ()
    assert tells("", "얼마예요?", aspect=HOW_MUCH) == ()


def test_a_group_that_the_article_does_not_name_gets_no_answer_about_others() -> None:
    assert tells(BODY, "외국인도 되나요?", aspect=WHO) == ()
    assert "학생은 방학에만 다녀요." in tells(BODY, "학생도 되나요?", aspect=WHO)
