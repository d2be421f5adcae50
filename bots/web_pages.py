"""The citizen's HTML pages and the plain files they use. Must not hold wording: that is in city/texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse, Response

from bots.web_problems import PHOTO_LIMIT_MB, TEXT_LIMIT
from core.city import City, Hotline

FOLDER = Path(__file__).parent / "web_static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# What the scripts say; each is the text ``web_js_<name>``.
SCRIPT_WORDS = (
    "you",
    "bot",
    "officer",
    "sending",
    "waiting_to_send",
    "not_sent",
    "retry",
    "edit",
    "discard",
    "typing",
    "choices",
    "chosen",
    "reconnecting",
    "reconnected",
    "offline",
    "new_message",
    "copy",
    "copied",
    "copy_failed",
    "photo_message",
    "photo_ready",
    "photo_preparing",
    "photo_remove",
    "photo_name",
    "photo_too_large",
    "photo_not_image",
    "photo_lost",
    "photo_removed",
    "photo_alt",
    "location_message",
    "location_on_map",
    "location_waiting",
    "location_denied",
    "location_unavailable",
    "location_timeout",
    "location_unsupported",
    "location_insecure",
    "empty",
    "too_long",
    "no_session",
    "server_error",
    "history_failed",
)
_SCRIPT_VALUES: dict[str, dict[str, object]] = {
    "photo_name": {"number": "{number}"},  # the script counts the photos itself
    "too_long": {"limit": f"{TEXT_LIMIT:,}"},
    "photo_too_large": {"limit_mb": PHOTO_LIMIT_MB},
}


@dataclass(frozen=True)
class StaticFile:
    """A plain file in memory; ``tag`` changes with its content."""

    data: bytes
    media_type: str
    tag: str

    def response(self) -> Response:
        """The file, to be kept by the browser: its address changes with its content."""
        return Response(
            self.data,
            media_type=self.media_type,
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )


class Pages:
    """Renders pages of one city. Reads its templates and files once, when it is made.

    ``beside`` is a folder with more templates: pages of others in the same frame.
    """

    def __init__(self, city: City, *, beside: Path | None = None) -> None:
        self._city = city
        self.files = _load_files()
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader([FOLDER] if beside is None else [FOLDER, beside]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        jurisdiction = city.jurisdiction
        self._templates.globals.update(
            t=city.texts.render,
            asset=self._asset,
            city=jurisdiction.name,
            sample_notice=jurisdiction.notice if jurisdiction.sample else "",
            call_centre=jurisdiction.call_centre,
            emergency_lines=emergency_lines(city),
            script_words={
                name: city.texts.render(f"web_js_{name}", **_SCRIPT_VALUES.get(name, {}))
                for name in SCRIPT_WORDS
            },
            limits={
                "text": TEXT_LIMIT,
                "photo_mb": PHOTO_LIMIT_MB,
                "photo_bytes": PHOTO_LIMIT_MB * 1024 * 1024,
            },
        )

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page from ``template`` with ``values``."""
        return HTMLResponse(self._templates.get_template(template).render(**values), status)

    def _asset(self, name: str) -> str:
        return f"/static/{name}?v={self.files[name].tag}"


def emergency_lines(city: City) -> list[Hotline]:
    """The numbers for fire and for crime, with the words of the city's list of hotlines."""
    wanted = {rule.number for rule in city.emergency if rule.category in ("fire", "crime")}
    return [line for line in city.hotlines if line.number in wanted and line.always]


def _load_files() -> dict[str, StaticFile]:
    files = {}
    for path in sorted(FOLDER.iterdir()):
        media_type = MEDIA_TYPES.get(path.suffix)
        if media_type is not None:
            data = path.read_bytes()
            files[path.name] = StaticFile(data, media_type, hashlib.sha256(data).hexdigest()[:16])
    return files
