"""What a post says, when, and the hash that an approval binds to. Must not touch the table of posts."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from core.errors import Refused
from core.models.conversation import Attachment
from core.models.post import Post
from core.replies import MOST_IMAGES, Image, Link, Reply
from korean.redact import redact

LONGEST_TEXT = 10_000
LONGEST_TITLE = 100
LONGEST_URL = 2000
LONGEST_BASIS = 200


@dataclass(frozen=True)
class PostContent:
    """The words and pictures of a post. ``scheduled_at`` None: as soon as it is approved."""

    text: str
    images: tuple[Image, ...] = ()
    link: Link | None = None
    scheduled_at: datetime | None = None
    # The law that asks for it, such as 지방재정법 60조.
    legal_basis: str | None = None

    @property
    def reply(self) -> Reply:
        """As the channels carry it."""
        return Reply(self.text, images=self.images, link=self.link)


def content_of(post: Post) -> PostContent:
    """The row's content."""
    link = Link(post.link_title or "", post.link_url) if post.link_url else None
    images = tuple(Image(each["attachment_id"], each["alt"]) for each in post.images)
    return PostContent(post.text, images, link, post.scheduled_at, post.legal_basis)


def checked(session: Session, content: PostContent) -> PostContent:
    """The content as it may be kept.

    Raises Refused: ``empty_post``, ``too_long``, ``alt_missing``, ``too_many_photos``,
    ``photo_missing``, ``link_malformed``, ``resident_number``.
    """
    text = _clean(content.text)
    images = tuple(replace(image, alt=_line(image.alt)) for image in content.images)
    link = content.link and Link(_line(content.link.title), content.link.url.strip())
    if not text and not images:
        raise Refused("empty_post")
    if len(text) > LONGEST_TEXT:
        raise Refused("too_long", limit=LONGEST_TEXT)
    if len(images) > MOST_IMAGES:
        raise Refused("too_many_photos", limit=MOST_IMAGES)
    if not all(image.alt for image in images):
        raise Refused("alt_missing")
    for image in images:
        stored = session.get(Attachment, image.attachment_id)
        # What a citizen sent is never shown to everybody from here.
        ours = stored is not None and stored.source == "officer"
        if not ours or stored is None or not stored.media_type.startswith("image/"):
            raise Refused("photo_missing")
    if link is not None:
        _check_link(link)
    basis = _line(content.legal_basis or "") or None
    if basis is not None and len(basis) > LONGEST_BASIS:
        raise Refused("too_long", limit=LONGEST_BASIS)
    for words in (text, *(image.alt for image in images), link.title if link else ""):
        if redact(words).refused:
            raise Refused("resident_number")
    when = content.scheduled_at
    return PostContent(text, images, link, when.astimezone(UTC) if when else None, basis)


def hash_of(session: Session, post: Post) -> str:
    """SHA-256 of everything that will be public: where, when, what, which pictures."""
    content = content_of(post)
    rows = [session.get(Attachment, image.attachment_id) for image in content.images]
    # A picture that is gone makes another hash, so nothing goes out without it.
    pictures = [row.sha256 if row is not None else None for row in rows]
    when = content.scheduled_at
    value: list[object] = [
        post.channel,
        post.address,
        content.text,
        [[sha256, image.alt] for sha256, image in zip(pictures, content.images, strict=True)],
        [content.link.title, content.link.url] if content.link else None,
        when.isoformat() if when else None,
        post.corrects_post_id,
    ]
    # Posts of before these existed keep their hash, and with it their approval.
    if content.legal_basis is not None or post.template is not None:
        value.append([content.legal_basis, post.template, post.period])
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()


def _check_link(link: Link) -> None:
    try:
        parts = urlsplit(link.url)
    except ValueError:
        raise Refused("link_malformed") from None
    whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    if not whole or len(link.url) > LONGEST_URL or any(c.isspace() for c in link.url):
        raise Refused("link_malformed")
    if not 0 < len(link.title) <= LONGEST_TITLE:
        raise Refused("link_malformed")


def _clean(text: str) -> str:
    """Without control characters: in a preview they could hide what would be published."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in "Cc Cs").strip()


def _line(text: str) -> str:
    return " ".join(_clean(text).split())
