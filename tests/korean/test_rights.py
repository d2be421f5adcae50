"""Wishes about the own data are heard in many words, and words about other things are none."""

from __future__ import annotations

import pytest

from korean.rights import Wish, wish_of

HEARD = {
    Wish.SEE: """
제 정보 뭐 갖고 있어요?
내 정보 보여줘
내 정보 보여 주세요
제 개인정보 열람하고 싶어요
저에 대해 뭘 저장하고 있나요
내 정보 뭐가 저장돼 있어요?
보관 중인 제 정보를 알려 주세요
내 개인정보 확인하고 싶어요
제 기록 조회해서 보여 주세요
제가 남긴 정보 보여 주세요
""",
    Wish.FILE: """
내 데이터 내려받기
제 기록 사본을 주세요
제 개인정보 다운로드
내 정보 파일로 받고 싶어요
제가 남긴 정보 내려받고 싶어요
""",
    Wish.CORRECT_CONTACT: """
전화번호 바뀌었어요 ⟦전화1⟧
연락처 고쳐 주세요
전화번호가 바뀌었는데요
제 번호 바꿔 주세요
휴대폰 번호 변경했어요 ⟦전화2⟧
이메일 주소가 틀렸어요
연락처를 잘못 적었어요
새 번호는 ⟦전화3⟧ 이에요
""",
    Wish.WITHDRAW: """
동의 거두기
동의 철회하고 싶어요
개인정보 이용 동의 철회합니다
연락처 동의를 취소할래요
제가 한 동의 거둘게요
동의를 무를 수 있나요
""",
    Wish.UNLINK: "연결한 민원 풀어 주세요\n이은 거 끊어 주세요",
    Wish.UNFOLLOW: """
소식 그만 받을게요
2026-000123 소식 이제 안 받을래요
그 민원 소식은 보내지 마세요
소식 받기 취소해 주세요
팔로우 취소할게요
""",
}
NOT_HEARD = """
가로등 정보 알려 주세요
내 민원 어떻게 됐어요
내 정보 지워 주세요
제 개인정보 삭제해 주세요
제 정보가 유출된 것 같아요
버스 번호가 바뀌었어요
시청 전화번호가 틀렸어요
안내판 전화번호가 잘못 적혀 있어요
간판 번호가 틀렸어요
주차장 위치가 바뀌었어요
재개발 동의 철회하고 싶어요
동의 안 해요
동의해요
동의합니다
네
우리 동네 기록 문화관 정보 알려 주세요
정보 공개 청구는 어떻게 하나요
신호등 주기가 바뀌었어요
전화번호 알려 주세요
관광 안내 자료 보여 주세요
서울시 경제 정보 알려 주세요
실내 정보가 어떤 게 있나요
접수번호를 잘못 적었어요
시 소식지 그만 받고 싶어요
행사 소식 문자 그만 보내세요
소식이 궁금해요
""".strip().splitlines()


@pytest.mark.parametrize(
    ("wish", "text"),
    [(wish, text) for wish, texts in HEARD.items() for text in texts.strip().splitlines()],
)
def test_a_wish_is_heard(wish: Wish, text: str) -> None:
    assert wish_of(text) is wish


@pytest.mark.parametrize("text", NOT_HEARD)
def test_another_matter_is_no_wish(text: str) -> None:
    assert wish_of(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("이 민원 제 거예요 2026-000123 K7QM-3XW9", Wish.LINK),
        ("2026-000123 K7QM-3XW9 여기로 연결해 주세요", Wish.LINK),
        ("2026-000123 K7QM-3XW9", None),
        ("2026-000123 K7QM-3XW9 어떻게 됐나요", None),
    ],
)
def test_a_case_is_claimed_in_words_and_not_only_looked_up(
    text: str, expected: Wish | None
) -> None:
    assert wish_of(text, has_receipt=True) is expected
