"""Pages of public texts: write, preview, approve, withdraw, stop all. Must not send or know a channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from console import post_words
from console.access import Visit, needs
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import read_line, read_text, typed
from console.pages import Pages
from core.clock import KST
from core.errors import Refused
from core.models.officers import Officer
from core.officer_sessions import use_form
from core.post_content import LONGEST_BASIS, LONGEST_TEXT, LONGEST_URL, PostContent, content_of
from core.post_queries import find_post, list_posts, versions_of
from core.posts import approve_post, draft_post, edit_post, follow_post, withdraw_post
from core.publishing import (
    list_stops,
    resume_publishing,
    standing_stop,
    stop_publishing,
    why_held,
)
from core.replies import Link

SHOWN = 100
READ_MORE = "자세히"


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /posts, its forms and its buttons."""

    def once(request: Request, change: Callable[[Session, int], int | None]) -> int | None:
        """Do it in one transaction, and only for the first press of the button."""
        visit: Visit = request.state.visit
        officer = visit.signed_in.officer
        token = read_line(visit.form, "form_token", limit=64)
        with deps.database.transaction() as session:
            if use_form(session, token=token, officer_id=officer.id, now=visit.now):
                return change(session, officer.id)
        return None

    def act(
        request: Request, post_id: int, done: str, change: Callable[[Session, int], int | None]
    ) -> Response:
        try:
            once(request, change)
        except Refused as refused:
            return _one(request, post_id, deps=deps, pages=pages, problem=refused)
        return RedirectResponse(f"/posts/{post_id}?done={done}", status_code=303)

    @router.get("/posts")
    @needs("post.write")
    def posts(request: Request) -> Response:
        return _list(request, deps=deps, pages=pages)

    @router.post("/posts/stop")
    @needs("post.approve")
    def stop(request: Request) -> Response:
        visit: Visit = request.state.visit
        reason = read_line(visit.form, "reason", limit=200)
        try:
            once(
                request,
                lambda session, me: (
                    stop_publishing(session, officer_id=me, reason=reason, now=visit.now).id
                ),
            )
        except Refused as refused:
            return _list(request, deps=deps, pages=pages, problem=refused)
        return RedirectResponse("/posts?done=post_stopped", status_code=303)

    @router.post("/posts/resume")
    @needs("post.approve")
    def resume(request: Request) -> Response:
        now = request.state.visit.now

        def change(session: Session, me: int) -> None:
            resume_publishing(session, officer_id=me, now=now)

        once(request, change)
        return RedirectResponse("/posts?done=post_resumed", status_code=303)

    @router.get("/posts/new")
    @needs("post.write")
    def new(request: Request) -> Response:
        return _form(request, pages=pages, content=PostContent(""), post_id=None)

    @router.post("/posts/new")
    @needs("post.write")
    def write(request: Request) -> Response:
        visit: Visit = request.state.visit

        def change(session: Session, me: int) -> int:
            kind = read_line(visit.form, "kind", limit=20)
            if kind not in post_words.WRITTEN_HERE:
                raise Refused("bad_request")
            return draft_post(
                session,
                channel="telegram",
                address=deps.channel_address or "",
                content=_content(visit.form, PostContent("")),
                author_id=me,
                now=visit.now,
                kind=kind,
            ).id

        try:
            made = once(request, change)
        except Refused as refused:
            return _form(
                request, pages=pages, content=PostContent(""), post_id=None, problem=refused
            )
        where = "/posts" if made is None else f"/posts/{made}"
        return RedirectResponse(f"{where}?done=post_written", status_code=303)

    @router.get("/posts/{post_id}")
    @needs("post.write")
    def one(request: Request, post_id: RowId) -> Response:
        return _one(request, post_id, deps=deps, pages=pages)

    @router.get("/posts/{post_id}/edit")
    @needs("post.write")
    def edit(request: Request, post_id: RowId) -> Response:
        return _form(request, pages=pages, content=_known(deps, post_id), post_id=post_id)

    @router.post("/posts/{post_id}/edit")
    @needs("post.write")
    def rewrite(request: Request, post_id: RowId) -> Response:
        visit: Visit = request.state.visit
        before = _known(deps, post_id)
        try:
            once(
                request,
                lambda session, me: (
                    edit_post(
                        session,
                        post_id=post_id,
                        content=_content(visit.form, before),
                        editor_id=me,
                        now=visit.now,
                    ).id
                ),
            )
        except Refused as refused:
            return _form(request, pages=pages, content=before, post_id=post_id, problem=refused)
        return RedirectResponse(f"/posts/{post_id}?done=post_written", status_code=303)

    @router.post("/posts/{post_id}/approve")
    @needs("post.approve")
    def approve(request: Request, post_id: RowId) -> Response:
        visit: Visit = request.state.visit
        read = read_line(visit.form, "content_hash", limit=64)

        def change(session: Session, me: int) -> int:
            return approve_post(
                session,
                post_id=post_id,
                approver_id=me,
                content_hash=read,
                now=visit.now,
                rules=deps.city.publishing,
            ).id

        return act(request, post_id, "post_approved", change)

    @router.post("/posts/{post_id}/withdraw")
    @needs("post.write")
    def withdraw(request: Request, post_id: RowId) -> Response:
        now = request.state.visit.now

        def change(session: Session, me: int) -> int:
            return withdraw_post(session, post_id=post_id, officer_id=me, now=now).id

        return act(request, post_id, "post_withdrawn", change)


def _known(deps: ConsoleDeps, post_id: int) -> PostContent:
    with deps.database.reading() as session:
        post = find_post(session, post_id)
    if post is None:
        raise HTTPException(404)
    return content_of(post)


def _content(form: FormData, before: PostContent) -> PostContent:
    """What was typed; pictures stay as they are."""
    url = read_line(form, "link_url", limit=LONGEST_URL)
    title = read_line(form, "link_title", limit=100) or READ_MORE
    return replace(
        before,
        text=read_text(form, "text", label="글", limit=LONGEST_TEXT),
        link=Link(title, url) if url else None,
        scheduled_at=_moment(read_line(form, "at", limit=40)),
        legal_basis=read_line(form, "legal_basis", limit=LONGEST_BASIS) or None,
    )


def _moment(at: str) -> datetime | None:
    if not at:
        return None
    try:
        return datetime.fromisoformat(at).replace(tzinfo=KST)
    except ValueError:
        raise Refused("time_malformed") from None


def _list(
    request: Request, *, deps: ConsoleDeps, pages: Pages, problem: Refused | None = None
) -> Response:
    state = request.query_params.get("state")
    state = state if state in post_words.STATES else None
    with deps.database.reading() as session:
        found = list_posts(session, state=state, limit=SHOWN)
        stop, stops = standing_stop(session), list_stops(session, limit=5)
    return pages.render(
        request,
        "posts.html",
        status_code=200 if problem is None else 400,
        pwords=post_words,
        trouble=_sentence(pages, problem),
        posts=found,
        state=state,
        stop=stop,
        stops=stops,
        blackout=deps.city.publishing.blackout_at(request.state.visit.now),
    )


def _one(
    request: Request,
    post_id: int,
    *,
    deps: ConsoleDeps,
    pages: Pages,
    problem: Refused | None = None,
) -> Response:
    now = request.state.visit.now
    try:
        with deps.database.transaction() as session:
            post = follow_post(session, post_id=post_id, now=now)
    except Refused:
        raise HTTPException(404) from None
    with deps.database.reading() as session:
        versions = versions_of(session, post_id)
        wanted = {v.officer_id for v in versions} | {post.author_officer_id}
        if post.approver_officer_id is not None:
            wanted.add(post.approver_officer_id)
        names = {each: session.get_one(Officer, each).name for each in wanted}
        held = why_held(session, rules=deps.city.publishing, legal_basis=post.legal_basis, now=now)
    return pages.render(
        request,
        "post.html",
        status_code=200 if problem is None else 400,
        pwords=post_words,
        trouble=_sentence(pages, problem),
        post=post,
        shown=deps.preview(post),
        versions=versions,
        names=names,
        held=held if post.state in ("draft", "approved") else None,
    )


def _form(
    request: Request,
    *,
    pages: Pages,
    content: PostContent,
    post_id: int | None,
    problem: Refused | None = None,
) -> Response:
    fields = {
        "text": content.text,
        "link_title": content.link.title if content.link else "",
        "link_url": content.link.url if content.link else "",
        "at": f"{content.scheduled_at.astimezone(KST):%Y-%m-%dT%H:%M}"
        if content.scheduled_at
        else "",
        "legal_basis": content.legal_basis or "",
    }
    if problem is not None:
        fields = typed(request.state.visit.form, *fields)
    return pages.render(
        request,
        "post_form.html",
        status_code=200 if problem is None else 400,
        pwords=post_words,
        trouble=_sentence(pages, problem),
        fields=fields,
        post_id=post_id,
    )


def _sentence(pages: Pages, problem: Refused | None) -> str | None:
    if problem is None:
        return None
    template = post_words.PROBLEMS.get(problem.code)
    if template is None:
        return pages.sentence(problem)
    return template.format(**{"id": "", **problem.values})
