"""Takes and records many deliveries in one transaction, for channels without a pace. Must not send.

The same rules as one at a time (core.deliveries): of each conversation only the next one is taken, and
who has lost a lease records nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session

from core.deliveries import LEASE, Outgoing, as_outgoing, mark_sent
from core.delivery_queue import Found, all_due
from core.models.conversation import Delivery


@dataclass(frozen=True)
class Success:
    """What came of one sending: see ``core.deliveries.mark_sent``."""

    outgoing: Outgoing
    provider_id: str | None
    parts_left: int
    provider_ids: Sequence[str]


def lease_batch(
    session: Session,
    *,
    now: datetime,
    channels: Iterable[str],
    most: int,
    run_out_too: bool = True,
) -> list[Outgoing]:
    """Take up to ``most`` messages that may go out now, each of another conversation, talk first.

    ``run_out_too``: see ``core.deliveries.lease_next``.
    """
    found: list[Found] = []
    for channel in channels:
        if len(found) < most:
            found += all_due(
                session,
                now=now,
                channel=channel,
                most=most - len(found),
                run_out_too=run_out_too,
            )
    if not found:
        return []
    until = now + LEASE
    leased = [
        replace(
            as_outgoing(session, delivery, talk, maybe_sent=delivery.state == "sending"),
            attempts=delivery.attempts + 1,
            lease_token=delivery.lease_token + 1,
            leased_until=until,
        )
        for delivery, talk in found
    ]
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_([each.delivery_id for each in leased]))
        .values(
            state="sending",
            attempts=Delivery.attempts + 1,
            lease_token=Delivery.lease_token + 1,
            leased_until=until,
        )
        .execution_options(synchronize_session=False)
    )
    return leased


def mark_all_sent(session: Session, *, successes: Sequence[Success], now: datetime) -> None:
    """Record them; those whose lease was lost change nothing. Twice is once."""
    simple = [each for each in successes if each.outgoing.part == 0 and not each.parts_left]
    if simple:
        session.connection().execute(
            _SENT,
            [
                {
                    "delivery": each.outgoing.delivery_id,
                    "token": each.outgoing.lease_token,
                    "at": now,
                    "the_id": each.provider_id,
                    "ids": _ids(each),
                }
                for each in sorted(simple, key=lambda each: each.outgoing.delivery_id)
            ],
        )
    for each in successes:
        if each.outgoing.part == 0 and not each.parts_left:
            continue
        if session.get_one(Delivery, each.outgoing.delivery_id).parts_done != each.outgoing.part:
            continue  # Recorded by an earlier try whose answer was lost.
        mark_sent(
            session,
            outgoing=each.outgoing,
            provider_id=each.provider_id,
            parts_left=each.parts_left,
            provider_ids=each.provider_ids,
            now=now,
        )


def _ids(success: Success) -> list[str]:
    if success.provider_id is None:
        return []
    return list(success.provider_ids or (success.provider_id,))


_table = Delivery.__table__
assert isinstance(_table, Table)
_SENT = (
    _table.update()
    .where(_table.c.id == bindparam("delivery"), _table.c.lease_token == bindparam("token"))
    .values(
        state="sent",
        sent_at=bindparam("at", type_=_table.c.sent_at.type),
        parts_done=1,
        failure=None,
        provider_id=bindparam("the_id"),
        provider_ids=bindparam("ids", type_=_table.c.provider_ids.type),
        leased_until=None,
    )
)
