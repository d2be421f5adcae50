"""Consents, contacts, links and the copy, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.case_contacts import change_contact
from core.case_links import link_case, linked_cases, unlink_case
from core.consent_texts import CONTACT, NOTICE, text_of
from core.consents import holds, record_consent, was_withdrawn, withdraw_consent
from core.data_links import make_data_link, use_data_link
from core.database import Database
from core.errors import Refused
from core.models import AuditEntry, Case, CaseLink, Consent, VaultItem
from core.my_data_export import export_my_data
from tests.builders import (
    CODES,
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_turn,
    make_vault,
    sample_city,
)

NOW = MONDAY_TEN


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Conversation 1 has a case with a contact, conversation 2 has nothing."""
    database = make_database(tmp_path)
    with database.transaction() as session:
        talk = make_conversation(session)
        make_vault().keep(session, conversation_id=talk.id, kind="phone", value="010", now=NOW)
        make_case(session, turn=make_turn(session, conversation=talk))
        make_conversation(session, address="b" * 64)
    yield database
    database.dispose()


def test_a_consent_holds_for_its_version_and_until_it_is_taken_back(database: Database) -> None:
    text = text_of(sample_city().consents, CONTACT)
    with database.transaction() as session:
        for _ in range(2):
            record_consent(session, conversation_id=1, text=text, how="form", now=NOW)
        assert len(session.scalars(select(Consent)).all()) == 1
        assert holds(session, conversation_id=1, text=text)
        assert not holds(session, conversation_id=1, text=replace(text, version="9"))
        numbers = withdraw_consent(session, conversation_id=1, kind=CONTACT, by="citizen", now=NOW)
        assert numbers == [session.scalars(select(Case.number)).one()]
        assert (
            withdraw_consent(session, conversation_id=1, kind=CONTACT, by="citizen", now=NOW) == []
        )
        assert was_withdrawn(session, conversation_id=1, kind=CONTACT)
        lines = session.scalars(select(AuditEntry.action)).all()
        assert lines == ["consent.withdraw"]
        with pytest.raises(Refused, match="consent_unknown"):
            withdraw_consent(session, conversation_id=1, kind=NOTICE, by="citizen", now=NOW)


def test_a_changed_contact_empties_the_old_one_only_when_no_case_uses_it(
    database: Database,
) -> None:
    with database.transaction() as session:
        second = make_turn(session, conversation=make_conversation(session))
        make_case(session, turn=second)
        token = make_vault().keep(session, conversation_id=1, kind="phone", value="011", now=NOW)
        assert len(change_contact(session, conversation_id=1, token=token, now=NOW)) == 2
        assert change_contact(session, conversation_id=1, token=token, now=NOW) == []
        kept = session.scalars(select(VaultItem.token).where(VaultItem.erased_at.is_(None))).all()
        assert kept == [token]


def test_a_case_is_linked_once_undone_and_linked_again(database: Database) -> None:
    with database.transaction() as session:
        case = session.scalars(select(Case)).one()
        code = CODES.make(turn_id=case.turn_id, number=case.number)

        def link(code: str) -> Case | None:
            return link_case(
                session,
                city=sample_city(),
                codes=CODES,
                conversation_id=2,
                number=case.number,
                code=code,
                now=NOW,
            )

        assert link("WRON-GCOD") is None
        assert linked_cases(session, conversation_id=2) == []
        assert link(code) == link(code) == case
        (row,) = session.scalars(select(CaseLink))
        with pytest.raises(Refused, match="link_unknown"):
            unlink_case(session, link_id=row.id, by_conversation_id=99, now=NOW)
        unlink_case(session, link_id=row.id, by_conversation_id=1, now=NOW)
        assert linked_cases(session, conversation_id=2) == []
        assert link(code) == case
        assert linked_cases(session, conversation_id=2) == [case]


def test_of_many_who_open_a_link_at_once_one_gets_the_copy(database: Database) -> None:
    with database.transaction() as session:
        token = make_data_link(session, conversation_id=1, now=NOW)
    got: list[int | None] = []

    def use() -> None:
        with database.transaction() as session:
            got.append(use_data_link(session, token=token, now=NOW + timedelta(minutes=1)))

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(got, key=str) == [1, *[None] * 5]


def test_the_copy_of_one_conversation_names_no_other(database: Database) -> None:
    with database.transaction() as session:
        for conversation_id in (1, 2):
            copy = export_my_data(
                session,
                vault=make_vault(),
                city=sample_city(),
                conversation_id=conversation_id,
                how="json",
                file_address=lambda file: str(file.id),
                now=NOW,
            )
            assert len(copy.data["cases"]) == (1 if conversation_id == 1 else 0)
            assert [each["value"] for each in copy.data["personal_data"]] == (
                ["010"] if conversation_id == 1 else []
            )
        with pytest.raises(Refused, match="conversation_unknown"):
            export_my_data(
                session,
                vault=make_vault(),
                city=sample_city(),
                conversation_id=99,
                how="json",
                file_address=lambda file: str(file.id),
                now=NOW,
            )
