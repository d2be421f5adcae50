"""Recognises what a citizen wants with the own data: see, get, correct, withdraw, link. Pure.

Only whole wishes count. A short message that is about something else ("가로등 정보 알려 주세요") is none.
"""

from __future__ import annotations

import re
from enum import StrEnum

from korean.normalise import fold

LONGEST = 60


class Wish(StrEnum):
    """What is wanted."""

    SEE = "see"
    FILE = "file"
    CORRECT_CONTACT = "correct_contact"
    WITHDRAW = "withdraw"
    LINK = "link"
    UNLINK = "unlink"
    UNFOLLOW = "unfollow"


# "안내 자료", "경제 정보" end in the same syllables: the word must begin there.
_MINE = (
    r"(?<![가-힣])(?:저장된|보관\s?중인|가지고\s?있는|남긴|쌓인)?\s*"
    r"(?:내|제|나의|저의|(?:저|나)에\s?(?:대한|관한)|(?:제|내)가\s?남긴)"
)
_DATA = r"(?:개인\s?)?(?:정보|데이터|기록|자료)"
_ABOUT_ME = re.compile(
    rf"{_MINE}\s*{_DATA}|(?<![가-힣])(?:나|저)에\s?대해(?:서)?\s?(?:뭘|무엇을|무슨|뭐)"
    r"|^\s*개인\s?정보\s?(?:열람|사본)"
)
_SEES = re.compile(
    r"보여|알려|뭐|뭘|무엇|무슨|어떤|어떻게|갖고|가지고|저장|보관|열람|확인|볼수|보고싶|볼래|조회|궁금|있나|있는지|있어"
)
_FILES = re.compile(r"파일|내려|다운|내보내|사본|복사본|백업|전송")
_CHANGES = re.compile(
    r"지워|지우|삭제|없애|없앨|파기|탈퇴|정지|고쳐|고치|바꿔|바꾸|바뀌|수정|정정|변경|그만|하지마|쓰지마"
    r"|유출|보호|털렸|새나"
)
_WITHDRAW = re.compile(
    r"동의.{0,8}(?:철회|거두|거둘|거둬|거둡|취소|무를|물릴)|(?:철회|거두).{0,6}동의"
)
# A consent of another kind than one about the own data.
_OTHER_CONSENT = re.compile(r"조합|재개발|재건축|주민동의|입주|설문|수술|계약|동의서")
_CONTACT = r"(?:전화번호|핸드폰번호|휴대폰번호|핸드폰|휴대폰|폰번호|연락처|이메일|메일|번호)"
_CORRECT = re.compile(
    rf"{_CONTACT}.{{0,10}}(?:바뀌|바꼈|바꿨|바뀐|변경|바꿔|바꾸|고쳐|고치|수정|정정|틀렸|틀려|틀린|잘못)"
    rf"|(?:바뀐|새|변경된|고칠){_CONTACT}"
)
# Numbers that are no citizen's: of offices, buses, houses, plates.
_OTHER_NUMBER = re.compile(
    r"시청|구청|동사무소|주민센터|부서|담당자|안내판|간판|표지|홈페이지|사이트|가게|업체|식당|버스|차량"
    r"|차번호|기둥|전봇대|건물|호선|기사|관리|접수번호|민원번호|사업자|우편|계좌|카드|비밀번호"
)
_TOKEN = re.compile(r"⟦[^⟧]{1,12}⟧")
_CLAIM = re.compile(
    r"(?:제|내|저희|우리)(?:거|것|꺼|민원|신고|접수|건)|연결|이어(?:줘|주|서)|잇고|이을|등록|이대화|여기(?:서|로)받"
)
_UNCLAIM = re.compile(
    r"(?:이음|이은|연결한|연결된)(?:것|거|건|민원)?(?:을|를|은)?(?:풀|끊|해제|취소)"
)
# "소식 그만 받을게요", "2026-000123 소식 이제 안 받을래요"; the city's newsletters are another matter.
_UNFOLLOW = re.compile(
    r"(?:소식|팔로우|팔로잉|따라보는것|같이겪는것)(?:은|는|을|를|도|이제|좀|더는|받기|받는거)*(?:보내지|그만|끊|취소|해제|안받|받지않|필요없|꺼)"
)
_OTHER_NEWS = re.compile(r"소식지|뉴스|이메일|메일|문자|재난|날씨|행사|축제")


def wish_of(text: str, *, has_receipt: bool = False) -> Wish | None:
    """The wish of a message, whose tokens stand in place of personal data; None when it is another matter.

    ``has_receipt``: it carries a case number together with a look-up code.
    """
    words = fold(_TOKEN.sub("", text))
    if not words or len(words) > LONGEST:
        return None
    if has_receipt:
        return Wish.LINK if _CLAIM.search(words) else None
    if _WITHDRAW.search(words) and not _OTHER_CONSENT.search(words):
        return Wish.WITHDRAW
    if _UNCLAIM.search(words):
        return Wish.UNLINK
    if _UNFOLLOW.search(words) and not _OTHER_NEWS.search(words):
        return Wish.UNFOLLOW
    if _CORRECT.search(words) and not _OTHER_NUMBER.search(words):
        return Wish.CORRECT_CONTACT
    if _ABOUT_ME.search(text) and not _CHANGES.search(words):
        if _FILES.search(words):
            return Wish.FILE
        if _SEES.search(words):
            return Wish.SEE
    return None
