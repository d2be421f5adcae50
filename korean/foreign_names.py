"""Finds the end of a foreigner's name that begins at a place, in Hangul or Latin; finds no place itself."""

from __future__ import annotations

import re

from korean.abroad_words import LOOKS_ABROAD, NO_NAME_ENDS, TALK
from korean.latin_names import names_a_thing
from korean.name_cues import LABELLED, MARKED, SURE, WEAK, right_of
from korean.name_lookalikes import LOOKALIKES
from korean.name_words import FOREIGN, NOT_NAMES

_LATIN = re.compile(
    r"[A-Za-z][A-Za-z'.-]{1,20}(?:[ ,]{1,2}"
    r"(?:[A-Z][A-Za-z'.-]{0,20}|[a-z]{2,12}(?=\s?(?:입|이|예|라고|$|[,.\n])))){0,3}"
)
_CAPITAL = re.compile(r"[A-Z][A-Za-z'.-]{1,20}(?:[ ,]{1,2}[A-Z][A-Za-z'.-]{0,20}){0,3}")
# A copula that cannot be the end of a verb: 물어보세요 is no name.
FULL_COPULA = re.compile(r"\s?(?:이[가-힣]|입니|예요|에요|임|고요|고\s|였|라고|인데)")
_TWO_WORDS = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]*){1,3}")
_SAID = re.compile(r"\s?(?:입니다|이에요|예요|이고|고요|인데|이라고|라고|이며|임(?![가-힣]))")
# 저는 … 이라고 합니다: whatever is called so.
_CALLED = re.compile(
    r"(?P<name>[가-힣]{2,7}?(?:(?<![동구시군읍면리로길님]) [가-힣]{1,5}?)?)"
    r"이?라(?:고|구)\s?(?:합니다|해요|해여|하고요|하구요|하는(?![데지가게걸거])|하오|하네|불러|부르|불리)"
)
_NO_PERSON = re.compile(r"[지자다냐까요하것곳중]$|금지|불가|안\s|못\s|더\s|[은는이가을를에의] ")
_CLAUSE = re.compile(r"[을를에](?: |$)|(?:하시|됐|했|있|없|겠)")
_KINDS_OF_PEOPLE = re.compile(
    r"(?:[자생인민원객]|여성|남성|부부|가족|사람|엄마|아빠|주부|학생|며느리|신부|친구|교포|동포|관광|이고|많|들)$"
)
# 왕치엔, 리샤오밍: a surname of China and syllables that Korean has not.
CHINESE = re.compile(
    r"(?:왕|장|리|류|천|양|황|자오|저우|우|쉬|쑨|마|주|후|린|궈|허|가오|뤄|정|차이|펑|덩)[가-힣]?"
    r"(?:샤오|치엔|첸|웨이|하오|이링|쯔|위엔|쥔|지엔|쉐|팅|지에|둥|페이|룽|쥐안|차오|훙|펑|팡|웬|옌)"
)
_PARTICLE = re.compile(r"(?:[가이는은를을도]|랑|이랑|한테|와|과|에게)$")
_LAST_PARTICLE = re.compile(r"(?:[가는를와로]|이가|한테|에게)$")
_MOST_FOREIGN = frozenset("쩐쏨옌쑤쯔쩌쭈딥뚱띤팜")
# KIM MINJI, Lee Soo-jin: Korean names in Latin letters, surname first.
ROMANISED = re.compile(
    r"(?<![A-Za-z])(?:(?:KIM|LEE|PARK|CHOI|JUNG|JEONG|KANG|CHO|YOON|JANG|LIM|SEO|SHIN|KWON|HWANG"
    r"|AHN|RYU|YOO|HONG)[ ,]{1,2}[A-Z]{2,}(?:[ -][A-Z]{2,})?"
    r"|(?:Kim|Lee|Choi|Jung|Jeong|Kang|Yoon|Jang|Lim|Kwon|Hwang|Ahn|Ryu|Hong)[ ,]{1,2}"
    r"[A-Z][a-z]{2,}(?:[ -][A-Za-z][a-z]+)?)(?![A-Za-z])"
)
_LONGEST = 20
SENTENCE_ENDS = re.compile(r"[요다죠까네게음임함]$|[가-힣]\s(?:안|못)\s")
_WORDS = re.compile(rf"[가-힣]{{1,8}}(?:[ ·](?!{TALK.pattern})[가-힣]{{1,8}}){{0,3}}")
_ABBREVIATION = re.compile(r"[A-Z]{2,5}$|.*\d")
# Syllables that Korean itself hardly has; one of them makes a word after 이름은 a foreigner's name.
_FOREIGN_SYLLABLES = frozenset("쩐쏨옌띠쑤쯔쩌쭈꽁딥르므샤셰쉬뇨흐쿤쿠띤뚱퐁브츠랍딜밍첸팜탄")
FOREIGN_STARTS = tuple(one for one in FOREIGN if len(one) > 1)
# Loan words stand where names could: 저는 프리랜서라고 …
_LOANS = re.compile(
    r"(?:아파트|오피스텔|버스|택시|트럭|카드|센터|마트|프리랜서|크리스천|유튜버|블로거|라이더|드라이버|캣맘|스님|스트레스|서비스|시스템|프로그램|리모델링|인터넷|스마트|에어컨|브랜드|커뮤니티|트레이너|디자이너|프로그래머|엔지니어|아르바이트|알바|페트|캠핑|텐트|드론|리더|매니저|셰프|쉐프|스태프|멤버|기프트|그린|클린|블랙|크린)"
)


def _is_a_word(name: str) -> bool:
    return any(word in NOT_NAMES or word in LOOKALIKES for word in name.split(" "))


def latin_name(text: str, at: int, *, cue: int) -> int:
    """Where a name in Latin letters ends that begins here, or 0.

    The less the words before it say, the more it needs: two words, or a copula after it.
    """
    sure = cue >= MARKED
    found = (_LATIN if sure else _CAPITAL).match(text, at)
    if found is None:
        return 0
    name = found.group().rstrip(" ,.-")
    if not sure and names_a_thing(name):
        return 0
    end = at + len(name)
    said = _SAID.match(text, end) is not None
    if sure:
        return end if name[0].isupper() or said else 0
    english = text[at - 2 : at] in ("m ", "I ") and " " in name
    labelled = cue >= LABELLED and _TWO_WORDS.fullmatch(name) is not None
    return end if (said or english or labelled) and not _ABBREVIATION.match(name) else 0


def foreign_name(text: str, at: int, *, cue: int) -> int:
    """Where a foreigner's name in Hangul ends that begins here, or 0."""
    found = _WORDS.match(text, at)
    if found is None or found.group() in NOT_NAMES or _LOANS.match(text, at):
        return 0
    known = text.startswith(FOREIGN_STARTS, at) or CHINESE.match(text, at) is not None
    if cue == WEAK:
        called = None if _LOANS.match(text, at) else _CALLED.match(text, at)
        if called and not _NO_PERSON.search(called["name"]) and not _is_a_word(called["name"]):
            two = len(called["name"]) == 2 and called["name"][1] == "이"
            cut = two and not _is_open(called["name"][0])
            return called.end("name") - cut  # 존 + 이라고
    if cue < SURE and not known and not _FOREIGN_SYLLABLES & set(found.group()[:_LONGEST]):
        return 0
    end = _said_end(text, at, min(found.end(), at + _LONGEST), sure=cue >= MARKED)
    if not end:
        if known and cue >= LABELLED:
            return _known_end(text, at, found.end())
        return 0
    words = text[at:end].split(" ")
    if (_NO_PERSON.search(text[at:end]) and cue < SURE) or _CLAUSE.search(text[at:end]):
        return 0
    if any(word in NOT_NAMES for word in words) or len(text[at:end]) < 2:
        return 0
    if cue == SURE or (known and cue >= WEAK):
        return end
    strange = sum(one in _FOREIGN_SYLLABLES for one in text[at:end])
    kind, _ = right_of(text, end)
    said = cue >= MARKED or kind == "quoted" or (cue == WEAK and strange > 1)
    said = said or (cue == WEAK and not _MOST_FOREIGN.isdisjoint(text[at:end]))
    return end if strange and len(words) <= 3 and said else 0


def named_from_abroad(text: str, at: int) -> int:
    """Where the name of somebody ends who was just said to be from abroad, or 0: a copula follows."""
    found = _WORDS.match(text, at)
    if found is None or _LOANS.match(text, at):
        return 0
    end = _said_end(text, at, min(found.end(), at + _LONGEST), sure=False)
    words = text[at:end].split(" ")
    if not end or right_of(text, end)[0] not in ("copula", "quoted"):
        return 0
    if len(words) > 3 or _KINDS_OF_PEOPLE.search(words[-1]) or _is_a_word(text[at:end]):
        return 0
    return end


def _said_end(text: str, at: int, stop: int, *, sure: bool) -> int:
    """The first place after which a name is said to end: a copula, and when `sure` a line's end."""
    for end in range(at + 2, stop + 1):
        if text[end - 1] == " ":
            continue
        kind, penalty = right_of(text, end)
        said = kind in ("quoted", "copula")
        if said and _is_open(text[end - 1]) and text.startswith(("이라고", "이예요"), end):
            return end + 1  # 유이 + 예요, 솜차이 + 라고
        if said and text[end - 1] == "이" and not _is_open(text[end - 2]) and end == at + 2:
            return 0  # 봄 + 이에요
        if kind in ("quoted", "signed", "number", "seal") and not penalty:
            return end
        if kind == "copula" and not penalty and FULL_COPULA.match(text, end):
            return end
        if SENTENCE_ENDS.search(text[at:end]):
            continue
        if kind == "plain" and sure and (end == len(text) or text[end] in ",.\n/|;("):
            return end
    return 0


def _is_open(syllable: str) -> bool:
    return (ord(syllable) - 0xAC00) % 28 == 0


def _known_end(text: str, at: int, stop: int) -> int:
    """The end of the words that a known name begins, three at most."""
    words = text[at:stop].split(" ")
    bare = _PARTICLE.sub("", words[0])
    if bare != words[0] and (bare in FOREIGN or (len(bare) > 3 and words[0].endswith("이"))):
        return at + len(bare)
    taken = [words[0]]
    for written in words[1:3]:
        word = _LAST_PARTICLE.sub("", written) if len(written) > 3 else written
        shaped = len(word) <= 8 and LOOKS_ABROAD.fullmatch(word) is not None
        ends = len(word) > 1 and NO_NAME_ENDS.search(word) is not None
        if ((len(word) > 4 or ends) and not shaped) or _is_a_word(word) or TALK.match(word):
            break
        taken.append(word)
        if word != written:
            break
    return at + len(" ".join(taken))
