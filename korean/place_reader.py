"""Reads words as parts of a place, and rows of parts as one phrase; joins no phrases and knows no city.

A part is a district, a road, a number, a station, an exit, a kind of place, 앞 or 옆, or the name in front
of one.  What stands at the end without telling where (a name, a thing) is left off again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from korean import place_heads as heads
from korean import place_words as words
from korean.place_names import goes_on, is_head, leads_place
from korean.place_parts import (
    EXIT,
    LONGEST_WORD,
    STATION,
    TAIL,
    is_dong,
    is_nature,
    is_nature_alone,
    is_part,
    is_station,
    is_thing,
    is_weak_kind,
    landmark_kind,
    run_on,
    stems,
)
from korean.place_roads import (
    BRANCH,
    GA_AFTER,
    NUMBER,
    counts_things,
    next_number,
    next_relation,
    road_kind,
)

_LOCATIVE = re.compile(r"(?:쪽)?(?:에|으로|로)")
_LINKING = frozenset({"의"})
_COPULA = re.compile(
    r"이?(?:에요|예요|여요|요|야|여|용|고요|구요|죠|지요|네요)|입니|임니|인데|이라|라고"
)
_BLOCK = re.compile(
    r"(?:[0-9]{1,4}|[A-Za-z가나다라마바])동(?:[0-9]{1,4}호)?|지하[0-9]?층?|[0-9]{1,2}층|[0-9]{1,4}호|[0-9]{1,2}(?:단지|차)"
    r"|⟦동호[0-9]+⟧"  # what leads to one home is a token by then
)
_EXIT_NUMBER = re.compile(r"[0-9]{1,2}(?:-[0-9])?번")
_GA = re.compile(r"[가-힣]{2,5}[0-9]가동?")
_TOWN = re.compile(r"[가-힣]{2,3}(?:읍)")
_DISTANCE = re.compile(r"[0-9]{1,4}(?:m|미터|M|km)")
_GOING = re.compile(r"(?:올라|들어|내려|나)?가는")
_REPORTED_TO = re.compile(
    r"신고|전화|민원|문의|연락|말씀|말했|얘기|이야기|요청|접수|답변|답이|물어|맡겼"
)
# No place has so many; a longer row would be read again from each of its words.
_MOST_PARTS = 16
# Parts that tell nothing at the end of a phrase, and those after which an address is complete.
_NO_END = frozenset({"name", "own", "between", "thing"})
_COMPLETE = frozenset({"address", "number", "exit"})
# Behind these an unknown word with 에 or 에서 is a part of the place, too.
_AT = frozenset({"에", "에서", "에는", "에도", "에서는", "에서도"})
_BEFORE_UNKNOWN = frozenset(
    {
        "region",
        "station",
        "exit",
        "landmark",
        "relation",
        "gate",
        "block",
        "nature",
        "zone",
        "number",
        "address",
    }
)
_FIRM = frozenset({"address", "station", "exit", "exit number", "joined", "gate", "zone"})


@dataclass(frozen=True)
class _Part:
    """One word read as part of a place: its span without the ending, its kind, its ending.

    `after` is the index of the word behind it; a closed part ends its phrase.
    """

    start: int
    end: int
    kind: str
    tail: str
    after: int
    closed: bool = False


class Reader:
    """Reads the words of one text, given as (start, end), as places."""

    def __init__(
        self, text: str, tokens: Sequence[tuple[int, int]], gazetteer: frozenset[str]
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.gazetteer = gazetteer

    def word(self, index: int) -> str:
        """The word with this index, as it stands."""
        start, end = self.tokens[index]
        return self.text[start:end]

    def phrase(self, index: int) -> tuple[tuple[int, int, str] | None, int]:
        """The phrase (start, end, ending) that begins at this word, and the word to go on from."""
        parts: list[_Part] = []
        at = index
        while at < len(self.tokens) and len(parts) < _MOST_PARTS:
            if parts and not self._touches(parts[-1], at):
                break
            part = self._part(at, parts)
            if part is None or self._begins_anew(parts, part):
                break
            at = part.after
            parts.append(part)
            if part.closed or (part.tail and part.tail not in _LINKING):
                break
        passed = index + 1
        while parts and parts[-1].kind in _NO_END:
            dropped = parts.pop()
            # A thing behind a place is no place of its own: 물빛공원 분수대.
            passed = dropped.after if dropped.kind == "thing" else passed
        while parts and (parts[0].kind == "between" or self._leads_idly(parts)):
            parts.pop(0)
        if not parts or not self._is_place(parts, parts[-1].after):
            return None, index + 1
        return (parts[0].start, parts[-1].end, parts[-1].tail), max(parts[-1].after, passed)

    def _of(self, part: _Part) -> str:
        return self.text[part.start : part.end]

    def _begins_anew(self, parts: Sequence[_Part], part: _Part) -> bool:
        """Whether a district behind a whole address is another place: 뚝섬로 5, 성수동."""
        if part.kind != "region" or not parts or parts[-1].kind not in _COMPLETE:
            return False
        return self._of(part).endswith("동") or self._of(part) in words.DISTRICTS

    def _leads_idly(self, parts: Sequence[_Part]) -> bool:
        """Whether the first part only leads to a name that needs it not: 우리 동네 면목동."""
        if len(parts) < 2:
            return False
        first, second = parts[0], parts[1]
        known = second.kind in ("region", "station", "road", "address")
        if first.kind == "own":
            return known or second.kind == "own"
        if first.kind == "home":
            return known
        return first.kind == "name" and known and not heads.LINE.fullmatch(self._of(first))

    def _touches(self, last: _Part, index: int) -> bool:
        """Whether only space stands between a part and the next word."""
        gap = self.text[last.end + len(last.tail) : self.tokens[index][0]]
        return gap.strip(" \t") == ""

    def _part(self, index: int, before: Sequence[_Part]) -> _Part | None:
        """The word as a part after those before it."""
        start, end = self.tokens[index]
        word = self.text[start:end][:LONGEST_WORD]
        previous = before[-1].kind if before else ""
        for size in range(len(word), 0, -1):
            stem, tail = word[:size], word[size:]
            if TAIL.fullmatch(tail) is None:
                continue
            if tail == "서" and stem[-1:] in ("앞", "동", "남", "북"):
                continue  # 앞서, 동서
            kind = self._kind(stem, tail, previous, index)
            if kind:
                return _Part(start, start + size, kind, tail, index + 1)
            if tail in _AT and previous in _BEFORE_UNKNOWN and self._is_spot(stem):
                return _Part(start, start + size, "landmark", tail, index + 1)
        if glued := run_on(word):
            return _Part(start, start + len(glued), "landmark", "에", index + 1, closed=True)
        if goes_on(word) and self._way_follows(index, plainly=not previous):
            return _Part(start, end, "landmark", "", index + 1)
        if self._may_be_name(word, index, before):
            return _Part(start, end, "name", "", index + 1)
        return None

    def _is_spot(self, stem: str) -> bool:
        """Whether an unknown word with 에 behind a place goes on with it: 세운상가 3층 [데크]에."""
        return (
            goes_on(stem)
            and len(stem) > 1
            and not stem.isascii()
            and stem not in words.SURFACES
            and stem not in words.RELATIONS
        )

    def _kind(self, stem: str, tail: str, previous: str, index: int) -> str:
        """What kind of part a stem with this ending is, or "" when it is none."""
        if stem in self.gazetteer or stem in words.DISTRICTS or stem in words.PROVINCES:
            return "region"
        if stem in words.SHORT_DONGS and not (len(stem) == 2 and tail in ("이", "을")):
            return "region"
        if is_dong(stem) or _GA.fullmatch(stem) or _TOWN.fullmatch(stem):
            return "region"
        if kind := road_kind(stem, tail, previous, self._following(index, 2)):
            return kind
        if heads.ZONE.fullmatch(stem):
            return "zone"
        if EXIT.fullmatch(stem):
            return "exit"
        if _EXIT_NUMBER.fullmatch(stem) and not tail and self._next_is(index, heads.NUMBERED):
            return "exit number" if self._next_is(index, ("출구", "출입구")) or previous else ""
        if STATION.fullmatch(stem) and is_station(stem):
            return "station"
        if kind := landmark_kind(stem):
            if kind != "joined" and is_thing(stem) and previous:
                return "thing"
            return kind
        if is_nature(stem):
            return "nature"
        if previous:
            return self._dependent_kind(stem, tail, previous, index)
        if stem in words.HOMES:
            return "home"
        if stem in words.OWN and not tail:
            return "own"
        return ""

    def _dependent_kind(self, stem: str, tail: str, previous: str, index: int) -> str:
        """The kind of a stem that is a part only after another one."""
        if previous == "exit number" and stem in ("출구", "출입구"):
            return "exit"
        if previous == "road" and stem == "지하" and next_number(self._following(index, 2)):
            return "road"
        if stem in words.RELATIONS or stem in heads.MORE_RELATIONS:
            return "relation"
        if heads.GATE.fullmatch(stem):
            return "gate" if previous != "name" else "landmark"
        if previous in _BEFORE_UNKNOWN and is_part(stem) and goes_on(stem):
            return "landmark"
        if stem in words.HOMES:
            return "home"
        if _BLOCK.fullmatch(stem):
            return "block"
        if previous in ("region", "road") and NUMBER.fullmatch(stem):
            return "" if counts_things(stem, tail, self._following(index, 1)) else "number"
        if previous == "road":
            if found := BRANCH.fullmatch(stem):
                return "address" if found["number"] else "road"
            if GA_AFTER.fullmatch(stem):
                return "region"
        if previous not in ("name", "own", "between"):
            last = index + 1 >= len(self.tokens) and (not tail or _COPULA.match(tail))
            # A road or pavement says where only behind 앞 or 옆: 시청 앞 도로에.
            if (
                stem in words.SURFACES
                and previous in ("relation", "joined", "number", "address")
                and not is_thing(stem)
                and (last or _LOCATIVE.match(tail or " "))
            ):
                return "surface"
            if _DISTANCE.fullmatch(stem):
                return "distance"
            if stem in words.BETWEEN and not tail and next_relation(self._following(index, 2)):
                return "between"
        return ""

    def _next_is(self, index: int, start: str | tuple[str, ...]) -> bool:
        return index + 1 < len(self.tokens) and self.word(index + 1).startswith(start)

    def _following(self, index: int, count: int) -> list[str]:
        """The words behind this one, as far as only space stands between them."""
        found: list[str] = []
        for at in range(index + 1, min(index + 1 + count, len(self.tokens))):
            if self.text[self.tokens[at - 1][1] : self.tokens[at][0]].strip(" \t"):
                break
            found.append(self.word(at))
        return found

    def _may_be_name(self, word: str, index: int, before: Sequence[_Part]) -> bool:
        """Whether a word may be the name in front of a kind of place or of 앞, 옆."""
        following = self._following(index, 3)
        if not following:
            return False
        if leads_place(word, following):
            return True
        kinds = [part.kind for part in before]
        if not kinds or kinds[0] in ("name", "own") or kinds[-2:] == ["name", "name"]:
            return self._is_named_of(word, following)
        if word in heads.VEHICLES:
            return any(
                stem in heads.VEHICLE_PLACES or stem.startswith("충전")
                for stem in stems(following[0])
            )
        if not goes_on(word):
            return is_thing(word) and any(s in words.ANCHORING for s in stems(following[0]))
        if is_head(following[0], following[1] if len(following) > 1 else ""):
            return True
        if len(following) < 2 or kinds[-1] == "name":
            return False
        beside = any(stem in words.ANCHORING for stem in stems(following[1]))
        if is_thing(following[0]) and beside:
            return True  # 남영동 미군부대 담벼락 옆
        return goes_on(following[0]) and is_head(following[1])

    def _way_follows(self, index: int, *, plainly: bool) -> bool:
        """Whether the way to what is named follows: 금호고 올라가는 골목; plainly: not just 가는 길."""
        following = self._following(index, 2)
        return (
            len(following) == 2
            and _GOING.fullmatch(following[0]) is not None
            and not (plainly and following[0] == "가는")
            and following[1].startswith(("길", "골목", "계단", "언덕", "입구"))
        )

    def _is_named_of(self, word: str, following: Sequence[str]) -> bool:
        """Whether 의 ties a name to what it names: 만남의 광장."""
        return (
            word.endswith("의")
            and len(word) > 2
            and any(stem in heads.OF_HEADS for stem in stems(following[0]))
            and goes_on(word)
        )

    def _is_place(self, parts: Sequence[_Part], after: int) -> bool:
        kinds = [part.kind for part in parts]
        last = parts[-1]
        if _FIRM & set(kinds):
            return True
        if "region" in kinds or "road" in kinds:
            # A whole city or province tells a crew nothing.
            first = self.text[parts[0].start : last.end]
            return len(parts) > 1 or first in self.gazetteer or first not in words.PROVINCES
        named = "name" in kinds or "own" in kinds or "nature" in kinds
        bare = len(parts) == 1 and parts[0].kind in ("landmark", "common", "home")
        if any(kind in ("landmark", "common") for kind in kinds):
            return self._is_landmark_place(parts, after, named=named, bare=bare)
        if "nature" in kinds:
            return len(parts) > 1 or last.tail.startswith("에") or is_nature_alone(self._of(last))
        if "home" in kinds:
            return (
                "relation" in kinds
                or parts[0].kind != "home"
                or (self.text[parts[0].start : last.end] != "집" and last.tail[:1] == "에")
            )
        if "relation" in kinds and "name" in kinds:
            relation = next(part for part in parts if part.kind == "relation")
            known = self._of(relation) in words.ANCHORING
            return known and not relation.tail.startswith("으로")  # 달력 앞으로, 앞으로도
        return "block" in kinds and "name" in kinds and parts[-1].kind != "block"

    def _is_weak(self, parts: Sequence[_Part], last: _Part, after: int) -> bool:
        """Whether all is said in general, with nothing that puts it somewhere: 임대주택은."""
        if not all(part.kind in ("name", "own") or is_weak_kind(self._of(part)) for part in parts):
            return False
        if last.tail.startswith("에") or _COPULA.match(last.tail):
            return False
        return not (last.tail == "" and (after >= len(self.tokens) or self.word(after) == "말고"))

    def _is_landmark_place(
        self, parts: Sequence[_Part], after: int, *, named: bool, bare: bool
    ) -> bool:
        last = parts[-1]
        noun = next(part for part in parts if part.kind in ("landmark", "common"))
        stem = self._of(noun)
        base = next((w for w in words.INSTITUTIONS if stem.endswith(w)), "")
        following = "".join(self.word(k) for k in range(after, min(after + 2, len(self.tokens))))
        if base and last is noun and last.tail and _REPORTED_TO.search(following):
            return False
        kinds = {part.kind for part in parts}
        if kinds <= {"name", "own", "landmark", "common"} and self._is_weak(parts, last, after):
            return False
        if noun.kind == "landmark" or named or len(parts) > 1:
            return True
        if not bare:
            return False
        if stem in words.ONLY_WITH_ANCHOR:
            return False
        if _COPULA.match(last.tail):
            return True
        if stem in words.INSTITUTIONS:
            return False
        if last.tail == "" and after >= len(self.tokens):
            return True
        indoors = stem in heads.INDOORS or any(stem.endswith(w) for w in words.INSTITUTIONS)
        outdoors = stem in words.LANDMARKS and not indoors
        return last.tail.startswith("에") and last.tail not in ("에요",) and outdoors
