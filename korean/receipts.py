"""Reads the case number and look-up code that a citizen copies from a receipt. Pure; looks nothing up."""

from __future__ import annotations

import re

NUMBER = re.compile(r"(?<!\d)(20\d{2})\s*[-–—]\s*(\d{1,6})(?!\d)")
# Four letters or digits, a dash or a blank, four; with the slips of who types by hand.
_CODE = re.compile(r"(?<![0-9A-Za-z])([0-9A-Za-z]{4})[\s\-–—]?([0-9A-Za-z]{4})(?![0-9A-Za-z])")


def read_number(text: str) -> str | None:
    """The case number as it is kept (2026-000123), or None."""
    found = NUMBER.search(text)
    return f"{found[1]}-{int(found[2]):06d}" if found else None


def read_code(text: str) -> str | None:
    """The look-up code (K7QM-3XW9), looked for beside the case number, or None."""
    found = _CODE.search(NUMBER.sub(" ; ", text))
    return f"{found[1]}-{found[2]}".upper() if found else None


def read_receipt(text: str) -> tuple[str | None, str | None]:
    """Number and code."""
    return read_number(text), read_code(text)
