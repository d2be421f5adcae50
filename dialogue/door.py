"""The door: every citizen's message enters here, on every channel. Must not wait for Rasa or any network.

Redact, then commit, then acknowledge. Emergencies are recognised here by rule, so they are answered
whether or not anything behind the door works.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from core.city import City, EmergencyRule
from core.conversations import ensure_conversation, find_turn, record_turn
from core.database import Database
from core.deliveries import enqueue
from core.failpoints import failpoint
from core.handovers import open_handover
from core.inbound import InboundMessage, Location
from core.models.conversation import Turn
from core.ports import Now
from core.replies import Choice, Reply
from core.vault import Vault
from dialogue.choices import is_choice_id
from dialogue.emergency import recognise
from korean.redact import Redaction, redact

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    """What became of a message. ``duplicate``: it had arrived before and nothing was added."""

    turn_id: int
    conversation_id: int
    duplicate: bool


class Door:
    """Takes messages in. One instance serves all channels of a process; thread-safe."""

    def __init__(self, *, database: Database, vault: Vault, city: City, now: Now) -> None:
        self._database = database
        self._vault = vault
        self._city = city
        self._now = now
        self._public_numbers = frozenset(
            [hotline.number for hotline in city.hotlines]
            + [department.phone for department in city.departments]
            + [neighbour.phone for neighbour in city.neighbours]
        )

    def receive(self, message: InboundMessage) -> Received:
        """Keep one message and return once it is committed. Raises TemporaryFailure if it is not."""
        message = _without_hiding_places(message)
        redaction = self._redact(message.text)
        emergency = recognise(message.text, self._city.emergency) if message.text else None
        received = self._record(message, redaction, emergency)
        failpoint("turn_committed")
        return received

    def _redact(self, text: str) -> Redaction | None:
        try:
            return redact(text, public_numbers=self._public_numbers)
        except Exception as error:
            # The wall itself failed. The words must neither be lost nor lie open: they go to the
            # vault unread. The error's text could repeat them, so only its type is logged.
            log.error("redaction failed: %s", type(error).__name__)
            return None

    def _record(
        self,
        message: InboundMessage,
        redaction: Redaction | None,
        emergency: EmergencyRule | None,
    ) -> Received:
        now = self._now()
        with self._database.transaction() as session:
            known = find_turn(session, channel=message.channel, external_id=message.external_id)
            if known is not None:
                return Received(known.id, known.conversation_id, duplicate=True)
            conversation = ensure_conversation(
                session,
                channel=message.channel,
                address=message.address,
                visibility=message.visibility,
                now=now,
            )
            unread_token = None
            if redaction is None:
                unread_token = self._vault.keep(
                    session,
                    conversation_id=conversation.id,
                    kind="unread",
                    value=message.text,
                    now=now,
                )
                text = unread_token
            else:
                tokens = {
                    span: self._vault.keep(
                        session,
                        conversation_id=conversation.id,
                        kind=span.kind,
                        value=span.value,
                        now=now,
                    )
                    for span in redaction.spans
                    if span.kind not in redaction.refused
                }
                text = redaction.render(tokens)
            recorded = record_turn(
                session,
                conversation=conversation,
                message=message,
                text=text,
                refused=redaction.refused if redaction else (),
                unread_token=unread_token,
                emergency=emergency.id if emergency else None,
                now=now,
            )
            if emergency is not None and not recorded.duplicate:
                turn = session.get_one(Turn, recorded.turn_id)
                turn.state = "answered"
                turn.answered_at = now
                open_handover(
                    session,
                    conversation_id=conversation.id,
                    reason=f"emergency:{emergency.id}",
                    emergency=True,
                    now=now,
                )
                enqueue(
                    session,
                    conversation=conversation,
                    reply=Reply(
                        emergency.text,
                        choices=(
                            Choice(self._city.texts.render("choice_report"), "/report_complaint"),
                            Choice(self._city.texts.render("choice_officer"), "/talk_to_officer"),
                        ),
                    ),
                    kind="notice",
                    dedupe_key=f"emergency:{turn.id}",
                    turn_id=turn.id,
                    now=now,
                )
            return Received(recorded.turn_id, recorded.conversation_id, recorded.duplicate)


def _without_hiding_places(message: InboundMessage) -> InboundMessage:
    """The message with nothing but its text able to carry personal data.

    A choice that has not the form of ours is emptied (the answer says that it is unknown); a point
    and its accuracy are cut to 0.1 m.
    """
    if message.choice is not None and not is_choice_id(message.choice):
        message = replace(message, choice="")
    if message.location is not None:
        at = message.location
        accuracy = None if at.accuracy_m is None else round(at.accuracy_m, 1)
        message = replace(message, location=Location(round(at.lat, 6), round(at.long, 6), accuracy))
    return message
