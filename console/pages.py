"""Renders the console's pages: Jinja, times in Seoul, personal-data tokens. Must not read the database."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from console import words
from console.access import Visit
from core.attachments import StoredFile
from core.city import City, UnknownName
from core.clock import KST, Period
from core.errors import Refused
from core.file_links import FileLinks
from core.officer_sessions import SignedIn
from core.officers import OfficerView, allows
from core.texts import placeholders_of
from core.vault import TOKEN_PATTERN

HERE = Path(__file__).parent
FILE_LIFE = timedelta(hours=1)
STATIC = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_WEEKDAYS = "월화수목금토일"


class Pages:
    """The templates, bound to one city."""

    def __init__(self, city: City, *, links: FileLinks) -> None:
        self.city, self.links = city, links
        self.static = {name: (HERE / "static" / name).read_bytes() for name in STATIC}
        self._versions = {
            name: hashlib.sha256(data).hexdigest()[:12] for name, data in self.static.items()
        }
        self._jinja = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals.update(
            words=words,
            jurisdiction=city.jurisdiction,
            static=lambda name: f"/static/{name}?v={self._versions[name]}",
            # Each form carries its own token: pressing its button twice is pressing it once.
            form_token=lambda: secrets.token_hex(16),
        )
        self._jinja.filters.update(
            moment=moment,
            iso=lambda at: at.isoformat(),
            from_iso=datetime.fromisoformat,
            waited=waited,
            period=lambda text: Period.parse(text).in_korean(),
            department=self.department_name,
            service=self.service_name,
            status=words.status_title,
            megabytes=megabytes,
            zip=zip,
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        status_code: int = 200,
        problem: Refused | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """A page. ``problem`` is shown on top as the sentence of that refusal."""
        html = self._jinja.get_template(template).render(
            **self._common(request),
            problem=None if problem is None else self.sentence(problem),
            **values,
        )
        return HTMLResponse(html, status_code=status_code)

    def sentence(self, refused: Refused) -> str:
        """What a person reads when a rule says no: the city's own words where it has some."""
        template = self.city.texts.entries.get(f"refused_{refused.code}")
        if template is None or not placeholders_of(template) <= refused.values.keys():
            return words.sentence(refused)
        return template.format_map({name: str(value) for name, value in refused.values.items()})

    def fragment(self, request: Request, template: str, **values: Any) -> Response:
        """A part of a page that the page asks for again and again; 304 when nothing is new."""
        html = self._jinja.get_template(template).render(**self._common(request), **values)
        tag = f'"{hashlib.sha256(html.encode()).hexdigest()[:24]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return HTMLResponse(html, headers={"ETag": tag})

    def department_name(self, department_id: str | None) -> str:
        """The department's name; the id itself when the city no longer knows it."""
        if department_id is None:
            return "부서 없음"
        try:
            return self.city.department(department_id).name
        except UnknownName:
            return department_id

    def service_name(self, code: str) -> str:
        """The service's name; the code itself when the city no longer knows it."""
        return self.city.service(code).name if self.city.has_service(code) else code

    def _file_url(self, file: StoredFile, who: SignedIn | None, now: datetime | None) -> str:
        if who is None or now is None:
            raise ValueError("a page without an officer shows no file")
        query = self.links.query(
            file.id, audience=file_audience(who.officer), now=now, lasts=FILE_LIFE, step=FILE_LIFE
        )
        return f"/attachments/{file.id}?{query}"

    def _common(self, request: Request) -> Mapping[str, Any]:
        visit = getattr(request.state, "visit", None)
        who = visit.who if isinstance(visit, Visit) else None
        now = visit.now if isinstance(visit, Visit) else None
        return {
            "me": None if who is None else who.officer,
            "csrf": "" if who is None else who.csrf,
            "can": lambda permission: who is not None and allows(who.officer, permission),
            "now": now,
            "path": request.url.path,
            "file_url": lambda file: self._file_url(file, who, now),
            "done": words.DONE_MESSAGES.get(request.query_params.get("done", "")),
        }


def file_audience(officer: OfficerView) -> str:
    """For whom the addresses on an officer's pages are signed: nobody else's browser opens them."""
    return f"officer {officer.id}"


def moment(at: datetime, now: datetime | None = None) -> str:
    """A moment in Seoul, such as ``5월 4일(월) 10:00``; with the year when it is another one."""
    local = at.astimezone(KST)
    year = "" if now is not None and now.astimezone(KST).year == local.year else f"{local.year}년 "
    return f"{year}{local.month}월 {local.day}일({_WEEKDAYS[local.weekday()]}) {local:%H:%M}"


def waited(span: timedelta) -> str:
    """A length of time in its two largest units, such as ``2시간 5분``; below a minute ``1분 미만``."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days}일 {hours}시간" if hours else f"{days}일"
    if hours:
        return f"{hours}시간 {minutes}분" if minutes else f"{hours}시간"
    return f"{minutes}분" if minutes else "1분 미만"


def megabytes(size: int) -> str:
    """A file's size as people know it, such as ``1.2MB``; never ``0.0MB``."""
    return f"{max(size / (1024 * 1024), 0.1):.1f}MB"


def with_tokens(text: str, *, conversation_id: int, may_reveal: bool) -> Markup:
    """Escaped text in which each personal-data token is marked and, if allowed, leads to its page."""
    parts: list[Markup] = []
    position = 0
    for found in TOKEN_PATTERN.finditer(text):
        parts.append(escape(text[position : found.start()]))
        parts.append(token_chip(found[0], conversation_id=conversation_id, may_reveal=may_reveal))
        position = found.end()
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def token_chip(token: str, *, conversation_id: int, may_reveal: bool) -> Markup:
    """One token, as a link to the page that asks for a purpose, or as plain text."""
    if not may_reveal:
        return Markup('<span class="token">{}</span>').format(token)
    address = f"/conversations/{conversation_id}/reveal?{urlencode({'token': token})}"
    return Markup('<a class="token" href="{}">{} <span class="token-do">보기</span></a>').format(
        address, token
    )
