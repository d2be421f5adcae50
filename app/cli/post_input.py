"""What `sotong post` takes in: who works, words, pictures, times. Must not change a post."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.wiring import Parts
    from core.inbound import Photo
    from core.models.post import Post
    from core.officers import OfficerView
    from core.post_content import PostContent
    from core.replies import Image

EXAMPLE = "2026-05-04T10:00"


@dataclass(frozen=True)
class Options:
    """What the command line said about a post's content; None: nothing."""

    text: str | None = None
    file: Path | None = None
    photos: Sequence[Path] = ()
    alts: Sequence[str] = ()
    no_photos: bool = False
    link_title: str = ""
    link_url: str | None = None
    no_link: bool = False
    at: str | None = None
    legal_basis: str | None = None


@contextmanager
def open_parts() -> Iterator[Parts]:
    """The parts of this process. A rule that says no speaks Korean here: officers read it."""
    from app.cli.post_view import sentence
    from app.settings import Settings
    from app.wiring import build_parts
    from core.errors import Refused

    parts = build_parts(Settings.load())
    try:
        yield parts
    except Refused as refused:
        typer.echo(f"sotong: {refused.code}: {sentence(refused)}", err=True)
        raise typer.Exit(1) from None
    finally:
        parts.close()


@contextmanager
def signed_in(
    login: str, *, password_stdin: bool, permission: str
) -> Iterator[tuple[Parts, OfficerView]]:
    """The parts and the officer, whose password was right and whose role allows ``permission``."""
    from console.passwords import Argon2Hasher
    from core.errors import Refused
    from core.officers import allows, authenticate

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(f"{login} 비밀번호: ")
    with open_parts() as parts:
        officer = authenticate(
            parts.database,
            login=login,
            password=password,
            hasher=Argon2Hasher(),
            place="cli",
            now=parts.now(),
        )
        if officer.must_change_password:
            raise Refused("change_password_first")
        if not allows(officer, permission):
            raise Refused("forbidden")
        yield parts, officer


def changed(content: PostContent, options: Options) -> PostContent:
    """The content with what the options name; new pictures come with ``record``."""
    from core.replies import Link

    text = _words(options)
    if text is not None:
        content = replace(content, text=text)
    if options.no_photos:
        content = replace(content, images=())
    if options.no_link:
        content = replace(content, link=None)
    if options.link_url is not None:
        content = replace(content, link=Link(options.link_title, options.link_url))
    if options.legal_basis is not None:
        content = replace(content, legal_basis=options.legal_basis)
    if options.at is not None:
        content = replace(content, scheduled_at=_moment(options.at))
    return content


def store(parts: Parts, options: Options) -> list[tuple[Photo, str]]:
    """The pictures, cleaned and kept, each with what it shows. Raises Refused ``alt_missing``."""
    from core.errors import Refused
    from dialogue.photos import MAX_BYTES, accept_photo

    if len(options.photos) != len(options.alts):
        raise Refused("alt_missing")
    found = []
    for path, alt in zip(options.photos, options.alts, strict=True):
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise typer.BadParameter(f"{path}: {error.strerror}.", param_hint="--photo") from None
        found.append((accept_photo(data, name="", store=parts.store), alt))
    return found


def record(
    session: Session, photos: Sequence[tuple[Photo, str]], *, now: datetime
) -> tuple[Image, ...]:
    """Rows for the pictures, in the caller's transaction."""
    from core.attachments import record_attachments
    from core.replies import Image

    ids = record_attachments(
        session,
        photos=[photo for photo, _ in photos],
        conversation_id=None,
        source="officer",
        now=now,
    )
    return tuple(Image(each, alt) for each, (_, alt) in zip(ids, photos, strict=True))


def address_of(parts: Parts, given: str | None) -> str:
    """The channel's address from the command line or the settings. Raises Refused, BadParameter."""
    from app.settings_telegram import TELEGRAM_CHANNEL
    from core.errors import Refused

    address = given or parts.settings.telegram_channel
    if not address:
        raise Refused("channel_unknown")
    if not TELEGRAM_CHANNEL.fullmatch(address):
        raise typer.BadParameter(
            f"{address!r} is not @name or -100 and a number.", param_hint="--address"
        )
    return address


def must_fit(parts: Parts, session: Session, post: Post) -> None:
    """A correction must be as many messages as stand in the channel. Raises Refused ``cannot_edit``."""
    from app.cli.post_view import message_count
    from core.errors import Refused
    from core.models.post import Post

    if post.corrects_post_id is None:
        return
    original = session.get_one(Post, post.corrects_post_id)
    if message_count(post, parts.city.texts) != len(original.message_ids):
        raise Refused("cannot_edit")


def show(parts: Parts, post: Post, *, as_json: bool, err: bool = False) -> None:
    """Print the post."""
    from app.cli.post_view import as_data, as_lines

    data = as_data(post, parts.city.texts)
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2), err=err)
    else:
        typer.echo("\n".join(as_lines(data)), err=err)


def _words(options: Options) -> str | None:
    from bots.text import storable

    text, file = options.text, options.file
    if text is not None and file is not None:
        raise typer.BadParameter("give --text or --file, not both.")
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise typer.BadParameter(
                f"{file} is no UTF-8 text file.", param_hint="--file"
            ) from None
    return None if text is None else storable(text)


def _moment(at: str) -> datetime | None:
    from core.clock import KST

    if at == "now":
        return None
    try:
        moment = datetime.fromisoformat(at.strip())
    except ValueError:
        moment = None
    if moment is None or ":" not in at:
        raise typer.BadParameter(
            f"{at!r} is not a date with a time: write it like {EXAMPLE}, or `now`.",
            param_hint="--at",
        )
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=KST)
