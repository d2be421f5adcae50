"""From a citizen's words to an answer: the one door for chat and command line; must not send anything."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from budget.answers import answer_query
from budget.query import Answer, Doubt, Query
from budget.question import Ground, understand
from core.texts import Texts
from korean.particles import with_particle


def answer_question(
    session: Session,
    text: str,
    *,
    ground: Ground,
    texts: Texts,
    today: date,
    previous: Query | None = None,
) -> Answer:
    """The answer to a question in a citizen's words; ``previous``: the query of the one before."""
    if not ground.series:
        return Answer("none", texts.render("budget_empty"))
    found = understand(text, ground, today=today, previous=previous)
    if isinstance(found, Doubt):
        return _ask_back(found, texts)
    answer = answer_query(session, found.query, ground=ground, texts=texts)
    read = [
        texts.render(
            "budget_read_as",
            given=with_particle(f"'{given}'", "을"),
            read=with_particle(f"'{word}'", "으로"),
        )
        for given, word in found.readings
    ]
    return Answer(
        answer.kind,
        "\n".join((*read, answer.text)),
        answer.figures,
        answer.query,
        answer.offers,
    )


def _ask_back(doubt: Doubt, texts: Texts) -> Answer:
    offers = ", ".join(doubt.offers)
    if doubt.kind == "body":
        text = texts.render("budget_ask_body", offers=offers)
    elif doubt.kind == "measure":
        text = texts.render("budget_ask_measure", offers=offers)
    elif doubt.kind == "words":
        text = texts.render("budget_unknown", words=doubt.words, offers=offers)
    else:
        text = texts.render("budget_unsupported", words=doubt.words)
    return Answer("ask", text, offers=doubt.offers)
