"""Files from a messenger: taken by what they are, whatever they say they are."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.attachments import AttachmentStore
from core.errors import Refused
from dialogue.formats import Format, format_of
from dialogue.media import MAX_FILE_BYTES, accept_file
from dialogue.reading import problem_text
from tests.builders import sample_city
from tests.media_files import make_mp4, make_pdf, make_webm

SCRIPT = b"<script>alert(document.cookie)</script>"
MP4 = make_mp4(brand=b"mp42")
QUICKTIME = make_mp4(brand=b"qt  ")
WEBM = make_webm()
PDF = make_pdf()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, kind)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("index.html", SCRIPT)
    return out.getvalue()


PICTURES = {kind: picture(kind) for kind in ("JPEG", "PNG", "GIF", "WEBP")}


@pytest.fixture
def store(tmp_path) -> AttachmentStore:
    return AttachmentStore(tmp_path)


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("tail", [SCRIPT, archive(), b"<svg onload=alert(1)>", PDF])
def test_a_picture_that_is_something_else_as_well_is_only_a_picture(store, kind, tail) -> None:
    photo = accept_file(PICTURES[kind] + tail, store=store)
    kept = store.path(photo.sha256).read_bytes()
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 40, 30)
    assert kept.startswith(b"\xff\xd8\xff")
    assert tail not in kept
    assert b"script" not in kept


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (MP4, "video/mp4"),
        (MP4.replace(b"mp42", b"isom", 1), "video/mp4"),
        (MP4.replace(b"mp42", b"3gp5", 1), "video/mp4"),
        (QUICKTIME, "video/quicktime"),
        (WEBM, "video/webm"),
        (PDF, "application/pdf"),
        (PDF + SCRIPT + archive(), "application/pdf"),
    ],
)
def test_videos_and_documents_are_kept_under_their_own_type(store, data, media_type) -> None:
    photo = accept_file(data, store=store)
    kept = store.read(photo.sha256)
    assert (photo.media_type, photo.size, photo.name) == (media_type, len(kept), "")
    assert kept[:4] == data[:4]
    assert SCRIPT not in kept
    assert b"SECRET" not in kept
    assert not zipfile.is_zipfile(io.BytesIO(kept))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"hello",
        b"<!doctype html>" + SCRIPT,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        archive(),
        SCRIPT + PICTURES["PNG"],
        b"\n" + PDF,
        b"MZ\x90\x00",
        b"\x7fELF",
        b"\x00\x00\x00\x18ftyphtml" + SCRIPT,
        b"\x1a\x45\xdf\xa3matroska" + b"\x00" * 99,
        b"RIFF\x00\x00\x00\x00WAVE",
        b"OggS",
        b"#!/bin/sh\n",
    ],
)
def test_what_is_none_of_these_is_refused_and_not_kept(store, tmp_path, data) -> None:
    with pytest.raises(Refused) as refused:
        accept_file(data, store=store)
    assert refused.value.code == "file_kind"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", PICTURES)
def test_half_a_picture_is_refused_and_not_kept(store, tmp_path, kind) -> None:
    data = PICTURES[kind]
    for size in (12, len(data) // 4):
        with pytest.raises(Refused) as refused:
            accept_file(data[: max(size, 12)], store=store)
        assert refused.value.code == "photo_unreadable"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "head",
    [PDF, MP4, b"", PICTURES["PNG"], PICTURES["GIF"] + SCRIPT],
    ids=["pdf", "mp4", "nothing", "png", "gif"],
)
def test_one_byte_more_than_twenty_megabytes_is_too_large(store, tmp_path, head) -> None:
    data = head.ljust(MAX_FILE_BYTES + 1, b"\0")
    with pytest.raises(Refused) as refused:
        accept_file(data, store=store)
    assert refused.value.code == "file_too_large"
    assert list(tmp_path.iterdir()) == []


def test_twenty_megabytes_are_not_too_large(store) -> None:
    data = make_mp4(padding=MAX_FILE_BYTES - len(make_mp4()))
    assert accept_file(data, store=store).size == len(data) == MAX_FILE_BYTES


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_have_a_known_type_or_none(data: bytes) -> None:
    assert format_of(data) in {None, *Format}


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(PICTURES)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0.05, 1),
)
def test_a_damaged_picture_is_taken_or_refused_and_never_anything_else(
    tmp_path_factory, kind, changes, share
) -> None:
    data = bytearray(PICTURES[kind])
    for place, new in changes:
        at = int(place * (len(data) - 1))
        data[at : at + len(new)] = new
    store = AttachmentStore(tmp_path_factory.getbasetemp() / "damaged")
    outcome = "taken"
    try:
        accept_file(bytes(data[: int(share * len(data))]), store=store)
    except Refused as refused:
        outcome = refused.code
    # With another kind's first bytes it is that kind, and a broken one.
    broken = {"photo_unreadable", "pdf_unreadable", "video_unreadable"}
    assert outcome in broken | {"taken", "photo_too_large", "file_kind"}


def test_every_way_in_which_a_file_can_be_refused_has_words_for_the_citizen() -> None:
    city = sample_city()
    lost = problem_text(city, "file_lost")
    for code in (
        "file_too_large",
        "file_kind",
        "photo_too_large",
        "photo_unreadable",
        "video_unreadable",
        "pdf_unreadable",
    ):
        assert problem_text(city, code) != lost
    for code in ("bad_request", "unknown_method", "chat_not_found", "forbidden"):
        assert problem_text(city, code) == lost
