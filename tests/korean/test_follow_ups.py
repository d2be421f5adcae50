"""Follow-ups name no matter of their own; whoever names one asks something new."""

from __future__ import annotations

import pytest

from korean.follow_ups import aspect_of

FOLLOW_UPS = {
    "서류는요?": "papers",
    "필요한 서류는요": "papers",
    "뭐 가져가야 돼요?": "papers",
    "준비물은?": "papers",
    "그럼 언제까지?": "when",
    "언제까지 신청해요?": "when",
    "언제까지예요": "when",
    "기간은요?": "when",
    "얼마예요?": "how_much",
    "얼마 받아요": "how_much",
    "그럼 얼마나 줘요?": "how_much",
    "수수료는요?": "how_much",
    "어디로 가요?": "where",
    "어디서 신청해요?": "where",
    "어디서 해요": "where",
    "신청은 어디서 하나요?": "where",
    "전화번호는?": "phone",
    "전화번호 알려주세요": "phone",
    "담당 부서 전화번호는요?": "phone",
    "어디에 물어봐요?": "phone",
    "어디로 문의하면 되나요?": "phone",
    "어떻게 신청해요?": "how",
    "신청 방법은요?": "how",
    "신청은 어떻게 하나요": "how",
    "온라인으로도 돼요?": "how",
    "인터넷으로 신청 가능한가요?": "how",
    "누가 받을 수 있어요?": "who",
    "대상은요?": "who",
    "자격 조건이 어떻게 되나요?": "who",
    "저도 받을 수 있나요?": "who",
    "외국인도 되나요?": "who",
    "소득 기준은요": "who",
    "며칠 걸려요?": "when",
    "몇시까지 해요?": "when",
    "그럼 비용은 얼마인가요?": "how_much",
    "무슨 서류가 필요한가요?": "papers",
    "혹시 나이 제한 있어요?": "who",
    "ㅇㅇ 언제부터요?": "when",
    "무료인가요?": "how_much",
    "대리 신청 되나요?": "how",
    "그거 언제까지 하는 거예요?": "when",
    "서류는 뭐가 필요해요?": "papers",
    "감사합니다 그럼 서류는요?": "papers",
    "신청 기간이 언제까지인가요?": "when",
}
OWN_MATTER = (
    "여권 수수료 얼마예요?",
    "가로등이 꺼졌어요",
    "쓰레기는 언제 버려요?",
    "전기차 보조금 언제까지 신청해요?",
    "내 민원 언제 처리돼요?",
    "주민센터 전화번호 알려 주세요",
    "시청역 2번 출구 앞이요",
    "네",
    "아니요",
    "감사합니다",
    "안녕하세요",
    "상담원 연결해 주세요",
    "취소할게요",
    "010-1234-5678",
    "보건소 위치가 어디예요?",
    "주차 요금이 얼마죠?",
    "기초연금 받을 수 있는 조건",
    "어제부터요",
    "신고할게요",
    "몰라요",
    "접수해 주세요",
    "지금 몇 시예요?",
    "이사했는데 뭐 해야 돼요?",
    "제 담당자가 누구예요?",
    "민원 결과는 언제 나와요?",
    "3만원",
    "없어요",
    "저요",
    "다음",
    "출산지원금은 언제까지 신청해요?",
    "",
    "?!",
    "언제" * 20,
)


@pytest.mark.parametrize(("text", "aspect"), FOLLOW_UPS.items())
def test_a_follow_up_asks_one_thing_of_what_was_said(text: str, aspect: str) -> None:
    assert aspect_of(text) == aspect


@pytest.mark.parametrize("text", OWN_MATTER)
def test_a_message_with_a_matter_of_its_own_is_no_follow_up(text: str) -> None:
    assert aspect_of(text) is None
