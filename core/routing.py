"""Finds the department, the service and the gu of a report from the city's data. Keeps nothing.

Everything here explains itself: a route names its rule and says in Korean why, because a citizen
may ask how an automatic decision was made (개인정보 보호법 37조의2).
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.city import City, Condition, Neighbour, Rule

# Parts of one keyword may stand this many characters apart (blanks not counted).
MAX_GAP = 10
# A keyword that is said again and again is no stronger; the matching stays bounded on such texts.
MAX_REPEATS = 4
# Evidence of so many characters gives a score of one half.
HALF_SCORE = 3.0
CLEAR_SCORE = 0.4
CLEAR_LEAD = 0.05
# Longer texts are a citizen's whole story: the matching stays bounded.
MAX_ANALYSED = 2000

# What may follow a short place name: particles and words that go on with a place.
_AFTER = (
    "에서", "에는", "에도", "에", "의", "은", "는", "이", "가", "을", "를", "으로", "로", "와", "과",
    "도", "쪽", "앞", "옆", "뒤", "근처", "안", "밖", "시", "역", "구", "주민", "사거리", "삼거리",
    "초등", "중학", "고등", "시장", "입구", "골목", "큰길", "길", "대로", "공원", "아파트", "일대",
    "인데", "이요", "요", "입니다", "이에요", "예요", "사는", "동", "광역", "특별", "여기", "거리",
)  # fmt: skip
_CITY_BEFORE = ("서울특별시", "서울시", "서울")


# One part of a keyword: a word, or several of which any will do ("꺼져|나갔|깜빡").
Alternatives = tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """Where a case goes, by which rule, and why (Korean, for officers and citizens)."""

    department_id: str
    rule_id: str
    explanation: str
    # Where the rule stands: city/rules.yml:12.
    source: str = ""


@dataclass(frozen=True)
class ServiceGuess:
    """A service and the strength of its evidence, 0 to 1 (not a probability)."""

    code: str
    score: float


@dataclass(frozen=True)
class _Named:
    """A name in the text, by positions in the text without blanks."""

    start: int
    end: int
    gus: tuple[str, ...]


def route(city: City, *, service_code: str, gu: str | None, text: str = "") -> Route:
    """Go through the rules in order; the first that fits decides.

    A rule that sends to the office of the gu fits only when the gu is known. Raises UnknownName
    for a service or gu the city does not have, RuntimeError when no rule fits (the loader
    refuses a city without a default rule).
    """
    service = city.service(service_code)
    office = city.gu(gu).department_id if gu is not None else None
    squeezed = _squeeze(text)
    for rule in city.rules:
        if rule.to_gu_office and office is None:
            continue
        if not _fits(rule.when, code=service.code, group=service.group, gu=gu, text=squeezed):
            continue
        department_id = rule.department_id or office
        assert department_id is not None
        return Route(department_id, rule.id, _explain(city, rule, department_id), rule.source)
    raise RuntimeError("no routing rule fits: the city has no default rule")


def guess_services(city: City, text: str) -> list[ServiceGuess]:
    """Services whose keywords stand in the text, the strongest first.

    A keyword inside a longer keyword of another service does not count ("하수구" inside "하수구
    냄새"), so the longest match decides. Equal evidence keeps the order of the city's file.
    """
    squeezed = _squeeze(text)
    if not squeezed:
        return []
    found = [
        (code, positions)
        for code, parts in _keyword_parts(city)
        for positions in itertools.islice(_positions(squeezed, parts), MAX_REPEATS)
    ]
    # The same letters found by several keywords of a service count once.
    found = list(dict.fromkeys(found))
    evidence: dict[str, set[int]] = {}
    for code, positions in found:
        if not any(other != code and positions < wider for other, wider in found):
            evidence.setdefault(code, set()).update(positions)
    guesses = [
        ServiceGuess(code, round(len(positions) / (len(positions) + HALF_SCORE), 4))
        for code, positions in evidence.items()
    ]
    order = {service.code: index for index, service in enumerate(city.services)}
    return sorted(guesses, key=lambda guess: (-guess.score, order[guess.code]))


def clear_service(city: City, text: str) -> str | None:
    """The service when the evidence points to one alone, else None (then ask)."""
    guesses = guess_services(city, text)
    if not guesses or guesses[0].score < CLEAR_SCORE:
        return None
    if len(guesses) > 1 and guesses[0].score - guesses[1].score < CLEAR_LEAD:
        return None
    return guesses[0].code


def gus_in_text(city: City, text: str) -> str | None:
    """The gu that the place names of the text agree on, else None."""
    candidates = gu_candidates(city, text)
    return candidates[0] if len(candidates) == 1 else None


def gu_candidates(city: City, text: str) -> tuple[str, ...]:
    """Every gu the place names of the text allow; empty when no name is known.

    A written gu outweighs the rest ("강남역이요, 서초구 쪽"). Otherwise the names narrow each other
    down; names that contradict each other leave all of theirs.
    """
    squeezed, starts = _squeeze_with_starts(text)
    written: list[str] = []
    allowed: list[tuple[str, ...]] = []
    for name, named in _place_matches(city, squeezed, starts):
        if name.endswith("구") and len(named.gus) == 1 and name == named.gus[0]:
            written.extend(named.gus)
        else:
            allowed.append(named.gus)
    if written:
        return tuple(dict.fromkeys(written))
    if not allowed:
        return ()
    common = [gu for gu in allowed[0] if all(gu in gus for gus in allowed[1:])]
    if common:
        return tuple(common)
    return tuple(dict.fromkeys(gu for gus in allowed for gu in gus))


def neighbour_in_text(city: City, text: str) -> Neighbour | None:
    """The other jurisdiction that the text names, when it names no place of this city."""
    if gu_candidates(city, text):
        return None
    squeezed, starts = _squeeze_with_starts(text)
    if any(name in squeezed for name in map(_squeeze, city.jurisdiction.short_names)):
        return None
    found = _neighbour_matches(city, squeezed, starts)
    return found[0][2] if found else None


def _fits(when: Condition, *, code: str, group: str, gu: str | None, text: str) -> bool:
    if when.service_codes and code not in when.service_codes:
        return False
    if when.groups and group not in when.groups:
        return False
    if when.gus and gu not in when.gus:
        return False
    if when.gu_known is not None and when.gu_known != (gu is not None):
        return False
    return not when.keywords or any(
        next(_positions(text, _parts(keyword)), None) is not None for keyword in when.keywords
    )


def _explain(city: City, rule: Rule, department_id: str) -> str:
    department = city.department(department_id)
    return f"규칙 {rule.id}: {rule.why} (담당: {department.name})"


def _squeeze(text: str) -> str:
    return _squeeze_with_starts(text)[0]


def _squeeze_with_starts(text: str) -> tuple[str, frozenset[int]]:
    """The text in lower case without blanks and signs, and where words began in it."""
    kept: list[str] = []
    starts: set[int] = set()
    fresh = True
    for char in unicodedata.normalize("NFKC", text[:MAX_ANALYSED]).lower():
        if char.isalnum():
            if fresh:
                starts.add(len(kept))
            kept.append(char)
            fresh = False
        else:
            fresh = True
    return "".join(kept), frozenset(starts)


def _parts(keyword: str) -> tuple[Alternatives, ...]:
    """The parts of a keyword in order; each is one word or several, any of which will do."""
    split = (tuple(filter(None, map(_squeeze, part.split("|")))) for part in keyword.split())
    return tuple(part for part in split if part)


@functools.lru_cache(maxsize=4)
def _parts_of_services(
    services: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[tuple[str, tuple[Alternatives, ...]], ...]:
    return tuple(
        (code, parts)
        for code, keywords in services
        for parts in dict.fromkeys(_parts(keyword) for keyword in keywords)
        if parts
    )


def _keyword_parts(city: City) -> Sequence[tuple[str, tuple[Alternatives, ...]]]:
    return _parts_of_services(tuple((service.code, service.keywords) for service in city.services))


def _positions(text: str, parts: tuple[Alternatives, ...]) -> Iterator[frozenset[int]]:
    """Where the parts stand in order and close together: the characters they cover."""
    if not parts:
        return
    for word in parts[0]:
        start = text.find(word)
        while start >= 0:
            end = start + len(word)
            covered = set(range(start, end))
            for part in parts[1:]:
                found = _nearest(text, part, start=end)
                if found is None:
                    break
                covered.update(range(*found))
                end = found[1]
            else:
                yield frozenset(covered)
            start = text.find(word, start + 1)


def _nearest(text: str, words: Alternatives, *, start: int) -> tuple[int, int] | None:
    """The first of the words within the gap; the longest when several begin at one place."""
    best: tuple[int, int] | None = None
    for word in words:
        at = text.find(word, start, start + MAX_GAP + len(word))
        if at >= 0 and (best is None or (at, -len(word)) < (best[0], best[0] - best[1])):
            best = (at, at + len(word))
    return best


def _place_matches(
    city: City, squeezed: str, starts: frozenset[int]
) -> Iterator[tuple[str, _Named]]:
    """Names of gu, dong and landmarks, the longest first, none inside another."""
    taken: list[tuple[int, int]] = []
    foreign = _neighbour_matches(city, squeezed, starts)
    for name, gus in _gazetteer(city):
        start = squeezed.find(name)
        while start >= 0:
            end = start + len(name)
            free = all(end <= left or right <= start for left, right in taken)
            if free and _stands_alone(squeezed, start=start, end=end, starts=starts):
                taken.append((start, end))
                # "부산 강서구" is no gu of this city.
                if not any(right == start for _left, right, _ in foreign):
                    yield name, _Named(start, end, gus)
            start = squeezed.find(name, start + 1)


def _gazetteer(city: City) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return _gazetteer_of(
        tuple((gu.name, gu.aliases, gu.dongs) for gu in city.gus),
        tuple((place.name, place.aliases, place.gus) for place in city.places),
    )


@functools.lru_cache(maxsize=4)
def _gazetteer_of(
    gus: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...],
    places: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table: dict[str, tuple[str, ...]] = {}

    def add(names: Iterable[str], owners: tuple[str, ...]) -> None:
        for name in map(_squeeze, names):
            table[name] = tuple(dict.fromkeys((*table.get(name, ()), *owners)))

    for name, aliases, dongs in gus:
        add((name, f"{name}청", *aliases, *dongs), (name,))
    for name, aliases, owners in places:
        add((name, *aliases), owners)
    return tuple(sorted(table.items(), key=lambda item: (-len(item[0]), item[0])))


def _neighbour_matches(
    city: City, squeezed: str, starts: frozenset[int]
) -> list[tuple[int, int, Neighbour]]:
    found = []
    for neighbour in city.neighbours:
        for alias in map(_squeeze, (neighbour.name, *neighbour.aliases)):
            start = squeezed.find(alias)
            while start >= 0:
                end = start + len(alias)
                if start in starts and (
                    len(alias) > 3 or _ends_well(squeezed, end=end, starts=starts)
                ):
                    found.append((start, end, neighbour))
                start = squeezed.find(alias, start + 1)
    return sorted(found, key=lambda item: (item[0] - item[1], item[0]))


def _stands_alone(squeezed: str, *, start: int, end: int, starts: frozenset[int]) -> bool:
    """Whether a name is a word of its own and not a piece of another.

    A long name may stand anywhere (people write without blanks); a short one needs the begin of a
    word before it and a particle or an end behind it.
    """
    if end - start >= 4:
        return True
    begins = start in starts or squeezed[:start].endswith((*_CITY_BEFORE, "구", "시"))
    if end - start == 3 and squeezed[end - 1] in "구동역":
        # 강남구, 청담동, 잠실역 are safe inside a run of letters unless they begin inside a name.
        return (
            begins
            or not squeezed[start - 1].isalpha()
            or _ends_well(squeezed, end=end, starts=starts)
        )
    return begins and _ends_well(squeezed, end=end, starts=starts)


def _ends_well(squeezed: str, *, end: int, starts: frozenset[int]) -> bool:
    return (
        end == len(squeezed)
        or end in starts
        or squeezed[end].isdigit()
        or squeezed.startswith(_AFTER, end)
    )
