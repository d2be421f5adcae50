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
    from core.policy_port import PolicyFound
    from knowledge.index import Index
    from knowledge.measure import Asked

SHOWN = 5
ACTIONS, OWN = "actions", "own"
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def ask(
    question: Annotated[str, typer.Argument(help="In a citizen's own words.")],
    as_json: Json = False,
) -> None:
    """The articles for a question, the sentences that answer, or that nothing does.

    The running actions app is asked where there is one; else this command searches itself. Personal data is
    taken out of the question first. Exit code 0 also when it abstains.
    """
    from app.cli.pii import redacted
    from app.cli.post_input import open_parts
    from korean.redact import redact

    with open_parts() as parts:
        found_data = redact(question)
        asked = redacted(found_data.text, list(found_data.spans))
        # A notice ("a number was here") says nothing about policy.
        bare = list(found_data.text)
        for span in found_data.spans:
            bare[span.start : span.end] = " " * (span.end - span.start)
        found, by = _search(parts, "".join(bare))
        department = next(
            (
                each
                for each in parts.city.departments
                if found.cited and each.id == found.cited.department
            ),
            None,
        )
    if as_json:
        data = _answer(asked, found, department) | {"searched_by": by}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    cited = found.cited
    if cited is None:
        typer.echo(f"모릅니다 (확신 {found.sureness:.2f})")
    else:
        typer.echo("\n".join(cited.sentences))
        who = f" · {department.name} {department.phone}" if department is not None else ""
        typer.echo(f"— {cited.source}{who} · 확인한 날 {cited.verified_on or '없음'}")
        also = " · 다음 글과 다퉈요" if found.close else ""
        typer.echo(f"  (확신 {found.sureness:.2f}{also})")
    for article in found.articles:
        typer.echo(f"{article.score:8.3f}  {article.key}  {article.title}")
    typer.echo(_SEARCHED[by], err=True)


_SEARCHED = {
    ACTIONS: "searched by the running actions app",
    OWN: "searched by this command: no actions app answers",
}


def _search(parts: Parts, question: str) -> tuple[PolicyFound, str]:
    """What was found, and by whom: ``ACTIONS`` or ``OWN``."""
    from app.policy_client import make_policy_client
    from app.policy_search import LivePolicySearch
    from core.errors import PermanentFailure, TemporaryFailure
    from core.policy_port import PolicyFound

    if not question.strip():
        return PolicyFound(), OWN
    client = make_policy_client(parts.settings)
    try:
        return client.search(question, most=SHOWN), ACTIONS
    except (TemporaryFailure, PermanentFailure):
        # Away, starting, or of another configuration: this command needs nobody.
        pass
    finally:
        client.close()
    own = LivePolicySearch.of(parts)
    own.prepare()
    return own.search(question, most=SHOWN), OWN


def _index(parts: Parts) -> Index:
    from app.policy_search import LivePolicySearch

    return LivePolicySearch.of(parts).prepare()


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


def _answer(asked: str, found: PolicyFound, department: Department | None) -> dict[str, Any]:
    cited = found.cited
    return {
        "question": asked,
        "abstained": found.abstained,
        "confidence": round(found.sureness, 4),
        "close": found.close,
        "passage": list(cited.sentences) if cited else [],
        "source": cited.source if cited else None,
        "department": department.name if department else None,
        "phone": department.phone if department else None,
        "verified_on": cited.verified_on.isoformat() if cited and cited.verified_on else None,
        "articles": [
            {"key": each.key, "title": each.title, "score": round(each.score, 4)}
            for each in found.articles
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
