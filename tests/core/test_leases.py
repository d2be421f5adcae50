"""One process at a time holds a named lease; one that is gone is followed by another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.database import Database
from core.leases import drop_lease, hold_lease
from tests.builders import MONDAY_TEN, make_database

LASTS = timedelta(seconds=45)


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def hold(database: Database, holder: str, after: float = 0, name: str = "polling") -> bool:
    now = MONDAY_TEN + timedelta(seconds=after)
    with database.transaction() as session:
        return hold_lease(session, name=name, holder=holder, now=now, lasts=LASTS)


def drop(database: Database, holder: str, after: float = 0) -> None:
    now = MONDAY_TEN + timedelta(seconds=after)
    with database.transaction() as session:
        drop_lease(session, name="polling", holder=holder, now=now)


def test_while_one_holds_it_another_does_not(database: Database) -> None:
    assert hold(database, "a")
    assert not hold(database, "b", 44)
    assert hold(database, "a", 44)
    assert not hold(database, "b", 80)


def test_one_that_is_gone_is_followed(database: Database) -> None:
    assert hold(database, "a")
    assert hold(database, "b", 45.1)
    assert not hold(database, "a", 46)


def test_what_is_given_back_can_be_taken_at_once(database: Database) -> None:
    assert hold(database, "a")
    drop(database, "a", 1)
    assert hold(database, "b", 1)


def test_nobody_gives_back_what_another_holds(database: Database) -> None:
    assert hold(database, "a")
    drop(database, "b", 1)
    assert not hold(database, "b", 1)
    drop(database, "nobody")


def test_leases_of_other_names_are_others(database: Database) -> None:
    assert hold(database, "a", name="polling")
    assert hold(database, "b", name="posting")


def test_of_many_at_once_exactly_one_gets_it(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: hold(database, str(n)), range(8)))
    assert got.count(True) == 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.booleans()), max_size=12))
def test_never_do_two_hold_it_at_the_same_time(tmp_path_factory, steps) -> None:
    database = make_database(tmp_path_factory.mktemp("leases"))
    now, until = 0, {"a": -1, "b": -1, "c": -1}
    for who, wait, gives_back in steps:
        now += wait
        if gives_back:
            drop(database, who, now)
            until[who] = -1
        elif hold(database, who, now):
            assert all(end < now for other, end in until.items() if other != who)
            until[who] = now + 45
    database.dispose()
