"""What the service says, before any channel renders it. Must not know any channel.

A Reply is sized so that every channel can carry it; a choice's payload stays on the server, a
citizen only ever sees its title and an opaque id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Messengers take two to ten pictures as one album.
MOST_IMAGES = 10


@dataclass(frozen=True)
class Choice:
    """One thing to press. ``payload`` is ours (``/intent`` or ``/intent{json}``)."""

    title: str
    payload: str

    @property
    def lasting(self) -> bool:
        """Whether it keeps its meaning whatever was said since: it carries the case or question meant."""
        return any(mark in self.payload for mark in ('"case_number":', '"question":'))


@dataclass(frozen=True)
class Image:
    """A picture by its attachment's id; ``alt`` says what it shows (KWCAG 2.2, 5.1.1)."""

    attachment_id: int
    alt: str


@dataclass(frozen=True)
class Link:
    """A link with words that say where it leads."""

    title: str
    url: str


@dataclass(frozen=True)
class Point:
    """A place on the globe in WGS 84 degrees."""

    lat: float
    long: float


@dataclass(frozen=True)
class Reply:
    """One outgoing message. Several ``images`` (at most ``MOST_IMAGES``) belong together, as an album."""

    text: str
    choices: tuple[Choice, ...] = ()
    images: tuple[Image, ...] = ()
    link: Link | None = None
    location: Point | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON for the delivery row."""
        data: dict[str, Any] = {"text": self.text}
        if self.choices:
            data["choices"] = [{"title": c.title, "payload": c.payload} for c in self.choices]
        if self.images:
            data["images"] = [{"attachment_id": i.attachment_id, "alt": i.alt} for i in self.images]
        if self.link:
            data["link"] = {"title": self.link.title, "url": self.link.url}
        if self.location:
            data["location"] = {"lat": self.location.lat, "long": self.location.long}
        return data

    @staticmethod
    def from_data(data: dict[str, Any]) -> Reply:
        """Back from the delivery row. A missing key is a programming error and raises."""
        link, location = data.get("link"), data.get("location")
        images = data.get("images", ())
        if "image" in data:
            # Rows from before a reply could carry several.
            images = [data["image"]]
        return Reply(
            text=data["text"],
            choices=tuple(Choice(c["title"], c["payload"]) for c in data.get("choices", ())),
            images=tuple(Image(i["attachment_id"], i["alt"]) for i in images),
            link=Link(link["title"], link["url"]) if link else None,
            location=Point(location["lat"], location["long"]) if location else None,
        )


def albums(images: Sequence[Image]) -> list[Reply]:
    """The pictures in as few messages as a messenger allows; the text says what each one shows."""
    parts = [images[i : i + MOST_IMAGES] for i in range(0, len(images), MOST_IMAGES)]
    return [Reply("\n".join(i.alt for i in part), images=tuple(part)) for part in parts]
