"""A program of its own that opens one PDF or HEIF file and writes it out clean. Must import nothing of ours.

Both formats are read by large libraries in C++: in a process with little memory and time, what goes wrong
there (a bomb, a crash, a loop) is one refused file. Reads stdin, writes stdout; any exit but 0 is "no".
"""

from __future__ import annotations

import io
import resource
import sys
from typing import Any

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
MOST_OBJECTS = 100_000
# ISO 32000-1 §12.6: what a reader could do by itself or at a click, beyond going to a page or a web address.
_ACTIONS = frozenset(
    "/JavaScript /Launch /SubmitForm /ResetForm /ImportData /GoToR /GoToE /Rendition /Movie /Sound "  # noqa: SIM905
    "/RichMediaExecute /GoTo3DView /SetOCGState /Trans /Hide".split()
)
_ANNOTATIONS = frozenset(
    "/FileAttachment /RichMedia /Screen /Movie /Sound /3D /Widget".split()  # noqa: SIM905
)
_FORGOTTEN = (
    *("/Metadata", "/PieceInfo", "/LastModified", "/AA", "/OpenAction", "/JS", "/AF", "/AcroForm"),
    *("/Collection", "/Perms", "/DSS", "/SpiderInfo", "/Legal", "/Threads", "/IDS"),
)
# In an annotation: who wrote it and when.
_NOTES = ("/T", "/CreationDate", "/M", "/NM", "/RC")


def main() -> int:
    """Clean what comes in."""
    limit()
    data = sys.stdin.buffer.read()
    clean = {"pdf": clean_pdf, "heif": heif_to_jpeg}[sys.argv[1]](data)
    sys.stdout.buffer.write(clean)
    sys.stdout.buffer.flush()
    return 0


def limit() -> None:
    """No more memory and time than one file needs; no file is written."""
    wanted = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in wanted:
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            # A service manager may forbid the call itself; then its limits hold, and the parent's clock.
            continue


def clean_pdf(data: bytes) -> bytes:
    """The pages as they look; no metadata, scripts, forms, attached files, and nothing behind the end."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        if pdf.is_encrypted or len(pdf.objects) > MOST_OBJECTS or not len(pdf.pages):
            raise ValueError("locked, endless or empty")
        for key in ("/Info", "/ID"):
            if key in pdf.trailer:
                del pdf.trailer[key]
        names = pdf.Root.get("/Names")
        if isinstance(names, pikepdf.Dictionary):
            for key in [key for key in names.keys() if key != "/Dests"]:  # noqa: SIM118
                del names[key]
        for found in pdf.objects:
            _clean_object(found, pikepdf, depth=0)
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False,
        )
        return out.getvalue()


def _clean_object(found: Any, pikepdf: Any, depth: int) -> None:
    if depth > 20:
        raise ValueError("nested too deeply")
    if isinstance(found, pikepdf.Array):
        for each in list(found):
            if not getattr(each, "is_indirect", False):
                _clean_object(each, pikepdf, depth + 1)
        return
    if not isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in _FORGOTTEN:
        if key in found:
            del found[key]
    action = found.get("/S")
    if (
        isinstance(action, pikepdf.Name)
        and str(action) in _ACTIONS
        and found.get("/Type") != "/StructElem"
    ):
        for key in list(found.keys()):
            del found[key]
        return
    if found.get("/Type") == "/Annot" or ("/Rect" in found and "/Subtype" in found):
        for key in _NOTES:
            if key in found:
                del found[key]
    notes = found.get("/Annots")
    if isinstance(notes, pikepdf.Array):
        found["/Annots"] = pikepdf.Array(
            [
                note
                for note in notes
                if isinstance(note, pikepdf.Dictionary)
                and str(note.get("/Subtype")) not in _ANNOTATIONS
            ]
        )
    if isinstance(found, pikepdf.Stream):
        if "/EmbeddedFile" in str(found.get("/Type", "")):
            found.write(b"")
        elif found.get("/Filter") == "/DCTDecode":
            found.write(without_exif(found.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
    for key in list(found.keys()):
        each = found.get(key)
        if not getattr(each, "is_indirect", False):
            _clean_object(each, pikepdf, depth + 1)


def without_exif(jpeg: bytes) -> bytes:
    """A JPEG without its application segments but Adobe's (colours depend on that one) and comments."""
    if not jpeg.startswith(b"\xff\xd8"):
        return jpeg
    kept, at = [b"\xff\xd8"], 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            break
        size = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if size < 2:
            break
        if marker not in (0xFE, *range(0xE1, 0xEE), 0xEF):
            kept.append(jpeg[at : at + 2 + size])
        at += 2 + size
    return b"".join([*kept, jpeg[at:]])


def heif_to_jpeg(data: bytes) -> bytes:
    """The main picture as JPEG, with its EXIF note for the parent, which reads the place and drops it."""
    import pi_heif
    from PIL import Image

    pi_heif.register_heif_opener(thumbnails=False)
    pi_heif.options.DECODE_THREADS = 1
    Image.MAX_IMAGE_PIXELS = int(sys.argv[2])
    with Image.open(io.BytesIO(data), formats=("HEIF",)) as image:
        if image.width * image.height > int(sys.argv[2]):
            return b""
        note = image.info.get("exif") or b""
        image.thumbnail((int(sys.argv[3]), int(sys.argv[3])))
        out = io.BytesIO()
        image.convert("RGB").save(
            out, format="JPEG", quality=95, exif=note if len(note) < 60_000 else b""
        )
        return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
