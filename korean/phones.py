"""Finds Korean telephone numbers of persons in digit chains; leaves public numbers alone.

Public are three-digit services (120, 119, 112), offices with eight digits (1588-0000), freephone
080, and whatever the caller names.  Landlines count as personal, since many citizens still have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from korean.digits import Chain

_AREAS = frozenset(
    f"0{code}" for code in (31, 32, 33, 41, 42, 43, 44, 51, 52, 53, 54, 55, 61, 62, 63, 64)
)
_MOBILE = frozenset({"010", "011", "016", "017", "018", "019"})
_COUNTRY = ("82", "0082", "00282", "00182", "00782")


@dataclass(frozen=True)
class Phone:
    """Digits [first, last) of a chain that are a number; `value` is its national form.

    `usual`: grouped as numbers are, and not merely found among other digits.
    """

    first: int
    last: int
    value: str
    usual: bool


def national_digits(written: str) -> str:
    """The digits of a number as dialled inside Korea: `+82 2-120` becomes `02120`."""
    digits = "".join(character for character in written if character in "0123456789")
    if written.lstrip().startswith("+82") or digits.startswith("0082"):
        return "0" + digits[digits.index("82") + 2 :].removeprefix("0")
    return digits


def find_phones(chain: Chain, *, public: Iterable[str] = ()) -> Iterator[Phone]:
    """The numbers in one chain, from left to right, never overlapping.

    `public` are national digits (see `national_digits`) that stay where they are.
    """
    known = frozenset(public)
    index = 0
    while index + 9 <= len(chain):
        found = _at(chain, index) if chain.begins(index) else None
        if found is None:
            index += 1
            continue
        if found.value not in known:
            yield found
        index = found.last


def explains(chain: Chain, start: int, end: int, in_halves: bool) -> bool:
    """Whether telephone numbers in their usual groups explain the digits [start, end) better.

    One that goes on after them does.  One inside them does too, unless the digits part after the
    sixth as a resident number does (`in_halves`).  A number read out digit by digit does not
    count: it looks like anything.
    """
    goes_on = end < len(chain) and bool(chain.gaps[end])
    for index in range(start, end):
        found = _at(chain, index, strict=True) if chain.begins(index) else None
        if found is not None and (not in_halves or (goes_on and found.last > end)):
            return True
    return False


def _at(chain: Chain, index: int, *, strict: bool = False) -> Phone | None:
    """The number that begins at this digit, written as usual or, unless `strict`, oddly."""
    if chain.digits.startswith("010010", index) and chain.gaps[index + 3]:
        return None  # "010은 010-…": the number begins anew
    readings = [(index, True)]
    for country in _COUNTRY:
        if chain.digits.startswith(country, index):
            first = index + len(country)
            readings.append((first, chain.digits.startswith("0", first)))
    for test in (_is_usual,) if strict else (_is_usual, _is_odd):
        for first, zero in readings:
            start = chain.digits[first : first + 4]
            for length, code in _shapes(start if zero else "0" + start):
                last = first + length - (0 if zero else 1)
                if last > len(chain) or not chain.may_end(last):
                    continue
                parted = chain.breaks(first, last)
                if not zero:  # count as if the zero were there
                    parted = frozenset(k + 1 for k in parted)
                elif first > index:  # +82 (0)10
                    parted -= {1}
                if test(chain, first, last, parted=parted, length=length, code=code):
                    national = chain.digits[first:last]
                    value = national if zero else "0" + national
                    return Phone(index, last, value, test is _is_usual)
    return None


def _shapes(start: str) -> tuple[tuple[int, int], ...]:
    """(length, length of the code) that a number beginning so may have, the likelier first."""
    three = start[:3]
    if three in _MOBILE or three in _AREAS:
        return (11, 3), (10, 3)
    if three == "070":
        return ((11, 3),)
    if three == "050" and len(start) > 3 and start[3] in "2345678":
        return (12, 4), (11, 4)
    if start[:2] == "02" and start[2:3] not in ("0", ""):
        return (10, 2), (9, 2)
    return ()


def _is_usual(
    chain: Chain, first: int, last: int, *, parted: frozenset[int], length: int, code: int
) -> bool:
    """Whether the digits stand in a row, or parted after the code, before the last four, both."""
    if not parted <= {code, length - 4}:
        return False
    # 02-120 is a public service; what follows it after a space is another number.
    before = last - 4
    service = length - 4 - code == 3 and chain.digits[before - 3] == "1" and code in parted
    return not (service and chain.gaps[before].isspace() and "-" in chain.gaps[before - 3])


def _is_odd(
    chain: Chain, first: int, last: int, *, parted: frozenset[int], length: int, code: int
) -> bool:
    """Whether they stand digit by digit, in pairs, are spoken, or a mobile number by itself."""
    # One spoken 이 after figures is no digit but the begin of 이라고.
    spoken = chain.kinds.count("s", first, last)
    if spoken == 1 and chain.kinds[last - 1] == "s" and chain.digits[last - 1] == "2":
        return False
    if len(parted) >= length - 2:
        return True
    if chain.digits.startswith("050", first) and len(parted) <= 3:
        return True  # 050-7192-83948: the code is taken for a mobile's
    mobile = chain.digits.startswith(("010", "10"), first)
    if mobile and parted == frozenset(range(code, length, 2)):
        return True
    if spoken:
        return True
    return code == 3 and length == 11 and chain.is_alone(first, last)
