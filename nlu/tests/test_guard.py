"""The guard around Rasa's action calls, on a real agent in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rasa.core.agent import Agent
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from nlu.channel import TurnChannel
from nlu.failures import ActionsFailed, ModelMissing, TurnLost
from nlu.guard import GuardedEndpoint, guard_processor
from nlu.model import Project, checked_model
from nlu.request import Turn
from nlu.tests.actions import LOOPBACK
from nlu.tests.conftest import BOT
from nlu.tests.server import free_port
from nlu.tracker_store import GuardedTrackerStore
from nlu.turns import work_turn


def _load(model: Path, tracker: Path) -> Agent:
    return Agent.load(
        model,
        tracker_store=GuardedTrackerStore(db=str(tracker)),
        action_endpoint=EndpointConfig(
            f"http://{LOOPBACK}:{free_port()}/", headers={"X-Sotong-Secret": "s"}
        ),
    )


@pytest.fixture(scope="module")
def model(var_dir: Path) -> Path:
    return checked_model(Project(root=BOT, var_dir=var_dir))


def _lose(agent: Agent) -> None:
    with pytest.raises(ActionsFailed):
        asyncio.run(work_turn(agent, Turn("1", "c1", "가로등이 고장났어요")))


def test_a_swapped_model_is_guarded_again(model: Path, tmp_path: Path) -> None:
    agent = _load(model, tmp_path / "tracker.db")
    _lose(agent)
    first = agent.processor
    agent.load_model(model)
    assert agent.processor is not first
    _lose(agent)
    # Nothing of the lost turns was saved.
    assert asyncio.run(agent.tracker_store.keys()) == []


def test_guarding_twice_changes_nothing(model: Path, tmp_path: Path) -> None:
    processor = _load(model, tmp_path / "tracker.db").processor
    assert processor is not None
    guard_processor(processor)
    endpoint, run_action = processor.action_endpoint, processor._run_action
    guard_processor(processor)
    assert processor.action_endpoint is endpoint
    assert processor._run_action is run_action
    assert isinstance(endpoint, GuardedEndpoint)
    assert endpoint.headers == {"X-Sotong-Secret": "s"}


def test_without_a_model_no_turn_is_worked(tmp_path: Path) -> None:
    agent = Agent(tracker_store=GuardedTrackerStore(db=str(tmp_path / "tracker.db")))
    with pytest.raises(ModelMissing):
        asyncio.run(work_turn(agent, Turn("1", "c1", "안녕")))


def test_a_store_that_hides_its_failures_is_refused(model: Path) -> None:
    with pytest.raises(TurnLost, match="InMemoryTrackerStore"):
        asyncio.run(work_turn(Agent.load(model), Turn("1", "c1", "안녕")))


def test_the_channel_refuses_to_start_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOTONG_TURN_SECRET", raising=False)
    with pytest.raises(RasaException, match="SOTONG_TURN_SECRET"):
        TurnChannel.from_credentials(None)
