"""Finds names from abroad written in Hangul, after whose they are or from where; knows no Korean names.

A name's look (`korean.abroad_words`) and the words around it must both speak for it: a relative's or a
country's word before it, a copula, a title or a paper's number after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.abroad_words import (
    COUNTRY,
    HOMES,
    LOANS,
    LOOKS_ABROAD,
    NO_NAME_ENDS,
    STRANGE,
    TALK,
    VIETNAMESE,
)
from korean.findings import HOLE, PERSON_NAME, Found
from korean.name_cues import KIN_OF
from korean.name_lookalikes import LOOKALIKES
from korean.name_words import FOREIGN, NOT_NAMES
from korean.stated_names import IS, found_name

_B = r"(?<![가-힣A-Za-z])"
_WORDS = r"(?P<name>[가-힣]{1,7}?(?:[ ·][가-힣]{1,7}?){0,3}?)"
_PAPER = (
    rf"[\s,:(/]{{0,3}}(?:{HOLE}|(?:외국인|등록|여권|체류|비자|거소|passport|ARC|생년|[0-9]{{6}}))"
)
_END = (
    rf"(?=\s?(?:{IS}|씨(?![가-힣]{{3}})|님(?![가-힣]{{3}})|드림|올림)"
    rf"|(?:이?가|이|은|는|를|을|의|한테|랑|이랑|도|와|과)(?:\s|$)|{_PAPER}|\s{{0,3}}(?:[,.!/()\n]|$)|\s{{1,2}}{COUNTRY})"
)
_AS = (
    r"(?:사람|인|국적|출신|여자|남자|여성|남성|며느리|신부|아내|남편|사위|근로자|노동자|직원|학생|유학생|교환학생|교사|강사|요리사|선생님?"
    r"|간병인|친구|동료|이웃|이주민|난민|에서\s?온|에서\s?왔고|국적자|국적의|국적인)"
)
_OF = rf"{COUNTRY}(?:\s?{_AS}){{0,2}}(?:인데요?|이고요?|이고|인|의|이며|이에요|입니다|이구요)?"
_FROM = re.compile(rf"{_B}{_OF}[\s,.(]{{1,3}}(?:이름은\s)?{_WORDS}{_END}")
_WORKER = (
    r"(?:(?:외국인\s?)?(?:근로자|노동자|유학생|교환학생|외국인|결혼이민자|이주민|이민자|난민|직원|알바생|세입자|룸메이트|룸메"
    r"|세대원|동거인|신청인|신청자|보호자|대리인|환자|학생|예금주|성명|이름|성함))"
)
_KIN = re.compile(rf"(?:{KIN_OF}|{_B}{_WORKER})(?:인|은|는|이|의)?[\s,:(]{{1,3}}{_WORDS}{_END}")
_OPENS = re.compile(
    rf"(?:^|[\n.!?~])[\s~!.]{{0,2}}(?:안녕하[가-힣]{{1,4}}|반갑습니다|여보세요|수고하[가-힣]{{2,3}})?[\s,.!~]{{0,3}}"
    rf"{_WORDS}(?=\s?{IS}|[\s,:(/]{{0,3}}(?:외국인|등록증|체류|ARC|[0-9]{{6}}\s?-?\s?[0-9]{{7}}))"
)
_SELF = re.compile(
    rf"(?:{_B}(?:저는요?|제가|나는|내가|전|저|나|(?:제|내|저의)?\s?이름은?)[\s,:]{{1,3}})"
    rf"{_WORDS}(?=\s?{IS}|{_PAPER}|\s{{1,2}}{COUNTRY})"
)
# Without a particle or a paper after it, the look must be beyond doubt: 친구 카밀라 월급.
_PLAIN = re.compile(
    rf"(?:{KIN_OF}|{_B}(?:{COUNTRY}\s?{_AS}|(?:외국인\s?)?(?:근로자|노동자|유학생|교환학생|직원|룸메이트|룸메|세입자)))"
    r"(?:인|은|는)?\s{1,2}(?P<name>[가-힣]{3,8}(?:\s[가-힣]{2,8})?)(?=\s)"
)
_MISTER = re.compile(r"(?<![가-힣])(?P<name>[가-힣]{3,8})(?=\s?씨(?![가-힣]{3}))")
# 최 나탈리아: Koreans from Central Asia have a surname of ours and a name of there.
_MIXED = re.compile(
    r"(?<![가-힣])(?P<name>[김박최정강조윤장임한신서권황안송홍문손배남허노심차] ?(?P<given>[가-힣]{3,6}?))"
    rf"(?=\s?(?:{IS}|씨)|[은는이가]?(?:\s|[,./)]|$))"
)
_THEN_COUNTRY = re.compile(rf"\s{{1,2}}{COUNTRY}\s?(?:사람|국적|출신|에서|인(?![가-힣]{{2}}))")
_WORDS_BEFORE = re.compile(r"(?<![가-힣])[가-힣]{1,8}(?:\s[가-힣]{1,8}){0,2}$")
_ONLY_A_COUNTRY = re.compile(rf"{COUNTRY}(?:어|말|사람|인)?")
# Beginnings of names that are words of the language, too.
_WORDS_TOO = frozenset(
    {"부디", "알림", "우즈벡", "란", "리나", "나탈", "마라", "다샤", "마리", "시티", "폴", "칸"}
)


def find_people_abroad(text: str) -> Iterator[Found]:
    """Names in normal text in which `HOLE` stands for each datum that was found before."""
    for found in VIETNAMESE.finditer(text):
        name = found["name"]
        if " " in name or len(name) >= 4 or name.startswith(("쩐티", "팜티", "즈엉", "쯔엉")):
            yield found_name(text, found, 0.8)
    for pattern, score in (
        (_FROM, 0.78),
        (_KIN, 0.76),
        (_SELF, 0.77),
        (_OPENS, 0.7),
        (_MISTER, 0.7),
    ):
        for found in pattern.finditer(text):
            if looks_abroad(found["name"]):
                yield found_name(text, found, score)
    for found in _PLAIN.finditer(text):
        name = found["name"]
        first = name.split(" ")[0]
        start = found.start("name")
        for taken in (name, first):
            whole = all(LOOKS_ABROAD.fullmatch(word) for word in taken.split(" "))
            if whole and looks_abroad(taken):
                yield Found(start, start + len(taken), PERSON_NAME, taken, 0.72)
                break
    for found in _MIXED.finditer(text):
        given = found["given"]
        if given in FOREIGN and given not in LOOKALIKES and given not in _WORDS_TOO:
            yield found_name(text, found, 0.78)
    for country in _THEN_COUNTRY.finditer(text):
        yield from _before(text, country.start())


def _before(text: str, end: int) -> Iterator[Found]:
    """The name that ends where a country's word says that it was one: 도르지수렌 몽골 사람."""
    found = _WORDS_BEFORE.search(text, max(0, end - 27), end)
    words = found.group().split(" ") if found else []
    for first in range(len(words)):
        name = " ".join(words[first:])
        if looks_abroad(name):
            yield Found(end - len(name), end, PERSON_NAME, name, 0.74)
            return


def looks_abroad(name: str) -> bool:
    """Whether words look like a foreigner's name in Hangul, and like no words of the language."""
    words = re.split(r"[ ·]", name)
    if len(name) < 2 or any(
        word in NOT_NAMES or word in LOOKALIKES or LOANS.match(word) for word in words
    ):
        return False
    if HOMES.search(name) or any(_ONLY_A_COUNTRY.fullmatch(word) for word in words):
        return False
    if words[0] in _WORDS_TOO or any(TALK.match(word) for word in words):
        return False
    if any(len(word) > 1 and word not in FOREIGN and NO_NAME_ENDS.search(word) for word in words):
        return False
    if words[0] in _WORDS_TOO or any(TALK.match(word) for word in words):
        return False
    if words[0] in FOREIGN and len(words[0]) > 1:
        return all(len(word) <= 5 for word in words)
    if len(words[-1]) > 3 and words[-1][-1] == "이" and (ord(words[-1][-2]) - 0xAC00) % 28:
        return False  # 세바스티안 + 이
    if any(_is_talk(word) for word in words[1:]):
        return False
    if VIETNAMESE.fullmatch(name):
        return True
    strange = len(STRANGE.findall(name))
    if len(words) == 1:
        shaped = len(name) >= 3 and LOOKS_ABROAD.fullmatch(name) is not None
        return (shaped and strange >= 1) or (len(name) >= 4 and strange >= 2)
    parts = sum(LOOKS_ABROAD.fullmatch(word) is not None or word in FOREIGN for word in words)
    return parts >= 1 and (strange >= 2 or parts == len(words))


def _is_talk(word: str) -> bool:
    """Whether a word after the first is too long and too plain to belong to the name."""
    known = word in FOREIGN or LOOKS_ABROAD.fullmatch(word) is not None
    return len(word) > 2 and not known and STRANGE.search(word) is None
