"""Finds persons named again in a message, by the given name or in another spelling; finds nobody first.

저 홍길동 엄마인데 길동이가 …; 이름이 홍길동인데 홍길둥으로 나왔어요: what was found
speaks for what looks alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from korean.findings import PERSON_NAME, Found
from korean.given_names import GIVEN, PLAIN_GIVEN
from korean.given_pairs import GIVEN_PAIRS
from korean.name_lookalikes import LOOKALIKES
from korean.name_shapes import is_surname, likeness
from korean.name_words import NOT_NAMES
from korean.plain_words import PLAIN_WORDS, is_plain_word

_WHOLE = 3
# How little another spelling may look like a name.
_SPELLED = -110
_LEAST_SCORE = 0.5
_GIVEN_AFTER = re.compile(
    r"(?:이(?=[가는를도의랑네])|이하고|이한테|이에게)?(?:가|는|를|은|을|이|도|랑|와|과|의|네|한테|에게|하고|입니다|이에요|예요|인데|이고|라고|이라고|씨|엄마|아빠)?(?![가-힣])"
)
# Of what is a word, too, only this is said of persons: 보라라고 불러 주세요.
_CALLED = re.compile(r"이?라고\s?(?:불|부르|합|해)|이(?:가|는|를|랑|한테)(?![가-힣])|(?:엄마|아빠)")
_WORD = re.compile(r"(?<![가-힣])[가-힣]{3}")
_SPELLED_AFTER = re.compile(
    r"(?:이?라고|이?라구|으?로|이?에요|예요|입니다|인데|이고|이요|이?라|가|이|은|는|을|를|만|도|말고|하고|랑|이랑)?(?![가-힣])|(?:이?라고|으?로)"
)
# Talk of how a name is written, or was.
_ON_NAMES = re.compile(
    r"이름|성함|성명|본명|등본|초본|여권|서류|고지서|통지서|증명서|명단|찍[혀힌혔]|나왔|나와|되어|돼|적[혀힌혔]|아니|말고|잘못|틀[렸린리려]|오타|정정|개명|수정|바꿔|바뀌|변경|고쳐|→|->|옛날|예전|원래|전에|형제|자매|남매|동생|언니|누나|오빠|형"
)


def find_echoes(text: str, named: Collection[Found]) -> Iterator[Found]:
    """The names of those in `named` (finds in the same normal text) wherever else they stand."""
    whole = {
        one.value
        for one in named
        if one.score >= _LEAST_SCORE and len(one.value) == _WHOLE and is_surname(one.value[0])
    }
    if not whole:
        return
    taken = [(one.start, one.end) for one in named]
    for name in sorted(whole):
        yield from _given(text, name[1:], taken)
    if _ON_NAMES.search(text):
        for found in _WORD.finditer(text):
            word = found.group()
            if word in whole or not _SPELLED_AFTER.match(text, found.end()):
                continue
            if any(alike(word, name) for name in whole) and _may_be_one(word):
                yield Found(*found.span(), PERSON_NAME, word, 0.64)


def _given(text: str, given: str, taken: list[tuple[int, int]]) -> Iterator[Found]:
    known = given in GIVEN_PAIRS or given in GIVEN
    if not known or given in NOT_NAMES or given in LOOKALIKES:
        return
    everyday = given in PLAIN_WORDS or (given not in GIVEN_PAIRS and given not in PLAIN_GIVEN)
    at = text.find(given)
    while at >= 0:
        end = at + len(given)
        begins = not ("가" <= text[at - 1 : at] <= "힣")
        fits = (_CALLED if everyday else _GIVEN_AFTER).match(text, end) is not None
        if begins and fits and not any(start <= at < stop for start, stop in taken):
            yield Found(at, end, PERSON_NAME, given, 0.6)
        at = text.find(given, end)


def alike(word: str, name: str) -> bool:
    """Whether two words of three syllables differ in one, and in the first at most by a sound."""
    same = sum(one == other for one, other in zip(word, name, strict=True))
    return same == _WHOLE - 1 and (word[0] == name[0] or _near(word[0], name[0]))


def _near(one: str, other: str) -> bool:
    """Whether two syllables differ in one sound: 유 and 류, 배 and 백."""
    first, second = ord(one) - 0xAC00, ord(other) - 0xAC00
    parts = [(code // 588, code % 588 // 28, code % 28) for code in (first, second)]
    return bool(sum(a == b for a, b in zip(*parts, strict=True)) > 1)


def _may_be_one(word: str) -> bool:
    if word[-1] in "씨역" or word in PLAIN_WORDS or word in NOT_NAMES or word in LOOKALIKES:
        return False
    return likeness(word) >= _SPELLED and (likeness(word) >= 0 or not is_plain_word(word))
