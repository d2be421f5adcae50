"""Finds a number that was written in two messages (900101, then 1234567); stores nothing.

Texts are read as one, with a line break between.  Only what counts as one number across that break,
or what the words before it make one, is told; what a message holds by itself `redact` finds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from korean.digits import find_chains
from korean.findings import (
    BANK_ACCOUNT,
    CARD,
    DRIVER_LICENSE,
    FOREIGNER_NUMBER,
    NOTICES,
    PASSPORT,
    PHONE,
    RESIDENT_NUMBER,
)
from korean.normalise import normalise
from korean.redact import Span, redact

# How much of each message is looked at: the end of the earlier ones, the beginning of the last.
_REACH = 80
_ACROSS = frozenset(
    {RESIDENT_NUMBER, FOREIGNER_NUMBER, DRIVER_LICENSE, PASSPORT, PHONE, CARD, BANK_ACCOUNT}
)
_SHORTEST = 3
_FIRST_HALF = re.compile(
    r"[\s(]*(?:(?:제|내)?\s?(?:주민|민증|외국인|등록|앞\s?자리|앞\s?번호|주민\s?번호|주민등록번호)[^0-9]{0,12})?"
    r"(?:[0-9][\s.\-]?){6}(?:이고요?|이요|이에요|입니다|이구요|요|[-–~]|\s)*$"
)


@dataclass(frozen=True)
class Split:
    """One number over several texts: `parts[i]` is its piece of text `i` as (start, end), or None."""

    kind: str
    value: str
    score: float
    parts: tuple[tuple[int, int] | None, ...]

    def last(self) -> Span:
        """The piece in the last text."""
        piece = self.parts[-1]
        assert piece is not None
        return Span(*piece, self.kind, self.value, self.score)


def may_be_first_half(text: str) -> bool:
    """Whether a whole message is six digits of a date and no more, so that the rest may follow."""
    if _FIRST_HALF.match(text := normalise(text).text.strip()):
        return True
    chains = list(find_chains(text, shortest=_SHORTEST))
    if len(chains) != 1 or len(chains[0]) != 6 or len(text) > 24:
        return False
    return chains[0].ends[-1] >= len(text) - 4 and "s" in chains[0].kinds


def find_splits(
    texts: Sequence[str], *, public_numbers: Collection[str] = frozenset()
) -> list[Split]:
    """Numbers that the last text completes; `texts` are a citizen's messages, oldest first."""
    if len(texts) < 2 or not _begins_with_digits(texts[-1]):
        return []
    starts, ends = [], []
    whole = ""
    for number, text in enumerate(texts):
        last = number == len(texts) - 1
        cut = 0 if last else max(0, len(text) - _REACH)
        whole += "\n" if number else ""
        starts.append(len(whole) - cut)
        whole += text[:_REACH] if last else text[cut:]
        ends.append(len(whole))
    alone = {
        (span.start, span.end) for span in redact(texts[-1], public_numbers=public_numbers).spans
    }
    splits = []
    for span in redact(whole, public_numbers=public_numbers).spans:
        parts = tuple(
            _piece(span, start=starts[n], end=ends[n], text=texts[n], whole=whole)
            for n in range(len(texts))
        )
        piece = parts[-1]
        if piece is None or span.kind not in _ACROSS:
            continue
        across = any(part is not None for part in parts[:-1])
        if not across and any(a < piece[1] and piece[0] < b for a, b in alone):
            continue
        if across and span.kind in (PHONE, BANK_ACCOUNT) and not span.value.startswith("01"):
            continue
        if across or span.kind in NOTICES or span.kind == BANK_ACCOUNT:
            splits.append(Split(span.kind, span.value, span.score, parts))
    return splits


def _piece(span: Span, *, start: int, end: int, text: str, whole: str) -> tuple[int, int] | None:
    """The part of a span that lies in the text which begins at `start` of the whole."""
    first, last = max(span.start, start, 0), min(span.end, end)
    if first >= last or not whole[first:last].strip():
        return None
    return first - start, last - start


def _begins_with_digits(text: str) -> bool:
    head = normalise(text[:_REACH]).text
    chain = next(iter(find_chains(head, shortest=_SHORTEST)), None)
    return chain is not None and chain.starts[0] <= 24
