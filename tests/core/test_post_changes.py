"""Posts after the approval: corrected, withdrawn, half sent, or nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.deliveries import (
    lease_next,
    mark_failed,
    mark_unsure,
    postpone,
)
from core.post_queries import list_posts
from core.replies import Image
from tests.core.post_desk import WORDS, Desk, make_picture, open_desk, refusal


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as made:
        yield made


def test_what_is_going_out_cannot_be_edited_or_withdrawn_at_that_moment(desk: Desk) -> None:
    post = desk.approved()
    assert desk.lease() is not None
    assert refusal(desk.edit, post, "다른 말") == "going_out"
    assert refusal(desk.withdraw, post) == "going_out"


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
