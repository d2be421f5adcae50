"""Sends deliveries through the channels' senders. Must not hold a transaction open while sending.

Retry is decided by the exception's type: TemporaryFailure waits, PermanentFailure ends, and where a
provider cannot tell twice from once a lost answer becomes ``unsure`` and is not sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from core.database import Database
from core.deliveries import (
    Outgoing,
    lease_next,
    mark_failed,
    mark_sent,
    mark_unsure,
    postpone,
)
from core.errors import PermanentFailure, TemporaryFailure
from core.failpoints import failpoint
from core.ports import Now, Sender

log = logging.getLogger(__name__)

FIRST_RETRY = 2.0
LONGEST_RETRY = 300.0


class Dispatcher:
    """Sends what is due. ``senders`` are the channels that this process can reach."""

    def __init__(
        self,
        *,
        database: Database,
        senders: Iterable[Sender],
        now: Now,
        sent: Callable[[int], None] | None = None,
    ) -> None:
        """``sent`` is told the conversation of each message that went out."""
        self._sent = sent
        self._database = database
        self._senders = {sender.channel: sender for sender in senders}
        self._now = now

    def dispatch_conversation(self, conversation_id: int) -> int:
        """Send all due messages of one conversation in order; returns how many were tried."""
        return self._dispatch(conversation_id)

    def dispatch_due(self) -> int:
        """Send whatever is due anywhere; returns how many were tried."""
        return self._dispatch(None)

    def _dispatch(self, conversation_id: int | None, limit: int = 1000) -> int:
        for count in range(limit):
            with self._database.transaction() as session:
                outgoing = lease_next(
                    session,
                    now=self._now(),
                    conversation_id=conversation_id,
                    channels=list(self._senders),
                )
            if outgoing is None:
                return count
            self._send(outgoing)
        return limit

    def _send(self, outgoing: Outgoing) -> None:
        sender = self._senders[outgoing.channel]
        if outgoing.maybe_sent and not sender.idempotent:
            with self._database.transaction() as session:
                mark_unsure(session, outgoing=outgoing, failure="lost while sending")
            return
        failpoint("before_send")
        try:
            provider_id = sender.send(outgoing)
        except TemporaryFailure as error:
            wait = error.retry_after or min(
                FIRST_RETRY * 2 ** min(outgoing.attempts - 1, 10), LONGEST_RETRY
            )
            with self._database.transaction() as session:
                until = self._now() + timedelta(seconds=wait)
                postpone(session, outgoing=outgoing, until=until, failure=str(error))
            return
        except Exception as error:
            code = error.code if isinstance(error, PermanentFailure) else type(error).__name__
            log.error("delivery %s failed: %s", outgoing.delivery_id, code)
            with self._database.transaction() as session:
                mark_failed(session, outgoing=outgoing, failure=code)
            return
        failpoint("after_send")
        with self._database.transaction() as session:
            mark_sent(session, outgoing=outgoing, provider_id=provider_id, now=self._now())
        if self._sent is not None:
            self._sent(outgoing.conversation_id)
