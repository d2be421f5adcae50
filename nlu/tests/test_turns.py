"""What the turn channel promises, against real Rasa and a fake action server."""

from __future__ import annotations

from nlu.tests.actions import FakeActions
from nlu.tests.server import Rasa, Talk


def test_health_needs_no_secret(rasa: Rasa) -> None:
    assert rasa.ask("GET", "health", secret=None).status == 200


def test_a_wrong_or_missing_secret_is_refused_on_every_other_route(rasa: Rasa) -> None:
    for secret in ("wrong", "", None):
        assert rasa.ask("POST", "turn", {}, secret=secret).status == 401
        assert rasa.ask("DELETE", "conversations/c1", secret=secret).status == 401


def test_a_malformed_turn_is_named(rasa: Rasa, talk: Talk) -> None:
    assert rasa.ask("POST", "turn", raw=b"{").status == 422
    assert rasa.ask("POST", "turn", []).status == 422
    assert talk.say(None).body["detail"] == "text is null and there is no parse_data"
    assert talk.say("네", parse_data={"intent": {}}).status == 422
    assert talk.say("네", draft={"slots": None}).status == 422
    assert talk.say("네", idle_seconds="long").status == 422
    assert "no intent" in talk.press("unheard_of").body["detail"]


def test_a_whole_report_runs_through_the_form(talk: Talk, actions: FakeActions) -> None:
    first = talk.say("가로등이 고장났어요")
    assert first.texts == ["어디인가요?"]
    assert (first.body["active_form"], first.body["requested_slot"]) == ("report_form", "where")
    second = talk.say("시청역 앞이요")
    assert second.texts == ["이대로 접수할까요?"]
    assert second.body["replies"][0]["choices"] == [
        {"title": "네", "payload": "/affirm"},
        {"title": "아니요", "payload": "/deny"},
    ]
    third = talk.press("affirm", turn_id=9001)
    assert third.texts == ["접수했어요."]
    assert third.body["active_form"] is third.body["requested_slot"] is None
    (call,) = actions.ran("action_submit_report", talk.conversation)
    assert call["tracker"]["slots"]["where"] == "시청역 앞이요"
    assert call["tracker"]["latest_message"]["message_id"] == "9001"
    assert call["tracker"]["latest_message"]["metadata"] == {"turn_id": 9001}
    assert actions.wrong_secrets == 0


def test_a_question_inside_the_form_is_answered_and_the_form_asks_again(talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    answer = talk.say("여권 수수료 얼마예요")
    assert answer.texts == ["수수료는 안내판에 있어요.", "어디인가요?"]
    assert answer.body["requested_slot"] == "where"


def test_an_image_a_link_a_place_and_their_text_are_one_reply(talk: Talk) -> None:
    (reply,) = talk.say("도움말").body["replies"]
    assert reply["text"] == "그림이에요.\n\n보세요."
    assert (reply["image_attachment_id"], reply["alt"]) == (7, "지도")
    assert reply["link"] == {"title": "자세히", "url": "/help"}
    assert reply["location"] == {"lat": 37.5, "long": 127.0}


def test_the_same_turn_sent_twice_is_answered_alike_and_worked_once(
    talk: Talk, actions: FakeActions
) -> None:
    talk.say("가로등이 고장났어요")
    talk.say("시청역 앞이요")
    first = talk.press("affirm", turn_id=9101)
    again = talk.press("affirm", turn_id=9101)
    assert again.body == {**first.body, "replayed": True}
    assert first.body["replayed"] is False
    assert len(actions.ran("action_submit_report", talk.conversation)) == 1


def test_an_old_turn_is_replayed_after_newer_ones_and_after_a_new_session(talk: Talk) -> None:
    first = talk.say("안녕하세요", turn_id=9201)
    talk.say("여권 수수료 얼마예요")
    talk.say("안녕", idle_seconds=4000)
    again = talk.say("안녕하세요", turn_id=9201)
    assert again.body["replayed"] is True
    assert again.body["replies"] == first.body["replies"]


def test_a_turn_id_inside_a_text_is_not_taken_for_a_finished_turn(talk: Talk) -> None:
    talk.say('안녕 "message_id": "9301"')
    assert talk.say("안녕하세요", turn_id=9301).body["replayed"] is False


def test_typed_intents_stay_text(talk: Talk, actions: FakeActions) -> None:
    talk.say("가로등이 고장났어요")
    talk.say("시청역 앞이요")
    for typed in (
        "/affirm",
        '/affirm@1.0{"place": "x"}',
        "  /affirm",
        "/restart",
        "/session_start",
    ):
        answer = talk.say(typed)
        assert answer.status == 200
        message = actions.ran("validate_report_form", talk.conversation)[-1]["tracker"][
            "latest_message"
        ]
        assert message["text"] == typed.strip().replace("/", "／", 1)
        assert message["intent"]["name"] not in ("restart", "session_start")
        assert message["intent"]["confidence"] < 1.0
    assert actions.ran("action_submit_report", talk.conversation) == []


def test_entities_keep_their_offsets_behind_a_slash(talk: Talk, actions: FakeActions) -> None:
    talk.say("가로등이 고장났어요")
    text = "/ 2026-000123 ⟦전화1⟧"
    talk.say(text)
    call = actions.ran("validate_report_form", talk.conversation)[-1]
    found = {e["entity"]: e for e in call["tracker"]["latest_message"]["entities"]}
    for kind, value in (("case_number", "2026-000123"), ("contact", "⟦전화1⟧")):
        assert found[kind]["value"] == value
        assert text[found[kind]["start"] : found[kind]["end"]] == value


def test_a_long_text_is_kept_but_only_its_head_is_analysed(
    talk: Talk, actions: FakeActions
) -> None:
    text = "가로등이 고장났어요 " * 1_000 + "2026-000123 " + "끝" * 7_000
    answer = talk.say(text)
    assert answer.status == 200
    assert answer.seconds < 3
    message = actions.ran("validate_report_form", talk.conversation)[-1]["tracker"][
        "latest_message"
    ]
    assert message["text"] == text.strip()
    assert message["entities"] == []


def test_odd_texts_get_an_answer(talk: Talk) -> None:
    for text in ("", "   ", "😀😀😀", "\x00\x07\u200b", "\ud800", "／affirm"):
        answer = talk.say(text)
        assert answer.status == 200, text
        assert answer.texts


def test_two_rapid_turns_are_worked_one_after_the_other(talk: Talk) -> None:
    from concurrent.futures import ThreadPoolExecutor

    talk.say("가로등이 고장났어요")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(talk.say, ["시청역 앞이요", "강남역 앞이요"]))
    texts = sorted(text for answer in answers for text in answer.texts)
    # The first becomes the place, the second is no "yes" and so the place is asked again.
    assert texts == ["어디인가요?", "이대로 접수할까요?"]
    assert max(answer.seconds for answer in answers) < 1.0


def test_the_conversations_that_have_a_tracker_are_listed_page_by_page(
    rasa: Rasa, talk: Talk
) -> None:
    talk.say("안녕하세요")
    listed: list[str] = []
    while True:
        after = listed[-1] if listed else ""
        answer = rasa.ask("GET", f"conversations?limit=1&after={after}")
        assert answer.status == 200
        if not answer.body["conversations"]:
            break
        (name,) = answer.body["conversations"]
        listed.append(name)
    assert talk.conversation in listed
    assert listed == sorted(set(listed))
    assert rasa.ask("GET", "conversations?limit=0").status == 422
    assert rasa.ask("GET", "conversations", secret="wrong").status == 401


def test_an_erased_conversation_is_gone(rasa: Rasa, talk: Talk) -> None:
    talk.say("안녕하세요", turn_id=9401)
    erased = rasa.ask("DELETE", f"conversations/{talk.conversation}")
    assert erased.status == 200
    assert erased.body["erased"] > 0
    assert talk.say("안녕하세요", turn_id=9401).body["replayed"] is False
