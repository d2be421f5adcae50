"""Finds a person's name where somebody introduces it (저는 홍길동이고, 홍길동 올림); knows no other name.

The weaker the words around it are, the more the name itself must look like one: surname, syllables of
given names, no common noun.  Officials and places that are merely named are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from korean.findings import PERSON_NAME, Found
from korean.name_words import (
    COMMON_SURNAMES,
    COMPOUND,
    FOREIGN,
    GIVEN,
    NOT_ENDINGS,
    NOT_NAMES,
    SINGLE,
    SURNAMES,
)

_TAIL = (
    r"(?:이?라고|이?라는|이?라\s?(?:하|합|해)|이?라\s?불|입니다|임니다|이고|이구|고요|구요|고|구|이에요|이예요|예요|에요|여요|이여요|이요|요|이며|며|인데|인대|ㄴ데"
    r"|이지만|이죠|죠|이니|이거든|거든|이올시다|이란|이야|이다|임|인데요|씨|님|이라|라|올시다|이오니|오니|이오|요오|이유|이여유|이어유|인디유|인디요|입니더|이라예|라예|아입니까)"
)
_END = r"(?=\s*(?:$|[,.!?~:;()/\n\]ㅎㅋ·|]))"
_LATIN = r"[A-Z][A-Za-z'.-]{1,20}(?:\s[A-Z][A-Za-z'.-]{0,20}){0,3}"

# "제 이름은", "성함:", "성명 -": what follows is a name, whatever it looks like.
_OWNER = (
    r"(?:제|저의|내|나의|저|본인|본인의|우리\s?(?:아이|애|아들|딸)|아이|아들|딸|남편|아내|어머니|아버지|엄마|아빠"
    r"|어머님|아버님|신고자|신고인|민원인|신청인|신청자|작성자|보호자|예금주|학생|세입자|환자|자녀|가족)"
)
_SURE = re.compile(
    rf"(?:(?<![가-힣]){_OWNER}\s?(?:이름|성함|성명)|(?<![가-힣])(?:성함|성명))\s?(?:은요?|는|이|:|;|-|=|\)|\])?\s{{0,2}}"
    rf"|(?:^|[\n,./(\[])\s?이름\s?(?:[:=-]|은|는)\s{{0,2}}|(?<![가-힣])이름\s?[:=]\s{{0,2}}"
)
# "신고자 홍길동", "예금주: 홍길동": a name of a Korean, or one that is known abroad.
_LABEL = re.compile(
    r"(?<![가-힣])(?:신고자|신고인|민원인|(?:이의)?신청인|신청자|제보자|작성자|글쓴이|예금주|계좌주|대표자?|반장|통장|이장|어머니|아버지|어머님|아버님|남편|아내|아들|딸|배우자|세대주|세대원|수급자|환자|학생|피해자|보호자|문의자|문의인|발신인?|보냄|from|From|FROM|건의자|제안자|제출자|요청자|접수자|청구인|청원인|받는\s?사람|수령인|보낸\s?이|받는\s?분|받으실\s?분|보내는\s?분|고객명|신청자명|민원인명|주문자|세대주명|보낸\s?사람"
    r"|보내는\s?사람|연락받을\s?사람|이름|세입자|임차인|입주민|주민|학부모|견주|차주|시민|구민|서명)"
    r"(?:는|은|가|이)?\s?[:=\-)(.]?\s{0,2}"
)
_WEAK = re.compile(r"(?<![가-힣])(?:저는요?|저|전|나는|난|제가|제|본인은|여긴|저희는)\s?,?\s{0,2}")
# "안녕하세요 홍길동입니다", "강남구에 사는 홍길동입니다", "… 맘 홍길동이라고 합니다"
_BEFORE_NAME = re.compile(
    r"(?:^|\n|안녕하[가-힣]{1,4}|반갑습니다|수고하십니다|수고하세요|여보세요|네|예|사는|살고\s?있는|거주하는|거주\s?중인|다니는|운영하는|하는|온|접수한|신고한|신고했던|문의드린"
    r"|문의했던|전화드린|전화했던|글\s?올린|민원\s?넣은|한다는)[!.,~\s]{0,4}"
)
_SIGNED = re.compile(
    r"(?P<name>[가-힣]{2,4}|[가-힣]\s[가-힣]\s?[가-힣])\s{0,2}(?:올림|드림|배상|拜上|씀|올립니다|드립니다|적음|남김)"
    r"(?=\s*(?:$|[.!~\n)(\],0-9+☎]))"
)
_SIGNED_BEFORE = re.compile(r"(?:^|[\s,.!?~\n(])$")
# "홍길동 010-1234-5678": the head of a form.
_WITH_PHONE = re.compile(
    r"(?:^|[\n,./|:;]\s?|연락처\s|입니다\s|요\s)\s?(?P<name>[가-힣]{2,4})\s?[,(/:]?\s?"
    r"(?=(?:\+?82[\s-]?|0)1[016789][\s.)-]?[0-9]|공일공|☎|[0-9]{6}\s?[-~]?\s?[0-9]{7})"
)
_CALLED = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{2,4}?)(?:이?라는\s(?:사람|시민|주민|학생|분)"
    r"|이?라고\s?(?:합니다|해요|하는데|하고|하며|불러|불리|함|해여|하는|하오|한다|몇\s?번|말|했|적|쓰))"
)
# Somebody else, by name: 박문수씨, 황진이 할머니. Not an official: 김 주무관님.
_TITLED = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣]{3,4})\s?(?:씨|님|할머니|할아버지|어르신)(?![가-힣]{0,2}(?:앗|름))"
)
_COPULA = re.compile(r"(?:입니다|이에요|이예요|예요|이라고|라고|이고|인데|이요|임(?![가-힣])|이며)")
_PARTICLES = re.compile(r"고요|구요|예요|에요|고|구|라고요?|요|인데요?|이구요?")
_SAID_ALONE = re.compile(
    r"(?:입니다|입니더|이오(?![가-힣])|이유(?![가-힣])|인디유|이라고\s?(?:합|해|하)|라고\s?(?:합|해|하))"
)
_SAID = re.compile(
    r"(?:입니다|입니더|이오(?![가-힣])|이유(?![가-힣])|인디유|이라고|라고\s?(?:합|해|하)|이에요|예요|이예요|인데요|임$|이올시다)"
)
_UNNAMED = re.compile(
    r"모르|모름|말씀|밝히|안|없|비밀|생략|익명|공개|적|뭐|무엇|어떻게|왜|꼭|따로|다음|위|아래|나중|그냥|아까|이미|여기|필수|남기|알|굳이|못|저장|쓰|지워|빼|당연|물론|정말|다시|잘못|바뀌|바꾸|개명|제발|필요|확인"
)


_DONGS_THAT_ARE_NAMES = frozenset({"길동", "막동", "수동", "재동", "기동", "규동", "우동", "현동"})
# "… 등록된 한용운입니다", "저는 반장 한용운이에요": after what a person is or does.
_SAYS = re.compile(
    r"(?:된|한|는|던|진|인|산|온|간|쓴|탄|은|장|사|원|생|자|맘|주|님|민)\s(?P<name>[가-힣]{3,4}?)"
    r"\s?(?:입니다|입니더|이오|이유|인디유|이여유|이라예|이에요|예요|인데요|이라고|이고요)(?![가-힣])"
)
# 이기심, 조례안, 기본권, 양재천: as often a thing as a person.
_THINGS_END = "심안권천법도전비계과단화력론품점실문"

_LATIN_NAME = re.compile(_LATIN)
_LATIN_SAID = re.compile(rf"({_LATIN})\s?(?:{_COPULA.pattern}|이?라고)")
_TAIL_AFTER = re.compile(_TAIL)
_ENDS = re.compile(_END)
_AFTER_SURE = re.compile(
    rf"(?P<name>[가-힣]{{2,8}}?(?:\s[가-힣]{{1,6}}?){{0,3}}?)(?:(?:{_TAIL})(?![가-힣]*(?:동|역))|{_END}|(?=\s))"
)
_ENDED = re.compile(
    r"(?P<name>[가-힣]{1,8}?(?:[\s·][가-힣]{1,8}?){0,3}?)(?:입니다|이에요|이예요|예요|에요|이고|이라고|라고|인데|이요|고요|구요|이며|이구요)"
)
_FOREIGNER = re.compile(
    rf"(?P<name>[가-힣]{{1,8}}?(?:[\s·][가-힣]{{1,8}}?){{0,3}}?)(?:입니다|이에요|이예요|예요|에요|이고|이라고|라고|인데|고요|고\s|이요|올림|드림|,|\.|{_END})"
)
_FOREIGN_STARTS = tuple(FOREIGN)


def find_names(text: str) -> Iterator[Found]:
    """Names in normal text."""
    for cue in _SURE.finditer(text):
        yield from _after_sure(text, cue.end())
    for cue in _LABEL.finditer(text):
        yield from _after_label(text, cue)
    for cue in _WEAK.finditer(text):
        yield from _after_weak(text, cue)
    for cue in _BEFORE_NAME.finditer(text):
        yield from _introduced(text, cue.end(), greeted=bool(cue.group().strip()))
    for found in _CALLED.finditer(text):
        name = found["name"]
        if _is_name(name, strict=True, rare=True) or _is_foreign(name):
            yield _name(text, found.start(), found.start() + len(name), 0.8)
    for found in _TITLED.finditer(text):
        if _is_name(found["name"], strict=True):
            yield _name(text, found.start(), found.end("name"), 0.7)
    for found in _SAYS.finditer(text):
        if found["name"][-1] not in _THINGS_END and _is_name(found["name"], strict=True):
            yield _name(text, found.start("name"), found.end("name"), 0.5)
    for found in _WITH_PHONE.finditer(text):
        if _is_name(found["name"], strict=True):
            yield _name(text, found.start("name"), found.end("name"), 0.6)
    for found in _SIGNED.finditer(text):
        name = found["name"].replace(" ", "")
        if not _SIGNED_BEFORE.search(text[: found.start()][-1:]):
            continue
        polite = found.group().rstrip().endswith(("드립니다", "올립니다"))
        if _is_name(name, strict=polite or len(name) != 3):
            yield _name(text, found.start("name"), found.end("name"), 0.9)


def _after_sure(text: str, at: int) -> Iterator[Found]:
    latin = _LATIN_NAME.match(text, at)
    if latin is not None:
        yield _name(text, at, latin.end(), 0.9)
        return
    found = _AFTER_SURE.match(text, at)
    if found is None or _UNNAMED.match(text, at):
        return
    whole = found["name"]
    word = _word(text, at)
    korean = _leading_name(word, strict=False)
    if korean:
        yield _name(text, at, at + len(korean), 0.9)
        return
    # A foreigner's: up to the copula that ends the words.
    ended = _ENDED.match(text, at)
    if ended is not None and len(ended["name"].replace(" ", "")) >= 2:
        if ended["name"] not in NOT_NAMES:
            yield _name(text, at, ended.end("name"), 0.7)
    elif _ends(text, at + len(whole)) and whole not in NOT_NAMES:
        yield _name(text, at, at + len(whole), 0.6)


def _after_label(text: str, cue: re.Match[str]) -> Iterator[Found]:
    at = cue.end()
    word = _word(text, at)
    if not word or (cue.group().rstrip()[-1:] in "은는이가" and cue.group()[-1:] not in " :="):
        return
    marked = any(sign in cue.group() for sign in ":=(")
    name = _leading_name(word, strict=not marked)
    if name:
        rest = word[len(name) :]
        plain = not rest and _ends(text, at + len(name))
        spaced = not rest and (marked or len(name) == 3)
        if plain or spaced or _TAIL_AFTER.match(rest):
            yield _name(text, at, at + len(name), 0.7 + 0.1 * marked)
    elif marked or _foreign_start(word):
        yield from _foreign(text, at, 0.7)
    if marked:
        latin = _LATIN_NAME.match(text, at)
        if latin is not None:
            yield _name(text, at, latin.end(), 0.7)


def _after_weak(text: str, cue: re.Match[str]) -> Iterator[Found]:
    at = cue.end()
    word = _word(text, at)
    name = _leading_name(word, strict=True)
    if name and cue.group()[-1:] in " ,는전난저":
        rest = word[len(name) :]
        if _COPULA.match(rest) or _PARTICLES.fullmatch(rest):
            yield _name(text, at, at + len(name), 0.8)
        elif not rest and len(name) == 3 and _ends(text, at + len(name)):
            yield _name(text, at, at + len(name), 0.6)
        return
    if _foreign_start(word):
        yield from _foreign(text, at, 0.7)
    latin = _LATIN_SAID.match(text, at)
    if latin is not None and latin[1].upper() != latin[1]:
        yield _name(text, at, latin.end(1), 0.7)


def _introduced(text: str, at: int, *, greeted: bool) -> Iterator[Found]:
    word = _word(text, at)
    name = _leading_name(word, strict=True)
    if name:
        rest = word[len(name) :]
        # A whole message such as 안내문이에요 answers a question.
        ends = _SAID_ALONE if not greeted else _SAID
        if ends.match(rest) or (
            rest == ""
            and text[at + len(name) : at + len(name) + 4]
            .lstrip()
            .startswith(("입니다", "이라고 ", "라고 합", "라고 해"))
        ):
            yield _name(text, at, at + len(name), 0.7)
    elif _foreign_start(word):
        yield from _foreign(text, at, 0.6)


def _foreign(text: str, at: int, score: float) -> Iterator[Found]:
    found = _FOREIGNER.match(text, at)
    if found is not None and _is_foreign(found["name"]):
        yield _name(text, at, found.end("name"), score)


def _is_foreign(name: str) -> bool:
    return name.split(" ", maxsplit=1)[0].split("·", maxsplit=1)[0] in FOREIGN


def _foreign_start(word: str) -> bool:
    return word.startswith(_FOREIGN_STARTS)


def _word(text: str, at: int) -> str:
    end = at
    while end < len(text) and end < at + 16 and "가" <= text[end] <= "힣":
        end += 1
    return text[at:end]


def _leading_name(word: str, *, strict: bool) -> str:
    """The Korean name that a word begins with, or "".

    Three syllables are likelier than two, and a name before a particle likelier than one without.
    """
    for length in (3, 4, 2):
        name, rest = word[:length], word[length:]
        if len(name) < length or (rest and _TAIL_AFTER.match(rest) is None):
            continue
        if length == 4 and not name.startswith(COMPOUND):
            continue
        if _is_name(name, strict=strict):
            return name
    return ""


def _is_name(name: str, *, strict: bool, rare: bool = False) -> bool:
    if strict and name[-1:] == "동" and name[1:] not in _DONGS_THAT_ARE_NAMES:
        return False  # 신사동, 이문동: where somebody lives
    if name in NOT_NAMES or (name[:-1] in NOT_NAMES and name[-1] in "이요고임은는라인"):
        return False
    for compound in COMPOUND:
        if name.startswith(compound) and 3 <= len(name) <= 4:
            return all(one in GIVEN for one in name[2:]) or not strict
    if len(name) == 2:
        return name[0] in COMMON_SURNAMES and name[1] in SINGLE
    if len(name) != 3 or name[0] not in SURNAMES:
        return False
    if name[:2] in NOT_NAMES and name[2] in NOT_ENDINGS:
        return False
    if strict:
        first = rare or name[0] in COMMON_SURNAMES
        return first and name[1] in GIVEN and name[2] in GIVEN
    return name[1] in GIVEN or name[2] in GIVEN


def _ends(text: str, at: int) -> bool:
    return _ENDS.match(text, at) is not None


def _name(text: str, start: int, end: int, score: float) -> Found:
    return Found(start, end, PERSON_NAME, " ".join(text[start:end].split()), score)
