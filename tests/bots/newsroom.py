"""A city's newsroom with a simulated Telegram channel, for tests; the worker is run by hand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Picture

from bots.telegram_client import TelegramClient
from bots.telegram_sender import TelegramSender
from core.attachments import AttachmentStore, record_attachments
from core.database import Database
from core.models.conversation import Attachment
from core.models.post import Post
from core.officers import create_officer, seed_roles
from core.ports import Channel
from core.post_content import PostContent
from core.posts import (
    approve_post,
    correct_post,
    draft_post,
    look_after_posts,
    resolve_post,
    withdraw_post,
)
from core.publishing_rules import ALWAYS
from core.replies import Image, Link
from dialogue.dispatch import Dispatcher
from dialogue.photos import accept_photo
from tests.builders import Clock, make_database, sample_city
from tests.console.house import HASHER, PASSWORD
from tests.peers.telegram_sim import Channel as SeenChannel
from tests.peers.telegram_sim import Seen, TelegramSim

CHANNEL_ID = -1_001_234_567
LINK = Link("자세히", "https://city.example/news")


@dataclass
class Newsroom:
    """Two officers, one channel, a worker that is run by hand."""

    sim: TelegramSim
    channel: SeenChannel
    database: Database
    store: AttachmentStore
    clock: Clock
    dispatcher: Dispatcher
    author: int
    approver: int

    def photo(self, colour: str) -> Image:
        out = io.BytesIO()
        Picture.new("RGB", (64, 48), colour).save(out, "JPEG")
        photo = accept_photo(out.getvalue(), name="", store=self.store)
        with self.database.transaction() as session:
            (made,) = record_attachments(
                session, photos=[photo], conversation_id=None, source="officer", now=self.clock()
            )
        return Image(made, f"{colour} 사진")

    def bytes_of(self, image: Image) -> bytes:
        with self.database.reading() as session:
            sha256 = session.get_one(Attachment, image.attachment_id).sha256
        return self.store.path(sha256).read_bytes()

    def draft(self, text: str, *images: Image, link: Link | None = None) -> Post:
        with self.database.transaction() as session:
            return draft_post(
                session,
                channel="telegram",
                address="@city_news",
                content=PostContent(text, images, link),
                author_id=self.author,
                now=self.clock(),
            )

    def approve(self, post: Post) -> None:
        with self.database.transaction() as session:
            approve_post(
                session,
                post_id=post.id,
                approver_id=self.approver,
                content_hash=post.content_hash,
                now=self.clock(),
                rules=ALWAYS,
            )

    def correct(self, post: Post, text: str, *images: Image, link: Link | None = None) -> Post:
        with self.database.transaction() as session:
            return correct_post(
                session,
                post_id=post.id,
                content=PostContent(text, images, link),
                author_id=self.author,
                now=self.clock(),
            )

    def withdraw(self, post: Post) -> None:
        with self.database.transaction() as session:
            withdraw_post(session, post_id=post.id, officer_id=self.author, now=self.clock())

    def resolve(self, post: Post, *arrived: str) -> None:
        with self.database.transaction() as session:
            resolve_post(
                session,
                post_id=post.id,
                officer_id=self.author,
                arrived=arrived or None,
                now=self.clock(),
            )

    def work(self) -> None:
        """One beat of the worker's jobs."""
        look_after_posts(self.database, now=self.clock(), rules=ALWAYS)
        self.dispatcher.dispatch_due()
        look_after_posts(self.database, now=self.clock(), rules=ALWAYS)

    def publish(self, text: str, *images: Image, link: Link | None = None) -> Post:
        post = self.draft(text, *images, link=link)
        self.approve(post)
        self.work()
        return self.now(post)

    def now(self, post: Post) -> Post:
        with self.database.reading() as session:
            return session.get_one(Post, post.id)

    def shown(self) -> list[Seen]:
        return [seen for seen in self.channel.messages if not seen.deleted]


@contextmanager
def open_newsroom(sim: TelegramSim, tmp_path: Path) -> Iterator[Newsroom]:
    """Two officers and a channel whose administrator the bot is."""
    clock, database = Clock(), make_database(tmp_path)
    store = AttachmentStore(tmp_path / "attachments")
    with database.transaction() as session:
        seed_roles(session)
        author, approver = (
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
            for login in ("author", "approver")
        )

    def load(attachment_id: int) -> bytes:
        with database.reading() as session:
            return store.path(session.get_one(Attachment, attachment_id).sha256).read_bytes()

    client = TelegramClient(token=sim.token, api_url=sim.url)
    sender = TelegramSender(
        client, texts=sample_city().texts, load_image=load, superseded=lambda _: None
    )
    dispatcher = Dispatcher(
        database=database,
        channels=[Channel(sender)],
        now=clock,
        threads=0,
        sleep=lambda seconds: clock.forward(seconds=seconds),
    )
    channel = sim.channel(CHANNEL_ID, username="city_news")
    yield Newsroom(sim, channel, database, store, clock, dispatcher, author, approver)
    dispatcher.stop()
    client.close()
    database.dispose()
