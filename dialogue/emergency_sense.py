"""Decides whether a message is an emergency, by the rules and a learned score together. No Rasa, no network.

The rules say which emergency it is. The score (korean/text_scores.py) finds what no rule foresaw and
keeps rules quiet that only fit by chance ("아들 입학 통지서가 안 와요" is no missing child).
"""

from __future__ import annotations

import logging

from core.city import City, EmergencyRule
from dialogue.emergency import recognise
from korean.text_scores import UnreadableWeights, weights

log = logging.getLogger(__name__)


def sense_emergency(text: str, city: City) -> EmergencyRule | None:
    """The emergency that a message tells of, None for any other message."""
    if not text:
        return None
    rule = recognise(text, city.emergency)
    scoring = city.emergency_scoring
    if scoring is None or (rule is not None and rule.by_rule_alone):
        return rule
    score = _score(text)
    if score is None:
        return rule
    if rule is not None and score > scoring.with_rule:
        return rule
    return scoring.unknown if score > scoring.alone else None


def _score(text: str) -> float | None:
    try:
        return weights("emergency").score(text)
    except UnreadableWeights as error:
        # A message must be kept whatever is missing here; then the rules decide alone.
        log.error("emergencies are found by rule alone: %s", error)
        return None
