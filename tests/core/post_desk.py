"""Two officers who publish, for tests: one writes, one approves, the test plays the channel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.audit_chain import first_broken_entry
from core.database import Database
from core.deliveries import Outgoing, lease_next, mark_sent
from core.errors import Refused
from core.inbound import Photo
from core.models.conversation import Delivery
from core.models.post import Post
from core.models.vault import AuditEntry
from core.officers import create_officer, seed_roles
from core.post_content import PostContent
from core.posts import (
    approve_post,
    correct_post,
    draft_post,
    edit_post,
    look_after_posts,
    resolve_post,
    withdraw_post,
)
from core.publishing_rules import ALWAYS, PublishingRules
from core.replies import Link
from tests.builders import Clock, make_database
from tests.console.house import HASHER, PASSWORD

WORDS = PostContent(
    "5월 7일 10시부터 수도를 점검해요", link=Link("자세히", "https://city.example/1")
)


@dataclass
class Desk:
    """A writes, B approves; the channel is played by the test."""

    database: Database
    clock: Clock
    a: int
    b: int
    rules: PublishingRules | None = ALWAYS

    def draft(self, content: PostContent = WORDS) -> Post:
        with self.database.transaction() as session:
            return draft_post(
                session,
                channel="telegram",
                address="@city_news",
                content=content,
                author_id=self.a,
                now=self.clock(),
            )

    def approve(
        self, post: Post, *, by: int | None = None, content_hash: str | None = None
    ) -> Post:
        with self.database.transaction() as session:
            return approve_post(
                session,
                post_id=post.id,
                approver_id=by or self.b,
                content_hash=content_hash or post.content_hash,
                now=self.clock(),
                rules=self.rules,
            )

    def approved(self, content: PostContent = WORDS) -> Post:
        return self.approve(self.draft(content))

    def edit(self, post: Post, text: str, *, by: int | None = None, **changes: Any) -> Post:
        with self.database.transaction() as session:
            return edit_post(
                session,
                post_id=post.id,
                content=replace(WORDS, text=text, **changes),
                editor_id=by or self.a,
                now=self.clock(),
            )

    def correct(self, post: Post, text: str, **changes: Any) -> Post:
        with self.database.transaction() as session:
            return correct_post(
                session,
                post_id=post.id,
                content=replace(WORDS, text=text, **changes),
                author_id=self.a,
                now=self.clock(),
            )

    def withdraw(self, post: Post) -> Post:
        with self.database.transaction() as session:
            return withdraw_post(session, post_id=post.id, officer_id=self.a, now=self.clock())

    def resolve(self, post: Post, arrived: list[str] | None) -> Post:
        with self.database.transaction() as session:
            return resolve_post(
                session, post_id=post.id, officer_id=self.a, arrived=arrived, now=self.clock()
            )

    def lease(self) -> Outgoing | None:
        with self.database.transaction() as session:
            return lease_next(session, now=self.clock())

    def send(self, *ids: str, parts_left: int = 0) -> Outgoing:
        """The channel takes what comes next."""
        outgoing = self.lease()
        assert outgoing is not None
        with self.database.transaction() as session:
            assert mark_sent(
                session,
                outgoing=outgoing,
                provider_id=ids[0] if ids else None,
                provider_ids=ids,
                parts_left=parts_left,
                now=self.clock(),
            )
        return outgoing

    def published(self, content: PostContent = WORDS, *ids: str) -> Post:
        post = self.approved(content)
        self.send(*(ids or ("11",)))
        return self.now(post)

    def now(self, post: Post) -> Post:
        look_after_posts(self.database, now=self.clock(), rules=self.rules or ALWAYS)
        with self.database.reading() as session:
            return session.get_one(Post, post.id)

    def deliveries(self) -> list[Delivery]:
        with self.database.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def history(self, post: Post) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            assert first_broken_entry(session) is None
            rows = session.scalars(
                select(AuditEntry)
                .where(AuditEntry.subject == f"post:{post.id}")
                .order_by(AuditEntry.id)
            )
            return [(row.actor, row.action) for row in rows]


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Two officers over a fresh database."""
    clock, database = Clock(), make_database(folder)
    with database.transaction() as session:
        seed_roles(session)
        a, b = (
            create_officer(
                session,
                login=login,
                name=f"담당 {login}",
                role="officer",
                department_id=None,
                password=PASSWORD,
                hasher=HASHER,
                actor="test",
                now=clock(),
            ).id
            for login in ("writer", "reader")
        )
    yield Desk(database, clock, a, b)
    database.dispose()


def make_picture(session: Session, *, source: str = "officer", name: str = "a", **kind: Any) -> int:
    values = {"media_type": "image/jpeg", "size": 3, "width": 1, "height": 1, "name": ""} | kind
    (made,) = record_attachments(
        session,
        photos=[Photo(sha256=name * 64, **values)],
        conversation_id=None,
        source=source,
        now=Clock()(),
    )
    return made


def refusal(act: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*arguments, **options)
    return refused.value.code
