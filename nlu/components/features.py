"""Turns a Korean message into strings for n-gram features. Pure; learns nothing.

Syllables carry words, jamo carry what is left of a word after a typo or an ending: "고장났어요" and
"고장났슈" share most of their letters.
"""

from __future__ import annotations

import re
import unicodedata

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
DIGITS = re.compile(r"\d+")
SPACES = re.compile(r"\s+")
REPEATED = re.compile(r"(.)\1{2,}")


def plain(text: str) -> str:
    """Lower case, one space, digits as 0, contact tokens as ⟦⟧, at most two repeats."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = NOTICE.sub(" ", text)
    text = TOKEN.sub(lambda token: ORDINARY.get(token[1], "⟦⟧"), text)
    text = DIGITS.sub("0", text)
    text = REPEATED.sub(r"\1\1", text)
    return SPACES.sub(" ", text).strip()


def jamo(text: str) -> str:
    """The same text as single letters (초성, 중성, 종성)."""
    return unicodedata.normalize("NFD", plain(text))
