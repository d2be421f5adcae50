"""Groups training lines that come from one template, so that folds never part them. Pure; no files.

A family is what lines of one intent share once the words that fill a template's gaps are left out.
The same lines always give the same families.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu.components.features import morphemes, plain

# Two lines are kin when their letters are as like as this (cosine of n-grams of two to four letters): the
# same words with other endings, without spaces, with a greeting before. A shared topic alone gives less.
ALIKE = 0.55
GAP = "_"
# Shorter frames ("_ 이요") say how a language answers, not which template wrote it; likeness decides there.
LEAST = 4
_FILLS = frozenset({"NN", "NR", "NP", "SN", "SL", "XS", "XP", "XR", "MM", "IC"})


def families(texts: Sequence[str], intents: Sequence[str]) -> list[int]:
    """The number of each line's family; families never reach across two intents."""
    kin = _Kin(len(texts))
    of_intent: dict[str, list[int]] = defaultdict(list)
    for number, intent in enumerate(intents):
        of_intent[intent].append(number)
    for numbers in of_intent.values():
        _join_skeletons(kin, numbers, texts)
        _join_alike(kin, numbers, texts)
    names: dict[int, int] = {}
    return [names.setdefault(kin.root(number), len(names)) for number in range(len(texts))]


def skeleton(text: str) -> str:
    """The frame of a line: one gap for each run of nouns, numbers and asides; a verb's noun stays.

    "가로등이 꺼졌어요" is "_ 이/J 꺼지/V 었/E 어요/E",
    "축제 알림 해지해 주세요" is "_ 해지/N 어/E 주/V 세요/E".
    """
    found = [m for m in morphemes(text) if m.tag[:2] in _FILLS or not m.tag.startswith("S")]
    parts: list[str] = []
    for at, morpheme in enumerate(found):
        acts = at + 1 < len(found) and found[at + 1].tag in ("XSV", "XSA")
        if morpheme.tag in ("XSV", "XSA") and parts[-1:] not in ([], [GAP]):
            continue
        part = (
            GAP if morpheme.tag[:2] in _FILLS and not acts else f"{morpheme.form}/{morpheme.tag[0]}"
        )
        if part != GAP or parts[-1:] != [GAP]:
            parts.append(part)
    return " ".join(parts)


def _join_skeletons(kin: _Kin, numbers: Sequence[int], texts: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for number in numbers:
        bones = skeleton(texts[number])
        if bones.count(" ") >= LEAST - 1:
            kin.join(first.setdefault(bones, number), number)


def _join_alike(kin: _Kin, numbers: Sequence[int], texts: Sequence[str]) -> None:
    grams = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True, lowercase=False)
    try:
        # Without spaces: half of a template's lines leave them out.
        rows = grams.fit_transform([plain(texts[n]).replace(" ", "") for n in numbers])
    except ValueError:
        return
    near = (rows @ rows.T).tocoo()
    chosen = near.data >= ALIKE
    for one, other in zip(near.row[chosen], near.col[chosen], strict=True):
        kin.join(numbers[int(one)], numbers[int(other)])


class _Kin:
    """Who belongs together (union-find)."""

    def __init__(self, size: int) -> None:
        self._above = np.arange(size)

    def root(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = int(self._above[number])
        return number

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self._above[max(one, other)] = min(one, other)
