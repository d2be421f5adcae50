"""The stop holds in the middle of a thread, and only what is public."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.held_posts import HeldPosts
from core.deliveries import Outgoing
from core.errors import TemporaryFailure
from core.ports import Sent
from core.publishing import resume_publishing, stop_publishing
from core.replies import Reply
from tests.core.post_desk import Desk, open_desk


class Recorder:
    channel, pace = "telegram", None

    def __init__(self) -> None:
        self.parts: list[int] = []

    def may_repeat(self, outgoing: Outgoing) -> bool:
        return False

    def send(self, outgoing: Outgoing) -> Sent:
        self.parts.append(outgoing.part)
        return Sent(str(outgoing.part))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


def part(number: int, *, kind: str = "post", action: str = "send") -> Outgoing:
    return Outgoing(1, 1, "telegram", "@city_news", Reply("말"), 1, 1, False, kind=kind, part=number, action=action)  # fmt: skip


def test_a_stop_holds_the_rest_of_a_thread_and_nothing_else(desk: Desk) -> None:
    sender = Recorder()
    held = HeldPosts(sender, desk.database)
    held.send(part(0))
    with desk.database.transaction() as session:
        stop_publishing(session, officer_id=desk.a, reason="틀린 숫자", now=desk.clock())
    for action in ("send", "edit"):
        with pytest.raises(TemporaryFailure):
            held.send(part(1, action=action))
    held.send(part(7, kind="reply"))
    held.send(part(8, action="delete"))
    assert sender.parts == [0, 7, 8]
    with desk.database.transaction() as session:
        resume_publishing(session, officer_id=desk.b, now=desk.clock())
    held.send(part(1))
    assert sender.parts == [0, 7, 8, 1]
