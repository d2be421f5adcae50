"""Parses what a browser sends into an InboundMessage, with limits. Must not keep or log any of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from bots.text import storable
from bots.web_problems import PHOTO_LIMIT_MB, TEXT_LIMIT, Problem
from core.inbound import InboundMessage, Location, Photo, TurnKind
from korean.redact import redact

CHANNEL = "web"
# A character can take six bytes in JSON (\uXXXX); the rest of the message is small.
JSON_LIMIT = TEXT_LIMIT * 6 + 4096
PHOTO_BODY_LIMIT = PHOTO_LIMIT_MB * 1024 * 1024 + 64 * 1024
ALT_LIMIT = 300
# What is too large is read and thrown away up to here, so that the browser gets to read our answer;
# beyond it the connection is closed.
DISCARD_LIMIT = 64 * 1024 * 1024

# Nothing but digits: our page's own ids hold letters too, and so many digits may be somebody's number.
_ONLY_DIGITS = re.compile(r"[0-9._-]{8,}")
ExternalId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{8,64}$")]


class LocationIn(BaseModel):
    """A point from the browser, WGS84 degrees; accuracy in metres."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lat: float = Field(ge=-90, le=90)
    long: float = Field(ge=-180, le=180)
    accuracy_m: float | None = Field(default=None, ge=0, le=1e7)


class MessageIn(BaseModel):
    """One message. ``external_id`` is made by the browser once for each act, so twice is once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    external_id: ExternalId
    kind: Literal["text", "choice", "location", "start"]
    text: str | None = None
    choice: str | None = Field(default=None, max_length=64)
    location: LocationIn | None = None


class Accepted(BaseModel):
    """The message is kept; the answer comes over the stream."""

    turn_id: int
    duplicate: bool


class ProblemOut(BaseModel):
    """A code for programs and a Korean sentence for the citizen."""

    error: str
    message: str


@dataclass(frozen=True)
class PhotoUpload:
    """A photo as it came, not yet looked at. ``name`` is the file's name on the citizen's device."""

    external_id: str
    data: bytes
    name: str
    alt: str


async def read_message(request: Request, *, address: str) -> InboundMessage:
    """The JSON body as a message. Raises Problem (413 too_long, 422 bad_request)."""
    body = bytearray()
    async for chunk in _limited(request, JSON_LIMIT, "too_long"):
        body += chunk
    try:
        # Cleaned before it is checked: browsers do send half surrogate pairs, and a message with
        # one must not be lost for it.
        parsed = MessageIn.model_validate(_storable_values(json.loads(body)))
    except (ValueError, RecursionError):
        raise Problem(422, "bad_request") from None
    kind = TurnKind(parsed.kind)
    if (
        (kind is TurnKind.TEXT and parsed.text is None)
        or (kind is TurnKind.CHOICE and not parsed.choice)
        or (kind is TurnKind.LOCATION and parsed.location is None)
    ):
        raise Problem(422, "bad_request")
    text = parsed.text or "" if kind is TurnKind.TEXT else ""
    if len(text) > TEXT_LIMIT:
        raise Problem(413, "too_long")
    point = parsed.location if kind is TurnKind.LOCATION else None
    return InboundMessage(
        channel=CHANNEL,
        address=address,
        external_id=external_id(address, parsed.external_id),
        kind=kind,
        text=text,
        choice=parsed.choice or "" if kind is TurnKind.CHOICE else None,
        location=Location(point.lat, point.long, point.accuracy_m) if point else None,
    )


async def read_photo(request: Request) -> PhotoUpload:
    """The multipart body. Raises Problem (413 photo_too_large, 422 bad_request)."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(422, "bad_request")
    stream = _limited(request, PHOTO_BODY_LIMIT, "photo_too_large")
    parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=3, max_part_size=8192)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise Problem(422, "bad_request") from None
    try:
        file, identity = form.get("file"), form.get("external_id")
        if not isinstance(file, UploadFile) or not isinstance(identity, str):
            raise Problem(422, "bad_request")
        try:
            checked = MessageIn(external_id=identity, kind="start").external_id
        except ValidationError:
            raise Problem(422, "bad_request") from None
        alt = form.get("alt")
        return PhotoUpload(
            external_id=checked,
            data=await file.read(),
            name=storable(file.filename or "")[:200],
            alt=storable(alt if isinstance(alt, str) else "")[:ALT_LIMIT],
        )
    finally:
        await form.close()


def photo_message(upload: PhotoUpload, photo: Photo, *, address: str) -> InboundMessage:
    """A photo that was accepted, as a message; the citizen's description is its text."""
    return InboundMessage(
        channel=CHANNEL,
        address=address,
        external_id=external_id(address, upload.external_id),
        kind=TurnKind.PHOTO,
        text=upload.alt,
        photos=(photo,),
    )


def external_id(address: str, from_browser: str) -> str:
    """The message's identity. The address is part of it, so that nobody can use up another's ids.

    An id in which personal data might lie is kept as its hash; ours are random, so this is rare.
    """
    if redact(from_browser).spans or _ONLY_DIGITS.fullmatch(from_browser):
        from_browser = hashlib.sha256(from_browser.encode()).hexdigest()[:40]
    return f"{address[:32]}:{from_browser}"


def browser_id(stored: str | None) -> str | None:
    """The part of a stored external id that the browser made."""
    return stored.partition(":")[2] if stored else None


def _storable_values(data: object) -> object:
    if not isinstance(data, dict):
        return data
    return {
        storable(name): storable(value) if isinstance(value, str) else value
        for name, value in data.items()
    }


async def _limited(request: Request, limit: int, code: str) -> AsyncGenerator[bytes, None]:
    """The body's chunks up to ``limit`` bytes; beyond it Problem(413, code).

    A chunk that is too much is never kept: memory stays below the limit whatever is sent.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > DISCARD_LIMIT:
        raise Problem(413, code)
    read = 0
    try:
        async for chunk in request.stream():
            read += len(chunk)
            if read > DISCARD_LIMIT:
                break
            if read <= limit:
                yield chunk
    except ClientDisconnect:
        raise Problem(400, "bad_request") from None
    if read > limit:
        raise Problem(413, code)


def json_body() -> dict[str, object]:
    """OpenAPI's description of the message (the body is read by hand, with a limit)."""
    schema = MessageIn.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = cast(dict[str, object], schema.pop("$defs", {})).get("LocationIn", {})
    properties = cast(dict[str, object], schema["properties"])
    properties["location"] = inner
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def photo_body() -> dict[str, object]:
    """OpenAPI's description of the upload."""
    schema = {
        "type": "object",
        "required": ["external_id", "file"],
        "properties": {
            "external_id": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
            "file": {"type": "string", "format": "binary"},
            "alt": {"type": "string", "maxLength": ALT_LIMIT},
        },
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }
