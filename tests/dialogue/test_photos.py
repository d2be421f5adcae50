"""Pictures at the door: what is not one is refused, what is one loses everything but its pixels."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from core.attachments import AttachmentStore
from core.errors import Refused
from dialogue.photos import MAX_BYTES, accept_photo


def make_jpeg(*, size: tuple[int, int] = (40, 30), exif: bytes | None = None) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, "orange")
    image.save(out, format="JPEG", **({"exif": exif} if exif else {}))
    return out.getvalue()


def accept(data: bytes, tmp_path, name: str = "사진.jpg"):
    store = AttachmentStore(tmp_path)
    return accept_photo(data, name=name, store=store), store


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_usual_formats_are_kept_as_jpeg(tmp_path, format) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, format=format)
    photo, store = accept(out.getvalue(), tmp_path)
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 40, 30)
    with Image.open(store.path(photo.sha256)) as kept:
        assert kept.format == "JPEG"


def test_where_and_with_what_it_was_taken_is_not_kept(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[1] = "N"
    photo, store = accept(make_jpeg(exif=exif.tobytes()), tmp_path)
    kept = store.path(photo.sha256).read_bytes()
    assert b"CameraMaker" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()


def test_a_phone_held_sideways_gives_an_upright_picture(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo, _ = accept(make_jpeg(size=(40, 30), exif=exif.tobytes()), tmp_path)
    assert (photo.width, photo.height) == (30, 40)


def test_what_hides_behind_a_picture_is_not_kept(tmp_path) -> None:
    photo, store = accept(make_jpeg() + b"<script>alert(1)</script>", tmp_path)
    assert b"script" not in store.path(photo.sha256).read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7 ...",
        b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
        make_jpeg()[:200],
        b"GIF89a" + b"\0" * 50,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    ],
)
def test_what_is_not_a_picture_is_refused_whatever_its_name(tmp_path, data) -> None:
    with pytest.raises(Refused) as refused:
        accept(data, tmp_path, name="photo.jpg")
    assert refused.value.code == "photo_unreadable"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_huge_file_is_refused_before_it_is_looked_at(tmp_path) -> None:
    with pytest.raises(Refused) as refused:
        accept(b"\xff" * (MAX_BYTES + 1), tmp_path)
    assert refused.value.code == "photo_too_large"


def test_a_small_file_that_unfolds_to_a_huge_picture_is_refused(tmp_path) -> None:
    out = io.BytesIO()
    Image.new("1", (12000, 12000)).save(out, format="PNG")
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(Refused):
        accept(out.getvalue(), tmp_path)


def test_the_same_picture_twice_is_one_file(tmp_path) -> None:
    first, _ = accept(make_jpeg(), tmp_path)
    second, _ = accept(make_jpeg(), tmp_path)
    assert first.sha256 == second.sha256
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
