"""Asks the search as a citizen would and shows what it would say and why. Keeps no word of the question.

The search is a port (``core.policy_port``): Kiwi lives in the actions process.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from console.access import Visit, needs
from console.deps import ConsoleDeps
from console.forms import plain
from console.pages import Pages
from core.audit import record_audit
from core.errors import PermanentFailure, Refused, TemporaryFailure
from core.policy_port import PolicyFound
from core.policy_questions import LONGEST_QUESTION
from core.put_away import public_numbers
from knowledge.queries import article_ids
from knowledge.showing import pieces
from korean.redact import redact

MOST = 10


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /articles/ask."""
    public = public_numbers(deps.city)

    @router.get("/articles/ask")
    @needs("post.write")
    def ask_page(request: Request) -> Response:
        return show(request, "", None)

    @router.post("/articles/ask")
    @needs("post.write")
    def ask(request: Request) -> Response:
        visit: Visit = request.state.visit
        typed = plain(visit.form, "question")[:LONGEST_QUESTION].strip()
        question = bare(typed)
        if not question.strip():
            return show(request, typed, None, problem=Refused("question_missing"))
        with deps.database.transaction() as session:
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="article.ask",
                subject="articles:ask",
                now=visit.now,
            )
        try:
            found = deps.policy.search(question, most=MOST)
        except TemporaryFailure:
            return show(request, typed, None, problem=Refused("search_busy"))
        except PermanentFailure:
            return show(request, typed, None, problem=Refused("search_broken"))
        return show(request, typed, found, cleaned=question != typed)

    def bare(text: str) -> str:
        """Without what the door would put away: that says nothing about the city's rules."""
        letters = list(text)
        for span in redact(text, public_numbers=public).spans:
            letters[span.start : span.end] = " " * (span.end - span.start)
        return "".join(letters)

    def show(
        request: Request,
        typed: str,
        found: PolicyFound | None,
        *,
        cleaned: bool = False,
        problem: Refused | None = None,
    ) -> Response:
        ids: dict[str, int] = {}
        if found is not None:
            with deps.database.reading() as session:
                ids = article_ids(session, [each.key for each in found.articles])
        return pages.render(
            request,
            "article_ask.html",
            status_code=200 if problem is None else 400,
            problem=problem,
            question=typed,
            found=found,
            cleaned=cleaned,
            ids=ids,
            pieces=pieces,
        )
