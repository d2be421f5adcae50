"""A citizen's copy of the own data as one JSON document (열람·전송). Must not hold anybody else's data.

Personal data is resolved from the vault, audited as the citizen's own request. Officers stand as their
department; what officers noted for themselves is left out. docs/my-data-export.md describes the format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.attachments import StoredFile, stored_files
from core.audit import record_audit
from core.case_follow import followed_cases
from core.case_links import linked_cases
from core.case_queries import events_of
from core.case_status import TITLES, CaseStatus
from core.city import City, UnknownName
from core.consents import list_consents
from core.conversations import ERASED
from core.errors import Refused
from core.models.case import Case, CaseEvent, CaseRating
from core.models.conversation import Attachment, Conversation, Delivery, Draft, Turn
from core.models.officers import Officer
from core.models.vault import VaultItem
from core.policy_questions import questions_of
from core.put_away import in_plain_words
from core.replies import Reply
from core.vault import TOKEN_PATTERN, Vault

SCHEMA = "sotong-my-data"
SCHEMA_VERSION = 1
PURPOSE = "시민 본인 요청 (사본 받기)"
ERASED_WORD = "(지운 내용)"
OFFICER = "담당 공무원"


@dataclass(frozen=True)
class MyDataCopy:
    """The document, and the files that it names."""

    data: dict[str, Any]
    files: tuple[StoredFile, ...]


def export_my_data(
    session: Session,
    *,
    vault: Vault,
    city: City,
    conversation_id: int,
    how: str,
    file_address: Callable[[StoredFile], str],
    by: str | None = None,
    now: datetime,
) -> MyDataCopy:
    """The copy of a conversation, in a writing session; one audit line says that it was given and ``how``.

    ``by``: who makes it on the citizen's wish; None is the citizen.
    ``file_address`` says where the document's reader finds a file. Raises Refused("conversation_unknown")
    also for an erased one.
    """
    talk = session.get(Conversation, conversation_id)
    if talk is None or talk.address.startswith(ERASED):
        raise Refused("conversation_unknown")
    actor = by or f"conversation:{conversation_id}"
    record_audit(
        session,
        actor=actor,
        action="my_data.export",
        subject=f"conversation:{conversation_id}",
        purpose=f"{PURPOSE}: {in_plain_words(how)}"[:200],
        now=now,
    )
    made = _Export(session, vault=vault, city=city, talk=talk, actor=actor, now=now)
    return made.make(file_address)


class _Export:
    def __init__(
        self,
        session: Session,
        *,
        vault: Vault,
        city: City,
        talk: Conversation,
        actor: str,
        now: datetime,
    ) -> None:
        self._session, self._city, self._talk, self._now = session, city, talk, now
        self._items = session.scalars(
            select(VaultItem)
            .where(VaultItem.conversation_id == talk.id, VaultItem.erased_at.is_(None))
            .order_by(VaultItem.id)
        ).all()
        self._values = {
            item.token: vault.reveal(
                session,
                conversation_id=talk.id,
                token=item.token,
                purpose=PURPOSE,
                actor=actor,
                now=now,
            )
            for item in self._items
        }
        self._officers = {
            officer.id: self._department(officer.department_id)
            for officer in session.scalars(select(Officer))
        }
        self._names = self._names_to_hide()

    def make(self, file_address: Callable[[StoredFile], str]) -> MyDataCopy:
        cases = self._session.scalars(
            select(Case).where(Case.conversation_id == self._talk.id).order_by(Case.id)
        ).all()
        files = self._files(cases)
        data = {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "made_at": _at(self._now),
            "city": self._city.jurisdiction.name,
            "conversation": {
                "channel": self._talk.channel,
                "began_at": _at(self._talk.created_at),
                "last_message_at": _at(self._talk.last_turn_at),
                "under_14": self._talk.guardian is not None,
            },
            "personal_data": [
                {
                    "kind": item.kind,
                    "value": self._values[item.token],
                    "received_at": _at(item.created_at),
                }
                for item in self._items
            ],
            "messages": self._messages(),
            "drafts": self._drafts(),
            "cases": [self._case(case) for case in cases],
            "linked_cases": [
                {"number": case.number, "status": TITLES[CaseStatus(case.status)]}
                for case in linked_cases(self._session, conversation_id=self._talk.id)
            ],
            "followed_cases": [
                {"number": case.number, "status": TITLES[CaseStatus(case.status)]}
                for case in followed_cases(self._session, conversation_id=self._talk.id)
            ],
            "questions": [
                {
                    "asked_at": _at(each.asked_at),
                    "question": self._plain(each.question),
                    "outcome": each.outcome,
                    "article": each.article_key,
                    "helpful": each.helpful,
                }
                for each in questions_of(self._session, conversation_id=self._talk.id)
            ],
            "files": [
                {
                    "id": file.id,
                    "media_type": file.media_type,
                    "size": file.size,
                    "sha256": file.sha256,
                    "address": file_address(file),
                }
                for file in files
            ],
            "consents": [
                {
                    "kind": each.kind,
                    "version": each.version,
                    "purpose": each.purpose,
                    "retention": each.retention,
                    "abroad": each.abroad,
                    "given_at": _at(each.given_at),
                    "how": each.how,
                    "withdrawn_at": _at(each.withdrawn_at),
                }
                for each in list_consents(self._session, conversation_id=self._talk.id)
            ],
            "retention": [
                {"kind": rule.kind, "title": rule.title, "period": rule.period, "start": rule.start}
                for rule in self._city.retention
            ],
        }
        return MyDataCopy(data, files)

    def _messages(self) -> list[dict[str, Any]]:
        turns = select(Turn).where(
            (Turn.conversation_id == self._talk.id)
            # What the same person said to the bot where others read along.
            | ((Turn.channel == self._talk.channel) & (Turn.author == self._talk.address))
        )
        if self._talk.visibility != "private":
            turns = turns.where(Turn.id < 0)
        found = [(turn.arrived_at, 0, self._turn(turn)) for turn in self._session.scalars(turns)]
        sent = select(Delivery).where(
            Delivery.conversation_id == self._talk.id, Delivery.action == "send"
        )
        found += [
            (row.created_at, 1, self._delivery(row))
            for row in self._session.scalars(sent)
            if row.kind != "post"
        ]
        return [line for _, _, line in sorted(found, key=lambda each: each[:2])]

    def _turn(self, turn: Turn) -> dict[str, Any]:
        return {
            "at": _at(turn.arrived_at),
            "from": "citizen",
            "kind": turn.kind,
            "in_public": turn.conversation_id != self._talk.id,
            "text": self._plain(turn.text),
            "earlier_texts": [self._plain(each) for each in turn.earlier_texts],
            "location": turn.location,
            "files": list(turn.attachment_ids),
        }

    def _delivery(self, row: Delivery) -> dict[str, Any]:
        reply = Reply.from_data(row.payload)
        kind, _, identity = row.speaker.partition(":")
        by = self._officers.get(int(identity)) if identity.isdigit() else None
        return {
            "at": _at(row.sent_at or row.created_at),
            "from": (by or OFFICER) if kind == "officer" else "bot",
            "kind": row.kind,
            "text": self._official(reply.text),
            "choices": [choice.title for choice in reply.choices],
            "files": [image.attachment_id for image in reply.images],
        }

    def _drafts(self) -> list[dict[str, Any]]:
        drafts = select(Draft).where(Draft.conversation_id == self._talk.id).order_by(Draft.id)
        return [
            {
                "state": draft.state,
                "updated_at": _at(draft.updated_at),
                "answers": self._plain(
                    {
                        key: value
                        for key, value in draft.slots.items()
                        if value not in (None, [], {})
                    }
                ),
            }
            for draft in self._session.scalars(drafts)
        ]

    def _case(self, case: Case) -> dict[str, Any]:
        rating = self._session.scalars(
            select(CaseRating).where(CaseRating.case_id == case.id)
        ).first()
        known = self._city.has_service(case.service_code)
        return {
            "number": case.number,
            "kind": case.kind,
            "service": self._city.service(case.service_code).name if known else case.service_code,
            "status": TITLES[CaseStatus(case.status)],
            "department": self._department(case.department_id),
            "why_this_department": case.route_explanation,
            "what": self._plain(case.what),
            "answers": self._plain(dict(case.answers)),
            "place": self._plain(case.place_text),
            "lat": case.lat,
            "long": case.long,
            "contact": self._plain(case.contact_token) if case.contact_token else None,
            "received_at": _at(case.received_at),
            "due_at": _at(case.due_at),
            "files": list(case.attachment_ids),
            "history": [
                self._event(event)
                for event in events_of(self._session, case_id=case.id, public_only=True)
            ],
            "rating": None
            if rating is None
            else {"score": rating.score, "comment": self._plain(rating.comment)},
        }

    def _event(self, event: CaseEvent) -> dict[str, Any]:
        by = "citizen" if event.actor_kind == "citizen" else "city"
        if event.actor_kind == "officer":
            by = (
                self._officers.get(int(event.actor_id)) if event.actor_id.isdigit() else None
            ) or OFFICER
        return {
            "at": _at(event.at),
            "by": by,
            "status": TITLES[CaseStatus(event.to_status)] if event.to_status else None,
            "note": self._plain(event.note) if by == "citizen" else self._official(event.note),
            "files": [photo["id"] for photo in event.data.get("photos", ())],
        }

    def _files(self, cases: Sequence[Case]) -> tuple[StoredFile, ...]:
        """What the citizen sent, was sent, or may see in the cases; no photo of a note that stayed inside."""
        own = select(Attachment.id).where(
            Attachment.conversation_id == self._talk.id, Attachment.source == "citizen"
        )
        ids = set(self._session.scalars(own))
        sent = select(Delivery.payload).where(Delivery.conversation_id == self._talk.id)
        for payload in self._session.scalars(sent):
            ids.update(image.attachment_id for image in Reply.from_data(payload).images)
        for case in cases:
            ids.update(int(each) for each in case.attachment_ids)
            for event in events_of(self._session, case_id=case.id, public_only=True):
                ids.update(int(photo["id"]) for photo in event.data.get("photos", ()))
        found = stored_files(self._session, sorted(ids))
        return tuple(found[each] for each in sorted(found))

    def _names_to_hide(self) -> dict[str, str]:
        """Names of officers, each with what stands in its place."""
        return {
            officer.name: self._officers.get(officer.id) or OFFICER
            for officer in self._session.scalars(select(Officer))
            if len(officer.name.strip()) > 1
        }

    def _department(self, department_id: str | None) -> str:
        try:
            return self._city.department(department_id).name if department_id else OFFICER
        except UnknownName:
            return OFFICER

    def _official(self, text: str) -> str:
        """What the city said, with departments in the place of officers' names."""
        text = self._plain(text)
        for name, department in self._names.items():
            text = text.replace(name, department)
        return text

    def _plain(self, value: Any) -> Any:
        """The value with personal data in the place of tokens."""
        if isinstance(value, str):
            return TOKEN_PATTERN.sub(lambda found: self._values.get(found[0], ERASED_WORD), value)
        if isinstance(value, dict):
            return {key: self._plain(inner) for key, inner in value.items()}
        return [self._plain(inner) for inner in value] if isinstance(value, list) else value


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
