"""What the door says to a channel of a message that it has kept. Must hold no behaviour."""

from __future__ import annotations

from typing import Protocol


class ReceivedTurn(Protocol):
    """What the door says of a message that it has kept."""

    @property
    def turn_id(self) -> int:
        """The turn that keeps the message."""
        ...

    @property
    def conversation_id(self) -> int:
        """The conversation it belongs to."""
        ...

    @property
    def duplicate(self) -> bool:
        """Whether the same message had come before."""
        ...
