"""The first wall: finds personal data in a raw message before anything is stored; stores nothing.

Resident and foreigner registration numbers are refused and their digits returned nowhere.  Phone
numbers and e-mail addresses come back as spans, for tokens to stand in their place.  Square
brackets of tokens that somebody typed are turned into others, so that nobody can type a token.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from korean.digits import Chain, find_chains
from korean.normalise import normalise
from korean.phones import explains, find_phones, national_digits
from korean.resident_numbers import find_resident_numbers

RESIDENT_NUMBER = "resident_number"
PHONE = "phone"
EMAIL = "email"
REMOVED = "[주민등록번호 삭제]"

_BRACKETS = str.maketrans("⟦⟧", "〔〕")
_SHORTEST_RESIDENT_HALF = 6
_SHORTEST_PHONE = 9
_AT = re.compile(r"\s{0,2}(?:@|골뱅이|[(\[]\s?(?:at|앳)\s?[)\]])\s{0,2}", re.I)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$")
_DOT = r"\s?(?:\.|점|닷|쩜|\(dot\))\s?"
_DOMAIN = re.compile(
    rf"(?P<host>[A-Za-z0-9-]{{1,63}}(?:{_DOT}[A-Za-z0-9-]{{1,63}}){{0,4}}{_DOT}"
    rf"(?:[A-Za-z]{{2,24}}|컴|씨오\s?점\s?케이알|넷))|"
    rf"(?P<name>네이버|지메일|한메일|다음|카카오|네이트|핫메일)(?:{_DOT}(?:com|net|컴|넷))?"
)
_HOSTS = {
    "네이버": "naver.com",
    "지메일": "gmail.com",
    "한메일": "hanmail.net",
    "다음": "daum.net",
    "카카오": "kakao.com",
    "네이트": "nate.com",
    "핫메일": "hotmail.com",
}
_ENDINGS = {"컴": "com", "넷": "net"}


@dataclass(frozen=True)
class Span:
    """Personal data at raw[start:end]; `value` is its one form, empty for what is refused.

    Forms: a phone's national digits (`01012345678`), an e-mail address in small letters.
    """

    start: int
    end: int
    kind: str
    value: str


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
        return tuple(span for span in self.spans if span.kind != RESIDENT_NUMBER)

    def render(self, tokens: Mapping[Span, str]) -> str:
        """The text that may be stored: tokens for `kept()`, a notice for what is refused.

        Raises KeyError when a span has no token; personal data never passes through.
        """
        parts: list[str] = []
        at = 0
        for span in self.spans:
            parts.append(self.text[at : span.start])
            parts.append(REMOVED if span.kind == RESIDENT_NUMBER else tokens[span])
            at = span.end
        parts.append(self.text[at:])
        return "".join(parts)


def redact(raw: str, *, public_numbers: Collection[str] = frozenset()) -> Redaction:
    """Find personal data in any text, lone surrogates included; time is linear in its length.

    `public_numbers` are numbers of offices, in any writing, that stay readable.
    """
    normal = normalise(raw)
    text = normal.text
    chains = list(find_chains(text, shortest=_SHORTEST_RESIDENT_HALF))
    residents = list(find_resident_numbers(text, chains, is_phone=explains))
    if "一" in text:
        others = list(find_chains(text, shortest=_SHORTEST_RESIDENT_HALF, hanja_one_is_dash=True))
        residents += find_resident_numbers(text, others, is_phone=explains)
    taken = _joined(residents)
    found = [(start, end, RESIDENT_NUMBER, "") for start, end in taken]
    for candidates in (_emails(text), _phones(text, chains, _national(frozenset(public_numbers)))):
        kept = [one for one in candidates if not _overlaps(taken, one[0], one[1])]
        found += kept
        taken = sorted(taken + [(start, end) for start, end, _, _ in kept])
    spans = tuple(
        Span(*normal.raw_span(start, end), kind, value) for start, end, kind, value in sorted(found)
    )
    refused = (RESIDENT_NUMBER,) if residents else ()
    return Redaction(raw.translate(_BRACKETS), spans, refused)


@lru_cache(maxsize=8)
def _national(numbers: frozenset[str]) -> frozenset[str]:
    return frozenset(national_digits(number) for number in numbers)


def _phones(
    text: str, chains: list[Chain], public: frozenset[str]
) -> Iterator[tuple[int, int, str, str]]:
    for chain in chains:
        if len(chain) < _SHORTEST_PHONE:
            continue
        for phone in find_phones(chain, public=public):
            start, end = chain.starts[phone.first], chain.ends[phone.last - 1]
            # The sign and the bracket belong to the number: +82…, (02)….
            before = text[start - 1 : start]
            if before == "+" or (before == "(" and ")" in text[start:end]):
                start -= 1
            yield start, end, PHONE, phone.value


def _emails(text: str) -> Iterator[tuple[int, int, str, str]]:
    floor = 0
    for at in _AT.finditer(text):
        lead = max(floor, at.start() - 64)
        local = _LOCAL.search(text[lead : at.start()])
        domain = _DOMAIN.match(text, at.end())
        if local is None or domain is None:
            continue
        name = local.group().lstrip(".")
        if not name:
            continue
        if domain["name"]:
            host = _HOSTS[domain["name"]]
        else:
            host = re.sub(_DOT, ".", domain["host"])
            host = host.replace("씨오.케이알", "co.kr")
            head, _, last = host.rpartition(".")
            host = f"{head}.{_ENDINGS.get(last, last)}"
        floor = domain.end()
        yield at.start() - len(name), floor, EMAIL, f"{name}@{host}".lower()


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _overlaps(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether [start, end) meets one of the sorted spans that do not overlap each other."""
    index = bisect_right(taken, (start, end))
    return (index > 0 and taken[index - 1][1] > start) or (
        index < len(taken) and taken[index][0] < end
    )
