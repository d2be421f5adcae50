"""Checks and cleans a citizen's or an officer's picture. Must not trust its name or declared type.

What we keep is re-encoded from the decoded pixels: no EXIF (and so no GPS), no trailing data, no
second file hidden behind the first. Where it was taken is read before that and handed to the caller, who
must ask the citizen.
"""

from __future__ import annotations

import io
import math
import warnings

from PIL import Image, UnidentifiedImageError

from core.errors import Refused
from core.files import FileStore
from core.inbound import Location, Photo
from dialogue.formats import Format, format_of
from dialogue.untrusted import clean_in_child

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
# A HEIF photo is decoded whole, in three copies: what phones take by themselves, and no more memory.
MAX_HEIF_PIXELS = 26_000_000
MAX_SIDE = 2560
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_ORIENTATION, _GPS = 0x0112, 0x8825
# EXIF 2.32 §4.6.5: how the picture must be turned to stand upright.
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}


def accept_photo(data: bytes, *, name: str, store: FileStore) -> Photo:
    """Check, clean and store one picture (at most 10 MB and 50 megapixels; HEIF: 26).

    Raises Refused("photo_too_large") or Refused("photo_unreadable").
    """
    if len(data) > MAX_BYTES:
        raise Refused("photo_too_large", limit_mb=MAX_BYTES // (1024 * 1024))
    if format_of(data) is Format.HEIF:
        data = clean_in_child("heif", data, MAX_HEIF_PIXELS, MAX_SIDE, refusal="photo_unreadable")
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd notes and of big pictures; both are judged here.
            warnings.simplefilter("ignore")
            clean, (width, height), taken_at = _re_encode(data)
    except Refused:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise Refused("photo_unreadable") from error
    except Exception as error:
        # A decoder meets bytes that somebody chose: whatever it stumbles over, the file is no photo.
        raise Refused("photo_unreadable") from error
    return Photo(
        sha256=store.put(clean),
        media_type="image/jpeg",
        size=len(clean),
        width=width,
        height=height,
        name=name[:120],
        taken_at=taken_at,
        scan=store.first_state,
    )


def _re_encode(data: bytes) -> tuple[bytes, tuple[int, int], Location | None]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused("photo_too_large", limit_mb=MAX_BYTES // (1024 * 1024))
        orientation, taken_at = _read_note(image)
        # Smaller first: a JPEG is then decoded small, and no second copy of all pixels is made.
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        upright: Image.Image = image
        for turn in _TURNS.get(orientation, ()):
            upright = upright.transpose(turn)
        if upright.mode in ("RGBA", "LA", "P", "PA"):
            # A transparent picture becomes one on white; JPEG has no transparency.
            layer = upright.convert("RGBA")
            flat = Image.new("RGB", layer.size, "white")
            flat.paste(layer, mask=layer.getchannel("A"))
        else:
            flat = upright.convert("RGB")
        # Pillow carries colour profiles, comments and resolutions from one file into the next.
        flat.info.clear()
        out = io.BytesIO()
        flat.save(out, format="JPEG", quality=85, optimize=True)
        return out.getvalue(), flat.size, taken_at


def _read_note(image: Image.Image) -> tuple[int, Location | None]:
    """How it was held and where it was taken; a note that is damaged says neither."""
    try:
        note = image.getexif()
        orientation = note.get(_ORIENTATION, 1)
        orientation = orientation if isinstance(orientation, int) else 1
    except Exception:
        return 1, None
    try:
        return orientation, _place(dict(note.get_ifd(_GPS)))
    except Exception:
        return orientation, None


def _place(gps: dict[int, object]) -> Location | None:
    """The point of EXIF's GPS note (§4.6.6); None for none, for nonsense and for the middle of the sea."""
    lat = _degrees(gps.get(2), gps.get(1), minus="S", plus="N", most=90)
    long = _degrees(gps.get(4), gps.get(3), minus="W", plus="E", most=180)
    if lat is None or long is None or (lat == 0 and long == 0):
        return None
    return Location(round(lat, 6), round(long, 6))


def _degrees(
    parts: object, reference: object, *, minus: str, plus: str, most: float
) -> float | None:
    if isinstance(reference, bytes):
        reference = reference.decode("ascii", "replace")
    letter = str(reference).strip("\0 ").upper()
    if letter not in (minus, plus) or not isinstance(parts, tuple | list) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (float(each) for each in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not (math.isfinite(value) and 0 <= minutes < 60.001 and 0 <= seconds < 60.001):
        return None
    if not 0 <= value <= most:
        return None
    return -value if letter == minus else value
