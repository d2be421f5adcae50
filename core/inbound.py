"""What arrives from a citizen, once a channel has parsed it. Must not keep anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class TurnKind(StrEnum):
    """What a turn carries first of all."""

    START = "start"
    TEXT = "text"
    CHOICE = "choice"
    PHOTO = "photo"
    LOCATION = "location"
    CONTACT = "contact"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Location:
    """A point in WGS84 degrees; ``accuracy_m`` in metres where the device says so."""

    lat: float
    long: float
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Photo:
    """A picture that has been checked, cleaned and stored; ``sha256`` names the stored file.

    ``taken_at`` is what its EXIF note said of the place, or None: personal data, for the citizen alone.
    ``scan``: "waiting" where a virus scanner must see it first.
    """

    sha256: str
    media_type: str
    size: int
    width: int
    height: int
    name: str = ""
    scan: str = "unscanned"
    taken_at: Location | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class RemoteFile:
    """A file that the provider still holds. ``reference`` is all that the channel needs to fetch it."""

    reference: str
    size: int | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON for the turn's row."""
        return {"reference": self.reference, "size": self.size}

    @staticmethod
    def from_data(data: dict[str, Any]) -> RemoteFile:
        """Back from the turn's row."""
        return RemoteFile(data["reference"], data["size"])


@dataclass(frozen=True)
class InboundMessage:
    """One message in our own words. ``(channel, external_id)`` is its identity: twice is once.

    ``address`` says who, in the channel's words; ``choice`` is the id of a choice we offered.
    ``text`` is raw here and only here, as is ``contact`` (a telephone number that was shared as such):
    the door redacts them before anything is kept.

    ``part`` is set for one part of an album, whose id is ``external_id``; ``edited_at`` for a message
    that was changed after it was sent. ``sequence`` is the provider's order; ``unsettled`` says that
    an earlier message may still be on its way. ``author`` is who wrote it where many people do.
    ``flood``: this citizen writes faster than anyone can; it is kept and not answered.
    """

    channel: str
    address: str
    external_id: str
    kind: TurnKind
    text: str = ""
    choice: str | None = None
    photos: tuple[Photo, ...] = ()
    location: Location | None = None
    sent_at: datetime | None = None
    visibility: str = "private"
    contact: str | None = None
    files: tuple[RemoteFile, ...] = ()
    problems: tuple[str, ...] = ()
    part: str | None = None
    edited_at: datetime | None = None
    sequence: int | None = None
    unsettled: bool = False
    reply_to: str | None = None
    context: str | None = None
    author: str | None = None
    flood: bool = False
