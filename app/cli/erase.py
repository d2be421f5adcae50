"""`sotong erase`: has a conversation erased, on a wish told to an officer. Must not erase by itself.

The wish becomes a row; the worker erases once everything of the conversation is answered and sent.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from app.cli.actor import cli_actor


def erase(
    conversation_id: Annotated[
        int | None,
        typer.Argument(metavar="CONVERSATION_ID", help="As the officers' pages show it."),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why, for the audit log; nothing of what is erased.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show what was asked and done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have a conversation erased; filed cases stay without contact. It cannot be undone."""
    from app.settings import Settings
    from app.wiring import build_parts
    from core.erasure import list_erasures, request_erasure

    if list_ == (conversation_id is not None):
        raise typer.BadParameter("give either a CONVERSATION_ID or --list.")
    if not list_ and not reason.strip():
        raise typer.BadParameter("say why, for the audit log.", param_hint="--reason")
    parts = build_parts(Settings.load())
    try:
        if conversation_id is None:
            with parts.database.reading() as session:
                rows = [_data(each) for each in list_erasures(session)]
            _show_list(rows, as_json)
            return
        with parts.database.reading() as session:
            told = _describe(session, conversation_id)
        if not yes:
            typer.echo(told, err=True)
            typer.confirm("Erase it? It cannot be undone.", abort=True, err=True)
        with parts.database.transaction() as session:
            row = _data(
                request_erasure(
                    session,
                    conversation_id=conversation_id,
                    by=cli_actor(),
                    reason=reason,
                    now=parts.now(),
                )
            )
    finally:
        parts.close()
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False, indent=2))
    elif row["done_at"]:
        typer.echo(f"Conversation {conversation_id} was erased at {row['done_at'][:16]}.")
    else:
        typer.echo(f"Conversation {conversation_id} will be erased by the worker.")


def _describe(session: Any, conversation_id: int) -> str:
    """What would go and stay, in numbers. Raises Refused("conversation_unknown")."""
    from sqlalchemy import func, select

    from core.errors import Refused
    from core.models import Attachment, Case, Conversation, Turn

    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise Refused("conversation_unknown", conversation_id=conversation_id)

    def count(model: Any) -> int:
        query = select(func.count()).select_from(model)
        return int(session.scalar(query.where(model.conversation_id == conversation_id)) or 0)

    return (
        f"Conversation {conversation_id} ({conversation.channel}): {count(Turn)} messages and "
        f"{count(Attachment)} pictures; {count(Case)} cases stay, without contact."
    )


def _data(erasure: Any) -> dict[str, Any]:
    from core.clock import KST

    done = erasure.done_at
    return {
        "conversation_id": erasure.conversation_id,
        "by": erasure.by,
        "requested_at": erasure.requested_at.astimezone(KST).isoformat(),
        "done_at": done.astimezone(KST).isoformat() if done else None,
    }


def _show_list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        typer.echo("Nobody has asked for an erasure.")
    for row in rows:
        done = f"done {row['done_at'][:16]}" if row["done_at"] else "waiting"
        typer.echo(
            f"conversation {row['conversation_id']:<8} {row['requested_at'][:16]} {done:<22} {row['by']}"
        )
