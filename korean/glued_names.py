"""Finds Korean names in talk without spaces (여보세요저홍길동인데요); knows no name with a space before it.

What a word begins with must announce somebody, what follows must be said of a person, and between them three
syllables must look like a name beyond doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import PERSON_NAME, Found
from korean.given_names import GIVEN
from korean.given_pairs import GIVEN_PAIRS
from korean.name_lookalikes import KNOWN
from korean.name_shapes import is_surname, likeness
from korean.plain_words import is_plain_word

# So much like a name that the given name need not be known: tenths of logarithms, see korean/name_shapes.py.
_CLEAR, _LIKE = 60, 12
_KIN = (
    r"(?:우리|저희|울|제|내)?(?:큰|작은|막내)?(?:아들|딸|남편|아내|와이프|집사람|신랑|엄마|아빠|어머니|아버지|어머님|아버님|할머니|할아버지|장모님?|"
    r"장인|며느리|사위|손자|손녀|조카|동생|누나|언니|오빠|형님?|이모|고모|삼촌|친구)(?:이름)?"
)
_ROLE = (
    r"(?:신청인|신청자|보호자|예금주|명의자|세대주|세입자|집주인|대리인|민원인|신고자|접수자|작성자|환자|학생|수강생|회원|고객|통장|"
    r"이장|반장|회장|총무|접수한사람|신고한사람|전화한사람|받는사람|보내는사람|사는|이름|성함|성명)"
)
# Before 저 and 나 stands nothing, a greeting or the end of a sentence.
_CUE = (
    r"(?:(?<![가-힣])|(?<=[요죠다네]))"
    r"(?:(?:여보세요|안녕하세요|안녕하십니까|수고하세요|수고하십니다|반갑습니다|구청이죠|네|예)?(?:저는?|나는?|난|전|제가|내가|저희는|"
    r"여기는|여긴|제이름은|이름은)"
    r"|(?:여보세요|안녕하세요|안녕하십니까|수고하십니다|네|예))"
)
_OF = rf"(?<![가-힣])(?:{_KIN}|{_ROLE}|[가-힣]{{2,5}}사는)(?:은|는|이|가)?"
_SAID = (
    r"(?=(?:입니다|임니다|이에요|예요|이예요|인데|이라고|라고|이라는|라는|이고|구요|이구요|고요|"
    r"이요|이올시다|이여요|여요|맞아|맞습|맞는|이라하|라하))"
)
_SAID_OF = (
    r"(?=(?:입니다|임니다|이에요|예요|이예요|인데|이라고|라고|이라는|라는|이고|구요|이구요|고요|"
    r"이요|씨|님|앞으로|명의|이름|이가|이는|이[가-힣]|가[가-힣]|는[가-힣]|연락처|전화|주소|생년|[0-9]|$|[\s,.]))"
)
_NAME = r"(?P<name>[가-힣]{3})"
_SELF = re.compile(_CUE + _NAME + _SAID)
_OTHERS = re.compile(_OF + _NAME + _SAID_OF)


def find_glued_names(text: str) -> Iterator[Found]:
    """Names in normal text; they may overlap."""
    for pattern, least in ((_SELF, _LIKE), (_OTHERS, _LIKE + 10)):
        for found in pattern.finditer(text):
            if _is_name(found["name"], least) and not _cuts(found, text):
                yield Found(*found.span("name"), PERSON_NAME, found["name"], 0.62)


def _is_name(word: str, least: int) -> bool:
    given = word[1:]
    look = likeness(word)
    if look < least or not is_surname(word[0]) or word in KNOWN or is_plain_word(word):
        return False
    return look >= _CLEAR or given in GIVEN_PAIRS or given in GIVEN


def _cuts(found: re.Match[str], text: str) -> bool:
    """Whether the word before the name goes on in it (보호자 + 동의서), or the name in what follows."""
    after = text[found.end() : found.end() + 1]
    name = found["name"]
    return is_plain_word(name[1:] + after) or is_plain_word(name[-1] + after)
