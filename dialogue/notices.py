"""Tells each version of the notice about personal data once, and keeps what was agreed to. Must not word it.

On the web the page itself says it, on a messenger the welcome. A new version is told anew. Who took back the
consent to what goes abroad is asked before anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from core.city import City
from core.consent_texts import ABROAD, NOTICE, text_of
from core.consents import find_consent, holds, record_consent, was_withdrawn
from core.inbound import TurnKind
from core.models.conversation import Conversation, Turn
from core.ports import Now
from core.replies import Choice, Reply
from dialogue.my_data import act

WEB = "web"


@dataclass(frozen=True)
class RightsReading:
    """What is said to a turn. ``done``: nothing else is; ``aside``: beside an open report's question."""

    replies: tuple[Reply, ...] = ()
    done: bool = False
    aside: bool = False


NOTHING = RightsReading()


class Linked(Protocol):
    """Adds the link to the whole text, where one can be given."""

    def __call__(self, reply: Reply, *, channel: str) -> Reply:
        """The reply with its link."""
        ...


class Notices:
    """The notices of one city."""

    def __init__(self, *, city: City, now: Now, linked: Linked) -> None:
        self._city = city
        self._now = now
        self._linked = linked

    def settled(self, session: Session, talk: Conversation) -> bool:
        """Whether there is nothing to tell and nothing to keep."""
        notice, abroad = (text_of(self._city.consents, kind) for kind in (NOTICE, ABROAD))
        if not holds(session, conversation_id=talk.id, text=notice):
            return False
        if not abroad.asked_on(talk.channel):
            return True
        known = find_consent(session, conversation_id=talk.id, kind=ABROAD)
        return known is not None and known.version == abroad.version and known.how != "shown"

    def tell(
        self,
        session: Session,
        turn: Turn,
        talk: Conversation,
        *,
        pressed: Mapping[str, Any] | None,
    ) -> RightsReading:
        """What has to be told before this turn is answered, in a writing session."""
        now, consents = self._now(), self._city.consents
        notice, abroad = text_of(consents, NOTICE), text_of(consents, ABROAD)
        crosses = abroad.asked_on(talk.channel)
        if crosses and was_withdrawn(session, conversation_id=talk.id, kind=ABROAD):
            return self._ask_abroad(session, turn, talk, pressed=pressed)
        told = [notice, abroad] if crosses else [notice]
        new = [each for each in told if not holds(session, conversation_id=talk.id, text=each)]
        if not new:
            self._keep_going_on(session, turn, talk)
            return NOTHING
        earlier = any(
            find_consent(session, conversation_id=talk.id, kind=each.kind) is not None
            for each in new
        )
        for each in new:
            record_consent(session, conversation_id=talk.id, text=each, how="shown", now=now)
        if not earlier and (turn.kind == TurnKind.START or talk.channel == WEB):
            # The welcome and the page of the chat say the same.
            return NOTHING
        words = " ".join(each.short for each in new)
        key = "consent_changed" if earlier else "consent_short"
        reply = Reply(self._city.texts.render(key, notice=words))
        return RightsReading((self._linked(reply, channel=talk.channel),))

    def _keep_going_on(self, session: Session, turn: Turn, talk: Conversation) -> None:
        """Who has read what goes abroad and writes on agrees to it (28조의8); a press would say no more."""
        consent = find_consent(session, conversation_id=talk.id, kind=ABROAD)
        if consent is not None and consent.how == "shown" and turn.arrived_at > consent.given_at:
            consent.how, consent.given_at = "continued", turn.arrived_at

    def _ask_abroad(
        self,
        session: Session,
        turn: Turn,
        talk: Conversation,
        *,
        pressed: Mapping[str, Any] | None,
    ) -> RightsReading:
        say, text = self._city.texts.render, text_of(self._city.consents, ABROAD)
        agrees = pressed is not None and pressed.get("act") == "agree"
        if agrees or turn.text.strip() == say("choice_abroad_yes"):
            record_consent(
                session, conversation_id=talk.id, text=text, how="pressed", now=self._now()
            )
            return RightsReading((Reply(say("abroad_agreed")),), done=True)
        choice = Choice(say("choice_abroad_yes"), act("agree", kind=ABROAD))
        reply = Reply(say("abroad_ask", notice=text.short), choices=(choice,))
        return RightsReading((self._linked(reply, channel=talk.channel),), done=True)
