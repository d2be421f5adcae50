"""The bot in groups of Telegram: what it hears, what it says there, and who may go on in private."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core.errors import TemporaryFailure
from core.handovers import waiting
from core.models.conversation import Conversation
from dialogue.rasa import Understood
from tests.bots.contract import picture
from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import until
from tests.peers.telegram_groups import Group
from tests.peers.telegram_sim import Seen, TelegramSim

GROUP = -1_005_001
REPORT = "신고는 개인 대화에서 받아요"
WORDS = "시청역 앞 가로등이 꺼졌어요"


def group_of(house: TelegramHouse, number: int = GROUP) -> Group:
    return house.sim.group(number)


def link_in(seen: Seen) -> str:
    """What the only button of the answer carries into the private chat."""
    ((button,),) = seen.buttons
    assert button.callback_data is None
    head, _, payload = (button.url or "").partition("?start=")
    assert head == "https://t.me/sotong_test_bot"
    return payload


def invite(house: TelegramHouse, words: str = WORDS) -> str:
    """A link for what the citizen said in the group."""
    group = group_of(house)
    house.citizen().send_text_in(group, words, mention=True)
    return link_in(group.wait_count(1)[-1])


def settle_without_answer(house: TelegramHouse) -> None:
    house.sim.wait_delivered()
    house.settle()


# ---- what it hears ------------------------------------------------------------------------------


def test_what_is_not_said_to_the_bot_leaves_no_row(telegram: TelegramHouse) -> None:
    group, user = group_of(telegram), telegram.citizen()
    own = user.send_text_in(group, "010-2345-6789로 전화 주세요")
    user.send_text_in(group, "그 가로등이요?", reply_to=own)
    user.send_text_in(group, "@another_bot 가로등이 꺼졌어요")
    user.send_text_in(group, "@sotong_test_bots 가로등이 꺼졌어요")
    user.send_text_in(group, "/help@another_bot")
    user.send_text_in(group, "/weather 내일")
    user.send_photo(picture(), "가로등", chat=group)
    user.send_location(37.5, 127.0, chat=group)
    user.send_text_in(group, "119에 전화해야 해요. 불이 났어요")
    settle_without_answer(telegram)
    with telegram.database.reading() as session:
        assert session.scalar(select(func.count(Conversation.id))) == 0
    assert telegram.turns() == []
    assert "가로등" not in telegram.everything()
    assert group.messages == []


@pytest.mark.parametrize("how", ["mention", "particle", "command", "reply"])
def test_who_speaks_to_the_bot_is_answered_with_the_link_and_nothing_else(
    telegram: TelegramHouse, how
) -> None:
    group, user = group_of(telegram), telegram.citizen()
    if how == "mention":
        asked = user.send_text_in(group, WORDS, mention=True)
    elif how == "particle":
        asked = user.send_text_in(group, f"@sotong_test_bot에게 {WORDS}")
    elif how == "command":
        asked = user.send_text_in(group, f"/report@sotong_test_bot {WORDS}")
    else:
        telegram.citizen(7007).send_text_in(group, "안녕하세요", mention=True)
        answer = group.wait_count(1)[0]
        asked = user.send_text_in(group, WORDS, reply_to=answer.message_id)
    seen = group.wait_for(REPORT)
    assert seen.reply_to == asked
    assert "1." not in seen.text
    assert link_in(seen)
    assert telegram.rasa.heard == []
    assert user.messages == []


def test_a_command_without_words_gets_the_way_into_the_private_chat(
    telegram: TelegramHouse,
) -> None:
    group = group_of(telegram)
    telegram.citizen().send_text_in(group, "/help@sotong_test_bot")
    assert link_in(group.wait_count(1)[0])


def test_thanks_are_not_answered_in_front_of_everybody(
    telegram: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram.rasa, "understand", lambda _: Understood("thank", 0.95))
    group = group_of(telegram)
    telegram.citizen().send_text_in(group, "고마워요", mention=True)
    settle_without_answer(telegram)
    assert [turn.state for turn in telegram.turns()] == ["answered"]
    assert group.messages == []


def test_personal_data_in_a_group_is_kept_as_a_token(telegram: TelegramHouse) -> None:
    group = group_of(telegram)
    telegram.citizen().send_text_in(
        group, "가로등이 꺼졌어요. 010-2345-6789, 900101-1234567", mention=True
    )
    seen = group.wait_for(REPORT)
    everything = telegram.everything()
    assert "2345-6789" not in everything
    assert "1234567" not in everything
    assert "전화1" not in seen.text


def test_an_edit_in_a_group_changes_nothing(telegram: TelegramHouse) -> None:
    group, user = group_of(telegram), telegram.citizen()
    message_id = user.send_text_in(group, WORDS, mention=True)
    group.wait_for(REPORT)
    user.edit_text(message_id, "@sotong_test_bot 다른 말", chat=group)
    settle_without_answer(telegram)
    assert [turn.text for turn in telegram.turns()] == [WORDS]
    assert len(group.messages) == 1


def test_posts_of_a_channel_and_what_telegram_makes_of_them_are_ignored(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    channel, group = sim.channel(-1_008_888, "sotong_news"), group_of(telegram)
    channel.post("@sotong_test_bot 새 소식")
    group.linked_channel_post("@sotong_test_bot 새 소식")
    settle_without_answer(telegram)
    assert telegram.turns() == []
    assert group.messages == channel.messages == []


def test_a_comment_under_a_channels_post_is_ignored_unless_it_names_the_bot(
    telegram: TelegramHouse,
) -> None:
    group, user = group_of(telegram), telegram.citizen()
    post = group.linked_channel_post("새 소식")
    user.send_text_in(group, "가로등은 언제 고치나요?", reply_to=post)
    settle_without_answer(telegram)
    assert telegram.turns() == []
    user.send_text_in(group, WORDS, mention=True, reply_to=post)
    assert link_in(group.wait_for(REPORT))


# ---- emergencies and trouble ----------------------------------------------------------------------


def test_an_emergency_in_a_group_is_answered_at_once_without_buttons_and_officers_see_it(
    telegram: TelegramHouse,
) -> None:
    group = group_of(telegram)
    telegram.rasa.gate.clear()
    telegram.citizen().send_text_in(group, "불이 났어요! 도와주세요", mention=True)
    seen = group.wait_for("119", seconds=5)
    assert seen.buttons == []
    with telegram.database.reading() as session:
        assert [handover.emergency for handover in waiting(session)] == [True]
    assert len(group.messages) == 1


def test_while_rasa_is_down_the_link_is_given_all_the_same(
    telegram: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: str) -> Understood:
        raise TemporaryFailure("rasa is down")

    monkeypatch.setattr(telegram.rasa, "understand", down)
    group = group_of(telegram)
    telegram.citizen().send_text_in(group, WORDS, mention=True)
    assert link_in(group.wait_for("개인 대화"))
    settle_without_answer(telegram)
    assert len(group.messages) == 1


def test_a_photo_that_does_not_come_is_no_news_for_a_group(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    group = group_of(telegram)
    sim.fail("getFile", 500, times=None)
    telegram.citizen().send_photo(picture(), f"@sotong_test_bot {WORDS}", chat=group)

    def answered() -> bool:
        telegram.clock.forward(seconds=2)
        return bool(group.messages)

    until(answered)
    assert link_in(group.wait_for(REPORT))
    settle_without_answer(telegram)
    assert len(group.messages) == 1


# ---- into the private chat --------------------------------------------------------------------------


def test_the_author_goes_on_in_private_with_what_was_written(telegram: TelegramHouse) -> None:
    payload = invite(telegram)
    user = telegram.citizen()
    user.start(payload)
    user.wait_for(WORDS)
    user.wait_for("이대로 접수할까요?")
    assert telegram.rasa.heard[0].text == WORDS


@pytest.mark.parametrize("words", [f" {WORDS}", ""], ids=["with words", "without words"])
def test_the_author_goes_on_in_private_with_the_photo(telegram: TelegramHouse, words) -> None:
    group, user = group_of(telegram), telegram.citizen()
    user.send_photo(picture(), f"@sotong_test_bot{words}", chat=group)
    payload = link_in(group.wait_count(1)[0])
    user.start(payload)
    until(lambda: telegram.rasa.heard)
    (public, _) = telegram.turns()
    assert len(public.attachment_ids) == 1
    assert telegram.rasa.heard[0].metadata["attachment_ids"] == public.attachment_ids


def test_nobody_else_goes_on_from_a_citizens_words(telegram: TelegramHouse) -> None:
    payload = invite(telegram)
    stranger = telegram.citizen(6006)
    stranger.start(payload)
    stranger.wait_for("소통 안내봇이에요")
    telegram.settle()
    assert telegram.rasa.heard == []
    assert all(WORDS not in seen.text for seen in stranger.messages)


def test_a_link_whose_number_was_changed_is_a_plain_welcome(telegram: TelegramHouse) -> None:
    payload = invite(telegram)
    number, _, proof = payload.partition("_")
    forged = f"t{int(number[1:]) + 1}_{proof}"
    user = telegram.citizen()
    user.start(forged)
    user.wait_for("소통 안내봇이에요")
    telegram.settle()
    assert telegram.rasa.heard == []
