"""The report form as talk: what a citizen says and what becomes of the report."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.report_place import place_answer
from actions.report_planner import next_slot
from actions.report_state import CANCELLED, FIXING, SKIPPED, SUBMIT, YES
from tests.actions.talk import FormTalk, photo, pin, pressed, typed
from tests.builders import sample_city

CITY = sample_city()
CITY_HALL = (37.5665, 126.9780)
BUSAN = (35.1796, 129.0756)


def test_a_first_message_that_says_all_fills_what_where_and_service() -> None:
    talk = FormTalk()
    talk.say("시청역 2번 출구 앞 가로등이 나갔어요", intent="report_complaint")
    assert talk.state.what == "시청역 2번 출구 앞 가로등이 나갔어요"
    assert talk.state.where == "시청역 2번 출구 앞"
    assert (talk.state.service_code, talk.state.gu) == ("streetlight", "중구")
    assert talk.requested == "extra"


@pytest.mark.parametrize(
    ("story", "known"),
    [
        ("시청역 2번 출구 앞 가로등이 나갔어요", {"state": "꺼져 있어요"}),
        ("시청역 2번 출구 앞 가로등 불이 안들어와요", {"state": "꺼져 있어요"}),
        ("시청역 2번 출구 앞 가로등이 자꾸 깜빡거려요", {"state": "깜빡여요"}),
        ("시청역 2번 출구 앞 가로등이 고장났어요", {}),
        ("시청역 2번 출구 앞 가로등이 깜빡거리다 꺼졌어요", {}),
    ],
)
def test_what_the_story_says_is_not_asked_and_what_fits_two_choices_is(
    story: str, known: dict[str, str]
) -> None:
    talk = FormTalk()
    talk.say(story, intent="report_complaint")
    assert talk.state.answers == known
    assert talk.requested == "extra"


def test_a_corrected_story_gives_the_corrected_answer() -> None:
    talk = FormTalk()
    talk.say("시청역 2번 출구 앞 가로등이 꺼졌어요", intent="report_complaint")
    talk.say("아니 가로등이 깜빡여요")
    assert talk.state.answers == {"state": "깜빡여요"}
    talk = FormTalk()
    talk.say("시청역 2번 출구 앞 가로등이 꺼졌어요", intent="report_complaint")
    talk.say("아니 그게 아니고 깜빡거려요", intent="deny")
    assert talk.state.answers == {"state": "깜빡여요"}


@pytest.mark.parametrize(
    "text", ["민원 넣고 싶어요", "신고할게요", "안녕하세요 민원 하나 접수하려고요", "신고하기"]
)
def test_a_bare_wish_to_report_is_asked_what_it_is_about(text: str) -> None:
    talk = FormTalk()
    talk.say(text, intent="report_complaint")
    assert (talk.state.what, talk.requested, talk.state.misses) == (None, "what", 0)


def test_a_plain_report_ends_in_a_submit() -> None:
    talk = FormTalk().to("confirm")
    step = talk.say("네 맞아요")
    assert step.outcome == SUBMIT
    assert next_slot(step.state, city=CITY) is None


@pytest.mark.parametrize("text", ["네", "아니요", "건너뛰기", "ㅇㅇ"])
def test_a_yes_or_no_is_no_place(text: str) -> None:
    talk = FormTalk()
    talk.say("가로등이 꺼져 있어요", intent="report_complaint")
    assert talk.requested == "where"
    talk.say(text)
    assert (talk.state.where, talk.state.misses) == (None, 1)


@pytest.mark.parametrize("place", ["우리 집 앞", "공원 옆", "아파트 후문", "학교 정문 앞"])
def test_a_place_of_common_words_is_asked_once_more_then_taken(place: str) -> None:
    talk = FormTalk()
    talk.say(f"{place} 보도블록이 깨졌어요", intent="report_complaint")
    assert (talk.state.where, talk.requested) == (None, "where")
    talk.say(f"{place}이요")
    assert (talk.state.where, talk.requested) == (None, "where")
    talk.say(f"{place}이요")
    assert talk.state.where is not None
    assert place.split(maxsplit=1)[0] in talk.state.where


def test_a_named_place_is_taken_at_once() -> None:
    for place in ("망원시장 입구", "여의도공원 옆", "세종대로 110", "응암동 약국 옆 골목"):
        talk = FormTalk()
        talk.say("가로등이 꺼져 있어요", intent="report_complaint")
        talk.say(f"{place}이요")
        assert talk.state.where is not None, place


def test_two_misses_in_a_row_offer_a_person() -> None:
    talk = FormTalk().to("contact")
    talk.say("네")
    assert talk.prompts == ["utter_not_understood"]
    talk.say("네")
    assert talk.prompts == ["utter_offer_person"]
    talk.say("⟦전화1⟧")
    assert talk.state.misses == 0


def test_a_question_in_the_middle_leaves_the_report_untouched() -> None:
    talk = FormTalk().to("photo")
    before = talk.state
    step = talk.say("여권 수수료 얼마예요?", intent="ask_policy", confidence=0.95)
    assert step.aside
    assert talk.state == before
    assert talk.requested == "photo"


@pytest.mark.parametrize(
    "place", ["래미안아파트 ⟦동호1⟧ 앞", "테헤란로 152 ⟦동호1⟧", "행복빌라 ⟦동호2⟧"]
)
def test_a_place_keeps_the_building_and_the_token_of_the_home(place: str) -> None:
    assert place_answer(f"{place}이요", city=CITY) == place


def test_a_place_that_looks_like_a_question_to_the_classifier_is_kept() -> None:
    talk = FormTalk()
    talk.say("가로등이 꺼져 있어요", intent="report_complaint")
    talk.say("여권 발급하는 구청 민원실 앞이요", intent="ask_policy", confidence=0.95)
    assert talk.state.where is not None
    assert "민원실" in talk.state.where


def test_a_correction_at_the_confirmation_changes_the_place_and_asks_again() -> None:
    talk = FormTalk().to("confirm")
    talk.say("아니 거기 말고 을지로입구역 앞이요")
    assert talk.state.where == "을지로입구역 앞"
    assert talk.requested == "confirm"
    assert "을지로입구역 앞" in str(talk.state.what)


def test_a_correction_of_the_place_works_before_the_confirmation_too() -> None:
    talk = FormTalk().to("photo")
    talk.say("아니 거기 말고 을지로입구역 앞이요")
    assert (talk.state.where, talk.requested) == ("을지로입구역 앞", "photo")


def test_a_no_at_the_confirmation_asks_what_to_change() -> None:
    talk = FormTalk().to("confirm")
    talk.say("아니요")
    assert talk.state.confirm == FIXING
    talk.send(pressed("correct_value", field="where"))
    assert (talk.state.where, talk.requested) == (None, "where")
    talk.say("종각역 1번 출구요")
    assert (talk.state.where, talk.requested) == ("종각역 1번 출구", "confirm")


def test_a_bare_word_at_the_summary_names_what_to_change() -> None:
    talk = FormTalk().to("confirm")
    talk.say("종류")
    assert (talk.state.service_code, talk.requested) == (None, "service_code")
    talk.say("맨홀이요")
    assert talk.state.service_code == "manhole"


def test_another_matter_keeps_the_words_and_changes_the_service() -> None:
    talk = FormTalk().to("confirm")
    talk.say("가로등이 아니라 맨홀이에요")
    assert talk.state.service_code == "manhole"
    assert "가로등이 나갔어요" in str(talk.state.what)
    assert "맨홀" in str(talk.state.what)


def test_after_any_change_the_summary_must_be_confirmed_anew() -> None:
    talk = FormTalk().to("confirm")
    talk.send(photo(7))
    assert talk.last.outcome is None
    assert (talk.state.attachment_ids, talk.requested) == ((7,), "confirm")


def test_a_photo_is_taken_whenever_it_comes() -> None:
    talk = FormTalk()
    talk.say("도로가 움푹 파였어요", intent="report_complaint")
    talk.send(photo(3, 4))
    assert (talk.state.attachment_ids, talk.requested) == ((3, 4), "where")
    talk.send(photo(4))
    assert talk.state.attachment_ids == (3, 4)


def test_a_pin_sets_the_point_and_keeps_the_words() -> None:
    talk = FormTalk().to("contact")
    talk.send(pin(*CITY_HALL))
    assert (talk.state.lat, talk.state.long) == CITY_HALL
    assert talk.state.where == "시청역 2번 출구 앞"
    assert (talk.requested, talk.state.misses) == ("contact", 0)


def test_a_pin_answers_where() -> None:
    talk = FormTalk()
    talk.say("도로가 움푹 파였어요", intent="report_complaint")
    talk.send(pin(*CITY_HALL))
    assert talk.state.has_place
    assert talk.requested != "where"


def test_a_pin_outside_the_city_is_said_and_not_taken() -> None:
    talk = FormTalk()
    talk.say("도로가 움푹 파였어요", intent="report_complaint")
    talk.send(pin(*BUSAN))
    assert talk.state.lat is None
    assert talk.requested == "where"
    assert CITY.jurisdiction.name in talk.texts[0]


def test_a_place_in_another_city_is_said_with_its_number() -> None:
    talk = FormTalk()
    talk.say("도로가 움푹 파였어요", intent="report_complaint")
    talk.say("부산 해운대구 우동이요")
    assert talk.state.where is None
    assert talk.requested == "where"
    assert "051-120" in talk.texts[0]


def test_the_second_complaint_starts_the_next_report() -> None:
    first = FormTalk()
    first.say("가로등도 나갔고 쓰레기도 쌓여 있어요", intent="report_complaint")
    second = FormTalk(state=first.state)
    second.send(pressed("affirm"))
    assert (second.state.what, second.state.where) == ("쓰레기도 쌓여 있어요", None)
    assert second.state.pending_complaint is None


def test_a_new_report_keeps_nothing_of_the_last_one() -> None:
    old = FormTalk().to("confirm")
    new = FormTalk(state=old.state)
    new.say("도로가 움푹 파였어요", intent="report_complaint")
    assert (new.state.where, new.state.contact, new.state.consent) == (None, None, None)


def test_without_a_contact_the_kind_of_the_case_is_explained() -> None:
    talk = FormTalk().to("contact")
    talk.say("안 남길래요", intent="skip", confidence=0.9)
    assert talk.state.contact == SKIPPED
    assert talk.prompts == ["utter_contact_skipped"]


def test_refusing_consent_drops_the_contact_first_and_the_report_second() -> None:
    talk = FormTalk().to("consent")
    step = talk.say("동의 안 해요", intent="deny", confidence=0.9)
    assert (talk.state.contact, step.outcome, talk.requested) == (SKIPPED, None, "consent")
    assert talk.say("아니요").outcome == CANCELLED


def test_a_contact_given_after_consent_needs_consent_again() -> None:
    talk = FormTalk().to("contact")
    talk.send(pressed("skip"))
    talk.send(pressed("affirm"))
    assert (talk.state.consent, talk.requested) == (YES, "confirm")
    talk.say("아 제 번호는 ⟦전화1⟧이에요")
    assert (talk.state.contact, talk.requested) == ("⟦전화1⟧", "consent")


@pytest.mark.parametrize("slot", ["where", "extra", "photo", "contact", "consent", "confirm"])
def test_cancel_and_start_over_work_at_every_question(slot: str) -> None:
    def talk() -> FormTalk:
        started = FormTalk()
        if slot == "where":
            started.say("가로등이 꺼져 있어요", intent="report_complaint")
        return started.to(slot)

    assert talk().say("취소할게요").outcome == CANCELLED
    again = talk()
    again.say("처음부터 다시")
    assert (again.state.what, again.requested) == (None, "what")


def test_an_own_word_answers_a_question_with_choices_but_a_bare_yes_does_not() -> None:
    talk = FormTalk().to("extra")
    talk.say("네")
    assert talk.state.misses == 1
    talk.say("불이 들어왔다 나갔다 해요")
    assert "불이 들어왔다 나갔다 해요" in talk.state.answers.values()


def test_an_idea_needs_no_place_but_a_broken_lamp_does() -> None:
    idea = FormTalk()
    idea.say("어르신들을 위한 스마트폰 교실이 있으면 좋겠어요", intent="suggest_idea")
    assert (idea.state.service_code, idea.requested) == ("suggestion", "where")
    idea.send(pressed("skip"))
    assert idea.requested == "contact"
    lamp = FormTalk()
    lamp.say("가로등이 꺼져 있어요", intent="report_complaint")
    lamp.send(pressed("skip"))
    assert lamp.requested == "where"


MESSAGES = st.one_of(
    st.sampled_from(
        [
            typed("네"),
            typed("아니요"),
            typed("건너뛰기"),
            typed("모르겠어요"),
            typed("처음부터 다시"),
            typed("시청역 2번 출구 앞이요"),
            typed("아니 거기 말고 종각역이요"),
            typed("하수구가 막혀서 물이 안 빠져요"),
            typed("가로등도 나갔고 쓰레기도 쌓여 있어요"),
            typed("하나로 해 주세요"),
            typed("상담원 바꿔 주세요"),
            typed("여권 수수료 얼마예요?", intent="ask_policy", confidence=0.9),
            typed("제 번호는 ⟦전화1⟧"),
            typed("부산 해운대구요"),
            pressed("skip"),
            pressed("affirm"),
            pressed("deny"),
            pressed("inform", service_code="pothole"),
            pressed("inform", service_code="no_such_service"),
            pressed("inform", answer="꺼져 있어요"),
            pressed("correct_value", field="what"),
            pressed("correct_value", field="photo"),
            pressed("correct_value", field="no_such_field"),
            photo(1),
            photo(2, 3),
            pin(*CITY_HALL),
            pin(*BUSAN),
        ]
    ),
    st.text(max_size=40).map(typed),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=25))
def test_no_talk_breaks_the_form_and_nothing_is_filed_without_consent(messages: list) -> None:
    talk = FormTalk()
    for message in messages:
        photos_before = set(talk.state.attachment_ids)
        step = talk.send(message)
        if step.outcome is not None:
            if step.outcome == SUBMIT:
                assert talk.requested is None
                assert talk.state.what
                assert talk.state.service_code
                assert talk.state.consent == YES
                assert talk.state.has_place or talk.state.where == SKIPPED
            return
        assert talk.requested is not None
        assert CITY.has_service(talk.state.service_code or "other")
        restarted = "utter_report_restarted" in talk.prompts
        if not restarted and message.value("field") != "photo" and message.text != "사진":
            assert photos_before <= set(talk.state.attachment_ids) or talk.requested == "photo"
