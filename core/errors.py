"""The three errors of the house. Must not know any vendor's codes: adapters translate those.

``Refused`` is a rule speaking: a citizen may read its text (``city/texts``, key ``refused_<code>``).
``TemporaryFailure`` is worth another try later. ``PermanentFailure`` is not. Their children at the end
say more where the sender of a message must know more.
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


class RateLimited(TemporaryFailure):
    """The provider says that we are too fast; ``retry_after`` is its own word and is obeyed."""


class ProviderAway(TemporaryFailure):
    """Nothing reaches the provider just now, whatever it is: the cause is not this message or file."""


class AnswerLost(TemporaryFailure):
    """Nobody knows whether it was done: the answer did not come back.

    ``troubled``: the other side answered that it has trouble of its own, so most likely it was not.
    """

    def __init__(self, message: str, *, troubled: bool = False) -> None:
        super().__init__(message)
        self.troubled = troubled


class AddressChanged(TemporaryFailure):
    """The same chat is reached under another address from now on."""

    def __init__(self, new_address: str) -> None:
        super().__init__("the chat has a new address")
        self.new_address = new_address


class ChannelClosed(PermanentFailure):
    """Nothing can be sent to this address any more: blocked, gone or never there (``code``)."""


class LeaseLost(TemporaryFailure):
    """Somebody else has the right by now to do what we were doing: our result must not count."""
