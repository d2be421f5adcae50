"""`sotong knowledge check`: articles that contradict each other. Must not change one."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Articles that may both answer today and state different figures; exit code 1 when there are any."""
    from app.cli.post_input import open_parts
    from core.clock import KST
    from knowledge.contradictions import contradictions
    from knowledge.queries import current_articles

    with open_parts() as parts:
        today = parts.now().astimezone(KST).date()
        with parts.database.reading() as session:
            live = [
                stored.article
                for stored in current_articles(session)
                if stored.article.answers_on(today)
            ]
    found = contradictions(live)
    if as_json:
        rows = [
            {
                "keys": [each.first.key, each.second.key],
                "titles": [each.first.title, each.second.title],
                "heading": each.heading,
                "sentences": list(each.sentences),
            }
            for each in found
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    for each in () if as_json else found:
        where = f"  [{each.heading}]" if each.heading else ""
        typer.echo(f"서로 다르게 말해요: {each.first.key} · {each.second.key}{where}")
        for article, line in zip((each.first, each.second), each.sentences, strict=True):
            typer.echo(f"  {article.title}: {line}")
    if not found and not as_json:
        typer.echo("서로 다르게 말하는 글이 없어요.")
    if found:
        raise typer.Exit(1)
