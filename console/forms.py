"""Reads what officers send in forms into plain values. Must not decide whether it is allowed."""

from __future__ import annotations

import unicodedata
from itertools import zip_longest

from starlette.datastructures import FormData, UploadFile

from core.errors import Refused
from core.files import FileStore
from core.inbound import Photo
from dialogue.photos import accept_photo
from korean.redact import redact

LONGEST_TEXT = 2000
LONGEST_REASON = 1000
LONGEST_ALT = 200
LONGEST_PURPOSE = 150
MOST_PHOTOS = 3
# They can make a text read otherwise than it is written.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
BIGGEST_UPLOAD = 10 * 1024 * 1024


def read_line(form: FormData, name: str, *, limit: int = 200) -> str:
    """One line of text: control characters gone, spaces joined, cut at ``limit``."""
    return " ".join(plain(form, name).split())[:limit]


def read_words(form: FormData, name: str, *, limit: int) -> str:
    """One line that will be kept. Raises Refused("resident_number")."""
    return without_resident_number(read_line(form, name, limit=limit))


def without_resident_number(text: str) -> str:
    """The same text. Raises Refused("resident_number"): the law forbids keeping one, whoever wrote it."""
    if redact(text).refused:
        raise Refused("resident_number")
    return text


def read_secret(form: FormData, name: str) -> str:
    """A password, exactly as typed; '' when missing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def read_text(form: FormData, name: str, *, label: str, limit: int = LONGEST_TEXT) -> str:
    """Text of several lines. Raises Refused: ``too_long`` (rather than cutting), ``resident_number``."""
    text = plain(form, name).strip()
    if len(text) > limit:
        raise Refused("too_long", field=label, limit=limit)
    return without_resident_number(text)


def read_number(form: FormData, name: str) -> int | None:
    """A whole number below 2³¹, or None."""
    text = plain(form, name).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def read_photos(form: FormData, *, store: FileStore) -> list[tuple[Photo, str]]:
    """The photos with their alt texts, checked, cleaned and stored as files.

    Fields ``photo`` and ``alt`` come in pairs. Raises Refused: ``too_many_photos``,
    ``alt_missing``, ``resident_number``, ``photo_missing``, ``photo_unreadable``, ``photo_too_large``.
    """
    files = [value for value in form.getlist("photo") if isinstance(value, UploadFile)]
    alts = [value for value in form.getlist("alt") if isinstance(value, str)]
    if len(files) > MOST_PHOTOS:
        raise Refused("too_many_photos", limit=MOST_PHOTOS)
    photos: list[tuple[Photo, str]] = []
    for file, text in zip_longest(files, alts):
        alt = " ".join(_visible(text or "").split())
        data = b"" if file is None else file.file.read(BIGGEST_UPLOAD + 1)
        if file is None or not data:
            if alt:
                raise Refused("photo_missing")
            continue
        if not alt:
            raise Refused("alt_missing")
        if len(alt) > LONGEST_ALT:
            raise Refused("too_long", field="사진 설명", limit=LONGEST_ALT)
        if len(data) > BIGGEST_UPLOAD:
            raise Refused("photo_too_large")
        without_resident_number(alt)
        photos.append((accept_photo(data, name=file.filename or "", store=store), alt))
    return photos


def typed(form: FormData, *names: str, limit: int = 4 * LONGEST_TEXT) -> dict[str, str]:
    """What was typed into these fields, to show it again when the form could not be taken."""
    return {name: plain(form, name)[:limit] for name in names}


def plain(form: FormData, name: str) -> str:
    """The field as it was typed, without signs that nobody sees; "" when missing."""
    value = form.get(name)
    return _visible(value) if isinstance(value, str) else ""


def _visible(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c
        for c in text
        if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in BIDI_CONTROLS)
    )
