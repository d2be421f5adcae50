"""`sotong post`: write, check, approve, correct and withdraw posts. Must not take a name for a person.

Whoever changes something proves who they are with their password, as on the officers' pages.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import publishing
from app.cli.post_input import (
    Options,
    address_of,
    changed,
    must_fit,
    open_parts,
    record,
    show,
    signed_in,
    store,
)

if TYPE_CHECKING:
    from app.wiring import Parts
    from core.post_content import PostContent

post_app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Posts to the city's channel, with approval."
)
post_app.command("stop")(publishing.stop)
post_app.command("resume")(publishing.resume)
Id = Annotated[int, typer.Argument(help="The post's number.")]
As = Annotated[str, typer.Option("--as", help="Your log-in name; the password is asked.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input (one line).")
]
Text = Annotated[str | None, typer.Option(help="The words.")]
File = Annotated[Path | None, typer.Option(help="The words from a text file (UTF-8).")]
Photos = Annotated[list[Path] | None, typer.Option("--photo", help="A picture; may be repeated.")]
Alts = Annotated[list[str] | None, typer.Option("--alt", help="What each picture shows, in order.")]
LinkTitle = Annotated[str, typer.Option(help="Words on the link's button.")]
LinkUrl = Annotated[str | None, typer.Option(help="Where the button leads (https).")]
NoLink = Annotated[bool, typer.Option("--no-link", help="Take the link out.")]
At = Annotated[
    str | None,
    typer.Option(help="When, such as 2026-05-04T10:00 (Seoul); now: as soon as it is approved."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
READ_MORE = "자세히"


@post_app.command("draft")
def draft(
    login: As,
    text: Text = None,
    file: File = None,
    photo: Photos = None,
    alt: Alts = None,
    link_title: LinkTitle = READ_MORE,
    link_url: LinkUrl = None,
    at: At = None,
    legal_basis: Annotated[
        str | None, typer.Option(help="The law that asks for it, such as 지방재정법 60조.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="@name or -100…, else the setting.")] = None,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Write a draft. Nothing goes out before another officer has approved it."""
    from core.post_content import PostContent
    from core.posts import draft_post

    options = Options(
        text=text,
        file=file,
        photos=photo or (),
        alts=alt or (),
        link_title=link_title,
        link_url=link_url,
        at=at,
        legal_basis=legal_basis,
    )
    with signed_in(login, password_stdin=password_stdin, permission="post.write") as (parts, me):
        content, photos = changed(PostContent(""), options), store(parts, options)
        with parts.database.transaction() as session:
            images = record(session, photos, now=parts.now())
            post = draft_post(
                session,
                channel="telegram",
                address=address_of(parts, address),
                content=replace(content, images=images),
                author_id=me.id,
                now=parts.now(),
            )
        show(parts, post, as_json=as_json)


@post_app.command("edit")
def edit(
    post_id: Id,
    login: As,
    text: Text = None,
    file: File = None,
    photo: Photos = None,
    alt: Alts = None,
    no_photos: Annotated[bool, typer.Option("--no-photos", help="Take the pictures out.")] = False,
    link_title: LinkTitle = READ_MORE,
    link_url: LinkUrl = None,
    no_link: NoLink = False,
    at: At = None,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Change a post that is not out. What you do not name stays; an approval is dropped."""
    from core.posts import edit_post

    options = Options(
        text=text,
        file=file,
        photos=photo or (),
        alts=alt or (),
        no_photos=no_photos,
        link_title=link_title,
        link_url=link_url,
        no_link=no_link,
        at=at,
    )
    with signed_in(login, password_stdin=password_stdin, permission="post.write") as (parts, me):
        content, photos = changed(_content(parts, post_id), options), store(parts, options)
        with parts.database.transaction() as session:
            if photos:
                content = replace(content, images=record(session, photos, now=parts.now()))
            post = edit_post(
                session, post_id=post_id, content=content, editor_id=me.id, now=parts.now()
            )
            must_fit(parts, session, post)
        show(parts, post, as_json=as_json)


@post_app.command("correct")
def correct(
    post_id: Id,
    login: As,
    text: Text = None,
    file: File = None,
    link_title: LinkTitle = READ_MORE,
    link_url: LinkUrl = None,
    no_link: NoLink = False,
    at: At = None,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Draft new words for a post that is out; once approved they replace the old ones in place."""
    from core.posts import correct_post

    options = Options(
        text=text, file=file, link_title=link_title, link_url=link_url, no_link=no_link, at=at
    )
    with signed_in(login, password_stdin=password_stdin, permission="post.write") as (parts, me):
        before = replace(_content(parts, post_id), scheduled_at=None)
        content = changed(before, options)
        with parts.database.transaction() as session:
            post = correct_post(
                session, post_id=post_id, content=content, author_id=me.id, now=parts.now()
            )
            must_fit(parts, session, post)
        show(parts, post, as_json=as_json)


@post_app.command("approve")
def approve(
    post_id: Id,
    login: As,
    content_hash: Annotated[
        str | None, typer.Option("--hash", help="The hash that `show` printed: no question then.")
    ] = None,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Let exactly what is shown go out. Whoever wrote it cannot approve it."""
    from core.posts import approve_post, follow_post

    with signed_in(login, password_stdin=password_stdin, permission="post.approve") as (parts, me):
        with parts.database.transaction() as session:
            post = follow_post(session, post_id=post_id, now=parts.now())
            must_fit(parts, session, post)
        if content_hash is None:
            # What is approved is what was shown, whatever becomes of the draft meanwhile.
            content_hash = post.content_hash
            show(parts, post, as_json=False, err=as_json)
            question = "보이는 그대로 게시할까요? 맞으면 yes"
            if typer.prompt(question, default="", show_default=False, err=as_json) != "yes":
                typer.echo("승인하지 않았어요.", err=True)
                raise typer.Exit(1)
        with parts.database.transaction() as session:
            post = approve_post(
                session,
                post_id=post_id,
                approver_id=me.id,
                content_hash=content_hash,
                now=parts.now(),
                rules=parts.city.publishing,
            )
        show(parts, post, as_json=as_json)
        if not parts.settings.telegram_token:
            typer.echo("! SOTONG_TELEGRAM_TOKEN이 없어서 아무것도 나가지 않아요.", err=True)


@post_app.command("withdraw")
def withdraw(
    post_id: Id, login: As, password_stdin: PasswordStdin = False, as_json: Json = False
) -> None:
    """Never let it go out; when it is out, delete it from the channel."""
    from core.posts import withdraw_post

    with signed_in(login, password_stdin=password_stdin, permission="post.write") as (parts, me):
        with parts.database.transaction() as session:
            post = withdraw_post(session, post_id=post_id, officer_id=me.id, now=parts.now())
        show(parts, post, as_json=as_json)


@post_app.command("resolve")
def resolve(
    post_id: Id,
    login: As,
    arrived: Annotated[
        list[str] | None, typer.Option(help="Number of the message that is there; may be repeated.")
    ] = None,
    not_arrived: Annotated[
        bool, typer.Option("--not-arrived", help="It is not there: send it again.")
    ] = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Say what you found in the channel where nobody knows whether a post arrived."""
    from app.cli.post_view import message_count
    from core.errors import Refused
    from core.posts import follow_post, parts_done, resolve_post

    if bool(arrived) == not_arrived:
        raise typer.BadParameter("give either --arrived NUMBER or --not-arrived.")
    with signed_in(login, password_stdin=password_stdin, permission="post.write") as (parts, me):
        with parts.database.transaction() as session:
            post = follow_post(session, post_id=post_id, now=parts.now())
            if arrived and post.state == "unsure":
                lost = parts_done(session, post)
                count = message_count(post, parts.city.texts, part=lost)
                if len(set(arrived)) != count:
                    raise Refused("message_count", count=count)
            post = resolve_post(
                session,
                post_id=post_id,
                officer_id=me.id,
                arrived=arrived or None,
                now=parts.now(),
            )
        show(parts, post, as_json=as_json)


@post_app.command("show")
def show_(post_id: Id, as_json: Json = False) -> None:
    """A post as it will be, or is, public; with its hash, numbers, links and state."""
    from core.posts import follow_post

    with open_parts() as parts:
        with parts.database.transaction() as session:
            post = follow_post(session, post_id=post_id, now=parts.now())
        show(parts, post, as_json=as_json)


@post_app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="Only this state, such as unsure.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """All posts, the newest first; `!` marks what needs a person."""
    from app.cli.post_view import STATES, as_data, in_one_line
    from core.post_queries import list_posts
    from core.posts import look_after_posts

    if state is not None and state not in STATES:
        known = ", ".join(STATES)
        raise typer.BadParameter(f"{state!r} is not a state: {known}.", param_hint="--state")
    with open_parts() as parts:
        look_after_posts(parts.database, now=parts.now(), rules=parts.city.publishing)
        with parts.database.reading() as session:
            found = list_posts(session, state=state, limit=limit)
        rows = [as_data(post, parts.city.texts) for post in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for line in map(in_one_line, rows) if rows else ("게시글이 없어요.",):
        typer.echo(line)


def _content(parts: Parts, post_id: int) -> PostContent:
    from core.errors import Refused
    from core.post_content import content_of
    from core.post_queries import find_post

    with parts.database.reading() as session:
        post = find_post(session, post_id)
    if post is None:
        raise Refused("post_unknown")
    return content_of(post)
