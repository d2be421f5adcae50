"""Gives a stored file to a browser, whole or in part, from wherever it lies. Must not say who may have it.

A file that a scanner has not seen yet, or has found infected, is never given: a sentence stands in its
place, as a picture where a picture was to be.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from core.attachments import StoredFile
from core.files import FileGone, FileStore
from core.texts import Texts

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_SECURITY = {"X-Content-Type-Options": "nosniff"}
# Of our own making, with nothing of anybody's in it.
_PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120" role="img">'
    '<rect width="320" height="120" fill="#f1f3f5"/>'
    '<text x="160" y="66" text-anchor="middle" font-size="16" fill="#343a40">{}</text></svg>'
)


def file_answer(
    store: FileStore,
    file: StoredFile,
    *,
    asked: Mapping[str, str],
    texts: Texts,
    headers: Mapping[str, str],
) -> Response:
    """The file, or the part of it that the request's headers (``asked``) name. Raises FileGone."""
    if not file.is_given_out:
        return _placeholder(file, texts)
    size = store.size(file.sha256)
    if size is None:
        raise FileGone(file.sha256)
    tag = f'"{file.sha256[:32]}"'
    common = {
        **headers,
        **_SECURITY,
        "Content-Security-Policy": file.policy,
        "Content-Disposition": f'{file.disposition}; filename="{file.name}"',
        "Accept-Ranges": "bytes",
        "ETag": tag,
    }
    if asked.get("if-none-match") == tag:
        return Response(status_code=304, headers=common)
    part = None
    if asked.get("if-range", tag) == tag:
        part = _part(asked.get("range", ""), size)
    if part == "none":
        return Response(status_code=416, headers=common | {"Content-Range": f"bytes */{size}"})
    if isinstance(part, tuple):
        start, length = part
        return StreamingResponse(
            store.stream(file.sha256, start=start, length=length),
            status_code=206,
            media_type=file.media_type,
            headers=common
            | {
                "Content-Range": f"bytes {start}-{start + length - 1}/{size}",
                "Content-Length": str(length),
            },
        )
    return StreamingResponse(
        store.stream(file.sha256),
        media_type=file.media_type,
        headers=common | {"Content-Length": str(size)},
    )


def over_answer(texts: Texts) -> Response:
    """The plain page for an address whose time is over."""
    return PlainTextResponse(
        texts.render("file_link_over"),
        status_code=410,
        headers={"Cache-Control": "no-store", **_SECURITY},
    )


def state_words(file: StoredFile, texts: Texts) -> str | None:
    """What stands in the place of a file that is not given out; None for one that is."""
    if file.is_given_out:
        return None
    return texts.render("file_infected" if file.scan == "infected" else "file_waiting")


def _placeholder(file: StoredFile, texts: Texts) -> Response:
    words = state_words(file, texts) or ""
    status = 410 if file.scan == "infected" else 423
    headers = {"Cache-Control": "no-store", **_SECURITY}
    if status == 423:
        headers["Retry-After"] = "10"
    if file.kind != "picture":
        return PlainTextResponse(words, status_code=status, headers=headers)
    return Response(
        _PLACEHOLDER.format(html.escape(words)),
        status_code=status,
        media_type="image/svg+xml",
        headers=headers | {"Content-Security-Policy": "default-src 'none'; sandbox"},
    )


def _part(wanted: str, size: int) -> tuple[int, int] | str | None:
    """Begin and length of one range; "none" for one that lies outside; None for the whole."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None:
        return None
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        return (start, end - start + 1) if start <= end else "none"
    if not last or not int(last) or not size:
        return "none" if last else None
    length = min(int(last), size)
    return size - length, length
