"""What core needs from outside, as protocols; ``app`` fills them. Must hold no implementation.

A channel's sender turns one delivery into one call of its provider.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from core.deliveries import Outgoing


class Now(Protocol):
    """A source of the present moment, aware and in UTC."""

    def __call__(self) -> datetime:
        """Now."""
        ...


class Sender(Protocol):
    """One way out to citizens.

    ``idempotent``: sending the same delivery twice does no harm, so a lost answer may be retried.
    Where it is False a lost answer becomes ``unsure`` and must be looked up first.
    """

    @property
    def channel(self) -> str:
        """The channel's name, as in ``conversation.channel``."""
        ...

    @property
    def idempotent(self) -> bool:
        """Whether sending twice does no harm."""
        ...

    def send(self, outgoing: Outgoing) -> str | None:
        """Send it and return the provider's id. Raises TemporaryFailure or PermanentFailure."""
        ...
