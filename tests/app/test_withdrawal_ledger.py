"""A consent that was taken back stays taken back when an older backup is put in place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.backup import make_backup
from app.erasure_ledger import read_ledger
from app.restore import restore
from app.settings import Settings
from app.withdrawal_ledger import WithdrawalLedger, read_withdrawals
from core.consent_texts import CONTACT, text_of
from core.consents import find_consent, record_consent, withdraw_consent
from core.database import Database
from core.errors import TemporaryFailure
from core.models import Case
from core.models.vault import VaultItem
from tests.app.test_backup import NOW, lose, one_city, settings, template
from tests.builders import sample_city

__all__ = ["one_city", "settings", "template"]
LATER = NOW + timedelta(hours=1)


def agree(database: Database, *, at: object = NOW) -> None:
    with database.transaction() as session:
        text = text_of(sample_city().consents, CONTACT)
        record_consent(session, conversation_id=1, text=text, how="form", now=at)


def take_back(database: Database) -> None:
    with database.transaction() as session:
        withdraw_consent(session, conversation_id=1, kind=CONTACT, by="conversation:1", now=LATER)


def contact(database: Database) -> tuple[str | None, bytes, bool]:
    """The case's token, what the vault has of it, and whether a consent holds."""
    with database.reading() as session:
        return (
            session.scalars(select(Case.contact_token)).one(),
            session.scalars(select(VaultItem.ciphertext).where(VaultItem.kind == "phone")).one(),
            find_consent(session, conversation_id=1, kind=CONTACT) is not None,
        )


def test_a_withdrawal_after_the_backup_is_done_again(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings.database_url)
    agree(database)
    make_backup(settings, tmp_path / "b", now=NOW)
    take_back(database)
    database.dispose()
    done = restore(settings, tmp_path / "b", now=LATER, force=True, by="cli:test")
    assert done.withdrawn_again == [1]
    assert contact(database) == (None, b"", False)
    database.dispose()


def test_the_list_knows_it_when_the_database_is_lost(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings.database_url)
    agree(database)
    make_backup(settings, tmp_path / "b", now=NOW)
    take_back(database)
    file = tmp_path / "elsewhere.jsonl"
    ledger = WithdrawalLedger(file)
    assert [ledger.note_new(database) for _ in range(2)] == [1, 0]
    # A worker that starts anew notes nothing twice.
    assert WithdrawalLedger(file).note_new(database) == 0
    assert len(read_withdrawals(file)) == 1
    assert read_ledger(file) == []
    database.dispose()
    with file.open("a") as half:
        half.write('\n{"withdrawn": "contact", "conv')  # the power went
    secrets = {path.name: path.read_text() for path in settings.secrets_dir.iterdir()}
    lose(settings)
    settings.secrets_dir.mkdir(parents=True)
    for name, value in secrets.items():
        (settings.secrets_dir / name).write_text(value)
    listed = settings.model_copy(update={"erasure_ledger": file})
    assert restore(listed, tmp_path / "b", now=LATER).withdrawn_again == [1]
    assert contact(database) == (None, b"", False)
    database.dispose()


def test_who_agreed_again_before_the_backup_is_not_taken_back(
    settings: Settings, tmp_path: Path
) -> None:
    database = Database(settings.database_url)
    agree(database)
    take_back(database)
    agree(database, at=LATER + timedelta(minutes=1))
    make_backup(settings, tmp_path / "b", now=LATER)
    database.dispose()
    done = restore(settings, tmp_path / "b", now=LATER, force=True, by="cli:test")
    assert done.withdrawn_again == []
    assert contact(database)[2]
    database.dispose()


def test_what_cannot_be_written_is_noted_at_the_next_pass(
    settings: Settings, tmp_path: Path
) -> None:
    database = Database(settings.database_url)
    agree(database)
    take_back(database)
    blocked = tmp_path / "no folder"
    blocked.write_text("a file")
    ledger = WithdrawalLedger(blocked / "list.jsonl")
    with pytest.raises(TemporaryFailure):
        ledger.note_new(database)
    blocked.unlink()
    assert ledger.note_new(database) == 1
    database.dispose()
