"""Keys of the vault: several at once, changed while the service runs, wrong ones refused, lost ones told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event, select, update

from core.audit_chain import first_broken_entry
from core.database import Database
from core.errors import PermanentFailure, Refused
from core.models.vault import AuditEntry, VaultItem, VaultKey
from core.vault import TOKEN_NAMES, AesGcmCipher, KeyRing, Vault
from core.vault_rotation import (
    check_keys,
    give_up_key,
    key_figures,
    look_at_keys,
    open_all,
    seal_anew,
)
from tests.builders import MONDAY_TEN, make_conversation, make_database

KEY_A, KEY_B, KEY_C = (letter * 32 for letter in (b"a", b"b", b"c"))
A, B, C = (AesGcmCipher(key) for key in (KEY_A, KEY_B, KEY_C))


def now():
    return MONDAY_TEN


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


@dataclass
class Town:
    """A database with some personal data in it."""

    database: Database

    def keep(self, keys: KeyRing | AesGcmCipher, value: str, kind: str = "phone") -> str:
        with self.database.transaction() as session:
            talk = make_conversation(session)
            return Vault(keys).keep(
                session, conversation_id=talk.id, kind=kind, value=value, now=MONDAY_TEN
            )

    def reveal(self, keys: KeyRing | AesGcmCipher, token: str) -> str:
        with self.database.transaction() as session:
            return Vault(keys).reveal(
                session,
                conversation_id=1,
                token=token,
                purpose="test",
                actor="officer:1",
                now=MONDAY_TEN,
            )

    def check(self, keys: KeyRing) -> list[str]:
        with self.database.transaction() as session:
            return check_keys(session, keys, now=MONDAY_TEN)

    def key_ids(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(VaultItem.key_id).order_by(VaultItem.id)))

    def states(self, keys: KeyRing) -> dict[str, tuple[str, int]]:
        with self.database.reading() as session:
            return {each.key_id: (each.state, each.items) for each in key_figures(session, keys)}

    def forget_ids(self) -> None:
        """As the version before keys had ids left it."""
        with self.database.transaction() as session:
            session.execute(update(VaultItem).values(key_id=""))


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def test_a_new_key_seals_and_an_earlier_one_still_opens(town: Town) -> None:
    first = town.keep(A, "010-0000-0001")
    both = KeyRing(B, (A,))
    second = town.keep(both, "010-0000-0002")
    assert town.key_ids() == [A.key_id, B.key_id]
    assert town.reveal(both, first) == "010-0000-0001"
    assert town.reveal(both, second) == "010-0000-0002"
    with pytest.raises(PermanentFailure) as failure:
        town.reveal(KeyRing(B), first)
    assert failure.value.code == "vault_key"
    assert A.key_id in str(failure.value)


def test_while_keys_change_the_same_value_stays_one_token(town: Town) -> None:
    first = town.keep(A, "010-0000-0001")
    assert town.keep(KeyRing(B, (A,)), "010-0000-0001") == first
    seal_anew(town.database, KeyRing(B, (A,)), by="test", now=now)
    assert town.keep(KeyRing(B), "010-0000-0001") == first


def test_an_item_from_before_keys_had_ids_opens_with_any_key_here(town: Town) -> None:
    token = town.keep(A, "010-0000-0001")
    town.forget_ids()
    assert town.reveal(A, token) == "010-0000-0001"
    assert town.reveal(KeyRing(B, (A,)), token) == "010-0000-0001"
    with pytest.raises(PermanentFailure):
        town.reveal(B, token)


@pytest.mark.parametrize("kind", sorted(TOKEN_NAMES))
def test_sealing_anew_keeps_every_kind_of_value(town: Town, kind: str) -> None:
    tokens = {town.keep(A, value, kind): value for value in ("12가 3456", "\ud800 반쪽", "")}
    done = seal_anew(town.database, KeyRing(B, (A,)), by="test", now=now)
    assert (done.done, done.unreadable.total()) == (3, 0)
    assert {token: town.reveal(B, token) for token in tokens} == tokens
    assert {town.keep(B, value, kind): value for value in tokens.values()} == tokens


def test_an_earlier_key_may_go_when_nothing_needs_it(town: Town) -> None:
    ring = KeyRing(B, (A,))
    town.check(KeyRing(A))
    for number in range(5):
        town.keep(A, f"010-0000-000{number}")
    assert town.states(ring) == {A.key_id: ("in_use", 5), B.key_id: ("current", 0)}
    seal_anew(town.database, ring, by="test", now=now, batch=2)
    assert town.states(ring) == {B.key_id: ("current", 5), A.key_id: ("retirable", 0)}
    assert town.check(KeyRing(B)) == []
    again = seal_anew(town.database, ring, by="test", now=now)
    assert again.done == 0


def test_sealing_anew_goes_on_where_it_was_stopped(town: Town) -> None:
    ring = KeyRing(B, (A,))
    for number in range(7):
        town.keep(A, f"010-0000-000{number}")

    def stop(done: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seal_anew(town.database, ring, by="test", now=now, batch=2, progress=stop)
    assert town.key_ids() == [B.key_id] * 4 + [A.key_id] * 3
    assert seal_anew(town.database, ring, by="test", now=now, batch=2).done == 3
    assert set(town.key_ids()) == {B.key_id}


def test_what_is_kept_or_erased_meanwhile_is_not_harmed(town: Town) -> None:
    ring = KeyRing(B, (A,))
    for number in range(4):
        town.keep(A, f"010-0000-000{number}")

    class Meddling(AesGcmCipher):
        def encrypt(self, plain: bytes, context: bytes) -> bytes:
            if plain == b"010-0000-0001":
                with town.database.transaction() as session:
                    session.execute(
                        update(VaultItem)
                        .where(VaultItem.id == 2)
                        .values(ciphertext=b"", fingerprint="", key_id="", erased_at=MONDAY_TEN)
                    )
                town.keep(ring, "010-0000-0009")
            return super().encrypt(plain, context)

    done = seal_anew(town.database, KeyRing(Meddling(b"b" * 32), (A,)), by="test", now=now)
    assert done.done == 3
    with town.database.reading() as session:
        erased = session.get_one(VaultItem, 2)
        assert (erased.ciphertext, erased.key_id) == (b"", "")
    assert town.reveal(KeyRing(B), "⟦전화5⟧") == "010-0000-0009"


def test_what_does_not_open_is_counted_and_left_as_it_is(town: Town) -> None:
    town.keep(C, "010-0000-0001")
    town.keep(A, "010-0000-0002")
    ring = KeyRing(B, (A,))
    done = seal_anew(town.database, ring, by="test", now=now, batch=1)
    assert (done.done, dict(done.unreadable)) == (1, {C.key_id: 1})
    assert town.states(ring)[C.key_id] == ("missing", 1)
    looked = open_all(town.database, ring, by="test", now=now)
    assert (looked.done, dict(looked.unreadable)) == (1, {C.key_id: 1})
    assert town.reveal(C, "⟦전화1⟧") == "010-0000-0001"


def test_a_run_is_two_lines_of_the_audit_log_and_never_one_for_each_item(town: Town) -> None:
    for number in range(5):
        town.keep(A, f"010-0000-000{number}")
    ring = KeyRing(B, (A,))
    seal_anew(town.database, ring, by="cli:ops", now=now, batch=1)
    open_all(town.database, ring, by="cli:ops", now=now)
    with town.database.reading() as session:
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert first_broken_entry(session) is None
    assert [line.action for line in lines] == ["vault.rotate", "vault.rotated", "vault.check"]
    assert all(line.purpose and line.actor == "cli:ops" for line in lines)


def test_a_wrong_key_is_told_by_its_id_before_anything_is_sealed_with_it(town: Town) -> None:
    assert town.check(KeyRing(A)) == []
    assert town.check(KeyRing(A)) == []
    with pytest.raises(PermanentFailure) as failure:
        town.check(KeyRing(B))
    assert f"written with the vault key {A.key_id}, and you gave {B.key_id}" in str(failure.value)
    assert "SOTONG_VAULT_OLD_KEYS" in str(failure.value)
    with town.database.reading() as session:
        assert list(session.scalars(select(VaultKey.key_id))) == [A.key_id]


def test_a_database_from_before_keys_had_ids_knows_a_wrong_key_too(town: Town) -> None:
    town.keep(A, "010-0000-0001")
    town.forget_ids()
    with pytest.raises(PermanentFailure, match="another vault key"):
        town.check(KeyRing(B))
    assert town.check(KeyRing(A)) == []


def test_a_missing_earlier_key_is_told_and_does_not_stop_the_service(town: Town) -> None:
    town.check(KeyRing(A))
    town.keep(A, "010-0000-0001")
    town.check(KeyRing(B, (A,)))
    assert town.check(KeyRing(B)) == [A.key_id]


def test_looking_at_the_keys_changes_nothing(town: Town) -> None:
    with town.database.reading() as session:
        assert look_at_keys(session, KeyRing(A)) == []
    with town.database.reading() as session:
        assert session.scalars(select(VaultKey)).all() == []


def test_a_key_that_is_lost_for_ever_can_be_given_up(town: Town) -> None:
    town.check(KeyRing(A))
    town.keep(A, "010-0000-0001")
    with town.database.transaction() as session:
        with pytest.raises(Refused):
            give_up_key(session, key_id=A.key_id, by="cli:ops", reason=" ", now=MONDAY_TEN)
        with pytest.raises(Refused):
            give_up_key(session, key_id="other", by="cli:ops", reason="disk", now=MONDAY_TEN)
        closed = give_up_key(
            session, key_id=A.key_id, by="cli:ops", reason="the safe burnt", now=MONDAY_TEN
        )
    assert closed == 1
    assert town.check(KeyRing(B)) == []
    assert town.states(KeyRing(B))[A.key_id] == ("lost", 1)


def test_keeping_an_item_asks_the_database_no_more_while_keys_change(town: Town) -> None:
    """Counted, not timed: one look for all keys together, and one fingerprint for each key."""
    town.keep(A, "010-0000-0001")
    asked: list[str] = []
    prints: list[str] = []

    def count(*arguments: Any) -> None:
        asked.append(arguments[2])

    class Counted(AesGcmCipher):
        def fingerprint(self, value: bytes) -> str:
            prints.append(self.key_id)
            return super().fingerprint(value)

    def keep(*keys: bytes) -> tuple[int, int]:
        ring = KeyRing(Counted(keys[0]), tuple(Counted(key) for key in keys[1:]))
        with town.database.transaction() as session:
            talk = make_conversation(session, address=f"{len(keys)} keys")
            event.listen(session.connection(), "before_cursor_execute", count)
            asked.clear()
            prints.clear()
            for number in range(5):
                Vault(ring).keep(
                    session,
                    conversation_id=talk.id,
                    kind="phone",
                    value=f"010-0000-0{number:03}",
                    now=MONDAY_TEN,
                )
        return len(asked), len(prints)

    one, three = keep(KEY_A), keep(KEY_B, KEY_A, KEY_C)
    assert one[0] == three[0]
    assert (one[1], three[1]) == (5, 15)
