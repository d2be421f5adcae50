"""A channel's sender that lets no public text through while publishing is stopped. Must not send itself."""

from __future__ import annotations

from dataclasses import replace

from core.database import Database
from core.deliveries import Outgoing
from core.errors import TemporaryFailure
from core.ports import Channel, Sender, Sent
from core.publishing import standing_stop
from core.senders import SenderBefore

# Seconds until a part that was held is tried again.
LOOK_AGAIN = 15.0


class HeldPosts(SenderBefore):
    """Stands before another sender. To delete what is public is allowed: it is taking back."""

    def __init__(self, sender: Sender, database: Database) -> None:
        super().__init__(sender)
        self._database = database

    def send(self, outgoing: Outgoing) -> Sent:
        """The other's; asks before each part, so that a stop holds in the middle of a thread."""
        if outgoing.kind == "post" and outgoing.action != "delete":
            with self._database.reading() as session:
                stopped = standing_stop(session) is not None
            if stopped:
                raise TemporaryFailure("publishing is stopped", retry_after=LOOK_AGAIN)
        return self._sender.send(outgoing)


def hold_posts(channel: Channel, database: Database) -> Channel:
    """The same channel, whose posts can be stopped."""
    return replace(channel, sender=HeldPosts(channel.sender, database))
