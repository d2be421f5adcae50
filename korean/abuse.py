"""Tells whether a message is abusive, and whether it says anything else. Pure; refuses nothing.

An attribute beside what the citizen wants: an angry report is a report. A learned score (weights/abuse.bin,
from data/abuse) decides; only where it does is it asked whether anything is left besides the insults.
"""

from __future__ import annotations

import re
from typing import Literal

from korean.normalise import normalise
from korean.text_scores import squeeze, weights

Abuse = Literal["rude", "only"]
# Above this the score means abuse; chosen on lines left out (docs/benchmarks/nlu.md).
THRESHOLD = 0.1
# The kinds of data/abuse/words.txt that are abuse themselves; after them stand anger and politeness.
KINDS = 8
# A longer message is never called nothing but abuse: nobody would read it to the end.
_SHORT = 60
# What may stand between insults and still says nothing.
_FILLER = re.compile(
    "챗봇|로봇|기계|공무원|담당자|진짜|정말|그냥|존나|완전|아니|이거|저거|니들|너희|너네|같은|같네|같다|하네|하지마"
    "|하고|이야|이냐|아니야|이다|들아|들이|들|놈아|년아|놈|년|것|야|아|어|이|그|저|의|도|만|다|네|라|냐|ㅋ|[?]"
)

# How people write a swear word and hope that nobody reads it.
_SHORTHAND = (
    (re.compile("ㄱㅅㄲ|ㄱㅐㅅㅐㄲㅣ"), "개새끼"),
    (re.compile("ㅆ\\W?ㅂ|ㅅ\\W?ㅂ|[시씨]\\d+발|ㅅ1ㅂ"), "씨발"),
    (re.compile("ㅂ\\W?ㅅ|ㅄ|병\\d+신"), "병신"),
    (re.compile("ㅈㄹ"), "지랄"),
    (re.compile("ㅁㅊ"), "미친"),
    (re.compile("ㅈㄴ"), "존나"),
    (re.compile("ㅈ(?=같|까)"), "좆"),
)


def spell_out(text: str) -> str:
    """The text with swear words written out that were shortened to their first letters."""
    for pattern, word in _SHORTHAND:
        text = pattern.sub(word, text)
    return text


def abuse_in(text: str) -> Abuse | None:
    """ "rude" or, where nothing else is said, "only"; None for any other message.

    Raises UnreadableWeights when the weights are missing or damaged.
    """
    if not text:
        return None
    text = spell_out(text)
    scorer = weights("abuse")
    if scorer.score(text) <= THRESHOLD:
        return None
    if len(text) > _SHORT:
        return "rude"
    squeezed = squeeze(normalise(text).text.lower())
    pieces = [
        piece
        for piece, kinds in scorer.concepts.pieces.items()
        if min(kinds) < KINDS and piece in squeezed
    ]
    for piece in sorted(pieces, key=len, reverse=True):
        squeezed = squeezed.replace(piece, " ")
    named = bool(pieces)
    return "only" if named and not _FILLER.sub("", squeezed).strip() else "rude"
