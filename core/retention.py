"""Which rows are due by the city's retention, and what becomes of them. Must not touch files or Rasa.

One handler for each timed kind of city/retention.yml. Every one is idempotent: what was treated is not
due any more, so a run that was broken off goes on where it stopped. Files that no row names any more are
returned to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.case_status import DONE
from core.cases import Actor, add_note
from core.conversations import ERASED
from core.delivery_queue import OPEN_STATES as OPEN_DELIVERIES
from core.department_queue import OPEN_STATES as OPEN_MESSAGES
from core.emptying import emptied, numbered, table_of
from core.erasure import request_erasure
from core.models.case import Case, CaseEvent, CaseRating, LookupAttempt
from core.models.conversation import Attachment, Conversation, Delivery, Draft, Handover, Turn
from core.models.department import DepartmentCallback, DepartmentMessage
from core.models.erasure import Erasure
from core.models.nearby import CaseFollow
from core.models.officers import OfficerSession, UsedForm
from core.models.policy import PolicyQuestion
from core.models.privacy import CaseLink, Consent, DataLink
from core.models.vault import VaultItem

BY = "system:retention"
GONE = "(보존 기간이 지나 지웠어요)"
_DONE = sorted(status.value for status in DONE)
_SETTLED_TURNS = ("answered", "failed")

Where = Callable[[datetime], ColumnElement[bool]]
Apply = Callable[[Session, Sequence[Any], datetime], Sequence[str]]


def _all(_session: Session, keys: Sequence[Any]) -> Sequence[Any]:
    return keys


@dataclass(frozen=True)
class Handler:
    """How one kind is treated. ``apply`` returns hashes of files that may be unused now."""

    key: InstrumentedAttribute[Any]
    where: Where
    apply: Apply
    # Leaves out what a query cannot tell.
    choose: Callable[[Session, Sequence[Any]], Sequence[Any]] = field(default=_all)


@dataclass(frozen=True)
class Batch:
    """``due`` of the rows looked at; ``last`` is where the next batch begins, None at the end."""

    due: int
    last: Any
    files: Sequence[str] = ()


def treat_batch(
    session: Session,
    *,
    kind: str,
    before: datetime,
    after: Any,
    limit: int,
    dry_run: bool,
    now: datetime,
) -> Batch:
    """Look at up to ``limit`` rows of a kind behind the key ``after`` and treat those that are due."""
    handler = HANDLERS[kind]
    query = select(handler.key).where(handler.where(before))
    if after is not None:
        query = query.where(handler.key > after)
    keys = list(session.scalars(query.order_by(handler.key).limit(limit)))
    if not keys:
        return Batch(0, None)
    due = handler.choose(session, keys)
    files = [] if dry_run or not due else handler.apply(session, due, now)
    return Batch(len(due), keys[-1], files)


def unnamed_files(session: Session, files: Sequence[str]) -> list[str]:
    """Those of the hashes that no attachment names any more."""
    named = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(files))))
    return sorted(set(files) - named)


def _open_case(
    conversation: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> ColumnElement[bool]:
    return exists().where(Case.conversation_id == conversation, Case.status.not_in(_DONE))


def _last_status() -> ColumnElement[Any]:
    """When a case came into the state in which it is."""
    return (
        select(func.max(CaseEvent.at))
        .where(CaseEvent.case_id == Case.id, CaseEvent.kind.in_(("status", "opened")))
        .scalar_subquery()
    )


def _quiet(before: datetime) -> ColumnElement[bool]:
    began = func.coalesce(Conversation.last_turn_at, Conversation.created_at)
    return and_(
        began < before,
        Conversation.address.not_like(f"{ERASED}%"),
        ~_open_case(Conversation.id),
        ~exists().where(Erasure.conversation_id == Conversation.id),
        # The city's own channel is no citizen's talk.
        ~exists().where(Delivery.conversation_id == Conversation.id, Delivery.kind == "post"),
    )


def _ask_to_erase(session: Session, keys: Sequence[Any], now: datetime) -> Sequence[str]:
    """The worker erases, in the one way in which all erasures go (Rasa, rows, files)."""
    for key in keys:
        request_erasure(session, conversation_id=key, by=BY, reason="보유 기간 만료", now=now)
    return ()


def _old_turns(before: datetime) -> ColumnElement[bool]:
    return and_(
        Turn.arrived_at < before,
        Turn.state.in_(_SETTLED_TURNS),
        Turn.external_id.not_like(f"{ERASED}%"),
        ~_open_case(Turn.conversation_id),
    )


def _empty_turns(session: Session, keys: Sequence[Any], _now: datetime) -> Sequence[str]:
    table = table_of(Turn)
    values = emptied(Turn) | {"external_id": numbered(table)}
    session.execute(table.update().where(table.c.id.in_(keys)).values(values))
    return ()


def _old_deliveries(before: datetime) -> ColumnElement[bool]:
    return and_(
        Delivery.created_at < before,
        Delivery.state.not_in(OPEN_DELIVERIES),
        Delivery.kind != "post",
        Delivery.dedupe_key.not_like(f"{ERASED}%"),
        ~_open_case(Delivery.conversation_id),
    )


def _empty_deliveries(session: Session, keys: Sequence[Any], _now: datetime) -> Sequence[str]:
    table = table_of(Delivery)
    values = emptied(Delivery) | {
        "payload": {"text": ""},
        "image_id": null(),
        "address": ERASED,
        "dedupe_key": numbered(table),
    }
    session.execute(table.update().where(table.c.id.in_(keys)).values(values))
    return ()


def _old_contacts(before: datetime) -> ColumnElement[bool]:
    return and_(Case.contact_token.is_not(None), Case.status.in_(_DONE), _last_status() < before)


def _remove_contacts(session: Session, keys: Sequence[Any], now: datetime) -> Sequence[str]:
    for case_id in keys:
        case = session.get_one(Case, case_id)
        token, case.contact_token = case.contact_token, None
        add_note(
            session,
            case_id=case_id,
            actor=Actor("system", "retention"),
            reason="보유 기간이 지나 연락처를 지움",
            now=now,
        )
        session.flush()
        still = select(Case.id).where(
            Case.conversation_id == case.conversation_id, Case.contact_token == token
        )
        if session.scalars(still.limit(1)).first() is None:
            item = select(VaultItem.id).where(
                VaultItem.conversation_id == case.conversation_id, VaultItem.token == token
            )
            _empty_items(session, list(session.scalars(item)), now)
    return ()


def _old_items(before: datetime) -> ColumnElement[bool]:
    return and_(
        VaultItem.created_at < before,
        VaultItem.erased_at.is_(None),
        ~_open_case(VaultItem.conversation_id),
        ~exists().where(
            Case.conversation_id == VaultItem.conversation_id, Case.contact_token == VaultItem.token
        ),
    )


def _empty_items(session: Session, keys: Sequence[Any], now: datetime) -> Sequence[str]:
    table = table_of(VaultItem)
    at = func.coalesce(table.c.erased_at, now, type_=table.c.erased_at.type)
    values = emptied(VaultItem) | {"erased_at": at}
    session.execute(table.update().where(table.c.id.in_(keys)).values(values))
    return ()


def _old_attachments(before: datetime) -> ColumnElement[bool]:
    return and_(
        Attachment.created_at < before,
        Attachment.conversation_id.is_not(None),
        ~_open_case(Attachment.conversation_id),
        ~exists().where(Delivery.image_id == Attachment.id),
    )


def _not_of_cases(session: Session, keys: Sequence[Any]) -> Sequence[Any]:
    """Without the photos of cases: those stay as long as their case."""
    talks = select(Attachment.conversation_id).where(Attachment.id.in_(keys))
    held: set[int] = set()
    for case in session.scalars(select(Case).where(Case.conversation_id.in_(talks))):
        held.update(int(each) for each in case.attachment_ids)
        for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id)):
            held.update(int(photo["id"]) for photo in event.data.get("photos", ()))
            held.update(int(each) for each in event.data.get("attachments", ()))
    return [key for key in keys if key not in held]


def _delete_attachments(session: Session, keys: Sequence[Any], _now: datetime) -> Sequence[str]:
    files = list(session.scalars(select(Attachment.sha256).where(Attachment.id.in_(keys))))
    session.execute(delete(Attachment).where(Attachment.id.in_(keys)))
    return files


def _old_cases(before: datetime) -> ColumnElement[bool]:
    return and_(Case.anonymised_at.is_(None), Case.status.in_(_DONE), _last_status() < before)


def _anonymise_cases(session: Session, keys: Sequence[Any], now: datetime) -> Sequence[str]:
    """What kind, where roughly, when and how it ended stay for the statistics; words and photos go."""
    for case_id in keys:
        case = session.get_one(Case, case_id)
        case.what, case.answers, case.attachment_ids = GONE, {}, []
        case.place_text = " ".join(part for part in (case.gu, case.dong) if part) or GONE
        case.lat = case.long = case.contact_token = case.cell = case.place_key = None
        case.anonymised_at = now
        for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id)):
            event.reason, event.note, event.data = GONE, "", {}
            if event.actor_kind == "citizen":
                event.actor_id = "citizen"
        for rating in session.scalars(select(CaseRating).where(CaseRating.case_id == case_id)):
            rating.comment = ""
    return ()


def _old_messages(before: datetime) -> ColumnElement[bool]:
    return and_(
        DepartmentMessage.created_at < before,
        DepartmentMessage.state.not_in(OPEN_MESSAGES),
        exists().where(Case.id == DepartmentMessage.case_id, Case.status.in_(_DONE)),
    )


def _old_callbacks(before: datetime) -> ColumnElement[bool]:
    return and_(
        DepartmentCallback.received_at < before,
        DepartmentCallback.state != "waiting",
        cast(DepartmentCallback.content, String) != "{}",
    )


def _empty_callbacks(session: Session, keys: Sequence[Any], _now: datetime) -> Sequence[str]:
    table = table_of(DepartmentCallback)
    session.execute(table.update().where(table.c.id.in_(keys)).values(content={}))
    return ()


def _old_consents(before: datetime) -> ColumnElement[bool]:
    erased = exists().where(
        Conversation.id == Consent.conversation_id, Conversation.address.like(f"{ERASED}%")
    )
    return or_(Consent.withdrawn_at < before, and_(Consent.given_at < before, erased))


def _deleted(key: InstrumentedAttribute[Any], where: Where) -> Handler:
    def apply(session: Session, keys: Sequence[Any], _now: datetime) -> Sequence[str]:
        session.execute(delete(key.class_).where(key.in_(keys)))
        return ()

    return Handler(key, where, apply)


HANDLERS: Mapping[str, Handler] = {
    "conversations": Handler(Conversation.id, _quiet, _ask_to_erase),
    "turns": Handler(Turn.id, _old_turns, _empty_turns),
    "deliveries": Handler(Delivery.id, _old_deliveries, _empty_deliveries),
    "drafts": _deleted(Draft.id, lambda t: and_(Draft.state != "open", Draft.updated_at < t)),
    "handovers": _deleted(Handover.id, lambda t: Handover.closed_at < t),
    "case_contacts": Handler(Case.id, _old_contacts, _remove_contacts),
    "vault_items": Handler(VaultItem.id, _old_items, _empty_items),
    "cases": Handler(Case.id, _old_cases, _anonymise_cases),
    "attachments": Handler(
        Attachment.id, _old_attachments, _delete_attachments, choose=_not_of_cases
    ),
    "department_messages": _deleted(DepartmentMessage.id, _old_messages),
    "department_callbacks": Handler(DepartmentCallback.id, _old_callbacks, _empty_callbacks),
    "lookup_attempts": _deleted(LookupAttempt.id, lambda t: LookupAttempt.at < t),
    "officer_sessions": _deleted(
        OfficerSession.token_hash, lambda t: OfficerSession.expires_at < t
    ),
    "used_forms": _deleted(UsedForm.token, lambda t: UsedForm.used_at < t),
    "data_links": _deleted(DataLink.token_hash, lambda t: DataLink.expires_at < t),
    "case_links": _deleted(CaseLink.id, lambda t: CaseLink.undone_at < t),
    "case_follows": _deleted(CaseFollow.id, lambda t: CaseFollow.undone_at < t),
    "policy_questions": _deleted(PolicyQuestion.id, lambda t: PolicyQuestion.asked_at < t),
    "consents": _deleted(Consent.id, _old_consents),
    "erasures": _deleted(Erasure.id, lambda t: Erasure.done_at < t),
}
