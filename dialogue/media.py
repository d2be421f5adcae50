"""Takes a file from a messenger: a picture, a video or a PDF, by its content. Must not trust names or types.

Pictures are re-encoded (dialogue.photos), videos lose their metadata in place (iso_media, webm), a PDF is
written anew by a process of its own (untrusted). A PDF is only ever given out as a download.
"""

from __future__ import annotations

import io
import zipfile

from core.errors import Refused
from core.files import FileStore
from core.inbound import Photo
from dialogue.formats import Format, format_of
from dialogue.iso_media import clean_iso_media
from dialogue.photos import accept_photo
from dialogue.untrusted import clean_in_child
from dialogue.webm import clean_webm

MAX_FILE_BYTES = 20 * 1024 * 1024


def accept_file(data: bytes, *, store: FileStore) -> Photo:
    """Check, clean and store one file of at most 20 MB.

    Raises Refused("file_too_large" | "file_kind" | "photo_too_large" | "photo_unreadable" |
    "video_unreadable" | "pdf_unreadable").
    """
    if len(data) > MAX_FILE_BYTES:
        raise Refused("file_too_large")
    found = format_of(data)
    if found is None:
        raise Refused("file_kind")
    if found.is_picture:
        return accept_photo(data, name="", store=store)
    if found is Format.PDF:
        clean = clean_in_child("pdf", data, refusal="pdf_unreadable")
        if len(clean) > MAX_FILE_BYTES:
            raise Refused("file_too_large")
    else:
        clean = clean_webm(data) if found is Format.WEBM else clean_iso_media(data)
        if zipfile.is_zipfile(io.BytesIO(clean)):
            # A video that is an archive as well, hidden among its samples.
            raise Refused("file_kind")
    return Photo(
        sha256=store.put(clean),
        media_type=found.value,
        size=len(clean),
        width=0,
        height=0,
        name="",
        scan=store.first_state,
    )
