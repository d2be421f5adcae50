"""What core needs from outside, as protocols; ``app`` fills them. Must hold no implementation.

A channel's sender turns one delivery into calls of its provider.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.deliveries import Outgoing
from core.inbound import RemoteFile
from core.pacing import Pace


class Now(Protocol):
    """A source of the present moment, aware and in UTC."""

    def __call__(self) -> datetime:
        """Now."""
        ...


@dataclass(frozen=True)
class Sent:
    """One message is out. ``parts_left``: how many more this delivery needs.

    ``provider_ids`` are all its messages at the provider, where there are several (an album).
    """

    provider_id: str | None = None
    parts_left: int = 0
    provider_ids: tuple[str, ...] = ()


class Sender(Protocol):
    """One way out to citizens."""

    @property
    def channel(self) -> str:
        """The channel's name, as in ``conversation.channel``."""
        ...

    @property
    def pace(self) -> Pace | None:
        """What the provider allows; None: as fast as we can."""
        ...

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """Whether sending it again does less harm than perhaps not sending it at all.

        Where it is False a lost answer becomes ``unsure`` and a person must look it up.
        """
        ...

    def send(self, outgoing: Outgoing) -> Sent:
        """Send the part ``outgoing.part``.

        Raises TemporaryFailure (RateLimited, AnswerLost, AddressChanged) or PermanentFailure
        (ChannelClosed; "cannot_edit": the channel cannot do ``outgoing.action``).
        """
        ...


class FileSource(Protocol):
    """Where a channel's files come from."""

    def fetch(self, file: RemoteFile) -> bytes:
        """The file's content. Raises TemporaryFailure or PermanentFailure("file_too_large" | "file_lost")."""
        ...


class Presence(Protocol):
    """Shows a citizen that their message is being worked."""

    def working(self, address: str) -> AbstractContextManager[None]:
        """Show it for as long as the block lasts. Never raises, never waits."""
        ...


class PrivateLinks(Protocol):
    """Links from a public place into the private chat."""

    def link(self, context: str) -> str | None:
        """The link that carries ``context``, or None while it is not known how."""
        ...


class SearchIndex(Protocol):
    """A search index that holds citizens' words beside the database."""

    def forget(self, conversation_id: int) -> None:
        """Remove what is of this conversation and its cases; twice is once. Raises TemporaryFailure."""
        ...


@dataclass(frozen=True)
class Channel:
    """One channel as the other layers use it: the way out, and what else it can do."""

    sender: Sender
    files: FileSource | None = None
    presence: Presence | None = None
    private_links: PrivateLinks | None = None
    # Whether a message that is sent twice is seen once: then nothing about its sending must survive a
    # power cut.
    seen_once: bool = False

    @property
    def name(self) -> str:
        """As in ``conversation.channel``."""
        return self.sender.channel
