"""What a video, a document or a telephone's photo tells of its maker is gone, and what it shows is not."""

from __future__ import annotations

import io
import resource
import struct
import time
import zipfile

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.attachments import AttachmentStore
from core.errors import Refused
from dialogue import cleaning_child, untrusted
from dialogue.iso_media import clean_iso_media
from dialogue.media import accept_file
from dialogue.webm import clean_webm
from tests.media_files import (
    MADE_AT,
    PICTURES_OF_VIDEO,
    box,
    element,
    exif,
    make_heif,
    make_mp4,
    make_pdf,
    make_photo,
    make_webm,
)

VIDEOS = {
    "mp4": make_mp4(),
    "mp4 with its index last": make_mp4(moov_first=False, wide=True),
    "mov": make_mp4(brand=b"qt  "),
    "webm": make_webm(),
    "webm of a browser": make_webm(live=True),
}


@pytest.fixture
def store(tmp_path) -> AttachmentStore:
    return AttachmentStore(tmp_path)


def kept(data: bytes, store: AttachmentStore) -> bytes:
    return store.read(accept_file(data, store=store).sha256)


def boxes(data: bytes, start: int = 0, end: int | None = None) -> list[tuple[bytes, int, int]]:
    """Kind, begin and end of each box, by a reader of our own."""
    found, at, end = [], start, len(data) if end is None else end
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        found.append((kind, at + head, at + size))
        at += size
    return found


# ---- videos -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_keeps_its_pictures_and_loses_place_maker_and_time(store, name) -> None:
    data = VIDEOS[name]
    clean = kept(data, store)
    assert b"SECRET" in data
    for word in (b"SECRET", b"xyz", b"location", b"xmpmeta", struct.pack(">I", MADE_AT)):
        assert word not in clean
    assert (PICTURES_OF_VIDEO if b"ftyp" in data[:8] else b"PICTURE") in clean


@pytest.mark.parametrize("name", VIDEOS)
def test_nothing_in_a_video_moves_so_that_it_still_plays(store, name) -> None:
    data = VIDEOS[name]
    clean = kept(data, store)
    assert len(clean) == len(data)
    assert clean.index(b"PICTURE") == data.index(b"PICTURE")


def test_the_sample_table_still_points_at_the_pictures(store) -> None:
    clean = kept(make_mp4(), store)
    (_, start, end) = next(b for b in boxes(clean) if b[0] == b"moov")
    tracks = [b for b in boxes(clean, start, end) if b[0] == b"trak"]
    assert len(tracks) == 1
    at = clean.index(b"stco", start) + 12
    first, second = struct.unpack_from(">II", clean, at)
    assert clean[first : first + 44] + clean[second : second + 44] == PICTURES_OF_VIDEO


def test_every_box_of_a_clean_video_is_one_that_players_know(store) -> None:
    assert {kind for kind, *_ in boxes(kept(make_mp4(), store))} == {
        b"ftyp",
        b"moov",
        b"mdat",
        b"free",
    }


@pytest.mark.parametrize("name", VIDEOS)
def test_cleaning_twice_is_cleaning_once(store, name) -> None:
    once = kept(VIDEOS[name], store)
    assert kept(once, store) == once


@pytest.mark.parametrize(
    "data",
    [
        make_mp4()[:-9],
        make_mp4()[:700],
        make_mp4() + b"<script>alert(1)</script>",
        make_mp4() + b"PK\x03\x04" + bytes(60),
        box(b"ftyp", b"isom", bytes(4)),
        box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", bytes(100)),
        box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4sQ", 1, b"moov", 2**63),
        box(b"ftyp", b"isom", bytes(4)) + box(b"moov", struct.pack(">I4s", 0, b"trak")),
        box(b"ftyp", b"isom", bytes(4)) + box(b"moov", *([box(b"trak")] * 40)),
        box(b"ftyp", b"isom", bytes(4), b"<html>" * 100) + make_mp4()[20:],
        make_mp4() + box(b"moof", box(b"mfhd", bytes(8))),
        make_mp4().replace(b"url \0\0\0\1", b"url \0\0\0\0"),
        make_webm()[:-5],
        make_webm() + b"<script>",
        make_webm(kind=0x11),
        make_webm()[:40],
    ],
)
def test_a_video_that_is_not_whole_or_is_more_than_one_is_refused(store, tmp_path, data) -> None:
    with pytest.raises(Refused) as refused:
        accept_file(data, store=store)
    assert refused.value.code == "video_unreadable"
    assert list(tmp_path.iterdir()) == []


def test_an_archive_among_the_samples_of_a_video_is_found(store) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("run.class", b"CAFEBABE")
    data = make_mp4(moov_first=True, gps_track=False)
    at = data.index(b"mdat") - 4
    whole = data[:at] + box(b"mdat", PICTURES_OF_VIDEO + archive.getvalue())
    assert zipfile.is_zipfile(io.BytesIO(whole))
    with pytest.raises(Refused, match="file_kind"):
        accept_file(whole, store=store)


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(VIDEOS)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0.05, 1),
)
def test_a_damaged_video_is_cleaned_or_refused_and_never_anything_else(
    name, changes, share
) -> None:
    data = bytearray(VIDEOS[name])
    for place, new in changes:
        at = int(place * (len(data) - len(new)))
        data[at : at + len(new)] = new
    clean = clean_webm if name.startswith("webm") else clean_iso_media
    whole = bytes(data[: int(share * len(data))])
    outcome = "whole"
    try:
        assert len(clean(whole)) == len(whole)
    except Refused as refused:
        outcome = refused.code
    assert outcome in ("whole", "video_unreadable")


def test_a_video_of_nothing_but_tiny_boxes_is_soon_refused() -> None:
    ftyp = box(b"ftyp", b"isom", bytes(4))
    for data, clean in (
        (ftyp + box(b"free") * 2_000_000, clean_iso_media),
        (make_webm(live=True) + b"\xec\x80" * 8_000_000, clean_webm),
    ):
        began = time.process_time()
        with pytest.raises(Refused):
            clean(data)
        assert time.process_time() - began < 2


# ---- documents --------------------------------------------------------------------------------


def test_a_document_keeps_its_pages_and_loses_scripts_files_author_and_its_photos_place(
    store,
) -> None:
    data = make_pdf()
    assert b"SECRET Maker" in data
    with pikepdf.open(io.BytesIO(kept(data, store))) as pdf:
        assert len(pdf.pages) == 1
        text = "".join(repr(each) for each in pdf.objects)
        contents = b"".join(
            each.read_raw_bytes() if each.get("/Filter") == "/DCTDecode" else each.read_bytes()
            for each in pdf.objects
            if isinstance(each, pikepdf.Stream) and "/W" not in each
        )
        photo = pdf.pages[0].Resources.XObject.Im0.read_raw_bytes()
    for word in ("SECRET", "JavaScript", "OpenAction", "Launch", "EmbeddedFile", "Metadata", "/AA"):
        assert word not in text
    assert b"SECRET" not in contents
    assert b"/Im0 Do" in contents
    assert Image.open(io.BytesIO(photo)).size == (64, 48)
    assert b"Exif" not in photo


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF",
        b"%PDF-1.7" + bytes(1000),
        make_pdf(encryption=pikepdf.Encryption(owner="a", user="b")),
        make_pdf(encryption=pikepdf.Encryption(owner="a", user="")),
        b"%PDF-<html><script>alert(1)</script>",
    ],
)
def test_a_document_that_cannot_be_opened_is_refused(store, tmp_path, data) -> None:
    with pytest.raises(Refused) as refused:
        accept_file(data, store=store)
    assert refused.value.code == "pdf_unreadable"
    assert list(tmp_path.iterdir()) == []


def test_a_document_that_takes_too_long_is_refused(store, monkeypatch) -> None:
    monkeypatch.setattr(untrusted, "SECONDS", 0.01)
    with pytest.raises(Refused, match="pdf_unreadable"):
        accept_file(make_pdf(), store=store)


# ---- pictures ---------------------------------------------------------------------------------


def test_a_picture_keeps_none_of_the_notes_that_its_format_can_carry(store) -> None:
    note = exif(place=(37.5665, 126.978)).tobytes()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SECRET")
    profile = b"SECRET" + bytes(200)
    pictures = [
        make_photo(exif=note, comment=b"SECRET", icc_profile=profile),
        make_photo(kind="PNG", exif=note, pnginfo=text, icc_profile=profile),
        make_photo(kind="WEBP", exif=note, xmp=b"<x:xmpmeta>SECRET", icc_profile=profile),
        make_photo(kind="GIF", exif=b"", comment=b"SECRET"),
    ]
    for data in pictures:
        clean = kept(data, store)
        for word in (b"SECRET", b"Exif", b"ICC_PROFILE", b"xmpmeta"):
            assert word not in clean
        with Image.open(io.BytesIO(clean)) as image:
            assert (image.format, image.size) == ("JPEG", (64, 48))


def test_the_place_is_read_before_it_is_taken_out(store) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        found = accept_file(make_photo(kind=kind, place=(37.5665, -126.978)), store=store).taken_at
        assert found is not None
        assert (found.lat, found.long) == pytest.approx((37.5665, -126.978), abs=1e-5)


@pytest.mark.parametrize(
    ("latitude", "longitude", "letters"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), "NE"),
        ((91.0, 0.0, 0.0), (126.0, 0.0, 0.0), "NE"),
        ((37.0, 0.0, 0.0), (181.0, 0.0, 0.0), "NE"),
        ((37.0, 99.0, 0.0), (126.0, 0.0, 0.0), "NE"),
        ((37.0, 0.0, 0.0), (126.0, 0.0, 0.0), "XY"),
        ((37.0, 0.0), (126.0, 0.0, 0.0), "NE"),
    ],
)
def test_a_place_that_is_nonsense_is_no_place_and_the_photo_is_still_one(
    store, latitude, longitude, letters
) -> None:
    note = exif()
    gps = note.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = letters[0], latitude, letters[1], longitude
    photo = accept_file(make_photo(exif=note), store=store)
    assert (photo.taken_at, photo.width) == (None, 64)


def test_a_note_of_rubbish_does_not_cost_the_photo(store) -> None:
    for note in (b"Exif\0\0" + b"\xff" * 40, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0II*\0"):
        assert accept_file(make_photo(exif=note), store=store).taken_at is None


def test_a_page_of_fifty_thousand_by_fifty_thousand_is_refused_at_once(store) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        import zlib

        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    data = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", 50000, 50000, 8, 6, 0, 0, 0)
    )
    data += chunk(b"IDAT", bytes(100)) + chunk(b"IEND", b"")
    began = time.process_time()
    with pytest.raises(Refused):
        accept_file(data, store=store)
    assert time.process_time() - began < 0.5


def test_of_thousands_of_frames_only_the_first_is_drawn(store) -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (200, 200), shade % 256) for shade in range(2000)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=10)
    began = time.process_time()
    photo = accept_file(out.getvalue(), store=store)
    assert (photo.width, photo.height) == (200, 200)
    assert time.process_time() - began < 1


def test_a_telephones_heif_photo_becomes_a_jpeg_or_is_refused_in_words(store, tmp_path) -> None:
    photo = accept_file(make_heif(), store=store)
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 64, 48)
    assert photo.taken_at is not None
    assert (photo.taken_at.lat, photo.taken_at.long) == pytest.approx((37.5665, 126.978))
    assert b"SECRET" in make_heif()
    assert b"SECRET" not in store.read(photo.sha256)
    store.remove(photo.sha256)
    head = box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")
    for data in (head, head + box(b"meta", bytes(4)), head + bytes(5000)):
        with pytest.raises(Refused, match="photo_unreadable"):
            accept_file(data, store=store)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_child_may_take_only_so_much_memory_and_time(monkeypatch) -> None:
    asked = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, most: asked.update({kind: most}))
    cleaning_child.limit()
    most = 768 * 1024 * 1024
    assert asked[resource.RLIMIT_AS] == (most, most)
    assert asked[resource.RLIMIT_FSIZE] == (0, 0)


def test_an_elements_void_is_as_long_as_what_it_stands_for(store) -> None:
    for size in (0, 1, 100, 118, 119, 120, 121, 5000):
        data = make_webm(live=True) + element(0x1254C367, b"S" * size)
        clean = kept(data, store)
        assert len(clean) == len(data)
        assert kept(clean, store) == clean
