"""`sotong knowledge gaps`: what citizens asked and no article answered. Must not change anything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

import typer

SHOWN = 20


def gaps(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days back.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Unanswered questions of the last days in groups, those that most citizens asked first.

    The words are those that were kept: without personal data. Whoever looks leaves an audit line.
    """
    from app.cli.actor import cli_actor
    from app.cli.post_input import open_parts
    from core.audit import record_audit
    from core.clock import KST
    from core.policy_figures import ratings_by_article
    from knowledge.gaps import find_gaps
    from knowledge.unanswered import unanswered_since

    with open_parts() as parts:
        now = parts.now()
        with parts.database.transaction() as session:
            record_audit(
                session,
                actor=cli_actor(),
                action="article.gaps",
                subject="articles:gaps",
                now=now,
            )
            asked = unanswered_since(session, since=now - timedelta(days=days))
            ratings = ratings_by_article(session)
    found = find_gaps(asked)
    if as_json:
        data = {
            "days": days,
            "questions": len(asked),
            "gaps": [
                {
                    "question_id": gap.question_id,
                    "question": gap.question,
                    "citizens": gap.citizens,
                    "count": gap.count,
                    "first_at": gap.first_at.isoformat(),
                    "last_at": gap.last_at.isoformat(),
                    "examples": list(gap.examples),
                }
                for gap in found
            ],
            "ratings": [
                {"article": key, "helped": yes, "not_helped": no}
                for key, (yes, no) in sorted(ratings.items())
            ],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for gap in found[:SHOWN]:
        first, last = (at.astimezone(KST).date() for at in (gap.first_at, gap.last_at))
        typer.echo(f"{gap.citizens}명 {gap.count}번  {gap.question}  [{first} ~ {last}]")
        for words in gap.examples[1:]:
            typer.echo(f"      {words}")
    if len(found) > SHOWN:
        typer.echo(f"… {len(found) - SHOWN}가지가 더 있어요 (--json)")
    if not found:
        typer.echo(f"지난 {days}일 동안 답하지 못한 질문이 없어요.")
