"""Policy articles for officers: the list, one article, what its versions changed. Must not change any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from console import article_words
from console.access import Visit, needs
from console.conversations import RowId, page_number
from console.deps import ConsoleDeps
from console.pages import Pages
from core.clock import KST
from core.errors import Refused
from core.officers import names_of
from core.policy_figures import lately_answered
from core.policy_questions import ratings_of
from core.put_away import hidden
from knowledge.catalogue import LONGEST_QUERY, Entry, list_entries, look_up
from knowledge.history import Version, differences, versions_of
from knowledge.queries import CHECK_AFTER, ENDS_SOON, due_reasons
from knowledge.showing import blocks, pieces

ROWS = 50
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /articles, /articles/{id} and /articles/{id}/versions/{number}."""

    @router.get("/articles")
    @needs("case.read")
    def article_list(request: Request) -> Response:
        asked = request.query_params
        query = " ".join(asked.get("q", "")[:LONGEST_QUERY].split())
        today = request.state.visit.now.astimezone(KST).date()
        with deps.database.reading() as session:
            entries = list_entries(session)
        reasons = {
            each.id: due_reasons(
                each.valid_to, each.verified_on, today=today, check_after=CHECK_AFTER
            )
            for each in entries
        }
        kinds: Mapping[str, Callable[[Entry], bool]] = {
            "all": lambda _entry: True,
            "due": lambda entry: bool(reasons[entry.id]),
            "ended": lambda entry: entry.ended_by(today),
            "sample": lambda entry: entry.sample,
        }
        state = asked.get("state", "")
        state = state if state in kinds else "all"
        known = {each.department for each in entries}
        department = asked.get("department", "")
        # What the filter does not know narrows nothing.
        department = department if department in known else ""
        here = [e for e in entries if department in ("", e.department)]
        found = look_up((e for e in here if kinds[state](e)), query)
        if state == "due" and not query:
            found.sort(
                key=lambda e: ("expired" not in reasons[e.id], str(e.verified_on or ""), e.id)
            )
        page = page_number(request)
        return pages.render(
            request,
            "articles.html",
            rows=found[(page - 1) * ROWS : page * ROWS],
            count=len(found),
            counts=[(name, sum(map(kinds[name], here))) for name in kinds],
            more=len(found) > page * ROWS,
            page=page,
            query=query,
            state=state,
            department=department,
            departments=sorted(
                ((each, pages.department_name(each or None)) for each in known),
                key=lambda pair: pair[1],
            ),
            reasons=reasons,
            awords=article_words,
            address=lambda **new: _address(
                {"q": query, "state": state, "department": department} | new
            ),
        )

    @router.get("/articles/{article_id}")
    @needs("case.read")
    def article_page(request: Request, article_id: RowId) -> Response:
        return show_article(request, deps=deps, pages=pages, article_id=article_id)

    @router.get("/articles/{article_id}/versions/{number}")
    @needs("case.read")
    def version_page(request: Request, article_id: RowId, number: Number) -> Response:
        with deps.database.reading() as session:
            versions = versions_of(session, article_id=article_id)
            names = names_of(session)
        by_number = {each.number: each for each in versions}
        chosen, before = by_number.get(number), by_number.get(number - 1)
        if chosen is None:
            raise HTTPException(404)
        return pages.render(
            request,
            "article_version.html",
            article_id=article_id,
            version=chosen,
            before=before,
            newest=versions[0].number,
            changes=None if before is None else differences(before.article, chosen.article),
            content=blocks(chosen.article.body),
            names=names,
            awords=article_words,
        )


def show_article(
    request: Request,
    *,
    deps: ConsoleDeps,
    pages: Pages,
    article_id: int,
    problem: Refused | None = None,
) -> Response:
    """The article's page; ``problem`` is shown on top. Raises HTTP 404."""
    visit: Visit = request.state.visit
    with deps.database.reading() as session:
        versions = existing_versions(session, article_id)
        values = _values(session, versions)
    article = versions[0].article
    today = visit.now.astimezone(KST).date()
    return pages.render(
        request,
        "article.html",
        status_code=200 if problem is None else 400,
        problem=problem,
        article_id=article_id,
        article=article,
        version=versions[0],
        versions=versions,
        today=today,
        answers=article.answers_on(today),
        ended=article.valid_to is not None and article.valid_to < today,
        reasons=due_reasons(
            article.valid_to, article.verified_on, today=today, check_after=CHECK_AFTER
        ),
        soon=ENDS_SOON.days,
        content=blocks(article.body),
        source=pieces(article.source),
        awords=article_words,
        **values,
    )


def existing_versions(session: Session, article_id: int) -> list[Version]:
    """The article's versions, the newest first. Raises HTTP 404."""
    versions = versions_of(session, article_id=article_id)
    if not versions:
        raise HTTPException(404)
    return versions


def _values(session: Session, versions: list[Version]) -> Mapping[str, object]:
    article = versions[0].article
    entries = {each.key: each for each in list_entries(session)}
    helped, not_helped = ratings_of(session, article_key=article.key)
    return {
        "related": [(key, entries.get(key)) for key in article.related],
        "names": names_of(session),
        "helped": helped,
        "not_helped": not_helped,
        "lately": lately_answered(session, article_key=article.key),
        "in_words": hidden,
    }


def _address(values: Mapping[str, object]) -> str:
    kept = {name: str(each) for name, each in values.items() if each not in ("", "all", 1)}
    return f"/articles?{urlencode(kept)}" if kept else "/articles"
