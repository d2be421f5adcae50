"""The pages of the citizen's rights: /privacy, /my-data and the copy of the data. Must not word anything.

The cookie says whose data is shown; a one-time link opens a copy without it (for messengers). Nothing of a
copy is written to disk.
"""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from bots.limits import RateLimit
from bots.web_files import SignedLinks
from bots.web_input import CHANNEL
from bots.web_pages import Pages
from bots.web_problems import Problem
from bots.web_render import korean_time
from bots.web_session import Cookies, comes_from_our_page
from core.attachments import StoredFile
from core.case_status import TITLES
from core.city import City
from core.clock import KST
from core.consent_texts import CONTACT, GUARDIAN, ConsentText, text_of
from core.consents import find_consent, withdraw_consent
from core.conversations import find_conversation
from core.data_links import holds_data_link, make_data_link, use_data_link
from core.database import Database
from core.erasure import find_erasure, request_erasure
from core.errors import Refused
from core.files import FileGone, FileStore
from core.models.conversation import Conversation
from core.my_data import MyData, collect_my_data
from core.my_data_export import MyDataCopy, export_my_data
from core.vault import TOKEN_NAMES, Vault

FORM_LIMIT = 4096
FORMATS = ("json", "zip")
# A consent abroad is none of the web's.
WITHDRAWN_HERE = (CONTACT, GUARDIAN)


@dataclass(frozen=True)
class MyDataDeps:
    """What the pages need."""

    database: Database
    vault: Vault
    attachments: FileStore
    city: City
    cookies: Cookies
    links: SignedLinks
    pages: Pages
    now: Callable[[], datetime]


def add_my_data_routes(router: APIRouter, deps: MyDataDeps) -> None:
    """Add the pages to the web chat's router."""
    pages = deps.pages
    copies = RateLimit(per_minute=6, burst=10)

    @router.get("/privacy", summary="What is kept of citizens, and why", response_class=Response)
    def privacy() -> Response:
        return pages.page("privacy.html", consents=deps.city.consents, rules=deps.city.retention)

    @router.get("/my-data", summary="What is kept of this browser", response_class=Response)
    def my_data(request: Request, done: str = "") -> Response:
        return _page(
            request, deps, done=done if done in ("withdrawn", "erase", "unchecked") else ""
        )

    @router.post("/my-data/export", summary="Get a copy of the own data")
    async def export(request: Request) -> Response:
        form = await _form(request)
        conversation_id = await run_in_threadpool(_writer, request, deps)

        def link() -> str:
            with deps.database.transaction() as session:
                return make_data_link(session, conversation_id=conversation_id, now=deps.now())

        token = await run_in_threadpool(link)
        return RedirectResponse(f"/my-data/file?t={token}&format={_format(form)}", status_code=303)

    @router.get(
        "/my-data/get", summary="The page behind a link to the copy", response_class=Response
    )
    def get_page(t: str = "") -> Response:
        # Opening it uses nothing up: messengers look at links to preview them.
        with deps.database.reading() as session:
            good = holds_data_link(session, token=t, now=deps.now())
        return pages.page("my-data-get.html", status=200 if good else 410, token=t if good else "")

    @router.get("/my-data/file", summary="The copy itself, once", response_class=Response)
    def get_file(request: Request, t: str = "", format: str = "json") -> Response:
        return _copy(request, deps, copies, token=t, kind=format if format in FORMATS else "json")

    @router.post("/my-data/file", summary="The copy itself, once (from its page)")
    async def post_file(request: Request) -> Response:
        # The link is the proof; a browser that came from a messenger may have no cookie of ours.
        if not comes_from_our_page(request, without_proof=True):
            raise Problem(403, "foreign_page")
        form = await _form(request)
        return await run_in_threadpool(
            lambda: _copy(request, deps, copies, token=form.get("t", ""), kind=_format(form))
        )

    @router.post("/my-data/withdraw", summary="Take a consent back")
    async def withdraw(request: Request) -> Response:
        form = await _form(request)
        conversation_id = await run_in_threadpool(_writer, request, deps)
        kind = form.get("kind", "")
        if kind not in WITHDRAWN_HERE:
            raise Problem(422, "bad_request")

        def work() -> None:
            with deps.database.transaction() as session:
                withdraw_consent(
                    session,
                    conversation_id=conversation_id,
                    kind=kind,
                    by=f"conversation:{conversation_id}",
                    now=deps.now(),
                )

        await run_in_threadpool(work)
        return RedirectResponse("/my-data?done=withdrawn", status_code=303)

    @router.post("/my-data/erase", summary="Have everything erased")
    async def erase(request: Request) -> Response:
        form = await _form(request)
        conversation_id = await run_in_threadpool(_writer, request, deps)
        if form.get("sure") != "yes":
            return RedirectResponse("/my-data?done=unchecked", status_code=303)

        def work() -> None:
            with deps.database.transaction() as session:
                request_erasure(
                    session,
                    conversation_id=conversation_id,
                    by="citizen",
                    reason="내 정보 페이지",
                    now=deps.now(),
                )

        await run_in_threadpool(work)
        return RedirectResponse("/my-data?done=erase", status_code=303)


@dataclass(frozen=True)
class ShownRow:
    """One line of a section: what it is, and what there is to say of it."""

    title: str
    text: str


@dataclass(frozen=True)
class ShownData:
    """The page's content in words."""

    messages: tuple[ShownRow, ...]
    contacts: tuple[ShownRow, ...]
    cases: tuple[ShownRow, ...]
    consents: tuple[ShownRow, ...]
    withdrawable: tuple[ConsentText, ...]
    erasing: bool


def _page(request: Request, deps: MyDataDeps, *, done: str) -> Response:
    session_of = deps.cookies.read(request)
    shown = None
    if session_of is not None:
        with deps.database.transaction() as session:
            talk = find_conversation(session, channel=CHANNEL, address=session_of.address)
            if talk is not None:
                data = collect_my_data(
                    session,
                    vault=deps.vault,
                    rules=deps.city.retention,
                    conversation_id=talk.id,
                    now=deps.now(),
                )
                held = [
                    text_of(deps.city.consents, kind)
                    for kind in WITHDRAWN_HERE
                    if find_consent(session, conversation_id=talk.id, kind=kind) is not None
                    or (kind == CONTACT and any(case.has_contact for case in data.cases))
                ]
                erasing = find_erasure(session, conversation_id=talk.id) is not None
                shown = _shown(data, held, city=deps.city, erasing=erasing)
    return deps.pages.page("my-data.html", data=shown, done=done)


def _shown(
    data: MyData, withdrawable: list[ConsentText], *, city: City, erasing: bool
) -> ShownData:
    say = city.texts.render
    messages = []
    if data.first_at is not None and data.last_at is not None:
        until = say("my_data_until", date=_day(data.messages_until)) if data.messages_until else ""
        text = f"{data.messages}개, {_day(data.first_at)} ~ {_day(data.last_at)}. {until}"
        messages.append(ShownRow(say("web_my_data_messages"), text.strip()))
    if data.files:
        messages.append(ShownRow(say("web_photo_alt"), f"{data.files}개"))
    return ShownData(
        messages=tuple(messages),
        contacts=tuple(
            ShownRow(
                TOKEN_NAMES.get(each.kind, each.kind),
                f"{each.masked} ({_day(each.received_at)})",
            )
            for each in data.contacts
        ),
        cases=tuple(
            ShownRow(
                each.number,
                f"{_service(city, each.service_code)}, {TITLES[each.status]}"
                + (f", {_day(each.until)}까지 보관" if each.until else ""),
            )
            for each in data.cases
        ),
        consents=tuple(
            ShownRow(text_of(city.consents, each.kind).title, korean_time(each.given_at))
            for each in data.consents
        ),
        withdrawable=tuple(withdrawable),
        erasing=erasing,
    )


def _service(city: City, code: str) -> str:
    return city.service(code).name if city.has_service(code) else code


def _day(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(KST)
    return f"{local.year}년 {local.month}월 {local.day}일"


def _writer(request: Request, deps: MyDataDeps) -> int:
    """The conversation of this browser. Raises Problem: 403 from elsewhere, 401 without one."""
    if not comes_from_our_page(request):
        raise Problem(403, "foreign_page")
    visitor = deps.cookies.read(request)
    if visitor is None:
        raise Problem(401, "no_session")
    with deps.database.reading() as session:
        talk = find_conversation(session, channel=CHANNEL, address=visitor.address)
        if talk is None:
            raise Problem(401, "no_session")
        return talk.id


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            raise Problem(413, "bad_request")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        raise Problem(422, "bad_request") from None
    return {name: values[0] for name, values in fields.items()}


def _format(form: dict[str, str]) -> str:
    wanted = form.get("format", "json")
    return wanted if wanted in FORMATS else "json"


def _copy(
    request: Request, deps: MyDataDeps, copies: RateLimit, *, token: str, kind: str
) -> Response:
    visitor = request.client.host if request.client else "?"
    wait = copies.take(visitor)
    if wait is not None:
        raise Problem(429, "too_fast", retry_after=wait)
    base = str(request.base_url).rstrip("/")

    def address(file: StoredFile) -> str:
        if kind == "zip":
            return f"files/{file.name}"
        return f"{base}{deps.links.make(file.id, now=deps.now())}"

    with deps.database.transaction() as session:
        conversation_id = use_data_link(session, token=token, now=deps.now())
        copy = None
        if conversation_id is not None and session.get(Conversation, conversation_id) is not None:
            try:
                copy = export_my_data(
                    session,
                    vault=deps.vault,
                    city=deps.city,
                    conversation_id=conversation_id,
                    how=f"{kind}, 한 번 쓰는 링크",
                    file_address=address,
                    now=deps.now(),
                )
            except Refused:
                copy = None  # Erased meanwhile.
    if copy is None:
        return deps.pages.page("my-data-get.html", status=410, token="")
    name = f"sotong-my-data-{deps.now().astimezone(KST):%Y%m%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if kind == "json":
        return Response(_document(copy), media_type="application/json", headers=headers)
    return StreamingResponse(
        zip_of(copy, deps.attachments), media_type="application/zip", headers=headers
    )


def _document(copy: MyDataCopy) -> bytes:
    return json.dumps(copy.data, ensure_ascii=False, indent=2).encode("utf-8", "replace")


class _Pipe(io.RawIOBase):
    """Takes what the archive writes and gives it on, so that no copy lies in memory or on disk."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def zip_of(copy: MyDataCopy, store: FileStore) -> Iterator[bytes]:
    """The copy as an archive, part by part: my-data.json and the files. A file that is gone is left out."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-data.json", _document(copy))
        yield pipe.take()
        for file in copy.files:
            if not file.is_given_out:
                continue  # It waits for the virus scanner, or was found bad.
            # Pictures do not get smaller: they are stored as they are.
            pieces = store.stream(file.sha256)
            try:
                first = next(pieces, b"")
            except FileGone:
                continue
            with archive.open(zipfile.ZipInfo(f"files/{file.name}"), "w") as entry:
                for piece in itertools.chain((first,), pieces):
                    entry.write(piece)
                    yield pipe.take()
    yield pipe.take()
