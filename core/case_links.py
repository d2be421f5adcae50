"""Lets a conversation follow a case of another one (table case_link), its one writer. Never by guess.

Only the look-up code on the case's receipt links; wrong codes are counted and locked as on the look-up page.
Whoever filed the case is told and may undo it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.case_hearers import hearers
from core.case_queries import look_up
from core.city import City
from core.conversations import ERASED
from core.deliveries import enqueue
from core.errors import Refused
from core.locking import insert_missing, lock_conversation
from core.lookup_codes import LookupCodes
from core.models.case import Case
from core.models.conversation import Conversation
from core.models.privacy import CaseLink
from core.replies import Choice, Reply

UNLINK = "unlink"


def link_case(
    session: Session,
    *,
    city: City,
    codes: LookupCodes,
    conversation_id: int,
    number: str,
    code: str,
    now: datetime,
) -> Case | None:
    """Link the case whose receipt carries number and code; None for a wrong pair. Twice is once.

    Commit also after None: a wrong code is counted. Raises Refused("lookup_locked").
    """
    lock_conversation(session, conversation_id)
    case = look_up(session, codes=codes, number=number, code=code, now=now)
    if case is None or case.conversation_id == conversation_id:
        return case
    new = insert_missing(
        session, CaseLink, conversation_id=conversation_id, case_id=case.id, linked_at=now
    )
    link = session.scalars(
        select(CaseLink).where(
            CaseLink.conversation_id == conversation_id, CaseLink.case_id == case.id
        )
    ).one()
    if not new and link.undone_at is None:
        return case
    link.linked_at, link.undone_at = now, None
    _audit(session, conversation_id, case, "case.link", now)
    _tell_owner(session, city=city, case=case, link=link, now=now)
    return case


def unlink_case(session: Session, *, link_id: int, by_conversation_id: int, now: datetime) -> Case:
    """End a link, by the one who follows or the one who filed. Twice is once.

    Raises Refused("link_unknown").
    """
    link = session.get(CaseLink, link_id)
    case = session.get(Case, link.case_id) if link else None
    if link is None or case is None:
        raise Refused("link_unknown")
    if by_conversation_id not in (link.conversation_id, case.conversation_id):
        raise Refused("link_unknown")
    if link.undone_at is None:
        link.undone_at = now
        _audit(session, by_conversation_id, case, "case.unlink", now)
    return case


def links_of(session: Session, *, conversation_id: int) -> list[CaseLink]:
    """The links of a conversation that hold, newest first."""
    query = select(CaseLink).where(
        CaseLink.conversation_id == conversation_id, CaseLink.undone_at.is_(None)
    )
    return list(session.scalars(query.order_by(CaseLink.id.desc())))


def linked_cases(session: Session, *, conversation_id: int) -> list[Case]:
    """The cases of other conversations that this one follows, newest first."""
    return [
        session.get_one(Case, link.case_id)
        for link in links_of(session, conversation_id=conversation_id)
    ]


def followers_of(session: Session, *, case_id: int) -> Sequence[Conversation]:
    """The other conversations that follow a case, in the order in which they are locked."""
    return session.scalars(
        select(Conversation)
        .join(CaseLink, CaseLink.conversation_id == Conversation.id)
        .where(
            CaseLink.case_id == case_id,
            CaseLink.undone_at.is_(None),
            Conversation.address.not_like(f"{ERASED}%"),
        )
        .order_by(Conversation.id)
    ).all()


def lock_talks(session: Session, case: Case) -> None:
    """Lock every conversation that hears of a case, before the case (core.locking).

    In the order of their ids: of two cases that follow each other, both changes lock alike.
    """
    for talk_id in sorted(hearers(session, case.id)):
        lock_conversation(session, talk_id)


def _tell_owner(session: Session, *, city: City, case: Case, link: CaseLink, now: datetime) -> None:
    owner = session.get_one(Conversation, case.conversation_id)
    if owner.address.startswith(ERASED):
        return
    payload = f"/my_data{json.dumps({'act': UNLINK, 'link': link.id})}"
    enqueue(
        session,
        conversation=owner,
        reply=Reply(
            city.texts.render("link_told", number=case.number),
            choices=(Choice(city.texts.render("choice_unlink"), payload),),
        ),
        kind="notice",
        dedupe_key=f"link:{link.id}:{int(now.timestamp())}",
        case_id=case.id,
        now=now,
    )


def _audit(session: Session, conversation_id: int, case: Case, action: str, now: datetime) -> None:
    record_audit(
        session,
        actor=f"conversation:{conversation_id}",
        action=action,
        subject=f"case:{case.number}",
        purpose="본인 요청",
        now=now,
    )
