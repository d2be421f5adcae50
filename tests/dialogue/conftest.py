"""One house for each test of the turn queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders import make_database
from tests.dialogue.runner_house import House, ScriptedRasa


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    database, rasa = make_database(tmp_path), ScriptedRasa()
    house = House(database, rasa)
    yield house
    house.runner.stop()
    house.client.close()
    rasa.close()
    database.dispose()
