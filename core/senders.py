"""What a sender shares that stands before another one. Must not send anything by itself."""

from __future__ import annotations

from core.deliveries import Outgoing
from core.pacing import Pace
from core.ports import Sender, Sent


class SenderBefore:
    """All as the other does it; who derives from it changes ``send``."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def channel(self) -> str:
        """The other's."""
        return self._sender.channel

    @property
    def pace(self) -> Pace | None:
        """The other's."""
        return self._sender.pace

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """The other's."""
        return self._sender.may_repeat(outgoing)

    def send(self, outgoing: Outgoing) -> Sent:
        """The other's."""
        return self._sender.send(outgoing)
