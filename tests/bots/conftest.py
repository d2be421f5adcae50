"""A served web chat for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bots.web_house import House, make_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with make_house(tmp_path) as made:
        yield made


@pytest.fixture
def citizen(house: House) -> Iterator[httpx.Client]:
    with house.browser() as client:
        yield client
