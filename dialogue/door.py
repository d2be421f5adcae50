"""The door: every citizen's message enters here, on every channel. Must not wait for Rasa or any network.

Redact, then commit, then acknowledge. Emergencies are recognised here by rule and learned score, so they
are answered whether or not anything behind the door works.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.case_contacts import forget_childs_data
from core.city import City, EmergencyRule
from core.conversations import (
    ensure_conversation,
    find_turn,
    record_turn,
    reopen_conversation,
)
from core.database import Database
from core.failpoints import failpoint
from core.flood import is_flood
from core.guardians import CONTACT_REFUSED, NEEDED
from core.inbound import InboundMessage, Location, TurnKind
from core.invitations import is_payload
from core.locking import lock_conversation, lock_existing
from core.models.conversation import Conversation, Turn
from core.photo_places import PhotoPlaces
from core.ports import Now
from core.put_away import public_numbers
from core.telemetry import NO_TELEMETRY, Telemetry
from core.turn_changes import GATHER, SETTLE, edit_turn, join_part
from core.vault import Vault
from dialogue.abuse import sense_abuse
from dialogue.choices import is_choice_id
from dialogue.door_answers import answer_emergency, ask_for_a_reader, tell_flood
from dialogue.emergency_sense import sense_emergency
from dialogue.halves import join_halves, wait_for_second_half
from dialogue.reading import SERVICE_CONTEXT
from korean.abuse import Abuse
from korean.ages import without_age
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

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        city: City,
        now: Now,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        self._telemetry = telemetry
        self._database = database
        self._vault = vault
        self._city = city
        self._places = PhotoPlaces(vault=vault, jurisdiction=city.jurisdiction)
        self._now = now
        self._public_numbers = public_numbers(city)

    def receive(self, message: InboundMessage) -> Received:
        """Keep one message and return once it is committed. Raises TemporaryFailure if it is not."""
        with self._telemetry.step("door", channel=message.channel) as step:
            received = self._receive(message)
            step.turn_id = received.turn_id
            step.conversation_id = received.conversation_id
            if received.duplicate:
                step.outcome = "duplicate"
            elif message.flood:
                step.outcome = "flood"
            return received

    def _receive(self, message: InboundMessage) -> Received:
        message = _without_hiding_places(message)
        if message.context is not None and not self._is_ours(message.context):
            # "/start 010-1234-5678" has the form of a link's payload, but somebody typed it.
            message = replace(message, context=None)
        # Of who is under 14 only that is kept, never the age.
        text, minor = without_age(message.text)
        message = replace(message, text=text)
        redaction = self._redact(message.text)
        emergency = sense_emergency(message.text, self._city)
        abuse = sense_abuse(message.text)
        received = self._record(message, redaction, emergency, abuse, minor=minor)
        failpoint("turn_committed")
        return received

    def keep_unread(self, message: InboundMessage) -> Received:
        """Keep the words of a message that ``receive`` fails on by a fault of ours, and nothing else.

        They go to the vault as they are, and a person is asked for. Raises TemporaryFailure if it is
        not committed.
        """
        bare = InboundMessage(
            channel=message.channel,
            address=message.address,
            external_id=message.external_id,
            kind=TurnKind.TEXT,
            text=message.text,
            visibility=message.visibility,
            author=message.author,
            sequence=message.sequence,
            flood=message.flood,
        )
        return self._record(bare, None, None, None)

    def _is_ours(self, context: str) -> bool:
        code = context.removeprefix(SERVICE_CONTEXT)
        return is_payload(context) or (code != context and self._city.has_service(code))

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
        abuse: Abuse | None,
        *,
        minor: bool = False,
    ) -> Received:
        now = self._now()
        with self._database.transaction() as session:
            known = find_turn(session, channel=message.channel, external_id=message.external_id)
            if known is not None:
                return self._join(
                    session,
                    known,
                    message=message,
                    redaction=redaction,
                    emergency=emergency,
                    abuse=abuse,
                    minor=minor,
                    now=now,
                )
            conversation = ensure_conversation(
                session,
                channel=message.channel,
                address=message.address,
                visibility=message.visibility,
                now=now,
            )
            # Once more under the conversation's lock: of two at once the second finds the first here.
            known = find_turn(session, channel=message.channel, external_id=message.external_id)
            if known is not None:
                return self._join(
                    session,
                    known,
                    message=message,
                    redaction=redaction,
                    emergency=emergency,
                    abuse=abuse,
                    minor=minor,
                    now=now,
                )
            reopen_conversation(session, conversation)
            if minor:
                self._mark_minor(session, conversation, now)
            if not message.flood and is_flood(
                session, conversation_id=conversation.id, at=message.sent_at or now
            ):
                message = replace(message, flood=True, files=())
            redaction = self._with_halves(session, conversation, message, redaction, now)
            text, unread_token = self._put_away(session, conversation.id, message, redaction, now)
            recorded = record_turn(
                session,
                conversation=conversation,
                message=message,
                text=text,
                refused=redaction.refused if redaction else (),
                unread_token=unread_token,
                emergency=emergency.id if emergency else None,
                not_before=now + _held_back(message),
                now=now,
            )
            turn = session.get_one(Turn, recorded.turn_id)
            if not recorded.duplicate:
                turn.abuse = abuse
            if message.photos and not recorded.duplicate:
                self._places.keep(
                    session,
                    conversation_id=conversation.id,
                    photos=message.photos,
                    attachment_ids=turn.attachment_ids,
                    now=now,
                )
            if unread_token is not None:
                ask_for_a_reader(session, turn, now=now)
            if emergency is not None and not recorded.duplicate:
                answer_emergency(
                    session, turn, conversation, emergency, texts=self._city.texts, now=now
                )
            elif message.flood:
                tell_flood(session, conversation, texts=self._city.texts, now=now)
            return Received(recorded.turn_id, recorded.conversation_id, recorded.duplicate)

    def _join(
        self,
        session: Session,
        turn: Turn,
        *,
        message: InboundMessage,
        redaction: Redaction | None,
        emergency: EmergencyRule | None,
        abuse: Abuse | None,
        minor: bool,
        now: datetime,
    ) -> Received:
        """A message that is known: an edit or a further part changes its turn, else it came twice."""
        twice = Received(turn.id, turn.conversation_id, duplicate=True)
        if message.edited_at is None and (message.part is None or message.part in turn.parts):
            return twice
        # Another part or edit may have come while we waited for the lock.
        lock_conversation(session, turn.conversation_id)
        turn = lock_existing(session, Turn, turn.id)
        if message.edited_at is None and message.part in turn.parts:
            return twice
        conversation = session.get_one(Conversation, turn.conversation_id)
        if minor:
            self._mark_minor(session, conversation, now)
        redaction = self._with_halves(session, conversation, message, redaction, now, turn=turn)
        text, unread_token = self._put_away(session, conversation.id, message, redaction, now)
        joins = message.part is not None and message.part not in turn.parts
        if joins:
            # Also when it was edited before it came.
            changed = join_part(turn, message=message, text=text, now=now)
        elif message.part is not None and not message.text:
            # A picture of an album was changed; the words hang on another one.
            changed = False
        else:
            assert message.edited_at is not None
            edit = edit_turn(
                turn,
                text=text,
                edited_at=message.edited_at,
                sequence=message.sequence,
                now=now,
            )
            changed = edit == "changed"
        if message.flood:
            tell_flood(session, conversation, texts=self._city.texts, now=now)
        if not changed:
            return twice
        turn.abuse = abuse or (turn.abuse if joins else None)
        reopen_conversation(session, conversation)
        refused = list(redaction.refused) if redaction else []
        if joins:
            # What the other parts of the album said stays there, and so does what is known of it.
            turn.unread_token = unread_token or turn.unread_token
            turn.refused = [*turn.refused, *refused]
        else:
            turn.unread_token, turn.refused = unread_token, refused
        if unread_token is not None:
            ask_for_a_reader(session, turn, now=now)
        if emergency is not None and turn.emergency is None:
            turn.emergency = emergency.id
            answer_emergency(
                session, turn, conversation, emergency, texts=self._city.texts, now=now
            )
        return Received(turn.id, turn.conversation_id, duplicate=False)

    @staticmethod
    def _mark_minor(session: Session, conversation: Conversation, now: datetime) -> None:
        """From now on a guardian is needed, also for what was given before."""
        if conversation.visibility == "private" and conversation.guardian is None:
            conversation.guardian = NEEDED
            forget_childs_data(session, conversation_id=conversation.id, now=now)

    def _with_halves(
        self,
        session: Session,
        conversation: Conversation,
        message: InboundMessage,
        redaction: Redaction | None,
        now: datetime,
        *,
        turn: Turn | None = None,
    ) -> Redaction | None:
        """The redaction of a message together with those before it, whose pieces it masks."""
        if redaction is None or not message.text or message.contact is not None:
            return redaction

        def keep(kind: str, value: str) -> str:
            if conversation.guardian == NEEDED:
                return CONTACT_REFUSED
            return self._vault.keep(
                session, conversation_id=conversation.id, kind=kind, value=value, now=now
            )

        return join_halves(
            session,
            conversation=conversation,
            redaction=redaction,
            before=turn.id if turn is not None else None,
            public_numbers=self._public_numbers,
            keep=keep,
            now=now,
        )

    def _put_away(
        self,
        session: Session,
        conversation_id: int,
        message: InboundMessage,
        redaction: Redaction | None,
        now: datetime,
    ) -> tuple[str, str | None]:
        """The text with tokens for what went to the vault, and the token of one that nobody could read."""

        def keep(kind: str, value: str) -> str:
            return self._vault.keep(
                session, conversation_id=conversation_id, kind=kind, value=value, now=now
            )

        if redaction is None:
            token = keep("unread", message.text)
            return token, token
        if session.get_one(Conversation, conversation_id).guardian == NEEDED:
            # Without a guardian's consent no contact is taken, not even into the vault.
            if message.contact is not None:
                return CONTACT_REFUSED, None
            return redaction.render(dict.fromkeys(redaction.spans, CONTACT_REFUSED)), None
        if message.contact is not None:
            return keep("phone", message.contact), None
        tokens = {
            span: keep(span.kind, span.value)
            for span in redaction.spans
            if span.kind not in redaction.refused
        }
        return redaction.render(tokens), None


def _held_back(message: InboundMessage) -> timedelta:
    """How long to wait for the rest of an album, or for what was sent before this."""
    if message.part is not None:
        return GATHER
    settle = SETTLE if message.unsettled else timedelta(0)
    return max(settle, wait_for_second_half(message.text))


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
