"""Says whether one word may be the name in front of a kind of place (래미안 아파트); reads no sentence."""

from __future__ import annotations

import re

from korean import place_heads as heads
from korean import place_words as words
from korean.place_parts import (
    EXIT,
    is_dong,
    is_nature,
    is_part,
    is_school,
    is_station,
    is_thing,
    landmark_kind,
    stems,
)

_NAME = re.compile(r"[가-힣A-Za-z0-9&·]{2,12}|4\.19[가-힣]*|⟦동호[0-9]+⟧")
# How a word ends that is a verb, or has a particle: no name.
NOT_BEFORE_PLACE = re.compile(
    r"(?:[은는을를의]|에서|에게|한테|으로|까지|부터|에|면|(?:는|은|인|운|던|한)데|요|다|까|며|게|히|던|려고|려|습니까|니|든|듯|"
    r"할|될|려서|어서|아서|해서|져서|고서|라서|돼서|되서|하고|이고|는데|지만|거나|도록|께서)$"
)
# 어두운, 깨진; a longer word is rather a name: 강남한양수자인.
_ADNOMINAL = re.compile(r"[가-힣]{0,3}[인운린난진된]")
_VERB_LIKE = re.compile(r"(?:[이가고서]|하게|있던|없던|[았었했됐]던)$")
_NAMES_IN_TE = ("롯데", "현대")
# They close a place behind a name where another place stands before: 삼청공원 말바위 쪽.
_CLOSING = frozenset({"쪽", "방향", "방면", "지하", "밑", "아래"})


def is_name(word: str) -> bool:
    """Whether a word may be a name at all: no verb, no time, no thing, no everyday word."""
    if not _NAME.fullmatch(word) or word.isdigit() or word in words.NOT_NAME:
        return False
    if NOT_BEFORE_PLACE.search(word) and not word.endswith(_NAMES_IN_TE):
        return False
    return not heads.NOT_LEADING.fullmatch(word) and not _ADNOMINAL.fullmatch(word)


def goes_on(word: str) -> bool:
    """Whether a word behind a place may be the name of a part of it: 역삼동 [스타벅스] 앞."""
    if word.endswith("의") and len(word) > 2:
        word = word[:-1]
    if not is_name(word) or is_thing(word):
        return False
    return not _VERB_LIKE.search(word) or is_school(word)


def is_head(word: str, following: str = "") -> bool:
    """Whether a word, without its ending, closes a place behind a name: 앞, 마을, 게이트, 성북천."""
    for stem in stems(word):
        if stem in words.ANCHORING or stem in heads.MORE_RELATIONS or stem in _CLOSING:
            return True
        if heads.GATE.fullmatch(stem):
            return True
        if EXIT.fullmatch(stem) or is_station(stem) or heads.ZONE.fullmatch(stem):
            return True
        kind = landmark_kind(stem)
        if kind and not (kind != "joined" and is_thing(stem)):
            return True
        if len(stem) > 2 and (is_part(stem) or is_nature(stem) or is_dong(stem)):
            return True
    return bool(re.fullmatch(r"[0-9]{1,2}번", word)) and following.startswith(heads.NUMBERED)


def leads_place(word: str, following: list[str]) -> bool:
    """Whether a name in front of these words begins a place by itself: 스타벅스 앞, 이마트 성수점 맞은편."""
    after = stems(following[0])
    if word in words.KIND_PREFIXES:
        return any(stem in words.LANDMARKS for stem in after)
    if heads.LINE.fullmatch(word):
        return is_head(following[0]) or re.match(r"[0-9]{1,2}단지", following[0]) is not None
    if not is_name(word) or word in words.RELATIONS or word in heads.MORE_RELATIONS:
        return False
    if any(stem in words.ANCHORING for stem in after):
        return not is_thing(word) or word in heads.THINGS
    if word.endswith(("이", "가", "고", "서")) and not is_school(word):
        return False
    if is_thing(word):
        return False
    kinds = {landmark_kind(stem) for stem in after if not is_thing(stem)}
    if kinds & {"landmark", "common"} or re.match(
        r"[0-9A-Za-z가나다라마바]{1,4}동(?![가-힣]{2})|[0-9]{1,2}단지", following[0]
    ):
        return True
    if (
        is_school(word) or is_nature(word) or any(heads.GATE.fullmatch(s) for s in after)
    ) and is_head(following[0], following[1] if len(following) > 1 else ""):
        return True
    # Names of two words: 이마트 성수점 앞, 롯데캐슬 골드파크 아파트.
    return (
        len(following) > 1
        and any(
            stem in words.ANCHORING or stem in ("아파트", "빌딩", "오피스텔")
            for stem in stems(following[1])
        )
        and is_name(following[0])
    )
