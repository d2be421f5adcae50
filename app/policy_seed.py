"""Puts the articles of city/policy into a database that has none. Must never touch one that has some.

The database is the truth from then on; what officers wrote is not overwritten by a new release.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.city_policy import load_policy
from core.city import City
from core.database import Database
from core.locking import Chain, lock_chain
from knowledge.queries import has_articles
from knowledge.records import SEED, record_import, save_article

ACTOR = "system:seed"


def seed_articles(database: Database, *, city: City, city_dir: Path, now: datetime) -> int:
    """How many articles were put in: none where there were some. Raises CityError."""
    with database.reading() as session:
        if has_articles(session):
            return 0
    articles = load_policy(city_dir, departments={each.id for each in city.departments})
    with database.transaction() as session:
        # Two processes may start at once: the second one finds the first one's.
        lock_chain(session, Chain.ARTICLES)
        if has_articles(session) or not articles:
            return 0
        for article in articles:
            save_article(
                session,
                article,
                origin=SEED,
                external_id=article.key,
                author=ACTOR,
                now=now,
            )
        record_import(session, origin=SEED, actor=ACTOR, counts={"new": len(articles)}, now=now)
    return len(articles)
