"""A served web chat and a Telegram house for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bots.telegram_house import TelegramHouse, make_telegram_house
from tests.bots.web_house import House, make_house
from tests.peers.telegram_sim import TelegramSim


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with make_house(tmp_path) as made:
        yield made


@pytest.fixture
def citizen(house: House) -> Iterator[httpx.Client]:
    with house.browser() as client:
        yield client


@pytest.fixture
def sim() -> Iterator[TelegramSim]:
    """A simulated Telegram; whatever a test is about, we must have kept the API's rules."""
    with TelegramSim() as made:
        made.retry_seconds = (0.05, 0.1, 0.2)
        yield made
        assert made.violations == []


@pytest.fixture
def telegram(tmp_path: Path, sim: TelegramSim) -> Iterator[TelegramHouse]:
    """The bot by polling."""
    with make_telegram_house(tmp_path, sim=sim) as made:
        yield made


@pytest.fixture
def hooked(tmp_path: Path, sim: TelegramSim) -> Iterator[TelegramHouse]:
    """The bot by webhook: only there updates come in another order than they happened."""
    with make_telegram_house(tmp_path, sim=sim, webhook=True) as made:
        yield made
