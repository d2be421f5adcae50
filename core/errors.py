"""The three errors of the house. Must not know any vendor's codes: adapters translate those.

``Refused`` is a rule speaking: a citizen may read its text (``city/texts``, key ``refused_<code>``).
``TemporaryFailure`` is worth another try later. ``PermanentFailure`` is not.
"""

from __future__ import annotations


class SotongError(Exception):
    """Base of the three errors; catch one of its children instead."""


class Refused(SotongError):
    """A rule says no. ``code`` names the rule, ``values`` fill the sentence shown to a person."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code if not values else f"{code} {values}")
        self.code = code
        self.values = values


class TemporaryFailure(SotongError):
    """Something outside did not work now; try again after ``retry_after`` seconds (None: our own backoff)."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentFailure(SotongError):
    """Something outside will never work this way. ``code`` is ours, not the vendor's."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
