"""Runs every test of core that uses a database on SQLite and on PostgreSQL. Must not hold data of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.database import Database
from tests.builders import databases_from

BOTH = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.require("postgresql")),
]
# By these a module makes a database.
MAKERS = {"make_database", "make_database_url", "open_desk"}
# A test that keeps nothing asks for no folder.
SIGNS = {"tmp_path", "tmp_path_factory"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if MAKERS & set(vars(metafunc.module)) and SIGNS & set(metafunc.fixturenames):
        metafunc.parametrize("backend", BOTH, indirect=True)


@pytest.fixture(autouse=True)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the database that ``make_database`` makes for this test."""
    name = getattr(request, "param", "sqlite")
    if name == "sqlite":
        yield name
        return
    from tests.postgres import PrivateDatabase

    cluster = request.getfixturevalue("cluster")

    def make(tables: bool) -> Database:
        return PrivateDatabase(cluster, tables=tables)

    with databases_from(make):
        yield name
