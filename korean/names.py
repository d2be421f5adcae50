"""Finds a person's name where somebody introduces or mentions it (저는 홍길동이고, 홍길동 올림); keeps none.

Each place where a name can begin gets the sum of three: how much the word looks like a name, what
stands before it, and what stands after it.  The weaker the words around, the more it must look like
one.  Officials, stars and places named after somebody are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from korean.abroad_sums import find_by_sums
from korean.corrected_names import find_corrected_names
from korean.dictated_names import find_dictated_names
from korean.echoed_names import find_echoes
from korean.findings import HOLE, PERSON_NAME, Found
from korean.foreign_names import (
    FOREIGN_STARTS,
    FULL_COPULA,
    ROMANISED,
    SENTENCE_ENDS,
    foreign_name,
    latin_name,
    named_from_abroad,
)
from korean.given_names import PLAIN_GIVEN
from korean.glued_names import find_glued_names
from korean.latin_names import find_latin_names
from korean.name_cues import (
    BONUS,
    ENGLISH,
    FROM,
    LABEL_IS,
    LABELLED,
    LABELS,
    MARKED,
    NAME_IS,
    NOTHING_SAID,
    RELATED,
    SELF,
    SURE,
    SURE_CUES,
    WEAK,
    is_public,
    names_a_thing,
    opening,
    right_of,
)
from korean.name_lookalikes import KNOWN
from korean.name_shapes import given_likeness, likeness
from korean.name_words import NOT_NAMES
from korean.parted_names import find_parted_names
from korean.people_abroad import find_people_abroad
from korean.person_frames import find_framed_names
from korean.stated_names import find_stated_names, may_answer
from korean.sure_frames import find_sure_names

_WORD = re.compile(r"[가-힣]{2,}")
# 허 진 호, 김 민수, 남궁 옥분: with a space, where somebody says that a name stands there.
_SPACED = re.compile(
    r"(?:[가-힣]\s[가-힣]\s?[가-힣]|(?:남궁|황보|제갈|독고|선우|사공|서문)\s[가-힣]{1,2})(?:(?=이?(?:라[고구는]|입니다|[에예]요|고요|구요|인데|올시다|여(?![가-힣])))|(?![가-힣]{3}))"
)
_SPACED_SIGNED = re.compile(
    r"(?<![가-힣])[가-힣]\s[가-힣]\s?[가-힣](?=\s{0,2}(?:올림|드림|배상|씀)\s?(?:$|[.!\n]))"
)
# 홍 길동입니다; not with those that are words of their own: 이 동네, 한 사람.
_SURNAME_APART = re.compile(
    r"(?<![가-힣])(?P<name>"
    r"[김박최정강조윤장임오서신권황안송류홍고문양손배백허남심노곽성차주우구민나진지엄채원천방]"
    r"[ ][가-힣]{2})\s?(?:입니다|이에요|예요|이라고|라고|인데요|이고요)"
)
_UNNAMED = re.compile(
    r"성[은이]\s|[에예]요\s|[두세네]\s?자\s|외자|모르|모름|보다|말씀|말하|밝히|안\s|없|비밀|생략|익명|공개|적[어지을]|뭐|무엇|어떻게|왜|꼭|따로|다음|위|아래|나중|그냥|아까|이미|여기|필수|남기|알[려아]|굳이|못|저장|쓰|지워|빼|당연|물론|정말|다시|잘못|바뀌|바꾸|변경|정정|개명|제발|필요|확인|표기|공개|기재|입력|제출|누구|어디|오류|틀|다르|달라|같"
)
_APART = re.compile(r"[가-힣]\s[가-힣]\s[가-힣]")
_DATED = re.compile(r"[0-9]{1,2}\s?[.일]\s{0,4}$")
_FIELD_ENDS = re.compile(r"\s*(?:$|[,.;/|\n(])")
_FIELD = re.compile(r"[자인주객원생]명\s+$")
_DATUM_NEXT = re.compile(rf"\s?[,(/:|]?\s?(?:{HOLE}|[0-9]{{2,3}}[가-힣]\s?[0-9]{{4}})")
_CALLED_SO = re.compile(r"라고\s?(?:합|해|하|불|부르|적|저장)")
_MISTER = re.compile(r"\s?씨(?![가-힣]{3})")
_LAST_WORD = re.compile(r"[\s.!~]{0,4}$")
_SENTENCE_BEFORE = re.compile(
    r"(?:[.!?~…)\n-]|니다|세요|어요|아요|해요|하오|소서|바람|요망|부탁)\s{1,3}$"
)
# What says too little for a name of two syllables.
_FEEBLE = frozenset(
    ("particle", "plain", "dative", "number", "beside", "parted", "field", "kin", "named")
)
_LAST = re.compile(r"\s*$")
_HIGHEST_RIGHT = max(BONUS.values()) + 20
_GIVEN_ALONE, _GIVEN_SAID = 40, 55
# 홍길동 as the form's own example is nobody: 홍길동 써 있는 작성 예시.
_SAMPLES = frozenset(
    {"홍길동", "홍길순", "김철수", "김영희", "이영희", "이순신", "성춘향", "이몽룡"}
)
_AS_SAMPLE = re.compile(r"예시|샘플|견본|예문|작성\s?(?:예|방법)|보기란|예를\s?들")
_PET = re.compile(
    r"강아지|고양이|반려[견묘동]|말티즈|푸들|시츄|포메|진돗개|댕댕|냥이|비숑|치와와|리트리버|햄스터|앵무|견종|애견|동물\s?등록"
)
# 이름이 안나와요, 못받음
_NOT_DONE = re.compile(r"[안못][가-힣]{0,2}[요음함됨대네다죠지아어와혀려져켜해돼]$")
_NAMED_BEFORE = re.compile(r"이름[은이]?\s?:?\s?$")
_LONGEST = 4
# 김구 선생: of history, also where the words around would make a name likely.
_HONOURED = re.compile(
    r"\s?(?:선생|장군|대왕|의사|열사|애국지사|기념관|동상|묘역|생가|대통령)(?!님)"
)
_AGE = re.compile(r"(?:[일이삼사오육칠팔구십백]{1,5}\s?[세살]|[가-힣]{2,6}에서\s온)\s")
# 이주임님, 박과장님: a surname and an office are nobody's name.
_OFFICE = re.compile(
    r"[가-힣](?:주임|과장|팀장|대리|부장|실장|계장|국장|원장|소장|반장|통장|이장|사장)"
)
_BEFORE = 24


def find_names(text: str) -> Iterator[Found]:
    """Names in normal text; they may overlap."""
    named = list(_named(text))
    yield from named
    if named:
        yield from find_echoes(text, named)


def _named(text: str) -> Iterator[Found]:
    for whole in _all(text):
        found = _without_age(whole)
        if found.value in _SAMPLES and _AS_SAMPLE.search(
            text[max(0, found.start - _BEFORE) : found.end + _BEFORE]
        ):
            continue
        if _OFFICE.fullmatch(found.value):
            continue
        if found.value in KNOWN and _HONOURED.match(text, found.end):
            continue
        if _NOT_DONE.match(found.value) and likeness(found.value) < 0:
            continue
        if (
            len(found.value) == 2
            and _NAMED_BEFORE.search(text[max(0, found.start - 8) : found.start])
            and _PET.search(text, max(0, found.start - 40), found.end + 20)
        ):
            continue  # 강아지 등록 이름은 초코고
        yield found


def _without_age(found: Found) -> Found:
    """나는 칠십팔세 홍길동이라고, 베트남에서 온 …: age and country are no part of the name."""
    age = _AGE.match(found.value)
    if age is None:
        return found
    return replace(found, start=found.start + age.end(), value=found.value[age.end() :])


def _all(text: str) -> Iterator[Found]:
    cues = _cues(text)
    starts = {word.start() for word in _WORD.finditer(text)}
    for at in sorted(starts | set(cues)):
        found = _at(text, at, cues.get(at))
        if found is not None:
            yield found
    yield from _abroad(text)
    yield from _apart(text)
    yield from find_stated_names(text)
    yield from find_sure_names(text)
    yield from find_dictated_names(text)
    yield from find_framed_names(text)
    yield from find_parted_names(text)
    yield from find_latin_names(text)
    yield from find_people_abroad(text)
    yield from find_by_sums(text)
    yield from find_glued_names(text)
    yield from find_corrected_names(text)


def _cues(text: str) -> dict[int, int]:
    """Where somebody says that a name begins, and what the words are worth."""
    cues: dict[int, int] = {}
    for cue in SELF.finditer(text):
        cues[cue.end()] = WEAK
    for cue in LABELS.finditer(text):
        if cue["role"] == "이름" and names_a_thing(text[max(0, cue.start() - 8) : cue.start()]):
            continue
        if worth := _label(cue):
            cues[cue.end()] = max(cues.get(cue.end(), 0), worth)
    for cue in NAME_IS.finditer(text):
        # The space before 이름 belongs to the cue: 우리 동네 마트 이름이 ….
        if not names_a_thing(text[max(0, cue.start() - 8) : cue.start()].rstrip() + " "):
            cues[cue.end()] = LABEL_IS if "을" in cue.group() else MARKED
    for cue in SURE_CUES.finditer(text):
        cues[cue.end()] = SURE
    return cues


def _at(text: str, at: int, cue: int | None) -> Found | None:
    """The name that begins here, or None."""
    found = None
    if cue is not None and text.startswith(FOREIGN_STARTS, at):
        found = _other(text, at, cue)
    found = found or _korean(text, at, cue)
    if found is None and cue is not None:
        found = _spaced(text, at, cue) or _other(text, at, cue)
    return found


def _abroad(text: str) -> Iterator[Found]:
    """Names after the word for a country, in Latin letters, after English words."""
    for cue in FROM.finditer(text):
        end = named_from_abroad(text, cue.end())
        if end:
            yield _name(text, cue.end(), end, 60)
    for written in ROMANISED.finditer(text):
        yield _name(text, *written.span(), 40)
    for cue in ENGLISH.finditer(text):
        end = latin_name(text, cue.end(), cue=WEAK if "I" in cue.group() else SURE)
        if end:
            yield _name(text, cue.end(), end, 40)


def _apart(text: str) -> Iterator[Found]:
    """Names written with a space, that no word announces: 홍 길동입니다, 홍 길 동 올림."""
    for apart in _SURNAME_APART.finditer(text):
        word = apart["name"].replace(" ", "")
        if likeness(word) >= 22 and opening(text[max(0, apart.start() - _BEFORE) : apart.start()]):
            yield _name(text, *apart.span("name"), 20)
    for signed in _SPACED_SIGNED.finditer(text):
        if signed.group().startswith(("한 ", "이 ", "그 ")) and not _APART.match(signed.group()):
            continue
        if likeness(re.sub(r"\s", "", signed.group())) >= -10:
            yield _name(text, signed.start(), signed.end(), 60)


def _label(cue: re.Match[str]) -> int:
    """What a label is worth: 예금주: more than 예금주는, and that more than 예금주."""
    whole = cue.group()
    if cue["mark"] or (_FIELD.search(whole) is not None):
        return MARKED
    particle = cue["particle"]
    if particle:
        return (LABEL_IS if particle in "는은" else RELATED) if whole[-1:].isspace() else 0
    return LABELLED if whole[-1:].isspace() else 0


def _korean(text: str, at: int, cue: int | None) -> Found | None:
    """The likeliest Korean name that begins here, or None."""
    longest = 0
    while longest < _LONGEST and at + longest < len(text) and "가" <= text[at + longest] <= "힣":
        longest += 1
    if longest < 2:
        return None
    before = text[max(0, at - _BEFORE) : at]
    left = NOTHING_SAID + (opening(before) if cue is None else cue)
    best, end = -1, 0
    for length in range(2, longest + 1):
        like = likeness(text[at : at + length])
        if like + left + _HIGHEST_RIGHT < 0:
            continue
        total = _total(text, at, length, like=like, left=left, cue=cue)
        if total > best:
            best, end = total, at + length
    if not end:
        return None
    if (cue is None or cue <= WEAK) and is_public(before, text, end):
        return None
    if cue is None and text[at:end] in KNOWN and right_of(text, end)[0] in ("particle", "plain"):
        return None
    return _name(text, at, end, best if cue is not None else min(best, 20))


def _total(text: str, at: int, length: int, *, like: int, left: int, cue: int | None) -> int:
    end = at + length
    kind, penalty = right_of(text, end)
    if not kind:
        return -1
    bonus = BONUS[kind]
    if cue is not None and cue >= LABELLED and kind == "plain" and _FIELD_ENDS.match(text, end):
        bonus = 16 if length == 3 else 8 if length > 3 else 0
    elif cue is not None and kind == "plain":
        bonus = 0 if cue > WEAK or text[end : end + 1] in (",", "/") else -20
    if cue == SURE and _UNNAMED.match(text, at):
        return -1
    if cue == WEAK and kind in ("particle", "dative"):
        bonus -= 15
    if length == 2 and kind == "signed" and cue is None:
        bonus -= 14  # 전달 드림
    if length == 2 and cue is None and kind in _FEEBLE:
        return -1
    sure_kind = kind in ("quoted", "seal") or (kind == "copula" and (cue or 0) >= LABELLED)
    if length == 4 and like < 0 and not sure_kind and (cue or 0) < SURE:
        return -1
    if kind == "copula" and text[end - 1] in "에예" and text.startswith("요", end) and like < 20:
        return -1  # 민 + 이에요, 엄마 + 예요
    if cue is not None and kind == "plain" and _DATUM_NEXT.match(text, end):
        bonus = BONUS["number"]
    if cue is not None and cue >= LABELLED and length == 3:
        # What stands after a field's word needs to look less like a name.
        bonus += 26 if _MISTER.match(text, end) else 12 if kind in ("owner", "quoted") else 0
    if cue is None and kind == "copula" and _CALLED_SO.match(text, end - 1):
        return -1  # 엄지 + 라고 합니다
    if cue == SURE and kind == "plain" and length > 2 and text[end - 1] in "고는요":
        return -1  # 이름은 소라고 나이는
    if kind == "plain" and _DATED.search(text[max(0, at - 8) : at]) and _LAST.match(text, end):
        bonus += 24  # at the end of a letter, after the day
    if cue is None and kind == "plain" and at == 0 and not text[end:].strip(" .!~\n"):
        bonus += 14  # a whole message that is nothing but a name
    if cue is None and kind == "plain" and length == 3 and text[max(0, at - 2) : at] == HOLE + " ":
        bonus += 6  # 12가 3456 홍길동 과태료
    if cue is None and kind == "plain" and length == 3 and _signs(text, at, end):
        bonus += 16
    closed = text[end - 1] == "이" and (ord(text[end - 2]) - 0xAC00) % 28 != 0
    if (
        closed
        and kind in ("copula", "quoted")
        and text[end : end + 1] in ("에", "고", "라", "며", "죠")
    ):
        penalty -= 30  # 도윤 + 이에요
    return like + left + bonus + penalty


def _signs(text: str, at: int, end: int) -> bool:
    """Whether the word is the last of the message, after a sentence's end: … 안 했습니다. 홍길동."""
    return _LAST_WORD.match(text, end) is not None and (
        _SENTENCE_BEFORE.search(text[max(0, at - 8) : at]) is not None
    )


def _spaced(text: str, at: int, cue: int) -> Found | None:
    found = _SPACED.match(text, at)
    if found is None or _UNNAMED.match(text, at):
        return None
    if cue <= WEAK and text.startswith(("이 ", "한 ", "전 ", "주 "), at):
        return None  # 나는 이 영화를
    for end in range(found.end(), at + 2, -1):
        word = re.sub(r"\s", "", text[at:end])
        kind, penalty = right_of(text, end)
        if len(word) < 3 or not kind:
            continue
        if likeness(word) - 12 + NOTHING_SAID + cue + BONUS[kind] + penalty >= 0:
            return _name(text, at, end, 30)
    return None


def _other(text: str, at: int, cue: int) -> Found | None:
    """A name that is none of a Korean with a surname: foreign, in Latin letters, a given name alone."""
    end = latin_name(text, at, cue=cue)
    if not end and not _UNNAMED.match(text, at):
        end = foreign_name(text, at, cue=cue)
        if not end and cue >= MARKED:
            end = _given(text, at)
        elif not end and cue >= RELATED:
            end = _called_by_kin(text, at)
    return _name(text, at, end, 70) if end else None


def _called_by_kin(text: str, at: int) -> int:
    """Where a given name alone ends after the word for a person, or 0: 우리 딸 서연이가."""
    word = text[at : at + 2]
    like = given_likeness(word) if len(word) == 2 else 0
    if like < _GIVEN_ALONE:
        return 0
    kind, penalty = right_of(text, at + 2)
    said = kind == "dative" or (
        kind == "copula" and like >= _GIVEN_SAID and FULL_COPULA.match(text, at + 2) is not None
    )
    return at + 2 if said and not penalty else 0


def _given(text: str, at: int) -> int:
    """Where the word that is called somebody's name ends, or 0: 이름은 도윤이고."""
    found = _WORD.match(text, at)
    if found is None:
        return 0
    word = found.group()
    for length in (2, 3, 4, 5, 6):
        if length > len(word) or word[:length] in NOT_NAMES:
            continue
        kind, penalty = right_of(text, at + length)
        cut = kind == "copula" and text.startswith(("이에", "이고", "이라"), at + length - 1)
        if cut and (ord(text[at + length - 2]) - 0xAC00) % 28:
            return at + length - 1  # 봄 + 이에요
        if kind in ("quoted", "number", "seal") and not penalty:
            return at + length
        said = FULL_COPULA.match(text, at + length) or word[:length] in PLAIN_GIVEN
        if kind == "copula" and not penalty and said:
            return at + length
        if SENTENCE_ENDS.search(word[:length]) or not may_answer(word[:length], marked=True):
            continue
        if kind == "plain" and _FIELD_ENDS.match(text, at + length):
            return at + length
    return 0


def _name(text: str, start: int, end: int, total: int) -> Found:
    score = min(0.95, 0.5 + max(0, total) / 200)
    return Found(start, end, PERSON_NAME, " ".join(text[start:end].split()), score)
