"""What arrives from a citizen, once a channel has parsed it. Must not keep anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TurnKind(StrEnum):
    """What a turn carries first of all."""

    START = "start"
    TEXT = "text"
    CHOICE = "choice"
    PHOTO = "photo"
    LOCATION = "location"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Location:
    """A point in WGS84 degrees; ``accuracy_m`` in metres where the device says so."""

    lat: float
    long: float
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Photo:
    """A picture that has been checked, cleaned and stored; ``sha256`` names the stored file."""

    sha256: str
    media_type: str
    size: int
    width: int
    height: int
    name: str = ""


@dataclass(frozen=True)
class InboundMessage:
    """One message in our own words. ``(channel, external_id)`` is its identity: twice is once.

    ``address`` says who, in the channel's words; ``choice`` is the id of a choice we offered.
    ``text`` is raw here and only here: the door redacts it before anything is kept.
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
