"""Our events as CloudEvents 1.0 in JSON, and callbacks from it. Must not sign, send or apply anything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.case_status import CaseStatus
from core.department_callbacks import Callback
from core.department_ports import TYPES, DepartmentEvent
from korean.redact import redact

CONTENT_TYPE = "application/cloudevents+json"
STATUS_TYPE = "kr.sotong.callback.status.v1"
NOTE_TYPE = "kr.sotong.callback.note.v1"
LONGEST_NOTE = 2000
LONGEST_ALT = 200
LONGEST_ADDRESS = 2000
MOST_PHOTOS = 5
_NUMBER = re.compile(r"20[0-9]{2}-[0-9]{6,7}")


class WrongEvent(Exception):
    """A callback that cannot be read; the sentence says to its sender what was expected."""


@dataclass(frozen=True)
class Envelope:
    """What is around an event."""

    source: str
    link: Callable[[int], str]


def render_event(event: DepartmentEvent, *, envelope: Envelope) -> bytes:
    """The event as the body of a webhook."""
    data: dict[str, Any] = {
        "number": event.number,
        "service_code": event.service_code,
        "service_name": event.service_name,
        "kind": event.case_kind,
        "what": event.what,
        "answers": [{"question": q, "answer": a} for q, a in event.answers],
        "place": event.place,
        "lat": event.lat,
        "long": event.long,
        "gu": event.gu,
        "dong": event.dong,
        "arrived_at": stamp(event.arrived_at),
        "received_at": stamp(event.received_at),
        "due_at": stamp(event.due_at),
        "status": event.status,
        "note": event.note,
        "photos": [
            {"url": envelope.link(file.id), "media_type": file.media_type, "size": file.size}
            for file in event.files
        ],
    }
    if event.contact is not None:
        data["contact"] = event.contact
    return _body(event.uid, event.type, event.at, envelope, subject=event.number, data=data)


def render_ping(*, uid: str, at: datetime, envelope: Envelope) -> bytes:
    """An event without a case, to try a way."""
    return _body(uid, TYPES["ping"], at, envelope, subject=None, data={})


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_callback(
    body: bytes,
    *,
    department_id: str,
    webhook_id: str,
    body_hash: str,
    default_alt: str,
    now: datetime,
) -> Callback:
    """A signed callback. Resident numbers are taken out of its words. Raises WrongEvent."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise WrongEvent("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("specversion") != "1.0":
        raise WrongEvent("expected a CloudEvent in structured mode with specversion 1.0")
    kind, data = event.get("type"), event.get("data")
    if kind not in (STATUS_TYPE, NOTE_TYPE):
        raise WrongEvent(f"type: expected {STATUS_TYPE} or {NOTE_TYPE}")
    if not isinstance(data, dict):
        raise WrongEvent("data: expected an object")
    number = event.get("subject")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise WrongEvent("subject: expected a case number such as 2026-000123")
    status = None
    if kind == STATUS_TYPE:
        status = data.get("status")
        if status not in {state.value for state in CaseStatus}:
            known = ", ".join(state.value for state in CaseStatus)
            raise WrongEvent(f"data.status: expected one of {known}")
    note = _words(data, "note", limit=LONGEST_NOTE)
    photos = _photos(data, default_alt)
    if status is None and not note and not photos:
        raise WrongEvent("data: a note needs words or a photo")
    visibility = data.get("visibility", "public" if status else "internal")
    if visibility not in ("public", "internal"):
        raise WrongEvent("data.visibility: expected public or internal")
    return Callback(
        department_id=department_id,
        webhook_id=webhook_id,
        body_hash=body_hash,
        occurred_at=_time(event, now),
        sequence=_sequence(event),
        case_number=number,
        status=status,
        note=note,
        public=visibility == "public",
        photos=photos,
    )


def _body(
    uid: str,
    kind: str,
    at: datetime,
    envelope: Envelope,
    *,
    subject: str | None,
    data: Mapping[str, Any],
) -> bytes:
    event = {
        "specversion": "1.0",
        "id": uid,
        "source": envelope.source,
        "type": kind,
        **({"subject": subject} if subject else {}),
        "time": stamp(at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _words(data: Mapping[str, Any], name: str, *, limit: int) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise WrongEvent(f"data.{name}: expected text")
    if len(value) > limit:
        raise WrongEvent(f"data.{name}: expected at most {limit} characters")
    found = redact(value.encode("utf-8", "replace").decode().replace("\0", ""))
    # What a department writes for citizens stays as it is, but for what the law forbids to keep.
    kept = {span: found.text[span.start : span.end] for span in found.kept()}
    return found.render(kept).strip()


def _photos(data: Mapping[str, Any], default_alt: str) -> tuple[tuple[str, str], ...]:
    given = data.get("photos", [])
    if not isinstance(given, list) or len(given) > MOST_PHOTOS:
        raise WrongEvent(f"data.photos: expected a list of at most {MOST_PHOTOS}")
    photos = []
    for each in given:
        url = each.get("url") if isinstance(each, dict) else None
        if not isinstance(url, str) or not 0 < len(url) <= LONGEST_ADDRESS or not url.isprintable():
            raise WrongEvent("data.photos: each needs a url")
        alt = _words(each, "alt", limit=LONGEST_ALT)
        photos.append((url, " ".join(alt.split()) or default_alt))
    return tuple(photos)


def _time(event: Mapping[str, Any], now: datetime) -> datetime:
    value = event.get("time")
    if value is None:
        return now
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongEvent("time: expected RFC 3339, such as 2026-05-04T10:00:00+09:00") from None
    if at.tzinfo is None:
        raise WrongEvent("time: expected a zone, such as +09:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise WrongEvent("time: out of range") from None


def _sequence(event: Mapping[str, Any]) -> int | None:
    value = event.get("sequence")
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if value is not None and not re.fullmatch(r"[0-9]{1,18}", text):
        raise WrongEvent("sequence: expected a whole number")
    return int(text) if text else None
