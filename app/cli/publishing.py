"""`sotong post stop` and `resume`: the switch that stops all publishing. Must not change a post."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.post_input import signed_in

As = Annotated[str, typer.Option("--as", help="Your log-in name; the password is asked.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input (one line).")
]


def stop(
    login: As,
    reason: Annotated[str, typer.Option(help="Why; it stands in the access log.")],
    password_stdin: PasswordStdin = False,
) -> None:
    """Stop all publishing at once, also the rest of what has begun. Withdrawing still works."""
    from core.publishing import stop_publishing

    with signed_in(login, password_stdin=password_stdin, permission="post.approve") as (parts, me):
        with parts.database.transaction() as session:
            stop_publishing(session, officer_id=me.id, reason=reason, now=parts.now())
        typer.echo("게시를 모두 멈췄어요. 다시 시작할 때까지 아무것도 나가지 않아요.")


def resume(login: As, password_stdin: PasswordStdin = False) -> None:
    """Let posts go out again. What is more than a day late needs a new approval."""
    from core.publishing import resume_publishing

    with signed_in(login, password_stdin=password_stdin, permission="post.approve") as (parts, me):
        with parts.database.transaction() as session:
            stopped = resume_publishing(session, officer_id=me.id, now=parts.now())
        typer.echo("게시를 다시 시작했어요." if stopped else "멈춰 있지 않아요.")
