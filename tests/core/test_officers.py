"""Officers: accounts, lock-out, sessions, forms sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from console.passwords import Argon2Hasher
from core.audit_chain import first_broken_entry
from core.database import Database
from core.errors import Refused
from core.models.officers import Officer, OfficerSession, Role
from core.models.vault import AuditEntry
from core.officer_sessions import (
    close_session,
    find_session,
    open_session,
    touch_session,
    use_form,
)
from core.officers import (
    OfficerView,
    allows,
    authenticate,
    create_officer,
    disable_officer,
    list_officers,
    list_roles,
    lock_for,
    make_password,
    seed_roles,
    set_password,
)
from tests.builders import Clock, make_database

HASHER = Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "correct-horse-7"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        seed_roles(session)
    yield database
    database.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def add(database: Database, clock: Clock, login: str = "hana", **overrides) -> OfficerView:
    values = {
        "login": login,
        "name": "한아름",
        "role": "officer",
        "department_id": None,
        "password": PASSWORD,
        "hasher": HASHER,
        "actor": "test",
        "now": clock(),
    }
    with database.transaction() as session:
        return create_officer(session, **(values | overrides))


def sign_in(
    database: Database, clock: Clock, password: str = PASSWORD, login: str = "hana"
) -> OfficerView:
    return authenticate(
        database, login=login, password=password, hasher=HASHER, place="127.0.0.1", now=clock()
    )


def fail(database: Database, clock: Clock, times: int = 1, login: str = "hana") -> None:
    for _ in range(times):
        with pytest.raises(Refused, match="sign_in_refused"):
            sign_in(database, clock, "wrong-password", login)


def actions(database: Database) -> list[str]:
    with database.reading() as session:
        assert first_broken_entry(session) is None
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_the_right_password_signs_in_and_is_recorded_with_its_place(database, clock):
    made = add(database, clock)
    assert sign_in(database, clock, login=" HANA ").id == made.id
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.actor) == ("officer.sign_in", f"officer:{made.id}")
    assert "127.0.0.1" in entry.purpose


def test_no_password_stands_in_the_database(database, clock):
    add(database, clock)
    with database.reading() as session:
        stored = session.scalars(select(Officer.password_hash)).one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_five_failures_lock_for_fifteen_minutes_even_for_the_right_password(database, clock):
    add(database, clock)
    fail(database, clock, 4)
    sign_in(database, clock)  # the fifth try is right: the count starts again
    fail(database, clock, 5)
    with pytest.raises(Refused):
        sign_in(database, clock)
    clock.forward(minutes=14, seconds=59)
    with pytest.raises(Refused):
        sign_in(database, clock)
    clock.forward(seconds=2)
    assert sign_in(database, clock).locked_until is None
    assert "officer.locked" in actions(database)


def test_each_further_round_of_failures_locks_twice_as_long(database, clock):
    assert [lock_for(n) for n in (4, 6)] == [None, None]
    minutes = [lock_for(n) for n in (5, 10, 15, 20, 1000)]
    assert minutes == [
        timedelta(minutes=15),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=8),
    ]
    add(database, clock)
    fail(database, clock, 5)
    clock.forward(minutes=16)
    fail(database, clock, 5)
    clock.forward(minutes=16)
    with pytest.raises(Refused):
        sign_in(database, clock)
    clock.forward(minutes=15)
    sign_in(database, clock)


def test_guesses_at_the_same_time_do_not_slip_under_the_lock(database, clock):
    """Twelve tries reach the hash at once; only the five that were counted before it may pass."""
    add(database, clock)
    all_here = Barrier(12)

    class Together(Argon2Hasher):
        def verify(self, *, stored: str, password: str) -> bool:
            all_here.wait(timeout=20)
            return super().verify(stored=stored, password=password)

    hasher = Together(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

    def guess(_number: int) -> bool:
        try:
            authenticate(
                database, login="hana", password=PASSWORD, hasher=hasher, place="", now=clock()
            )
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(guess, range(12))) == 5


def test_an_unknown_login_costs_the_same_hashing_and_says_the_same(database, clock):
    add(database, clock)
    work: list[str] = []

    class Watched(Argon2Hasher):
        def hash(self, password: str) -> str:
            work.append("hash")
            return super().hash(password)

        def verify(self, *, stored: str, password: str) -> bool:
            work.append("verify")
            return super().verify(stored=stored, password=password)

    hasher = Watched(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    refusals = []
    for login in ("hana", "nobody"):
        with pytest.raises(Refused) as refused:
            authenticate(
                database, login=login, password="wrong", hasher=hasher, place="", now=clock()
            )
        refusals.append(str(refused.value))
    assert len(work) == 2
    assert refusals[0] == refusals[1]


def test_a_huge_password_is_refused_without_hashing_it(database, clock):
    add(database, clock)
    sizes: list[int] = []

    class Measured(Argon2Hasher):
        def verify(self, *, stored: str, password: str) -> bool:
            sizes.append(len(password))
            return super().verify(stored=stored, password=password)

    hasher = Measured(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with pytest.raises(Refused, match="sign_in_refused"):
        authenticate(
            database, login="hana", password="x" * 60_000, hasher=hasher, place="", now=clock()
        )
    assert sizes == [0]


def test_what_was_typed_as_an_unknown_login_is_not_recorded(database, clock):
    fail(database, clock, login="my-secret-password")
    with database.reading() as session:
        for entry in session.scalars(select(AuditEntry)):
            assert "my-secret-password" not in f"{entry.actor}{entry.subject}{entry.purpose}"


def test_a_disabled_officer_can_neither_sign_in_nor_go_on(database, clock):
    made = add(database, clock)
    with database.transaction() as session:
        token = open_session(session, officer_id=made.id, now=clock()).token
        disable_officer(session, officer_id=made.id, actor="test", now=clock())
    with pytest.raises(Refused):
        sign_in(database, clock)
    with database.reading() as session:
        assert find_session(session, token=token, now=clock()) is None
        disabled = list_officers(session)[0]
    assert not allows(disabled, "case.read")


def test_the_last_administrator_and_oneself_cannot_be_disabled(database, clock):
    admin = add(database, clock, "chief", role="admin")
    other = add(database, clock, "second", role="admin")
    with database.transaction() as session, pytest.raises(Refused, match="officer_self"):
        disable_officer(session, officer_id=admin.id, actor=admin.actor, now=clock())
    with database.transaction() as session:
        disable_officer(session, officer_id=other.id, actor=admin.actor, now=clock())
    with database.transaction() as session, pytest.raises(Refused, match="last_admin"):
        disable_officer(session, officer_id=admin.id, actor="cli:root", now=clock())


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"login": "a"}, "login_malformed"),
        ({"login": "한글"}, "login_malformed"),
        ({"login": "a b c"}, "login_malformed"),
        ({"login": "HANA"}, "login_taken"),
        ({"name": "  "}, "officer_name_empty"),
        ({"role": "king"}, "role_unknown"),
        ({"password": "short"}, "password_weak"),
        ({"password": "aaaaaaaaaaaa"}, "password_weak"),
        ({"login": "minji", "password": "my-MINJI-2026"}, "password_weak"),
        ({"password": "x1y2z3" * 50}, "password_weak"),
    ],
)
def test_an_account_that_breaks_a_rule_is_refused(database, clock, overrides, code):
    add(database, clock)
    with pytest.raises(Refused, match=code):
        add(database, clock, **({"login": "other"} | overrides))
    with database.reading() as session:
        assert len(list_officers(session)) == 1


def test_a_new_password_lifts_the_lock_and_ends_all_other_sessions(database, clock):
    made = add(database, clock)
    fail(database, clock, 5)
    with database.transaction() as session:
        kept = open_session(session, officer_id=made.id, now=clock())
        gone = open_session(session, officer_id=made.id, now=clock())
        keep = find_session(session, token=kept.token, now=clock())
        assert keep is not None
        set_password(
            session,
            officer_id=made.id,
            password="another-horse-8",
            hasher=HASHER,
            actor=made.actor,
            now=clock(),
            must_change_password=False,
            keep_session=keep.token_hash,
        )
    with database.reading() as session:
        assert find_session(session, token=kept.token, now=clock()) is not None
        assert find_session(session, token=gone.token, now=clock()) is None
    assert not sign_in(database, clock, "another-horse-8").must_change_password
    fail(database, clock)


def test_a_session_ends_after_thirty_idle_minutes(database, clock):
    made = add(database, clock)
    with database.transaction() as session:
        token = open_session(session, officer_id=made.id, now=clock()).token
    for _ in range(3):
        clock.forward(minutes=29)
        with database.transaction() as session:
            who = find_session(session, token=token, now=clock())
            assert who is not None
            touch_session(session, token_hash=who.token_hash, now=clock())
    clock.forward(minutes=30)
    with database.reading() as session:
        assert find_session(session, token=token, now=clock()) is None


def test_a_session_ends_after_twelve_hours_however_busy(database, clock):
    made = add(database, clock)
    with database.transaction() as session:
        token = open_session(session, officer_id=made.id, now=clock()).token
    for _ in range(35):
        clock.forward(minutes=20)
        with database.transaction() as session:
            who = find_session(session, token=token, now=clock())
            assert who is not None
            touch_session(session, token_hash=who.token_hash, now=clock())
    clock.forward(minutes=20)
    with database.reading() as session:
        assert find_session(session, token=token, now=clock()) is None


def test_only_a_hash_of_the_session_token_is_kept_and_past_sessions_are_cleared(database, clock):
    made = add(database, clock)
    with database.transaction() as session:
        old = open_session(session, officer_id=made.id, now=clock()).token
    clock.forward(hours=1)
    with database.transaction() as session:
        new = open_session(session, officer_id=made.id, now=clock()).token
    with database.reading() as session:
        rows = list(session.scalars(select(OfficerSession)))
    assert len(rows) == 1
    assert old not in rows[0].token_hash
    assert new not in rows[0].token_hash
    with database.transaction() as session:
        close_session(session, token=new)
    with database.reading() as session:
        assert find_session(session, token=new, now=clock()) is None


def test_a_form_counts_once_and_a_rollback_frees_it(database, clock):
    made = add(database, clock)
    values = {"token": "f" * 32, "officer_id": made.id, "now": clock()}

    def change_that_fails() -> None:
        with database.transaction() as session:
            assert use_form(session, **values)
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        change_that_fails()
    with database.transaction() as session:
        assert use_form(session, **values)
    with database.transaction() as session:
        assert not use_form(session, **values)
        with pytest.raises(Refused, match="form_malformed"):
            use_form(session, **(values | {"token": "short"}))


def test_roles_differ_in_what_they_may(database, clock):
    with database.reading() as session:
        assert [role.name for role in list_roles(session)] == ["admin", "officer", "viewer"]
    admin, viewer = (add(database, clock, f"the-{role}", role=role) for role in ("admin", "viewer"))
    assert allows(admin, "officer.manage")
    assert allows(viewer, "case.read")
    assert not allows(viewer, "case.change")
    assert not allows(viewer, "personal.reveal")
    assert not allows(admin, "no.such.permission")


def test_seeding_roles_again_keeps_what_a_city_changed(database):
    with database.transaction() as session:
        session.get_one(Role, "viewer").permissions = ["case.read"]
    with database.transaction() as session:
        seed_roles(session)
    with database.reading() as session:
        assert session.get_one(Role, "viewer").permissions == ["case.read"]


def test_an_old_hash_is_renewed_at_the_next_sign_in(database, clock):
    add(database, clock)
    stronger = Argon2Hasher(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    authenticate(database, login="hana", password=PASSWORD, hasher=stronger, place="", now=clock())
    with database.reading() as session:
        assert "m=16,t=2" in session.scalars(select(Officer.password_hash)).one()
    sign_in(database, clock)


def test_made_passwords_are_strong_and_differ():
    made = {make_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 23 for password in made)
