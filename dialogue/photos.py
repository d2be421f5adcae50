"""Checks and cleans a citizen's or an officer's picture. Must not trust its name or declared type.

What we keep is re-encoded from the decoded pixels: no EXIF (and so no GPS), no trailing data, no
second file hidden behind the first.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from core.attachments import AttachmentStore
from core.errors import Refused
from core.inbound import Photo

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2560
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def accept_photo(data: bytes, *, name: str, store: AttachmentStore) -> Photo:
    """Check, clean and store one picture (JPEG, PNG, WebP or GIF, at most 10 MB and 50 megapixels).

    Raises Refused("photo_too_large") or Refused("photo_unreadable").
    """
    if len(data) > MAX_BYTES:
        raise Refused("photo_too_large", limit_mb=MAX_BYTES // (1024 * 1024))
    try:
        clean, (width, height) = _re_encode(data)
    except Refused:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
        Warning,
    ) as error:
        raise Refused("photo_unreadable") from error
    return Photo(
        sha256=store.put(clean),
        media_type="image/jpeg",
        size=len(clean),
        width=width,
        height=height,
        name=name[:120],
    )


def _re_encode(data: bytes) -> tuple[bytes, tuple[int, int]]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused("photo_too_large", limit_mb=MAX_BYTES // (1024 * 1024))
        # Smaller first: a JPEG is then decoded small, and no second copy of all pixels is made.
        image.thumbnail((MAX_SIDE, MAX_SIDE))
        upright = ImageOps.exif_transpose(image)
        if upright.mode in ("RGBA", "LA", "P", "PA"):
            # A transparent picture becomes one on white; JPEG has no transparency.
            layer = upright.convert("RGBA")
            flat = Image.new("RGB", layer.size, "white")
            flat.paste(layer, mask=layer.getchannel("A"))
        else:
            flat = upright.convert("RGB")
        out = io.BytesIO()
        flat.save(out, format="JPEG", quality=85, optimize=True)
        return out.getvalue(), flat.size
