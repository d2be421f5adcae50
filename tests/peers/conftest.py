"""A simulated Telegram for each test here; when it has ended, nothing of it may be left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.peers.telegram_sim import TelegramSim


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramSim]:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the client warns about its old ways
    before = threading.active_count()
    with TelegramSim() as sim:
        yield sim
    until = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.005)  # the far end of a webhook notices late that its line was closed
    assert threading.active_count() <= before
