"""Conversations: list, transcript, take over, answer, hand back, reveal. Must not send: it enqueues."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from console import words
from console.access import Visit, needs, passive
from console.article_starts import open_questions
from console.deps import ConsoleDeps
from console.forms import (
    LONGEST_PURPOSE,
    read_line,
    read_photos,
    read_text,
    read_words,
    typed,
)
from console.officers_words import put_away
from console.pages import Pages, file_audience, with_tokens
from core.audit import record_audit
from core.case_queries import cases_of
from core.desk import (
    channels_in_use,
    find_conversation_by_id,
    find_file,
    is_erased,
    list_conversations,
    open_handover_of,
    people_in,
)
from core.errors import PermanentFailure, Refused
from core.files import FileGone
from core.handovers import answer, hand_back, take
from core.models.conversation import Attachment, Conversation
from core.officer_sessions import use_form
from core.officers import OfficerView, allows, names_of
from core.policy_questions import asked_before_handover
from core.post_queries import speaks_to_everybody
from core.put_away import in_plain_words
from core.replies import Reply
from core.transcript import transcript
from dialogue.file_answer import file_answer, over_answer

log = logging.getLogger(__name__)

ROWS_PER_PAGE = 50
CASE_NUMBER = re.compile(r"[0-9]{4}-[0-9]{1,7}")
Work = Callable[[Session], object]
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /conversations…, /attachments/{id}."""

    @router.get("/conversations")
    @needs("conversation.read")
    def conversation_list(request: Request) -> Response:
        search = request.query_params.get("q", "")[:40]
        page = page_number(request)
        with deps.database.transaction() as session:
            channels = channels_in_use(session)
            wanted = request.query_params.get("channel", "")
            # What the filter does not know narrows nothing.
            channel = wanted if wanted in channels else ""
            rows = list_conversations(
                session,
                search=search,
                channel=channel,
                limit=ROWS_PER_PAGE + 1,
                offset=(page - 1) * ROWS_PER_PAGE,
            )
            names = names_of(session)
            _note_list(session, request.state.visit, search=search)
        return pages.render(
            request,
            "conversations.html",
            rows=rows[:ROWS_PER_PAGE],
            more=len(rows) > ROWS_PER_PAGE,
            page=page,
            search=search,
            channel=channel,
            channels=channels,
            address=lambda page: list_address(search=search, channel=channel, page=page),
            names=names,
        )

    @router.get("/conversations/{conversation_id}")
    @needs("conversation.read")
    def conversation_page(request: Request, conversation_id: RowId) -> Response:
        visit: Visit = request.state.visit
        with deps.database.transaction() as session:
            existing(session, conversation_id)
            note_reading(session, visit, f"conversation:{conversation_id}")
        return show(request, conversation_id)

    @router.get("/conversations/{conversation_id}/lines")
    @passive
    @needs("conversation.read")
    def lines_fragment(request: Request, conversation_id: RowId) -> Response:
        values = _transcript_values(request, deps=deps, conversation_id=conversation_id)
        response = pages.fragment(request, "_lines.html", **values)
        if response.status_code == 200:
            # Something was shown, whether to the open page or to who asked for this address alone.
            with deps.database.transaction() as session:
                visit: Visit = request.state.visit
                note_reading(session, visit, f"conversation:{conversation_id}")
        return response

    @router.post("/conversations/{conversation_id}/take")
    @needs("conversation.answer")
    def take_over(request: Request, conversation_id: RowId) -> Response:
        def prepare(visit: Visit) -> Work:
            officer = visit.signed_in.officer
            name = introduced(pages, officer)
            notice = Reply(deps.city.texts.render("officer_joined", name=name))
            return lambda session: take(
                session,
                conversation_id=conversation_id,
                officer_id=officer.id,
                notice=notice,
                from_another=allows(officer, "conversation.take_from"),
                now=visit.now,
            )

        return change(request, conversation_id, prepare, done="taken")

    @router.post("/conversations/{conversation_id}/answer")
    @needs("conversation.answer")
    def answer_citizen(request: Request, conversation_id: RowId) -> Response:
        def prepare(visit: Visit) -> Work:
            text = read_text(visit.form, "text", label="답")
            # Files are content-addressed: one that is stored for an answer that is then refused
            # is stored once, however often it is tried.
            photos = read_photos(visit.form, store=deps.store)
            away = put_away(deps, conversation_id=conversation_id, now=visit.now)
            return lambda session: answer(
                session,
                conversation_id=conversation_id,
                officer_id=visit.signed_in.officer.id,
                text=away(session, text),
                photos=[(photo, away(session, alt)) for photo, alt in photos],
                form_id=read_line(visit.form, "form_token", limit=64),
                now=visit.now,
            )

        return change(request, conversation_id, prepare, done="answered")

    @router.post("/conversations/{conversation_id}/hand-back")
    @needs("conversation.answer")
    def give_back(request: Request, conversation_id: RowId) -> Response:
        def prepare(visit: Visit) -> Work:
            notice = Reply(deps.city.texts.render("officer_left"))
            return lambda session: hand_back(
                session,
                conversation_id=conversation_id,
                officer_id=visit.signed_in.officer.id,
                notice=notice,
                now=visit.now,
            )

        # Where nobody had the conversation, there was nothing to give back.
        settled = "settled" in request.state.visit.form
        done = "settled" if settled else "handed_back"
        return change(request, conversation_id, prepare, done=done)

    def change(
        request: Request, conversation_id: int, prepare: Callable[[Visit], Work], *, done: str
    ) -> Response:
        """Once per form, then back to the page; a refusal is shown there.

        ``prepare`` runs before the transaction: cleaning a photo must not hold up other writers.
        """
        visit: Visit = request.state.visit
        try:
            work = prepare(visit)
            with deps.database.transaction() as session:
                existing(session, conversation_id)
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=visit.signed_in.officer.id,
                    now=visit.now,
                )
                if first:
                    work(session)
        except Refused as refused:
            return show(request, conversation_id, problem=refused)
        deps.kick(conversation_id)
        query = urlencode({"done": done if first else "already"})
        return RedirectResponse(f"/conversations/{conversation_id}?{query}#latest", status_code=303)

    def show(request: Request, conversation_id: int, *, problem: Refused | None = None) -> Response:
        visit: Visit = request.state.visit
        return pages.render(
            request,
            "conversation.html",
            status_code=200 if problem is None else 400,
            problem=problem,
            typed=typed(visit.form, "text"),
            **_transcript_values(request, deps=deps, conversation_id=conversation_id),
        )

    @router.get("/conversations/{conversation_id}/reveal")
    @needs("personal.reveal")
    def reveal_page(request: Request, conversation_id: RowId) -> Response:
        with deps.database.reading() as session:
            existing(session, conversation_id)
        token = request.query_params.get("token", "")[:32]
        return pages.render(
            request, "reveal.html", conversation_id=conversation_id, token=token, value=None
        )

    @router.post("/conversations/{conversation_id}/reveal")
    @needs("personal.reveal")
    def reveal(request: Request, conversation_id: RowId) -> Response:
        visit: Visit = request.state.visit
        token, value, problem = read_line(visit.form, "token", limit=32), None, None
        try:
            purpose = _purpose(visit)
            with deps.database.transaction() as session:
                existing(session, conversation_id)
                try:
                    value = deps.vault.reveal(
                        session,
                        conversation_id=conversation_id,
                        token=token,
                        purpose=purpose,
                        actor=visit.signed_in.officer.actor,
                        now=visit.now,
                    )
                except PermanentFailure as failure:
                    # The line that somebody wanted to look is kept.
                    log.error("a vault item does not open: %s", failure)
                    problem = Refused("vault_closed")
        except Refused as refused:
            problem = refused
        return pages.render(
            request,
            "reveal.html",
            status_code=200 if problem is None else 400,
            problem=problem,
            conversation_id=conversation_id,
            token=token,
            value=value,
        )

    @router.get("/attachments/{attachment_id}")
    @needs("attachment.read")
    def attachment(request: Request, attachment_id: RowId) -> Response:
        visit: Visit = request.state.visit
        asked = {name: request.query_params.get(name, "") for name in ("until", "mac")}
        audience = file_audience(visit.signed_in.officer)
        verdict = pages.links.check(attachment_id, audience=audience, now=visit.now, **asked)
        if verdict == "over":
            return over_answer(deps.city.texts)
        if verdict == "bad":
            raise HTTPException(404)
        with deps.database.transaction() as session:
            file = find_file(session, attachment_id)
            if file is not None:
                owner = session.get_one(Attachment, attachment_id).conversation_id
                note_reading(
                    session,
                    request.state.visit,
                    f"attachment:{attachment_id}",
                    conversation_id=owner,
                )
        if file is None:
            raise HTTPException(404)
        try:
            return file_answer(
                deps.store, file, asked=request.headers, texts=deps.city.texts, headers={}
            )
        except FileGone:
            raise HTTPException(404) from None


def note_reading(
    session: Session, visit: Visit, subject: str, *, conversation_id: int | None = None
) -> None:
    """Write down who read what: ``conversation:<id>``, ``case:<id>`` or ``attachment:<id>``."""
    record_audit(
        session,
        actor=visit.signed_in.officer.actor,
        action=f"{subject.partition(':')[0]}.read",
        subject=subject,
        conversation_id=conversation_id,
        now=visit.now,
    )


def _note_list(session: Session, visit: Visit, *, search: str) -> None:
    """What was looked for, where it is a case's number: other words may be a person's."""
    number = search if CASE_NUMBER.fullmatch(search) else ""
    record_audit(
        session,
        actor=visit.signed_in.officer.actor,
        action="conversation.search" if search else "conversation.list",
        subject=f"conversations:{number}",
        now=visit.now,
    )


def introduced(pages: Pages, officer: OfficerView) -> str:
    """An officer as a citizen reads it: with the department (민원처리법 시행령 31조)."""
    if officer.department_id is None:
        return officer.name
    return f"{pages.department_name(officer.department_id)} {officer.name}"


def list_address(*, search: str, channel: str, page: int) -> str:
    """The address of a page of the same list."""
    values = {"q": search, "channel": channel, "page": str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/conversations?{query}" if query else "/conversations"


def page_number(request: Request) -> int:
    """The page asked for; anything unreadable is the first."""
    text = request.query_params.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 4 else 1


def existing(session: Session, conversation_id: int) -> Conversation:
    """The conversation, or HTTP 404."""
    conversation = find_conversation_by_id(session, conversation_id)
    if conversation is None:
        raise HTTPException(404)
    return conversation


def _transcript_values(
    request: Request, *, deps: ConsoleDeps, conversation_id: int
) -> dict[str, object]:
    visit: Visit = request.state.visit
    me = visit.signed_in.officer
    with deps.database.reading() as session:
        conversation = existing(session, conversation_id)
        lines = transcript(session, conversation_id=conversation_id)
        handover = open_handover_of(session, conversation_id=conversation_id)
        asked = asked_before_handover(session, [handover.reason] if handover else [])
        names, filed = names_of(session), cases_of(session, conversation_id=conversation_id)
        public = conversation.visibility != "private"
        people = people_in(session, conversation=conversation) if public else {}
        unanswered = open_questions(session, conversation_id=conversation_id, lines=lines)
        posts_go_here = speaks_to_everybody(
            session, channel=conversation.channel, address=conversation.address
        )

    def shown(text: str) -> Markup:
        return with_tokens(
            text,
            conversation_id=conversation_id,
            may_reveal=allows(me, "personal.reveal"),
        )

    def speaker(code: str) -> str:
        _, _, number = code.partition(":")
        return names.get(int(number), "담당자") if number.isdigit() else "담당자"

    return {
        "conversation": conversation,
        "lines": lines,
        "handover": handover,
        "asked": next(iter(asked.values()), None),
        "names": names,
        "filed": filed,
        "unanswered": unanswered,
        "place": words.place(conversation, posts_go_here=posts_go_here),
        "people": people,
        "erased": is_erased(conversation),
        "closed_because": words.closed_because(conversation, lines),
        "shown": shown,
        "speaker": speaker,
        "mine": conversation.mode == "officer" and conversation.officer_id == me.id,
        "owner": names.get(conversation.officer_id) if conversation.officer_id else None,
    }


def _purpose(visit: Visit) -> str:
    """The purpose of a look at personal data. Raises Refused("purpose_missing")."""
    chosen = read_line(visit.form, "purpose", limit=40)
    # It goes into the audit log, which no erasure reaches.
    detail = in_plain_words(read_words(visit.form, "detail", limit=LONGEST_PURPOSE))
    if chosen not in words.PURPOSES or (chosen == words.PURPOSE_OTHER and len(detail) < 2):
        raise Refused("purpose_missing")
    return f"{chosen}: {detail}" if detail else chosen
