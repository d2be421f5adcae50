"""`sotong budget ask`: what a citizen would be answered about figures, with the rows they stand in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from budget.figures import Figure
    from budget.query import Answer


def ask(
    questions: Annotated[
        list[str], typer.Argument(help="In a citizen's words; several are one talk.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The answer with its figures and source rows, or what is asked back. A later question may lean on
    the one before: "그럼 서울은?". Personal data is taken out first.
    """
    from app.budget_files import load_budget
    from app.cli.post_input import open_parts
    from budget.asking import answer_question
    from budget.queries import list_series
    from budget.question import Ground
    from core.clock import KST
    from korean.redact import redact

    answers: list[tuple[str, Answer]] = []
    with open_parts() as parts:
        known = load_budget(parts.settings.city_dir)
        with parts.database.reading() as session:
            ground = Ground.of(known.words, known.bodies, list_series(session))
            previous = None
            for question in questions:
                asked = redact(question).text
                answer = answer_question(
                    session,
                    asked,
                    ground=ground,
                    texts=parts.city.texts,
                    today=parts.now().astimezone(KST).date(),
                    previous=previous,
                )
                previous = answer.query or previous
                answers.append((asked, answer))
        names = {each.code: known.bodies.full_name(each) for each in known.bodies.every}
    if as_json:
        data = [_answer(asked, answer, names) for asked, answer in answers]
        shown = data[0] if len(data) == 1 else data
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    typer.echo("\n\n".join(answer.text for _, answer in answers))


def _answer(asked: str, answer: Answer, names: dict[str, str]) -> dict[str, Any]:
    return {
        "question": asked,
        "kind": answer.kind,
        "answer": answer.text,
        "offers": list(answer.offers),
        "figures": [_figure(each, names) for each in answer.figures],
    }


def _figure(figure: Figure, names: dict[str, str]) -> dict[str, Any]:
    from budget.units import PER_CENT

    ratio = figure.unit == PER_CENT
    return {
        "id": figure.id,
        "body": figure.body,
        "body_name": names.get(figure.body),
        "year": figure.year,
        "as_of": figure.as_of.isoformat(),
        "measure": figure.series.measure,
        "item": figure.series.item,
        "part": figure.series.part,
        "scope": figure.series.scope,
        "unit": figure.unit,
        "value": str(figure.ratio.normalize()) if ratio else figure.amount,
        "original": figure.original,
        "source": {
            "dataset": figure.source.key,
            "title": figure.source.title,
            "publisher": figure.source.publisher,
            "link": figure.source.link,
            "licence": figure.source.licence,
            "file": figure.file,
            "line": figure.line,
            "version": figure.version,
            "row": dict(figure.raw),
            "content_hash": figure.content_hash,
            "fetched_at": figure.fetched_at.isoformat(timespec="seconds"),
        },
    }
