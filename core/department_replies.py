"""Brings a department's callback to its case: what may change, what is only kept. Must not fetch anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.case_links import lock_talks
from core.case_notices import sign, tell_note
from core.case_queries import find_case
from core.case_status import CaseStatus
from core.cases import Actor, add_event, change_status
from core.city import City, UnknownName
from core.department_callbacks import (
    UNKNOWN_WAITS,
    Callback,
    LeasedCallback,
    end_callback,
    hold_callback,
    postpone_callback,
)
from core.department_queue import PEER, was_sent
from core.errors import Refused
from core.follow_notices import tell_merged
from core.inbound import Photo
from core.locking import lock_existing
from core.models.case import Case, CaseEvent

Photos = Sequence[tuple[Photo, str]]


def apply_callback(
    session: Session,
    leased: LeasedCallback,
    *,
    city: City,
    photos: Photos,
    missing: Sequence[str],
    now: datetime,
) -> str | None:
    """Do what the callback asks for, in the caller's transaction; returns its new state.

    ``missing`` are reasons why photos are not among ``photos``. None: it waits, or is not ours.
    Raises nothing for what is not allowed: that is kept with its reason.
    """
    row = hold_callback(session, leased)
    if row is None:
        return None
    callback = leased.callback
    case = find_case(session, number=callback.case_number)
    if case is None:
        if leased.attempts <= len(UNKNOWN_WAITS):
            seconds = UNKNOWN_WAITS[leased.attempts - 1]
            postpone_callback(session, leased, seconds=seconds, failure="unknown_case", now=now)
            return None
        end_callback(row, state="refused", failure="unknown_case", now=now)
        return row.state
    if not _may_touch(session, case, callback.department_id):
        end_callback(row, state="refused", failure="not_its_case", now=now)
        return row.state
    lock_talks(session, case)
    lock_existing(session, Case, case.id)
    if callback.kind == "status" and _is_outdated(session, case, callback):
        end_callback(row, state="outdated", failure=f"outdated: {case.status}", now=now)
        return row.state
    try:
        # What a refusal leaves half done is undone; the row itself stays.
        with session.begin_nested():
            _bring(session, case, callback, city=city, photos=photos, now=now)
            if missing:
                _note_missing(session, case, city=city, missing=missing, now=now)
    except Refused as refused:
        end_callback(row, state="refused", failure=refused.code, now=now)
        return row.state
    failure = f"photo: {', '.join(sorted(set(missing)))}" if missing else None
    end_callback(row, state="applied", failure=failure, now=now)
    return row.state


def wants_photos(session: Session, callback: Callback) -> bool:
    """Whether its photos have a case to go to: nothing is fetched for what will be refused."""
    case = find_case(session, number=callback.case_number)
    if case is None or not _may_touch(session, case, callback.department_id):
        return False
    return callback.kind != "status" or not _is_outdated(session, case, callback)


def _bring(
    session: Session,
    case: Case,
    callback: Callback,
    *,
    city: City,
    photos: Photos,
    now: datetime,
) -> None:
    actor = _actor(city, callback.department_id)
    reason = f"부서가 보내온 것 ({callback.webhook_id})"
    to = CaseStatus(callback.status) if callback.status else None
    if to is not None and to.value != case.status:
        change_status(
            session,
            city=city,
            case_id=case.id,
            to=to,
            actor=actor,
            reason=reason,
            note=callback.note,
            photos=photos,
            occurred_at=callback.occurred_at,
            sequence=callback.sequence,
            now=now,
        )
        return
    # The state that it has already: only the words and photos are new.
    public = to is not None or callback.public
    ids = record_attachments(
        session,
        photos=[photo for photo, _ in photos],
        conversation_id=case.conversation_id,
        source="officer",
        now=now,
    )
    alts = [alt for _, alt in photos]
    add_event(
        session,
        case_id=case.id,
        kind="note",
        actor=actor,
        reason=reason if public or not callback.note else f"{reason}: {callback.note}",
        note=callback.note if public else "",
        public=public and bool(callback.note),
        data={
            "photos": [{"id": i, "alt": a} for i, a in zip(ids, alts, strict=True)],
            "occurred_at": callback.occurred_at.isoformat(),
        },
        now=now,
    )
    if public and callback.note:
        tell_note(session, city=city, case=case, note=callback.note, images=ids, alts=alts, now=now)
        signature = sign(city, case, actor)
        tell_merged(session, city=city, case=case, note=callback.note, signature=signature, now=now)


def _is_outdated(session: Session, case: Case, callback: Callback) -> bool:
    """Whether the case has changed its state after this happened at the department."""
    last = session.scalars(
        select(CaseEvent)
        .where(CaseEvent.case_id == case.id, CaseEvent.kind == "status")
        .order_by(CaseEvent.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return False
    sequence = last.data.get("sequence")
    same = last.actor_id == f"{PEER}{callback.department_id}"
    if same and isinstance(sequence, int) and callback.sequence is not None:
        return callback.sequence <= sequence
    told = last.data.get("occurred_at")
    at = datetime.fromisoformat(told) if isinstance(told, str) else last.at
    return callback.occurred_at < at


def _may_touch(session: Session, case: Case, department_id: str) -> bool:
    return case.department_id == department_id or was_sent(
        session, case_id=case.id, department_id=department_id
    )


def _note_missing(
    session: Session, case: Case, *, city: City, missing: Sequence[str], now: datetime
) -> None:
    words = ", ".join(
        city.texts.render(f"department_photo_{each}") for each in sorted(set(missing))
    )
    add_event(
        session,
        case_id=case.id,
        kind="note",
        actor=Actor("system", "departments"),
        reason=city.texts.render("department_photo_missing", reason=words),
        note="",
        public=False,
        now=now,
    )


def _actor(city: City, department_id: str) -> Actor:
    try:
        name = city.department(department_id).name
    except UnknownName:
        name = department_id
    return Actor("peer", f"{PEER}{department_id}"[:60], name[:60])
