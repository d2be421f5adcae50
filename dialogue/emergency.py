"""Recognises an emergency in a citizen's words by rule. Pure: no model, no I/O, works without Rasa.

The rules are the city's data (city/emergency.yml). People in danger write without blanks and with
typing errors, so text and rules are both folded: blanks and signs go, and spellings that sound
alike become one (났/낫, 새/세, 졌/젔). A rule's exclusions take out a sentence, not the message:
"소방서 어디예요? 지금 불났어요" is still a fire.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from core.city import EmergencyPattern, EmergencyRule
from dialogue.emergency_filter import grams, may_fit
from korean.normalise import normalise
from korean.sounds import fold_syllable

# The end of a sentence: a sign, a line, or a final ending with a blank behind it.
_SENTENCE_END = re.compile(
    r"[.!?…。~\n\r;]+|(?<=[요까죠])\s+|(?<=니다)\s+|(?<=[었았했였겠있없]다)\s+"
)
# Of a very long text the begin and the end are read: people put the urgent thing there.
_MAX_HEAD, _MAX_TAIL = 2000, 500
_LAUGH = "ㅋㅋ"
# Polite forms of the same verb: 쓰러지셨다 is 쓰러졌다, 누워 계신 is 누워 있는.
_POLITE = (
    ("지셨", "졌"), ("하셨", "했"), ("되셨", "됐"), ("으셨", "었"), ("나셨", "났"), ("가셨", "갔"),
    ("오셨", "왔"), ("계세", "있"), ("계시", "있"), ("계신", "있"), ("계셔", "있"), ("계십", "있"),
)  # fmt: skip


def recognise(text: str, rules: Sequence[EmergencyRule]) -> EmergencyRule | None:
    """The first rule that fits the text, else None. Rules stand in the order of urgency."""
    sentences = _sentences(text)
    if not sentences:
        return None
    whole = "\n".join(sentences)
    present = grams(whole)
    for rule in rules:
        # Nearly always no pattern is found at all; only then is it worth looking at exclusions.
        found = [pattern for pattern in rule.patterns if _found(pattern, whole, present)]
        if not found:
            continue
        kept = _without(sentences, rule.none_of)
        if kept and any(_fits(pattern, kept) for pattern in found):
            return rule
    return None


def fold(text: str) -> str:
    """One spelling for syllables that sound alike and for polite forms; the rest stays."""
    for polite, plain in _POLITE:
        text = text.replace(polite, plain)
    return "".join(map(fold_syllable, text))


def _sentences(text: str) -> tuple[str, ...]:
    if len(text) > _MAX_HEAD + _MAX_TAIL:
        text = text[:_MAX_HEAD] + "\n" + text[-_MAX_TAIL:]
    plain = normalise(text).text.lower()
    parts = [part for part in map(_squeeze, _SENTENCE_END.split(plain)) if part]
    if parts and parts[-1].endswith(_LAUGH):
        # Who laughs at the end laughs about all of it: "살려주세요 민원이 안 끝나요 ㅋㅋㅋ".
        parts = [part if part.endswith(_LAUGH) else part + _LAUGH for part in parts]
    return tuple(parts)


def _squeeze(sentence: str) -> str:
    """Letters and digits only; single jamo (ㅠㅠ) go, but ㅋ stays: it marks a joke."""
    kept = [
        char
        for char in sentence
        if char == "ㅋ" or (char.isalnum() and not "\u3131" <= char <= "\u318e")
    ]
    return fold("".join(kept))


def _without(sentences: Iterable[str], expressions: Sequence[str]) -> tuple[str, ...]:
    if not expressions:
        return tuple(sentences)
    return tuple(
        sentence
        for sentence in sentences
        if not any(_compiled(expression).search(sentence) for expression in expressions)
    )


def _found(pattern: EmergencyPattern, text: str, present: frozenset[str]) -> bool:
    parts = [_compiled(part) for part in pattern.all_of]
    return all(may_fit(part.pattern, present) for part in parts) and all(
        part.search(text) for part in parts
    )


def _fits(pattern: EmergencyPattern, sentences: tuple[str, ...]) -> bool:
    # A newline between sentences: "." never crosses it, so one expression stays in one sentence
    # while the expressions of a pattern may stand in different ones.
    text = "\n".join(_without(sentences, pattern.none_of))
    return bool(text) and all(_compiled(part).search(text) for part in pattern.all_of)


@functools.lru_cache(maxsize=4096)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(fold(expression), re.MULTILINE)
