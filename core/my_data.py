"""What the city keeps of one citizen's conversation, in figures (개인정보 보호법 35조). Must not word it.

Contacts are read from the vault to be shown masked; each reading is audited as the citizen's own request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.case_follow import followed_cases
from core.case_links import linked_cases
from core.case_status import DONE, CaseStatus
from core.consent_texts import NOTICE
from core.consents import list_consents
from core.drafts import open_draft
from core.errors import Refused
from core.models.case import Case, CaseEvent
from core.models.conversation import Attachment, Conversation, Delivery, Turn
from core.models.privacy import Consent
from core.models.vault import VaultItem
from core.retention_rules import RetentionRule, rule_of
from core.vault import Vault

PURPOSE_SEE = "시민 본인 요청 (열람)"
MOST_CASES = 100


@dataclass(frozen=True)
class KeptContact:
    """Personal data in the vault, masked: ``010-****-5678``. ``kind`` is the vault's."""

    kind: str
    masked: str
    received_at: datetime
    until: datetime | None


@dataclass(frozen=True)
class KeptCase:
    """A case in few words. ``until``: when its words go, None while it is open."""

    number: str
    service_code: str
    status: CaseStatus
    has_contact: bool
    until: datetime | None
    linked: bool = False
    # Somebody else's, whose state this citizen hears.
    followed: bool = False


@dataclass(frozen=True)
class MyData:
    """All kinds of records of one conversation, counted. ``messages_until``: when the oldest would go."""

    conversation_id: int
    channel: str
    messages: int
    answers: int
    first_at: datetime | None
    last_at: datetime | None
    messages_until: datetime | None
    files: int
    contacts: tuple[KeptContact, ...]
    cases: tuple[KeptCase, ...]
    consents: tuple[Consent, ...]
    has_draft: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the citizen is there."""
        return not (self.messages or self.contacts or self.cases or self.files)


def collect_my_data(
    session: Session,
    *,
    vault: Vault,
    rules: Sequence[RetentionRule],
    conversation_id: int,
    now: datetime,
) -> MyData:
    """Count and mask, in a writing session. Raises Refused("conversation_unknown")."""
    talk = session.get(Conversation, conversation_id)
    if talk is None:
        raise Refused("conversation_unknown")
    turns = session.execute(
        select(func.count(), func.min(Turn.arrived_at), func.max(Turn.arrived_at)).where(
            Turn.conversation_id == conversation_id
        )
    ).one()
    answers = select(func.count()).where(Delivery.conversation_id == conversation_id)
    files = select(func.count()).where(
        Attachment.conversation_id == conversation_id, Attachment.source == "citizen"
    )
    own = session.scalars(
        select(Case)
        .where(Case.conversation_id == conversation_id)
        .order_by(Case.id.desc())
        .limit(MOST_CASES)
    ).all()
    cases = [_kept_case(session, case, rules) for case in own]
    cases += [
        _kept_case(session, case, rules, linked=True)
        for case in linked_cases(session, conversation_id=conversation_id)
    ]
    cases += [
        KeptCase(
            number=case.number,
            service_code=case.service_code,
            status=CaseStatus(case.status),
            has_contact=False,
            until=None,
            followed=True,
        )
        for case in followed_cases(session, conversation_id=conversation_id)
    ]
    return MyData(
        conversation_id=conversation_id,
        channel=talk.channel,
        messages=turns[0],
        answers=session.scalar(answers) or 0,
        first_at=turns[1],
        last_at=turns[2],
        messages_until=_until(rules, "turns", turns[1]),
        files=session.scalar(files) or 0,
        contacts=_contacts(session, vault, rules, own, conversation_id=conversation_id, now=now),
        cases=tuple(cases),
        consents=tuple(
            each
            for each in list_consents(session, conversation_id=conversation_id)
            if each.withdrawn_at is None and each.kind != NOTICE
        ),
        has_draft=open_draft(session, conversation_id=conversation_id) is not None,
    )


def mask(kind: str, value: str) -> str:
    """``010-****-5678``, ``k***@naver.com``; of anything else the first character."""
    if kind == "phone":
        digits = "".join(c for c in value if c.isdigit())
        return f"{digits[:3]}-****-{digits[-4:]}" if len(digits) >= 9 else "****"
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    return f"{value[:1]}***"


def _contacts(
    session: Session,
    vault: Vault,
    rules: Sequence[RetentionRule],
    cases: Sequence[Case],
    *,
    conversation_id: int,
    now: datetime,
) -> tuple[KeptContact, ...]:
    items = session.scalars(
        select(VaultItem)
        .where(VaultItem.conversation_id == conversation_id, VaultItem.erased_at.is_(None))
        .order_by(VaultItem.id)
    ).all()
    used = {case.contact_token for case in cases}
    found = []
    for item in items:
        if item.kind == "unread":
            continue
        value = vault.reveal(
            session,
            conversation_id=conversation_id,
            token=item.token,
            purpose=PURPOSE_SEE,
            actor=f"conversation:{conversation_id}",
            now=now,
        )
        # While a case uses it, its end is not known yet or goes by the case.
        until = None if item.token in used else _until(rules, "vault_items", item.created_at)
        found.append(KeptContact(item.kind, mask(item.kind, value), item.created_at, until))
    return tuple(found)


def _kept_case(
    session: Session, case: Case, rules: Sequence[RetentionRule], *, linked: bool = False
) -> KeptCase:
    status = CaseStatus(case.status)
    until = None
    if status in DONE:
        ended = session.scalar(
            select(func.max(CaseEvent.at)).where(
                CaseEvent.case_id == case.id, CaseEvent.kind == "status"
            )
        )
        until = _until(rules, "cases", ended)
    return KeptCase(
        number=case.number,
        service_code=case.service_code,
        status=status,
        has_contact=case.contact_token is not None,
        until=until,
        linked=linked,
    )


def _until(rules: Sequence[RetentionRule], kind: str, start: datetime | None) -> datetime | None:
    rule = rule_of(rules, kind)
    if start is None or rule is None or rule.days is None:
        return None
    return start + timedelta(days=rule.days)
