"""Finds vehicle registration plates (12가3456, 서울 가 1234), also spoken; knows no other number.

Left alone are citations of judgments (2024두1234), articles of laws, and numbers of poles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import VEHICLE_PLATE, Found, names_a_thing

_REGIONS = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
# 자동차 등록번호판 등의 기준에 관한 고시: private, commercial, delivery, rental, military use.
_LETTERS = (
    "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배허하호국합육해공"
)
_DIGIT = "[0-9영공빵일이삼사오육륙칠팔구]"
_VALUES = dict(zip("영공빵일이삼사오육륙칠팔구", "0001234566789", strict=True))
_PLATE = re.compile(
    rf"(?<![0-9.\-/])(?:(?P<region>{_REGIONS})\s?)?(?P<class>[0-9]\s?[0-9]\s?(?:[0-9]\s?)?)"
    rf"-?\s?(?P<letter>[{_LETTERS}])\s?[-.]?\s?"
    rf"(?P<number>(?:[0-9][ .]?){{3}}[0-9]|[0-9]{{2}}\s?-\s?[0-9]{{2}})(?![0-9]|-[0-9])"
)
_OLD = re.compile(
    rf"(?<![가-힣])(?P<region>{_REGIONS})\s?(?P<class>[0-9]|[가-힣]{{2,3}}(?=\s|[{_LETTERS}차카타파]\s?[0-9]))\s?"
    rf"(?P<letter>[{_LETTERS}차카타파])\s?(?P<number>[0-9]{{4}})(?![0-9]|-[0-9])"
)
# 98고 1728, 12까 3456: a letter that no list has, beside a word for a car.
_ODD = re.compile(
    r"(?<![0-9.\-/])(?P<region>)(?P<class>[0-9]{2,3})(?P<letter>[가-힣])\s?(?P<number>[0-9]{4})(?![0-9]|-[0-9])"
)
_NO_LETTERS = frozenset(
    "년월일시분초원명호동층번회건조억만천개차세대점장권석주억위쪽평단기매가인식편항절칸"
)
_CAR = re.compile(
    r"(?:차량?|번호판|트럭|승용차|택시|오토바이|버스|포터|스타렉스|쏘나타|소나타|아반떼|그랜저|모닝|카니발|벤츠|렌트카|경유차|SUV)"
    r"[^0-9\n]{0,8}$"
)
_CAR_AFTER = re.compile(
    r"\s?(?:이|인|라는|번)?\s?(?:차(?![가-힣]?례)|차량|트럭|승용차|택시|오토바이|주차|불법\s?주|견인|번호판)"
)
_TENS = "[이삼사오육칠팔구]?십[일이삼사오육칠팔구]?"
_READ = re.compile(
    rf"(?<![가-힣0-9])(?:(?P<region>{_REGIONS})\s?)?(?P<class>(?:[이삼사오육칠팔구]?백\s?)?(?:{_TENS}|[일이삼사오육칠팔구]))\s?"
    rf"(?P<letter>[{_LETTERS}])(?:자)?[\s,]{{0,2}}(?P<number>(?:{_DIGIT}\s?){{3}}{_DIGIT}"
    rf"|[이삼사오육칠팔구]?천\s?(?:[이삼사오육칠팔구]?백)?\s?(?:{_TENS}|[일이삼사오육칠팔구])?)(?!{_DIGIT})"
    r"(?![가-힣](?<![이가은는을를로에의도차번인라입예요고]))"
)
_SPOKEN = re.compile(
    rf"(?<![가-힣0-9])(?:(?P<region>{_REGIONS})\s?)?(?P<class>{_DIGIT}\s?{_DIGIT}(?:\s?{_DIGIT})?)\s?"
    rf"(?:에\s?)?(?P<letter>[{_LETTERS}])(?:자|(?<![국호조])에)?[\s,]{{0,2}}(?P<number>(?:{_DIGIT}\s?){{3}}{_DIGIT})(?!{_DIGIT})"
)
# Diplomats' (외교 012-345), and the plate of a car not yet registered (임 1234).
_DIPLOMATIC = re.compile(
    r"(?<![가-힣])(?P<kind>외교|영사|준외|준영|국기|협정|대표)\s?(?P<number>[0-9]{3}\s?-\s?[0-9]{3})(?![0-9]|-[0-9]|\s?[억만원명건])"
)
_TEMPORARY = re.compile(
    rf"(?<![가-힣])(?:(?P<region>{_REGIONS})\s?)?임\s?(?P<number>[0-9]{{4}})(?![0-9]|-[0-9])"
)
# 오토바이 강남 가 1234: the region left out.
_MOTORCYCLE = re.compile(
    rf"(?:오토바이|이륜차|스쿠터|바이크)[가는를도이]?\s(?P<plate>[가-힣]{{2,3}}\s?[{_LETTERS}차카타파]\s?[0-9]{{4}})(?![0-9]|-[0-9])"
)
_TEMPORARY_CUE = re.compile(r"임시|번호판|차")
_NUMBER_OF_A_CAR = re.compile(r"(?:차\s?번호|차량\s?번호|번호판)")
_JUDGMENT = re.compile(r"\s?(?:호\s?)?(?:판결|결정|사건|선고|판례)")
_CUE = re.compile(
    r"차|렌[트터]카|쏘카|과속|과태료|딱지|방치|견인|번호판|주차|번호|차량|승용|트럭|오토바이|택시|운전"
)
# 12조 3456억, 302호 1234번지, 3로 1200원: the letter counts something, the four digits are a sum.
_SUM = re.compile(
    r"\s?(?:억|만|천|원|명|건|개(?!인)|가구|세대|번지|년|m|㎡|km|kg|톤|미터|시|조(?![가-힣]))"
)
_COUNTERS = "조호주부도로"
_BESIDE = re.compile(r"[0-9]{2,3}[가-힣]\s?[0-9]{4}[\s,]{1,3}$")
_BEFORE = re.compile(r"(?:제|법|시행령|동|층)\s?$")


def find_plates(text: str) -> Iterator[Found]:
    """Plates in normal text."""
    for pattern, base in ((_PLATE, 0.8), (_OLD, 0.75), (_SPOKEN, 0.5), (_READ, 0.4)):
        for found in pattern.finditer(text):
            score = _score(text, found, base)
            if score:
                yield Found(found.start(), found.end(), VEHICLE_PLATE, _value(found), score)
    for found in _ODD.finditer(text):
        car = _CAR.search(text[max(0, found.start() - 16) : found.start()])
        car = car or _CAR_AFTER.match(text, found.end())
        if car and found["letter"] not in _NO_LETTERS and not _SUM.match(text, found.end()):
            yield Found(found.start(), found.end(), VEHICLE_PLATE, _value(found), 0.45)
    for found in _DIPLOMATIC.finditer(text):
        value = re.sub(r"\s", "", found.group())
        yield Found(found.start(), found.end(), VEHICLE_PLATE, value, 0.7)
    for found in _MOTORCYCLE.finditer(text):
        value = re.sub(r"\s", "", found["plate"])
        yield Found(*found.span("plate"), VEHICLE_PLATE, value, 0.6)
    for found in _TEMPORARY.finditer(text):
        around = text[max(0, found.start() - 16) : found.end() + 16]
        if _TEMPORARY_CUE.search(around):
            value = re.sub(r"\s", "", found.group())
            yield Found(found.start(), found.end(), VEHICLE_PLATE, value, 0.6)


def _score(text: str, found: re.Match[str], base: float) -> float:
    before = text[max(0, found.start() - 24) : found.start()]
    cue = _CUE.search(before) is not None or _CUE.search(text[found.end() : found.end() + 16])
    if names_a_thing(text, found.start()) or _JUDGMENT.match(text, found.end()):
        return 0.0
    spoken = any(one in _VALUES or one in "십백천" for one in found["class"] + found["number"])
    if spoken and not cue:
        return 0.0
    if found["letter"] in _COUNTERS and not cue:
        if _SUM.match(text, found.end()) or _BEFORE.search(before):
            return 0.0
        # 101호 2025 …: with a space, only the rental letter of a plate that a word announces.
        # 24주 9016 and 36부 9127 are neither weeks nor copies: no four digits follow those.
        beside = _BESIDE.search(before)
        if (
            found["letter"] in "조호도로"
            and not beside
            and re.search(rf"{found['letter']}\s", found.group())
        ):
            return 0.0
    if _SUM.match(text, found.end()) and " " in found.group().strip():
        return 0.0
    if spoken and _NUMBER_OF_A_CAR.search(before):
        return 0.8
    return base + 0.15 * bool(cue)


def _amount(words: str) -> int:
    """A number in words below ten thousand: 삼천사백오십육 is 3456."""
    total, digit = 0, 0
    for one in words:
        if one in "십백천":
            total += max(digit, 1) * {"십": 10, "백": 100, "천": 1000}[one]
            digit = 0
        elif one in _VALUES:
            digit = int(_VALUES[one])
    return total + digit


def _value(found: re.Match[str]) -> str:
    def plain(part: str) -> str:
        if any(one in "십백천" for one in part):
            return str(_amount(part))
        return "".join(_VALUES.get(one, one) for one in part if one.isalnum())

    region = found["region"] or ""
    first = found["class"] if found.re is _OLD else plain(found["class"])
    return f"{region}{first.replace(' ', '')}{found['letter']}{plain(found['number'])}"
