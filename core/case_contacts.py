"""Changes and removes the contact of cases (column civil_case.contact_token). Must not read the vault.

A part of ``core.cases``, the one writer of that table. The history says that it changed, never what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.case_status import DONE
from core.cases import Actor, add_event
from core.emptying import emptied, table_of
from core.locking import lock_conversation
from core.models.case import Case
from core.models.vault import VaultItem

CHANGED_NOTE = "시민이 연락처를 바꿨어요."
WITHDRAWN_NOTE = "시민이 연락처를 쓰는 데 한 동의를 거두어 연락처를 지웠어요."
MINOR_NOTE = "시민이 열네 살이 안 되었다고 해서 보호자가 동의할 때까지 연락처를 지웠어요."
# In an event's data: the department that needs the contact gets the new one (core.department_events).
CONTACT_CHANGED = "contact_changed"
CONTACT_KINDS = ("phone", "email")
# What tells who a child is and where; a plate or a business is seldom the child's, and the matter needs it.
OF_A_PERSON = (*CONTACT_KINDS, "person_name", "address_unit", "bank_account", "card")
_DONE = sorted(status.value for status in DONE)


def cases_with_contact(session: Session, *, conversation_id: int) -> list[Case]:
    """The open cases of a conversation that carry a contact, oldest first."""
    query = select(Case).where(
        Case.conversation_id == conversation_id,
        Case.contact_token.is_not(None),
        Case.status.not_in(_DONE),
    )
    return list(session.scalars(query.order_by(Case.id)))


def change_contact(
    session: Session, *, conversation_id: int, token: str, now: datetime
) -> list[Case]:
    """Put the contact behind ``token`` in the place of the old one in all open cases; the changed ones.

    An old contact that no case uses any more is emptied in the vault. Twice is once.
    """
    lock_conversation(session, conversation_id)
    changed, old = [], set()
    for case in cases_with_contact(session, conversation_id=conversation_id):
        if case.contact_token == token:
            continue
        old.add(case.contact_token)
        case.contact_token = token
        _note(session, case, CHANGED_NOTE, now, conversation_id, changed=True)
        changed.append(case)
    session.flush()
    for each in old:
        if each is not None:
            _empty_unused(session, conversation_id=conversation_id, token=each, now=now)
    return changed


def remove_contacts(
    session: Session,
    *,
    conversation_id: int,
    now: datetime,
    note: str = WITHDRAWN_NOTE,
    kinds: Sequence[str] = CONTACT_KINDS,
) -> list[Case]:
    """Take the contact out of every case of a conversation and empty it in the vault; the changed cases."""
    lock_conversation(session, conversation_id)
    query = select(Case).where(
        Case.conversation_id == conversation_id, Case.contact_token.is_not(None)
    )
    cases = list(session.scalars(query.order_by(Case.id)))
    for case in cases:
        case.contact_token = None
        _note(session, case, note, now, conversation_id, changed=False)
    session.flush()
    _empty(session, VaultItem.conversation_id == conversation_id, now, kinds=kinds)
    return cases


def forget_childs_data(session: Session, *, conversation_id: int, now: datetime) -> list[Case]:
    """What was given before its giver said that they are under 14 (개인정보 보호법 22조의2); twice is once.

    Without a guardian's consent it may not be kept: it leaves the vault and the cases, whose numbers stay.
    """
    return remove_contacts(
        session, conversation_id=conversation_id, now=now, note=MINOR_NOTE, kinds=OF_A_PERSON
    )


def _note(
    session: Session, case: Case, note: str, now: datetime, conversation_id: int, *, changed: bool
) -> None:
    add_event(
        session,
        case_id=case.id,
        kind="note",
        actor=Actor("citizen", f"conversation:{conversation_id}"),
        reason=note,
        note=note,
        public=True,
        data={CONTACT_CHANGED: True} if changed else {},
        now=now,
    )


def _empty_unused(session: Session, *, conversation_id: int, token: str, now: datetime) -> None:
    used = select(Case.id).where(
        Case.conversation_id == conversation_id, Case.contact_token == token
    )
    if session.scalars(used.limit(1)).first() is None:
        of_it = (VaultItem.conversation_id == conversation_id) & (VaultItem.token == token)
        _empty(session, of_it, now)


def _empty(
    session: Session, which: object, now: datetime, *, kinds: Sequence[str] = CONTACT_KINDS
) -> None:
    table = table_of(VaultItem)
    at = func.coalesce(table.c.erased_at, now, type_=table.c.erased_at.type)
    session.execute(
        table.update()
        .where(which, table.c.kind.in_(kinds))  # type: ignore[arg-type]
        .values(emptied(VaultItem) | {"erased_at": at})
    )
