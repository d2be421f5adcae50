"""What the public pages need from outside, filled by ``app``. Must not build any of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from starlette.responses import HTMLResponse

from core.city import City
from core.database import Database

TEMPLATES = Path(__file__).parent / "templates"


class PageMaker(Protocol):
    """Renders a template of ``TEMPLATES`` in the frame that all pages for citizens share."""

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page from ``template`` with ``values``."""


@dataclass(frozen=True)
class WebsiteDeps:
    """Ports of the public pages. ``now`` returns aware UTC."""

    database: Database
    city: City
    pages: PageMaker
    now: Callable[[], datetime]
