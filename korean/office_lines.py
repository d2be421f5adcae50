"""Tells an office's line from a person's by the words that touch it; finds no number itself.

A landline that somebody gives as a public office's (민원실 번호 02-…, 보건소가 02-… 여기로 하라고)
is nobody's personal data and is needed to answer.  Mobile numbers never count as an office's.
"""

from __future__ import annotations

import re

_OFFICE = (
    r"(?:민원실|보건소|보건지소|구청|시청|군청|도청|면사무소|읍사무소|주민\s?센터|동사무소|행정\s?복지\s?센터|복지\s?센터|복지관|구의회|시의회|세무서|경찰서|파출소|지구대|치안센터|소방서|우체국|도서관|체육관|문화회관|구민회관|교육청|교육지원청|법원|검찰청|출입국|출입국사무소"
    r"|고용\s?센터|연금공단|건강보험공단|건보공단|시설공단|시설관리공단|도로공사|한전|수도사업소|상수도사업본부|차량등록사업소|선거관리위원회|선관위|다산\s?콜센터|콜센터|고객센터|종합상황실|상황실|당직실|민원\s?창구|여권\s?창구|치매안심센터|가족센터|다문화\s?센터|정신건강복지센터"
    r"|(?:담당|해당|소관|관련)\s?(?:부서|과|팀|기관)|(?:교통|주차|주택|건축|도시|복지|사회|생활|세무|세정|징수|청소|자원|위생|환경|민원|여권|행정|자치|총무|공원|녹지|도로|토목|건설|치수|하수|보육|여성|가정|아동|청년|어르신|노인|장애인|문화|관광|체육|재난|안전|지적|토지|부동산|일자리|경제|기업|보건|의약|건강|감사|홍보|전산)[가-힣]{0,5}(?:과|팀|국))"
)
_BEFORE = re.compile(
    rf"{_OFFICE}(?:에서|에서는|에|가|이|은|는|의|로|에선)?\s?(?:대표|직통|담당|안내|민원|접수|상담|공식|유선)?\s?"
    r"(?:전화\s?번호|전화|번호|연락처|내선|팩스)?(?:가|는|은|이|로|라고|라는|에)?\s?[:(]?\s?$"
)
_AFTER = re.compile(
    rf"\)?(?:이|가|는|은|로|번|번은|번이|번으로)?\s?(?:이거|이게|여기|여기가|이\s?번호가?|그게)?\s?[(]?\s?(?:[가-힣]{{1,4}}\s?)?{_OFFICE}"
    r"(?:\s?(?:번호|전화|전화번호|대표번호))?(?:\)|\s?(?:맞|이에요|예요|인가|인지|입니|이죠|아닌|이라고|라고|라는|이라는))"
)
_OWN = re.compile(r"(?:제|저희|우리|내|집|본인|개인|저)\s?(?:전화|번호|연락처|집)")


def is_an_offices(text: str, start: int, end: int) -> bool:
    """Whether the words that touch text[start:end] say that this line is a public office's."""
    before = text[max(0, start - 28) : start]
    if _OWN.search(before):
        return False
    return _BEFORE.search(before) is not None or _AFTER.match(text, end) is not None
