"""Posts: nothing public without a second person, the approval binds to the words, once is once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.deliveries import BROADCAST, lease_next, mark_failed
from core.errors import Refused
from core.handovers import take
from core.models.conversation import Conversation
from core.models.post import Post
from core.post_content import PostContent
from core.posts import draft_post, follow_post
from core.replies import Image, Link, Reply
from tests.core.post_desk import WORDS, Desk, make_picture, open_desk, refusal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


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
