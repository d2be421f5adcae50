"""The first wall: finds personal data in a raw message before anything is stored; stores nothing.

Numbers that name a person by law (resident, foreigner, passport, driving licence) are refused and
their digits returned nowhere.  All else comes back as spans, for tokens to stand in their place.
Square brackets of tokens that somebody typed are turned into others, so that nobody can type a token.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from korean.bank_accounts import find_accounts
from korean.business_numbers import find_business_numbers
from korean.cards import find_cards
from korean.digits import Chain, find_chains
from korean.emails import find_emails
from korean.findings import HOLE, NAMES, NOTICES, PHONE, Found, names_a_things_number, settle
from korean.identity_papers import find_licences, find_passports
from korean.local_phones import find_local_phones
from korean.names import find_names
from korean.normalise import normalise
from korean.office_lines import is_an_offices
from korean.phones import explains, find_phones, national_digits
from korean.plates import find_plates
from korean.resident_numbers import find_resident_numbers
from korean.unit_numbers import find_units

_BRACKETS = str.maketrans("⟦⟧", "〔〕")
# Between two digits "이구" is as well 2 and 9 as the "이고" of "뒤에는 이고 …".
_TWO_NINE = re.compile(r"(?<=[0-9])이구(?=[0-9공영일이삼사오육륙칠팔구])")
_SHORTEST_RESIDENT_HALF = 6
_SHORTEST_PHONE = 9
# What stands for personal data already, ours or typed, is one letter that no finder knows; else the
# digit of a token would join the number after it.
_NOTICE = "|".join(re.escape(notice) for notice in NOTICES.values())
_PUT_AWAY = re.compile(
    rf"[⟦〔](?:{'|'.join([*NAMES.values(), '원문'])})[0-9]{{1,4}}[⟧〕]|{_NOTICE}"
)
# What is found may lay bare what stood beside it; so it is looked for again, but not for ever.
_MOST_PASSES = 6


@dataclass(frozen=True)
class Span:
    """Personal data at raw[start:end]; `value` is its one form, empty for what is refused.

    `score` is how sure the finder was, from 0 to 1.  Forms: a phone's national digits
    (`01012345678`), an account's, a card's and a business's digits, a plate without spaces, an
    e-mail address in small letters, a name and a home's number with single spaces.
    """

    start: int
    end: int
    kind: str
    value: str
    score: float = 1.0


@dataclass(frozen=True)
class Redaction:
    """What `redact` found: `text` is the raw text with typed token brackets made harmless.

    `spans` are in order, never overlap, and fit both `text` and the raw text, which are equally
    long.  `refused` names the kinds that may not be kept at all.
    """

    text: str
    spans: tuple[Span, ...]
    refused: tuple[str, ...]

    def kept(self) -> tuple[Span, ...]:
        """The spans that need a token."""
        return tuple(span for span in self.spans if span.kind not in NOTICES)

    def render(self, tokens: Mapping[Span, str]) -> str:
        """The text that may be stored: tokens for `kept()`, a notice for what is refused.

        Raises KeyError when a span has no token; personal data never passes through.
        """
        return render(self.text, self.spans, tokens)


def without_notices(text: str, put: str = "") -> str:
    """The text with `put` in the place of each notice of what was refused."""
    return re.sub(_NOTICE, put, text)


def render(text: str, spans: Collection[Span], tokens: Mapping[Span, str]) -> str:
    """`text` with the spans, which are in order, replaced by tokens and notices."""
    parts: list[str] = []
    at = 0
    for span in spans:
        parts.append(text[at : span.start])
        parts.append(NOTICES[span.kind] if span.kind in NOTICES else tokens[span])
        at = span.end
    parts.append(text[at:])
    return "".join(parts)


def redact(raw: str, *, public_numbers: Collection[str] = frozenset()) -> Redaction:
    """Find personal data in any text, lone surrogates included; time is linear in its length.

    `public_numbers` are numbers of offices, in any writing, that stay readable.  Where two finds
    meet, what is refused goes before what is kept; then the higher score, the longer, the earlier.
    """
    normal = normalise(raw)
    public = _national(frozenset(public_numbers))
    whole = _Holed.cut(normal.text)
    spans: list[Span] = []
    for _ in range(_MOST_PASSES):
        finds = settle(_find(whole.text, public))
        if not finds:
            break
        for one in finds:
            start, end = whole.places[one.start], whole.places[one.end - 1] + 1
            spans.append(Span(*normal.raw_span(start, end), one.kind, one.value, one.score))
        whole = whole.without([(one.start, one.end) for one in finds])
    spans = _parted(spans)
    refused = tuple(dict.fromkeys(span.kind for span in spans if span.kind in NOTICES))
    return Redaction(raw.translate(_BRACKETS), tuple(spans), refused)


def _parted(spans: list[Span]) -> list[Span]:
    """In order, each beginning where the one before ends at the earliest.

    One raw character may stand for several digits (a circled or squared number), of which the first belong to
    one find and the rest to the next.
    """
    parted: list[Span] = []
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        if span.end > at:
            parted.append(replace(span, start=max(span.start, at)))
            at = span.end
    return parted


@dataclass(frozen=True)
class _Holed:
    """Normal text in which one letter stands for each thing that was put away before.

    Character `i` stands at `places[i]` of the whole normal text.
    """

    text: str
    places: tuple[int, ...]

    @classmethod
    def cut(cls, text: str) -> _Holed:
        """The text without the tokens and notices in it."""
        whole = cls(text, tuple(range(len(text))))
        holes = [found.span() for found in _PUT_AWAY.finditer(text)]
        return whole.without(holes) if holes else whole

    def without(self, holes: list[tuple[int, int]]) -> _Holed:
        """The same with one letter in the place of each hole; holes are in order."""
        parts: list[str] = []
        places: list[int] = []
        at = 0
        for start, end in holes:
            parts += [self.text[at:start], HOLE]
            places += self.places[at:start]
            places.append(self.places[start])
            at = end
        parts.append(self.text[at:])
        places += self.places[at:]
        return _Holed("".join(parts), tuple(places))


@lru_cache(maxsize=8)
def _national(numbers: frozenset[str]) -> frozenset[str]:
    return frozenset(national_digits(number) for number in numbers)


def _find(text: str, public: frozenset[str]) -> Iterator[Found]:
    """Everything that any finder knows, overlaps included, except one: resident numbers are joined."""
    chains = list(find_chains(text, shortest=_SHORTEST_RESIDENT_HALF))
    residents = list(find_resident_numbers(text, chains, is_phone=explains))
    if "一" in text:
        others = list(find_chains(text, shortest=_SHORTEST_RESIDENT_HALF, hanja_one_is_dash=True))
        residents += find_resident_numbers(text, others, is_phone=explains)
    if _TWO_NINE.search(text):
        read = _TWO_NINE.sub("29", text)
        others = list(find_chains(read, shortest=_SHORTEST_RESIDENT_HALF))
        residents += find_resident_numbers(read, others, is_phone=explains)
    yield from _joined(residents)
    yield from find_passports(text)
    if chains:
        yield from _phones(text, chains, public)
        yield from find_licences(text, chains)
        yield from find_business_numbers(text, chains)
        yield from find_accounts(text, chains)
        yield from find_cards(text, chains)
    yield from find_local_phones(text, public=public)
    yield from find_emails(text)
    yield from find_plates(text)
    yield from find_units(text)
    yield from find_names(text)


def _phones(text: str, chains: list[Chain], public: frozenset[str]) -> Iterator[Found]:
    for chain in chains:
        if len(chain) < _SHORTEST_PHONE:
            continue
        for phone in find_phones(chain, public=public):
            start, end = chain.starts[phone.first], chain.ends[phone.last - 1]
            if text[start] == "령" and "가" <= text[start - 1 : start] <= "힣":
                continue  # 강령이 2003. 5. 19.
            landline = phone.value.startswith(("02", "03", "04", "05", "06"))
            if landline and is_an_offices(text, start, end):
                continue
            if not phone.value.startswith("01") and names_a_things_number(text, start):
                continue
            # The sign and the bracket belong to the number: +82…, (02)….
            before = text[start - 1 : start]
            if before == "+" or (before == "(" and ")" in text[start:end]):
                start -= 1
            yield Found(start, end, PHONE, phone.value, 0.9 if phone.usual else 0.8)


def _joined(finds: list[Found]) -> Iterator[Found]:
    """Finds in order, those that overlap made one."""
    joined: list[Found] = []
    for one in sorted(finds, key=lambda find: (find.start, find.end)):
        if joined and one.start < joined[-1].end:
            last = joined.pop()
            end, score = max(last.end, one.end), max(last.score, one.score)
            joined.append(Found(last.start, end, last.kind, "", score))
        else:
            joined.append(one)
    yield from joined
