"""A channel's sender that tells what became of each message. Must not change what is sent or raised."""

from __future__ import annotations

from dataclasses import replace

from core.deliveries import Outgoing
from core.errors import AnswerLost, PermanentFailure, RateLimited, TemporaryFailure
from core.ports import Channel, Sender, Sent
from core.senders import SenderBefore
from core.telemetry import Telemetry


class WatchedSender(SenderBefore):
    """Stands before another sender."""

    def __init__(self, sender: Sender, telemetry: Telemetry) -> None:
        super().__init__(sender)
        self._telemetry = telemetry

    def send(self, outgoing: Outgoing) -> Sent:
        """The other's; each part counts as one message."""
        with self._telemetry.step(
            "delivery",
            channel=outgoing.channel,
            conversation_id=outgoing.conversation_id,
            delivery_id=outgoing.delivery_id,
        ) as step:
            try:
                sent = self._sender.send(outgoing)
            except Exception as error:
                step.outcome = outcome_of(error)
                raise
            step.outcome = "sent"
            return sent


def watch_channel(channel: Channel, telemetry: Telemetry) -> Channel:
    """The same channel with its sender watched."""
    return replace(channel, sender=WatchedSender(channel.sender, telemetry))


def outcome_of(error: Exception) -> str:
    """One word for how a sending ended."""
    if isinstance(error, RateLimited):
        return "too_fast"
    if isinstance(error, AnswerLost):
        return "lost"
    if isinstance(error, TemporaryFailure):
        return "later"
    return "refused" if isinstance(error, PermanentFailure) else "failed"
