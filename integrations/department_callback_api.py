"""Takes departments' callbacks: checks, keeps, acknowledges (in this order). Must not apply anything.

Everything that was signed is a row before the sender hears of success; what nobody signed leaves a
hash and a reason, so many a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from core.city import City, UnknownName
from core.database import Database
from core.department_callbacks import note_replay, record_callback, record_rejection
from core.department_words import put_callback_away
from core.errors import TemporaryFailure
from core.ports import Now
from core.put_away import Words, holds_personal_data
from integrations.cloud_events import WrongEvent, parse_callback
from integrations.department_signing import DepartmentSecrets, Verdict, verify

BIGGEST_BODY = 256 * 1024
_SENTENCES = {
    Verdict.MISSING: "expected the headers webhook-id, webhook-timestamp and webhook-signature",
    Verdict.WRONG: "the signature fits none of this department's secrets",
    Verdict.RETIRED: "signed with a retired secret: sign with the new one",
    Verdict.OLD: "webhook-timestamp is more than 5 minutes away from our clock: sign anew and send again",
}


@dataclass(frozen=True)
class CallbackDeps:
    """What the callback's door needs from outside, filled by ``app``."""

    database: Database
    city: City
    secrets: Mapping[str, DepartmentSecrets]
    now: Now
    words: Words


def add_callbacks(router: APIRouter, deps: CallbackDeps) -> None:
    """Add ``POST /departments/{id}/callback``."""

    @router.post("/departments/{department_id}/callback")
    async def callback(request: Request, department_id: str) -> Response:
        try:
            deps.city.department(department_id)
        except UnknownName:
            return _problem(404, "there is no such department")
        body = await _read(request)
        headers = dict(request.headers)
        try:
            return await run_sync(_take, deps, department_id, body, headers)
        except TemporaryFailure:
            answer = _problem(503, "not kept: send it again")
            answer.headers["Retry-After"] = "5"
            return answer


async def _read(request: Request) -> bytes | None:
    """The raw body; None when it is too large, after no more of it than that."""
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > BIGGEST_BODY:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BIGGEST_BODY:
            return None
    return bytes(body)


def _take(
    deps: CallbackDeps, department_id: str, body: bytes | None, headers: Mapping[str, str]
) -> Response:
    uid = headers.get("webhook-id", "")
    if holds_personal_data(uid):
        # Its sender's own name for the event is only compared: a hash does as well.
        uid = hashlib.sha256(uid.encode()).hexdigest()
    digest = hashlib.sha256(body or b"").hexdigest()

    def reject(status: int, code: str, sentence: str) -> Response:
        with deps.database.transaction() as session:
            record_rejection(
                session,
                department_id=department_id,
                webhook_id="".join(c for c in uid if c.isascii() and c.isprintable()),
                body_hash=digest,
                failure=code,
                now=deps.now(),
            )
        return _problem(status, sentence)

    if body is None:
        return reject(413, "too_large", f"a callback has at most {BIGGEST_BODY // 1024} KiB")
    known = deps.secrets.get(department_id) or DepartmentSecrets()
    now = deps.now()
    verdict = verify(body, headers, secrets=known, now=now)
    if verdict is Verdict.OLD:
        with deps.database.transaction() as session:
            if note_replay(session, department_id=department_id, webhook_id=uid, now=now):
                return _problem(401, _SENTENCES[verdict])
    if verdict is not Verdict.OK:
        return reject(401, verdict.value, _SENTENCES[verdict])
    try:
        found = parse_callback(
            body,
            department_id=department_id,
            webhook_id=uid,
            body_hash=digest,
            default_alt=deps.city.texts.render("department_photo_alt"),
            now=now,
        )
    except WrongEvent as wrong:
        return reject(400, f"wrong_event: {wrong}", str(wrong))
    with deps.database.transaction() as session:
        found = put_callback_away(session, found, words=deps.words, now=now)
        kept = record_callback(session, found, now=now)
    if kept == "different":
        return _problem(409, "another body came under this webhook-id before: use a new one")
    # Committed: now it may be acknowledged.
    return JSONResponse({"status": kept}, status_code=202 if kept == "new" else 200)


def _problem(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)
