"""Asks before the contact of open cases is changed. Must not change it: core.case_contacts does, on a yes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_contacts import CONTACT_KINDS, cases_with_contact
from core.city import City
from core.errors import Refused
from core.models.vault import VaultItem
from core.my_data import mask
from core.replies import Choice, Reply
from core.vault import Vault
from dialogue.my_data import act

PURPOSE = "시민 본인 요청 (연락처 정정)"


def ask_contact(
    session: Session,
    *,
    vault: Vault,
    city: City,
    conversation_id: int,
    token: str | None,
    now: datetime,
) -> Reply:
    """The question whether the contact behind ``token`` shall be the new one; without one, for it."""
    say = city.texts.render
    cases = cases_with_contact(session, conversation_id=conversation_id)
    if not cases:
        return Reply(say("contact_no_case"))
    masked = None
    if token is not None:
        masked = _masked(
            session, vault=vault, conversation_id=conversation_id, token=token, now=now
        )
    if masked is None:
        wait = Choice(say("choice_keep"), act("contact_wait"))
        return Reply(say("contact_ask"), choices=(wait,))
    yes = Choice(say("choice_contact_yes"), act("contact_yes", token=token))
    text = say("contact_question", masked=masked, count=len(cases))
    return Reply(text, choices=(yes, Choice(say("choice_keep"), act("keep"))))


def _masked(
    session: Session, *, vault: Vault, conversation_id: int, token: str, now: datetime
) -> str | None:
    item = session.scalars(
        select(VaultItem).where(
            VaultItem.conversation_id == conversation_id, VaultItem.token == token
        )
    ).first()
    if item is None or item.kind not in CONTACT_KINDS:
        return None
    try:
        value = vault.reveal(
            session,
            conversation_id=conversation_id,
            token=token,
            purpose=PURPOSE,
            actor=f"conversation:{conversation_id}",
            now=now,
        )
    except Refused:
        return None
    return mask(item.kind, value)
