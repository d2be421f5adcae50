"""Tells cheaply that a regular expression cannot fit a text. Pure; never decides that one does.

Some hundred expressions are tried on every message and almost none fits. From an expression we read
which pieces of text it cannot do without; a text that has none of them need not be searched.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator

_QUANTIFIER = re.compile(r"[?*+]|\{(\d*)(?:,\d*)?\}")
_ESCAPED_CLASSES = "dDwWsSbBAZ"
_Needs = tuple[frozenset[str], ...]


def grams(text: str) -> frozenset[str]:
    """The single characters of a text and its pairs of neighbours."""
    return frozenset(text) | frozenset(map("".join, itertools.pairwise(text)))


def may_fit(expression: str, present: frozenset[str]) -> bool:
    """False when the expression cannot be found in a text with these grams."""
    return not any(needed.isdisjoint(present) for needed in _needs_of(expression))


@functools.lru_cache(maxsize=4096)
def _needs_of(expression: str) -> _Needs:
    """Sets of grams; any text that fits has one of each set. The most telling sets first."""
    needs, end = _alternatives(expression, 0)
    assert end == len(expression), expression
    return _best(needs)


def _best(needs: _Needs) -> _Needs:
    return tuple(sorted(needs, key=lambda need: (-min(map(len, need)), len(need))))[:3]


def _alternatives(expression: str, at: int) -> tuple[_Needs, int]:
    """Read until the group or the expression ends: what every alternative needs."""
    branches: list[_Needs] = []
    while True:
        needs, at = _sequence(expression, at)
        branches.append(_best(needs))
        if at >= len(expression) or expression[at] == ")":
            break
        at += 1  # the bar
    if len(branches) == 1:
        return branches[0], at
    if not all(branches):
        return (), at
    return (frozenset().union(*(branch[0] for branch in branches)),), at


def _sequence(expression: str, at: int) -> tuple[_Needs, int]:
    needs: list[frozenset[str]] = []
    run = ""

    def flush() -> None:
        if len(run) == 1:
            needs.append(frozenset((run,)))
        needs.extend(frozenset((pair,)) for pair in _pairs(run))

    while at < len(expression) and expression[at] not in "|)":
        literal, inner, after = _atom(expression, at)
        quantifier = _QUANTIFIER.match(expression, after)
        at = quantifier.end() if quantifier else after
        optional = quantifier is not None and (quantifier[0] in "?*" or quantifier[1] in ("", "0"))
        if literal and quantifier is None:
            run += literal
            continue
        flush()
        run = ""
        if not optional:
            needs.extend(inner)
            if literal:
                needs.append(frozenset((literal,)))
    flush()
    return tuple(needs), at


def _pairs(run: str) -> Iterator[str]:
    return map("".join, itertools.pairwise(run))


def _atom(expression: str, at: int) -> tuple[str, _Needs, int]:
    """One piece of an expression: its literal character, or what a group needs, and its end."""
    char = expression[at]
    if char == "(":
        start = at + 1
        for opening in ("?:", "?=", "?!", "?<=", "?<!"):
            if expression.startswith(opening, start):
                needs, end = _alternatives(expression, start + len(opening))
                # What stands beside the match may be anything; what must not is no need.
                return "", needs if opening == "?:" else (), end + 1
        needs, end = _alternatives(expression, start)
        return "", needs, end + 1
    if char == "[":
        return "", (), expression.index("]", at + 2) + 1
    if char == "\\":
        escaped = expression[at + 1]
        return "" if escaped in _ESCAPED_CLASSES else escaped, (), at + 2
    return "" if char in ".^$" else char, (), at + 1
