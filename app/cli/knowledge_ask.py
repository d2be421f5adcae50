"""`sotong knowledge ask` and `evaluate`: what a citizen would be answered, and how good that is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.wiring import Parts
    from core.city import Department
    from knowledge.articles import Article
    from knowledge.index import Index
    from knowledge.measure import Asked
    from knowledge.search import Found

SHOWN = 5
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def ask(
    question: Annotated[str, typer.Argument(help="In a citizen's own words.")],
    as_json: Json = False,
) -> None:
    """The articles for a question, the sentences that answer, or that nothing does.

    Personal data is taken out of the question first. Exit code 0 also when it abstains.
    """
    from app.cli.pii import redacted
    from app.cli.post_input import open_parts
    from core.clock import KST
    from knowledge.passage import passage
    from knowledge.queries import articles_by_id
    from knowledge.search import search
    from korean.redact import redact

    with open_parts() as parts:
        found_data = redact(question)
        asked = redacted(found_data.text, list(found_data.spans))
        # A notice ("a number was here") says nothing about policy.
        bare = list(found_data.text)
        for span in found_data.spans:
            bare[span.start : span.end] = " " * (span.end - span.start)
        query = "".join(bare)
        index = _index(parts)
        found = search(index, query, today=parts.now().astimezone(KST).date(), most=SHOWN)
        with parts.database.reading() as session:
            stored = articles_by_id(session, [hit.article_id for hit in found.hits])
        articles = [stored[hit.article_id].article for hit in found.hits]
        lines = () if found.abstained else passage(articles[0].body, query)
        department = next(
            (
                each
                for each in parts.city.departments
                if articles and each.id == articles[0].department
            ),
            None,
        )
    data = _answer(asked, found, articles, lines, department)
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    if found.abstained:
        typer.echo(f"모릅니다 (확신 {found.confidence:.2f})")
    else:
        typer.echo("\n".join(lines))
        who = f" · {department.name} {department.phone}" if department is not None else ""
        checked = articles[0].verified_on
        typer.echo(f"— {articles[0].source}{who} · 확인한 날 {checked or '없음'}")
        also = " · 다음 글과 다퉈요" if found.close else ""
        typer.echo(f"  (확신 {found.confidence:.2f}{also})")
    for hit, article in zip(found.hits, articles, strict=True):
        typer.echo(f"{hit.score:8.3f}  {hit.key}  {article.title}")


def evaluate(
    file: Annotated[
        Path,
        typer.Argument(help='Lines {"question", "article"}; without an article: none answers it.'),
    ],
    as_json: Json = False,
) -> None:
    """R@1, R@5, MRR@10, wrong answers, silence and milliseconds over a file of questions."""
    from app.cli.post_input import open_parts
    from core.clock import KST
    from knowledge.measure import measure

    asked = _questions(file)
    with open_parts() as parts:
        index = _index(parts)
        known = {entry.key for entry in index.entries}
        for line, each in enumerate(asked, 1):
            if each.key is not None and each.key not in known:
                raise typer.BadParameter(f"{file}:{line}: there is no article {each.key!r}.")
        figures = measure(index, asked, today=parts.now().astimezone(KST).date())
    data = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(figures).items()
    }
    if as_json:
        typer.echo(json.dumps(data, indent=2))
        return
    for name, value in data.items():
        typer.echo(f"{_NAMES[name]:44} {'-' if value is None else value}")


_NAMES = {
    "questions": "questions with an article",
    "outside": "questions without one",
    "first": "R@1",
    "five": "R@5",
    "mrr": "MRR@10",
    "right": "answered by its article",
    "wrong": "answered by another article",
    "asked_back": "asked which of two is meant",
    "silent_inside": "left unanswered although there is an article",
    "silent_outside": "left unanswered rightly (abstention recall)",
    "silence_right": "silence that was right (abstention precision)",
    "milliseconds": "ms a question (median, Kiwi included)",
}


def _index(parts: Parts) -> Index:
    from app.knowledge_encoder import make_encoder
    from app.knowledge_index import fresh_index

    return fresh_index(
        parts.database, parts.settings.knowledge_dir, encoder=make_encoder(parts.settings)
    )


def _answer(
    asked: str,
    found: Found,
    articles: list[Article],
    lines: tuple[str, ...],
    department: Department | None,
) -> dict[str, Any]:
    first = articles[0] if articles else None
    cited = first is not None and not found.abstained
    return {
        "question": asked,
        "abstained": found.abstained,
        "confidence": round(found.confidence, 4),
        "close": found.close,
        "passage": list(lines),
        "source": first.source if cited and first else None,
        "department": department.name if cited and department else None,
        "phone": department.phone if cited and department else None,
        "verified_on": (
            first.verified_on.isoformat() if cited and first and first.verified_on else None
        ),
        "articles": [
            {"key": hit.key, "title": article.title, "score": round(hit.score, 4)}
            for hit, article in zip(found.hits, articles, strict=True)
        ],
    }


def _questions(file: Path) -> list[Asked]:
    from knowledge.measure import Asked

    found = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            key = data.get("article", data.get("article_id"))
            found.append(Asked(str(data["question"]), None if key is None else str(key)))
        except (ValueError, KeyError, AttributeError, TypeError):
            typer.echo(f"{file}:{number}: expected question and article", err=True)
            raise typer.Exit(2) from None
    return found
