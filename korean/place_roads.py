"""Says whether a word is a road, by itself and its neighbours; pure, must not read a whole phrase."""

from __future__ import annotations

import re
from collections.abc import Sequence

from korean import place_heads as heads
from korean import place_words as words
from korean.place_parts import TAIL, is_road_name, is_station, landmark_kind, stems

_UNITS = "시분초명개년월일원곳대도건회살배주퍼%장마미킬인"
_ROAD = re.compile(
    r"(?P<name>[가-힣][가-힣0-9·]{0,14}?(?:대로|로|길))"
    r"(?P<branch>[0-9]{1,3}(?:번|가|나|다|안|[가-힣])?길)?(?P<number>(?:지하)?[0-9]{1,5}(?:-[0-9]{1,4})?(?:번지|호)?)?"
)
BRANCH = re.compile(r"[0-9]{1,4}(?:번|가|나|다|안)?길(?P<number>[0-9]{1,5}(?:-[0-9]{1,4})?)?")
NUMBER = re.compile(r"(?:지하|산)?[0-9]{1,5}(?:-[0-9]{1,4})?(?:번지|번)?")
GA_AFTER = re.compile(r"[0-9]가")
_COUNTED = re.compile(
    r"(?:시|분|초|명|개|년|월|일|원|곳|대|건|회|살|배|주|미터|퍼센트)(?:[이가은는을를도에의]|이나|마다|씩|째)?(?![가-힣])"
)
# 말한대로, 하는대로: no road.
_AS_SAID = re.compile(r"[은는한된던린준본온간을할]대로$|으로$|[^대]로$(?<!북로)(?<!순환로)")


def road_kind(stem: str, tail: str, previous: str, following: Sequence[str]) -> str:
    """ "road", "address" (a road with a number) or ""; `following` holds the next two words."""
    if stem in heads.HIGHWAYS:
        return "road"
    found = _ROAD.fullmatch(stem)
    if found is None or found["name"] in words.NOT_ROAD or len(found["name"]) < 2:
        return ""
    name = found["name"]
    if found["number"]:
        return "" if name.endswith("으로") or tail[:1] in _UNITS else "address"
    if found["branch"]:
        return "road"
    if name.endswith("길"):
        named = len(name) > 2 and not heads.NOT_WAY.fullmatch(name) and landmark_kind(stem) == ""
        if named and (tail in ("에", "에서") or (not tail and next_relation(following))):
            return "road"
        known = previous in ("region", "road") and landmark_kind(stem) == ""
        return "road" if known or (not tail and next_number(following)) else ""
    if name.endswith(("으로", "별로", "따로")):
        return ""
    if not tail and next_number(following):
        return "road"
    if tail.startswith("에") or tail == "의" or (not tail and next_relation(following)):
        return "road" if len(name) > 2 or name == "종로" else ""
    if name.endswith(words.ROAD_TYPES) and len(name) > 3 and is_road_name(name):
        return "road"
    if not tail and len(name) > 2 and not _AS_SAID.search(name) and _next_head(following):
        return "road"
    return "road" if previous == "region" and not tail else ""


def next_number(following: Sequence[str]) -> bool:
    """Whether the next word is a house number or a branch, and not a count of something."""
    if not following:
        return False
    word = following[0]
    if word == "지하" and len(following) > 1:
        return NUMBER.match(following[1]) is not None
    if BRANCH.match(word) or GA_AFTER.match(word):
        return True
    found = NUMBER.match(word)
    if found is None:
        return False
    rest = word[found.end() :]
    if rest[:1] in tuple(_UNITS) or (found.group().endswith("번") and rest != ""):
        return False
    return TAIL.fullmatch(rest) is not None and not counts_things(
        found.group(), rest, following[1:]
    )


def counts_things(stem: str, tail: str, following: Sequence[str]) -> bool:
    """Whether a number goes with a unit in the next word: 110 개, 30 분, 5번 버스."""
    if tail or not following:
        return False
    if stem.endswith("번"):
        return not following[0].startswith(("앞", "옆", "뒤"))
    return _COUNTED.fullmatch(following[0]) is not None


def next_relation(following: Sequence[str]) -> bool:
    """Whether 앞 or the like follows, or 방향 behind one more name: 강변북로 구리 방향."""
    return any(
        (stem in words.RELATIONS or stem in ("초입", "끝자락"))
        and (ahead == 0 or stem in ("방향", "방면"))
        for ahead, word in enumerate(following[:2])
        for stem in stems(word)
    )


def _next_head(following: Sequence[str]) -> bool:
    """Whether a crossing, a station or a named house follows: 도산대로 학동사거리."""
    return bool(following) and any(
        landmark_kind(stem) == "landmark" or is_station(stem) for stem in stems(following[0])
    )
