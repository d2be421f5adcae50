"""Erasing through the web chat, a real Rasa and a real worker: the talk is gone everywhere, the case is not."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.models import Conversation, Erasure, Turn
from tests.journeys.talk import Talk
from tests.stack import MODEL_VAR, Stack, wait_until

WORDS = "맨홀 뚜껑이 덜컹거려요"


@pytest.fixture
def talk(stack: Stack) -> Iterator[Talk]:
    database = stack.database()
    yield Talk(stack.citizen(uuid.uuid4().hex), database)
    database.dispose()


def wait_erased(talk: Talk, conversation_id: int) -> None:
    def done() -> bool:
        with talk.database.reading() as session:
            return bool(
                session.scalars(
                    select(Erasure.done_at).where(Erasure.conversation_id == conversation_id)
                ).first()
            )

    wait_until(done, seconds=60.0, what="the erasure")


def rasa_remembers(stack: Stack, conversation_id: int) -> bool:
    """Whether Rasa's own store holds an event of the conversation."""
    files = [*stack.settings.var_dir.rglob("tracker.db"), *MODEL_VAR.rglob("tracker.db")]
    for file in files:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            if connection.execute(
                "SELECT count(*) FROM events WHERE sender_id = ?", (f"c{conversation_id}",)
            ).fetchone()[0]:
                return True
    return False


def test_after_the_yes_the_talk_is_gone_and_the_next_word_begins_anew(
    stack: Stack, talk: Talk
) -> None:
    talk.say(f"시청역 앞 {WORDS}")
    conversation_id = talk.conversation_id()
    assert rasa_remembers(stack, conversation_id)
    talk.say("내 정보 지워 주세요")
    assert "곧 지울게요" in talk.press_title("모두 지워")[-1]
    wait_erased(talk, conversation_id)
    assert not rasa_remembers(stack, conversation_id)
    with talk.database.reading() as session:
        turns = session.scalars(select(Turn).where(Turn.conversation_id == conversation_id))
        assert {turn.text for turn in turns} == {""}
        assert session.get_one(Conversation, conversation_id).mode == "closed"
    assert "어디" not in "\n".join(talk.say("안녕하세요"))
    with talk.database.reading() as session:
        newest = session.scalars(select(Turn).order_by(Turn.id.desc()).limit(1)).one()
        assert newest.conversation_id != conversation_id


def test_a_filed_case_stays_and_its_contact_goes(stack: Stack, talk: Talk) -> None:
    talk.say(f"시청역 앞 {WORDS}")
    talk.fill_until(None)
    (case,) = talk.cases()
    assert case.contact_token is not None
    told = "\n".join(talk.say("제 개인정보 삭제해 주세요"))
    assert case.number in told
    talk.press_title("모두 지워")
    wait_erased(talk, talk.conversation_id())
    (after,) = talk.cases()
    assert (after.number, after.contact_token) == (case.number, None)
    assert WORDS in after.what
