"""The door to the database: which addresses it takes, and which faults pass by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.database import POSTGRESQL_LIMITS, Database, engine_url
from core.errors import TemporaryFailure
from core.models.conversation import Conversation
from tests.builders import make_conversation, make_database
from tests.ports import free_port
from tests.postgres import Cluster, PrivateDatabase


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


@pytest.fixture
def server(cluster: Cluster) -> Iterator[PrivateDatabase]:
    database = PrivateDatabase(cluster)
    yield database
    database.dispose()


def raised(state: str) -> str:
    """A statement that fails with this SQLSTATE."""
    return f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"


@pytest.mark.parametrize(
    "address", ["postgresql://a@b/c", "postgres://a@b/c", "postgresql+psycopg://a@b/c"]
)
def test_all_ways_to_write_postgresql_mean_psycopg_3(address: str) -> None:
    assert engine_url(address).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("address", ["mysql://a@b/c", "postgresql+asyncpg://a@b/c"])
def test_another_kind_of_database_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        engine_url(address)


def test_what_a_reader_changed_is_thrown_away(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session)
    with database.reading() as session:
        session.get_one(Conversation, talk.id).mode = "closed"
        session.flush()
    with database.reading() as session:
        assert session.get_one(Conversation, talk.id).mode == "bot"


@pytest.mark.require("postgresql")
@pytest.mark.parametrize(
    "state",
    ["57P01", "57P03", "57014", "40P01", "40001", "55P03", "53300", "53100", "25006", "08006"],
)
def test_what_passes_by_itself_is_worth_another_try(server: Database, state: str) -> None:
    with pytest.raises(TemporaryFailure), server.transaction() as session:
        session.execute(text(raised(state)))
    with pytest.raises(TemporaryFailure), server.reading() as session:
        session.execute(text(raised(state)))


@pytest.mark.require("postgresql")
@pytest.mark.parametrize("state", ["23505", "22001", "42P01", "42501"])
def test_what_never_passes_is_not_tried_again(server: Database, state: str) -> None:
    with pytest.raises(DBAPIError), server.transaction() as session:
        session.execute(text(raised(state)))


@pytest.mark.require("postgresql")
def test_a_cut_connection_is_a_passing_fault_and_the_next_use_works(
    server: PrivateDatabase, cluster: Cluster
) -> None:
    def write() -> None:
        with server.transaction() as session:
            make_conversation(session)
            assert cluster.throw_everybody_out(server.url.rpartition("/")[2]) >= 1
            session.execute(text("SELECT 1"))

    with pytest.raises(TemporaryFailure):
        write()
    with server.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 0
        assert make_conversation(session).id


@pytest.mark.require("postgresql")
def test_a_server_out_of_reach_is_a_passing_fault() -> None:
    database = Database(f"postgresql://sotong@127.0.0.1:{free_port()}/sotong")
    with pytest.raises(TemporaryFailure), database.transaction() as session:
        session.execute(text("SELECT 1"))
    database.dispose()


@pytest.mark.require("postgresql")
def test_every_connection_has_its_limits_and_a_name(server: Database) -> None:
    with server.reading() as session:
        shown = {
            name: session.scalar(text(f"SELECT setting FROM pg_settings WHERE name = '{name}'"))
            for name in POSTGRESQL_LIMITS
        }
        assert shown == {name: str(value) for name, value in POSTGRESQL_LIMITS.items()}
        assert session.scalar(text("SHOW application_name")) == "sotong"
        assert session.scalar(text("SHOW transaction_isolation")) == "read committed"
