"""A channel's sender that opens what an officer wrote for its one citizen. Must not keep or log a word of it.

The delivery's row holds tokens; only what leaves the house is whole. Each value writes an audit line.
"""

from __future__ import annotations

from dataclasses import replace

from core.database import Database
from core.deliveries import Outgoing
from core.ports import Channel, Now, Sender, Sent
from core.put_away import has_tokens, open_delivery
from core.senders import SenderBefore
from core.vault import Vault


class OpenedSender(SenderBefore):
    """Stands before another sender."""

    def __init__(self, sender: Sender, *, database: Database, vault: Vault, now: Now) -> None:
        super().__init__(sender)
        self._database, self._vault, self._now = database, vault, now

    def send(self, outgoing: Outgoing) -> Sent:
        """The other's, with the words opened. Raises TemporaryFailure when the vault cannot be asked."""
        if has_tokens(outgoing):
            with self._database.transaction() as session:
                outgoing = open_delivery(session, outgoing, vault=self._vault, now=self._now())
        return self._sender.send(outgoing)


def open_channel(channel: Channel, *, database: Database, vault: Vault, now: Now) -> Channel:
    """The same channel with its sender opened."""
    sender = OpenedSender(channel.sender, database=database, vault=vault, now=now)
    return replace(channel, sender=sender)
