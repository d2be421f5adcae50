"""Reads the numbers of published tables exactly; must never round, and never take a blank for nothing.

A value inside is a whole number: won, persons, or millionths of a per cent, so that one column holds and
orders them all.
"""

from __future__ import annotations

import re
from decimal import Decimal

WON = "원"
PER_CENT = "%"
PERSONS = "명"
# What a table may count in → what we count in, how many of those it is.
UNITS = {
    "원": (WON, 1),
    "천원": (WON, 10**3),
    "만원": (WON, 10**4),
    "백만원": (WON, 10**6),
    "억원": (WON, 10**8),
    "십억원": (WON, 10**9),
    "조원": (WON, 10**12),
    "명": (PERSONS, 1),
    "천명": (PERSONS, 10**3),
    "%": (PER_CENT, 10**6),
}
RATIO_DIGITS = 6
LARGEST = 9 * 10**18
# A bar or a dot that stands for "nothing to say".
BLANKS = frozenset({"", "-", "–", "―", "·", "…", "n/a", "N/A"})
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_MINUS = str.maketrans({"△": "-", "▲": "-", "▽": "-", "−": "-", "－": "-"})


class NotANumber(ValueError):
    """What stands there is no number, or none that the unit can hold."""


def canonical(unit: str) -> str:
    """What a unit of a table is counted in here: 원, 명 or %."""
    return UNITS[unit][0]


def read_number(text: str, factor: int, *, ratio: bool) -> tuple[int, int] | None:
    """The value and how many decimals were written; None where the cell says nothing.

    Raises NotANumber: letters, a fraction of a won, more than six decimals of a per cent.
    """
    try:
        # Nearly every cell is a plain whole number, and there are millions.
        value = int(text) if text.isascii() and "_" not in text else None
    except ValueError:
        value = None
    if value is not None:
        digits = 0
        value *= factor
    else:
        clean = text.translate(_MINUS).replace(" ", "").strip()
        if clean in BLANKS:
            return None
        if ratio and clean.endswith("%"):
            clean = clean[:-1]
        if not _NUMBER.fullmatch(clean):
            raise NotANumber("is not a number")
        number = Decimal(clean.replace(",", ""))
        exponent = number.as_tuple().exponent
        digits = max(0, -exponent) if isinstance(exponent, int) else 0
        exact = number * factor
        if exact != exact.to_integral_value():
            raise NotANumber("has more decimals than can be kept")
        value = int(exact)
    if not -LARGEST < value < LARGEST:
        raise NotANumber("is too large")
    return value, digits


def ratio_of(value: int) -> Decimal:
    """A stored ratio as the per cent it is."""
    return Decimal(value).scaleb(-RATIO_DIGITS)
