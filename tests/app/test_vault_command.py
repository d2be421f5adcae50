"""The vault's keys as an operator sets them: files, own cryptography, refused starts, `sotong vault`."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app import actions, internal, public, worker
from app.cli.main import run
from app.doctor import Verdict, examine
from app.migrate import upgrade
from app.settings import Settings, SettingsError
from app.vault_keys import check_at_start, make_keys
from app.wiring import build_parts
from core.database import Database
from core.models.vault import AuditEntry, VaultItem
from core.vault import AesGcmCipher
from tests.builders import MONDAY_TEN, ROOT, make_conversation

Tell = Callable[..., tuple[int, str, str]]
A, B = (base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))
ID_A, ID_B = (AesGcmCipher(letter * 32).key_id for letter in (b"a", b"b"))
OWN = "tests.app.own_cipher:OwnCipher"


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A migrated database that key A has written."""
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.setenv("SOTONG_VAULT_KEY", A)
    upgrade(Settings.load())
    return tmp_path / "var"


@pytest.fixture
def sotong(capfd: pytest.CaptureFixture[str]) -> Tell:
    def tell(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        told = capfd.readouterr()
        return code, told.out, told.err

    return tell


def keep(count: int, **settings: str) -> list[str]:
    parts = build_parts(Settings.load(**settings))
    check_at_start(parts.database, parts.vault.keys, now=parts.now)
    with parts.database.transaction() as session:
        talk = make_conversation(session)
        tokens = [
            parts.vault.keep(
                session,
                conversation_id=talk.id,
                kind="phone",
                value=f"010-0000-{number:04}",
                now=MONDAY_TEN,
            )
            for number in range(count)
        ]
    parts.close()
    return tokens


def reveal(token: str) -> str:
    parts = build_parts(Settings.load())
    with parts.database.transaction() as session:
        value = parts.vault.reveal(
            session,
            conversation_id=1,
            token=token,
            purpose="test",
            actor="test",
            now=MONDAY_TEN,
        )
    parts.close()
    return value


def change_to_b(monkeypatch: pytest.MonkeyPatch, *, old: str = A) -> None:
    monkeypatch.setenv("SOTONG_VAULT_KEY", B)
    monkeypatch.setenv("SOTONG_VAULT_OLD_KEYS", old)


def test_a_key_is_changed_in_three_commands(
    var: Path, sotong: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = keep(3)
    change_to_b(monkeypatch)
    code, told, _ = sotong("vault", "status", "--json")
    data = json.loads(told)
    assert (code, data["current"], data["items"]) == (0, ID_B, 3)
    assert {each["id"]: each["state"] for each in data["keys"]} == {ID_B: "current", ID_A: "in_use"}
    code, told, _ = sotong("vault", "rotate")
    assert (code, told) == (0, f"3 items sealed anew.\nNothing needs any more: {ID_A}.\n")
    code, told, _ = sotong("vault", "status")
    assert (code, "nothing needs it: it may be taken out" in told) == (0, True)
    monkeypatch.setenv("SOTONG_VAULT_OLD_KEYS", "")
    code, told, _ = sotong("vault", "check", "--json")
    assert (code, json.loads(told)["done"], json.loads(told)["ok"]) == (0, 3, True)
    assert reveal(tokens[2]) == "010-0000-0002"


def test_a_rotation_that_was_killed_goes_on(
    var: Path, sotong: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = keep(6)
    change_to_b(monkeypatch)
    command = [sys.executable, "-m", "app.cli.main", "vault", "rotate", "--batch", "2"]
    environment = os.environ | {"SOTONG_FAILPOINT": "vault_batch_sealed:2"}
    killed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    database = Database(Settings.load().database_url)
    with database.reading() as session:
        ids = list(session.scalars(select(VaultItem.key_id).order_by(VaultItem.id)))
    database.dispose()
    assert ids == [ID_B] * 4 + [ID_A] * 2
    assert [reveal(token) for token in (tokens[0], tokens[5])] == ["010-0000-0000", "010-0000-0005"]
    code, told, _ = sotong("vault", "rotate", "--json")
    assert (code, json.loads(told)["done"], json.loads(told)["retirable"]) == (0, 2, [ID_A])


@pytest.mark.parametrize(
    "start", [public.make_app, internal.make_app, actions.make_app, worker.run]
)
def test_no_process_starts_with_the_wrong_key(
    var: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[Settings], object]
) -> None:
    keep(1)
    monkeypatch.setenv("SOTONG_VAULT_KEY", B)
    with pytest.raises(SettingsError) as refused:
        start(Settings.load())
    assert f"written with the vault key {ID_A}, and you gave {ID_B}" in str(refused.value)
    assert A not in str(refused.value)
    assert B not in str(refused.value)


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "public"),
        ("serve", "internal"),
        ("serve", "actions"),
        ("worker",),
        ("vault", "status"),
        ("cases",),
    ],
)
def test_in_production_nothing_starts_without_a_key(
    var: Path, sotong: Tell, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "production")
    monkeypatch.setenv("SOTONG_VAULT_KEY", "")
    for name in ("TURN_SECRET", "ACTIONS_SECRET", "COOKIE_SECRET"):
        monkeypatch.setenv(f"SOTONG_{name}", f"{name.lower()} for tests of production")
    code, _, err = sotong(*command)
    assert code == 2
    assert "SOTONG_VAULT_KEY must be set" in err
    assert not (var / "secrets" / "vault_key").exists()


def test_the_doctor_explains_a_wrong_and_a_missing_key(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(1)

    def verdict() -> tuple[Verdict, str]:
        found = next(each for each in examine(load=Settings.load) if each.name == "vault key")
        return found.verdict, found.text

    assert verdict()[0] is Verdict.OK
    monkeypatch.setenv("SOTONG_VAULT_KEY", B)
    assert verdict()[0] is Verdict.FAIL
    assert f"written with the vault key {ID_A}" in verdict()[1]
    keep(1, vault_old_keys=A)
    assert verdict()[0] is Verdict.FAIL
    assert f"items need the key {ID_A}, which is not here" in verdict()[1]


def test_keys_come_from_a_file_too(
    var: Path, sotong: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tokens = keep(1)
    monkeypatch.delenv("SOTONG_VAULT_KEY")
    file = tmp_path / "vault.keys"
    file.write_text(f"# the keys of the vault\n{B}\n\n{A}  # until the rotation\n")
    monkeypatch.setenv("SOTONG_VAULT_KEYS_FILE", str(file))
    assert reveal(tokens[0]) == "010-0000-0000"
    code, told, _ = sotong("vault", "status", "--json")
    assert (code, json.loads(told)["current"]) == (0, ID_B)
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "production")
    monkeypatch.setenv("SOTONG_VAULT_KEYS_FILE", str(tmp_path / "none"))
    code, _, err = sotong("vault", "status")
    assert code == 2
    assert "none cannot be read (No such file or directory)" in err
    file.write_text(f"{B}\nbm9uZQ==\n")
    monkeypatch.setenv("SOTONG_VAULT_KEYS_FILE", str(file))
    code, _, err = sotong("vault", "status")
    assert (code, "key 2 of" in err, "bm9uZQ" in err) == (2, True, False)


def test_a_citys_own_cryptography_seals_and_opens(
    var: Path, sotong: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTONG_VAULT_CIPHER", OWN)
    tokens = keep(2)
    assert reveal(tokens[1]) == "010-0000-0001"
    database = Database(Settings.load().database_url)
    with database.reading() as session:
        item = session.get_one(VaultItem, 1)
        assert item.key_id.startswith("own-")
        assert item.ciphertext.startswith(b"gAAAA")  # a Fernet token
    database.dispose()
    change_to_b(monkeypatch)
    code, told, _ = sotong("vault", "rotate", "--json")
    assert (code, json.loads(told)["done"]) == (0, 2)
    assert reveal(tokens[1]) == "010-0000-0001"
    monkeypatch.delenv("SOTONG_VAULT_CIPHER")
    with pytest.raises(SettingsError, match="written with the vault key own-"):
        keep(1)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("tests.app.nowhere:Cipher", "cannot be loaded"),
        ("tests.app.own_cipher:Nothing", "cannot be loaded"),
        ("tests.app.own_cipher:make_half", "lacks encrypt, decrypt, fingerprint, key_id"),
    ],
)
def test_cryptography_that_is_not_usable_is_named(var: Path, entry: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        make_keys(Settings.load(vault_cipher=entry))


def test_a_new_key_is_printed_with_its_id_and_kept_nowhere(var: Path, sotong: Tell) -> None:
    code, told, _ = sotong("vault", "new-key", "--json")
    made = json.loads(told)
    assert code == 0
    assert make_keys(Settings.load(vault_key=made["key"])).current.key_id == made["id"]
    assert not any(made["key"].encode() in f.read_bytes() for f in var.rglob("*") if f.is_file())


def test_a_lost_key_can_be_given_up_with_a_reason(
    var: Path, sotong: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(2)
    assert sotong("vault", "give-up", ID_A, "--reason", "lost", "--yes")[0] == 2
    monkeypatch.setenv("SOTONG_VAULT_KEY", B)
    assert sotong("vault", "give-up", ID_A, "--reason", " ", "--yes")[0] == 2
    code, told, _ = sotong("vault", "give-up", ID_A, "--reason", "금고 화재", "--yes")
    assert (code, told) == (0, f"{ID_A} is given up; 2 items stay closed.\n")
    code, told, _ = sotong("vault", "status")
    assert (code, "what it sealed stays closed" in told) == (0, True)
    database = Database(Settings.load().database_url)
    with database.reading() as session:
        line = session.scalars(select(AuditEntry)).one()
        assert (line.action, line.purpose, line.place) == ("vault.key_lost", "금고 화재", "cli")
    database.dispose()
