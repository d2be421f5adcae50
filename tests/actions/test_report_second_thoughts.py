"""Answers that come late, beside the question, or change what was said: the report as people tell it."""

from __future__ import annotations

import pytest

from actions.report_state import CANCELLED, SKIPPED, WANTED
from tests.actions.talk import FormTalk, photo, pressed


def lamp(*said: str) -> FormTalk:
    talk = FormTalk()
    talk.say("가로등이 꺼졌어요", intent="report_complaint")
    for text in said:
        talk.say(text)
    return talk


@pytest.mark.parametrize(
    "said", ["ㅋㅋㅋㅋ", "ㅁㄴㅇㄹ", "음...", "잘 모르겠는데요 그냥 우리 동네예요"]
)
def test_noise_and_i_do_not_know_are_no_place(said: str) -> None:
    talk = lamp(said)
    assert (talk.state.where, talk.requested, talk.state.misses) == (None, "where", 1)


def test_a_place_without_a_matter_is_kept_and_the_matter_asked() -> None:
    talk = FormTalk()
    talk.say("신고할게요", intent="report_complaint")
    talk.say("압구정역 5번 출구")
    assert (talk.state.what, talk.state.where, talk.requested) == (
        None,
        "압구정역 5번 출구",
        "what",
    )


def test_a_wish_for_one_more_report_is_no_matter_yet() -> None:
    talk = FormTalk()
    talk.say("하나 더 신고할게요", intent="report_complaint")
    assert (talk.state.what, talk.requested) == (None, "what")


def test_another_kind_told_where_a_place_was_asked_corrects_the_kind() -> None:
    talk = lamp("아 가로등 아니고 신호등이에요")
    assert (talk.state.service_code, talk.state.where, talk.requested) == (
        "traffic_signal", None, "where",
    )  # fmt: skip


def test_more_of_the_matter_where_a_place_was_asked_sharpens_the_kind() -> None:
    talk = FormTalk()
    talk.say("냄새가 너무 나요", intent="report_complaint")
    talk.say("하수구에서요")
    assert (talk.state.service_code, talk.state.where, talk.requested) == (
        "sewer_odor", None, "where",
    )  # fmt: skip


@pytest.mark.parametrize("place", ["한강공원 뚝섬지구", "홍대입구역9번출구앞횡단보도위"])
def test_a_place_with_a_word_of_another_matter_is_still_a_place(place: str) -> None:
    assert lamp(f"{place}요").state.where == place


def test_a_second_matter_in_the_middle_waits_and_keeps_its_place() -> None:
    talk = lamp("참 그리고 그 옆에 쓰레기도 잔뜩 쌓여있어요")
    assert (talk.state.where, talk.requested) == (None, "where")
    assert talk.prompts == ["utter_second_noted"]
    later = FormTalk().to("photo")
    later.say("아 그리고 거기 쓰레기도 쌓여 있어요")
    assert later.requested == "photo"
    assert later.state.pending_complaint == "시청역 2번 출구 앞 쓰레기도 쌓여 있어요"


def test_which_of_two_comes_first_is_no_place() -> None:
    talk = FormTalk()
    talk.say("가로등도 꺼져 있고 쓰레기도 막 쌓여 있어요", intent="report_complaint")
    talk.send(pressed("affirm"))
    assert talk.requested == "where"
    talk.say("쓰레기부터요")
    assert (talk.state.service_code, talk.requested) == ("illegal_dumping", "where")
    assert talk.state.pending_complaint == "가로등도 꺼져 있고"


def test_a_better_place_at_a_later_question_replaces_a_vague_one() -> None:
    talk = lamp("행복슈퍼 앞이요")
    assert talk.requested == "extra"
    talk.say("연신내역 6번 출구요")
    assert (talk.state.where, talk.state.gu) == ("연신내역 6번 출구", "은평구")
    assert talk.requested == "extra"


def test_a_mere_exit_belongs_to_the_station_named_before() -> None:
    talk = FormTalk().to("photo")
    talk.say("아 잠시만요 2번이 아니라 3번 출구예요")
    assert talk.state.where == "시청역 3번 출구"


@pytest.mark.parametrize("said", ["아 그럼 됐어요", "됐습니다"])
def test_enough_said_where_a_place_is_needed_calls_the_report_off(said: str) -> None:
    assert lamp(said).last.outcome == CANCELLED


@pytest.mark.parametrize(
    "said",
    [
        "아이고 나는 사진 그런 거 할 줄 몰라요",
        "감사합니다 사진은 없어요",
        "급해요 사진 찍을 시간 없어요",
    ],
)
def test_who_has_no_photo_says_so_in_any_words(said: str) -> None:
    talk = FormTalk().to("photo")
    talk.say(said, intent="thank", confidence=0.95)
    assert (talk.state.photo, talk.requested) == (SKIPPED, "contact")


def test_no_photo_said_beforehand_is_not_asked_for() -> None:
    talk = FormTalk()
    talk.say("시청역 앞 도로가 움푹 파였어요 사진은 없습니다", intent="report_complaint")
    assert talk.state.photo == SKIPPED


@pytest.mark.parametrize("said", ["사진 다시 보낼게요", "아 사진 있어요 잠깐만요"])
def test_a_photo_may_come_after_its_question(said: str) -> None:
    talk = FormTalk().to("photo")
    talk.send(photo(1))
    talk.say(said)
    assert (talk.state.photo, talk.requested) == (WANTED, "photo")
    talk.send(photo(2))
    assert (talk.state.attachment_ids, talk.requested) == ((2,), "contact")


def test_another_number_is_taken_and_said_so() -> None:
    talk = FormTalk().to("consent")
    talk.say("전화번호 바꿀게요 ⟦전화2⟧")
    assert (talk.state.contact, talk.prompts) == ("⟦전화2⟧", ["utter_contact_changed"])


@pytest.mark.parametrize("said", ["그걸 왜 동의해야 돼요?", "얼마나 보관하는데요?"])
def test_a_question_about_consent_is_no_consent(said: str) -> None:
    talk = FormTalk().to("consent")
    talk.say(said, intent="affirm", confidence=0.99)
    assert (talk.state.consent, talk.requested) == (None, "consent")
    assert talk.prompts == ["utter_consent_why"]


def test_an_unknown_question_late_in_the_form_is_no_misunderstanding() -> None:
    talk = FormTalk().to("contact")
    talk.say("보상은 누가 해줘요?")
    assert (talk.prompts, talk.state.misses) == (["utter_policy_in_form"], 0)


def test_new_words_for_the_matter_at_the_summary_are_asked_for() -> None:
    talk = FormTalk().to("confirm")
    talk.say("내용 좀 바꿀게요")
    assert talk.requested == "what"
    talk.say("가로등이 꺼진 게 아니라 빗물받이가 막혔어요")
    assert (talk.state.what, talk.state.service_code) == ("빗물받이가 막혔어요", "drain_clog")


def test_what_the_place_says_is_not_asked_again() -> None:
    talk = FormTalk()
    talk.say("불법주차 신고해요", intent="report_complaint")
    talk.say("홍대입구역 9번 출구 앞 횡단보도 위요")
    assert talk.state.answers == {"spot": "횡단보도"}


def test_the_removed_number_is_no_part_of_the_place() -> None:
    talk = lamp("제 주민번호는 [주민등록번호 삭제] 이고요 장소는 신촌역 3번 출구예요")
    assert talk.state.where == "신촌역 3번 출구"
