"""What a new article may begin with: an unanswered question, and an officer's answer. Must save nothing.

Words come with tokens and leave without them: no citizen's data come back into a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from console.article_input import TypedArticle
from core.models.policy import PolicyQuestion
from core.policy_figures import unanswered_in
from core.policy_questions import Outcome
from core.put_away import hidden
from core.transcript import Line, transcript
from knowledge.articles import LONGEST_TITLE


@dataclass(frozen=True)
class OpenQuestion:
    """A question of a conversation that the bot could not answer, and what officers wrote after it."""

    id: int
    asked_at: datetime
    question: str
    answer: str


def open_questions(
    session: Session, *, conversation_id: int, lines: Sequence[Line]
) -> list[OpenQuestion]:
    """The last of them, the earliest first; an answer belongs to the last question before it."""
    rows = unanswered_in(session, conversation_id=conversation_id)
    ends: list[datetime | None] = [*(row.asked_at for row in rows[1:]), None]
    return [
        OpenQuestion(row.id, row.asked_at, hidden(row.question), _answer(lines, row, end))
        for row, end in zip(rows, ends, strict=False)  # no row, no end
    ]


def start(
    session: Session, typed: TypedArticle, *, question_id: int, with_answer: bool
) -> tuple[TypedArticle, int]:
    """The form of an article about this question, and the conversation it is from. Raises HTTP 404."""
    row = session.get(PolicyQuestion, question_id)
    if row is None or row.outcome != Outcome.UNANSWERED.value:
        raise HTTPException(404)
    question = " ".join(hidden(row.question).split())
    typed = replace(typed, title=question[:LONGEST_TITLE])
    if with_answer:
        lines = transcript(session, conversation_id=row.conversation_id)
        found = open_questions(session, conversation_id=row.conversation_id, lines=lines)
        answer = next((each.answer for each in found if each.id == row.id), "")
        typed = replace(typed, body=answer)
    return typed, row.conversation_id


def _answer(lines: Sequence[Line], row: PolicyQuestion, end: datetime | None) -> str:
    texts = (
        hidden(line.text)
        for line in lines
        if line.who == "officer"
        and line.text
        and line.action == "send"
        and line.at >= row.asked_at
        and (end is None or line.at < end)
    )
    return "\n\n".join(texts)
