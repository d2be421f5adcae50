"""One trained test bot and one Rasa server for the whole run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu.light import without_tensorflow
from nlu.model import ROOT
from nlu.tests.actions import FakeActions
from nlu.tests.server import Rasa, Talk, start_rasa

BOT = Path(__file__).parent / "bot"

without_tensorflow()


@pytest.fixture(scope="session")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A var folder that holds the test bot's trained model."""
    folder = tmp_path_factory.mktemp("var")
    subprocess.run(
        [sys.executable, "-m", "nlu.train", "--var-dir", str(folder), "--root", str(BOT)],
        cwd=ROOT,
        check=True,
    )
    return folder


@pytest.fixture(scope="session")
def shared_actions() -> Iterator[FakeActions]:
    server = FakeActions()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rasa(var_dir: Path, shared_actions: FakeActions) -> Iterator[Rasa]:
    server = start_rasa(var_dir, shared_actions)
    print(f"\nRasa was healthy after {server.start_seconds:.1f} s")
    yield server
    server.process.terminate()
    server.process.wait(20)


@pytest.fixture
def actions(shared_actions: FakeActions) -> Iterator[FakeActions]:
    """The fake action server, back in order after each test."""
    yield shared_actions
    shared_actions.mode = "ok"
    shared_actions.stop()
    shared_actions.start()


@pytest.fixture
def talk(rasa: Rasa, actions: FakeActions) -> Talk:
    """A fresh conversation."""
    return Talk(rasa)
