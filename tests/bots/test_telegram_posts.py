"""Posts in a Telegram channel: what followers see, which ids are kept, what happens when it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.web_sender import WebSender
from core.deliveries import Outgoing
from core.errors import PermanentFailure
from core.models.conversation import Conversation, Delivery
from core.posts import follow_post
from core.replies import Reply
from tests.bots.newsroom import LINK, Newsroom, open_newsroom
from tests.builders import MONDAY_TEN
from tests.peers.telegram_sim import Limits, TelegramSim


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramSim]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with TelegramSim() as sim:
        yield sim
        assert sim.violations == []


@pytest.fixture
def room(sim: TelegramSim, tmp_path: Path) -> Iterator[Newsroom]:
    with open_newsroom(sim, tmp_path) as made:
        yield made


def test_an_approved_text_stands_in_the_channel_once_and_its_id_is_kept(room: Newsroom) -> None:
    post = room.publish("5월 7일 수도 점검 <10시> & 안내", link=LINK)
    room.work()
    (seen,) = room.shown()
    assert seen.text == "5월 7일 수도 점검 <10시> & 안내"
    assert [(b.text, b.url) for row in seen.buttons for b in row] == [(LINK.title, LINK.url)]
    assert (post.state, post.message_ids) == ("sent", [str(seen.message_id)])


def test_nothing_stands_there_before_the_approval(room: Newsroom) -> None:
    room.draft("아직")
    room.work()
    assert (room.channel.messages, room.sim.requests) == ([], [])


def test_a_photo_goes_with_its_words_and_its_id_is_kept(room: Newsroom) -> None:
    photo = room.photo("green")
    post = room.publish("공원이 새로 열려요", photo)
    (seen,) = room.shown()
    assert (seen.kind, seen.text, seen.photo) == (
        "photo",
        "공원이 새로 열려요",
        room.bytes_of(photo),
    )
    assert post.message_ids == [str(seen.message_id)]


def test_every_id_of_an_album_is_kept(room: Newsroom) -> None:
    photos = [room.photo(colour) for colour in ("red", "green", "blue")]
    post = room.publish("세 곳이 달라졌어요", *photos)
    (seen,) = room.shown()
    assert seen.items == [room.bytes_of(photo) for photo in photos]
    assert post.message_ids == [str(seen.message_id + n) for n in range(3)]
    assert set(map(int, post.message_ids)) == set(room.channel.stored)


def test_the_ids_of_an_album_and_of_the_words_after_it_are_kept_in_order(room: Newsroom) -> None:
    post = room.publish("가" * 5000, room.photo("red"), room.photo("blue"), link=LINK)
    assert [seen.kind for seen in room.shown()] == ["album", "text", "text"]
    assert post.message_ids == ["1", "2", "3", "4"]


def test_a_correction_changes_a_text_in_place(room: Newsroom) -> None:
    post = room.publish("5월 7일에 점검해요")
    correction = room.correct(post, "5월 8일에 점검해요", link=LINK)
    room.approve(correction)
    room.work()
    (seen,) = room.shown()
    assert (seen.text, seen.edited, len(seen.buttons)) == ("5월 8일에 점검해요", True, 1)
    assert room.now(post).state == "corrected"
    correction = room.now(correction)
    assert (correction.state, correction.message_ids) == ("sent", post.message_ids)


@pytest.mark.parametrize("colours", [("red",), ("red", "blue")])
def test_a_correction_changes_the_words_under_pictures(room: Newsroom, colours) -> None:
    photos = [room.photo(colour) for colour in colours]
    post = room.publish("틀린 말", *photos)
    correction = room.correct(post, "맞는 말", *photos)
    room.approve(correction)
    room.work()
    (seen,) = room.shown()
    assert (seen.text, seen.items) == ("맞는 말", [room.bytes_of(photo) for photo in photos])
    assert room.now(correction).message_ids == post.message_ids


def test_a_correction_of_a_long_post_changes_every_message_of_it(room: Newsroom) -> None:
    photos = room.photo("red"), room.photo("blue")
    post = room.publish("가" * 5000, *photos)
    correction = room.correct(post, "나" * 5000, *photos)
    room.approve(correction)
    room.clock.forward(minutes=1)
    room.work()
    assert "".join(seen.text for seen in room.shown()) == "나" * 5000
    assert room.now(correction).message_ids == post.message_ids


def test_a_correction_that_says_the_same_is_done(room: Newsroom) -> None:
    post = room.publish("같은 말")
    correction = room.correct(post, "같은 말")
    room.approve(correction)
    room.work()
    assert room.now(correction).state == "sent"


def test_what_cannot_be_changed_in_place_is_left_as_it_is(room: Newsroom) -> None:
    post = room.publish("짧은 말")
    correction = room.correct(post, "긴 말 " * 1500)
    room.approve(correction)
    room.work()
    assert [seen.text for seen in room.shown()] == ["짧은 말"]
    correction = room.now(correction)
    assert (correction.state, correction.failure, room.now(post).state) == (
        "failed",
        "cannot_edit",
        "sent",
    )


def test_a_lost_answer_to_a_correction_is_simply_tried_again(room: Newsroom) -> None:
    post = room.publish("틀린 말")
    correction = room.correct(post, "맞는 말")
    room.sim.drop_answer("editMessageText")
    room.approve(correction)
    room.work()
    assert room.now(correction).state == "approved"
    room.clock.forward(seconds=10)
    room.work()
    assert room.now(correction).state == "sent"
    assert [seen.text for seen in room.shown()] == ["맞는 말"]


def test_a_withdrawn_post_goes_from_the_channel_with_all_its_messages(room: Newsroom) -> None:
    post = room.publish("가" * 2000, room.photo("red"), room.photo("blue"))
    assert len(room.channel.stored) == 3
    room.withdraw(post)
    room.work()
    assert (room.shown(), room.channel.stored) == ([], {})
    assert room.now(post).state == "withdrawn"
    room.withdraw(post)
    room.work()
    assert len(room.sim.calls("deleteMessages")) == 1


def test_a_lost_answer_to_a_deletion_is_simply_tried_again(room: Newsroom) -> None:
    post = room.publish("틀린 말")
    room.sim.drop_answer("deleteMessages")
    room.withdraw(post)
    room.work()
    assert room.now(post).state == "sent"
    room.clock.forward(seconds=10)
    room.work()
    assert room.now(post).state == "withdrawn"


def test_a_post_too_old_to_delete_says_so_and_can_be_withdrawn_after_a_hand_did_it(
    room: Newsroom,
) -> None:
    post = room.publish("오래된 말")
    room.sim.fail(
        "deleteMessages", 400, description="Bad Request: message can't be deleted for everyone"
    )
    room.withdraw(post)
    room.work()
    post = room.now(post)
    assert (post.state, post.failure) == ("sent", "message_too_old")
    room.channel.stored.clear()
    room.withdraw(post)
    room.work()
    assert room.now(post).state == "withdrawn"


def test_withdrawing_before_the_worker_looked_keeps_the_channel_empty(room: Newsroom) -> None:
    post = room.draft("나가면 안 되는 말")
    room.approve(post)
    room.withdraw(post)
    room.work()
    assert (room.channel.messages, room.now(post).state) == ([], "withdrawn")


def test_half_a_post_can_be_withdrawn(room: Newsroom) -> None:
    room.sim.fail("sendMessage", 429, retry_after=60)
    post = room.publish("가" * 2000, room.photo("red"))
    assert [seen.kind for seen in room.shown()] == ["photo"]
    room.withdraw(post)
    room.clock.forward(minutes=2)
    room.work()
    assert (room.shown(), room.now(post).state) == ([], "withdrawn")
    assert len(room.sim.calls("sendMessage")) == 1


def test_a_lost_answer_is_unsure_and_never_sent_again_by_itself(room: Newsroom) -> None:
    room.sim.drop_answer("sendMessage")
    post = room.publish("한 번만")
    assert post.state == "unsure"
    for _ in range(3):
        room.clock.forward(hours=12)
        room.work()
    assert len(room.sim.calls("sendMessage")) == 1
    assert room.now(post).state == "unsure"


def test_a_worker_that_died_while_sending_leaves_an_unsure_post(room: Newsroom) -> None:
    post = room.draft("한 번만")
    room.approve(post)
    with room.database.transaction() as session:
        delivery = session.get_one(Delivery, room.now(post).delivery_id)
        delivery.state, delivery.leased_until = "sending", room.clock()
    room.clock.forward(seconds=31)
    room.work()
    assert (room.now(post).state, room.channel.messages) == ("unsure", [])


def test_what_a_person_found_in_the_channel_counts_as_sent(room: Newsroom) -> None:
    room.sim.drop_answer("sendMediaGroup")
    post = room.publish("가" * 2000, room.photo("red"), room.photo("blue"))
    assert post.state == "unsure"
    room.resolve(post, "1", "2")
    room.work()
    post = room.now(post)
    # What came after the lost album goes out now, and nothing twice.
    assert (post.state, post.message_ids) == ("sent", ["1", "2", "3"])
    assert [seen.kind for seen in room.shown()] == ["album", "text"]


def test_a_lost_last_message_that_is_there_needs_nothing_more(room: Newsroom) -> None:
    room.sim.drop_answer("sendMessage")
    post = room.publish("한 번만")
    room.resolve(post, "1")
    room.work()
    post = room.now(post)
    assert (post.state, post.message_ids) == ("sent", ["1"])
    assert len(room.sim.calls("sendMessage")) == 1


def test_what_a_person_did_not_find_goes_out_as_it_was_approved(room: Newsroom) -> None:
    room.sim.refuse_connection("sendMessage")
    post = room.publish("다시 한 번")
    assert post.state == "unsure"
    room.resolve(post)
    room.work()
    assert [seen.text for seen in room.shown()] == ["다시 한 번"]
    assert room.now(post).message_ids == ["1"]


def test_a_post_waits_as_long_as_telegram_says(room: Newsroom) -> None:
    room.sim.fail("sendMessage", 429, retry_after=30)
    post = room.publish("천천히")
    assert (post.state, room.channel.messages) == ("approved", [])
    room.clock.forward(seconds=20)
    room.work()
    assert len(room.sim.calls("sendMessage")) == 1
    room.clock.forward(seconds=11)
    room.work()
    assert (room.now(post).state, len(room.shown())) == ("sent", 1)


def test_a_bot_without_rights_fails_the_post_and_another_approval_tries_again(
    room: Newsroom,
) -> None:
    room.sim.fail("sendMessage", 400, description="Bad Request: need administrator rights")
    post = room.publish("권한")
    assert (post.state, post.failure) == ("failed", "no_rights")
    with room.database.reading() as session:
        assert session.query(Conversation).one().mode == "closed"
    room.approve(post)
    room.work()
    assert (room.now(post).state, len(room.shown())) == ("sent", 1)


def test_a_channel_that_cannot_change_messages_says_so() -> None:
    outgoing = Outgoing(1, 1, "web", "a", Reply("말"), 1, 1, False, action="delete", targets=("1",))
    with pytest.raises(PermanentFailure, match="cannot_edit"):
        WebSender().send(outgoing)


def test_a_post_of_many_messages_keeps_the_pace_of_a_group(room: Newsroom) -> None:
    room.sim.limits = Limits()

    def seconds() -> float:
        return (room.clock() - MONDAY_TEN).total_seconds()

    room.sim.now = seconds
    for number in range(8):
        room.publish(f"소식 {number}")
    for _ in range(20):
        room.clock.forward(seconds=2)
        room.work()
    assert [seen.text for seen in room.shown()] == [f"소식 {number}" for number in range(8)]
    assert room.sim.error_counts["sendMessage", 429] == 0


def test_the_state_is_right_for_whoever_asks_before_the_worker(room: Newsroom) -> None:
    post = room.draft("물어보기")
    room.approve(post)
    room.dispatcher.dispatch_due()
    with room.database.transaction() as session:
        assert follow_post(session, post_id=post.id, now=room.clock()).state == "sent"
