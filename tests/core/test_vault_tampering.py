"""Whoever can write to the database cannot make the vault say something else: it says that it was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import PermanentFailure, Refused
from core.models.vault import VaultItem, VaultKey
from core.vault import VAULT_KEY, AesGcmCipher, KeyRing, Vault
from core.vault_rotation import check_keys, look_at_keys
from tests.builders import MONDAY_TEN, make_conversation, make_database

A, B = AesGcmCipher(b"a" * 32), AesGcmCipher(b"b" * 32)
RING = KeyRing(A, (B,))
VALUES = ("01011112222", "01033334444")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        for address in ("1", "2"):
            talk = make_conversation(session, address=address)
            for value in VALUES:
                Vault(RING).keep(
                    session, conversation_id=talk.id, kind="phone", value=value, now=MONDAY_TEN
                )
    yield database
    database.dispose()


def change(database: Database, do: Callable[[list[VaultItem]], None]) -> None:
    with database.transaction() as session:
        do(list(session.scalars(select(VaultItem).order_by(VaultItem.id))))


def reveal(database: Database, token: str = "⟦전화1⟧") -> str:
    with database.transaction() as session:
        return Vault(RING).reveal(
            session,
            conversation_id=1,
            token=token,
            purpose="시험",
            actor="officer:1",
            now=MONDAY_TEN,
        )


def swap_in_one_conversation(items: list[VaultItem]) -> None:
    items[0].ciphertext, items[1].ciphertext = items[1].ciphertext, items[0].ciphertext


def swap_between_conversations(items: list[VaultItem]) -> None:
    items[0].ciphertext, items[2].ciphertext = items[2].ciphertext, items[0].ciphertext


def swap_the_tokens(items: list[VaultItem]) -> None:
    items[0].token = "⟦전화9⟧"
    items[1].token, items[0].ciphertext = "⟦전화1⟧", items[1].ciphertext


def cut_the_end(items: list[VaultItem]) -> None:
    items[0].ciphertext = items[0].ciphertext[:-1]


def cut_to_the_nonce(items: list[VaultItem]) -> None:
    items[0].ciphertext = items[0].ciphertext[:12]


def cut_into_the_nonce(items: list[VaultItem]) -> None:
    items[0].ciphertext = items[0].ciphertext[:5]


def cut_to_nothing(items: list[VaultItem]) -> None:
    items[0].ciphertext = b""


def add_a_byte(items: list[VaultItem]) -> None:
    items[0].ciphertext += b"0"


def turn_a_bit(items: list[VaultItem]) -> None:
    sealed = bytearray(items[0].ciphertext)
    sealed[14] ^= 1
    items[0].ciphertext = bytes(sealed)


def turn_a_bit_of_the_nonce(items: list[VaultItem]) -> None:
    sealed = bytearray(items[0].ciphertext)
    sealed[0] ^= 1
    items[0].ciphertext = bytes(sealed)


def name_another_key_that_is_here(items: list[VaultItem]) -> None:
    items[0].key_id = B.key_id


def name_a_key_that_is_nowhere(items: list[VaultItem]) -> None:
    items[0].key_id = "0" * 8


def seal_it_with_a_key_of_ones_own(items: list[VaultItem]) -> None:
    items[0].ciphertext = AesGcmCipher(b"x" * 32).encrypt(
        b"01099998888", "sotong:1:⟦전화1⟧".encode()
    )


TAMPERINGS = (
    swap_in_one_conversation,
    swap_between_conversations,
    swap_the_tokens,
    cut_the_end,
    cut_to_the_nonce,
    cut_into_the_nonce,
    cut_to_nothing,
    add_a_byte,
    turn_a_bit,
    turn_a_bit_of_the_nonce,
    name_another_key_that_is_here,
    name_a_key_that_is_nowhere,
    seal_it_with_a_key_of_ones_own,
)


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda do: do.__name__)
def test_what_was_changed_does_not_open_and_is_told_without_its_words(
    database: Database, tampering: Any
) -> None:
    assert reveal(database) == VALUES[0]
    change(database, tampering)
    with pytest.raises(PermanentFailure) as told:
        reveal(database)
    assert told.value.code == VAULT_KEY
    assert not any(value in str(told.value) for value in (*VALUES, "01099998888"))


def test_an_item_without_a_keys_name_opens_only_what_was_sealed_for_its_place(
    database: Database,
) -> None:
    """Every key is tried then, and none makes a moved value readable."""

    def forget_the_key(items: list[VaultItem]) -> None:
        for item in items:
            item.key_id = ""

    change(database, forget_the_key)
    assert reveal(database) == VALUES[0]
    change(database, swap_in_one_conversation)
    with pytest.raises(PermanentFailure):
        reveal(database)


def test_an_erased_item_that_is_filled_again_stays_erased(database: Database) -> None:
    def fill(items: list[VaultItem]) -> None:
        items[0].erased_at = MONDAY_TEN

    change(database, fill)
    with pytest.raises(Refused):
        reveal(database)


def test_a_canary_that_was_changed_stops_the_service(database: Database) -> None:
    """The row of a key proves that the key is the right one; whoever changes it is found out."""
    with database.transaction() as session:
        assert check_keys(session, KeyRing(A), now=MONDAY_TEN) == []
    with database.transaction() as session:
        row = session.get_one(VaultKey, A.key_id)
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    with database.transaction() as session, pytest.raises(PermanentFailure):
        look_at_keys(session, KeyRing(A))
