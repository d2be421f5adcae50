"""Reads how to walk on from a place: 5번 출구 나와서 약국 있는 골목. Must not find a place itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from korean.place_parts import landmark_kind

_TRAIL = re.compile(
    r"(?:에서|에|으?로|을|를)?"
    r"(?:\s*(?:나와서?|나와가지고|나오면|나오자마자|내려서|내리면|지나서?|지나면|건너서?|건너면|돌아서|돌면))?"
    r"(?:\s+(?:바로|왼쪽|오른쪽|좌측|우측)(?:에|으로)?)?"
    r"\s+(?P<middle>(?:[가-힣0-9]{2,10}\s+){0,2}?)"
    r"(?P<verb>가는|오는|있는|들어가는|올라가는|내려가는|나가는)\s?"
    r"(?P<spot>골목길|골목|길목|길|방향|쪽|데|곳|입구|언덕|계단)"
)
# A middle word with one of these is a clause of its own: 쓰레기가 쌓여 있는 곳.
# 5번 출구 나와서 오른쪽 골목.
_TURN = re.compile(
    r"(?:에서|으?로)?\s*(?:나와서?|나와가지고|나오면|내려서|내리면|건너서?|건너면)\s+(?:바로\s)?(?:왼쪽|오른쪽|좌측|우측)\s(?:첫\s?번째\s)?골목(?:길|안)?"
)
_CLAUSE = re.compile(r"(?:[이가을를은는도여어아고며서]|많이|계속|[았었했]던)$")
_AFTER = re.compile(r"(?:[\s.,!?~]|이|예|에|입|인|요|라|앞|옆|쪽|아|은|는|도|$)")


def trail_end(text: str, end: int) -> int:
    """Where the way on from a place that ends at ``end`` is over; ``end`` when there is none."""
    turn = _TURN.match(text, end)
    if turn is not None:
        return turn.end()
    found = _TRAIL.match(text, end)
    if found is None or not _AFTER.match(text, found.end()):
        return end
    middle = found["middle"].split()
    if re.match(r"\s*(?:이|가)?\s*어디", text[found.end() :]):
        return end  # it is the way that is asked for
    if any(_CLAUSE.search(word) for word in middle):
        return end
    # What is somewhere must be a kind of place: 약국 있는 골목, not 쓰레기 있는 곳.
    if found["verb"] == "있는" and not (middle and landmark_kind(middle[-1])):
        return end
    return found.end() if middle or found["spot"] not in ("데", "곳") else end


def walked(text: str, phrases: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Each phrase with the way on from it; a phrase inside that way is no other place."""
    walked: list[tuple[int, int]] = []
    for start, end, _ in phrases:
        if not walked or start >= walked[-1][1]:
            walked.append((start, trail_end(text, end)))
    return walked
