"""What must not happen twice does not happen twice, however two transactions overlap: the first has
written and not yet committed when the second begins.

On SQLite the second waits at its beginning, on PostgreSQL at the lock that the rule takes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bots.telegram_sender import PACE
from core.audit import record_audit
from core.audit_chain import first_broken_entry
from core.case_flags import settle_flag
from core.case_queries import look_up
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.conversations import (
    close_conversation,
    lease_conversation,
    record_turn,
)
from core.database import Database
from core.deliveries import enqueue, lease_next, mark_sent
from core.drafts import save_draft
from core.erasure import erase_conversation, request_erasure
from core.errors import Refused
from core.handovers import open_handover
from core.inbound import RemoteFile, TurnKind
from core.leases import hold_lease
from core.models.base import Base
from core.models.case import Case, CaseFlag, CaseRating, LookupAttempt
from core.models.conversation import ChannelPace, Conversation, Delivery, Draft, Handover, Turn
from core.models.erasure import Erasure
from core.officer_sessions import use_form
from core.officers import create_officer, disable_officer, seed_roles
from core.posts import approve_post, correct_post, draft_post, follow_post, withdraw_post
from core.publishing_rules import ALWAYS
from core.ratings import record_rating
from core.replies import Reply
from dialogue.door import Door
from tests.builders import (
    CODES,
    MONDAY_TEN,
    Clock,
    NoHash,
    make_case,
    make_conversation,
    make_database,
    make_message,
    make_officer,
    make_result,
    make_turn,
    make_vault,
    sample_city,
)
from tests.core.post_desk import WORDS

Work = Callable[[Session], Any]
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def overlapping(database: Database, first: Work, second: Work) -> tuple[Any, Any]:
    """Both in transactions of their own; the first commits once the second waits for it or has ended.

    Returns what they return, or the Refused that they raise.
    """
    written, begun = threading.Event(), threading.Event()

    def run_first() -> Any:
        with database.transaction() as session:
            try:
                result = first(session)
                session.flush()
            finally:
                written.set()
            assert begun.wait(10)
            _until_waiting_or_done(database, done)
        return result

    def run_second() -> Any:
        assert written.wait(10)
        begun.set()
        with database.transaction() as session:
            result = second(session)
            session.flush()
        return result

    with ThreadPoolExecutor(2) as pool:
        done = pool.submit(_refusal, run_second)
        return _refusal(run_first), done.result(20)


def _refusal(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Refused as refused:
        return refused.code


def _until_waiting_or_done(database: Database, done: Any) -> None:
    if database.is_sqlite:
        time.sleep(0.03)  # Nothing shows that the other waits at its beginning.
        return
    deadline = time.monotonic() + 10
    while not done.done() and time.monotonic() < deadline:
        with database.engine.connect() as connection:
            if connection.execute(WAITING).scalar():
                return
        time.sleep(0.005)


def count(database: Database, model: type[Base]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def both(database: Database, work: Work) -> tuple[Any, Any]:
    return overlapping(database, work, work)


def prepared(database: Database, make: Work) -> Any:
    with database.transaction() as session:
        return make(session)


# ---- conversations and turns --------------------------------------------------------------------


def test_two_first_messages_begin_one_conversation(database: Database) -> None:
    a, b = both(database, lambda session: make_conversation(session).id)
    assert a == b
    assert count(database, Conversation) == 1


def test_a_message_that_comes_twice_at_once_is_one_turn(database: Database) -> None:
    message = make_message()

    def record(session: Session) -> Any:
        return record_turn(
            session,
            conversation=make_conversation(session),
            message=message,
            text="같은 글",
            now=MONDAY_TEN,
        )

    a, b = both(database, record)
    assert (a.turn_id, a.duplicate, b.duplicate) == (b.turn_id, False, True)
    assert count(database, Turn) == 1


def test_a_message_that_comes_at_once_under_two_addresses_is_one_turn(database: Database) -> None:
    def record(address: str) -> Work:
        return lambda session: record_turn(
            session,
            conversation=make_conversation(session, address=address),
            message=make_message(address=address, external_id="one"),
            text="같은 글",
            now=MONDAY_TEN,
        )

    a, b = overlapping(database, record("old"), record("new"))
    assert (a.turn_id, b.duplicate) == (b.turn_id, True)


def test_all_parts_of_an_album_that_come_at_once_are_kept(database: Database) -> None:
    door = Door(database=database, vault=make_vault(), city=sample_city(), now=Clock())

    def receive(number: int) -> Any:
        return door.receive(
            make_message(
                external_id="album",
                part=str(number),
                kind=TurnKind.PHOTO,
                text="",
                files=(RemoteFile(f"file {number}"),),
            )
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(receive, range(8)))
    with database.reading() as session:
        turn = session.scalars(select(Turn)).one()
        assert sorted(turn.parts) == sorted(map(str, range(8)))
        assert len(turn.files) == 8


def test_one_conversation_is_leased_to_one(database: Database) -> None:
    talk = prepared(database, lambda session: make_conversation(session).id)
    leases = both(
        database,
        lambda session: lease_conversation(session, conversation_id=talk, now=MONDAY_TEN),
    )
    assert [lease is None for lease in leases] == [False, True]


def test_a_conversation_that_is_erased_meanwhile_is_not_gone_on_with(database: Database) -> None:
    def prepare(session: Session) -> int:
        talk = make_conversation(session).id
        request_erasure(session, conversation_id=talk, by="citizen", now=MONDAY_TEN)
        return talk

    old = prepared(database, prepare)
    _, new = overlapping(
        database,
        lambda session: erase_conversation(session, conversation_id=old, now=MONDAY_TEN),
        lambda session: make_conversation(session).id,
    )
    assert new != old


# ---- vault and audit log ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "token"), [("010-0000-0001", "⟦전화2⟧"), ("010-0000-0000", "⟦전화1⟧")]
)
def test_numbers_kept_at_once_get_tokens_of_their_own(
    database: Database, other: str, token: str
) -> None:
    talk = prepared(database, lambda session: make_conversation(session).id)

    def keep(value: str) -> Work:
        return lambda session: make_vault().keep(
            session, conversation_id=talk, kind="phone", value=value, now=MONDAY_TEN
        )

    assert overlapping(database, keep("010-0000-0000"), keep(other)) == ("⟦전화1⟧", token)


def test_two_writers_do_not_fork_the_audit_log(database: Database) -> None:
    both(
        database,
        lambda session: record_audit(
            session, actor="test", action="look", subject="case:1", now=MONDAY_TEN
        ),
    )
    with database.reading() as session:
        assert first_broken_entry(session) is None


# ---- deliveries ---------------------------------------------------------------------------------


def say(session: Session, key: str, address: str = "a") -> int:
    return enqueue(
        session,
        conversation=make_conversation(session, address=address),
        reply=Reply(key),
        kind="notice",
        dedupe_key=key,
        now=MONDAY_TEN,
    ).id


def test_the_same_message_decided_twice_at_once_goes_out_once(database: Database) -> None:
    a, b = both(database, lambda session: say(session, "once"))
    assert a == b
    assert count(database, Delivery) == 1


def test_ids_of_a_conversation_come_in_the_order_in_which_they_can_be_seen(
    database: Database,
) -> None:
    """A browser asks for what came after the last id that it knows."""
    seen: list[int] = []

    def late(session: Session) -> int:
        mine = say(session, "second")
        with database.reading() as other:
            seen.extend(other.scalars(select(Delivery.id)))
        return mine

    first, second = overlapping(database, lambda session: say(session, "first"), late)
    assert first < second
    assert seen == [first]


def test_one_delivery_is_leased_to_one_and_the_next_of_its_conversation_to_nobody(
    database: Database,
) -> None:
    def prepare(session: Session) -> None:
        for key, address in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            say(session, key, address)

    prepared(database, prepare)
    a, b = both(database, lambda session: lease_next(session, now=MONDAY_TEN))
    assert (a.reply.text, b.reply.text) == ("a1", "b1")


def test_the_first_two_messages_of_a_channel_both_count_in_its_pace(database: Database) -> None:
    def prepare(session: Session) -> None:
        for address in ("a", "b"):
            enqueue(
                session,
                conversation=make_conversation(session, channel="telegram", address=address),
                reply=Reply(address),
                kind="notice",
                dedupe_key=address,
                now=MONDAY_TEN,
            )

    prepared(database, prepare)
    both(
        database,
        lambda session: lease_next(
            session, now=MONDAY_TEN, channels={"telegram": PACE}, ahead=timedelta(seconds=1)
        ),
    )
    with database.reading() as session:
        used = session.get_one(ChannelPace, "telegram").paced_until
    assert used == MONDAY_TEN + 2 * PACE.overall.interval


def test_a_channel_that_closes_while_its_messages_are_leased_locks_nobody_out(
    database: Database,
) -> None:
    def prepare(session: Session) -> int:
        say(session, "one")
        return make_conversation(session, address="a").id

    talk = prepared(database, prepare)

    def send(session: Session) -> Any:
        outgoing = lease_next(session, now=MONDAY_TEN)
        assert outgoing is not None
        return outgoing

    outgoing, _ = overlapping(
        database,
        send,
        lambda session: close_conversation(session, conversation_id=talk, reason="blocked"),
    )
    with database.transaction() as session:
        assert mark_sent(session, outgoing=outgoing, provider_id=None, now=MONDAY_TEN)


# ---- one open … per conversation ----------------------------------------------------------------


def test_a_draft_saved_twice_at_once_is_one_draft(database: Database) -> None:
    talk = prepared(database, lambda session: make_conversation(session).id)
    both(
        database,
        lambda session: save_draft(
            session, conversation_id=talk, slots={"what": "등"}, requested_slot=None, now=MONDAY_TEN
        ),
    )
    assert count(database, Draft) == 1


def test_a_person_asked_for_twice_at_once_is_asked_for_once(database: Database) -> None:
    talk = prepared(database, lambda session: make_conversation(session).id)
    both(
        database,
        lambda session: open_handover(
            session, conversation_id=talk, reason="citizen", now=MONDAY_TEN
        ),
    )
    assert count(database, Handover) == 1


def test_an_erasure_asked_for_twice_at_once_is_one(database: Database) -> None:
    talk = prepared(database, lambda session: make_conversation(session).id)
    both(
        database,
        lambda session: request_erasure(
            session, conversation_id=talk, by="citizen", now=MONDAY_TEN
        ),
    )
    assert count(database, Erasure) == 1


# ---- cases --------------------------------------------------------------------------------------


def test_one_turn_worked_twice_at_once_opens_one_case(database: Database) -> None:
    turn = prepared(database, make_turn)
    a, b = both(database, lambda session: make_case(session, turn=turn))
    assert (a.case.number, a.repeated, b.repeated) == (b.case.number, False, True)
    assert count(database, Case) == 1


def test_the_first_two_cases_of_a_year_get_two_numbers(database: Database) -> None:
    turns = prepared(
        database,
        lambda session: [
            make_turn(session, conversation=make_conversation(session, address=each))
            for each in ("a", "b")
        ],
    )
    a, b = overlapping(
        database,
        lambda session: make_case(session, turn=turns[0]).case.number,
        lambda session: make_case(session, turn=turns[1]).case.number,
    )
    assert [a, b] == ["2026-000001", "2026-000002"]


def test_of_two_citizens_at_once_the_one_who_makes_it_many_is_seen_by_both(
    database: Database,
) -> None:
    """The fourth and the fifth on one matter: whoever comes second counts the other one too."""
    here = {"lat": 37.5657, "long": 126.9769}

    def prepare(session: Session) -> list[Turn]:
        talks = [make_conversation(session, address=each) for each in "abcde"]
        turns = [make_turn(session, conversation=talk) for talk in talks]
        for turn in turns[:3]:
            make_case(session, turn=turn, **here)
        return turns[3:]

    fourth, fifth = prepared(database, prepare)
    overlapping(
        database,
        lambda session: make_case(session, turn=fourth, **here).case.id,
        lambda session: make_case(session, turn=fifth, **here).case.id,
    )
    with database.reading() as session:
        flags = session.scalars(select(CaseFlag).order_by(CaseFlag.case_id)).all()
    assert [(flag.case_id, flag.kind, flag.count) for flag in flags] == [
        (case_id, "joint", 5) for case_id in range(1, 6)
    ]


def test_a_flag_settled_while_another_case_joins_it_stays_settled(database: Database) -> None:
    here = {"lat": 37.5657, "long": 126.9769}

    def prepare(session: Session) -> Turn:
        talks = [make_conversation(session, address=each) for each in "abcdef"]
        turns = [make_turn(session, conversation=talk) for talk in talks]
        for turn in turns[:5]:
            make_case(session, turn=turn, **here)
        return turns[5]

    sixth = prepared(database, prepare)
    overlapping(
        database,
        lambda session: settle_flag(
            session,
            case_id=1,
            flag_id=1,
            actor=Actor("officer", "1", "한아름"),
            reason="함께 처리함",
            now=MONDAY_TEN,
        ),
        lambda session: make_case(session, turn=sixth, **here),
    )
    with database.reading() as session:
        flags = {flag.case_id: flag for flag in session.scalars(select(CaseFlag))}
    assert len(flags) == 6
    assert flags[1].settled_at == MONDAY_TEN
    assert all(flags[number].settled_at is None for number in range(2, 7))


def test_of_two_changes_of_a_case_the_second_sees_the_first(database: Database) -> None:
    case = prepared(database, lambda session: make_case(session).case)

    def change(session: Session) -> Any:
        session.get_one(Case, case.id)  # Looked at before, as a page does.
        return change_status(
            session,
            city=sample_city(),
            case_id=case.id,
            to=CaseStatus.ANSWERED,
            actor=Actor("officer", "1", "담당관"),
            reason="확인",
            note="고쳤습니다.",
            now=MONDAY_TEN,
        ).version

    assert both(database, change) == (2, "illegal_change")


def test_an_erasure_and_a_change_of_its_case_do_not_wait_for_each_other(
    database: Database,
) -> None:
    def prepare(session: Session) -> Case:
        case = make_case(session).case
        request_erasure(session, conversation_id=case.conversation_id, by="citizen", now=MONDAY_TEN)
        return case

    case = prepared(database, prepare)

    def erase(session: Session) -> None:
        erase_conversation(session, conversation_id=case.conversation_id, now=MONDAY_TEN)

    overlapping(database, lambda session: make_result(session, case=case) and None, erase)
    with database.reading() as session:
        assert session.get_one(Conversation, case.conversation_id).mode == "closed"
        assert session.get_one(Case, case.id).status == "answered"


def test_a_result_rated_twice_at_once_has_one_rating(database: Database) -> None:
    case = prepared(database, make_result)
    both(
        database,
        lambda session: record_rating(
            session,
            conversation_id=case.conversation_id,
            number=case.number,
            score=4,
            reason="시민이 점수를 줌",
            now=MONDAY_TEN,
        ),
    )
    assert count(database, CaseRating) == 1


def test_guesses_at_once_do_not_slip_past_the_lock(database: Database) -> None:
    def prepare(session: Session) -> str:
        number = make_case(session).case.number
        for _ in range(99):
            session.add(LookupAttempt(number=number, at=MONDAY_TEN))
        return number

    number = prepared(database, prepare)

    def guess(session: Session) -> Any:
        return look_up(session, codes=CODES, number=number, code="AAAAAAAA", now=MONDAY_TEN)

    assert both(database, guess) == (None, "lookup_locked")


# ---- posts --------------------------------------------------------------------------------------


def _sent_post(session: Session) -> tuple[int, int, int]:
    a, b = make_officer(session), make_officer(session)
    post = draft_post(
        session, channel="telegram", address="@city", content=WORDS, author_id=a, now=MONDAY_TEN
    )
    _approve(session, post.id, b)
    outgoing = lease_next(session, now=MONDAY_TEN)
    assert outgoing is not None
    mark_sent(session, outgoing=outgoing, provider_id="11", now=MONDAY_TEN)
    session.expire_all()
    follow_post(session, post_id=post.id, now=MONDAY_TEN)
    return post.id, a, b


def _approve(session: Session, post_id: int, approver: int) -> None:
    post = follow_post(session, post_id=post_id, now=MONDAY_TEN)
    approve_post(
        session,
        post_id=post_id,
        approver_id=approver,
        content_hash=post.content_hash,
        now=MONDAY_TEN,
        rules=ALWAYS,
    )


def test_of_two_corrections_at_once_one_is_refused(database: Database) -> None:
    post, a, _ = prepared(database, _sent_post)
    assert both(
        database,
        lambda session: (
            correct_post(
                session, post_id=post, content=WORDS, author_id=a, now=MONDAY_TEN
            ).corrects_post_id
        ),
    ) == (post, "correction_open")


def test_a_post_is_not_withdrawn_while_its_correction_is_approved(database: Database) -> None:
    post, a, b = prepared(database, _sent_post)
    correction = prepared(
        database,
        lambda session: (
            correct_post(session, post_id=post, content=WORDS, author_id=a, now=MONDAY_TEN).id
        ),
    )
    assert overlapping(
        database,
        lambda session: _approve(session, correction, b),
        lambda session: withdraw_post(session, post_id=post, officer_id=b, now=MONDAY_TEN),
    ) == (None, "correction_open")


def test_an_approval_given_twice_at_once_is_one_delivery(database: Database) -> None:
    def prepare(session: Session) -> tuple[int, int]:
        a, b = make_officer(session), make_officer(session)
        post = draft_post(
            session, channel="telegram", address="@city", content=WORDS, author_id=a, now=MONDAY_TEN
        )
        return post.id, b

    post, b = prepared(database, prepare)
    assert both(database, lambda session: _approve(session, post, b)) == (None, None)
    assert count(database, Delivery) == 1


# ---- officers -----------------------------------------------------------------------------------


def test_of_two_officers_with_one_login_one_is_refused(database: Database) -> None:
    prepared(database, seed_roles)

    def create(session: Session) -> Any:
        return create_officer(
            session,
            login="same",
            name="담당",
            role="officer",
            department_id=None,
            password="correct horse battery",
            hasher=NoHash(),
            actor="test",
            now=MONDAY_TEN,
        ).login

    assert both(database, create) == ("same", "login_taken")


def test_two_managers_cannot_close_each_others_account_at_once(database: Database) -> None:
    a, b = prepared(
        database, lambda session: [make_officer(session, role="admin") for _ in range(2)]
    )

    def close(who: int, by: int) -> Work:
        return lambda session: disable_officer(
            session, officer_id=who, actor=f"officer:{by}", now=MONDAY_TEN
        )

    assert overlapping(database, close(a, b), close(b, a)) == (None, "last_admin")


def test_roles_are_put_in_once(database: Database) -> None:
    both(database, seed_roles)


def test_a_button_pressed_twice_at_once_counts_once(database: Database) -> None:
    who = prepared(database, make_officer)
    assert both(
        database,
        lambda session: use_form(session, token="f" * 32, officer_id=who, now=MONDAY_TEN),
    ) == (True, False)


def test_of_two_that_want_a_lease_first_one_gets_it(database: Database) -> None:
    def hold(who: str) -> Work:
        return lambda session: hold_lease(
            session, name="polling", holder=who, now=MONDAY_TEN, lasts=timedelta(seconds=45)
        )

    assert overlapping(database, hold("a"), hold("b")) == (True, False)
