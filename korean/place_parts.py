"""Reads one word as a kind of place: neighbourhood, station, landmark; sees no other word."""

from __future__ import annotations

import re

from korean import place_heads as heads
from korean import place_words as words

LONGEST_WORD = 40
_LIVES = re.compile(r"(?:에)?(?:사는|삽니|살아|살고|사시)[가-힣]*$")
_KINDS = words.LANDMARKS | heads.MORE_LANDMARKS
# What may follow a place inside its word, the longer first.
_ENDINGS = (
    "서|에서부터는|에서부터|에서는요|에서는|에서도|에서요|에서만|에서|에다가|에다|에는요|에는|에도|에만|에요|에|"
    "이라고요|이라고|이라는|이라서|이라니|이라|라고요|라고|라는|라서|이에요|이예요|예요|이어요|여요|이었어요|였어요|"
    "입니다요|입니다만|입니다|입니당|임니다|이고요|이구요|이고|이며|고요|구요|인데요|인데서|인데|인가요|인가|이지만|"
    "이요|이여|이용|요|이야|야|이죠|죠|이지요|지요|이네요|네요|이거든요|거든요|"
    "으로는|으로도|으로요|으로|로는|로요|로|까지요|까지는|까지|부터는|부터|이랑은|이랑|랑|하고|와|과|의|"
    "은요|는요|은|는|이|가|을|를|도요|도|만|이나|나|마다|처럼|보다|께서|님"
)
TAIL = re.compile(f"(?:{_ENDINGS})?")
EXIT = re.compile(r"[0-9]{1,2}(?:-[0-9])?번?출(?:입)?구")
_DONG = re.compile(
    r"[가-힣]{2,5}(?:제?[0-9]{1,2}(?:[.·][0-9])?)?동(?P<number>(?:산)?[0-9]{1,4}(?:-[0-9]{1,4})?(?:번지)?)?"
)
_SHORT_DONG = re.compile(r"[목번묵창궁항길명필정][1-9]동")
STATION = re.compile(r"[가-힣0-9A-Z]{1,10}역")
_BRIDGE = re.compile(
    r"[가-힣]{2,5}(?:대교|천교|육교|철교|[0-9]교)|[가-힣]{2,4}(?:천|산|고개|나들목|IC|램프)"
)


def stems(word: str) -> list[str]:
    """A word without each ending it may have, the longest first."""
    return [
        word[:size]
        for size in range(min(len(word), LONGEST_WORD), 0, -1)
        if TAIL.fullmatch(word[size:])
    ]


def is_dong(stem: str) -> bool:
    """Whether a word is a neighbourhood (동), with or without a lot number; not 활동 or 이동."""
    if _SHORT_DONG.fullmatch(stem):
        return True
    found = _DONG.fullmatch(stem)
    if found is None:
        return False
    name = stem[: len(stem) - len(found["number"] or "")]
    return name[-2:] not in words.NOT_DONG and name not in words.NOT_DONG


def landmark_kind(stem: str) -> str:
    """What kind of landmark a word is, or "".

    It is "common" for a kind of place alone, "landmark" with a name, "joined" with 앞 or 옆 too.
    """
    if (
        stem in words.NOT_LANDMARK
        or stem in heads.NOT_MORE
        or stem.endswith("콜센터")
        or heads.NOT_OVERPASS.fullmatch(stem)
    ):
        return ""
    if stem in _KINDS:
        return "common"
    for size in range(min(7, len(stem) - 1), 1, -1):
        if stem[-size:] in _KINDS:
            head = stem[:-size]
            if head in heads.VEHICLES and stem[-size:] in heads.VEHICLE_PLACES:
                return "landmark"
            if head in heads.GENERIC:
                return "common"
            if stem[-size:] in heads.WITH_LONG_NAMES and len(head) < 2:
                return ""
            if head in words.NOT_NAME and head not in words.KIND_PREFIXES:
                return ""
            if head in words.OWN or stem[-size:] not in words.ONLY_WITH_ANCHOR or len(head) > 1:
                return "landmark"
    if _BRIDGE.fullmatch(stem) and stem.endswith(("대교", "육교", "철교", "천교", "IC", "나들목")):
        return "landmark"
    for size in range(min(5, len(stem) - 2), 0, -1):
        if stem[-size:] in words.ANCHORING or stem[-size:] in heads.GLUED:
            head = stem[:-size]
            if head in words.HOMES or head in ("집", "우리집", "저희집"):
                return "joined"
            glued = stem[-size:] in heads.GLUED
            kind = landmark_kind(head)
            if (
                (kind and (kind == "landmark" or not glued))
                or EXIT.search(head[-6:])
                or _is_named_stop(head)
            ):
                return "joined"
    return ""


def _is_named_stop(head: str) -> bool:
    if head in words.DISTRICTS or is_dong(head):
        return True
    return is_station(head)


def is_station(stem: str) -> bool:
    """Whether a word is a station; not 지역 or 주차금지구역."""
    if STATION.fullmatch(stem) is None or stem in words.NOT_STATION:
        return False
    return stem.endswith(words.STATION_ENDINGS) or not stem.endswith(words.NOT_STATION_ENDINGS)


def is_road_name(name: str) -> bool:
    """Whether 대로 in a word is a road: no verb form ends before it (하는대로, 말씀하신대로)."""
    if not name.endswith("대로"):
        return True
    final = (ord(name[-3]) - 0xAC00) % 28
    return final not in (4, 8) and not name.endswith(("음대로", "뜻대로", "정대로", "획대로"))


def is_nature(stem: str) -> bool:
    """Whether a word is a river, hill, bridge, wood or island by its ending."""
    return heads.NATURE.fullmatch(stem) is not None and not heads.NOT_NATURE.fullmatch(stem)


def is_part(stem: str) -> bool:
    """Whether a word may name a part of a place by its ending, behind that place: 우림라이온스밸리."""
    return heads.PART.fullmatch(stem) is not None and not heads.NOT_PART.fullmatch(stem)


def is_school(stem: str) -> bool:
    """Whether a word may be a school's short name: 휘문고, 내발산초; not 신고 or 최초."""
    return heads.SCHOOL.fullmatch(stem) is not None and not heads.NOT_SCHOOL.fullmatch(stem)


def is_thing(stem: str) -> bool:
    """Whether a word is, or ends in, a thing that a crew mends: 가로등, 자전거 거치대."""
    return stem in heads.THINGS or any(
        stem[-size:] in heads.THINGS for size in range(3, min(6, len(stem)))
    )


def is_nature_alone(stem: str) -> bool:
    """Whether a wood or bridge is named so plainly that it needs no ending: 성산대교, 서울숲."""
    return stem.endswith(("대교", "숲"))


def is_weak_kind(stem: str) -> bool:
    """Whether a word is, or ends in, a kind that is spoken of in general: 임대주택."""
    return any(stem[-size:] in heads.WEAK for size in range(2, min(6, len(stem)) + 1))


def run_on(word: str) -> str:
    """The place at the head of a sentence written without spaces: 강남역앞에가로등이, 개봉동사는데."""
    for found in re.finditer(r"에서?(?=[가-힣]{2})", word):
        head = word[: found.start()]
        if len(head) >= 3 and (is_station(head) or landmark_kind(head) in ("landmark", "joined")):
            return head
    lives = _LIVES.search(word)
    if lives is not None and lives.start() > 1:
        head = word[: lives.start()]
        if is_dong(head) or head in words.DISTRICTS:
            return head
    return ""
