"""`sotong outbox` and `sotong turns`: look at what is stuck and set it going. Must not print words unasked.

Nothing is sent from here: the worker does that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.actor import cli_actor
from app.cli.durations import parse_duration
from app.clock import utc_now

if TYPE_CHECKING:
    from core.database import Database
    from core.models.conversation import Turn
    from core.outbox_sources import OutboxItem

outbox_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Messages that wait to go out or could not.",
)
turns_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Citizens' messages that could not be answered.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reference = Annotated[str, typer.Argument(metavar="ID", help="As `outbox list` shows it.")]
TurnId = Annotated[int, typer.Argument(metavar="ID", help="As `turns failed` shows it.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]
Words = Annotated[bool, typer.Option("--words", help="Show what it says; needs --purpose.")]
Purpose = Annotated[str, typer.Option(help="Why you must read it, for the audit log.")]
Channel = Annotated[str | None, typer.Option(help="Only this channel.")]
Older = Annotated[str, typer.Option(help="Only what is older, such as 10m, 2h, 3d.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")]


@outbox_app.command("list")
def list_(
    state: Annotated[
        list[str] | None,
        typer.Option(help="pending, sending, failed or unsure; may be repeated."),
    ] = None,
    channel: Channel = None,
    older: Older = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List messages that failed or are unsure (or are in --state), the oldest first."""
    from core.outbox import find_items
    from core.outbox_sources import STATES

    states = state or ["failed", "unsure"]
    if not set(states) <= set(STATES):
        raise typer.BadParameter(f"one of {', '.join(STATES)}", param_hint="--state")
    with _database() as database, database.reading() as session:
        found = find_items(
            session, states=states, channel=channel, before=_before(older), limit=limit
        )
    _print_list([_item(each) for each in found], as_json, nothing="Nothing of that kind.")


@outbox_app.command("show")
def show(
    ref: Reference, words: Words = False, purpose: Purpose = "", as_json: AsJson = False
) -> None:
    """Show one message: where it belongs, how often it was tried and why it stands still."""
    from core.outbox import get_item, read_words

    with _database() as database:
        with database.reading() as session:
            data = _item(get_item(session, ref))
        if words:
            with database.transaction() as session:
                data["words"] = read_words(
                    session, ref=ref, by=cli_actor(), purpose=purpose, now=utc_now()
                )
    _print_one(data, as_json)


@outbox_app.command("retry")
def retry(ref: Reference, reason: Reason = "", as_json: AsJson = False) -> None:
    """Have a message that failed, or waits for its next attempt, sent now by the worker."""
    from core.outbox import get_item, retry_item

    with _database() as database:
        with database.transaction() as session:
            retry_item(session, ref=ref, by=cli_actor(), reason=reason, now=utc_now())
        with database.reading() as session:
            data = _item(get_item(session, ref))
    _print_one(data, as_json)


@outbox_app.command("resolve")
def resolve(
    ref: Reference,
    arrived: Annotated[
        list[str] | None,
        typer.Option(help="It is there, as this message of the provider; may be repeated."),
    ] = None,
    not_arrived: Annotated[
        bool, typer.Option("--not-arrived", help="It is not there, and goes out again.")
    ] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Say what became of a message whose answer was lost, after you have looked."""
    from core.outbox import get_item, resolve_item

    if bool(arrived) == not_arrived:
        raise typer.BadParameter("give either --arrived MESSAGE or --not-arrived.")
    with _database() as database:
        with database.transaction() as session:
            resolve_item(
                session,
                ref=ref,
                arrived=arrived or None,
                by=cli_actor(),
                reason=reason,
                now=utc_now(),
            )
        with database.reading() as session:
            data = _item(get_item(session, ref))
    _print_one(data, as_json)


@turns_app.command("failed")
def failed(
    channel: Channel = None, older: Older = "", limit: Limit = 50, as_json: AsJson = False
) -> None:
    """List citizens' messages that were given up, the oldest first."""
    from core.failed_turns import find_failed

    with _database() as database, database.reading() as session:
        found = find_failed(session, channel=channel, before=_before(older), limit=limit)
        rows = [_turn(each) for each in found]
    _print_list(rows, as_json, nothing="No message was given up.")


@turns_app.command("show")
def show_turn(
    turn_id: TurnId, words: Words = False, purpose: Purpose = "", as_json: AsJson = False
) -> None:
    """Show one message of a citizen: its state, tries and failure."""
    from core.failed_turns import get_turn, read_turn_words

    with _database() as database:
        with database.reading() as session:
            data = _turn(get_turn(session, turn_id))
        if words:
            with database.transaction() as session:
                data["words"] = read_turn_words(
                    session, turn_id=turn_id, by=cli_actor(), purpose=purpose, now=utc_now()
                )
    _print_one(data, as_json)


@turns_app.command("retry")
def retry_(turn_id: TurnId, reason: Reason = "", as_json: AsJson = False) -> None:
    """Put a message that was given up back into the queue."""
    from core.failed_turns import get_turn, retry_turn

    with _database() as database:
        with database.transaction() as session:
            retry_turn(session, turn_id=turn_id, by=cli_actor(), reason=reason, now=utc_now())
        with database.reading() as session:
            data = _turn(get_turn(session, turn_id))
    _print_one(data, as_json)


@contextmanager
def _database() -> Iterator[Database]:
    from app.settings import Settings
    from core.database import Database

    database = Database(Settings.load().database_url)
    try:
        yield database
    finally:
        database.dispose()


def _before(older: str) -> datetime | None:
    return utc_now() - parse_duration(older, option="--older") if older else None


def _item(item: OutboxItem) -> dict[str, Any]:
    return {
        "id": item.ref,
        "state": item.state,
        "channel": item.channel,
        "kind": item.kind,
        "created_at": _moment(item.created_at),
        "next_attempt_at": _moment(item.next_attempt_at),
        "attempts": item.attempts,
        "failure": item.failure,
        **item.ids,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "state": turn.state,
        "channel": turn.channel,
        "kind": turn.kind,
        "arrived_at": _moment(turn.arrived_at),
        "attempts": turn.attempts,
        "failure": turn.failure,
        "conversation": turn.conversation_id,
        "unread": turn.unread_token is not None,
    }


def _moment(at: datetime) -> str:
    from core.clock import KST

    return at.astimezone(KST).isoformat(timespec="seconds")


def _print_list(rows: list[dict[str, Any]], as_json: bool, *, nothing: str) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif not rows:
        typer.echo(nothing)
    else:
        for row in rows:
            at = row.get("created_at") or row["arrived_at"]
            typer.echo(
                f"{row['id']!s:<16} {row['state']:<9} {row['channel']:<10} {at[:16]}  "
                f"conversation {row['conversation']:<6} tries {row['attempts']:<3} "
                f"{row['failure'] or ''}".rstrip()
            )


def _print_one(data: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for name, value in data.items():
        typer.echo(f"{name:<16} {'' if value is None else value}".rstrip())
