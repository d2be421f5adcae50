"""Finds names from abroad in Hangul by a sum: how foreign the words look, and what stands around them.

No single word decides: a known part of a name (`korean.abroad_names`), a word for a person or a country, a
copula or title, and talk of passports or interpreters each add something.  Knows no Korean names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from korean.abroad_names import NAMES_ABROAD, NAMES_OF_THE_EAST
from korean.abroad_words import (
    COUNTRY,
    HOMES,
    LOANS,
    LOOKS_ABROAD,
    NO_NAME_ENDS,
    PINYIN,
    STRANGE,
    TALK,
    VIETNAMESE,
)
from korean.findings import HOLE, PERSON_NAME, Found
from korean.name_cues import KIN_OF, PERSON_BEFORE, names_a_thing
from korean.name_lookalikes import LOOKALIKES
from korean.name_words import FOREIGN, NOT_NAMES
from korean.person_words import is_of_a_person
from korean.plain_words import is_plain_word

# What the sum must reach.
_LEAST = 5
# Where nobody speaks of abroad, names of the West may be shops' and characters'.
_WEST_LEAST = 6
# What the words of the name themselves must reach.
_LOOK = 2
_NEVER = -9
# What is said beside it of a person: a copula, a title, a relative.
_SAID = 2
_LONGEST, _MOST_WORDS = 9, 4
_WINDOW = 26
_KNOWN = NAMES_ABROAD | FOREIGN
_TOKEN = re.compile(r"[가-힣]{2,16}")
_SURNAME_HERE = frozenset("김이박최정강조윤장임한오서신권황안송류유홍전고문손양배백허남심노텐팍림")
_WHO = (
    r"(?:사람|인|국적|출신|여자|남자|여성|남성|며느리|신부|새댁|아내|남편|사위|근로자|노동자|직원|학생|유학생|교환학생|교사|강사"
    r"|선생님?|간병인|친구|동료|이웃|이주민|난민|동포|교포|분|아줌마|아저씨|이모님?|에서\s?온|에서\s?왔)"
)
_LEFT = (
    (re.compile(rf"{COUNTRY}\s?{_WHO}[가-힣]{{0,4}}[\s,]{{1,2}}$"), 3),
    (re.compile(rf"{COUNTRY}[\s,]{{1,2}}$"), 2),
    (re.compile(r"(?:이름|성함|성명|본명)(?:은|는|이|:|\s:)?\s{0,2}$"), 3),
    (re.compile(rf"{KIN_OF}(?:인|은|는|이|의)?[\s,:(]{{1,3}}$"), 2),
    (PERSON_BEFORE, 2),
    (
        re.compile(
            r"(?:근로자|노동자|유학생|교환학생|외국인|결혼이민자|이주민|이민자|난민|직원|알바생?|세입자|룸메이트?|세대원|동거인|통역사?|강사|간병인|고려인|동포|교포|원어민)[인은는이]?[\s,:(]{1,3}$"
        ),
        2,
    ),
    (re.compile(r"(?<![가-힣])(?:저는요?|제가|나는|내가|전|저|나|난)[\s,]{1,2}$"), 2),
    (re.compile(rf"{HOLE}[\s,/:(]{{0,3}}$"), 2),
    (
        re.compile(
            r"(?:사는|다니는|일하는|만난|아는|있는|불리는|온|[했렸]던|한|준|공장|회사|가게|기숙사|현장|우리\s반|반|여기|본명)\s$"
        ),
        1,
    ),
    (re.compile(r"(?:^|[\n.!?~,]|안녕하세요|여보세요|수고하세요|니다|세요|어요|해요)\s{0,2}$"), 1),
)
_MOST_LEFT = 3
# The particles touch the name; its own last syllable decides nothing here.
_RIGHT = (
    (re.compile(r"\s?이?라(?:고|구|는)\s?(?:합|해|하|불|부르|사람|분|이름)"), 4),
    (re.compile(rf"이?라(?:고|는)\s{COUNTRY}"), 4),
    (re.compile(r"\s?이?라(?:고|는|구)(?![가-힣])"), 3),
    (
        re.compile(
            r"\s?(?:씨|님|군|양)(?:[가-힣]{0,2}(?![가-힣])|의\s|한테|께서)|\s(?:선생님?|쌤|강사님?|교수님?|아줌마|아저씨|아주머니|이모님?|할머니|어머니|어머님|엄마|아빠|학생|환자)"
        ),
        3,
    ),
    (
        re.compile(
            rf"[\s,:(/]{{0,3}}(?:{HOLE}|(?:외국인\s?등록|여권|체류|비자|거소|생년월일|[0-9]{{6}}))"
        ),
        3,
    ),
    (re.compile(rf"[\s,(]{{1,3}}{COUNTRY}(?:\s?{_WHO}|[)\s,.])"), 3),
    (
        re.compile(
            r"\s?(?:입니다|임니다|이에요|예요|에요|이예요|인데|이고|고요|구요|이구요|이요|요(?![가-힣])|라서|이라서|거든요|이며|이세요|올시다)"
        ),
        2,
    ),
    (
        re.compile(
            r"\s(?:산재|월급|급여|임금|통역|출생\s?신고|전입\s?신고|재외국민|아기|아이|이름으로|명의|앞으로|국적|귀화|결혼|사고|퇴직금|출국|입국|예방\s?접종|신청|접수|드림|올림)"
        ),
        1,
    ),
    (
        re.compile(
            r"(?:이?가|이|은|는|를|을|의|한테|에게|랑|이랑|도|와|과|께서|하고|네)(?![가-힣])"
        ),
        1,
    ),
    (re.compile(r"\s{0,2}(?:$|[,./()\n])"), 1),
    (re.compile(r"\s"), 0),
)
_ONLY_A_COUNTRY = re.compile(rf"{COUNTRY}(?:어|말|사람|인)?")
# What stands after the name of a shop, a show or a make.
_THING_AFTER = re.compile(
    r"\s?(?:매장|가게|카페|식당|빵집|호텔|건물|브랜드|아울렛|커피|피자|치킨|버거|샵|숍|백화점|아파트|빌라|성당|교회|병원|의원|학원|미용실|헤어|네일|마트|김밥"
    r"|기차|버스|공연|콘서트|영화|노래|전시|축제|코어스|공원|거리|대학|어린이집|유치원|노래방|모텔|사우나|약국|문구|꽃집|음식점|레스토랑|뷔페|캐릭터|인형|드라마)"
)
# 제임스 홍: a surname of ours behind a given name of there; not 안, 이 and others that are words.
_SURNAME_AFTER = re.compile(
    r" [김리박최정강조윤장임림권황송류유홍문손배백허남심노팍킴](?![가-힣]{3})"
)
# Talk of people from abroad anywhere in the message.
_ABROAD = re.compile(
    rf"{COUNTRY}|외국인|통역|비자|여권|체류|다문화|국적|한국어|한국말|결혼\s?이민|이주|유학|동포|교포|고려인|출입국|귀화|원어민|룸메"
)


def find_by_sums(text: str) -> Iterator[Found]:
    """Names in normal text in which `HOLE` stands for each datum that was found before."""
    abroad = -1
    tokens = list(_TOKEN.finditer(text))
    for index, token in enumerate(tokens):
        end = _end(token.group())
        if not end:
            continue
        if abroad < 0:
            abroad = 1 if _ABROAD.search(text) else 0
        found = _best(text, tokens, index, abroad)
        if found is not None:
            yield found


@lru_cache(maxsize=8192)
def _end(token: str) -> tuple[tuple[int, int], ...]:
    """Each length at which a name may end in this word, with its look; the likelier first."""
    ends = []
    for length in range(min(len(token), _LONGEST), 1, -1):
        look = _look(token[:length])
        if look > 0:
            ends.append((length, look))
    return tuple(sorted(ends, key=lambda one: (-one[1], -one[0])))


def _best(text: str, tokens: list[re.Match[str]], index: int, abroad: int) -> Found | None:
    """The likeliest name whose last word is this one."""
    token = tokens[index]
    best: tuple[int, int, int, int] | None = None
    for length, look in _end(token.group()):
        end = token.start() + length
        right = _right(text, end)
        if right is None or (right == 0 and _goes_on(text, tokens, index)):
            continue
        for start, more in _starts(text, tokens, index):
            look_all = look + more
            if look_all < _LOOK or min(look_all, 5) + right + _MOST_LEFT + abroad < _LEAST:
                continue
            left = _left(text[max(0, start - _WINDOW) : start])
            # A loan word looks so, too; so what no list has needs more than its look.
            sure = _surely(text[start:end])
            if not (sure or (abroad and max(left, right) >= _SAID)):
                continue
            total = min(look_all, 5) + right + left + abroad
            ranked = (total, end - start, start, end)
            if best is None or ranked > best:
                best = ranked
    if best is None or best[0] < _LEAST:
        return None
    _, _, start, end = best
    if best[0] < _WEST_LEAST and not (_of_the_east(text[start:end]) or abroad):
        return None
    if _THING_AFTER.match(text, end):
        return None
    ours = _SURNAME_AFTER.match(text, end)
    if ours is not None and _right(text, ours.end()) is not None:
        end = ours.end()
    if names_a_thing(text[max(0, start - 16) : start].rstrip("은는이가 :") + " "):
        return None
    return Found(start, end, PERSON_NAME, text[start:end], min(0.84, 0.6 + best[0] / 50))


def _goes_on(text: str, tokens: list[re.Match[str]], index: int) -> bool:
    """Whether the next word, one space away, is a part of names, too: the name ends later."""
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if following is None or following.start() != tokens[index].end() + 1:
        return False
    ends = _end(following.group())
    return bool(ends) and ends[0][1] > 1


def _starts(text: str, tokens: list[re.Match[str]], index: int) -> Iterator[tuple[int, int]]:
    """Where the name may begin, going back word by word, and what the words before add."""
    at, more = tokens[index].start(), 0
    yield at, 0
    for _ in range(1, _MOST_WORDS):
        one = re.search(r"(?<![가-힣])([가-힣]{1,8})[ ·]$", text[max(0, at - 10) : at])
        if one is None:
            return
        word = one[1]
        look = _look(word) if len(word) > 1 else (1 if word in _SHORT else _NEVER)
        if look < 1 or (look == 1 and len(word) > 2):
            return
        at -= len(word) + 1
        more += look
        yield at, more


@lru_cache(maxsize=8192)
def _left(before: str) -> int:
    """What stands right before says; kept, since the same few words stand before most names."""
    for pattern, worth in _LEFT:
        if pattern.search(before):
            return worth
    return 2 if before.endswith(" ") and is_of_a_person(before) else 0


def _right(text: str, end: int) -> int | None:
    for pattern, worth in _RIGHT:
        if pattern.match(text, end):
            return worth
    return None


@lru_cache(maxsize=8192)
def _look(word: str) -> int:
    """How much a word looks like a part of a name from abroad: 3 for a known one, -9 for a word of ours."""
    if _ONLY_A_COUNTRY.fullmatch(word):
        return _NEVER
    known = word in _KNOWN
    if not known and (
        word in NOT_NAMES
        or word in LOOKALIKES
        or is_plain_word(word)
        or LOANS.match(word)
        or HOMES.search(word)
        or TALK.match(word)
        or NO_NAME_ENDS.search(word)
    ):
        return _NEVER
    if known:
        if len(word) < 3:
            return 2
        return 4 if word in NAMES_OF_THE_EAST else 3
    if VIETNAMESE.fullmatch(word) or (
        word[0] in _SURNAME_HERE and word[1:] in _KNOWN and len(word) > 3
    ):
        return 3
    strange = len(STRANGE.findall(word))
    shaped = len(word) >= 3 and LOOKS_ABROAD.fullmatch(word) is not None
    if PINYIN.fullmatch(word):
        return 2 if strange or len(word) > 2 else 1
    if shaped and strange:
        return 3 if strange > 1 else 2
    if strange > 1 and len(word) > 2:
        return 2
    return 1 if shaped or (strange and len(word) > 1) else 0


def _of_the_east(name: str) -> bool:
    return any(word in NAMES_OF_THE_EAST for word in re.split("[ ·]", name))


@lru_cache(maxsize=8192)
def _surely(name: str) -> bool:
    """Whether one of the words is a part of names, and not only looks so."""
    return any(
        word in _KNOWN or VIETNAMESE.fullmatch(word) or word[1:] in _KNOWN
        for word in re.split("[ ·]", name)
    )


_SHORT = frozenset(
    "응팜쩐짠레보부당도호리마황판티반투하킨초쪼윈틴뚜난툰린롱벤샘존잭톰폴션숀켄렌속쏙람싱텐팍김박최정강조윤장임한오서신권안송류유홍전고문손양배백허남심노왕장류천양주후허쑨쉬"
)
