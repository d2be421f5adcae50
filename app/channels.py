"""Lists the channels' senders that a process can use. Must not configure anything else."""

from __future__ import annotations

from bots.web_sender import WebSender
from core.ports import Sender


def make_senders() -> tuple[Sender, ...]:
    """The ways out to citizens; web chat needs no settings."""
    return (WebSender(),)
