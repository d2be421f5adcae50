"""The way out to the web page. Must not push anything: the browser reads what is marked as sent.

So sending twice does no harm, and a process that dies here loses nothing.
"""

from __future__ import annotations

from core.deliveries import Outgoing
from core.errors import PermanentFailure
from core.ports import Sent

CHANNEL = "web"


class WebSender:
    """Makes a delivery readable by the browser (``core.deliveries.feed``)."""

    channel = CHANNEL
    pace = None

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """Always: the browser shows each delivery once."""
        return True

    def send(self, outgoing: Outgoing) -> Sent:
        """Nothing has to travel; the dispatcher's mark ``sent`` is the sending."""
        if outgoing.action != "send":
            raise PermanentFailure("cannot_edit")
        return Sent()
