"""Turns a Korean message into strings for n-gram features. Pure; learns nothing.

Syllables carry words, jamo carry what is left of a word after a typo or an ending: "고장났어요" and
"고장났슈" share most of their letters.
"""

from __future__ import annotations

import re
import unicodedata

TOKEN = re.compile(r"⟦[^⟦⟧]*⟧")
DIGITS = re.compile(r"\d+")
SPACES = re.compile(r"\s+")
REPEATED = re.compile(r"(.)\1{2,}")


def plain(text: str) -> str:
    """Lower case, one space, digits as 0, personal-data tokens as ⟦⟧, at most two repeats."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = TOKEN.sub("⟦⟧", text)
    text = DIGITS.sub("0", text)
    text = REPEATED.sub(r"\1\1", text)
    return SPACES.sub(" ", text).strip()


def jamo(text: str) -> str:
    """The same text as single letters (초성, 중성, 종성)."""
    return unicodedata.normalize("NFD", plain(text))
