"""Cases: the one writer of table civil_case. Must not word texts: those are in city/texts.

A case is opened once per turn, however often the turn is worked. History only grows; a change that the
table of ``core.case_status`` does not allow is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.case_clock import NO_TERMS, Terms, move_clock
from core.case_duties import plan_duties
from core.case_events import Actor, lock_case, record_event
from core.case_flags import flag_case
from core.case_merges import end_merge, release_merged
from core.case_notices import ask_how_it_was, sign, tell_citizen
from core.case_numbers import next_number
from core.case_status import CaseStatus, check_change
from core.city import City
from core.clock import Period, due_at
from core.department_queue import enqueue_moved, enqueue_opened
from core.errors import Refused
from core.follow_notices import tell_others
from core.geo_cells import cell_of
from core.inbound import Photo
from core.locking import lock_conversation, lock_existing
from core.lookup_codes import LookupCodes
from core.models.case import Case
from core.models.conversation import Turn
from core.routing import route
from korean.place_keys import place_key

__all__ = [
    "Actor",
    "OpenedCase",
    "Report",
    "Terms",
    "add_event",
    "add_note",
    "add_photos",
    "change_department",
    "change_status",
    "open_case",
]

# Who gives no contact is no 민원인 in law (시행령 2조); the city answers by its own promise.
TALK_KIND = "소통"


@dataclass(frozen=True)
class Report:
    """What a citizen reported; ``what``, ``place_text`` and ``answers`` hold tokens, no personal data."""

    what: str
    place_text: str
    service_code: str
    lat: float | None = None
    long: float | None = None
    gu: str | None = None
    dong: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    attachment_ids: Sequence[int] = ()
    contact_token: str | None = None
    consent: bool = False
    # Where a classifier chose: which words (of its training data) decided, and how sure it was.
    service_words: Sequence[str] = ()
    service_confidence: float | None = None


@dataclass(frozen=True)
class OpenedCase:
    """The case and the code on its receipt. ``repeated``: the turn had opened it before."""

    case: Case
    lookup_code: str
    repeated: bool


def open_case(
    session: Session,
    *,
    city: City,
    codes: LookupCodes,
    turn_id: int,
    conversation_id: int,
    report: Report,
    now: datetime,
) -> OpenedCase:
    """File a report: number, route, due time and first event in the caller's transaction.

    Raises Refused("service_unknown" | "what_missing" | "place_missing"). The same ``turn_id`` again
    returns the case that it opened.
    """
    lock_conversation(session, conversation_id)
    known = session.scalars(select(Case).where(Case.turn_id == turn_id)).first()
    if known is not None:
        return OpenedCase(known, codes.make(turn_id=turn_id, number=known.number), repeated=True)
    if not report.what.strip():
        raise Refused("what_missing")
    if not report.place_text.strip() and report.lat is None:
        raise Refused("place_missing")
    if not city.has_service(report.service_code):
        raise Refused("service_unknown", service_code=report.service_code)
    turn = session.get_one(Turn, turn_id)
    service = city.service(report.service_code)
    identified = report.contact_token is not None and report.consent
    kind = service.kind if identified else TALK_KIND
    period = service.period if identified else city.jurisdiction.promise_period
    routed = route(city, service_code=report.service_code, gu=report.gu, text=report.what)
    due = due_at(now, Period.parse(period), calendar=city.calendar)
    number = next_number(session, now)
    code = codes.make(turn_id=turn_id, number=number)
    case = Case(
        number=number,
        lookup_hash=codes.hash(number=number, code=code),
        turn_id=turn_id,
        conversation_id=conversation_id,
        kind=kind,
        service_code=report.service_code,
        what=report.what,
        answers=dict(report.answers),
        place_text=report.place_text,
        lat=report.lat,
        long=report.long,
        gu=report.gu,
        dong=report.dong,
        cell=_cell(report),
        place_key=place_key(report.place_text),
        department_id=routed.department_id,
        route_rule=routed.rule_id,
        route_explanation=routed.explanation,
        contact_token=report.contact_token if identified else None,
        consented_at=now if report.consent else None,
        attachment_ids=list(report.attachment_ids),
        status=CaseStatus.RECEIVED.value,
        arrived_at=turn.arrived_at,
        received_at=now,
        period=period,
        due_at=due.due,
        due_trace=[line.to_data() for line in due.trace],
    )
    session.add(case)
    session.flush()
    event = record_event(
        session,
        case=case,
        kind="opened",
        actor=Actor("citizen", f"conversation:{conversation_id}"),
        reason=routed.explanation,
        note=city.texts.render("case_event_opened"),
        public=True,
        to_status=CaseStatus.RECEIVED,
        data={
            "rule": routed.rule_id,
            "source": routed.source,
            "department": routed.department_id,
            "service": report.service_code,
            "gu": report.gu,
            "turn": turn_id,
            "service_words": list(report.service_words),
            "service_confidence": report.service_confidence,
        },
        now=now,
    )
    plan_duties(session, city=city, case=case, now=now)
    enqueue_opened(session, city=city, case=case, event=event, now=now)
    flag_case(session, city=city, case=case, now=now)
    return OpenedCase(case, code, repeated=False)


def _cell(report: Report) -> int | None:
    if report.lat is None or report.long is None:
        return None
    return cell_of(lat=report.lat, long=report.long)


def change_status(
    session: Session,
    *,
    city: City,
    case_id: int,
    to: CaseStatus,
    actor: Actor,
    reason: str,
    note: str = "",
    photos: Sequence[tuple[Photo, str]] = (),
    expected_version: int | None = None,
    occurred_at: datetime | None = None,
    sequence: int | None = None,
    terms: Terms = NO_TERMS,
    now: datetime,
) -> Case:
    """Move a case on and tell the citizen in the chat where it began: ``note``, then its photos.

    Who did it in that chat is answered there and not told once more. After a result it is asked, once
    per case, how that was.

    ``reason`` stays inside. ``photos`` are (photo, alt text). ``occurred_at`` and ``sequence`` are a
    department's own, where it is one that decided. ``terms`` are an extension's length, a supplement's
    days, another agency; what the change means for the due time is kept with it (core.case_clock).
    Raises Refused("stale" | "illegal_change" | "note_required" | "reason_missing" | "alt_missing"), and
    what core.case_clock.move_clock refuses.
    """
    case = lock_case(session, case_id=case_id, expected_version=expected_version)
    if not reason.strip():
        raise Refused("reason_missing")
    if any(not alt.strip() for _, alt in photos):
        raise Refused("alt_missing")
    before = CaseStatus(case.status)
    check_change(before, to, note=note)
    case.status = to.value
    case.version += 1
    ids = record_attachments(
        session,
        photos=[photo for photo, _ in photos],
        conversation_id=case.conversation_id,
        source="officer",
        now=now,
    )
    alts = [alt.strip() for _, alt in photos]
    event = record_event(
        session,
        case=case,
        kind="status",
        actor=actor,
        reason=reason.strip(),
        note=note.strip(),
        public=True,
        from_status=before,
        to_status=to,
        data={
            "photos": [{"id": i, "alt": a} for i, a in zip(ids, alts, strict=True)],
            **({"occurred_at": occurred_at.isoformat()} if occurred_at else {}),
            **({"sequence": sequence} if sequence is not None else {}),
        },
        now=now,
    )
    move_clock(session, city=city, case=case, to=to, terms=terms, event=event, now=now)
    signature = sign(city, case, actor)
    tell_citizen(
        session,
        city=city,
        case=case,
        event=event,
        signature=signature,
        images=ids,
        alts=alts,
        by=actor,
        now=now,
    )
    if before is CaseStatus.MERGED:
        end_merge(session, case_id=case.id, now=now)
    tell_others(session, city=city, case=case, note=event.note, signature=signature, now=now)
    if to is CaseStatus.WITHDRAWN:
        release_merged(session, city=city, leading=case, actor=actor, reason=reason, now=now)
    if to is CaseStatus.ANSWERED:
        ask_how_it_was(session, city=city, case=case, now=now)
    return case


def change_department(
    session: Session,
    *,
    city: City,
    case_id: int,
    department_id: str,
    actor: Actor,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> Case:
    """Give a case to another department; both hear of it, where anything goes out to them.

    ``reason`` stays inside. Raises Refused("stale" | "department_unknown" | "department_same" |
    "reason_missing").
    """
    case = lock_existing(session, Case, case_id)
    if expected_version is not None and case.version != expected_version:
        raise Refused("stale", expected=expected_version, current=case.version)
    if not reason.strip():
        raise Refused("reason_missing")
    if department_id not in {department.id for department in city.departments}:
        raise Refused("department_unknown")
    before = case.department_id
    if department_id == before:
        raise Refused("department_same")
    case.department_id = department_id
    case.version += 1
    event = record_event(
        session,
        case=case,
        kind="department",
        actor=actor,
        reason=reason.strip(),
        note="",
        public=False,
        data={"from": before, "to": department_id},
        now=now,
    )
    enqueue_moved(session, city=city, case=case, event=event, before=before, now=now)
    return case


def add_note(
    session: Session, *, case_id: int, actor: Actor, reason: str, note: str = "", now: datetime
) -> Case:
    """Add an event without a change of state; a ``note`` is public, a ``reason`` is not."""
    return add_event(
        session,
        case_id=case_id,
        kind="note",
        actor=actor,
        reason=reason,
        note=note,
        public=bool(note.strip()),
        now=now,
    )


def add_event(
    session: Session,
    *,
    case_id: int,
    kind: str,
    actor: Actor,
    reason: str,
    note: str,
    public: bool,
    data: Mapping[str, object] | None = None,
    now: datetime,
) -> Case:
    """Add an event that changes no state. Raises Refused("reason_missing")."""
    case = lock_existing(session, Case, case_id)
    if not reason.strip():
        raise Refused("reason_missing")
    case.version += 1
    record_event(
        session,
        case=case,
        kind=kind,
        actor=actor,
        reason=reason.strip(),
        note=note.strip(),
        public=public,
        data=data,
        now=now,
    )
    return case


def add_photos(
    session: Session,
    *,
    case_id: int,
    attachment_ids: Sequence[int],
    actor: Actor,
    now: datetime,
) -> Case:
    """Add a citizen's further photos to a case; those that it has already change nothing."""
    case = lock_existing(session, Case, case_id)
    new = [each for each in attachment_ids if each not in case.attachment_ids]
    if not new:
        return case
    case.attachment_ids = [*case.attachment_ids, *new]
    case.version += 1
    record_event(
        session,
        case=case,
        kind="photos",
        actor=actor,
        reason="시민이 사진을 더 보냄",
        note="",
        public=True,
        data={"attachments": new},
        now=now,
    )
    return case
