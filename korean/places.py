"""Finds the words that tell a repair crew where, by rules alone; knows no map and asks nobody.

A place phrase is a row of parts (district, road and number, station and exit, building, kind of
place, 앞 or 옆) as long as it goes, without the particle at its end.  Common words such as 도로 or
가로등 are no place by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from korean import place_words as words
from korean.place_parts import (
    EXIT,
    LONGEST_WORD,
    STATION,
    TAIL,
    is_dong,
    is_road_name,
    is_station,
    landmark_kind,
    stems,
)
from korean.place_trails import walked

_WORD = re.compile(
    r"⟦동호[0-9]+⟧[가-힣]*|[가-힣A-Za-z0-9㎡&·]+(?:[-~.'][0-9A-Za-z가-힣]+)*|⟦[^⟦⟧]*⟧|\S"
)
_LOCATIVE = re.compile(r"(?:쪽)?(?:에|으로|로)")
_LINKING = frozenset({"의"})
_JOINING = frozenset({"와", "과", "이랑", "랑", "하고", "에서", "에서부터", "부터"})
_COPULA = re.compile(
    r"이?(?:에요|예요|여요|요|야|여|용|고요|구요|죠|지요|네요)|입니|임니|인데|이라|라고"
)
_UNITS = "시분초명개년월일원곳대도건회살배주퍼%장마미킬인"

_ROAD = re.compile(
    r"(?P<name>[가-힣][가-힣0-9·]{0,14}?(?:대로|로|길))"
    r"(?P<branch>[0-9]{1,3}(?:번|가|나|다|안|[가-힣])?길)?(?P<number>(?:지하)?[0-9]{1,5}(?:-[0-9]{1,4})?(?:번지|호)?)?"
)
_BRANCH = re.compile(r"[0-9]{1,4}(?:번|가|나|다|안)?길(?P<number>[0-9]{1,5}(?:-[0-9]{1,4})?)?")
_NUMBER = re.compile(r"(?:지하|산)?[0-9]{1,5}(?:-[0-9]{1,4})?(?:번지|번)?")
_BLOCK = re.compile(
    r"(?:[0-9]{1,4}|[A-Za-z가나다라마바])동(?:[0-9]{1,4}호)?|지하[0-9]?층?|[0-9]{1,2}층|[0-9]{1,4}호|[0-9]{1,2}(?:단지|차)"
    r"|⟦동호[0-9]+⟧"  # what leads to one home is a token by then
)
_NAME = re.compile(r"[가-힣A-Za-z0-9&·]{2,12}|⟦동호[0-9]+⟧")
_EXIT_NUMBER = re.compile(r"[0-9]{1,2}(?:-[0-9])?번")
_GA = re.compile(r"[가-힣]{2,5}[0-9]가동?")
_TOWN = re.compile(r"[가-힣]{2,3}(?:읍)")
_DISTANCE = re.compile(r"[0-9]{1,4}(?:m|미터|M|km)")
_NOT_BEFORE_PLACE = re.compile(
    r"(?:[은는을를의]|에서|에게|한테|으로|까지|부터|에|면|데|요|다|까|며|게|히|던|려고|려|습니까|니|든|듯|"
    r"인|운|린|난|진|된|할|될|려서|어서|아서|해서|져서|고서|라서|돼서|되서|하고|이고|는데|지만|거나|도록|께서)$"
)
_REPORTED_TO = re.compile(
    r"신고|전화|민원|문의|연락|말씀|말했|얘기|이야기|요청|접수|답변|답이|물어"
)


@dataclass(frozen=True)
class PlaceSpan:
    """A place phrase at text[start:end], without particles."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Part:
    """One word read as part of a place: its span without the ending, its kind, its ending."""

    start: int
    end: int
    kind: str
    tail: str
    closed: bool = False


def find_places(text: str, *, gazetteer: Collection[str] = frozenset()) -> list[PlaceSpan]:
    """The place phrases of a text (normal form, see `korean.normalise`), in order.

    `gazetteer` holds names of the city at hand (districts, neighbourhoods, stations, roads) that
    are places whatever they look like.  Offsets refer to `text` as given.  Never raises.
    """
    tokens = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    reader = _Reader(text, tokens, frozenset(gazetteer))
    phrases: list[tuple[int, int, str]] = []
    index = 0
    while index < len(tokens):
        phrase, after = reader.phrase(index)
        if phrase is not None:
            phrases.append(phrase)
        index = after
    return [PlaceSpan(start, end, text[start:end]) for start, end in _merged(text, phrases)]


class _Reader:
    """Reads words as parts of places, and rows of parts as phrases."""

    def __init__(
        self, text: str, tokens: Sequence[tuple[int, int]], gazetteer: frozenset[str]
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.gazetteer = gazetteer

    def word(self, index: int) -> str:
        start, end = self.tokens[index]
        return self.text[start:end]

    def phrase(self, index: int) -> tuple[tuple[int, int, str] | None, int]:
        """The phrase that begins at this word, if one does, and the word to go on from."""
        parts: list[_Part] = []
        at = index
        while at < len(self.tokens):
            if parts and not self._touches(parts[-1], at):
                break
            read = self._part(at, parts)
            if read is None:
                break
            part, at = read
            parts.append(part)
            if part.closed or (part.tail and part.tail not in _LINKING):
                break
        while parts and parts[-1].kind in ("name", "own", "between"):
            parts.pop()
        if not parts or not self._is_place(parts, at):
            return None, index + 1
        while parts[0].kind == "between" or _is_idle_own(parts):
            parts.pop(0)
        return (parts[0].start, parts[-1].end, parts[-1].tail), max(at, index + 1)

    def _touches(self, last: _Part, index: int) -> bool:
        """Whether only space or a bracket stands between a part and the next word."""
        gap = self.text[last.end + len(last.tail) : self.tokens[index][0]]
        return gap.strip(" \t") == ""

    def _part(self, index: int, before: Sequence[_Part]) -> tuple[_Part, int] | None:
        """The word as a part after those before it, and the index of the next word."""
        start, end = self.tokens[index]
        word = self.text[start:end]
        if len(word) > LONGEST_WORD:
            word = word[:LONGEST_WORD]
        previous = before[-1].kind if before else ""
        for size in range(len(word), 0, -1):
            stem, tail = word[:size], word[size:]
            if TAIL.fullmatch(tail) is None:
                continue
            kind = self._kind(stem, tail, previous, index)
            if kind:
                return _Part(start, start + size, kind, tail), index + 1
        glued = self._run_on(word)
        if glued:
            return _Part(start, start + len(glued), "landmark", "에", closed=True), index + 1
        if self._may_be_name(word, index):
            return _Part(start, end, "name", ""), index + 1
        return None

    def _kind(self, stem: str, tail: str, previous: str, index: int) -> str:
        """What kind of part a stem with this ending is, or "" when it is none."""
        if stem in self.gazetteer or stem in words.DISTRICTS:
            return "region"
        if stem in words.PROVINCES:
            return "region"
        if stem in words.SHORT_DONGS and not (len(stem) == 2 and tail in ("이", "을")):
            return "region"
        if is_dong(stem) or _GA.fullmatch(stem) or _TOWN.fullmatch(stem):
            return "region"
        if kind := self._road_kind(stem, tail, previous, index):
            return kind
        if EXIT.fullmatch(stem):
            return "exit"
        if _EXIT_NUMBER.fullmatch(stem) and not tail and self._next_is(index, "출구"):
            return "exit number"
        if STATION.fullmatch(stem):
            return "station" if is_station(stem) else ""
        if kind := landmark_kind(stem):
            return kind
        if previous:
            return self._dependent_kind(stem, tail, previous, index)
        if stem in words.HOMES:
            return "home"
        if stem in words.OWN and not tail:
            return "own"
        return ""

    def _dependent_kind(self, stem: str, tail: str, previous: str, index: int) -> str:
        """The kind of a stem that is a part only after another one."""
        if stem in words.RELATIONS:
            return "relation"
        if stem in words.HOMES:
            return "home"
        if _BLOCK.fullmatch(stem):
            return "block"
        if previous in ("region", "road") and _NUMBER.fullmatch(stem):
            return "" if self._counts_things(index, stem, tail) else "number"
        if previous == "road" and (found := _BRANCH.fullmatch(stem)):
            return "address" if found["number"] else "road"
        if previous not in ("name", "own", "between"):
            last = index + 1 >= len(self.tokens) and (not tail or _COPULA.match(tail))
            if stem in words.SURFACES and (last or _LOCATIVE.match(tail or " ")):
                return "surface"
            if _DISTANCE.fullmatch(stem):
                return "distance"
            if stem in words.BETWEEN and not tail and self._next_relation(index):
                return "between"
        return ""

    def _road_kind(self, stem: str, tail: str, previous: str, index: int) -> str:
        found = _ROAD.fullmatch(stem)
        if found is None or found["name"] in words.NOT_ROAD or len(found["name"]) < 2:
            return ""
        name = found["name"]
        if found["number"]:
            return "" if name.endswith("으로") or tail[:1] in _UNITS else "address"
        if found["branch"]:
            return "road"
        if name.endswith("길"):
            known = previous in ("region", "road")
            return "road" if known or (not tail and self._next_number(index)) else ""
        if name.endswith(("으로", "별로", "따로")):
            return ""
        if not tail and self._next_number(index):
            return "road"
        if tail.startswith("에") or tail == "의" or (not tail and self._next_relation(index)):
            return "road" if len(name) > 2 or name == "종로" else ""
        if name.endswith(words.ROAD_TYPES) and len(name) > 3 and is_road_name(name):
            return "road"
        return "road" if previous == "region" and not tail else ""

    def _next_number(self, index: int) -> bool:
        """Whether the next word is a house number or a branch, and not a count of something."""
        if index + 1 >= len(self.tokens):
            return False
        word = self.word(index + 1)
        if self.text[self.tokens[index][1] : self.tokens[index + 1][0]].strip(" \t"):
            return False
        if _BRANCH.match(word):
            return True
        found = _NUMBER.match(word)
        if found is None:
            return False
        rest = word[found.end() :]
        if rest[:1] in tuple(_UNITS) or (found.group().endswith("번") and rest != ""):
            return False
        return TAIL.fullmatch(rest) is not None and not self._counts_things(
            index + 1, found.group(), rest
        )

    def _counts_things(self, index: int, stem: str, tail: str) -> bool:
        """Whether a number goes with a unit in the next word: 110 개, 30 분, 5번 버스."""
        if tail or index + 1 >= len(self.tokens):
            return False
        following = self.word(index + 1)
        if stem.endswith("번"):
            return not following.startswith(("앞", "옆", "뒤"))
        return (
            re.match(
                r"(?:시|분|초|명|개|년|월|일|원|곳|대|건|회|살|배|주|미터|퍼센트)(?![가-힣]{2})",
                following,
            )
            is not None
        )

    def _next_relation(self, index: int) -> bool:
        return index + 1 < len(self.tokens) and any(
            stem in words.RELATIONS for stem in stems(self.word(index + 1))
        )

    def _next_is(self, index: int, start: str) -> bool:
        return index + 1 < len(self.tokens) and self.word(index + 1).startswith(start)

    def _may_be_name(self, word: str, index: int) -> bool:
        """Whether a word may be the name in front of a kind of place or of 앞, 옆."""
        if index + 1 >= len(self.tokens) or not _NAME.fullmatch(word):
            return False
        following = stems(self.word(index + 1))
        if word in words.KIND_PREFIXES:
            return any(stem in words.LANDMARKS for stem in following)
        if word in words.NOT_NAME or word.isdigit() or _NOT_BEFORE_PLACE.search(word):
            return False
        if any(stem in words.ANCHORING for stem in following):
            return True
        if word.endswith(("이", "가", "고", "서")):
            return False
        kinds = {landmark_kind(stem) for stem in following}
        if kinds & {"landmark", "common"} or any(_BLOCK.fullmatch(s) for s in following):
            return True
        # Names of two words: 이마트 성수점 앞, 롯데캐슬 골드파크 아파트.
        return (
            index + 2 < len(self.tokens)
            and any(
                stem in words.ANCHORING or stem in ("아파트", "빌딩", "오피스텔")
                for stem in stems(self.word(index + 2))
            )
            and self.word(index + 1) not in words.NOT_NAME
            and not _NOT_BEFORE_PLACE.search(self.word(index + 1))
        )

    def _run_on(self, word: str) -> str:
        """The place at the head of a sentence written without spaces: 강남역앞에가로등이."""
        for found in re.finditer(r"에서?(?=[가-힣]{2})", word):
            head = word[: found.start()]
            if len(head) < 3:
                continue
            if is_station(head):
                return head
            if landmark_kind(head) in ("landmark", "joined"):
                return head
        return ""

    def _is_place(self, parts: Sequence[_Part], after: int) -> bool:
        kinds = [part.kind for part in parts]
        last = parts[-1]
        if (
            "address" in kinds
            or "station" in kinds
            or "exit" in kinds
            or "exit number" in kinds
            or "joined" in kinds
        ):
            return True
        if "region" in kinds or "road" in kinds:
            # A whole city or province tells a crew nothing.
            first = self.text[parts[0].start : last.end]
            return len(parts) > 1 or first in self.gazetteer or first not in words.PROVINCES
        named = "name" in kinds or "own" in kinds
        bare = len(parts) == 1 and parts[0].kind in ("landmark", "common", "home")
        if any(kind in ("landmark", "common") for kind in kinds):
            return self._is_landmark_place(parts, after, named=named, bare=bare)
        if "home" in kinds:
            return (
                "relation" in kinds
                or parts[0].kind != "home"
                or (self.text[parts[0].start : last.end] != "집" and last.tail[:1] == "에")
            )
        if "relation" in kinds and "name" in kinds:
            relation = next(part for part in parts if part.kind == "relation")
            known = self.text[relation.start : relation.end] in words.ANCHORING
            return known and not relation.tail.startswith("으로")  # 달력 앞으로, 앞으로도
        return "block" in kinds and "name" in kinds and parts[-1].kind != "block"

    def _is_landmark_place(
        self, parts: Sequence[_Part], after: int, *, named: bool, bare: bool
    ) -> bool:
        last = parts[-1]
        noun = next(part for part in parts if part.kind in ("landmark", "common"))
        stem = self.text[noun.start : noun.end]
        base = next((w for w in words.INSTITUTIONS if stem.endswith(w)), "")
        following = "".join(self.word(k) for k in range(after, min(after + 2, len(self.tokens))))
        if base and last is noun and last.tail and _REPORTED_TO.search(following):
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
        return last.tail.startswith("에") and last.tail not in ("에요",)


def _merged(text: str, phrases: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Phrases that belong together made one: 종로구에 있는 낙산공원, 시청역과 을지로 사이."""
    merged: list[tuple[int, int, str]] = []
    for start, end, tail in phrases:
        if merged:
            first, last, particle = merged[-1]
            gap = text[last:start]
            between = gap[len(particle) :].strip(" \t")
            if gap.startswith(particle) and "\n" not in gap and len(gap) <= 14:
                there = particle[:1] == "에" and between in ("있는", "위치한", "있던")
                pair = (
                    particle in _JOINING
                    and not between
                    and text[start:end].endswith(("사이", "방향", "방면", "쪽", "중간", "구간"))
                )
                bracket = not particle and between in ("(", ",") and text[last:start].strip() == "("
                if there or pair or bracket:
                    merged[-1] = (first, end, tail)
                    continue
        merged.append((start, end, tail))
    return walked(text, merged)


def _is_idle_own(parts: Sequence[_Part]) -> bool:
    """Whether 우리 or 동네 only leads to a name that needs neither: 우리 동네 면목동."""
    return (
        len(parts) > 1 and parts[0].kind == "own" and parts[1].kind in ("own", "region", "station")
    )
