"""Keeps the index of articles beside the database up to date. Must not decide what is found.

`var/knowledge/` may be deleted at any time: it is built again from the database.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.database import Database
from knowledge.dense import Encoder, add_vectors, read_vectors
from knowledge.index import (
    Index,
    IndexedText,
    build_index,
    load_index,
    state_of_index,
    update_index,
)
from knowledge.queries import (
    BATCH,
    Stored,
    articles_by_id,
    articles_since,
    current_articles,
    state_of_articles,
)


def fresh_index(
    database: Database,
    folder: Path,
    *,
    encoder: Encoder | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Index:
    """The index of the articles as they are now; only those that changed since the last one are read."""
    before = state_of_index(folder)
    with database.reading() as session:
        state = state_of_articles(session)
        changed = None if before is None or before == state else articles_since(session, before)
        texts = [indexed(stored) for stored in changed or ()]
    if before != state and not (texts and update_index(folder, texts, state=state)):
        with database.reading() as session:
            texts = [indexed(stored) for stored in current_articles(session)]
        build_index(folder, texts, state=state, progress=progress)
    index = load_index(folder)
    if index is None:
        raise RuntimeError(f"the index below {folder} vanished while it was read")
    return index if encoder is None else _with_meaning(database, folder, index, encoder)


def _with_meaning(database: Database, folder: Path, index: Index, encoder: Encoder) -> Index:
    known = read_vectors(folder, encoder)
    missing = [
        int(number)
        for part in index.parts
        for number, mark in zip(part.ids, part.marks.tolist(), strict=True)
        if mark not in known
    ]
    if not missing:
        return index.with_dense(encoder, known)
    with database.reading() as session:
        texts = {
            text.mark.encode(): "\n".join((text.title, text.body))
            for first in range(0, len(missing), BATCH)
            for text in map(
                indexed, articles_by_id(session, missing[first : first + BATCH]).values()
            )
        }
    return index.with_dense(encoder, add_vectors(folder, encoder, index.marks, texts))


def indexed(stored: Stored) -> IndexedText:
    """What the index reads of an article."""
    article = stored.article
    return IndexedText(
        id=stored.id,
        key=article.key,
        title=article.title,
        keywords=article.keywords,
        body=article.body,
        valid_from=article.valid_from,
        valid_to=article.valid_to,
    )
