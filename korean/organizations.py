"""Finds offices and departments that a message names (건축과, 마포구청, 다산콜센터); knows no city by itself.

The caller brings the city's names. Must not take a place for an office: see `find_organizations`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from korean.phrases import Phrase

# What such an office is called everywhere, with the part in front that is its own.
_OFFICES = (
    "구청|시청|도청|군청|교육지원청|교육청|경찰청|소방청|산림청|병무청|기상청|국세청|경찰서|소방서|파출소|지구대|보건지소|보건소|주민센터|"
    "동사무소|행정복지센터|복지센터|우체국|세무서|등기소|법원|검찰청|시의회|구의회|의회|시설관리공단|시설공단|건강보험공단|국민연금공단|연금공단|"
    "도로공사|교통공사|주택도시공사|토지주택공사|가스공사|가스안전공사|전력공사|상수도사업본부|사업본부|사업소|선거관리위원회|위원회|콜센터|"
    "출입국관리사무소|출입국|관리사무소|문화재단|복지재단"
)
_OFFICE = rf"[가-힣0-9]{{0,8}}?(?:{_OFFICES})"
# 과, 팀, 국, 실 end many a word (학과, 스팀, 약국, 화장실); before a public matter they mean an office.
_MATTERS = (
    "관리|행정|정책|시설|교통|주차|단속|환경|건축|복지|위생|청소|조명|도로|하수|상수도|공원|녹지|동물보호|동물|민원|세무|재무|총무|"
    "문화|체육|관광|안전|재난|하천|치수|기획|감사|예산|주택|도시|토목|보건|일자리|경제|참여|여권|자치|청년|교육|광고물|가로등|가로|물재생|"
    "대중교통|버스|자전거|건강|지적|징수|부과|노인|여성|가족|아동|홍보|총괄|순환|계획|디자인|농정|식품|시민"
)
_DEPARTMENT = (
    rf"[가-힣·]{{0,6}}?(?:{_MATTERS})(?:과|팀|국|담당관|부서)|[가-힣]{0, 4}(?:민원|상황)실"
)
_SHORT = {
    "다산콜": "다산콜센터",
    "한전": "한국전력",
    "엘에이치": "한국토지주택공사",
    "LH": "한국토지주택공사",
    "SH": "서울주택도시공사",
    "건보": "국민건강보험공단",
    "선관위": "선거관리위원회",
    "동사무소": "주민센터",
}
_PARTICLE = (
    "(?:이라고|라고|이라더니|라더니|한테서|에서는|에서|에게|한테|으로|까지|부터|이나|이랑|하고|에는|에도|이라|인가요|이에요|예요|인가|입니까|"
    "은|는|이|가|을|를|에|의|도|만|로|나|랑|와|과|쪽|측)?"
)
_ANY = re.compile(
    rf"(?<![가-힣A-Za-z])(?P<name>{'|'.join(_SHORT)}|{_OFFICE}|{_DEPARTMENT}){_PARTICLE}(?![가-힣A-Za-z])"
)
# 120 or 119 is an office where it stands for the people who answer there.
_CALLED = re.compile(
    r"(?<!\d)(?P<name>1[0-9]{2}|13[0-9]{2})(?= ?(?:상담|콜센터|상담사|상담원))(?: ?콜센터)?"
)


def aliases_of(official: str) -> list[str]:
    """What people call it: "환경과(소음·악취)" is 환경과, "가로등·조명팀" is 조명팀 and 가로등팀."""
    plain = official.partition("(")[0].strip()
    names = [plain]
    head, dot, tail = plain.partition("·")
    if dot:
        names.append(tail)
        names.append(head + tail[-1])
    return [name for name in dict.fromkeys(names) if len(name) > 1]


def find_organizations(text: str, *, names: Mapping[str, str] | None = None) -> list[Phrase]:
    """Offices in order, apart from each other, without particles; offsets refer to `text`.

    `names` maps what people call an office to its official name, which becomes the value; offices that are
    not there keep the words that name them.
    """
    known = dict(names or {})
    finds = [*_ANY.finditer(text), *_CALLED.finditer(text)]
    if known:
        longest = sorted(map(re.escape, known), key=len, reverse=True)
        own = re.compile(
            rf"(?<![가-힣A-Za-z0-9])(?P<name>{'|'.join(longest)}){_PARTICLE}(?![가-힣A-Za-z0-9])"
        )
        finds += own.finditer(text)
    kept: list[Phrase] = []
    spans = {(f.start("name"), f.end() if f.re is _CALLED else f.end("name")) for f in finds}
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        name = text[start:end]
        if all(end <= other.start or other.end <= start for other in kept):
            kept.append(Phrase(start, end, known.get(name) or _SHORT.get(name, name)))
    return sorted(kept, key=lambda phrase: phrase.start)
