"""From where somebody acts, for the audit log's lines. Must load nothing: every command imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SYSTEM = "system"
LONGEST_PLACE = 80
_PLACE: ContextVar[str] = ContextVar("acting_place", default=SYSTEM)


@contextmanager
def acting_from(place: str) -> Iterator[None]:
    """Inside, audit lines say that they come from ``place``: an address, "cli…"; else it is "system"."""
    plain = "".join(letter for letter in place if letter.isascii() and letter.isprintable())
    before = _PLACE.set(plain.strip()[:LONGEST_PLACE] or SYSTEM)
    try:
        yield
    finally:
        _PLACE.reset(before)


def acting_place() -> str:
    """Where whoever acts now is."""
    return _PLACE.get()
