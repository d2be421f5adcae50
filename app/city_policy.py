"""Reads city/policy/*.md, the articles that an empty database begins with. Must not write to the database.

A file is front matter (YAML between two lines `---`) and Markdown. Every mistake is told with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.city_yaml import MAX_BYTES, CityError, Problems, parse_document, validate
from core.errors import Refused
from knowledge.articles import KEY, LONGEST_SOURCE, LONGEST_TITLE, LONGEST_WORD, MOST_WORDS, Article
from knowledge.articles import checked as checked_article
from knowledge.markdown import sanitise, sections

FOLDER = "policy"
_FENCE = "---"


def _web(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{value}' is not a web address (expected https://…)")
    return value


def _list(value: object) -> object:
    # "keywords:" with nothing behind it is an empty list.
    return () if value is None else value


Word = Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]
Words = Annotated[
    tuple[Word, ...], BeforeValidator(_list), Field(default=(), max_length=MOST_WORDS)
]


class PolicyModel(BaseModel):
    """The front matter of one article."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    department: str
    source: Annotated[str, Field(max_length=LONGEST_SOURCE), AfterValidator(_web)]
    valid_from: date
    valid_to: date | None = None
    verified_on: date
    keywords: Words
    audience: Words
    related: Words
    sample: bool = False


def load_policy(city_dir: Path, *, departments: Collection[str]) -> tuple[Article, ...]:
    """Every article of the folder, by file name; none where there is no folder.

    Raises CityError with every mistake, also departments and related articles that do not exist.
    """
    folder = city_dir / FOLDER
    problems = Problems()
    found: dict[str, Article] = {}
    by_content: dict[str, str] = {}
    files = sorted(folder.glob("*.md"))
    keys = {path.stem for path in files}
    for path in files:
        name = f"{city_dir.name}/{FOLDER}/{path.name}"
        article = _read(path, name, departments=departments, keys=keys, problems=problems)
        if article is None:
            continue
        twin = by_content.setdefault(article.content_hash, path.name)
        if twin != path.name:
            problems.add_at(name, 1, f"it says the same as {twin}; keep one of them")
        found[path.stem] = article
    if problems.found:
        raise CityError(problems.sentences())
    return tuple(found.values())


def _read(
    path: Path, name: str, *, departments: Collection[str], keys: set[str], problems: Problems
) -> Article | None:
    text = _text(path, name, problems)
    if text is None:
        return None
    if not KEY.fullmatch(path.stem):
        problems.add_at(
            name, 0, "the file's name is not small letters, digits and - (such as x.md)"
        )
        return None
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        problems.add_at(name, 1, "the first line is not --- (front matter is missing)")
        return None
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        problems.add_at(name, 1, "the front matter has no end (a second line ---)")
        return None
    # The first --- stays, so that line numbers are those of the file.
    document = parse_document("\n".join(lines[:end]), name, problems=problems)
    if document is None:
        return None
    model = validate(PolicyModel, document, (), label="", problems=problems)
    if model is None:
        return None
    before = len(problems.found)
    if model.department not in departments:
        problems.add(document, ("department",), f"there is no department '{model.department}'")
    for number, other in enumerate(model.related):
        if other not in keys or other == path.stem:
            problems.add(document, ("related", number), f"there is no other article '{other}'")
    if model.valid_to is not None and model.valid_to < model.valid_from:
        problems.add(document, ("valid_to",), "it ends before it begins")
    raw = "\n".join(lines[end + 1 :])
    for number, line in enumerate(lines[end + 1 :], end + 2):
        if re.search(r"<\s*/?[a-zA-Z!]", line):
            problems.add_at(name, number, "HTML has no place in an article")
    body = sanitise(raw)
    if not any(section.sentences for section in sections(body)):
        problems.add_at(name, end + 1, "the article has no sentences")
    if len(problems.found) > before:
        return None
    try:
        return checked_article(Article(key=path.stem, body=body, **dict(model)))
    except Refused as refused:
        problems.add_at(name, 1, f"the article cannot be used ({refused})")
        return None


def _text(path: Path, name: str, problems: Problems) -> str | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.add_at(name, 0, f"the file is larger than {MAX_BYTES} bytes")
            return None
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problems.add_at(name, 0, "the file is not UTF-8 text")
    except OSError as error:
        problems.add_at(name, 0, f"the file cannot be read ({error.strerror})")
    return None
