"""Posts: nothing public without a second person, the approval binds to the words, once is once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.audit import first_broken_entry
from core.database import Database
from core.deliveries import (
    BROADCAST,
    Outgoing,
    lease_next,
    mark_failed,
    mark_sent,
    mark_unsure,
    postpone,
)
from core.errors import Refused
from core.handovers import take
from core.inbound import Photo
from core.models.conversation import Conversation, Delivery
from core.models.post import Post
from core.models.vault import AuditEntry
from core.officers import create_officer, seed_roles
from core.post_content import PostContent
from core.post_queries import list_posts
from core.posts import (
    approve_post,
    correct_post,
    draft_post,
    edit_post,
    follow_post,
    look_after_posts,
    resolve_post,
    withdraw_post,
)
from core.replies import Image, Link, Reply
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
        look_after_posts(self.database, now=self.clock())
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


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock, database = Clock(), make_database(tmp_path)
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


def test_a_draft_goes_nowhere(desk: Desk) -> None:
    post = desk.draft()
    assert (desk.now(post).state, desk.deliveries()) == ("draft", [])


def test_an_approved_post_is_one_public_broadcast(desk: Desk) -> None:
    post = desk.approved()
    (delivery,) = desk.deliveries()
    assert (delivery.kind, delivery.priority, delivery.speaker) == (
        "post",
        BROADCAST,
        f"officer:{desk.b}",
    )
    with desk.database.reading() as session:
        place = session.get_one(Conversation, delivery.conversation_id)
    assert (place.channel, place.address, place.visibility) == ("telegram", "@city_news", "public")
    outgoing = desk.send("11", "12")
    assert (outgoing.reply, outgoing.action) == (WORDS.reply, "send")
    post = desk.now(post)
    assert (post.state, post.message_ids, post.sent_at) == ("sent", ["11", "12"], desk.clock())


def test_who_wrote_it_cannot_approve_it(desk: Desk) -> None:
    post = desk.draft()
    assert refusal(desk.approve, post, by=desk.a) == "same_person"
    assert desk.deliveries() == []


def test_who_edited_it_cannot_approve_it_either(desk: Desk) -> None:
    post = desk.edit(desk.draft(), "다른 말", by=desk.b)
    assert refusal(desk.approve, post, by=desk.b) == "same_person"
    assert desk.approve(post, by=desk.a).state == "approved"


def test_an_approval_holds_only_for_what_was_read(desk: Desk) -> None:
    post = desk.draft()
    read = post.content_hash
    edited = desk.edit(post, "다른 말")
    assert edited.content_hash != read
    assert refusal(desk.approve, edited, content_hash=read) == "stale"
    assert desk.deliveries() == []


def test_the_hash_covers_everything_that_is_public(desk: Desk) -> None:
    with desk.database.transaction() as session:
        one, other = make_picture(session, name="a"), make_picture(session, name="b")
    later = desk.clock() + timedelta(days=1)
    contents = [
        WORDS,
        replace(WORDS, text="다른 말"),
        replace(WORDS, link=None),
        replace(WORDS, link=Link("자세히", "https://city.example/2")),
        replace(WORDS, link=Link("더 보기", "https://city.example/1")),
        replace(WORDS, images=(Image(one, "하나"),)),
        replace(WORDS, images=(Image(other, "하나"),)),
        replace(WORDS, images=(Image(one, "둘"),)),
        replace(WORDS, scheduled_at=later),
        replace(WORDS, scheduled_at=later + timedelta(minutes=1)),
    ]
    hashes = [desk.draft(content).content_hash for content in contents]
    assert len(set(hashes)) == len(hashes)
    assert desk.draft().content_hash == hashes[0]


def test_an_edit_drops_the_approval_and_takes_the_message_back(desk: Desk) -> None:
    post = desk.edit(desk.approved(), "다른 말")
    assert (post.state, post.approver_officer_id, post.approved_at) == ("draft", None, None)
    assert desk.lease() is None
    desk.approve(post)
    assert desk.send("11").reply.text == "다른 말"
    assert desk.now(post).state == "sent"


def test_words_that_changed_behind_the_approval_do_not_go_out(desk: Desk) -> None:
    post = desk.draft(replace(WORDS, scheduled_at=desk.clock() + timedelta(hours=1)))
    desk.approve(post)
    with desk.database.transaction() as session:
        session.get_one(Post, post.id).text = "몰래 바꾼 말"
    desk.clock.forward(hours=1)
    post = desk.now(post)
    assert (post.state, post.failure, desk.deliveries()) == ("failed", "stale", [])


def test_what_is_going_out_cannot_be_edited_or_withdrawn_at_that_moment(desk: Desk) -> None:
    post = desk.approved()
    assert desk.lease() is not None
    assert refusal(desk.edit, post, "다른 말") == "going_out"
    assert refusal(desk.withdraw, post) == "going_out"


def test_approving_twice_is_once(desk: Desk) -> None:
    post = desk.approved()
    desk.approve(post)
    desk.send("11")
    desk.approve(post)
    assert len(desk.deliveries()) == 1
    assert [action for _, action in desk.history(post)].count("post.approve") == 1


def test_a_scheduled_post_waits_for_its_time_and_goes_once(desk: Desk) -> None:
    post = desk.approved(replace(WORDS, scheduled_at=desk.clock() + timedelta(hours=2)))
    desk.clock.forward(hours=1, minutes=59)
    desk.now(post)
    assert desk.deliveries() == []
    desk.clock.forward(minutes=1)
    desk.now(post)
    desk.now(post)
    assert len(desk.deliveries()) == 1


def test_a_time_that_has_passed_is_not_approved(desk: Desk) -> None:
    post = desk.draft(replace(WORDS, scheduled_at=desk.clock() + timedelta(hours=1)))
    desk.clock.forward(hours=1)
    assert refusal(desk.approve, post) == "time_passed"


@pytest.mark.parametrize("scheduled", [True, False])
def test_a_day_late_it_does_not_go_out_before_a_person_says_so_again(
    desk: Desk, scheduled: bool
) -> None:
    due = desk.clock() + timedelta(hours=1) if scheduled else None
    post = desk.approved(replace(WORDS, scheduled_at=due))
    desk.clock.forward(hours=26)
    post = desk.now(post)
    assert (post.state, post.failure, desk.lease()) == ("failed", "too_late", None)


def test_a_failed_post_goes_out_with_a_new_approval(desk: Desk) -> None:
    post = desk.approved()
    with desk.database.transaction() as session:
        mark_failed(session, outgoing=lease_next(session, now=desk.clock()), failure="no_rights")
    post = desk.now(post)
    assert (post.state, post.failure) == ("failed", "no_rights")
    desk.approve(post)
    desk.send("11")
    assert desk.now(post).state == "sent"


def test_half_a_post_is_kept_and_can_only_be_withdrawn(desk: Desk) -> None:
    post = desk.approved()
    desk.send("11", parts_left=1)
    with desk.database.transaction() as session:
        mark_failed(session, outgoing=lease_next(session, now=desk.clock()), failure="empty")
    post = desk.now(post)
    assert (post.state, post.message_ids) == ("failed", ["11"])
    assert refusal(desk.approve, post) == "half_sent"
    assert refusal(desk.edit, post, "다른 말") == "half_sent"
    desk.withdraw(post)
    outgoing = desk.send()
    assert (outgoing.action, outgoing.targets) == ("delete", ("11",))
    assert desk.now(post).state == "withdrawn"


def test_withdrawn_before_it_was_sent_it_never_goes_out(desk: Desk) -> None:
    draft, scheduled, queued = (
        desk.draft(),
        desk.approved(replace(WORDS, scheduled_at=desk.clock() + timedelta(hours=1))),
        desk.approved(),
    )
    for post in (draft, scheduled, queued):
        assert desk.withdraw(post).state == "withdrawn"
        assert desk.withdraw(post).state == "withdrawn"
        assert refusal(desk.approve, post) == "not_a_draft"
    desk.clock.forward(hours=2)
    assert [desk.now(post).state for post in (draft, scheduled, queued)] == ["withdrawn"] * 3
    assert desk.lease() is None


def test_half_a_correction_can_neither_be_withdrawn_nor_edited(desk: Desk) -> None:
    post = desk.published(WORDS, "11", "12")
    correction = desk.approve(desk.correct(post, "다른 말"))
    desk.send("11", parts_left=1)
    assert refusal(desk.withdraw, correction) == "going_out"
    assert refusal(desk.edit, correction, "또 다른 말") == "going_out"
    desk.send("12")
    assert desk.now(correction).message_ids == ["11", "12"]


def test_what_waits_for_another_try_can_be_withdrawn(desk: Desk) -> None:
    post = desk.approved()
    with desk.database.transaction() as session:
        outgoing = lease_next(session, now=desk.clock())
        postpone(session, outgoing=outgoing, until=desk.clock() + timedelta(minutes=1), failure="x")
    assert desk.withdraw(post).state == "withdrawn"


def test_withdrawn_after_it_was_sent_all_its_messages_are_deleted_once(desk: Desk) -> None:
    post = desk.published(WORDS, "11", "12")
    assert desk.withdraw(post).state == "sent"
    desk.withdraw(post)
    outgoing = desk.send()
    assert (outgoing.action, outgoing.targets) == ("delete", ("11", "12"))
    assert desk.now(post).state == "withdrawn"
    desk.withdraw(post)
    assert len(desk.deliveries()) == 2


def test_a_deletion_goes_before_other_broadcasts(desk: Desk) -> None:
    post = desk.published()
    desk.approved()
    desk.withdraw(post)
    outgoing = desk.lease()
    assert outgoing is not None
    assert outgoing.action == "delete"


def test_a_deletion_that_was_refused_is_shown_and_can_be_asked_again(desk: Desk) -> None:
    post = desk.published()
    desk.withdraw(post)
    with desk.database.transaction() as session:
        outgoing = lease_next(session, now=desk.clock())
        mark_failed(session, outgoing=outgoing, failure="message_too_old")
    post = desk.now(post)
    assert (post.state, post.failure) == ("sent", "message_too_old")
    desk.withdraw(post)
    desk.send()
    assert desk.now(post).state == "withdrawn"


def test_an_approved_correction_changes_the_sent_messages(desk: Desk) -> None:
    post = desk.published(WORDS, "11", "12")
    correction = desk.correct(post, "5월 8일이에요")
    assert desk.lease() is None
    assert refusal(desk.approve, correction, by=desk.a) == "same_person"
    desk.approve(correction)
    outgoing = desk.send("11", "12")
    assert (outgoing.action, outgoing.targets, outgoing.reply.text) == (
        "edit",
        ("11", "12"),
        "5월 8일이에요",
    )
    correction = desk.now(correction)
    assert (correction.state, correction.message_ids) == ("sent", ["11", "12"])
    assert (desk.now(post).state, desk.now(post).text) == ("corrected", WORDS.text)


def test_a_corrected_post_is_withdrawn_and_corrected_through_its_correction(desk: Desk) -> None:
    post = desk.published()
    correction = desk.approve(desk.correct(post, "5월 8일이에요"))
    desk.send("11")
    desk.now(correction)
    assert refusal(desk.withdraw, post) == "corrected"
    assert refusal(desk.correct, post, "5월 9일이에요") == "not_sent"
    second = desk.approve(desk.correct(correction, "5월 9일이에요"))
    assert desk.send("11").targets == ("11",)
    desk.now(second)
    desk.withdraw(second)
    desk.send()
    assert desk.now(second).state == "withdrawn"


def test_only_one_correction_is_under_way(desk: Desk) -> None:
    post = desk.published()
    first = desk.correct(post, "하나")
    assert refusal(desk.correct, post, "둘") == "correction_open"
    desk.withdraw(first)
    second = desk.approve(desk.correct(post, "둘"))
    assert refusal(desk.withdraw, post) == "correction_open"
    assert desk.withdraw(second).state == "withdrawn"
    assert (desk.lease(), desk.now(post).state) == (None, "sent")


def test_a_correction_keeps_the_pictures(desk: Desk) -> None:
    with desk.database.transaction() as session:
        picture = Image(make_picture(session), "고친 길")
    post = desk.published(replace(WORDS, images=(picture,)))
    assert refusal(desk.correct, post, "다른 말") == "images_fixed"
    correction = desk.correct(post, "다른 말", images=(picture,))
    assert refusal(desk.edit, correction, "또 다른 말", images=()) == "images_fixed"


def test_a_correction_of_what_is_gone_does_not_go_out(desk: Desk) -> None:
    post = desk.published()
    correction = desk.correct(post, "다른 말")
    scheduled = desk.edit(correction, "다른 말", scheduled_at=desk.clock() + timedelta(hours=1))
    desk.approve(scheduled)
    desk.withdraw(post)
    desk.send()
    desk.clock.forward(hours=1)
    correction = desk.now(correction)
    assert (correction.state, correction.failure) == ("failed", "original_gone")
    assert refusal(desk.approve, desk.edit(correction, "다른 말")) == "original_gone"


def test_a_post_whose_answer_was_lost_waits_for_a_person(desk: Desk) -> None:
    post = desk.approved()
    with desk.database.transaction() as session:
        mark_unsure(session, outgoing=lease_next(session, now=desk.clock()), failure="no answer")
    post = desk.now(post)
    assert (post.state, desk.lease()) == ("unsure", None)
    assert refusal(desk.withdraw, post) == "unsure"
    assert refusal(desk.edit, post, "다른 말") == "not_a_draft"
    assert refusal(desk.approve, post) == "not_a_draft"
    assert refusal(desk.resolve, post, ["abc"]) == "message_id_malformed"
    assert refusal(desk.resolve, post, []) == "message_id_malformed"
    with desk.database.reading() as session:
        assert [each.id for each in list_posts(session, state="unsure")] == [post.id]


def test_a_person_found_it_there(desk: Desk) -> None:
    post = desk.approved()
    with desk.database.transaction() as session:
        mark_unsure(session, outgoing=lease_next(session, now=desk.clock()), failure="no answer")
    desk.now(post)
    desk.resolve(post, ["11"])
    assert refusal(desk.resolve, post, ["11"]) == "not_unsure"
    assert desk.send().part == 1
    assert (desk.now(post).state, desk.now(post).message_ids) == ("sent", ["11"])


def test_a_person_did_not_find_it_there(desk: Desk) -> None:
    post = desk.approved()
    with desk.database.transaction() as session:
        mark_unsure(session, outgoing=lease_next(session, now=desk.clock()), failure="no answer")
    desk.clock.forward(hours=30)
    desk.now(post)
    desk.resolve(post, None)
    desk.now(post)
    outgoing = desk.send("11")
    assert (outgoing.part, outgoing.maybe_sent) == (0, False)
    assert desk.now(post).state == "sent"


def test_every_step_is_in_the_log_with_who_did_it(desk: Desk) -> None:
    post = desk.edit(desk.draft(), "다른 말")
    desk.approve(post)
    desk.send("11")
    desk.withdraw(desk.now(post))
    desk.send()
    desk.now(post)
    a, b = f"officer:{desk.a}", f"officer:{desk.b}"
    assert desk.history(post) == [
        (a, "post.draft"),
        (a, "post.edit"),
        (b, "post.approve"),
        ("system", "post.sent"),
        (a, "post.withdraw"),
        ("system", "post.withdrawn"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PostContent("  \n"), "empty_post"),
        (PostContent("가" * 10_001), "too_long"),
        (PostContent("주민번호 900101-1234568"), "resident_number"),
        (PostContent("말", link=Link("자세히", "javascript:alert(1)")), "link_malformed"),
        (PostContent("말", link=Link("", "https://city.example")), "link_malformed"),
        (PostContent("말", images=(Image(999, "없는 사진"),)), "photo_missing"),
        (PostContent("말", images=(Image(1, " "),)), "alt_missing"),
        (PostContent("말", images=(Image(1, "사진"),) * 11), "too_many_photos"),
    ],
)
def test_what_cannot_be_published_is_refused_at_the_draft(desk: Desk, content, code) -> None:
    assert refusal(desk.draft, content) == code


def test_a_citizens_picture_is_never_shown_to_everybody(desk: Desk) -> None:
    with desk.database.transaction() as session:
        picture = make_picture(session, source="citizen")
        film = make_picture(session, media_type="video/mp4")
    for each in (picture, film):
        assert refusal(desk.draft, PostContent("말", (Image(each, "사진"),))) == "photo_missing"


def test_no_control_character_can_hide_words_from_a_preview(desk: Desk) -> None:
    assert desk.draft(PostContent("앞\x1b[8m뒤\x00\r\n끝")).text == "앞[8m뒤\n끝"


def test_another_channel_is_refused(desk: Desk) -> None:
    with desk.database.transaction() as session, pytest.raises(Refused, match="channel_unknown"):
        draft_post(
            session,
            channel="web",
            address="a",
            content=WORDS,
            author_id=desk.a,
            now=desk.clock(),
        )


def test_nobody_takes_the_channel_over_to_speak_without_approval(desk: Desk) -> None:
    desk.published()
    with desk.database.transaction() as session:
        place = session.scalars(select(Conversation)).one()
        with pytest.raises(Refused, match="public_channel"):
            take(
                session,
                conversation_id=place.id,
                officer_id=desk.a,
                notice=Reply("왔어요"),
                now=desk.clock(),
            )


def test_a_post_that_is_not_there_is_said_so(desk: Desk) -> None:
    with desk.database.transaction() as session, pytest.raises(Refused, match="post_unknown"):
        follow_post(session, post_id=404, now=desk.clock())
