"""Reads short answers: yes, no, skip, cancel, start again; a longer message is none of them."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TRIM = re.compile(r"[\s.,!~?^;:ㅋㅎㅠㅜ♡🙏👍]+")
_YES = _words(
    "네 넵 넹 넨 네네 넵넵 예 예예 옙 옛 응 응응 엉 어 웅 ㅇㅇ ㅇ ㅇㅋ 오케이 오키 ok okay "
    "yes y 그래 그래요 그럼요 그렇습니다 그렇죠 그럽시다 맞아 맞아요 맞습니다 맞음 맞다 맞죠 "
    "네맞아요 네맞습니다 예맞아요 예맞습니다 좋아 좋아요 좋습니다 네좋아요 동의 동의해요 "
    "동의합니다 동의함 네동의합니다 네동의해요 예동의합니다 접수 접수해주세요 접수해줘 "
    "네접수해주세요 보내주세요 신고해주세요 확인 확인했어요 확인했습니다 확인함 네확인했어요 "
    "진행해주세요 해주세요 해줘 해줘요 네해주세요 네그렇게해주세요 그렇게해주세요 그렇게해줘 "
    "물론이죠 물론 당연하죠 당연 콜 ㄱㄱ 고고 네그래요 네부탁드려요 부탁드려요 부탁드립니다 "
    "부탁해요 네부탁드립니다 알겠어요 알겠습니다 네알겠습니다 이대로접수 이대로접수해주세요 "
    "네에 예에 그려 그랴 암요 할게요 네할게요 네감사합니다 됩니다"
)
_NO = _words(
    "아니 아니요 아니오 아뇨 아녀 아니여 아니에요 아니예요 아닙니다 아님 아니아니 노 no nope "
    "n ㄴㄴ ㄴ 싫어 싫어요 싫습니다 안해 안해요 안할래요 안합니다 안할게요 동의안해요 "
    "동의하지않아요 동의하지않습니다 동의안합니다 비동의 거부 거부합니다 틀려요 틀렸어요 틀림 "
    "틀립니다 아니야 안돼 안돼요 안됩니다 하지마 하지마세요 하지말아주세요 됐어요아니요 별로 "
    "별로요 아니요됐어요 아뇨됐어요 아니요괜찮아요 아뇨괜찮아요 아직이요 아직요 원하지않아요 "
    "원치않아요 필요없어요 필요없습니다 아니요틀려요 아니요안해요"
)
_SKIP = _words(
    "건너뛰기 건너뛸게요 건너뛸래요 건너뛰어주세요 건너뛰자 건너뛰어 넘어가기 넘어가요 "
    "넘어가주세요 넘어가자 넘어갈게요 넘어가 넘길게요 다음 다음으로 다음요 생략 생략할게요 "
    "생략해주세요 생략합니다 패스 패쓰 패스요 패스할게요 패스할래요 스킵 스킵할게요 skip pass "
    "없어 없어요 없습니다 없음 없네요 없는데요 없다 따로없어요 따로없습니다 없슴 없슈 없당 "
    "없심더 됐어요 됐습니다 됐어 됐고요 됐네요 괜찮아요 괜찮습니다 괜찮아 안보내요 안보낼래요 "
    "안보낼게요 안올릴래요 안올려요 사진없어요 사진없음 사진없습니다 사진은없어요 "
    "사진은없습니다 사진없는데요 사진은없는데요 사진없이 사진없이할게요 사진안보낼게요 "
    "사진못찍었어요 사진은못찍었어요 못찍었어요 안찍었어요 사진안찍었어요 연락처없어요 "
    "연락처없음 연락처없이 연락처없이할게요 연락처는됐어요 연락처는안줄래요 연락안받을래요 "
    "연락안주셔도돼요 연락필요없어요 연락안해도돼요 익명 익명으로 익명으로할게요 익명이요 "
    "나중에 나중에요 나중에할게요 몰라 몰라요 모르겠어요 모르겠습니다 모름 필요없어요 "
    "필요없습니다 아니요없어요 아뇨없어요 아니없어요 네없어요 아니요됐어요 아뇨됐어요 "
    "아니요괜찮아요 아뇨괜찮아요 건너뜀 그냥넘어가요 그냥넘어가주세요 그냥없어요 그냥패스 "
    "안할래요 안해요 사진은됐어요 사진패스 사진생략 사진은건너뛸게요"
)
# "아 그럼 됐어요", "감사합니다 사진은 없어요", "네 접수해 주세요 수고하세요" say the same without these.
_THANKS = (
    r"(?:감사(?:합니다|해요|드려요|드립니다)|고맙(?:습니다|네요)|고마워요?|"
    r"수고하(?:세요|십시오|십니다))"
)
_BEFORE = re.compile(
    rf"^(?:아이고|아이구|아휴|에휴|에이|저기요?|그러면|그럼|그래도|아참|참|흠|음+|아(?!니|뇨|녀)|{_THANKS})+"
)
_COURTESY_AFTER = re.compile(rf"{_THANKS}+$")
# "예 맞아요 접수해 주세요": a yes and more of them; "확인해 주세요" alone is a wish.
_LONGEST_YES = 24
_YES_TWICE = re.compile(
    r"(?:네+|예+|넵|넹|응|어|그래요?|맞아요?|맞습니다|좋아요?|좋습니다)"
    rf"(?:{'|'.join(sorted((word for word in _YES if len(word) > 1), key=len, reverse=True))})+"
)
_CANCEL = re.compile(
    r"(?:아니요?|아뇨|그냥|이제|신고|민원|접수|이거|그거|이번\s?신고|다|전부)?(?:는|은|을|를)?"
    r"(?:취소|취소요|취소할게요?|취소할래요?|취소해주세요|취소해줘요?|취소합니다|취소하겠습니다|취소하고싶어요|취소해|취소하기|그만|그만요|"
    r"그만할게요?|그만할래요?|그만둘게요?|그만둘래요?|그만두기|그만하자|그만해|그만합시다|관둘게요?|관둘래요?|관둬요?|안할래요?신고|"
    r"신고안할래요?|신고안할게요?|접수안할래요?|접수안할게요?|접수하지마세요|접수하지말아주세요|하지않을게요?|중단|중지|종료|끝낼게요?|"
    r"때려칠래요?|없던일로해주세요|없던걸로해주세요|없던걸로할게요?|철회할게요?|포기할게요?)"
)
_RESTART = re.compile(
    r"(?:아니요?|아뇨|그냥|우리)?(?:처음부터(?:다시)?(?:할게요?|할래요?|해요?|하고싶어요|시작|시작할게요?|해주세요|하자|합시다|하기|부탁해요|요)?|"
    r"(?:처음으로|첫화면으로|처음)(?:다시|돌아가요?|갈래요?|가기|돌아가기|돌아갈래요?|갈게요?|가주세요)*|"
    r"다시(?:시작|시작할게요?|시작할래요?|시작해요?|시작하기|시작해주세요|처음부터|처음부터할게요?|처음부터요|할게요?|할래요?|하고싶어요|하기|"
    r"신고할게요?|신고할래요?|작성할게요?|써야겠어요|쓸게요?|하자)|"
    r"새로(?:시작|할게요?|할래요?|시작할게요?|시작해요?|신고할게요?|작성할게요?|쓸게요?)|리셋|초기화|재시작|restart|reset)"
)


def _plain(text: str) -> str:
    return _TRIM.sub("", text).lower()


def _readings(text: str) -> tuple[str, str]:
    """The message run together, and the same without sighs before it and courtesy around it."""
    said = _plain(text)
    return said, _COURTESY_AFTER.sub("", _BEFORE.sub("", said))


def yes_no(text: str) -> bool | None:
    """True for yes, False for no, None when the whole message is neither (네거리, 예산)."""
    for said in _readings(text):
        if said in _YES or (len(said) <= _LONGEST_YES and _YES_TWICE.fullmatch(said)):
            return True
        if said in _NO:
            return False
    return None


def is_skip(text: str) -> bool:
    """Whether the whole message passes over a question: 건너뛰기, 없어요, 사진 없음."""
    return any(said in _SKIP for said in _readings(text))


def is_cancel(text: str) -> bool:
    """Whether the whole message calls off what is being done; 주차 단속 취소 is about something else."""
    return any(_CANCEL.fullmatch(said) for said in _readings(text))


def is_restart(text: str) -> bool:
    """Whether the whole message asks to begin again: 처음부터 다시."""
    said = _plain(text)
    return said not in ("처음",) and _RESTART.fullmatch(said) is not None
