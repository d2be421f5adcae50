"""Makes one of phrases that belong together: 시청역과 을지로입구역 사이. Must not find a place itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from korean.place_trails import walked

_JOINING = frozenset({"와", "과", "이랑", "랑", "하고", "에서", "에서부터", "부터"})
_BETWEEN = re.compile(r"(?:사이|중간|구간)(?:\s\S{1,6})?$")
_TOWARDS = re.compile(r"(?:방향|방면|쪽)$")
_LONGEST_GAP = 14


def joined(text: str, phrases: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Phrases (start, end, ending) that belong together made one, each with the way on from it."""
    merged: list[tuple[int, int, str]] = []
    for start, end, tail in phrases:
        if merged:
            first, last, particle = merged[-1]
            if _belong(text, (first, last), particle, (start, end)):
                merged[-1] = (first, end, tail)
                continue
        merged.append((start, end, tail))
    return walked(text, merged)


def _belong(text: str, one: tuple[int, int], particle: str, other: tuple[int, int]) -> bool:
    gap = text[one[1] : other[0]]
    if not gap.startswith(particle) or "\n" in gap or len(gap) > _LONGEST_GAP:
        return False
    between = gap[len(particle) :].strip(" \t")
    if particle[:1] == "에" and between in ("있는", "위치한", "있던"):
        return True
    if not particle and between == "(" and gap.strip() == "(":
        return True
    if particle not in _JOINING or between:
        return False
    said = [text[start:end] for start, end in (one, other)]
    if _BETWEEN.search(said[1]):
        return True
    # 강남역에서 역삼역 방향 is one place; 석계역 쪽에서 월계역 쪽 names two.
    return _TOWARDS.search(said[1]) is not None and _TOWARDS.search(said[0]) is None
