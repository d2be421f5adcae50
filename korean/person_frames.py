"""Finds names by how a sentence is built (홍길동에서 홍춘향으로 개명, 길동이네 집); sums no weights.

A given name alone counts where it has the 이 that only names take, or after a word for one's own people,
and when people bear it (korean/given_pairs.py).  It must not find officials or what is named after people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import PERSON_NAME, Found
from korean.given_names import GIVEN, PLAIN_GIVEN
from korean.given_pairs import GIVEN_PAIRS
from korean.latin_names import names_a_thing as is_a_thing
from korean.name_cues import names_a_thing
from korean.name_lookalikes import KNOWN, LOOKALIKES
from korean.name_shapes import given_likeness, likeness
from korean.name_words import NOT_NAMES
from korean.plain_words import is_plain_word

_B = r"(?<![가-힣A-Za-z])"
# 홍길동에서 홍춘향으로 개명, 홍길동 -> 홍춘향.
_CHANGED = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2,4}}?)(?:에서|\s?[-=]?>\s?|\s?→\s?)\s?(?P<new>[가-힣]{{2,4}}?)"
    r"(?:이?으?로(?![가-힣])|(?=\s?(?:$|[,.\n)])))"
)
_RENAMED = re.compile(r"개명|명의|이름|성명|변경|바꾸|바꿔|바꿨|바뀌|정정|차주|예금주|계약자|대표")
# 길동이가, 길동이네 집, 길동이랑: a closed syllable, 이 and a particle follow given names only.
_WITH_I = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2}})이(?:가|는|를|도|의|만|랑|네|나|하고|한테|에게|와|보다|때문|엄마|아빠|할머니|할아버지|삼촌|이모|누나|언니|오빠|형|동생)"
)
_NEAR = (
    r"(?:우리|울|저희|옆집|앞집|윗집|아랫집|뒷집|큰애|작은애|큰아이|작은아이|큰아들|작은아들|막내아들|막내딸|큰딸|작은딸|막내|막둥이|첫째|둘째|셋째|넷째"
    r"|손자|손녀|손주|친구|조카|동생|형|누나|언니|오빠|아들|딸|며느리|사위|아이|애|애기|아기|반\s?친구|짝꿍|남친|여친|신랑|각시|쌍둥이|[0-9]{1,2}\s?[살세](?:짜리|배기|된)?|[0-9]학년|꼬마|꼬맹이|아가|딸내미|딸래미|아들내미|아들래미|딸아이|아들놈|손녀딸|외손주|외손자|외손녀|큰손주|작은손주|여동생|남동생|남편|아내|와이프|반려자|애엄마|애아빠|사촌|고모|이모|삼촌|선배|후배|단짝|여자애|남자애)(?:인|은|는)?"
)
_OF_MINE = re.compile(
    rf"{_B}{_NEAR}\s(?P<name>[가-힣]{{2}})이?"
    r"(?=(?:가|는|를|은|도|랑|와|과|네|한테|에게|하고|만|의|예요|에요|야|이에요|입니다|인데|이고|꺼|거)?"
    r"(?![가-힣]))"
)
# 우리 애 몽룡이가, 꼬마 시아가: of children what has the 이 of names is one, unless it is a word in 이.
_CHILD = (
    r"(?:우리|울|저희|제|내)\s?(?:딸아이|아들아이|딸내미|아들내미|애|아이|아들|딸|손자|손녀|손주|조카|막내)|꼬마|꼬맹이|딸내미|딸래미|아들내미|아들래미"
    r"|손주|손자|손녀|손녀딸|외손주|외손자|외손녀|조카|첫째|둘째|셋째|막내|막둥이|큰애|작은애|큰딸|작은딸|큰아들|작은아들|막내딸|막내아들"
    r"|애기|아기|아가|동생|여동생|남동생|친구|짝꿍|사촌|신랑|각시|며느리|사위"
)
_CHILD_WITH_I = re.compile(
    rf"{_B}(?:{_CHILD})(?:인|는|은)?\s(?P<name>[가-힣]{{2}})이?"
    r"(?=(?:(?<=이)(?:가|는|를|도|의|한테|에게|꺼|\s(?:앞으로|이름|명의|것|거|통장|학교|병원|예방))|(?<!이)(?:가|는|를|도|한테|에게|랑|꺼|\s(?:앞으로|이름|명의|통장)))(?![가-힣]))"
)
_OWNED = re.compile(r"\s(?:앞으로|이름|명의|통장)")
_WORD_IN_I = re.compile(
    r"(?:고양|지팡|어린|원숭|곰팡|떡볶|목걸|손잡|쌍둥|막둥|젊은|늙은|옷걸|재떨|나들|맞벌|돈벌|늦둥|귀걸|호랑|부엉|달팽|[가-힣]쟁|[가-힣]둥|또래|귀염|이름|생일|어르|깜빡|멀미|할미|놀)이$"
)
# 길동이 춘향이 둘 다; 순자씨.
_TWO_OF_THEM = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2}})(?:이(?:랑|하고)?|[,·]|와|과|랑|하고)?"
    r"(?=\s{1,2}(?P<other>[가-힣]{2})(?:이(?:가|는|랑|도|를|네)?)?(?![가-힣]))"
)
_MISTER = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2}})이?\s?씨(?=(?:가|는|도|네|와|랑|를|의|한테|께|께서|에게|집|댁)?(?![가-힣]))"
)
_PARENT = re.compile(
    rf"{_B}(?P<name>[가-힣]{{2}})이?\s?(?:엄마|아빠|맘|할머니|할아버지|할매|할배|아재|아지매|여사|누님|형님|어르신|어머님|어머니|아버님|아버지|엄마아빠|보호자|학부모|고모|이모|삼촌|담임|누나|언니|오빠)"
    r"(?=입니다|인데|이에요|예요|에요|입|이고|가|는|도|랑|이\s|께|한테|\s|[,.!]|$)"
)
# 홍길동, 홍춘향, 홍길순: three that look alike make each other likelier, so do two after 참석: or 명단:.
_LIST = re.compile(r"(?<![가-힣])[가-힣]{3}(?:\s?[,·/]\s?[가-힣]{3}){1,9}(?![가-힣]{2})")
_LISTED = re.compile(
    r"(?:참석|명단|인원|일행|가족|구성원|참가|신청|서명|동승|탑승|출석|불참|회원)[가-힣]{0,2}\s?:\s?$"
)
# Surnames that are words of things, too: Han River, City Park.
_A_SURNAME = re.compile(r"\b(?:HAN|Han|PARK|Park|LEE|Lee|KO|Ko|DO|Do|NO|No)\b")
# - 홍길동 -: the last line of a letter.
_SIGNED = re.compile(r"(?:^|\n|\s)[-–—~<\[]\s?(?P<name>[가-힣]{3})\s?[-–—~>\]]\s*$")
# 영어로는 Hong Gildong: beside a name that stands in Hangul.
_IN_LETTERS = re.compile(
    r"(?:영어|영문|로마자|여권|알파벳)(?:로는?|으로는?|에는|엔|상|명)[ :]{0,2}"
    r"(?P<name>[A-Z][A-Za-z'-]+(?:[ ][A-Z][A-Za-z'-]+){0,3})"
    r"(?=$|[^A-Za-z])"
)
# 영문이름 … 지금 HONG GILDONG으로: two words in capitals, or more, somewhere behind.
_IN_CAPITALS = re.compile(
    r"(?:영문|영어|로마자|여권|알파벳|철자|스펠링?)[^\n]{0,30}?(?<![A-Za-z])"
    r"(?P<name>[A-Z]{2,10}(?:[ -][A-Z]{2,12}){1,3})(?=$|[^A-Za-z])"
)
# 영희야 이거 …: a message that calls somebody.
_CALLED_OUT = re.compile(r"^(?P<name>[가-힣]{2})(?:아|야)[\s,.!~]")
# Given names that are words, too.
_WORDS_TOO = frozenset({"철수", "영희", "영자", "순이", "상수", "정수", "수정", "지수", "영수"})
# Given names that no list has, by their syllables alone.
_LIKELY = 42
_OF_TWO = -20
# What names in a list score on average, at least.
_IN_LIST = 10
_NAMED = re.compile(r"영문|이름|성명|성함|영문명|여권명|주민등록|철자|표기|스펠")


def find_framed_names(text: str) -> Iterator[Found]:
    """Names in normal text; they may overlap."""
    for found in _CHANGED.finditer(text):
        both = found["name"], found["new"]
        if _RENAMED.search(text, max(0, found.start() - 16), found.end() + 12) and _two(*both):
            yield _found(found, "name", 0.66)
            yield _found(found, "new", 0.66)
    for found in _WITH_I.finditer(text):
        if (
            _closed(found["name"])
            and _borne(found["name"])
            and not _of_a_thing(text, found.start())
        ):
            yield _found(found, "name", 0.64)
    for found in _OF_MINE.finditer(text):
        like = given_likeness(found["name"])
        borne = found["name"] in PLAIN_GIVEN or (_borne(found["name"]) and like >= -20)
        if borne or like >= _LIKELY:
            yield _found(found, "name", 0.6)
    for found in _CHILD_WITH_I.finditer(text):
        name = found["name"]
        if _WORD_IN_I.search(name + "이") or is_plain_word(name) or name in NOT_NAMES:
            continue
        with_i = text[found.end() - 1] == "이" and found.end() - found.start("name") == 3
        owned = _OWNED.match(text, found.end()) is not None and given_likeness(name) >= 0
        if _borne(name) or owned or (with_i and _closed(name) and name[-1] not in "은는을를들"):
            yield _found(found, "name", 0.66)
    for found in _TWO_OF_THEM.finditer(text):
        pair = found["name"], found["other"]
        if all(_borne(one) and given_likeness(one) >= _OF_TWO for one in pair):
            yield _found(found, "name", 0.58)
            yield _found(found, "other", 0.58)
    for found in _MISTER.finditer(text):
        name = found["name"]
        # 철수씨: who is called so may bear a word's name.
        called = name in GIVEN or name in GIVEN_PAIRS or name in _WORDS_TOO
        if called or given_likeness(name) >= _LIKELY:
            yield _found(found, "name", 0.6)
    for found in _CALLED_OUT.finditer(text):
        if _borne(found["name"]) or found["name"] in _WORDS_TOO:
            yield _found(found, "name", 0.6)
    for found in _PARENT.finditer(text):
        name = found["name"]
        # 갑돌이 할아버지: only names take this 이, also those that no list has.
        with_i = _closed(name) and text[found.end("name") : found.end("name") + 1] == "이"
        called = with_i and given_likeness(name) >= -20 and not _WORD_IN_I.search(name + "이")
        if _borne(name) or name in GIVEN or (called and not is_plain_word(name)):
            yield _found(found, "name", 0.62)
    yield from _listed(text)
    for found in _SIGNED.finditer(text):
        if likeness(found["name"]) >= 0:
            yield _found(found, "name", 0.66)
    if _NAMED.search(text):
        for found in (*_IN_LETTERS.finditer(text), *_IN_CAPITALS.finditer(text)):
            if not is_a_thing(_A_SURNAME.sub("", found["name"])):
                yield _found(found, "name", 0.7)


def _listed(text: str) -> Iterator[Found]:
    for found in _LIST.finditer(text):
        names = [(one.start(), one.group()) for one in re.finditer(r"[가-힣]{3}", found.group())]
        likely = [likeness(name) for _, name in names]
        named = _LISTED.search(text[max(0, found.start() - 12) : found.start()]) is not None
        least = _IN_LIST if len(names) > 2 or named else _IN_LIST + 20
        if min(likely) >= -8 and sum(likely) >= least * len(names):
            for at, name in names:
                start = found.start() + at
                yield Found(start, start + 3, PERSON_NAME, name, 0.58)


def _of_a_thing(text: str, at: int) -> bool:
    """Whether a shop's or an animal's name begins here: 마트 이름이 길동이네."""
    before = re.sub(r"이름[은이]?\s$", "", text[max(0, at - 16) : at])
    return len(before) < min(at, 16) and names_a_thing(before)


def _two(one: str, other: str) -> bool:
    """Whether one name was changed into the other: both look like names, or share the surname."""
    if len(one) < 3 or len(other) < 3 or {one, other} & (NOT_NAMES | LOOKALIKES | KNOWN):
        return False
    likely = min(likeness(one), likeness(other))
    return likely >= -12 or (one[0] == other[0] and likely >= -45)


def _borne(name: str) -> bool:
    return (name in GIVEN_PAIRS or name in PLAIN_GIVEN) and name not in LOOKALIKES


def _closed(name: str) -> bool:
    return (ord(name[-1]) - 0xAC00) % 28 != 0


def _found(found: re.Match[str], group: str, score: float) -> Found:
    return Found(*found.span(group), PERSON_NAME, found[group], score)
