"""Officers write, edit, confirm and end policy articles. Must not decide what is allowed: knowledge does.

Saving makes an article public at once, by the officer who pressed; what is only looked at as a preview is
kept nowhere. Two officers at once: the later one sees both texts and decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from console import article_words
from console.access import Forbidden, Visit, needs
from console.article_input import PersonalWords, ReadArticle, TypedArticle, read_article
from console.article_starts import start
from console.articles import existing_versions, show_article
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import read_line, read_number
from console.pages import Pages
from core.audit import record_audit
from core.clock import KST
from core.errors import Refused
from core.officer_sessions import use_form
from core.officers import allows
from core.put_away import public_numbers
from knowledge.articles import Article
from knowledge.catalogue import list_entries
from knowledge.editing import By, confirm_article, edit_article, end_article, write_article
from knowledge.history import differences
from knowledge.queries import article_id_of
from knowledge.showing import blocks, pieces

# Beyond so many a list to choose from helps nobody; the list of articles can be searched.
MOST_KNOWN = 300


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /articles/new, /articles/{id}/edit and the forms behind them."""
    public = public_numbers(deps.city)
    departments = {each.id: each.name for each in deps.city.departments}

    def show_form(
        request: Request,
        typed: TypedArticle,
        *,
        article_id: int | None,
        seen: int,
        problem: Refused | None = None,
        personal: PersonalWords | None = None,
        preview: Article | None = None,
        written: Article | None = None,
    ) -> Response:
        changes = mine = None
        with deps.database.reading() as session:
            entries = list_entries(session)
            if article_id is not None:
                versions = existing_versions(session, article_id)
                if problem is not None and problem.code == "article_stale":
                    now = versions[0]
                    old = next((each for each in versions if each.number == seen), versions[-1])
                    changes = differences(old.article, now.article)
                    mine = None if written is None else differences(now.article, written)
                    # Who saves again has seen the newer one.
                    seen = now.number
        bad = problem is not None or personal is not None
        return pages.render(
            request,
            "article_edit.html",
            status_code=400 if bad else 200,
            problem=problem or (Refused("article_personal") if personal else None),
            typed=typed,
            article_id=article_id,
            seen=seen,
            departments=departments,
            known=[(each.key, each.title) for each in entries]
            if len(entries) <= MOST_KNOWN
            else [],
            personal=personal,
            preview=preview,
            content=() if preview is None else blocks(preview.body),
            source=() if preview is None else pieces(preview.source),
            changes=changes,
            mine=mine,
            awords=article_words,
        )

    def read(request: Request, typed: TypedArticle, verified_before: date | None) -> ReadArticle:
        visit: Visit = request.state.visit
        return read_article(
            typed,
            departments=departments,
            public=public,
            today=visit.now.astimezone(KST).date(),
            verified_before=verified_before,
            form_token=read_line(visit.form, "form_token", limit=64),
        )

    @router.get("/articles/new")
    @needs("post.write")
    def new_article(request: Request) -> Response:
        visit: Visit = request.state.visit
        officer = visit.signed_in.officer
        typed = TypedArticle(department=officer.department_id or "")
        number = request.query_params.get("question", "")
        if number.isascii() and number.isdigit() and len(number) <= 9:
            if not allows(officer, "conversation.read"):
                raise Forbidden("forbidden")
            with deps.database.transaction() as session:
                typed, talk = start(
                    session,
                    typed,
                    question_id=int(number),
                    with_answer=request.query_params.get("answer") == "1",
                )
                record_audit(
                    session,
                    actor=officer.actor,
                    action="article.start",
                    subject=f"conversation:{talk}",
                    now=visit.now,
                )
        return show_form(request, typed, article_id=None, seen=0)

    @router.get("/articles/{article_id}/edit")
    @needs("post.write")
    def edit_page(request: Request, article_id: RowId) -> Response:
        with deps.database.reading() as session:
            newest = existing_versions(session, article_id)[0]
        typed = TypedArticle.from_article(newest.article)
        return show_form(request, typed, article_id=article_id, seen=newest.number)

    @router.post("/articles")
    @needs("post.write")
    def write(request: Request) -> Response:
        return save(request, article_id=None)

    @router.post("/articles/{article_id}")
    @needs("post.write")
    def edit(request: Request, article_id: RowId) -> Response:
        return save(request, article_id=article_id)

    def save(request: Request, *, article_id: int | None) -> Response:
        visit: Visit = request.state.visit
        typed, seen = TypedArticle.of(visit.form), read_number(visit.form, "version") or 0
        before: date | None = None
        if article_id is not None:
            with deps.database.reading() as session:
                before = existing_versions(session, article_id)[0].article.verified_on
        filled: ReadArticle | None = None
        try:
            filled = read(request, typed, before)
            if read_line(visit.form, "do", limit=10) == "preview":
                return show_form(
                    request, typed, article_id=article_id, seen=seen, preview=filled.article
                )
            by = By(visit.signed_in.officer.actor, visit.now, filled.purpose)
            with deps.database.transaction() as session:
                first = _first(session, visit)
                if not first:
                    saved_id = article_id or article_id_of(session, key=filled.article.key)
                elif article_id is None:
                    saved_id = write_article(session, filled.article, by=by).article_id
                else:
                    saved_id = edit_article(
                        session, filled.article, article_id=article_id, seen_version=seen, by=by
                    ).article_id
        except Refused as refused:
            return show_form(
                request,
                typed,
                article_id=article_id,
                seen=seen,
                problem=refused,
                written=None if filled is None else filled.article,
            )
        except PersonalWords as personal:
            return show_form(request, typed, article_id=article_id, seen=seen, personal=personal)
        return _done(saved_id, "article_saved" if first else "already")

    @router.post("/articles/{article_id}/confirm")
    @needs("post.write")
    def confirm(request: Request, article_id: RowId) -> Response:
        def do(session: Session, by: By, seen: int) -> None:
            today = by.now.astimezone(KST).date()
            confirm_article(session, article_id=article_id, seen_version=seen, today=today, by=by)

        return act(request, article_id, do, done="article_confirmed")

    @router.post("/articles/{article_id}/end")
    @needs("post.write")
    def end(request: Request, article_id: RowId) -> Response:
        def do(session: Session, by: By, seen: int) -> None:
            try:
                last = date.fromisoformat(read_line(request.state.visit.form, "last_day", limit=10))
            except ValueError:
                raise Refused("article_day") from None
            end_article(session, article_id=article_id, seen_version=seen, last_day=last, by=by)

        return act(request, article_id, do, done="article_ended")

    def act(
        request: Request,
        article_id: int,
        do: Callable[[Session, By, int], None],
        *,
        done: str,
    ) -> Response:
        """Once per form, then back to the article; a refusal is shown there."""
        visit: Visit = request.state.visit
        try:
            with deps.database.transaction() as session:
                existing_versions(session, article_id)
                first = _first(session, visit)
                if first:
                    seen = read_number(visit.form, "version") or 0
                    do(session, By(visit.signed_in.officer.actor, visit.now), seen)
        except Refused as refused:
            return show_article(
                request, deps=deps, pages=pages, article_id=article_id, problem=refused
            )
        return _done(article_id, done if first else "already")


def _first(session: Session, visit: Visit) -> bool:
    return use_form(
        session,
        token=read_line(visit.form, "form_token", limit=64),
        officer_id=visit.signed_in.officer.id,
        now=visit.now,
    )


def _done(article_id: int | None, done: str) -> Response:
    page = "/articles" if article_id is None else f"/articles/{article_id}"
    return RedirectResponse(f"{page}?{urlencode({'done': done})}", status_code=303)
