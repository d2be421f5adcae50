"""Finds names whose parts a space keeps apart, or that change hands in one sentence; knows no form's fields.

김 길동 라고 하는데; 김 알렉세이입니다; 무함마드 카림입니다; 홍길동에서 저 홍길순으로 바뀌었는데;
피후견인 김정호.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.abroad_words import COUNTRY
from korean.findings import PERSON_NAME, Found
from korean.given_names import GIVEN, PLAIN_GIVEN
from korean.given_pairs import GIVEN_PAIRS
from korean.name_shapes import is_surname, likeness
from korean.name_words import FOREIGN
from korean.person_words import is_of_a_person
from korean.plain_words import is_plain_word
from korean.stated_names import IS, may_answer

# So much like a name that the given name need not be known: tenths of logarithms, see korean/name_shapes.py.
CLEAR = 80
_B = r"(?<![가-힣A-Za-z])"
_END = rf"(?={IS}|\s(?:이?라(?:고|구|는)|입니다|인데|이고|이에요|예요|올림|드림)|\s?씨|\s?님)"
_TWO = re.compile(rf"{_B}(?P<name>(?P<surname>[가-힣])\s(?P<given>[가-힣]{{2}})){_END}")
_TWO_ABROAD = re.compile(
    rf"{_B}(?P<name>(?P<first>[가-힣]{{1,6}})\s(?P<second>[가-힣]{{2,6}}?)){_END}"
)
# 저는 수레쉬, 네팔.
_MYSELF_AND_COUNTRY = re.compile(
    rf"{_B}(?:저는|나는|제가)\s(?P<name>[가-힣]{{2,6}})(?=\s?,\s?{COUNTRY}(?![가-힣]*에))"
)
# 저는 올가, 전화번호 …
_MYSELF = re.compile(rf"{_B}(?:저는|나는|제가)\s(?P<name>[가-힣]{{2,6}})(?=\s?[,.]|$)")

# 이모님 마리아 산토스가, 토마스 베버라는 독일 사람
_OF_A_PERSON = re.compile(
    rf"{_B}(?P<name>(?P<first>[가-힣]{{2,5}})\s(?P<second>[가-힣]{{2,5}}?))"
    rf"(?=(?P<country>이?라(?:는|고)\s{COUNTRY})|(?:가|는|를|은|을|한테|에게|이랑|랑|씨|님|예요|이에요|입니다|인데)(?![가-힣]))"
)
# 유학생 린 샤오메이예요: who comes from abroad may bear what no list has.
_STUDENT = re.compile(
    r"(?:유학생|교환학생|중국인|중국\s?사람|중국에서\s?온|교포|동포)\s"
    rf"(?P<name>[가-힣]{{1,2}}\s[가-힣]{{2,4}}?){_END}"
)
_MYSELF_IN_TWO = re.compile(
    rf"{_B}(?:저는?|나는)\s(?P<name>(?P<first>[가-힣]{{2,6}})\s[가-힣]{{2,5}})(?=\s?[,.])"
)
# 부탁드립니다. 배정자 올림: who signs so is called so, also where the name is a word.
_SIGNS = re.compile(
    r"(?:^|[.!?~\n])\s{0,3}(?P<name>[가-힣]{3})\s(?:올림|드림|배상|拜上|拜)(?=\s{0,3}[.!)~]{0,2}\s{0,3}(?:$|\n))"
)
_NO_SIGNATURES = """
신청인 민원인 보호자 건의자 제보자 학부모 세입자 관리자 담당자 주민들 입주민 시민들 이용자
신고자 작성자 대표자 자영업 임차인 임대인 상인회 동대표 부녀회 노인회 주민회
수강생 졸업생 유족들 가족들 이웃들 상인들 배우자
"""
_SIGNS_AS = frozenset(_NO_SIGNATURES.split())
_HANDED_ON = re.compile(
    rf"{_B}(?P<name>[가-힣]{{3}})에서\s(?:(?:저|제|저희|본인|딸|아들|남편|아내|배우자|어머니|아버지|엄마|아빠|동생)(?:인|의|\s)\s?)?"
    r"[가-힣]{2,4}?으?로\s(?:바뀌|바꾸|바꿔|바꿨|변경|이전|승계|개명|넘)"
)
# One of history may bear the name, too; here it is somebody's.
_OF_LAW = re.compile(
    r"(?:피?후견인|피?상속인|피?보험자|수익자|임대인|임차인|매도인|매수인|양도인|양수인|위임인|수임인|보증인|채무자|채권자|망인|고인)"
    rf"\s?:?\s(?P<name>[가-힣]{{3}})(?={IS}|[\s,.()]|$|[의가은는이](?![가-힣]))"
)


def find_parted_names(text: str) -> Iterator[Found]:
    """Names in normal text; they may overlap."""
    for found in _TWO.finditer(text):
        given = found["given"]
        look = likeness(found["surname"] + given)
        borne = given in GIVEN or given in GIVEN_PAIRS or given in PLAIN_GIVEN
        clear = look >= CLEAR and not is_plain_word(given)
        if is_surname(found["surname"]) and look >= 0 and (borne or clear):
            yield _name(found, 0.7)
    for found in _TWO_ABROAD.finditer(text):
        ours = is_surname(found["first"]) and len(found["second"]) > 2
        if found["second"] in FOREIGN and (ours or found["first"] in FOREIGN):
            yield _name(found, 0.7)
    for found in _OF_A_PERSON.finditer(text):
        first, second = found["first"], found["second"]
        known = (first in FOREIGN) + (second in FOREIGN)
        before = text[max(0, found.start() - 16) : found.start()]
        strange = not is_plain_word(second) and not is_plain_word(first)
        if known == 2 or (known and strange and (is_of_a_person(before) or found["country"])):
            yield _name(found, 0.72)
    for found in _STUDENT.finditer(text):
        yield _name(found, 0.7)
    for found in _MYSELF_AND_COUNTRY.finditer(text):
        if not is_plain_word(found["name"]):
            yield _name(found, 0.66)
    for found in _MYSELF.finditer(text):
        if found["name"] in FOREIGN and may_answer(found["name"], marked=True):
            yield _name(found, 0.64)
    for found in _MYSELF_IN_TWO.finditer(text):
        if found["first"] in FOREIGN:
            yield _name(found, 0.68)
    for found in _SIGNS.finditer(text):
        if is_surname(found["name"][0]) and found["name"] not in _SIGNS_AS:
            yield _name(found, 0.8)
    for found in _HANDED_ON.finditer(text):
        if is_surname(found["name"][0]) and likeness(found["name"]) >= 0:
            yield _name(found, 0.66)
    for found in _OF_LAW.finditer(text):
        name = found["name"]
        if is_surname(name[0]) and may_answer(name, marked=True) and not is_plain_word(name):
            yield _name(found, 0.7)


def _name(found: re.Match[str], score: float) -> Found:
    return Found(*found.span("name"), PERSON_NAME, found["name"], score)
