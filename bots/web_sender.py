"""The way out to the web page. Must not push anything: the browser reads what is marked as sent.

So sending twice does no harm, and a process that dies here loses nothing.
"""

from __future__ import annotations

from core.deliveries import Outgoing

CHANNEL = "web"


class WebSender:
    """Makes a delivery readable by the browser (``core.deliveries.feed``)."""

    channel = CHANNEL
    idempotent = True

    def send(self, outgoing: Outgoing) -> str | None:
        """Nothing has to travel; the dispatcher's mark ``sent`` is the sending."""
        return None
