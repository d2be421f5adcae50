"""What citizens ask and no article answers, and which articles did not help. Must not change any.

The words are redacted and belong to conversations: who sees them needs that right, and leaves a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from console.access import Visit, needs
from console.deps import ConsoleDeps
from console.pages import Pages
from core.audit import record_audit
from core.policy_figures import ratings_by_article
from knowledge.catalogue import Entry, list_entries, look_up
from knowledge.gaps import MOST_READ, Gap, find_gaps
from knowledge.unanswered import unanswered_since

DAYS = (7, 30, 90)
USUAL_DAYS = 30
SHOWN = 50


@dataclass(frozen=True)
class ShownGap:
    """A gap, and the article that is most like it; ``changed``: since the last one asked."""

    gap: Gap
    like: Entry | None
    changed: bool


@dataclass(frozen=True)
class Unhelpful:
    """An article and what was pressed under its answers."""

    entry: Entry
    helped: int
    not_helped: int

    @property
    def share(self) -> float:
        """Of those who pressed, who said that it did not help: 0 to 1."""
        return self.not_helped / (self.helped + self.not_helped)


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /articles/gaps."""

    @router.get("/articles/gaps")
    @needs("conversation.read")
    def gaps(request: Request) -> Response:
        visit: Visit = request.state.visit
        days = _days(request.query_params.get("days", ""))
        with deps.database.transaction() as session:
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="article.gaps",
                subject="articles:gaps",
                now=visit.now,
            )
            asked = unanswered_since(session, since=visit.now - timedelta(days=days))
            entries = list_entries(session)
            ratings = ratings_by_article(session)
        found = find_gaps(asked)
        return pages.render(
            request,
            "article_gaps.html",
            gaps=[_shown(gap, entries) for gap in found[:SHOWN]],
            count=len(found),
            questions=len(asked),
            cut=len(asked) == MOST_READ,
            days=days,
            choices=DAYS,
            unhelpful=_unhelpful(entries, ratings)[:SHOWN],
        )


def _shown(gap: Gap, entries: tuple[Entry, ...]) -> ShownGap:
    like = next(iter(look_up(entries, gap.question)), None)
    return ShownGap(gap, like, like is not None and like.changed_at > gap.last_at)


def _unhelpful(entries: tuple[Entry, ...], ratings: dict[str, tuple[int, int]]) -> list[Unhelpful]:
    """Those that did not help somebody, the greatest share first."""
    rated = [Unhelpful(each, *ratings[each.key]) for each in entries if each.key in ratings]
    return sorted(
        (each for each in rated if each.not_helped),
        key=lambda each: (-each.share, -each.not_helped, each.entry.id),
    )


def _days(text: str) -> int:
    return int(text) if text in map(str, DAYS) else USUAL_DAYS
