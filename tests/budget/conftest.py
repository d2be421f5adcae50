"""Runs the tests of tables on both databases, as those of core; imports the published tables once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from budget.import_run import ImportReport
from core.database import Database
from tests import builders
from tests.budget.files import NAMES, PUBLISHED, bring
from tests.core.conftest import backend, pytest_generate_tests

__all__ = ["backend", "pytest_generate_tests"]


@pytest.fixture(scope="session")
def published(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Database, dict[str, ImportReport]]]:
    """A database with all published tables, which nobody may change, and what became of their rows."""
    database = builders.make_database(tmp_path_factory.mktemp("published"))
    yield database, {name: bring(database, PUBLISHED / f"{name}.csv") for name in NAMES}
    database.dispose()
