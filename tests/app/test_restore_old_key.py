"""A backup from the middle of a change of keys: it comes back with the old key too, and not without it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sqlalchemy import select

from app.backup import make_backup
from app.backup_manifest import BackupFailure
from app.restore import restore
from app.settings import Settings
from app.wiring import build_parts
from core.models.vault import VaultItem
from tests.app.test_backup import NOW, PHONE, lose, one_city, settings, settings_of, template

__all__ = ["one_city", "settings", "template"]
NEW_KEY = base64.b64encode(b"n" * 32).decode()
NEW_PHONE = "010-2222-2222"


@pytest.fixture
def changing(settings: Settings) -> Settings:
    """The settings while keys change: one item is sealed with the old key, one with the new."""
    changing = settings.model_copy(
        update={"vault_key": NEW_KEY, "vault_old_keys": settings.vault_key}
    )
    parts = build_parts(changing)
    with parts.database.transaction() as session:
        parts.vault.keep(session, conversation_id=1, kind="phone", value=NEW_PHONE, now=NOW)
    with parts.database.reading() as session:
        ids = set(session.scalars(select(VaultItem.key_id)))
    assert len(ids) == 2
    parts.close()
    return changing


def phones(settings: Settings) -> list[str]:
    parts = build_parts(settings)
    with parts.database.transaction() as session:
        found = [
            parts.vault.reveal(
                session, conversation_id=1, token=token, purpose="시험", actor="test", now=NOW
            )
            for token in ("⟦전화1⟧", "⟦전화2⟧")
        ]
    parts.close()
    return found


def test_with_both_keys_everything_opens_after_a_restore(
    changing: Settings, tmp_path: Path
) -> None:
    make_backup(changing, tmp_path / "b", now=NOW)
    restore(changing, tmp_path / "b", now=NOW, force=True)
    assert phones(changing) == [PHONE, NEW_PHONE]


def test_the_kept_keys_bring_the_old_one_along(changing: Settings, tmp_path: Path) -> None:
    make_backup(changing, tmp_path / "b", now=NOW, key_to=tmp_path / "keys")
    lose(changing)
    elsewhere = settings_of(tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "b", now=NOW, key_from=tmp_path / "keys")
    # A demo keeps them beside its secrets; what starts next reads them from there.
    assert phones(Settings.load(environment="test", var_dir=elsewhere.var_dir)) == [
        PHONE,
        NEW_PHONE,
    ]


def test_without_the_old_key_nothing_is_changed_and_its_id_is_told(
    changing: Settings, tmp_path: Path
) -> None:
    parts = build_parts(changing)
    old = parts.vault.keys.old[0].key_id
    parts.close()
    make_backup(changing, tmp_path / "b", now=NOW)
    alone = changing.model_copy(update={"vault_old_keys": ""})
    before = (changing.var_dir / "sotong.db").read_bytes()
    with pytest.raises(BackupFailure, match=old):
        restore(alone, tmp_path / "b", now=NOW, force=True)
    assert (changing.var_dir / "sotong.db").read_bytes() == before
    assert phones(changing) == [PHONE, NEW_PHONE]
