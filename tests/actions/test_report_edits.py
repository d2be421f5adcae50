"""Edited messages and words under photos: what they filled is filled anew, and they answer nothing else."""

from __future__ import annotations

from dataclasses import replace

from actions.report_advance import advance, begin
from actions.report_state import ReportState
from actions.turn import Message
from tests.builders import sample_city


def test_the_words_under_a_photo_are_kept_and_are_no_answer_to_another_question() -> None:
    state = replace(
        ReportState(), what="가로등이 꺼졌어요", where="시청역 앞", service_code="streetlight"
    )
    captioned = Message(
        text="이렇게 생겼어요 밤이라 잘 안 보여요", kind="text", attachment_ids=(7,)
    )
    step = advance(state, requested="extra", message=captioned, city=sample_city())
    assert step.state.answers == {}
    assert step.state.attachment_ids == (7,)
    assert step.state.what == "가로등이 꺼졌어요 (사진 설명: 이렇게 생겼어요 밤이라 잘 안 보여요)"
    assert step.state.misses == 0


def test_a_number_under_a_photo_may_be_what_was_asked_for() -> None:
    state = replace(
        ReportState(), what="가로등이 꺼졌어요", where="시청역 앞", service_code="streetlight"
    )
    captioned = Message(text="기둥 번호는 3-12예요", kind="text", attachment_ids=(7,))
    step = advance(state, requested="extra", message=captioned, city=sample_city())
    assert "3-12" not in str(step.state.what)


def test_an_edit_of_what_was_told_fills_it_anew_and_answers_nothing() -> None:
    city = sample_city()
    told = "종각역 3번 출구 앞 가로등이 꺼졌어요"
    state = begin(ReportState(), message=Message(text=told), city=city).state
    edited = Message(text="시청역 2번 출구 앞 보안등이 꺼졌어요", corrects=told)
    step = advance(state, requested="photo", message=edited, city=city)
    assert "시청역 2번 출구" in str(step.state.where)
    assert "종각역" not in str(step.state.what)
    assert step.state.misses == 0
    assert step.state.photo is None


def test_an_edit_of_words_that_filled_nothing_changes_nothing() -> None:
    city = sample_city()
    state = begin(ReportState(), message=Message(text="가로등이 꺼졌어요"), city=city).state
    edited = Message(text="안녕하세요오", corrects="안녕하세요")
    step = advance(state, requested="where", message=edited, city=city)
    assert step.state == state
    assert [say.prompt for say in step.says] == ["utter_edit_noted"]
