"""Turns a Korean message into strings for n-gram features. Learns nothing.

Syllables carry words, jamo carry what is left of a word after a typo or an ending: "고장났어요" and
"고장났슈" share most of their letters.
"""

from __future__ import annotations

import re
import unicodedata

from nlu.language import Morpheme, reader

TOKEN = re.compile(r"⟦([^⟦⟧\d]*)\d*⟧")
# A phone number or an address is an answer by itself and keeps its sign.  All other tokens stand where
# the training data have ordinary words, and must not make a report look like a contact.
ORDINARY = {
    "이름": "시민",
    "동호": "101동 101호",
    "차량": "차",
    "계좌": "계좌",
    "카드": "카드",
    "사업자": "사업자",
}
NOTICE = re.compile(r"\[(?:주민등록|외국인등록|여권|운전면허)번호 삭제\]")
# Where a message was not redacted (in a measurement) a number or an address is the same answer.
CONTACT = re.compile(r"01\d-?\d{3,4}-?\d{4}(?!\d)|[\w.+-]+@[\w-]+\.[\w.]+", re.ASCII)
DIGITS = re.compile(r"\d+")
SPACES = re.compile(r"\s+")
REPEATED = re.compile(r"(.)\1{2,}")


def plain(text: str) -> str:
    """Lower case, one space, digits as 0, contact tokens as ⟦⟧, at most two repeats."""
    text = readable(unicodedata.normalize("NFKC", text).lower())
    text = DIGITS.sub("0", text)
    text = REPEATED.sub(r"\1\1", text)
    return SPACES.sub(" ", text).strip()


def readable(text: str) -> str:
    """The text with ordinary words where personal data were taken out."""
    text = CONTACT.sub("⟦⟧", NOTICE.sub(" ", text))
    return TOKEN.sub(lambda token: ORDINARY.get(token[1], "⟦⟧"), text)


def morphemes(text: str) -> tuple[Morpheme, ...]:
    """Morphemes of the readable text; needs Kiwi, which the first call loads."""
    return reader().morphemes(readable(text))


def morpheme_terms(text: str) -> list[str]:
    """Morphemes, pairs of neighbours, and pairs of words with up to two others between them."""
    found = morphemes(text)
    names = [morpheme.name for morpheme in found]
    words = [morpheme.name for morpheme in found if morpheme.has_meaning]
    terms = [f"1{name}" for name in names]
    terms += [f"2{one} {two}" for one, two in zip(["^", *names], [*names, "$"], strict=True)]
    terms += [f"s{one} {two}" for at, one in enumerate(words) for two in words[at + 1 : at + 4]]
    return terms


def jamo_run_together(text: str) -> str:
    """The letters without spaces: they are the same for those who never touch the space bar."""
    return jamo(text).replace(" ", "")


def jamo(text: str) -> str:
    """The same text as single letters (초성, 중성, 종성)."""
    return unicodedata.normalize("NFD", plain(text))
