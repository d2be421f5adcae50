"""Personal data: encrypted, found by token and conversation only, every look written down."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from core.audit import record_audit
from core.audit_chain import first_broken_entry
from core.database import Database
from core.errors import PermanentFailure, Refused
from core.models.vault import AuditEntry, VaultItem
from core.vault import AesGcmCipher, Vault
from tests.builders import MONDAY_TEN, make_conversation, make_database, make_vault

PHONE = "01012345678"


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


def _keep(session, vault: Vault, value: str = PHONE, address: str = "a" * 64) -> tuple[int, str]:
    talk = make_conversation(session, address=address)
    token = vault.keep(session, conversation_id=talk.id, kind="phone", value=value, now=MONDAY_TEN)
    return talk.id, token


def _reveal(session, vault: Vault, talk: int, token: str, purpose: str = "회신 전화") -> str:
    return vault.reveal(
        session,
        conversation_id=talk,
        token=token,
        purpose=purpose,
        actor="officer:1",
        now=MONDAY_TEN,
    )


def test_a_value_comes_back_by_its_token_and_nothing_readable_lies_in_the_database(
    database: Database, tmp_path
) -> None:
    vault = make_vault()
    with database.transaction() as session:
        talk, token = _keep(session, vault)
        assert token == "⟦전화1⟧"
        assert _reveal(session, vault, talk, token) == PHONE
    database.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PHONE.encode() not in stored


def test_the_same_value_twice_is_one_token_and_another_value_is_the_next(
    database: Database,
) -> None:
    vault = make_vault()
    with database.transaction() as session:
        tokens = [_keep(session, vault, value)[1] for value in (PHONE, PHONE, "01099998888")]
    assert tokens == ["⟦전화1⟧", "⟦전화1⟧", "⟦전화2⟧"]


def test_a_token_means_nothing_in_another_conversation(database: Database) -> None:
    vault = make_vault()
    with database.transaction() as session:
        _keep(session, vault)
        stranger = make_conversation(session, address="b" * 64).id
        with pytest.raises(Refused) as refused:
            _reveal(session, vault, stranger, "⟦전화1⟧")
    assert refused.value.code == "token_unknown"


def test_a_sealed_value_moved_to_another_conversation_does_not_open(database: Database) -> None:
    vault = make_vault()
    with database.transaction() as session:
        _, _ = _keep(session, vault)
        stranger = make_conversation(session, address="b" * 64).id
        session.execute(update(VaultItem).values(conversation_id=stranger))
        with pytest.raises(PermanentFailure):
            _reveal(session, vault, stranger, "⟦전화1⟧")


def test_nobody_looks_without_a_purpose_and_every_look_is_in_the_audit_log(
    database: Database,
) -> None:
    vault = make_vault()
    with database.transaction() as session:
        talk, token = _keep(session, vault)
        with pytest.raises(Refused) as refused:
            _reveal(session, vault, talk, token, purpose="  ")
        assert refused.value.code == "purpose_missing"
        _reveal(session, vault, talk, token)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.actor, entry.action, entry.purpose) == (
            "officer:1",
            "vault.reveal",
            "회신 전화",
        )
        assert PHONE not in entry.subject


def test_another_key_says_that_the_key_does_not_fit(database: Database) -> None:
    with database.transaction() as session:
        talk, token = _keep(session, make_vault())
        other = Vault(AesGcmCipher(b"x" * 32))
        with pytest.raises(PermanentFailure) as failure:
            _reveal(session, other, talk, token)
    assert failure.value.code == "vault_key"


@pytest.mark.parametrize("broken", ["change", "drop"])
def test_the_first_changed_or_missing_line_of_the_audit_log_is_named(
    database: Database, broken
) -> None:
    with database.transaction() as session:
        entries = [
            record_audit(session, actor="officer:1", action="look", subject=str(n), now=MONDAY_TEN)
            for n in range(5)
        ]
        assert first_broken_entry(session) is None
    with database.transaction() as session:
        if broken == "change":
            session.execute(
                update(AuditEntry).where(AuditEntry.id == entries[2].id).values(subject="x")
            )
            expected = entries[2].id
        else:
            session.delete(session.get_one(AuditEntry, entries[2].id))
            session.flush()
            expected = entries[3].id
        session.expire_all()
        assert first_broken_entry(session) == expected
