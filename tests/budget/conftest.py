"""Runs the tests of tables on both databases, as those of core."""

from __future__ import annotations

from tests.core.conftest import backend, pytest_generate_tests

__all__ = ["backend", "pytest_generate_tests"]
