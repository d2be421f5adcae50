"""Whole talks through the web chat, a real Rasa and real actions: (citizen, what the bot must say).

A line of the citizen in <…> presses the choice whose title holds these words. Of the bot's answer
every part named must stand somewhere in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.clock import utc_now
from core.models.case import CaseRating
from tests.builders import make_result
from tests.journeys.talk import Talk
from tests.stack import Stack

SUMMARY = "이렇게 접수할게요"
RECEIPT = "접수번호"
WHERE = "어디에서"
PHOTO = "사진이 있으면"
CONTACT = "전화번호나 이메일"

Table = list[tuple[str, list[str]]]

TALKS: dict[str, Table] = {
    "a_report_with_an_interruption_and_a_correction": [
        # The story says what is wrong with it.
        ("시청역 2번 출구 앞 가로등이 나갔어요", ["가로등 고장", "번호"]),
        ("여권 수수료 얼마예요?", ["120", "번호가 보이면"]),
        ("건너뛰기", [PHOTO]),
        ("없어요", [CONTACT]),
        ("010-1234-5678", ["동의"]),
        ("네", [SUMMARY, "시청역 2번 출구 앞", "남기신 전화번호"]),
        ("아니 거기 말고 을지로입구역 앞이요", ["을지로입구역 앞", SUMMARY]),
        ("네 맞아요", [RECEIPT, "을지로입구역 앞"]),
        ("내 민원 어떻게 됐어요?", ["접수", "가로등 고장"]),
        ("네", ["조금 전에"]),
    ],
    "the_own_data_is_shown_and_a_child_leaves_no_contact": [
        ("제 정보 뭐 갖고 있어요?", ["가지고 있는 내 정보", "보내신 글"]),
        ("<파일로 받기", ["한 번만"]),
        ("저 12살인데요", ["보호자가 동의해야"]),
        ("<연락처 없이", ["무엇이 어디에서"]),
        ("망원시장 입구 하수구가 막혔어요", [PHOTO]),
        ("없어요", ["연락처는 보관하지 않아요"]),
    ],
    "a_bare_wish_is_asked_what": [
        ("민원 넣고 싶어요", ["어떤 불편"]),
        ("하수구가 막혀서 물이 안 빠져요", [WHERE]),
        ("네", ["알아듣지 못했어요", "찾아갈 수 있게"]),
        ("망원시장 입구요", [PHOTO]),
    ],
    "no_to_consent_without_a_contact_files_nothing": [
        ("망원시장 입구 하수구가 막혔어요", [PHOTO]),
        ("건너뛰기", [CONTACT]),
        ("안 남길래요", ["소통", "동의"]),
        ("<동의 안", ["전할 수가 없어요", "접수되지 않았어요"]),
        ("네", ["무엇을 도와"]),
    ],
    "two_complaints_become_two_reports": [
        ("가로등도 나갔고 쓰레기도 쌓여 있어요", ["두 가지", "1. 가로등도", "2. 쓰레기도"]),
        ("<두 건으로", ["두 건으로 접수할게요", WHERE]),
        ("시청역 앞이요", ["번호"]),
        ("건너뛰기", [PHOTO]),
        ("건너뛰기", [CONTACT]),
        ("건너뛰기", ["동의"]),
        ("왜 거기로 가요?", ["보낼 예정이에요", "동의"]),
        ("<동의해요", [SUMMARY]),
        # Nobody is asked again whether to go on: both were agreed to, and each has its own place.
        ("접수하기", [RECEIPT, "두 번째 건을 접수할게요: 쓰레기도 쌓여 있어요", WHERE]),
        ("왜 구청으로 갔어요?", ["보낼 예정", WHERE]),
        ("망원시장 입구요", ["어떤 쓰레기"]),
        ("<생활 쓰레기", [PHOTO]),
        # The contact was left out once already.
        ("건너뛰기", ["동의"]),
        ("네", [SUMMARY, "쓰레기도 쌓여 있어요", "망원시장 입구", "연락처: 없음"]),
        ("접수하기", [RECEIPT, "망원시장 입구"]),
        ("왜 거기로 갔어요?", ["규칙대로 자동으로 정했어요", "상담원", "접수번호를 함께"]),
    ],
    "two_complaints_stay_one_when_the_citizen_says_so": [
        ("가로등도 나갔고 쓰레기도 쌓여 있어요", ["두 건으로 나누어"]),
        ("음 글쎄요", ["알아듣지 못했어요", "하나로"]),
        ("하나로 해 주세요", ["하나로 접수할게요", WHERE]),
        ("취소", ["그만둘게요"]),
    ],
    "a_person_is_asked_for_in_the_middle_and_the_report_goes_on": [
        ("도로가 움푹 파였어요", [WHERE]),
        ("상담원 연결해 주세요", ["상담", "그대로 두었어요"]),
        ("강남역 11번 출구 앞이요", ["구멍"]),
        ("처음부터 다시", ["처음부터", "어떤 불편"]),
        ("그만할게요", ["그만둘게요"]),
    ],
    "a_no_at_the_end_offers_what_to_change": [
        ("을지로 12길 하수구 냄새가 나요", [CONTACT]),
        ("건너뛰기", ["동의"]),
        ("<동의해요", [SUMMARY]),
        ("아니요", ["어떤 것을 고칠까요"]),
        ("<어디", [WHERE]),
        ("종각역 1번 출구요", [SUMMARY, "종각역 1번 출구"]),
        ("<접수하기", [RECEIPT]),
    ],
    "three_misunderstandings_bring_a_person": [
        ("뷁뛟", ["알아듣지 못했어요"]),
        ("뛟쒧 뷁", ["상담원과 이야기하실"]),
        ("뷁뛟쒧", ["상담원에게 부탁"]),
    ],
    "a_question_gets_no_made_up_answer": [
        ("올해 복지 예산이 얼마예요?", ["예산", "120"]),
        ("네", ["상담"]),
    ],
    "an_idea_and_praise_are_filed_too": [
        ("어르신들을 위한 스마트폰 교실이 있으면 좋겠어요", ["어느 곳"]),
        ("<건너뛰기", [CONTACT]),
        ("건너뛰기", ["동의"]),
        ("네", [SUMMARY, "제안"]),
        ("네", [RECEIPT]),
        ("주민센터 직원분이 너무 친절하셨어요", ["고맙습니다"]),
        ("<칭찬", ["어느 곳"]),
        ("취소할게요", ["그만둘게요"]),
    ],
    "an_old_citizen_says_all_in_one_breath": [
        (
            "여보세요 거기 시청이지요 어제 저녁에 보니까 종로3가역 5번 출구 나와서 약국 있는 골목에 "
            "가로등이 두 개나 나가 가지고 아주 캄캄해서 넘어질 뻔했어요 좀 고쳐주세요",
            ["가로등", "번호"],
        ),
        ("그런 건 모르겠어요", [PHOTO]),
        ("아이고 나는 사진 그런 거 할 줄 몰라요", [CONTACT]),
        ("전화는 010 2345 6789 이에요", ["동의"]),
        ("그걸 왜 동의해야 돼요?", ["여쭤보는", "동의하시나요"]),
        ("응 그래요", [SUMMARY, "종로3가역 5번 출구 나와서 약국 있는 골목"]),
        ("예 맞아요 접수해 주세요 수고하세요", [RECEIPT, "종로구청"]),
        ("접수 취소하고 싶어요", ["거둘까요"]),
    ],
    "second_thoughts_in_the_middle": [
        ("가로등이 깜빡거려요", [WHERE]),
        ("아 가로등 아니고 신호등이에요", ["고쳤어요", WHERE]),
        ("ㅋㅋㅋㅋ", ["알아듣지 못했어요"]),
        ("잠실역 사거리입니다", ["신호등이 어떤"]),
        ("<꺼져", [PHOTO]),
        ("참 그리고 그 옆에 쓰레기도 쌓여 있어요", ["이어서 접수할게요", PHOTO]),
        ("감사합니다 사진은 없어요", [CONTACT]),
        ("사진 다시 보낼게요", ["기다릴게요", PHOTO]),
        ("아 그냥 패스", [CONTACT]),
    ],
    "a_wish_to_be_erased_is_asked_first_and_a_no_leaves_everything": [
        ("내 정보 지워 주세요", ["되돌릴 수 없어요", "모두 지울까요"]),
        ("네", ["한 번 더", "골라 주세요"]),
        ("아니요", ["그대로 둘게요"]),
        ("개인정보 삭제해 주세요", ["모두 지울까요"]),
        ("<지우지", ["그대로 둘게요"]),
        ("이 대화 다 지워 주세요", ["모두 지울까요"]),
        ("<모두 지워", ["곧 지울게요"]),
    ],
    "a_wish_to_be_erased_in_the_middle_of_a_report": [
        ("시청역 2번 출구 앞 가로등이 고장 났어요", ["가로등 고장", "어떤 상태"]),
        ("내 정보 지워 주세요", ["모두 지울까요"]),
        ("네", ["골라 주세요"]),
        ("아니요", ["그대로 둘게요", "어떤 상태"]),
        ("<꺼져", ["번호"]),
        ("제 개인정보 삭제해 주세요", ["모두 지울까요"]),
        ("<지우지", ["그대로 둘게요", "번호"]),
        ("대화 내용 삭제해 주세요", ["모두 지울까요"]),
        ("<모두 지워", ["곧 지울게요"]),
    ],
    "small_talk_is_answered": [
        ("너 사람이야?", ["사람이 아니라", "자동 안내"]),
        ("안녕하세요", ["안녕하세요"]),
        ("뭐 할 수 있어요?", ["접수"]),
        ("감사합니다", ["고맙습니다"]),
        ("내 민원 어떻게 됐어요?", ["아직 없어요"]),
        ("별점 주고 싶어요", ["결과가 나온 민원이 아직 없어요"]),
    ],
}


@pytest.fixture
def talk(stack: Stack) -> Iterator[Talk]:
    database = stack.database()
    yield Talk(stack.citizen(uuid.uuid4().hex), database)
    database.dispose()


@pytest.mark.parametrize("name", TALKS)
def test_the_bot_talks_as_written(talk: Talk, name: str) -> None:
    for citizen, expected in TALKS[name]:
        heard = (
            talk.press_title(citizen.strip("<>")) if citizen.startswith("<") else talk.say(citizen)
        )
        answer = "\n".join(heard)
        missing = [part for part in expected if part not in answer]
        assert not missing, f"after {citizen!r} the bot said {answer!r}, without {missing}"


def has(answer: list[str], *parts: str) -> None:
    text = "\n".join(answer)
    assert all(part in text for part in parts), f"{text!r} lacks one of {parts}"


def rating(talk: Talk) -> tuple[int, str]:
    with talk.database.reading() as session:
        row = session.scalars(select(CaseRating).where(CaseRating.case_id == talk.cases()[0].id))
        kept = row.one()
        return kept.score, kept.comment


def test_a_result_is_rated_in_words_by_choice_and_in_the_middle_of_a_form(talk: Talk) -> None:
    talk.say("시청역 2번 출구 앞 가로등이 나갔어요")
    talk.fill_until(None)
    with talk.database.transaction() as session:
        make_result(session, case=talk.cases()[0], now=utc_now())
    talk.await_text("어떠셨어요")

    has(talk.say("2점이요"), "2점", "죄송해요", "써 주시겠어요")
    has(talk.say("아직도 밤에 너무 어두워요"), "담당자가 볼 수 있게")
    assert rating(talk) == (2, "아직도 밤에 너무 어두워요")

    has(talk.say("별점 다시 주고 싶어요"), "어떠셨어요")
    has(talk.press_title("5점"), "5점", "고맙습니다")
    assert rating(talk)[0] == 5

    has(talk.say("도로가 움푹 파였어요"), WHERE)
    has(talk.press_title("1점"), "죄송해요", WHERE)
    assert rating(talk)[0] == 1
    talk.say("5")
    assert rating(talk)[0] == 1
