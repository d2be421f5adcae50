"""Finds the links in a text that X will shorten, by twitter-text's grammar. Pure; must not count weights.

A port of the URL grammar of twitter-text 3 (Apache-2.0, Copyright Twitter, Inc.). Domains are those of
``x_domains.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LONGEST_LINK = 4096
_LONGEST_SLUG = 40
# Before the name itself. Real ones have a few; without an end a row of dots would cost its square.
_MOST_LABELS = 8
# With its protocol; a label has at most 63 letters.
_LONGEST_DOMAIN = 650
_MARKERS = "\u202a-\u202e\u061c\u200e\u200f\u2066\u2067\u2068\u2069"
_INVALID = "\ufffe\ufeff\uffff"
_SPACES = "\\x09-\\x0d\\x20\\x85\\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_PUNCTUATION = r"\!'#%&'\(\)*\+,\\\-\.\/:;<=>\?@\[\]\^_{|}~\$/"
_LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263"
    "\u0268\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"
_QUERY = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]"
_QUERY_END = r"[a-z0-9\-_&=#/]"
_IN_PATH = rf"[a-z{_CYRILLIC}0-9!\*';:=\+,\.\$\/%#\[\]\-\u2013_~@\|&{_LATIN}]"
# One nested level of balanced parentheses.
_PARENTHESES = rf"\((?:{_IN_PATH}+|(?:{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*))\)"
_PATH_END = rf"[\+\-a-z{_CYRILLIC}0-9=_#\/{_LATIN}]|(?:{_PARENTHESES})"
_PATH = rf"(?:(?:{_IN_PATH}*(?:{_PARENTHESES}{_IN_PATH}*)*(?:{_PATH_END}))|(?:@{_IN_PATH}+/))"
_SHORT = re.compile(rf"^https?:\/\/t\.co\/([a-z0-9]+)(?:\?{_QUERY}*{_QUERY_END})?", re.IGNORECASE)
_NO_LINK_AFTER = re.compile(r"[-_./]$")
_RUN = re.compile(rf"[^{_SPACES}]+")
_LETTER = rf"[^{_PUNCTUATION}{_SPACES}{_INVALID}{_MARKERS}]"


def links_in(text: str) -> Iterator[tuple[int, int]]:
    """Where each link begins and ends, in order. ``text`` is in NFC."""
    for run in _RUN.finditer(text):
        for begin, end in _in_run(run.group()):
            yield run.start() + begin, run.start() + end


def _in_run(run: str) -> Iterator[tuple[int, int]]:
    for found in _candidates(run):
        before, url, protocol, domain, path = found.group(1, 2, 3, 4, 6)
        end = found.end()
        begin = end - len(url)
        if not _is_resolvable(url, protocol or "https://", domain):
            continue
        if protocol is not None:
            short = _SHORT.search(url)
            if short is None:
                yield begin, end
            elif len(short.group(1)) <= _LONGEST_SLUG:
                yield begin, begin + short.end()
            continue
        if _NO_LINK_AFTER.search(before):
            continue
        # Without a protocol only the Latin part of a domain is a link.
        parts = [
            (begin + each.start(), begin + each.end()) for each in _grammar().latin.finditer(domain)
        ]
        if parts and path:
            parts[-1] = (parts[-1][0], end)
        yield from parts


def _candidates(run: str) -> Iterator[re.Match[str]]:
    """What reads like a link, from the left; only where a domain ends is looked for its beginning."""
    grammar, at = _grammar(), 0
    for top in grammar.top.finditer(run):
        begin, least = top.start(), max(top.start() - _LONGEST_DOMAIN, 0)
        for _ in range(_MOST_LABELS + 2):
            begin = max(run.rfind(".", least, begin), least)
        for start in range(max(begin, at), top.start()):
            found = grammar.link.match(run, start)
            if found is not None:
                at = found.end()
                yield found
                break


def _is_resolvable(url: str, protocol: str, domain: str) -> bool:
    try:
        coded = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return bool(coded) and len(protocol) + len(url) + len(coded) - len(domain) <= LONGEST_LINK


@dataclass(frozen=True)
class _Grammar:
    link: re.Pattern[str]
    # A domain of Latin letters; the end of any domain.
    latin: re.Pattern[str]
    top: re.Pattern[str]


@cache
def _grammar() -> _Grammar:
    file = Path(__file__).with_name("x_domains.txt")
    names = [line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    top = rf"(?:(?:{known})(?=[^0-9a-zA-Z@+-]|$)|(?:xn--[\-0-9a-z]+))"
    sub = rf"(?:(?:{_LETTER}(?:[_-]|{_LETTER})*)?{_LETTER}\.)"
    name = rf"(?:(?:{_LETTER}(?:-|{_LETTER})*)?{_LETTER}\.)"
    domain = rf"(?:{sub}{{0,{_MOST_LABELS}}}{name}{top})"
    link = re.compile(
        rf"((?:[^A-Za-z0-9@\uff20$#\uff03{_INVALID}]|[{_MARKERS}]|^))"
        rf"((https?:\/\/)?({domain})(?::([0-9]+))?(\/{_PATH}*)?(?:\?{_QUERY}*{_QUERY_END})?)",
        re.IGNORECASE,
    )
    return _Grammar(
        link,
        latin=re.compile(rf"(?:[\-a-z0-9{_LATIN}]+\.)+{top}", re.IGNORECASE),
        top=re.compile(rf"\.{top}", re.IGNORECASE),
    )
