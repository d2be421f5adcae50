"""What must hold after a round of kills, judged from the rows and from what arrived. Must not wait or write."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from core.database import Database
from core.models.case import Case
from core.models.conversation import Delivery, Draft, Turn
from tests.peers.telegram_sim import Seen


def faults_of_rows(
    turns: Sequence[Turn], out: Sequence[Delivery], cases: Sequence[str]
) -> Iterator[str]:
    """One conversation at rest: its turns, its deliveries by id, the numbers of its cases."""
    told = {delivery.dedupe_key for delivery in out}
    for turn in turns:
        if turn.state == "failed" and f"failed:{turn.id}" not in told:
            yield f"turn {turn.id} failed and its citizen was not told"
    if len(cases) != 1:
        yield f"{len(cases)} cases of one report"
    for delivery in out:
        if delivery.state == "sent":
            continue
        if delivery.state != "unsure" or not delivery.failure:
            yield f"delivery {delivery.id} is {delivery.state} ({delivery.failure})"
    answers = [delivery for delivery in out if delivery.kind == "reply" and delivery.turn_id]
    if [each.turn_id for each in answers] != sorted(each.turn_id or 0 for each in answers):
        yield "answers are not in the order of what was asked"
    moments = [each.sent_at for each in out if each.sent_at is not None]
    if moments != sorted(moments):
        yield "messages went out in another order than they were decided"
    for number in cases:
        receipts = [each for each in answers if number in str(each.payload.get("text"))]
        if len(receipts) != 1:
            yield f"{len(receipts)} receipts for one case"


def faults_of_order(said: Sequence[Seen], out: Sequence[Delivery]) -> Iterator[str]:
    """How the messages stand in a chat at the provider, against the deliveries by id.

    ``said`` is what arrived, oldest first. A message that was out when its process died is there once more:
    then its copy, and nothing else, stands right before the one that was recorded.
    """
    places = {seen.message_id: place for place, seen in enumerate(said)}
    # Of an album only the first picture is a line of the chat.
    recorded = [int(each) for row in out for each in row.provider_ids if int(each) in places]
    if [places[each] for each in recorded] != sorted(places[each] for each in recorded):
        yield "messages stand in the chat in another order than they were decided"
    known = set(recorded)
    for place, seen in enumerate(said):
        if seen.message_id in known:
            continue
        after = next((each for each in said[place + 1 :] if each.message_id in known), None)
        if after is None or after.text != seen.text:
            yield f"message {seen.message_id} stands in the chat and is no copy of the next one"


def name_error(error: Exception) -> str:
    """What went wrong in the check itself, and where."""
    steps = [
        f"{step.filename.rpartition('/')[2]}:{step.lineno}"
        for step in traceback.extract_tb(error.__traceback__)
        if "/tests/" in step.filename or "/app/cli/" in step.filename
    ]
    return f"{type(error).__name__}: {str(error)[:300]} (at {' > '.join(steps[-4:])})"


def describe(database: Database, conversation_id: int) -> Iterator[str]:
    """The rows of a conversation, a line each, without a word of what was said: for whoever looks into a fault."""
    with database.reading() as session:
        for turn in session.scalars(
            select(Turn).where(Turn.conversation_id == conversation_id).order_by(Turn.id)
        ):
            yield (
                f"turn {turn.id} {turn.kind} {turn.arrived_at:%H:%M:%S.%f} {turn.state} "
                f"tries {turn.attempts} ({turn.failure})"
            )
        for out in session.scalars(
            select(Delivery)
            .where(Delivery.conversation_id == conversation_id)
            .order_by(Delivery.id)
        ):
            sent = f"{out.sent_at:%H:%M:%S.%f}" if out.sent_at else "-"
            yield (
                f"delivery {out.id} {out.kind} of turn {out.turn_id} made {out.created_at:%H:%M:%S.%f} "
                f"sent {sent} {out.state} tries {out.attempts} as {out.provider_ids} ({out.failure})"
            )
        for draft in session.scalars(select(Draft).where(Draft.conversation_id == conversation_id)):
            yield f"draft {draft.id} {draft.state} asks for {draft.requested_slot}"
        for number in session.scalars(
            select(Case.number).where(Case.conversation_id == conversation_id)
        ):
            yield f"case {number}"
