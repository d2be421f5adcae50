"""The one writer of tables article and article_version. Must not read files or search.

Versions are only added. The same words twice are one article, whoever brings them and however often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.errors import Refused
from core.locking import Chain, lock_chain
from core.models.article import Article as ArticleRow
from core.models.article import ArticleVersion
from knowledge.articles import Article, checked
from knowledge.queries import article_of

SEED = "city"
Outcome = Literal["new", "changed", "same", "duplicate", "kept"]
# How the author of a version is named who is a person at the console.
OFFICER = "officer:"


@dataclass(frozen=True)
class Saved:
    """What became of one article; ``article_id`` is the one that holds these words now."""

    outcome: Outcome
    article_id: int
    key: str


def save_article(
    session: Session,
    article: Article,
    *,
    origin: str,
    external_id: str,
    author: str,
    now: datetime,
) -> Saved:
    """A new article, a new version of the one that came from there before, or nothing.

    ``same``: it is already so. ``duplicate``: another article holds these words already and stays as
    it is. ``kept``: an officer has edited it since, and nothing but an officer changes it now; what came
    from there before, again, is ``same``. The caller writes the audit line (one for a whole import).
    Raises Refused those of ``knowledge.articles.checked`` and ``article_key_taken``.
    """
    checked(article)
    # Looking before writing is only safe one at a time.
    lock_chain(session, Chain.ARTICLES)
    content_hash = article.content_hash
    found = session.scalars(
        select(ArticleRow).where(
            or_(
                (ArticleRow.origin == origin) & (ArticleRow.external_id == external_id),
                ArticleRow.content_hash == content_hash,
                ArticleRow.key == article.key,
            )
        )
    ).all()
    row = next(
        (each for each in found if (each.origin, each.external_id) == (origin, external_id)), None
    )
    twin = next((each for each in found if each.content_hash == content_hash), None)
    if twin is not None and twin is not row:
        return Saved("duplicate", twin.id, twin.key)
    if any(each.key == article.key and each is not row for each in found):
        raise Refused("article_key_taken", key=article.key)
    if row is None:
        row = ArticleRow(
            key=article.key,
            origin=origin,
            external_id=external_id,
            version=0,
            content_hash=content_hash,
            created_at=now,
            changed_at=now,
        )
        session.add(row)
        session.flush()
    elif article_of(session, row) == article:
        return Saved("same", row.id, row.key)
    elif not author.startswith(OFFICER) and (brought := _edited(session, row)) is not None:
        same = brought.content_hash == content_hash
        return Saved("same" if same else "kept", row.id, row.key)
    row.version += 1
    row.key, row.content_hash, row.changed_at = article.key, content_hash, now
    session.add(_version(row, article, author, now))
    session.flush()
    return Saved("new" if row.version == 1 else "changed", row.id, row.key)


def record_import(
    session: Session, *, origin: str, actor: str, counts: dict[str, int], now: datetime
) -> None:
    """One audit line of an import or of seeding."""
    record_audit(
        session,
        actor=actor,
        action="article.import",
        subject=f"articles:{origin}",
        purpose=" ".join(f"{name}={number}" for name, number in counts.items()),
        now=now,
    )


def _edited(session: Session, row: ArticleRow) -> ArticleVersion | None:
    """What came from elsewhere last, where an officer has made a version since."""
    versions = session.scalars(
        select(ArticleVersion)
        .where(ArticleVersion.article_id == row.id)
        .order_by(ArticleVersion.number.desc())
    ).all()
    if not versions or not versions[0].author.startswith(OFFICER):
        return None
    return next((each for each in versions if not each.author.startswith(OFFICER)), versions[0])


def _version(row: ArticleRow, article: Article, author: str, now: datetime) -> ArticleVersion:
    return ArticleVersion(
        article_id=row.id,
        number=row.version,
        title=article.title,
        body=article.body,
        department=article.department,
        source=article.source,
        valid_from=article.valid_from,
        valid_to=article.valid_to,
        verified_on=article.verified_on,
        keywords=list(article.keywords),
        audience=list(article.audience),
        related=list(article.related),
        sample=article.sample,
        content_hash=row.content_hash,
        author=author,
        created_at=now,
    )
