"""The web chat's routes: page, messages, photos, live stream, files, look-up. Must not word any reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from bots import web_files, web_lookup
from bots.limits import FewAtOnce, RateLimit
from bots.received import ReceivedTurn
from bots.web_feed import Cursor, read_after
from bots.web_hub import Hub
from bots.web_input import (
    Accepted,
    ProblemOut,
    json_body,
    photo_body,
    photo_message,
    read_message,
    read_photo,
)
from bots.web_my_data import MyDataDeps, add_my_data_routes
from bots.web_pages import Pages
from bots.web_problems import Problem, guarded_route, message_of, problem_of
from bots.web_session import Cookies, WebSession, comes_from_our_page
from core.city import City
from core.database import Database
from core.errors import Refused, TemporaryFailure
from core.files import FileStore
from core.inbound import InboundMessage, Photo
from core.lookup_codes import LookupCodes
from core.vault import Vault

LARGEST_ID = 2**63 - 1
PHOTOS_AT_ONCE = 2
MOST_WAITING_PHOTOS = 30


@dataclass(frozen=True)
class WebLimits:
    """How much one visitor may do; one address of the network may serve many people."""

    messages_per_minute: float = 30
    messages_burst: int = 15
    messages_per_minute_per_ip: float = 300
    lookups_per_minute_per_ip: float = 6
    lookups_burst: int = 10


@dataclass(frozen=True)
class WebDeps:
    """What the web chat needs from the rest of the service.

    ``receive`` keeps a message (redacted) and says which turn it became; ``kick`` starts the work on
    a conversation in the background; ``accept_photo`` checks, cleans and stores a picture.
    """

    database: Database
    receive: Callable[[InboundMessage], ReceivedTurn]
    kick: Callable[[int], None]
    accept_photo: Callable[[bytes, str], Photo]
    attachments: FileStore
    vault: Vault
    city: City
    codes: LookupCodes
    hub: Hub
    cookie_secret: bytes
    now: Callable[[], datetime]
    always_secure: bool = False
    # May a citizen's file of so many bytes be kept? Raises Refused.
    may_keep: Callable[[str, int], None] = lambda _address, _size: None
    limits: WebLimits = field(default_factory=WebLimits)


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": ProblemOut} for code in (401, 403, 413, 422, 429, 503)
}
_DeliveryId = Annotated[int, Query(ge=0, le=LARGEST_ID)]


def make_router(deps: WebDeps) -> APIRouter:
    """The web chat's routes. Enter ``deps.hub.running()`` in the application's lifespan."""
    texts, limits = deps.city.texts, deps.limits
    router = APIRouter(route_class=guarded_route(texts), tags=["web chat"])
    cookies = Cookies(deps.cookie_secret, always_secure=deps.always_secure)
    links = web_files.SignedLinks(deps.cookie_secret)
    pages = Pages(deps.city)
    per_cookie = RateLimit(per_minute=limits.messages_per_minute, burst=limits.messages_burst)
    per_ip = RateLimit(
        per_minute=limits.messages_per_minute_per_ip,
        burst=int(limits.messages_per_minute_per_ip),
    )
    # A small file may hold 50 megapixels: few at once, and their wait takes no thread from others.
    decoding = FewAtOnce(at_once=PHOTOS_AT_ONCE, waiting=MOST_WAITING_PHOTOS)
    lookups = RateLimit(per_minute=limits.lookups_per_minute_per_ip, burst=limits.lookups_burst)

    def writer_of(request: Request) -> WebSession:
        if not comes_from_our_page(request):
            raise Problem(403, "foreign_page")
        session = cookies.read(request)
        if session is None:
            raise Problem(401, "no_session")
        wait = per_cookie.take(session.address) or per_ip.take(_ip(request))
        if wait is not None:
            raise Problem(429, "too_fast", retry_after=wait)
        return session

    def reader_of(request: Request) -> WebSession:
        session = cookies.read(request)
        if session is None:
            raise Problem(401, "no_session")
        return session

    def keep(message: InboundMessage) -> JSONResponse:
        received = deps.receive(message)
        deps.kick(received.conversation_id)
        deps.hub.wake(received.conversation_id)
        return JSONResponse(
            {"turn_id": received.turn_id, "duplicate": received.duplicate}, status_code=202
        )

    @router.get("/", summary="The chat page", response_class=Response)
    def chat_page(request: Request) -> Response:
        response = pages.page("chat.html")
        cookies.set(response, cookies.read(request) or cookies.make(), request)
        return response

    @router.get("/help", summary="How to use the service", response_class=Response)
    def help_page() -> Response:
        return pages.page("help.html")

    @router.post("/leave", summary="Forget this browser (for shared computers)")
    def leave(request: Request) -> Response:
        if not comes_from_our_page(request):
            raise Problem(403, "foreign_page")
        response = RedirectResponse("/", status_code=303)
        cookies.forget(response)
        return response

    @router.post(
        "/api/messages",
        summary="Send a text, a choice, a location or a start",
        status_code=202,
        response_model=Accepted,
        responses=_PROBLEMS,
        openapi_extra=json_body(),
    )
    async def post_message(request: Request) -> Response:
        session = writer_of(request)
        message = await read_message(request, address=session.address)
        return await run_in_threadpool(keep, message)

    @router.post(
        "/api/photos",
        summary="Send one photo (several photos: one request each)",
        status_code=202,
        response_model=Accepted,
        responses=_PROBLEMS,
        openapi_extra=photo_body(),
    )
    async def post_photo(request: Request) -> Response:
        session = writer_of(request)
        upload = await read_photo(request)

        def accept() -> Photo:
            deps.may_keep(session.address, len(upload.data))
            return deps.accept_photo(upload.data, upload.name)

        photo = await decoding.run(accept)
        if photo is None:
            raise Problem(503, "busy", retry_after=5)
        message = photo_message(upload, photo, address=session.address)
        return await run_in_threadpool(keep, message)

    @router.get("/api/messages", summary="The conversation after a point", responses=_PROBLEMS)
    def get_messages(
        request: Request, after: _DeliveryId = 0, turn: _DeliveryId = 0
    ) -> JSONResponse:
        """`after` is the last delivery's id, `turn` the last turn's; 0 for the beginning."""
        session = reader_of(request)
        page = read_after(
            deps.database,
            address=session.address,
            cursor=Cursor(delivery=after, turn=turn),
            vault=deps.vault,
        )
        url_of = links.for_chat(address=session.address, now=deps.now)
        return JSONResponse(page.to_data(texts, url_of))

    @router.get(
        "/api/stream",
        summary="Live messages as server-sent events",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}}, **_PROBLEMS},
    )
    async def get_stream(
        request: Request, after: _DeliveryId = 0, turn: _DeliveryId = 0
    ) -> Response:
        """Resumes after the header `Last-Event-ID` (a delivery's id), else after `after`."""
        session = reader_of(request)
        last = request.headers.get("last-event-id", "")
        if last.isascii() and last.isdigit():
            after = max(after, min(int(last[:19]), LARGEST_ID))
        events = deps.hub.stream(
            address=session.address,
            cursor=Cursor(delivery=after, turn=turn),
            texts=texts,
            url_of=links.for_chat(address=session.address, now=deps.now),
            visitor=_ip(request),
        )
        return StreamingResponse(
            events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    @router.get("/files/{attachment_id}", summary="A picture of this conversation")
    def get_file(request: Request, attachment_id: int) -> Response:
        """Only by an address that a page of ours gave: `until` and `mac` are its signature."""
        if not 0 < attachment_id <= LARGEST_ID:
            raise Problem(404, "not_found")
        session = cookies.read(request)
        return links.answer(
            request,
            attachment_id,
            address=None if session is None else session.address,
            database=deps.database,
            store=deps.attachments,
            texts=texts,
            now=deps.now(),
        )

    @router.get("/lookup", summary="The form to find a case", response_class=Response)
    def lookup_form() -> Response:
        return pages.page("lookup.html", case=None, problem="", number="")

    @router.post("/lookup", summary="Find a case by number and code", response_class=Response)
    async def lookup(request: Request) -> Response:
        # No cookie takes part in this, so a browser that tells us nothing about itself may ask too.
        if not comes_from_our_page(request, without_proof=True):
            raise Problem(403, "foreign_page")
        form = await web_lookup.read_form(request)

        def refuse(status: int, code: str) -> Response:
            problem = message_of(texts, code)
            return pages.page(
                "lookup.html", status=status, case=None, problem=problem, number=form.number
            )

        if not form.number or not form.code:
            return refuse(422, "lookup_incomplete")
        if lookups.take(_ip(request)) is not None:
            return refuse(429, "lookup_too_fast")
        try:
            case = await run_in_threadpool(
                lambda: web_lookup.find(
                    deps.database,
                    city=deps.city,
                    codes=deps.codes,
                    links=links,
                    form=form,
                    now=deps.now(),
                )
            )
        except Refused as error:
            return refuse(429, error.code)
        except TemporaryFailure as error:
            return refuse(503, problem_of(error).code)
        if case is None:
            return refuse(404, "lookup_failed")
        return pages.page("lookup.html", case=case, problem="", number="")

    add_my_data_routes(
        router,
        MyDataDeps(
            database=deps.database,
            vault=deps.vault,
            attachments=deps.attachments,
            city=deps.city,
            cookies=cookies,
            links=links,
            pages=pages,
            now=deps.now,
        ),
    )

    @router.get("/static/{name}", summary="Style, script or icon", response_class=Response)
    def static_file(name: str) -> Response:
        found = pages.files.get(name)
        if found is None:
            raise Problem(404, "not_found")
        return found.response()

    return router


def _ip(request: Request) -> str:
    return request.client.host if request.client else "?"
