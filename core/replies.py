"""What the service says, before any channel renders it. Must not know any channel.

A Reply is sized so that every channel can carry it; a choice's payload stays on the server, a
citizen only ever sees its title and an opaque id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One thing to press. ``payload`` is ours (``/intent`` or ``/intent{json}``)."""

    title: str
    payload: str


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
class Reply:
    """One outgoing message."""

    text: str
    choices: tuple[Choice, ...] = ()
    image: Image | None = None
    link: Link | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON for the delivery row."""
        data: dict[str, Any] = {"text": self.text}
        if self.choices:
            data["choices"] = [{"title": c.title, "payload": c.payload} for c in self.choices]
        if self.image:
            data["image"] = {"attachment_id": self.image.attachment_id, "alt": self.image.alt}
        if self.link:
            data["link"] = {"title": self.link.title, "url": self.link.url}
        return data

    @staticmethod
    def from_data(data: dict[str, Any]) -> Reply:
        """Back from the delivery row. A missing key is a programming error and raises."""
        image, link = data.get("image"), data.get("link")
        return Reply(
            text=data["text"],
            choices=tuple(Choice(c["title"], c["payload"]) for c in data.get("choices", ())),
            image=Image(image["attachment_id"], image["alt"]) if image else None,
            link=Link(link["title"], link["url"]) if link else None,
        )
