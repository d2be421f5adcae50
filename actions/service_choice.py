"""Chooses the kind of service from what the classifier heard and what the keywords say. Pure.

Must not ask: a doubtful choice becomes guesses, which the form offers. Without the classifier's word
(a part of a message, an older model, Rasa without the component) the keywords decide alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.city import City
from core.routing import clear_service, guess_services

OTHER = "other"
MOST_GUESSES = 4
# A keyword guess that is this much weaker than the best one is not offered.
FAR_BEHIND = 0.15
# What evidence of keywords (0 to 1) is worth beside a probability; fitted with the lines of
# data/nlu/services_*.yml that the classifier did not see (docs/benchmarks/nlu.md).
KEYWORD_WEIGHT = 8.0
# A kind that the classifier did not name among its best.
UNNAMED = 1e-3
# From here on the form does not ask: nine of ten such choices are right.
SURE = 0.7
# Kinds less likely than this are not offered, and where none reaches it a person sorts the report out.
WORTH_OFFERING = 0.12


@dataclass(frozen=True)
class Heard:
    """What the classifier says of one kind; ``words`` are of its training data, so no personal data."""

    code: str
    confidence: float
    words: tuple[str, ...] = ()

    @staticmethod
    def parse(rows: Any) -> tuple[Heard, ...]:
        """Rasa's `services` of a message; what is not of this form counts as nothing heard."""
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            return ()
        heard = []
        for row in rows:
            if not isinstance(row, Mapping) or not row.get("code"):
                continue
            confidence = row.get("confidence")
            if isinstance(confidence, int | float) and 0 <= confidence <= 1:
                words = tuple(str(word) for word in row.get("words") or ())
                heard.append(Heard(str(row["code"]), float(confidence), words))
        return tuple(heard)

    def to_slot(self) -> dict[str, Any]:
        """The other form of a row that ``parse`` reads, JSON-ready."""
        return {"code": self.code, "confidence": self.confidence, "words": list(self.words)}


@dataclass(frozen=True)
class Choice:
    """A kind that is sure, or guesses to offer; ``why`` is given where the classifier had a say."""

    code: str | None
    guesses: tuple[str, ...] = ()
    why: Heard | None = None


def choose_service(city: City, text: str, heard: Sequence[Heard] = ()) -> Choice:
    """The kind of service of a complaint, or the kinds to offer. Nothing known: the catch-all one."""
    heard = [each for each in heard if city.has_service(each.code)]
    if not heard:
        return _by_keywords(city, text)
    likely = _together(city, text, heard)
    best = likely[0]
    if best.confidence >= SURE:
        return Choice(best.code, why=best)
    offered = [each.code for each in likely if each.confidence >= WORTH_OFFERING]
    if not offered:
        return Choice(OTHER)
    return Choice(None, tuple(offered[:MOST_GUESSES]))


def _together(city: City, text: str, heard: Sequence[Heard]) -> list[Heard]:
    """Probabilities of both, the surest first; kinds that neither names are left out."""
    keywords = {guess.code: guess.score for guess in guess_services(city, text)}
    words = {each.code: each.words for each in heard}
    prior = dict.fromkeys(keywords, UNNAMED) | {
        each.code: max(each.confidence, UNNAMED) for each in heard
    }
    odds = {
        code: chance * math.exp(KEYWORD_WEIGHT * keywords.get(code, 0.0))
        for code, chance in prior.items()
    }
    whole = sum(odds.values())
    ranked = sorted(odds, key=lambda code: -odds[code])
    return [Heard(code, round(odds[code] / whole, 4), words.get(code, ())) for code in ranked]


def _by_keywords(city: City, text: str) -> Choice:
    guesses = guess_services(city, text)
    if not guesses:
        # Nobody should have to pick from sixty kinds: a person sorts out what no keyword knows.
        return Choice(OTHER)
    clear = clear_service(city, text)
    if clear is not None:
        return Choice(clear)
    near = [guess.code for guess in guesses if guesses[0].score - guess.score <= FAR_BEHIND]
    return Choice(None, tuple(near[:MOST_GUESSES]))
