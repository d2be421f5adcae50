"""Fixtures of the console's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The console with one officer, ``hana``."""
    with open_house(tmp_path) as house:
        house.add("hana", name="한아름")
        yield house
